"""`GET /api/interview_data`: the names of an interview, for completion in editors and for inspection (API specification 14).

What the blocks define and use is read as the linter reads it; what the names are is seen in the answers after one evaluation."""
import inspect
import re
import types

from chancery_host.check.blocks import Walker
from chancery_host.check.names import RESERVED, SOUGHT, Exports, library, reach, unknown_uses
from chancery_host.check.tree import Reader, WORD
from chancery_host.names import is_variable_name

# Language specification 9.2 and 9.3: what the server sets, and what it looks at.
BUILTIN = {
    "nav": "The navigation bar: its sections, and the one that is shown.",
    "url_args": "Arguments of the address with which the session was begun.",
    "session_local": "An object that belongs to the browser session.",
    "device_local": "An object that belongs to the device.",
    "user_local": "An object that belongs to the user.",
    "role": "The role of the present user, in interviews of several users.",
    "role_needed": "The roles that the question at hand is for.",
    "role_event": "Sought when the present user has none of the roles needed.",
    "multi_user": "True: several users may take part, and the answers are not encrypted.",
    "menu_items": "Further items of the menu, a list.",
    "track_location": "True: the browser is asked where it is.",
    "speak_text": "True: screens can be read aloud.",
    "allow_cron": "True: scheduled events run in the session.",
    "cron_hourly": "Sought every hour.",
    "cron_daily": "Sought every day.",
    "cron_weekly": "Sought every week.",
    "cron_monthly": "Sought every month.",
    "incoming_email": "Sought when an e-mail arrives.",
}
_HIDDEN = RESERVED | {"_internal", "dict", "object"}
_NUMBER = re.compile(r"\[(\d+)\]")
_PARENT = re.compile(r"[.\[]")


class _Silent:
    """In place of the linter's reports."""

    def error(self, file, place, text):
        pass

    warn = error


def interview_data(name, answers):
    """`answers`: the names as the evaluation left them; it may have failed."""
    reader = Reader(_Silent())
    reader.read(name)
    for block in reader.blocks:
        Walker(reader, _Silent(), block).walk()
    exports = Exports(reader)
    found = {key: value for key, value in answers.items() if isinstance(key, str) and not key.startswith("_")}
    for key, value in library_values(reader).items():
        found.setdefault(key, value)
    names = {
        "undefined_names": sorted({use for _, use, _ in unknown_uses(reader, exports)} - set(found)),
        "var_list": variables(reader, exports, found),
        "functions_list": [function(key, found[key]) for key in sorted(found) if is_function(found[key])],
        "classes_list": [klass(key, found[key]) for key in sorted(found) if isinstance(found[key], type)],
        "modules_list": [entry(key, **documented(found[key])) for key in sorted(found) if isinstance(found[key], types.ModuleType)],
        "images_list": [entry(image) for image in images(reader)],
    }
    words = {item["var"] for key, rows in names.items() if key not in ("undefined_names", "images_list") for item in rows}
    words.update(names["undefined_names"])
    return {"names": names, "vocabulary": sorted(word for word in words if not word.startswith(("x.", "x[")))}


def entry(word, /, **more):
    return {"var": word, "to_insert": word, **more}


def library_values(reader):
    """What interviews have without asking for it: the evaluation brings it too, unless it ended before."""
    own = {name for name, how, _, _ in reader.modules if how == "modules"}
    if own & {"docassemble.base.util", "docassemble.base.legal"}:
        return {}
    import docassemble.base.util as util
    return {name: getattr(util, name) for name in library("docassemble.base.util")}


# Variables


def variables(reader, exports, found):
    defined, used = {}, set()
    for block in reader.blocks:
        for name in block.defines:
            if is_variable_name(name):
                defined.setdefault(name)
        used.update(block.uses)
    reached = reach(reader, exports, set())
    needed = {name for block in reader.blocks if id(block) in reached for name in block.defines}
    values = {key: value for key, value in found.items() if not is_import(value) and key not in _HIDDEN}
    undefined = {name for _, name, _ in unknown_uses(reader, exports)}
    every = set(defined) | set(values) | (undefined - set(found)) | (set(BUILTIN) & (used | set(defined))) | {"nav", "url_args"}
    return [variable(name, defined, needed, values) for name in sorted(every) if name not in _HIDDEN or name in BUILTIN]


def variable(name, defined, needed, values):
    row = entry(name, hide=bool(_PARENT.search(name)), var_type=type_of(name, defined, needed, values))
    letters = iter("ijk")
    base = _NUMBER.sub(lambda number: "[%s]" % next(letters, number[1]), name)
    if base != name:
        row["var_base"] = base
    if name in BUILTIN:
        row.update(doc_title=name, doc_content=BUILTIN[name])
    value = value_of(name, values)
    if value is not None:
        row["class_name"] = type(value).__name__
        row["iterable"] = hasattr(type(value), "__iter__") and not isinstance(value, (str, bytes))
    return row


def type_of(name, defined, needed, values):
    if name in BUILTIN:
        return "builtin"
    if name in defined:
        return "default" if name in needed or name in values else "possibly_not_used"
    return "default" if name in values else "not_used"


def value_of(name, values):
    """What a name is, as far as it can be seen without asking for anything."""
    first, *attributes = WORD.findall(name)
    if name != ".".join([first] + attributes):
        return None
    value = values.get(first)
    for attribute in attributes:
        value = getattr(value, "__dict__", {}).get(attribute)
    return value


# What was imported


def is_import(value):
    return isinstance(value, (type, types.ModuleType)) or is_function(value)


def is_function(value):
    return isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)) or (callable(value) and hasattr(value, "__wrapped__"))


def documented(value):
    text = inspect.getdoc(value) if type(value) is not type or value.__dict__.get("__doc__") else None
    return {"doc_title": value.__name__, "doc_content": text} if text and getattr(value, "__name__", None) else {}


def signature(name, value):
    try:
        return name + str(inspect.signature(value))
    except (TypeError, ValueError):
        return name + "(...)"


def function(name, value):
    return {"var": name, "to_insert": name + "()", "name": signature(name, value), **documented(value)}


def klass(name, value):
    bases = [base.__name__ for base in value.__bases__ if base is not object]
    methods = [method(key, each) for key, each in sorted(vars(value).items()) if not key.startswith("_") and isinstance(each, types.FunctionType)]
    return {**entry(name, name=name, methods=methods), **({"bases": bases} if bases else {}), **documented(value)}


def method(name, value):
    shown = re.sub(r"\(self(?:, )?", "(", signature(name, value), count=1)
    return {"name": shown, "to_insert": ".%s()" % name, "tag": "." + name, **documented(value)}


def images(reader):
    """Names of `images` and `image sets` blocks."""
    names = set()
    for block in reader.blocks:
        for key, holders in (("images", [block.keys.get("images")]), ("image sets", [block.keys.get("image sets")])):
            for _, node in filter(None, holders):
                names.update(image_names(node, key == "image sets"))
    return sorted(names)


def image_names(node, is_sets):
    for item in node.listed():
        for key, value in item.items if item.kind == "map" else ():
            inner = value.get("images") if is_sets and value.kind == "map" else None
            if inner is not None:
                yield from image_names(inner, False)
            elif not is_sets:
                yield str(key.value)
