"""What interviews import: every object class and function of the library under its public name."""
import json
import re

from chancery_host.errors import DAError, DAValidationError
from chancery_host.functions.dates import DADateTime
from chancery_host.objects.address import Address, City, LatitudeLongitude
from chancery_host.objects.base import DAObject, DAObjectPlusParameters
from chancery_host.objects.dicts import DADict, DAOrderedDict
from chancery_host.objects.empty import DACatchAll, DAEmpty
from chancery_host.objects.lists import DAList
from chancery_host.objects.people import Event, Individual, IndividualName, Name, Organization, Person, Thing
from chancery_host.objects.sets import DASet
from chancery_host.objects.stores import DADeviceLocal, DASessionLocal, DAUserLocal

__all__ = [name for name in dir() if not name.startswith("_")]

for _name in __all__:
    _value = globals()[_name]
    if isinstance(_value, type) and _value.__module__.startswith("chancery_host."):
        _value.__module__ = __name__
del _name, _value
