"""Numbers, money and lists in words."""
from chancery_host.functions.grammar import noun_plural, noun_singular
from chancery_host.state import current

CARDINALS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
ORDINALS = ["zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "$", "AUD": "$", "NZD": "$", "MXN": "$", "INR": "₹"}


def _english():
    return current.language in (None, "en", "*")


def _upper(text, wanted):
    return text[:1].upper() + text[1:] if wanted else text


def _words(number, ordinal_form):
    """Spelled out by the number library: for languages and sizes that our short tables do not have."""
    import num2words
    try:
        return num2words.num2words(number, ordinal=ordinal_form, lang=current.language or "en")
    except NotImplementedError:
        return num2words.num2words(number, ordinal=ordinal_form)


def ordinal_number(n, use_word=None, language=None, capitalize=False, **kwargs):
    """1 is `first`; words up to the tenth, then digits with their ending."""
    number = int(float(n))
    spelled = (0 <= number < len(ORDINALS)) if use_word is None else use_word
    if spelled:
        known = _english() and 0 <= number < len(ORDINALS)
        return _upper(ORDINALS[number] if known else _words(number, True), capitalize)
    if not _english():
        return str(number) + "."
    tens = abs(number) % 100
    ending = "th" if 10 <= tens <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(tens % 10, "th")
    return str(number) + ending


def ordinal(n, use_word=None, language=None, **kwargs):
    """0 is `first`."""
    return ordinal_number(int(float(n)) + 1, use_word, language, **kwargs)


def nice_number(n, capitalize=False, use_word=None, language=None, **kwargs):
    """Whole numbers up to ten as words, others as digits."""
    try:
        number = float(n)
    except (TypeError, ValueError):
        return str(n)
    if number != int(number):
        return str(n)
    number = int(number)
    spelled = (0 <= number < len(CARDINALS)) if use_word is None else use_word
    if spelled:
        known = _english() and 0 <= number < len(CARDINALS)
        return _upper(CARDINALS[number] if known else _words(number, False), capitalize)
    return str(number)


def quantity_noun(n, noun, as_integer=True, capitalize=False, language=None, **kwargs):
    """`two apples`; with as_integer False also `1.5 apples`."""
    number = float(n)
    if as_integer:
        number = int(round(number))
    text = nice_number(number) + " " + (noun_singular(noun) if number == 1 else noun_plural(noun))
    return _upper(text, capitalize)


def currency_symbol():
    return current.conventions.get("currency_symbol") or SYMBOLS.get(current.currency, current.currency)


def currency(value, decimals=True, symbol=None, symbol_precedes=None, **kwargs):
    """Money by the locale; empty text for what is no number."""
    from chancery_host.objects.base import DAObject
    if isinstance(value, DAObject) and not hasattr(type(value), "__float__"):
        return ""
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return ""
    symbol = currency_symbol() if symbol is None else symbol
    if current.locale and not current.locale.startswith("en"):
        return _local_currency(amount, decimals, symbol, symbol_precedes)
    digits = "{:,.2f}" if decimals else "{:,.0f}"
    text = digits.format(abs(amount))
    precedes = current.conventions.get("p_cs_precedes", True) if symbol_precedes is None else symbol_precedes
    text = symbol + text if precedes else text + " " + symbol
    return "-" + text if amount < 0 and digits.format(amount).strip("-0.,") else text


def _local_currency(amount, decimals, symbol, precedes):
    import babel.numbers
    name = current.locale.split(".")[0]
    pattern = "#,##0.00" if decimals else "#,##0"
    number = babel.numbers.format_decimal(amount, format=pattern, locale=name)
    return symbol + number if precedes else number + " " + symbol


def _flat(items):
    from chancery_host.objects.gathering import Gatherable
    if len(items) == 1:
        only = items[0]
        if isinstance(only, Gatherable):
            return list(only)
        if isinstance(only, (list, tuple)):
            return list(only)
        if isinstance(only, (set, frozenset, dict)):
            return sorted(only, key=str) if not isinstance(only, dict) else list(only)
        if hasattr(only, "__next__"):
            return list(only)
    return list(items)


def comma_and_list(*items, oxford=True, and_string="and", comma_string=", ", before_and=" ", after_and=" ",
                   use_nouns=False, **kwargs):
    """`a`, `a and b`, `a, b, and c`."""
    texts = [str(item) for item in _flat(items)]
    if not texts:
        return ""
    joined = before_and + and_string + after_and
    if len(texts) <= 2:
        return joined.join(texts)
    comma = comma_string.rstrip() if oxford and before_and == " " else (comma_string if oxford else "")
    return comma_string.join(texts[:-1]) + comma + joined + texts[-1]


def comma_list(*items, comma_string=", ", **kwargs):
    return comma_string.join(str(item) for item in _flat(items))


def add_separators(list, separator=";", last_separator="; and", end_mark="."):
    """The items with what stands behind each: `a;`, `b; and`, `c.`"""
    texts = [str(item).rstrip() for item in _flat([list])]
    return [text + (end_mark if at == len(texts) - 1 else last_separator if at == len(texts) - 2 else separator)
            for at, text in enumerate(texts)]


def alpha(num, case=None):
    """0 is A, 25 is Z, 26 is AA."""
    number, text = int(num) + 1, ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        text = chr(65 + digit) + text
    return text.lower() if case == "lower" else text


ROMAN = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
         (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]


def roman(num, case=None):
    """0 is I."""
    number, text = int(num) + 1, ""
    for value, letters in ROMAN:
        while number >= value:
            text, number = text + letters, number - value
    return text.lower() if case == "lower" else text


def item_label(num, level=None, punctuation=True):
    """Label of an outline: I., A., 1., a), (1), (a), i)."""
    level = min(max(int(level or 0), 0), 6)
    number = int(num)
    text = (roman(number), alpha(number), str(number + 1), alpha(number, "lower"), str(number + 1), alpha(number, "lower"),
            roman(number, "lower"))[level]
    if not punctuation:
        return text
    return ("%s.", "%s.", "%s.", "%s)", "(%s)", "(%s)", "%s)")[level] % text


def period_list():
    """Choices of how often in a year."""
    return [[12, "Per Month"], [1, "Per Year"], [52, "Per Week"], [24, "Twice Per Month"], [26, "Every Two Weeks"]]


def name_suffix():
    return ["Jr", "Sr", "II", "III", "IV", "V", "VI"]


def yesno(the_value, invert=False):
    """`Yes`, `No`, or nothing for None: what check boxes of forms take."""
    from chancery_host.objects.empty import DAEmpty
    if the_value is None or isinstance(the_value, DAEmpty):
        return ""
    return "Yes" if bool(the_value) is not invert else "No"


def noyes(the_value, invert=False):
    return yesno(the_value, not invert)
