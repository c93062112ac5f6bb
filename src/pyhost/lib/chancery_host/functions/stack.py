"""The action stack of the browser session: what is still to be asked, top first (language specification 10.2)."""
import re

from chancery_host.errors import DAError
from chancery_host.names import is_variable_name
from chancery_host.objects.base import DAObject
from chancery_host.state import current

COMMANDS = {"undefine": "_da_undefine", "invalidate": "_da_invalidate", "recompute": "_da_compute", "set": "_da_set",
            "define": "_da_define"}
INDEX_NAMES = ("i", "j", "k", "l", "m", "n")


def entries():
    """The stack itself, a list; made when it is first needed."""
    return current.internal.setdefault("event_stack", {}).setdefault(current.uid, [])


def existing():
    return (current.internal.get("event_stack") or {}).get(current.uid) or []


def clear():
    existing()[:] = []


def top():
    found = existing()
    return found[0] if found else None


def pop(name):
    """Removes the top entry if it is that action; True if it was."""
    found = existing()
    if not found or found[0]["action"] != name:
        return False
    del found[0]
    return True


def note_breadcrumb(name, question):
    """The screen for the action on top is shown: it is called by its breadcrumb, else by its question."""
    entry_shown = top()
    if entry_shown is not None and entry_shown["action"] == name:
        entry_shown["breadcrumb"] = current.breadcrumb or question


def finish_running():
    """Removes the entry of the action that is running, if it is on top."""
    if current.action:
        pop(current.action["action"])


def push_all(new):
    """Puts the entries in front, in their order; actions that are there already are not doubled."""
    kept = existing()
    fresh = [entry for at, entry in enumerate(new) if not any(_same(entry, old) for old in kept + new[:at])]
    if fresh:
        entries()[:0] = fresh


def _same(one, other):
    return one["action"] == other["action"] and one["arguments"] == other["arguments"]


def is_command(name):
    return name.startswith("_da_")


def entry(name, arguments=None, context=None):
    return {"action": name, "arguments": arguments or {}, "context": context_of(name) if context is None else context}


def entries_of(item):
    """The stack entries of one argument of force_ask(): a name or a command mapping."""
    if isinstance(item, str):
        return [entry(checked(item))]
    if not isinstance(item, dict):
        raise DAError("force_ask: a name or a mapping was expected, not %r" % (item,))
    if "action" in item:
        return [entry(str(item["action"]), dict(item.get("arguments") or {}), {})]
    made = []
    for command, what in item.items():
        what = [what] if isinstance(what, (str, dict)) else list(what)
        if command in ("follow up", "ask"):
            made.extend(entry(checked(name)) for name in what)
        elif command in COMMANDS:
            made.append(entry(COMMANDS[command], {"variables": what}, {}))
        else:
            raise DAError("force_ask: there is no command %r" % (command,))
    return made


def checked(name):
    if not is_variable_name(name):
        raise DAError("%r is not a variable name" % (name,))
    return name


def context_of(name):
    """The loop variables that the name uses, so that it means the same in a later request."""
    context = {}
    answers = current.answers
    if re.match(r"x[.\[]", name) and isinstance(answers.get("x"), DAObject):
        context["x"] = answers["x"].instanceName
    for index in INDEX_NAMES:
        if "[%s]" % index in name and index in answers:
            context[index] = answers[index]
    return context


def bind(context):
    """Gives the loop variables of an entry their meaning again."""
    from chancery_host.functions.variables import read
    for name, value in (context or {}).items():
        if name == "x" and isinstance(value, str):
            value = read(value, "x")
        current.answers[name] = value
