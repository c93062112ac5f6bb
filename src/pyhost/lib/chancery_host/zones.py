"""Time zones as objects that a snapshot can hold without calling getattr."""
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chancery_host.state import current


def zone(name=None):
    """The zone of that name, or the default zone of the running call. An unknown name is an error."""
    try:
        return ZoneInfo(name or current.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise ValueError("unknown time zone %s" % (name,)) from err


def reduce_zone(info):
    """How the pickler stores a zone; its own way needs builtins.getattr, which no snapshot may call."""
    return (zone, (info.key,))
