"""Reading, setting and deleting variables that are given by name, without starting lookups."""
import ast
import functools

from chancery_host.errors import DAError
from chancery_host.names import KEPT_NAME, expression, normal_name, target_name, variable
from chancery_host.objects.base import DAObject
from chancery_host.objects.gathering import Gatherable
from chancery_host.objects.lists import DAList
from chancery_host.signals import MissingName
from chancery_host.state import current

MISSES = (AttributeError, NameError, LookupError, TypeError, ValueError)


NOT_THERE = object()    # what look() gives for a variable that does not exist, or where something on the way to it does not


def parsed(name, function):
    """The syntax tree of a variable name; anything else is the author's error."""
    if not isinstance(name, str):
        raise DAError("%s() must be given a string" % function)
    tree = variable(name.strip())
    if tree is None:
        raise DAError("%s() was given %r, which is not a variable name" % (function, name))
    return tree


def look(node, answers):
    """The value of a name's tree; NOT_THERE as soon as one step is missing. Creates and asks nothing.

    Most names that are looked for are missing, so that this is no exception.
    """
    kind = type(node)
    if kind is ast.Name:
        return answers.get(node.id, NOT_THERE)
    if kind is ast.Constant:
        return node.value
    if kind is ast.Slice:
        parts = [None if part is None else look(part, answers) for part in (node.lower, node.upper, node.step)]
        return NOT_THERE if any(part is NOT_THERE for part in parts) else slice(*parts)
    base = look(node.value, answers)
    if base is NOT_THERE:
        return base
    if kind is ast.Attribute:
        return _attribute(base, node.attr)
    index = look(node.slice, answers)
    return index if index is NOT_THERE else _item(base, index)


def _attribute(base, name):
    # What DAObject.__getattr__ would find out and then say by an exception.
    if isinstance(base, DAObject) and name not in base.__dict__ and _looks_plainly(type(base)) and not hasattr(type(base), name):
        return NOT_THERE
    try:
        return getattr(base, name, NOT_THERE)
    except MISSES:
        return NOT_THERE


def _looks_plainly(kind):
    return kind.__getattr__ is DAObject.__getattr__ and kind.__getattribute__ is object.__getattribute__


def _item(base, index):
    try:
        if isinstance(base, Gatherable):
            base = base.elements
        if type(base) is list and type(index) is int:
            return base[index] if -len(base) <= index < len(base) else NOT_THERE
        return base.get(index, NOT_THERE) if type(base) is dict else base[index]
    except MISSES:
        return NOT_THERE


def look_only(node, answers):
    """What look() gives; meanwhile objects that are met create and ask nothing either."""
    current.probing += 1
    try:
        return look(node, answers)
    finally:
        current.probing -= 1


def probe(name, function="defined", prior=False):
    """(found, value) of a named variable; with `prior` also in the answers that Back has discarded."""
    node = parsed(name, function)
    places = [current.answers]
    if prior and current.old_answers:
        places.insert(0, current.old_answers)
    for answers in places:
        value = look_only(node, answers)
        if value is not NOT_THERE:
            return True, value
    return False, None


def _compile(name):
    # As interview code: the rule for errors inside real files must not apply to it.
    return compile(ast.Expression(expression(name.strip())), "<value of %s>" % name, "eval")


_compile_kept = functools.lru_cache(maxsize=1024)(_compile)


def read(name, function="value"):
    """The value of a named variable; what is missing is sought."""
    parsed(name, function)
    try:
        return eval(_compile_kept(name) if len(name) <= KEPT_NAME else _compile(name), current.answers)
    except NameError as err:
        missing = getattr(err, "missing", None) or getattr(err, "name", None)
        if missing is None:
            raise
        raise MissingName(missing) from err


def _holder(name):
    return ast.unparse(expression(name.strip()).value)


_holder_kept = functools.lru_cache(maxsize=1024)(_holder)


def assign(name, value, function="define"):
    """Sets a named variable; the object that holds it is sought if it is missing."""
    node = parsed(name, function)
    if target_name(node) is None and not isinstance(node, ast.Subscript):
        raise DAError("%s() cannot set %r" % (function, name))
    if isinstance(node, ast.Name):
        current.answers[node.id] = value
        return
    holder = read(_holder_kept(name) if len(name) <= KEPT_NAME else _holder(name), function)
    if isinstance(node, ast.Attribute):
        setattr(holder, node.attr, value)
    else:
        holder[look_or_read(node.slice, function)] = value


def look_or_read(node, function):
    return node.value if isinstance(node, ast.Constant) else read(ast.unparse(node), function)


def remove(name, function="undefine"):
    """Deletes a named variable; True if there was one."""
    node = parsed(name, function)
    answers = current.answers
    if isinstance(node, ast.Name):
        return answers.pop(node.id, NOT_THERE) is not NOT_THERE
    current.probing += 1
    try:
        holder = look(node.value, answers)
        if holder is NOT_THERE:
            return False
        if isinstance(node, ast.Attribute):
            delattr(holder, node.attr) if not isinstance(holder, DAObject) else holder.__dict__.pop(node.attr)
        elif isinstance(node, ast.Subscript):
            index = look(node.slice, answers)
            if index is NOT_THERE:
                return False
            _remove_item(holder, index)
        return True
    except MISSES:
        return False
    finally:
        current.probing -= 1


def _remove_item(holder, index):
    if isinstance(holder, DAList):
        del holder.elements[index]
        holder._renumber()
    elif isinstance(holder, Gatherable):
        holder.elements.pop(index)
    else:
        del holder[index]


def spelled(name):
    """The canonical spelling of a name, under which `dirty` and the action stack keep it."""
    return normal_name(name) or name.strip()
