"""Things, persons and their names."""
from chancery_host.objects.address import Address, LatitudeLongitude
from chancery_host.objects.base import DAObject
from chancery_host.objects.relations import Related
from chancery_host.state import current


class Name(DAObject):
    """A name that is one text."""

    def full(self, **kwargs):
        return self.text

    def firstlast(self):
        return self.text

    def lastfirst(self):
        return self.text

    def familiar(self):
        return self.text

    def middle_initial(self, with_period=True):
        return ""

    def defined(self):
        return hasattr(self, "text")

    def __str__(self):
        return str(self.full())


class IndividualName(Name):
    """A name with parts: first, middle, last, suffix. With `uses_parts` False it is the one text again."""

    def init(self, *args, **kwargs):
        if "uses_parts" not in kwargs:
            self.uses_parts = True
        super().init(*args, **kwargs)

    def defined(self):
        return hasattr(self, "first") if self.uses_parts else super().defined()

    def familiar(self):
        return self.first if self.uses_parts else self.text

    def full(self, middle="initial", use_suffix=True):
        """First name, middle name (whole, as initial, or left out), last name, suffix."""
        if not self.uses_parts:
            return super().full()
        parts = [self.first.strip()]
        if middle is False or middle is None:
            pass
        elif middle == "initial":
            parts.append(self.middle_initial())
        else:
            parts.append(getattr(self, "middle", "") or "")
        parts.append(getattr(self, "last", None) or "")
        if use_suffix:
            parts.append(getattr(self, "suffix", None) or "")
        return " ".join(part.strip() for part in parts if part and part.strip())

    def firstlast(self):
        if not self.uses_parts:
            return super().firstlast()
        return self.first + " " + self.last

    def lastfirst(self):
        """Last name with suffix, comma, first name, middle initial."""
        if not self.uses_parts:
            return super().lastfirst()
        text = self.last
        if getattr(self, "suffix", None):
            text += " " + self.suffix
        text += ", " + self.first
        initial = self.middle_initial()
        return text + " " + initial if initial else text

    def middle_initial(self, with_period=True):
        middle = (getattr(self, "middle", None) or "").strip()
        return middle[:1] + ("." if with_period else "") if middle else ""


class NamedByText(DAObject):
    """Shared by all that have a name object: assigning a text to `name` sets the text of the name."""

    NAME_CLASS = Name

    def init(self, *args, **kwargs):
        if "name" in kwargs and isinstance(kwargs["name"], str):
            self.initializeAttribute("name", self.NAME_CLASS)
        elif "name" not in kwargs:
            self.initializeAttribute("name", self.NAME_CLASS)
        super().init(*args, **kwargs)

    def __setattr__(self, name, value):
        if name == "name" and isinstance(value, str):
            kept = self.initializeAttribute("name", self.NAME_CLASS)
            kept.text = value
            if isinstance(kept, IndividualName):
                kept.uses_parts = False
        else:
            super().__setattr__(name, value)


class Thing(NamedByText):
    """Something with a name."""


class Event(DAObject):
    """Something that happens at a place."""

    def init(self, *args, **kwargs):
        from chancery_host.objects.address import City
        if "address" not in kwargs:
            self.initializeAttribute("address", City)
        if "location" not in kwargs:
            self.initializeAttribute("location", LatitudeLongitude)
        super().init(*args, **kwargs)

    def __str__(self):
        return str(self.address)


class Person(NamedByText):
    """A legal or natural person."""

    def init(self, *args, **kwargs):
        if "address" not in kwargs:
            self.initializeAttribute("address", Address)
        if "location" not in kwargs:
            self.initializeAttribute("location", LatitudeLongitude)
        super().init(*args, **kwargs)

    def identified(self):
        return hasattr(self.name, "text")

    def __str__(self):
        return str(self.name.full())

    # Places and contact data

    def address_block(self, language=None, international=False, show_country=False):
        """Name and address, one line each, in the mark-up of the output that is being made."""
        from chancery_host.objects.address import line_break
        return (mark_line(str(self.name.full())) + line_break()
                + self.address.block(language=language, international=international, show_country=show_country))

    def map_info(self):
        from chancery_host.errors import DANotAvailable
        raise DANotAvailable("map_info is not available yet")

    def sms_number(self, country=None):
        """The number for text messages in E.164 form, or None."""
        from chancery_host.functions.phones import phone_number_in_e164
        number = getattr(self, "mobile_number", None) or self.phone_number
        return phone_number_in_e164(number, country=country or self._country())

    def facsimile_number(self, country=None):
        from chancery_host.functions.phones import phone_number_in_e164
        return phone_number_in_e164(self.fax_number, country=country or self._country())

    def _country(self):
        return getattr(self, "country", None) or getattr(self.address, "country", None)

    def email_address(self, include_name=None):
        """`"Ann Lee" <ann@example.com>`, or the bare address."""
        if include_name is True or (include_name is not False and self.name.defined()):
            return '"%s" <%s>' % (str(self.name).replace('"', ""), self.email)
        return self.email

    # Grammar: the user is spoken to, others are spoken about

    def pronoun_objective(self, **kwargs):
        return self._speak("you" if self._is_you(kwargs) else self._third("objective"), kwargs)

    def pronoun_subjective(self, **kwargs):
        return self._speak("you" if self._is_you(kwargs) else self._third("subjective"), kwargs)

    def pronoun(self, **kwargs):
        return self.pronoun_objective(**kwargs)

    def pronoun_possessive(self, target, **kwargs):
        word = "your" if self._is_you(kwargs) else self._third("possessive")
        return self._speak(word + " " + target, kwargs)

    def itself(self, **kwargs):
        return self._speak("yourself" if self._is_you(kwargs) else self._third("reflexive"), kwargs)

    def pronoun_or_name(self, **kwargs):
        return self.pronoun_objective(**kwargs) if self._is_you(kwargs) else str(self)

    def subjective_pronoun_or_name(self, **kwargs):
        return self.pronoun_subjective(**kwargs) if self._is_you(kwargs) else str(self)

    def yourself_or_name(self, **kwargs):
        return self._speak("yourself", kwargs) if self._is_you(kwargs) else str(self)

    def itself_or_name(self, **kwargs):
        return self.yourself_or_name(**kwargs)

    def possessive(self, target, **kwargs):
        if self._is_you(kwargs):
            return self._speak("your " + target, kwargs)
        return super().possessive(target, **kwargs)

    def _is_you(self, kwargs):
        person = kwargs.get("person")
        return str(person).startswith("2") if person is not None else self.is_user()

    def _third(self, case):
        return {"objective": "it", "subjective": "it", "possessive": "its", "reflexive": "itself"}[case]

    def _plural_third(self):
        return False

    def does_verb(self, verb, **kwargs):
        from chancery_host.functions.grammar import verb_past, verb_present
        tense = "2sg" if self._is_you(kwargs) else "3sg"
        if kwargs.get("past"):
            return self._speak(verb_past(verb, tense + "p"), kwargs)
        return self._speak(verb_present(verb, tense), kwargs)

    def _asked(self, you, other, rest, kwargs):
        text = "%s you %s" % (you, rest) if self._is_you(kwargs) else "%s %s %s" % (other, self, rest)
        return self._speak(text.rstrip(), kwargs)

    def do_question(self, verb, **kwargs):
        return self._asked("do", "does", verb, kwargs)

    def did_question(self, verb, **kwargs):
        return self._asked("did", "did", verb, kwargs)

    def were_question(self, target, **kwargs):
        return self._asked("were", "was", target, kwargs)

    def have_question(self, target, **kwargs):
        return self._asked("have", "has", target, kwargs)

    def is_are_you(self, **kwargs):
        return self._asked("are", "is", "", kwargs)

    def first_name_hint(self):
        return self._hint("first_name")

    def last_name_hint(self):
        return self._hint("last_name")

    def _hint(self, key):
        """Only the logged-in user's own name is known to the server."""
        logged_in = bool(current.user.get("email"))
        return (current.user.get(key) or "") if logged_in and self.is_user() else ""


class Individual(Related, Person):
    """A natural person; pronouns follow `gender`, the age follows `birthdate`."""

    NAME_CLASS = IndividualName

    PRONOUNS = {
        "female": {"objective": "her", "subjective": "she", "possessive": "her", "reflexive": "herself"},
        "male": {"objective": "him", "subjective": "he", "possessive": "his", "reflexive": "himself"},
        "other": {"objective": "them", "subjective": "they", "possessive": "their", "reflexive": "themselves"},
    }

    def identified(self):
        return hasattr(self.name, "first")

    def familiar(self):
        return self.name.familiar()

    def _third(self, case):
        gender = str(self.gender).lower()
        return self.PRONOUNS.get(gender, self.PRONOUNS["other"])[case]

    def salutation(self, with_name=False, with_name_and_punctuation=False):
        """Mr. or Ms. by gender; with_name adds the last name."""
        gender = str(self.gender).lower()
        text = "Mr." if gender == "male" else "Ms." if gender == "female" else "Mx."
        if with_name or with_name_and_punctuation:
            text += " " + self.name.last
        if with_name_and_punctuation:
            text += ":"
        return text

    def age_in_years(self, decimals=False, as_of=None):
        """Age on a day (default today) by the attribute `age` or the birth date."""
        from chancery_host.functions.dates import as_datetime, today, years_between
        if hasattr(self, "age") and as_of is None:
            return float(self.age) if decimals else int(self.age)
        day = today() if as_of is None else as_datetime(as_of)
        years = years_between(as_datetime(self.birthdate), day)
        return years if decimals else int(years)


class Organization(Person):
    """A company, a firm, an office with an address."""

    def init(self, *args, **kwargs):
        offices = kwargs.pop("offices", None)
        super().init(*args, **kwargs)
        if offices is not None:
            for office in offices:
                if isinstance(office, str):
                    self._offices().appendObject().address.address = office
                else:
                    self._offices().append(office)

    def _offices(self):
        from chancery_host.objects.finance import OfficeList
        return self.initializeAttribute("office", OfficeList)

    def will_handle(self, problem=None, county=None):
        """Whether the organisation takes such a problem from that county, by its lists `handles` and `serves`."""
        wanted = ((problem, "handles"), (county, "serves"))
        return all(what is None or what in (getattr(self, where, None) or []) for what, where in wanted)


def mark_line(text):
    """A line of an address in the mark-up of the kind of output that is being made."""
    return "[FLUSHLEFT] " + text if current.inside_of == "standard" else text
