"""Dates, times and the differences between them, in the time zone of the running call."""
import datetime
import re

from chancery_host.errors import DAError
from chancery_host.service import ask
from chancery_host.state import current
from chancery_host.zones import zone

MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
BAD_DATE = "Bad date"
ISO_START = re.compile(r"\d{4}-\d\d-\d\d(\Z|T\d\d:\d\d)")
DAYS_PER_YEAR = 365.2425


class DADateTime(datetime.datetime):
    """A moment with a time zone that prints as a long date."""

    @classmethod
    def of(cls, moment):
        return cls(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond,
                   moment.tzinfo, fold=moment.fold)

    @property
    def dow(self):
        """Monday is 1."""
        return self.isoweekday()

    @property
    def week(self):
        return self.isocalendar()[1]

    @property
    def nanosecond(self):
        return 0

    def plus(self, **kwargs):
        """This moment plus years=, months=, weeks=, days=, hours= …"""
        return DADateTime.of(self + date_interval(**kwargs))

    def minus(self, **kwargs):
        return DADateTime.of(self - date_interval(**kwargs))

    def replace_time(self, time):
        return self.replace(hour=time.hour, minute=time.minute, second=time.second, microsecond=time.microsecond)

    def format(self, format=None, language=None):
        return format_date(self, format=format, language=language)

    def format_date(self, format=None, language=None):
        return format_date(self, format=format, language=language)

    def format_datetime(self, format=None, language=None):
        return format_datetime(self, format=format, language=language)

    def format_time(self, format=None, language=None):
        return format_time(self, format=format, language=language)

    def date_difference(self, ending=None, timezone=None):
        return date_difference(starting=self, ending=ending, timezone=timezone)

    def __str__(self):
        return str(self.format_date())


def current_datetime(timezone=None):
    """Now. Tests set the moment in the request, as `now`."""
    here = zone(timezone)
    fixed = current.now
    if fixed is not None:
        fixed = fixed if fixed.tzinfo else fixed.replace(tzinfo=datetime.timezone.utc)
        return DADateTime.of(fixed.astimezone(here))
    return DADateTime.of(datetime.datetime.now(here))


def today(timezone=None, format=None):
    """Midnight today; with `format` a text."""
    midnight = current_datetime(timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if format is None else midnight.format(format)


def as_datetime(the_date, timezone=None):
    """A date, date and time, or text as a moment with a time zone."""
    from chancery_host.objects.empty import DAEmpty
    if isinstance(the_date, DAEmpty):
        return the_date
    here = zone(timezone)
    if isinstance(the_date, datetime.datetime):
        moment = the_date
    elif isinstance(the_date, datetime.date):
        moment = datetime.datetime(the_date.year, the_date.month, the_date.day)
    else:
        moment = _parse(the_date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=here)
    elif timezone is not None or not isinstance(the_date, datetime.datetime):
        moment = moment.astimezone(here)
    return DADateTime.of(moment)


def _parse(text):
    text = str(text).strip()
    try:
        if ISO_START.match(text):
            return datetime.datetime.fromisoformat(text)
    except ValueError:
        pass
    import dateutil.parser      # heavy, and only for spellings that no program writes
    midnight = current_datetime().replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    try:
        return dateutil.parser.parse(text, default=midnight)
    except (ValueError, OverflowError, TypeError) as err:
        raise DAError("Could not convert %r to a date" % text) from err


def date_interval(**kwargs):
    """A span to add to dates: years=, months=, weeks=, days=, hours= …; year= and the like replace that part."""
    from dateutil.relativedelta import relativedelta
    return relativedelta(**kwargs)


class DateTimeDelta:
    """What lies between two moments, in each unit."""

    def __init__(self, start, end):
        self.start, self.end = start, end
        self.delta = end - start
        days = self.delta.days + self.delta.seconds / 86400.0
        self.days = days
        self.weeks = days / 7.0
        self.hours = days * 24.0
        self.minutes = days * 24.0 * 60.0
        self.seconds = int(round(self.delta.total_seconds()))
        self.years = years_between(start, end)
        self.months = self.years * 12.0

    def __str__(self):
        return self.describe()

    def describe(self, **kwargs):
        """`2 years, three months, and four days`, from the largest unit down."""
        from dateutil.relativedelta import relativedelta
        from chancery_host.functions.numbers import comma_and_list, quantity_noun
        first, last = sorted((self.start, self.end))
        span = relativedelta(last, first)
        wanted = kwargs.get("specificity")
        parts = []
        for unit in ("year", "month", "day", "hour", "minute", "second"):
            amount = getattr(span, unit + "s")
            if amount:
                parts.append(quantity_noun(amount, unit))
            if wanted == unit or (wanted is None and unit == "day" and parts):
                break
        return comma_and_list(parts) or "zero seconds"


def years_between(start, end):
    """Years as a float: whole ones by the calendar, the rest by its share of the year that has begun."""
    if end < start:
        return -years_between(end, start)
    whole = end.year - start.year
    if _anniversary(start, whole) > end:
        whole -= 1
    begun, next_one = _anniversary(start, whole), _anniversary(start, whole + 1)
    return whole + (end - begun) / (next_one - begun)


def _anniversary(start, years):
    try:
        return start.replace(year=start.year + years)
    except ValueError:          # 29 February: birthdays of other years are on 1 March
        return start.replace(year=start.year + years, month=3, day=1)


def date_difference(starting=None, ending=None, timezone=None):
    """What lies between two dates; the default of either is now."""
    first = current_datetime(timezone) if starting is None else as_datetime(starting, timezone)
    last = current_datetime(timezone) if ending is None else as_datetime(ending, timezone)
    return DateTimeDelta(first, last)


# Text

def _language(language):
    return language or current.language or "en"


def _babel_locale(language):
    name = (current.locale or "en_US").split(".")[0]
    if language is None or name.split("_")[0] == language:
        return name
    return language if language != "*" else name


def _default_format(kind, fallback):
    internal = current.answers.get("_internal") or {}
    found = internal.get(kind) or ask("part", kind) or current.metadata.get(kind)
    return found if isinstance(found, str) else fallback


def format_date(the_date, format=None, language=None):
    """A date in words or by a CLDR pattern; `Bad date` for what is none, nothing for an empty object."""
    moment = _readable(the_date)
    if isinstance(moment, str):
        return moment
    format = format or _default_format("date format", "long")
    if _language(language) in ("en", "*") and format in ("long", "full", "medium", "short"):
        month = MONTHS[moment.month - 1]
        if format == "short":
            return "%d/%d/%02d" % (moment.month, moment.day, moment.year % 100)
        text = "%s %d, %d" % (month[:3] if format == "medium" else month, moment.day, moment.year)
        return DAYS[moment.weekday()] + ", " + text if format == "full" else text
    import babel.dates
    return babel.dates.format_date(moment, format=format, locale=_babel_locale(_language(language)))


def format_datetime(the_date, format=None, language=None):
    """Date and time in words or by a CLDR pattern."""
    moment = _readable(the_date)
    if isinstance(moment, str):
        return moment
    import babel.dates
    format = format or _default_format("datetime format", "long")
    return _blanks(babel.dates.format_datetime(moment, format=format, tzinfo=moment.tzinfo,
                                               locale=_babel_locale(_language(language))))


def format_time(the_time, format=None, language=None):
    """A time (or the time of a moment) in words or by a CLDR pattern."""
    format = format or _default_format("time format", "short")
    moment = the_time
    if not isinstance(the_time, (datetime.time, datetime.datetime)):
        moment = _readable(the_time)
        if isinstance(moment, str):
            return moment
    if _language(language) in ("en", "*") and format == "short":
        return "%d:%02d %s" % (moment.hour % 12 or 12, moment.minute, "AM" if moment.hour < 12 else "PM")
    import babel.dates
    zone_of = moment.tzinfo if isinstance(moment, datetime.datetime) else None
    return _blanks(babel.dates.format_time(moment, format=format, tzinfo=zone_of, locale=_babel_locale(_language(language))))


def _blanks(text):
    # Newer locale data puts a narrow no-break space before AM and PM; texts must not depend on that.
    return text.replace("\u202f", " ")


def _readable(the_date):
    from chancery_host.objects.empty import DAEmpty
    if isinstance(the_date, DAEmpty):
        return ""
    if the_date is None or the_date == "":
        return BAD_DATE
    try:
        return as_datetime(the_date)
    except DAError:
        return BAD_DATE


def year_of(the_date, language=None):
    moment = _readable(the_date)
    return moment if isinstance(moment, str) else moment.year


def month_of(the_date, as_word=False, language=None):
    moment = _readable(the_date)
    if isinstance(moment, str):
        return moment
    if not as_word:
        return moment.month
    return MONTHS[moment.month - 1] if _language(language) in ("en", "*") else format_date(moment, "LLLL", language)


def day_of(the_date, language=None):
    moment = _readable(the_date)
    return moment if isinstance(moment, str) else moment.day


def dow_of(the_date, as_word=False, language=None):
    """Monday is 1."""
    moment = _readable(the_date)
    if isinstance(moment, str):
        return moment
    if not as_word:
        return moment.isoweekday()
    return DAYS[moment.weekday()] if _language(language) in ("en", "*") else format_date(moment, "EEEE", language)


def timezone_list():
    """Names of the time zones."""
    import zoneinfo
    return sorted(name for name in zoneinfo.available_timezones()
                  if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))) + ["UTC"]


def get_default_timezone():
    return current.timezone
