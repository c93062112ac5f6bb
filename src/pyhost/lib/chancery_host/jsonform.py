"""Values of interviews as plain JSON structures, and back (API specification 7)."""
import datetime
import decimal
import io
import re
import sys
import types
from collections import OrderedDict, defaultdict

from chancery_host.objects.base import DAObject, NOT_DATA
from chancery_host.objects.empty import DAEmpty
from chancery_host.objects.nav import DANav
from chancery_host.zones import zone

DEEPEST = 20                    # levels below a variable that are written out
ATOMS = {str, int, float, bool, type(None)}
LEFT_OUT = {"__builtins__", "session_local", "device_local", "user_local", "x", "i", "j", "k", "l", "m", "n"}
NOT_VALUES = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type, io.IOBase)


def variables_plain(answers, internal=True):
    """All variables by name; `internal` False leaves out the server's own."""
    plain = {}
    for name, value in answers.items():
        kind = type(value)
        if kind in ATOMS:
            if name not in LEFT_OUT:
                plain[name] = value
        elif name not in LEFT_OUT and not isinstance(value, NOT_VALUES) and (internal or name not in ("_internal", "nav")):
            plain[name] = to_plain(value)
    return plain


def to_plain(value, level=0):
    """A structure of dict, list, text, number, bool and None."""
    kind = type(value)
    if kind in ATOMS:
        return value
    if level > DEEPEST:
        return None
    handler = _HANDLERS.get(kind)
    if handler is None:
        handler = _HANDLERS[kind] = _find_handler(kind)
    return handler(value, level)


def _list(value, level):
    level += 1
    return [item if type(item) in ATOMS else to_plain(item, level) for item in value]


def _set(value, level):
    # Any order is right; a sorted one is the same in each run.
    return sorted(_list(value, level), key=lambda item: (str(type(item)), str(item)))


def _tuple(value, level):
    return _list(value, level) if _is_json(value) else None


def _is_json(value):
    if type(value) in ATOMS:
        return True
    if isinstance(value, (list, tuple)):
        return all(_is_json(item) for item in value)
    return type(value) is dict and all(type(key) in ATOMS and _is_json(item) for key, item in value.items())


def _dict(value, level):
    level += 1
    if all(type(key) is str for key in value):
        return {key: item if type(item) in ATOMS else to_plain(item, level) for key, item in value.items()}
    keys = [_key(key, level) for key in value]
    mixed = any(isinstance(key, str) for key in keys)
    return {str(key) if mixed else _bare_key(key): to_plain(item, level) for key, item in zip(keys, value.values())}


def _key(key, level):
    plain = to_plain(key, level)
    return plain if type(plain) in ATOMS and not (plain is None and key is not None) else "None"


def _bare_key(key):
    """JSON has only text keys; numbers and the three words are written as JSON writes them."""
    if key is True or key is False:
        return "true" if key else "false"
    return "null" if key is None else repr(key) if isinstance(key, float) else str(key)


def _iso(value, level):
    return value.isoformat()


def _number(value, level):
    return float(value)


def _null(value, level):
    return None


def class_name(kind):
    return kind.__module__ + "." + kind.__name__


def _class(value, level):
    name = class_name(value)
    return {"_class": "type", "name": name} if name.startswith("docassemble.") else "None"


def _empty(value, level):
    text = str(value)
    plain = {"_class": class_name(type(value))}
    if text:
        plain["str"] = text
    return plain


def _lazy(value, level):
    return {"_class": class_name(type(value)), "instanceName": value.instanceName}


def _object(value, level):
    plain = {"_class": class_name(type(value))}
    level += 1
    if level > DEEPEST:
        plain["None"] = None
        return plain
    for name, item in value.__dict__.items():
        if name not in NOT_DATA:
            plain[name] = item if type(item) in ATOMS else to_plain(item, level)
    return plain


def _own_dict(value, level):
    return to_plain(value.as_dict(), level)


def _own_json(value, level):
    return to_plain(value.to_json(), level)


def _nav(value, level):
    return value.plain()


# Filled with the exact types as they are met, so that each type is examined only once.
_HANDLERS = {
    list: _list, dict: _dict, tuple: _tuple, set: _set, frozenset: _set, OrderedDict: _dict, defaultdict: _dict,
    datetime.date: _iso, datetime.datetime: _iso, datetime.time: _iso, decimal.Decimal: _number, DANav: _nav,
    DAEmpty: _empty, type: _class, bytes: _null, bytearray: _null, complex: _null,
}


def _find_handler(kind):
    if issubclass(kind, type):
        return _class
    if hasattr(kind, "as_dict"):
        return _own_dict
    if hasattr(kind, "to_json"):
        return _own_json
    if issubclass(kind, DAObject):
        return _lazy if getattr(kind, "IS_LAZY", False) else _object
    for base, handler in ((str, lambda value, level: str(value)), (bool, lambda value, level: bool(value)),
                          (int, lambda value, level: int(value)), (float, lambda value, level: float(value)),
                          (list, _list), (dict, _dict), (tuple, _tuple), ((set, frozenset), _set),
                          ((datetime.date, datetime.time), _iso), (decimal.Decimal, _number), (DAEmpty, _empty),
                          (DANav, _nav)):
        if issubclass(kind, base):
            return handler
    return _null


# From JSON

DATE = re.compile(r"\d{4}-\d\d-\d\d")
BARE_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|[+-]\d\d:\d\d)?\Z")
TIME = re.compile(r"\d\d:\d\d:\d\d")
CLASS = re.compile(r"docassemble(\.[A-Za-z_][A-Za-z0-9_]*)+\Z")


def from_plain(obj):
    """The obj that a client means: dates, times, objects and classes are recognised, also inside."""
    if isinstance(obj, str):
        return _from_text(obj)
    if isinstance(obj, list):
        return [from_plain(item) for item in obj]
    if isinstance(obj, dict):
        return _from_dict(obj)
    return obj


def _from_text(text):
    if DATE.match(text):
        return _from_date(text)
    if TIME.match(text):
        try:
            return datetime.time.fromisoformat(text)
        except ValueError:
            return text
    return text


def _from_date(text):
    from chancery_host.functions.dates import DADateTime
    try:
        if BARE_DATE.match(text) or ISO.match(text):
            moment = datetime.datetime.fromisoformat(text)
        else:
            import dateutil.parser      # heavy, and only for spellings that no program writes
            moment = dateutil.parser.parse(text)
        here = zone()
        moment = moment.replace(tzinfo=here) if moment.tzinfo is None else moment.astimezone(here)
    except (ValueError, OverflowError, TypeError):
        return text
    return DADateTime.of(moment)


def _from_dict(value):
    name = value.get("_class")
    if name == "type" and isinstance(value.get("name"), str) and CLASS.match(value["name"]):
        return find_class(value["name"])
    if isinstance(name, str) and CLASS.match(name) and isinstance(value.get("instanceName"), str):
        return _from_object(value, name)
    return {_hashable(from_plain(key), key): from_plain(item) for key, item in value.items()}


def _hashable(plain, key):
    try:
        hash(plain)
    except TypeError:
        return key
    return plain


def find_class(name):
    """The interview class of that full name, or None. Only classes, only of docassemble packages."""
    module, _, attribute = name.rpartition(".")
    if not module.startswith("docassemble."):
        return None
    if module not in sys.modules:
        try:
            __import__(module)
        except Exception:   # a module of an interview package may fail in any way: then the class does not exist
            return None
    found = getattr(sys.modules[module], attribute, None)
    if not isinstance(found, type) or not found.__module__.startswith("docassemble."):
        return None
    return found


def _from_object(value, name):
    kind = find_class(name)
    if kind is None or not issubclass(kind, DAObject):
        return None
    try:
        made = kind(value["instanceName"])
        for key, item in value.items():
            if key.startswith("__"):
                return None         # Python's own attributes are none of a client's business
            if key != "_class":
                setattr(made, key, from_plain(item))
    except Exception:       # the class is the author's: whatever its setters refuse makes the value null
        return None
    return made


