"""Telephone numbers; the number library is loaded when the first one is looked at."""
from chancery_host.state import current


def _parsed(number, country):
    import phonenumbers
    try:
        return phonenumbers, phonenumbers.parse(str(number), _country(country))
    except phonenumbers.NumberParseException:
        return phonenumbers, None


def _country(country):
    from chancery_host.functions.places import country_code
    return country_code(country) if country else current.country


def phone_number_is_valid(number, country=None):
    library, parsed = _parsed(number, country)
    return parsed is not None and library.is_valid_number(parsed)


def phone_number_formatted(number, country=None):
    """In the national form, or None for what is no number."""
    library, parsed = _parsed(number, country)
    if parsed is None:
        return None
    return library.format_number(parsed, library.PhoneNumberFormat.NATIONAL)


def phone_number_in_e164(number, country=None):
    library, parsed = _parsed(number, country)
    if parsed is None or not library.is_possible_number(parsed):
        return None
    return library.format_number(parsed, library.PhoneNumberFormat.E164)


def phone_number_part(number, part, country=None):
    """Part of a number of three, three and four digits: 0 area, 1 exchange, 2 line; nothing if there is no such part."""
    import re
    formatted = phone_number_formatted(number, country) or str(number)
    found = re.match(r"\D*(\d{3})\D*(\d{3})\D*(\d{4})\D*\Z", formatted)
    return found.group(part + 1) if found and 0 <= part <= 2 else ""
