"""Shared by the tests: a fake engine module, answers, and a walk that answers lookups one by one."""
import datetime
import sys
import types

from chancery_host import fresh, state
from chancery_host.signals import MissingAttribute, MissingItem

NOON = datetime.datetime(2024, 5, 1, 16, 0, 0)      # UTC; noon in New York
REQUEST = {
    "interview": "docassemble.demo:data/questions/x.yml", "package": "docassemble.demo", "session": "S1",
    "base_url": "http://host", "now": NOON,
    "user": {"id": 1, "email": "ann@example.com", "uid": "ann@example.com", "first_name": "Ann", "last_name": "Lee",
             "privileges": ["admin"]},
}

engine = types.ModuleType("_chancery")
engine.render = lambda template_id, extra: "%s of block %s with %s" % (template_id[1], template_id[0], sorted(extra))
engine.table = lambda block_number, extra: "\n|H|\n|---|\n\n"
engine.block = lambda block_number: {"subject": "s"}
engine.settings = lambda: {"metadata": {}, "features": {}, "sections": [], "language": "en"}
engine.static_url = lambda package, path: None
engine.file_path = lambda package, folder, name: None
sys.modules["_chancery"] = engine


def begin(**more):
    """Fresh answers with the library imported, and a call under way."""
    answers = fresh.fresh_answers(1, "ann@example.com", {}, None, NOON)
    exec("from docassemble.base.util import *", answers)
    state.begin({**REQUEST, **more}, answers)
    return answers


def run(code, answers):
    exec(compile(code, "<code>", "exec"), answers)


def seek(expression, answers, given):
    """Evaluates until nothing is missing; `given` maps names to values. Gives (value, names in the order asked)."""
    asked = []
    for _ in range(200):
        state.current.gathering.clear()
        try:
            return eval(expression, answers), asked
        except (MissingAttribute, MissingItem, NameError) as err:
            name = getattr(err, "missing", None) or err.name
            asked.append(name)
            if name not in given:
                return None, asked
            value = given[name]
            # A list of answers: the question is asked several times.
            answers["_given"] = value.pop(0) if isinstance(value, list) else value
            run("%s = _given" % name, answers)
    raise AssertionError("endless: %s" % asked[-6:])
