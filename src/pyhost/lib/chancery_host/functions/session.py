"""What the session remembers beside its variables: screen parts, progress, tasks, tags, status, terms, explanations."""
import datetime

from chancery_host.errors import DAError
from chancery_host.service import ask, offers
from chancery_host.state import current

PARTS = {"short": "short title", "tab": "tab title"}
TITLES = ("title", "short title", "tab title", "subtitle", "logo", "short logo", "exit link", "exit label", "exit url",
          "pre", "post", "submit", "under", "right", "footer")


def set_parts(**kwargs):
    """Sets screen parts (title, subtitle, pre, post, labels …) for the session; None removes what was set."""
    internal = current.internal
    for name, text in kwargs.items():
        part = PARTS.get(name, name.replace("_", " "))
        if text is None:
            internal.pop(part, None)
        else:
            internal[part] = str(text)


set_title = set_parts


def titles():
    """The titles in force: what was set, else the default screen part, else the metadata."""
    found = {}
    for part in TITLES:
        text = current.internal[part] if part in current.internal else ask("part", part) or current.metadata.get(part)
        if isinstance(text, str):
            found[part] = text.strip()
    return found


def set_progress(number):
    """Sets the progress percentage; None hides the bar."""
    current.internal["progress"] = number


def get_progress():
    return current.internal.get("progress")


def prevent_going_back():
    """No way back beyond this point."""
    current.prevent_back = True


def set_save_status(status):
    """How this request is stored: `new`, `overwrite` or `ignore`."""
    if status not in ("new", "overwrite", "ignore"):
        raise DAError("set_save_status: the status is new, overwrite or ignore, not %r" % (status,))
    current.save_status = status


# Tasks. Persistent ones are to survive Back, so they are kept by the engine if it offers that, and apart otherwise.

def _tasks(persistent=False):
    return current.internal.setdefault("persistent tasks" if persistent else "tasks", {})


def task_performed(task, persistent=False):
    return times_task_performed(task, persistent) > 0


def task_not_yet_performed(task, persistent=False):
    return not task_performed(task, persistent)


def mark_task_as_performed(task, persistent=False):
    """Counts the task as done once more; gives the new count."""
    set_task_counter(task, times_task_performed(task, persistent) + 1, persistent)
    return times_task_performed(task, persistent)


def times_task_performed(task, persistent=False):
    if persistent and offers("task_get"):
        return int(ask("task_get", task) or 0)
    return _tasks(persistent).get(task, 0)


def set_task_counter(task, times, persistent=False):
    if persistent and offers("task_set"):
        ask("task_set", task, int(times))
    else:
        _tasks(persistent)[task] = int(times)


# Live help: there are no chat partners here, but interviews may say what they would offer.

def set_live_help_status(availability=None, mode=None, partner_roles=None, roles=None):
    """Availability, mode and partner roles of live help for this session."""
    kept = current.internal.setdefault("livehelp", {})
    kept.update({key: value for key, value in (("availability", availability), ("mode", mode)) if value is not None})
    for key, value in (("roles", roles), ("partner_roles", partner_roles)):
        if value is not None:
            kept[key] = [value] if isinstance(value, str) else list(value)


class ChatPartners:
    """How many people could be chatted with."""

    peer = 0
    help = 0


def chat_partners_available(*args, **kwargs):
    return ChatPartners()


def get_chat_log(utc=False, timezone=None):
    """Messages of the live chat; there are never any."""
    return []


# Status, tags, terms

def set_status(**kwargs):
    current.internal.setdefault("misc", {}).update(kwargs)


def get_status(setting):
    return current.internal.get("misc", {}).get(setting)


def session_tags():
    """The set of tags of the session, to be changed in place; begins as those of the metadata."""
    internal = current.internal
    if "tags" not in internal:
        internal["tags"] = set(current.metadata.get("tags") or [])
    return internal["tags"]


def update_terms(dictionary, auto=False, language="*"):
    """Adds terms for the session: a mapping, or a list of mappings or of {phrases, definition}."""
    kept = current.internal.setdefault("autoterms" if auto else "terms", {}).setdefault(language, {})
    items = dictionary if isinstance(dictionary, (list, tuple)) else [dictionary]
    for item in items:
        if "phrases" in item and "definition" in item:
            pairs = [(phrase, item["definition"]) for phrase in item["phrases"]]
        else:
            pairs = item.items()
        for phrase, definition in pairs:
            kept[" ".join(str(phrase).lower().split())] = {"definition": str(definition)}


# Explanations

def explain(the_explanation, category="default"):
    """Records a sentence of the explanation, once."""
    kept = current.internal.setdefault("explanations", {}).setdefault(category, [])
    if the_explanation not in kept:
        kept.append(the_explanation)
    return True


def clear_explanations(category="default"):
    if category == "all":
        current.internal["explanations"] = {}
    else:
        current.internal.setdefault("explanations", {})[category] = []
    return True


def logic_explanation(category="default"):
    return list(current.internal.get("explanations", {}).get(category, []))


# Times

def _local(moment, timezone):
    from chancery_host.functions.dates import DADateTime
    from chancery_host.zones import zone
    return DADateTime.of(moment.replace(tzinfo=datetime.timezone.utc).astimezone(zone(timezone)))


def start_time(timezone=None):
    """When the session began."""
    return _local(current.internal["starttime"], timezone)


def last_access_time(include_privileges=None, exclude_privileges=None, include_cron=False, timezone=None):
    """When the session was used last, or None; privileges of other users are not known here."""
    times = list((current.internal.get("accesstime") or {}).values())
    return _local(max(times), timezone) if times else None


def last_access_delta(*args, **kwargs):
    from chancery_host.functions.dates import current_datetime
    last = last_access_time(*args, **kwargs)
    return datetime.timedelta(0) if last is None else current_datetime() - last


def last_access_days(*args, **kwargs):
    return last_access_delta(*args, **kwargs).total_seconds() / 86400


def last_access_hours(*args, **kwargs):
    return last_access_delta(*args, **kwargs).total_seconds() / 3600


def last_access_minutes(*args, **kwargs):
    return last_access_delta(*args, **kwargs).total_seconds() / 60


def returning_user(minutes=None, hours=None, days=None):
    """True if the last access was longer ago than the interval, by default six hours."""
    if minutes is not None:
        limit = minutes * 60
    elif hours is not None:
        limit = hours * 3600
    elif days is not None:
        limit = days * 86400
    else:
        limit = 6 * 3600
    return last_access_delta().total_seconds() > limit
