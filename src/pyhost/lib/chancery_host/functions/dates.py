"""Dates, times and the differences between them, in the time zone of the running call."""
import datetime

from chancery_host.zones import zone


class DADateTime(datetime.datetime):
    """A moment with a time zone that prints as a long date."""

    @classmethod
    def of(cls, moment):
        return cls(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond,
                   moment.tzinfo, fold=moment.fold)
