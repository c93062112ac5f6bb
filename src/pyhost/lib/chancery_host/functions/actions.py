"""Actions: running the one that is pending, the built-in ones, and what code can answer with."""
import json

from chancery_host.errors import DAError, DAValidationError
from chancery_host.functions import logic, stack, variables
from chancery_host.objects.gathering import Gatherable
from chancery_host.packages import readable
from chancery_host.signals import BackgroundReply, ForcedNames, Reply, Screen
from chancery_host.state import current


def action_arguments():
    """All arguments of the running action."""
    action = current.action
    return dict(action.get("arguments") or {}) if action else {}


def action_argument(item=None):
    """One argument, None if absent; without a key the action's name."""
    action = current.action
    if not action:
        return None
    if item is None:
        return action.get("action")
    return (action.get("arguments") or {}).get(item)


def process_action():
    """Takes the pending action, else the top of the stack, and seeks or runs it; then what force_gather() left.

    The action of the request is taken once: passes that follow in the same request must not run it again.
    """
    if current.action and not current.action_taken:
        current.action_taken = True
        name, arguments = current.action["action"], dict(current.action.get("arguments") or {})
        _start(name, arguments)
    top = stack.top()
    while top is not None:
        stack.bind(top.get("context"))
        current.action, current.action_taken = {"action": top["action"], "arguments": top["arguments"]}, True
        if not stack.is_command(top["action"]):
            raise ForcedNames([top["action"]], forced=True)
        run_command(top["action"], top["arguments"])
        stack.pop(top["action"])
        top = stack.top()
    logic.seek_gathered()


def _start(name, arguments):
    if name == "_da_priority_action":
        stack.clear()
        name, arguments = arguments["_action"], dict(arguments.get("_arguments") or {})
        current.action = {"action": name, "arguments": arguments}
    if arguments.pop("_forget_prior", False):
        stack.clear()
    if name == "need" or stack.is_command(name):
        run_command(name, arguments)
        return
    if not current.checkin:
        stack.push_all([stack.entry(name, arguments, {})])
    raise ForcedNames([stack.checked(name)], forced=True, persistent=not current.checkin)


def run_command(name, arguments):
    """Runs a built-in action (language specification 10.3)."""
    command = _COMMANDS.get(name)
    if command is None:
        raise DAError("there is no built-in action %s" % name)
    command(arguments)


def _names(arguments):
    names = arguments.get("variables", arguments.get("variable", []))
    return [names] if isinstance(names, str) else list(names)


def _need(arguments):
    logic.force_gather(*_names(arguments))


def _force_ask(arguments):
    logic.force_ask(*_names(arguments))


def _set(arguments):
    for item in _names(arguments):
        pairs = item.items() if isinstance(item, dict) else [item]
        for name, value in pairs:
            variables.assign(stack.checked(name), value, "set")


def _undefine(arguments):
    logic.undefine(*_names(arguments))


def _invalidate(arguments):
    logic.invalidate(*_names(arguments))


def _compute(arguments):
    logic.reconsider(*_names(arguments))


def _define(arguments):
    for name in _names(arguments):
        variables.read(name, "define")


def _exit(arguments):
    command(current.metadata.get("exit link") or "exit", url=current.metadata.get("exit url"))


def _collection(arguments):
    for key in ("list", "dict", "group", "set"):
        if key in arguments:
            found = variables.read(stack.checked(arguments[key]), "action")
            if not isinstance(found, Gatherable):
                raise DAError("%s is not a list or dictionary" % arguments[key])
            return found, arguments[key]
    raise DAError("the action does not name a list or dictionary")


def _add(arguments):
    collection, name = _collection(arguments)
    collection.add_for_action()
    # The new item may need several questions: the completion waits on the stack until they are answered,
    # also for a caller that stacks nothing else.
    stack.push_all([stack.entry("_da_%s_complete" % collection.ACTION_WORD, {collection.ACTION_WORD: name}, {})])
    collection.complete_for_action()


def _complete(arguments):
    _collection(arguments)[0].complete_for_action()


def _ensure_complete(arguments):
    _collection(arguments)[0].ensure_complete()


def _remove(arguments):
    collection, name = _collection(arguments)
    collection.remove_for_action(_item_key(arguments["item"]))
    if not current.checkin:
        stack.push_all([stack.entry("_da_%s_ensure_complete" % collection.ACTION_WORD, {"group": name}, {})])
    collection.ensure_complete()


def _item_key(text):
    """The index or key that an argument spells: `0` or `'k'`."""
    import ast
    try:
        return ast.literal_eval(text) if isinstance(text, str) else text
    except (ValueError, SyntaxError):
        return text


def _edit(arguments):
    logic.force_ask(*arguments.get("items", []))


_COMMANDS = {
    "need": _need, "_da_force_ask": _force_ask, "_da_set": _set, "_da_undefine": _undefine,
    "_da_invalidate": _invalidate, "_da_compute": _compute, "_da_define": _define, "_da_exit": _exit,
}
for _kind in ("list", "dict", "set"):
    _COMMANDS.update({
        "_da_%s_add" % _kind: _add, "_da_%s_edit" % _kind: _edit, "_da_%s_remove" % _kind: _remove,
        "_da_%s_complete" % _kind: _complete, "_da_%s_ensure_complete" % _kind: _ensure_complete,
    })


# What code answers with

def command(*args, url=None, sleep=None, **kwargs):
    """Stops with a command screen: exit, restart, leave, logout …"""
    block = {"command": args[0] if args else "exit"}
    if url is not None:
        block["url"] = url
    if sleep is not None:
        block["sleep"] = sleep
    raise Screen(block)


def message(*args, show_restart=True, show_exit=None, show_leave=False, url=None, buttons=None, dead_end=False,
            reload=None, **kwargs):
    """Stops with a screen of a title, a text and buttons: those given, else Exit (or Leave in its place) and Restart."""
    title = args[0] if args else kwargs.get("title", "untitled")
    body = args[1] if len(args) > 1 else kwargs.get("body")
    url = args[2] if len(args) > 2 else url
    block = {"question": str(title)}
    if body is not None:
        block["subquestion"] = str(body)
    if reload is not None:
        block["reload"] = reload
    if not dead_end:
        wants_exit = not show_leave if show_exit is None else show_exit
        usual = ((wants_exit, "Exit", "exit"), (show_leave, "Leave", "leave"), (show_restart, "Restart", "restart"))
        shown = list(buttons or ()) or [{label: kind, **({"url": url} if url and kind != "restart" else {})} for wanted, label, kind in usual if wanted]
        if shown:
            block["buttons"] = shown
    raise Screen(block)


def response(*args, response=None, binaryresponse=None, file=None, url=None, null=None, all_variables=None,
             include_internal=False, content_type=None, response_code=None, **kwargs):
    """Stops; the reply is a text, bytes, a file, a redirect or nothing."""
    status = 200 if response_code is None else int(response_code)
    if args:
        response = args[0]
    if binaryresponse is not None:
        raise Reply("binary", binaryresponse, content_type or "text/plain; charset=utf-8", status)
    if file is not None:
        raise Reply("file", file, content_type, status)
    if url is not None:
        raise Reply("url", str(url), content_type, status)
    if null:
        raise Reply("null", None, content_type, 204 if response_code is None else status)
    if all_variables:
        variables_as_json(include_internal=include_internal)
    if response is None:
        raise Reply("text", "Empty Response", content_type or "text/plain; charset=utf-8", status)
    raise Reply("text", str(response), content_type or "text/plain; charset=utf-8", status)


def json_text(plain):
    """The one form in which code sends JSON."""
    return json.dumps(plain, sort_keys=True, indent=2) + "\n"


def json_response(data, response_code=None):
    """Stops and sends the data as JSON."""
    from chancery_host.jsonform import to_plain
    raise Reply("json", json_text(to_plain(data)), "application/json", 200 if response_code is None else int(response_code))


def variables_as_json(include_internal=False):
    """Stops and sends all variables as JSON."""
    from chancery_host.jsonform import variables_plain
    plain = variables_plain(current.answers, internal=include_internal)
    raise Reply("all_variables", json_text(plain), "application/json", 200)


def all_variables(simplify=True, include_internal=False, special=False, make_copy=False):
    """The answers as plain structures; `special` gives titles, metadata or tags instead."""
    from chancery_host.functions import session
    if special == "titles":
        return session.titles()
    if special == "metadata":
        return dict(current.metadata)
    if special == "tags":
        return set(session.session_tags())
    if simplify:
        from chancery_host.jsonform import variables_plain
        return variables_plain(current.answers, internal=include_internal)
    from chancery_host import snapshot
    kept = {name: value for name, value in snapshot.kept(current.answers).items()
            if include_internal or name not in ("_internal", "nav")}
    return snapshot.load(snapshot.dump(kept), readable(current.package)) if make_copy else kept


def validation_error(the_message, field=None):
    """Rejects what the user entered."""
    raise DAValidationError(the_message, field=field)


# Background events

def background_response(value=None, *more, **kwargs):
    """Ends a background event with a value."""
    raise BackgroundReply(value=value)


def background_response_action(action, **arguments):
    """Ends a background event by running another event on the live answers."""
    raise BackgroundReply(action=action, arguments=arguments)

