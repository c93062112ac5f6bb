"""Exceptions that interrupt interview code on purpose; the engine catches every one of them."""


class MissingAttribute(AttributeError):
    """An attribute of an interview object that is not there yet. `missing` is its full variable name.

    CPython forbids one class to be both AttributeError and NameError (their C structs differ), and
    hasattr() needs the former, so the engine has to ask for this class by name.
    """

    def __init__(self, missing):
        super().__init__("name '%s' is not defined" % missing)
        self.missing = missing

    def __reduce__(self):
        return (type(self), (self.missing,))


class MissingItem(IndexError, KeyError, NameError):
    """An item of a collection that is not there yet. `missing` is its full variable name."""

    def __init__(self, missing):
        super().__init__("name '%s' is not defined" % missing)
        self.missing = missing

    # KeyError prints the repr of its argument, which would put the message in quotes.
    def __str__(self):
        return self.args[0]

    def __reduce__(self):
        return (type(self), (self.missing,))


class MissingName(NameError):
    """A plain variable, known only as text, that is not there yet."""

    def __init__(self, missing):
        super().__init__("name '%s' is not defined" % missing)
        self.missing = missing


class Signal(Exception):
    """Base of the signals that are no lookups of one missing name."""


class ForcedNames(Signal):
    """Names to be sought even if they are defined (language specification 6.5).

    `names` holds variable names and command mappings. `forced` is False for a plain lookup.
    `forget_prior` empties the action stack first, `persistent` False keeps the names off the stack,
    `gathering` True says that the names come from `_internal['gather']` and must not be stacked.
    """

    def __init__(self, names, forced=True, forget_prior=False, persistent=True, gathering=False):
        self.names = list(names)
        self.forced = forced
        self.forget_prior = forget_prior
        self.persistent = persistent
        self.gathering = gathering
        super().__init__("forced: " + ", ".join(str(name) for name in self.names))


class ReRun(Signal):
    """Start the pass again."""


class Reply(Signal):
    """The reply is the HTTP answer, not a screen (language specification 10.5)."""

    KINDS = ("text", "binary", "file", "url", "null", "json", "all_variables")

    def __init__(self, kind, body=None, content_type=None, status=200):
        assert kind in self.KINDS, kind
        self.kind = kind
        self.body = body
        self.content_type = content_type
        self.status = status
        super().__init__("reply: " + kind)


class Screen(Signal):
    """A screen made at run time; `block` is a mapping as an author would write it."""

    def __init__(self, block):
        self.block = block
        super().__init__("screen")


class EmptyQuestion(Signal):
    """No field of a question has anything to choose from; `assignments` lists (variable name, value) to be set instead."""

    def __init__(self, assignments):
        self.assignments = list(assignments)
        super().__init__("nothing to choose from: " + ", ".join(name for name, _ in self.assignments))


class BackgroundReply(Signal):
    """End of a background event; `value` goes to the task, or `action` runs on the live answers."""

    def __init__(self, value=None, action=None, arguments=None):
        self.value = value
        self.action = action
        self.arguments = arguments or {}
        super().__init__("background reply")


class Wanted(BaseException):
    """Something that the server keeps was not sent with the call; the engine has noted its name and ends the call.

    No Exception, so that `except Exception` in interview code does not take it for a failure. If it is caught all the same, the
    call's result counts for nothing.
    """
