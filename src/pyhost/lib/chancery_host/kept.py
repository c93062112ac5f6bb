"""What the server keeps for interviews: stored files and values outside the session. Names are lists, sent as JSON.

A thing that did not come along with the call raises `signals.Wanted`; the engine ends the call and has it repeated with the thing.
"""
import json

from chancery_host.service import ask, offers
from chancery_host.signals import Wanted


class _Changes:
    """What the running call has written, over what the server gave."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.values = {}
        self.numbers = 0


changes = _Changes()


def available():
    """Whether there is a server behind the library."""
    return offers("given")


def fetch(*name):
    """The contents kept under a name, as bytes; None if there are none."""
    text = json.dumps(name)
    return changes.values[text] if text in changes.values else ask("given", text)


def fetch_all(names):
    """The contents of several names, asked for in one go."""
    found, missing = [], None
    for name in names:
        try:
            found.append(fetch(*name))
        except Wanted as wanted:
            missing = wanted
    if missing is not None:
        raise missing
    return found


def keep(contents, *name):
    """Keeps bytes under a name when the call's result is stored. `name` may carry more than what it is fetched by."""
    ask("put", json.dumps(name), contents)


def next_number():
    """A file number that nothing else has."""
    found = fetch("number", changes.numbers)
    changes.numbers += 1
    return int(found)


def file_contents(number):
    """Bytes of the stored file; None if this session may not read such a file."""
    return fetch("file", number)


def keep_file(number, filename, mimetype, extension, contents):
    changes.values[json.dumps(("file", number))] = contents
    keep(contents, "file", number, filename, mimetype, extension)


def value(base, key):
    return fetch("value", base, key)


def keep_value(base, key, contents):
    changes.values[json.dumps(("value", base, key))] = contents
    keep(contents, "value", base, key)


def drop_value(base, key):
    changes.values[json.dumps(("value", base, key))] = None
    keep(b"", "drop", base, key)


def keys(base):
    """Keys of the base that have a value, sorted."""
    found = set(json.loads(fetch("keys", base) or b"[]"))
    for name, contents in changes.values.items():
        parts = json.loads(name)
        if parts[0] == "value" and parts[1] == base:
            (found.discard if contents is None else found.add)(parts[2])
    return sorted(found)
