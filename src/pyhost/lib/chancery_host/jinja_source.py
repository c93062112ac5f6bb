"""Interview files that begin with `# use jinja`: rendered as a whole before they are split into blocks."""
import json
import os
import socket

from chancery_host.service import ask
from chancery_host.state import current


def rendered(source, file, package, interview, parent=None):
    """The text of the file. An error becomes one block that tells what is wrong, as any other screen would."""
    import jinja2
    environment = jinja2.Environment(loader=jinja2.FunctionLoader(_load), autoescape=jinja2.select_autoescape())
    try:
        return environment.from_string(source).render(_data(file, package, interview, parent))
    except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as err:
        return _error_block(file, err)


def _load(name):
    """Source of another question file, `package:file` or `package:data/questions/file`; None if there is none."""
    package, _, path = name.partition(":")
    folder, prefix = "questions", "data/questions/"
    path = path[len(prefix):] if path.startswith(prefix) else path
    if not path or path.startswith("/") or ".." in path.split("/"):
        return None
    found = ask("file_path", package, folder, path)
    if found is None or not os.path.isfile(found):
        return None
    with open(found, encoding="utf-8") as text:
        return text.read()


def _package_of(name):
    return name.partition(":")[0] if name else None


def _data(file, package, interview, parent):
    config = current.config if isinstance(current.config, dict) else {}
    return {
        **(config.get("jinja data") or {}),
        "__config__": config, "__version__": current.version, "__architecture__": os.uname().machine,
        "__filename__": file, "__current_package__": package,
        "__parent_filename__": parent or interview, "__parent_package__": _package_of(parent or interview),
        "__interview_filename__": interview, "__interview_package__": _package_of(interview),
        "__hostname__": socket.gethostname(), "__debug__": bool(config.get("debug")),
    }


def _error_block(file, err):
    text = "%s: %s: %s" % (file, type(err).__name__, err)
    # A question is a Mako text and this one quotes foreign text, which must not be evaluated.
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), ("$", "&dollar;"), ("%", "&percnt;"), ("##", "# #")):
        text = text.replace(mark, entity)
    return "mandatory: True\nquestion: The file could not be read as a Jinja2 template\nsubquestion: %s\n" % json.dumps(text)
