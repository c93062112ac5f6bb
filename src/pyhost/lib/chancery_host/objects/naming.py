"""Names of objects: finding the variable an unnamed object is assigned to, and renaming whole trees."""
import os
import sys

from opcode import opmap

CACHE, EXTENDED_ARG = 0, opmap["EXTENDED_ARG"]
COPY = opmap.get("COPY")
STORES = {opmap["STORE_NAME"], opmap["STORE_GLOBAL"]}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LIBRARY = "chancery_host."


def random_name():
    """A name that no variable has: lookups on it fail, which is what an unnamed object deserves."""
    return "".join(LETTERS[byte % len(LETTERS)] for byte in os.urandom(12))


def assigned_name():
    """The variable to which the statement that is running assigns its result, or None.

    Looks at the instruction behind the call in the nearest frame outside the library: `fruit = DAList()`
    stores into a global name. Attributes and items name their values themselves when they are set.
    """
    frame = sys._getframe(1)
    while frame is not None and (frame.f_globals.get("__name__", "").startswith(LIBRARY)
                                 or frame.f_code.co_name in ("__init__", "init")):
        frame = frame.f_back
    if frame is None:
        return None
    code = frame.f_code.co_code
    # Interview objects are global; a store into a local name of a function is another instruction.
    at, high = frame.f_lasti + 2, 0
    while 0 <= at < len(code):
        operation, argument = code[at], code[at + 1]
        at += 2
        if operation == CACHE:
            continue
        if operation == EXTENDED_ARG:
            high = (high | argument) << 8
            continue
        if operation == COPY:      # a = b = DAList(): the first target counts
            continue
        return frame.f_code.co_names[high | argument] if operation in STORES else None
    return None


def is_within(name, prefix):
    """True if `name` is an attribute or item of `prefix`, or the thing itself."""
    return name == prefix or (name.startswith(prefix) and name[len(prefix)] in ".[")


def rename(thing, new_name, kind, seen=None, named=True):
    """Gives `thing` the new name and takes along every part of it whose name began with the old one."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    old_name = thing.instanceName
    if old_name != new_name:
        _rename_parts(thing.__dict__, old_name, new_name, kind, seen, named)
    thing.__dict__["instanceName"] = new_name
    thing.__dict__["has_nonrandom_instance_name"] = named


def _rename_parts(value, old, new, kind, seen, named):
    if isinstance(value, kind):
        if is_within(value.instanceName, old):
            rename(value, new + value.instanceName[len(old):], kind, seen, named)
    elif isinstance(value, dict):
        for part in value.values():
            _rename_parts(part, old, new, kind, seen, named)
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            _rename_parts(part, old, new, kind, seen, named)


def rename_parts(value, old, new, kind):
    """Objects inside `value` whose names begin with the old name get the new one."""
    if old != new:
        _rename_parts(value, old, new, kind, set(), True)
