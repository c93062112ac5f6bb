"""Answers to bytes and back; reading back builds only what an allow-list of classes permits."""
import builtins
import copyreg
import enum
import io
import pickle
import re
import sys
import types
from _io import _IOBase     # under io.IOBase, which asks Python whether a value is one
from zoneinfo import ZoneInfo

from chancery_host.errors import DAError
from chancery_host.objects.base import DAObject
from chancery_host.packages import LIBRARY as LIBRARY_PACKAGE, behind, package_of
from chancery_host.service import ask
from chancery_host.zones import reduce_zone

PROTOCOL = 5
INTERVIEW = "__interview__"     # in a snapshot: hash of the files it was made with
NOT_KEPT = {"__builtins__", "x", "i", "j", "k", "l", "m", "n", "session_local", "device_local", "user_local"}
NOT_DATA = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type,
            types.MethodWrapperType, types.GeneratorType, _IOBase)

# Everything a snapshot may name outside our library and the interview's own packages. None of it
# does more than build a value from what it is given.
ALLOWED = {
    "builtins": {"set", "frozenset", "complex", "range", "slice", "list", "dict", "tuple", "str", "int", "float", "bool", "bytearray",
                 "object", "NotImplemented", "Ellipsis", "iter", "zip", "enumerate", "reversed",
                 *(name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception))},
    "collections": {"OrderedDict", "defaultdict", "Counter", "deque"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "uuid": {"UUID", "SafeUUID"},
    "types": {"SimpleNamespace"},
    "re": {"compile"},
    "pathlib": {"PurePosixPath", "PosixPath", "PureWindowsPath"},
    "pytz": {"_p", "_UTC"},
    "dateutil.relativedelta": {"relativedelta"},
    "dateutil.tz.tz": {"tzutc"},
    "chancery_host.zones": {"zone"},
    "chancery_host.objects.nav": {"DANav"},
    "chancery_host.functions.dates": {"DateTimeDelta"},
    "chancery_host.functions.info": {"UserInfo", "Context", "Device"},
    "chancery_host.functions.texts": {"RawValue"},
    "chancery_host.objects.stores": {"restored_global"},
}
LIBRARY = {"docassemble.base.util", "docassemble.base.legal", "docassemble.base.core"}


FORMS_KEPT = 1024
_FORMS = {}     # class: what makes the snapshot's form of its objects, as reducer_override does


def _as_pickle_does(value):
    return NotImplemented


def _attributes(value):
    """What object.__reduce_ex__ gives for an object that has a dictionary and nothing else."""
    return copyreg.__newobj__, (type(value),), value.__dict__ or None


def _enum_member(value):
    """By its value, as every version of Python can read it."""
    return type(value), (value.value,)


def _pattern(value):
    return re.compile, (value.pattern, value.flags)


def _is_interviews(module):
    return module.startswith("docassemble.")


def _global(value):
    """Classes and functions are stored by their names: only what load() will take, so that no step is stored that cannot be read again."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    if module and name and value is not type(None) and _readable(module, name, _is_interviews) is not value:
        raise NotAllowed("%s.%s is not data" % (module, name))
    return NotImplemented


def _form_of(kind):
    own = getattr(kind, "_snapshot_form", None)
    if own is not None:
        return own
    if issubclass(kind, enum.Enum):
        return _enum_member
    if kind is re.Pattern:
        return _pattern
    if issubclass(kind, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return _global
    plain = issubclass(kind, DAObject) and not issubclass(kind, (dict, list, set, frozenset, tuple, str, int, float, bytes))
    return _attributes if plain and _is_reduced_by_object(kind) else _as_pickle_does


def _is_reduced_by_object(kind):
    """object.__reduce_ex__ asks each object for names that end in its __getattr__ and an exception; here the class is asked, once."""
    return (kind.__reduce_ex__ is object.__reduce_ex__ and kind.__reduce__ is object.__reduce__ and kind.__getstate__ is object.__getstate__
            and kind not in copyreg.dispatch_table
            and not any(name in vars(base) for base in kind.__mro__ for name in ("__getnewargs__", "__getnewargs_ex__", "__slots__")))


class _Pickler(pickle.Pickler):
    dispatch_table = {**copyreg.dispatch_table, ZoneInfo: reduce_zone}

    def reducer_override(self, value):
        """Objects that keep themselves elsewhere say what a snapshot has in their place."""
        kind = type(value)
        form = _FORMS.get(kind)
        if form is None:
            if len(_FORMS) >= FORMS_KEPT:
                _FORMS.clear()
            form = _FORMS[kind] = _form_of(kind)
        return form(value)


class NotAllowed(pickle.UnpicklingError):
    """The snapshot names something that no snapshot of ours contains."""


# How a value says that it cannot be stored.
UNSTORED = (pickle.PicklingError, NotAllowed, TypeError, AttributeError, RecursionError, ValueError)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file, packages, named):
        super().__init__(file)
        self._packages = packages
        self._named = named

    def find_class(self, module, name):
        found = _readable(module, name, self._is_own)
        if found is None:
            raise NotAllowed("a snapshot must not contain %s.%s" % (module, name))
        return found

    def _is_own(self, module):
        if not module.startswith("docassemble.") or package_of(module) == LIBRARY_PACKAGE:
            return False
        if package_of(module) not in self._packages and self._named:
            self._packages = {*self._packages, *behind(self._named)}
            self._named = ()
        return package_of(module) in self._packages

    def persistent_load(self, pid):
        raise NotAllowed("a snapshot must not contain references to elsewhere")


_FOUND = {}     # (module, name): what it is. Only of ALLOWED and LIBRARY, which bound it and do not change; interviews' own modules may


def _readable(module, name, is_own):
    """What load() makes of the name: None if it takes no such thing. `is_own(module)`, asked last: is it one of a package whose classes may be read?"""
    found = _FOUND.get((module, name))
    if found is not None:
        return found
    if name in ALLOWED.get(module, ()):
        found = _attribute(module, name)
    elif module in LIBRARY:
        found = _library_class(module, name)
    else:
        return _own_class(module, name, is_own)
    if found is not None:
        _FOUND[module, name] = found
    return found


def _own_class(module, name, is_own):
    # A module's own classes, and theirs, not what it imported (subprocess.Popen would do harm).
    outer, *inner = name.split(".")
    found = _attribute(module, outer) if is_own(module) else None
    for part in inner:
        found = vars(found).get(part) if _is_class_of(found, module) else None
    return found if _is_class_of(found, module) else None


def _is_class_of(found, module):
    return isinstance(found, type) and found.__module__ == module


def _attribute(module, name):
    if "." in name:
        return None
    if module not in sys.modules:
        __import__(module)
    return getattr(sys.modules[module], name, None)


def _library_class(module, name):
    found = _attribute(module, name)
    if not isinstance(found, type) or not found.__module__.startswith("docassemble.base."):
        return None
    return found


def _exported():
    """Values that the import of the library puts into the answers: they come back by themselves."""
    library = sys.modules.get("docassemble.base.util")
    return {} if library is None else library.__dict__


def data_of():
    """Stands for a value that no name has."""


def kept(answers):
    """The part of the answers that a snapshot contains."""
    library = _exported()
    data = ask("data_of", answers, library, NOT_KEPT, NOT_DATA)
    if data is None:    # there is no engine
        data = {name: value for name, value in answers.items()
                if not (library.get(name, data_of) is value or name in NOT_KEPT or isinstance(value, NOT_DATA))}
    internal = data.get("_internal")
    if internal and internal.get("objselections"):
        data["_internal"] = {**internal, "objselections": {}}
    return data


def _pickled(data):
    out = io.BytesIO()
    _Pickler(out, PROTOCOL).dump(data)
    return out.getvalue()


def dump(answers, interview=None):
    """The answers as bytes. A value that cannot be stored is an error that names the variable.

    `interview` is the hash of the interview's files; load() gives it back under INTERVIEW.
    """
    data = kept(answers)
    if interview is not None:
        data[INTERVIEW] = interview
    try:
        return _pickled(data)
    except UNSTORED as err:
        for name, value in data.items():
            try:
                _pickled(value)
            except UNSTORED as own:
                raise DAError("the variable %s cannot be stored: %s" % (name, own)) from own
        raise DAError("the answers cannot be stored: %s" % err) from err


def renew(answers):
    """Makes answers of another text of the interview fit the present one: templates and tables know their block by its number, so they go and are
    made again when they are sought."""
    _drop_lazy(answers, set())


def _drop_lazy(value, seen):
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        for key in [key for key, part in value.items() if getattr(type(part), "IS_LAZY", False)]:
            del value[key]
        parts = list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = list(value)
    elif type(value).__module__.startswith("docassemble.") and hasattr(value, "__dict__"):
        parts = [value.__dict__]
    else:
        return
    for part in parts:
        _drop_lazy(part, seen)


def dump_value(value):
    """One value as bytes, for a store outside the session."""
    return dump({"value": value})


def load_value(data, packages, named=()):
    """What dump_value made; the same classes are allowed as in snapshots."""
    return load(data, packages, named)["value"]


def load(data, packages=(), named=()):
    """The answers of a snapshot, else pickle.UnpicklingError.

    `packages` are those whose classes may be read (`docassemble.demo`); `named` the modules that the interview names: their packages, and those that
    they use, are as good.
    """
    import docassemble.base.util  # noqa: F401  its classes must have their canonical names before the first lookup
    try:
        answers = _Unpickler(io.BytesIO(data), tuple(packages), tuple(named)).load()
    except pickle.UnpicklingError:
        raise
    except Exception as err:        # broken bytes make the unpickler fail in many ways; for the engine they are one
        raise NotAllowed("a snapshot cannot be read: %s" % err) from err
    if not isinstance(answers, dict):
        raise NotAllowed("a snapshot is a dictionary of answers")
    return answers
