"""What the tables of rows (spec_*.py) share. A row: (name of the specification's row as tools/check-spec has it, sentence, interview, walk).

A walk is a list of (what to do, what must be true then). What to do: "start" (new session and question), "fail" (new session that must not start), a
mapping (posted variables; the key `@` holds further members of the request), "back", "question", ("action", name, arguments, persistent).
What must be true: paths of the answer ("fields/0/min"), of the variables where a path begins with `$`, or `outcome`, `body`, `type`, `error` (its
beginning). ABSENT: the key is missing. A function is called with what stands there.
"""
ABSENT = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()
FILL = {"required": "You need to fill this in."}
END = "mandatory: True\nquestion: End\n"


def block(**keys):
    """Lines of a block: each key with its text, indented where it has several lines."""
    lines = []
    for key, value in keys.items():
        text = str(value)
        name = key.replace("_", " ")
        lines.append("%s: %s" % (name, text) if "\n" not in text else "%s:\n%s" % (name, "\n".join("  " + line for line in text.rstrip("\n").split("\n"))))
    return "\n".join(lines) + "\n"


def blocks(*parts):
    return "---\n".join(part if part.endswith("\n") else part + "\n" for part in parts)


def code(text, mandatory=True, **keys):
    return ("mandatory: True\n" if mandatory else "") + block(**keys) + "code: |\n" + "".join("  %s\n" % line for line in text.split("\n"))


def question(variable, text=None, **keys):
    """A question with one field."""
    return block(**keys) + "question: %s\nfields:\n  - %s: %s\n" % (text or "Question for " + variable, "Value", variable)


def screen(*lines, **keys):
    """A mandatory question with these further lines."""
    return "mandatory: True\nquestion: Q\n" + block(**keys) + "".join(line + "\n" for line in lines)


def fields(*items, **keys):
    """A mandatory question with fields; each item is the text of a mapping."""
    return screen("fields:", *("  - " + item.strip().replace("\n", "\n    ") for item in items), **keys)


def field(text="", **keys):
    """The only field of a screen, called v, with these lines."""
    return fields("Label: v\n" + text, **keys)


def one(**paths):
    """Paths of the first field; `a__b` is `a/b`, and a trailing underscore is dropped."""
    return {"fields/0/" + name.replace("__", "/").rstrip("_").replace("_SP_", " "): value for name, value in paths.items()}


def shows(row, sentence, interview, expected):
    """A row of one step."""
    return row, sentence, interview, [("start", expected)]
