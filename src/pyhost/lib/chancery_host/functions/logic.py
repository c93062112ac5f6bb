"""What steers an interview from its code: definedness, forcing, forgetting, running again."""
import ast

from chancery_host.errors import DAError
from chancery_host.functions import stack, variables
from chancery_host.functions.variables import assign
from chancery_host.signals import ForcedNames, MissingName, ReRun
from chancery_host.state import current


def need(*args):
    """True: the arguments have been evaluated, which is what was wanted."""
    return True


def defined(var, prior=False):
    """Whether the named variable exists; never asks and creates nothing."""
    return variables.probe(var, "defined", prior)[0]


def value(var, prior=False):
    """The named variable's value, sought if it is missing."""
    if prior:
        found, kept = variables.probe(var, "value", True)
        if found:
            return kept
    return variables.read(var, "value")


def showifdef(var, alternative="", prior=False):
    """The value if the variable exists, else the alternative."""
    found, kept = variables.probe(var, "showifdef", prior)
    return kept if found else alternative


def showif(var, condition, alternative="", **kwargs):
    """The named variable's value if the condition is true, else the alternative."""
    if condition:
        return value(var)
    return alternative


def define(var, val):
    """define('name', value)"""
    assign(var, val, "define")


def set_variables(variables, process_objects=False):
    """define() for each name of a dictionary."""
    if process_objects:
        from chancery_host.jsonform import from_plain
        variables = from_plain(variables)
    for name, what in variables.items():
        assign(name, what, "set_variables")


def _each(names):
    for name in names:
        if isinstance(name, (list, tuple, set)):
            yield from _each(name)
        else:
            yield name


def undefine(*args, invalidate=False):
    """Deletes the named variables, silently if they do not exist."""
    for name in _each(args):
        if invalidate:
            _keep_as_default(name)
        variables.remove(name, "undefine")


def invalidate(*args):
    """Deletes the named variables; their values become defaults when they are asked for again."""
    undefine(*args, invalidate=True)


def _keep_as_default(name):
    found, kept = variables.probe(name, "invalidate")
    if found:
        current.internal.setdefault("dirty", {})[variables.spelled(name)] = kept


def reconsider(*args, evaluate=False):
    """Undefines the named variables and seeks them again, each at most once per request."""
    names = [intrinsic(name) if evaluate else name for name in _each(args)]
    for name in names:
        if name not in current.reconsidered:
            current.reconsidered.add(name)
            variables.remove(name, "reconsider")
    for name in names:
        variables.read(name, "reconsider")


def intrinsic(name):
    """The name with its objects under their own names instead of the aliases they were reached by."""
    from chancery_host.objects.base import DAObject
    node = variables.parsed(name, "evaluate")
    if isinstance(node, ast.Name):
        found = current.answers.get(node.id)
        return found.instanceName if isinstance(found, DAObject) else name
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        return name
    holder = variables.read(ast.unparse(node.value), "evaluate")
    base = holder.instanceName if isinstance(holder, DAObject) else intrinsic(ast.unparse(node.value))
    if isinstance(node, ast.Attribute):
        return base + "." + node.attr
    return "%s[%r]" % (base, variables.look_or_read(node.slice, "evaluate"))


def re_run_logic():
    """Starts the pass again."""
    raise ReRun()


def force_ask(*args, forget_prior=False, evaluate=False, persistent=True, **kwargs):
    """Asks for the named variables although they are defined, one after the other over the coming requests."""
    items = [intrinsic(item) if evaluate and isinstance(item, str) else item for item in _each(args)]
    persistent = persistent and not current.checkin
    if forget_prior:
        stack.clear()
    elif persistent:
        stack.finish_running()      # an event that ends in forcing others has done its work
    entries = [entry for item in items for entry in stack.entries_of(item)]
    if persistent:
        stack.push_all(entries)
    run_entries(entries, persistent, forget_prior)


def run_entries(entries, persistent, forget_prior=False):
    """Carries out the commands at the front and then seeks the first name."""
    for entry in entries:
        if stack.is_command(entry["action"]):
            from chancery_host.functions.actions import run_command
            if persistent:
                stack.pop(entry["action"])
            run_command(entry["action"], entry["arguments"])
        else:
            raise ForcedNames([entry["action"]], forced=True, persistent=persistent, forget_prior=forget_prior)


def force_gather(*args, forget_prior=False, evaluate=False):
    """Seeks the named variables on every pass until they are defined, for all users of the session."""
    if forget_prior:
        stack.clear()
    waiting = current.internal.setdefault("gather", [])
    names = [intrinsic(name) if evaluate else name for name in _each(args)]
    for name in names:
        if name not in waiting and not defined(name):
            waiting.append(name)
    seek_gathered()


def seek_gathered():
    """Seeks the first of the names that force_gather() has left, forgetting those that exist by now."""
    waiting = current.internal.get("gather") or []
    while waiting:
        if not defined(waiting[0]):
            raise MissingName(waiting[0])
        waiting.pop(0)


def forget_result_of(*args):
    """Makes the blocks with these ids be used again, and forgets which button was chosen."""
    for name in _each(args):
        key = "ID " + str(name)
        current.internal.get("answered", set()).discard(key)
        answers = current.internal.get("answers", {})
        for chosen in [old for old in answers if old == key or old.startswith(key + "|WITH|")]:
            del answers[chosen]


def dispatch(var):
    """A menu: the named variable holds the name of what to run; `None` as text leaves the menu."""
    if not isinstance(var, str):
        raise DAError("dispatch() must be given a string")
    while value(var) != "None":
        value(value(var))
        undefine(value(var))
        undefine(var)
    undefine(var)
    return True
