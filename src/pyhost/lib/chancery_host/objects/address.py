"""Addresses and positions."""
import re

from chancery_host.objects.base import DAObject
from chancery_host.state import current

UNIT_WORD = re.compile(r"(unit|apt|apartment|suite|ste|floor|fl|room|rm|no|lot|bldg|building)\b|#", re.IGNORECASE)


def line_break():
    """How lines of an address are separated: mark-up on screens and in Markdown, a real break inside templates."""
    return "\n" if current.inside_of in ("docx", "pdf") else " [NEWLINE] "


class LatitudeLongitude(DAObject):
    """A position that a browser may report."""

    def init(self, *args, **kwargs):
        self.gathered = False
        self.known = False
        super().init(*args, **kwargs)

    def status(self):
        """False as long as the position was not asked for."""
        return self.gathered

    def __str__(self):
        return "%s, %s" % (self.latitude, self.longitude) if self.known else "Unknown"


class Address(DAObject):
    """A postal address; `city_only` says that a street is not part of it."""

    def init(self, *args, **kwargs):
        if "location" not in kwargs:
            self.initializeAttribute("location", LatitudeLongitude)
        self.geolocated = False
        self._geocoded = False
        if "city_only" not in kwargs:
            self.city_only = getattr(type(self), "CITY_ONLY", False)
        super().init(*args, **kwargs)

    def __str__(self):
        return str(self.block())

    # The lines

    def formatted_unit(self, language=None, require=False, bare=False):
        """`Apt. 3`, `Floor 2`, `Room 1`, or nothing."""
        unit = self.unit if require else getattr(self, "unit", None)
        if unit is not None and unit != "":
            unit = str(unit)
            return unit if bare or UNIT_WORD.match(unit) else "Unit " + unit
        for name, label in (("floor", "Floor "), ("room", "Room ")):
            value = getattr(self, name, None)
            if value not in (None, ""):
                return label + str(value)
        return ""

    def line_one(self, language=None, bare=False):
        """Street and unit."""
        if self.city_only:
            return ""
        text, unit = self._street(), self.formatted_unit(language=language, bare=bare)
        return text + ", " + unit if unit else text

    def _street(self):
        if getattr(self, "street_number", None) and getattr(self, "street", None) and not hasattr(self, "address"):
            return "%s %s" % (self.street_number, self.street)
        return str(self.address)

    def line_two(self, language=None):
        """City, state, postal code."""
        text = str(self.city)
        if getattr(self, "state", None):
            text += ", " + str(self.state)
        code = getattr(self, "zip", None) or getattr(self, "postal_code", None)
        return text + " " + str(code) if code else text

    def _country_line(self, show_country):
        country = getattr(self, "country", None) or (current.country if show_country else None)
        if not country or show_country is False or (show_country is None and country == current.country):
            return ""
        from chancery_host.functions.places import country_name
        try:
            return country_name(country)
        except AttributeError:      # no code, but a name already
            return str(country)

    def block(self, language=None, international=False, show_country=None):
        """The address on several lines."""
        lines = []
        if not self.city_only:
            lines.append(self._street())
            lines.append(self.formatted_unit(language=language))
        lines.append(self.line_two(language=language))
        lines.append(self._country_line(show_country))
        return line_break().join(line for line in lines if line)

    def on_one_line(self, include_unit=True, omit_default_country=True, language=None, show_country=None):
        """The address in one line."""
        parts = []
        if not self.city_only:
            parts.append(self.line_one(language=language) if include_unit else str(self.address))
        parts.append(self.line_two(language=language))
        if show_country is None and not omit_default_country:
            show_country = True
        parts.append(self._country_line(show_country))
        return ", ".join(part for part in parts if part)

    # Geography

    def geocode(self, *args, **kwargs):
        """There is no geocoding service here, so no address is ever known to it."""
        return False

    geolocate = geocode

    def was_geocoded_successfully(self):
        return False

    def reset_geocoding(self):
        self._geocoded = False
        self.geolocated = False

    def normalize(self, *args, **kwargs):
        return False

    def map_info(self):
        from chancery_host.errors import DANotAvailable
        raise DANotAvailable("map_info is not available yet")


class City(Address):
    """An address that is only a city."""

    CITY_ONLY = True
