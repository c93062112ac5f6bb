"""Every row of the tables in sections 3, 4, 6 and 7 of the language specification (tools/check-spec), and its acceptance checklist (12)."""
import os
import unittest

import spec_blocks
import spec_checklist
import spec_fields
import spec_screens
from drive import Engine
from spec_rows import ABSENT


def at(answer, path):
    """What stands at a path; a `~` in a step is a slash."""
    for step in path.split("/"):
        step = step.replace("~", "/")
        if isinstance(answer, dict) and step in answer:
            answer = answer[step]
        elif isinstance(answer, list) and step.lstrip("-").isdigit() and -len(answer) <= int(step) < len(answer):
            answer = answer[int(step)]
        elif step == "#" and isinstance(answer, (list, dict)):
            answer = len(answer)
        else:
            return ABSENT
    return answer


class Spec(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        root = os.path.dirname(os.path.dirname(cls.engine.questions))
        cls.engine.module("own", "from docassemble.base.util import CustomDataType, DAObject, Individual\n"
                          "__all__ = ['Plate', 'Own']\n\n\nclass Plate(CustomDataType):\n    name = 'plate'\n    parameters = ['region']\n    mako_parameters = ['legend']\n    code_parameters = ['size']\n\n\n"
                          "class Own(Individual):\n    pass\n")
        os.makedirs(os.path.join(root, "data", "sources"), exist_ok=True)
        os.makedirs(os.path.join(root, "data", "templates"), exist_ok=True)
        with open(os.path.join(root, "data", "templates", "letter.md"), "w", encoding="utf-8") as file:
            file.write("Dear ${ reader },\n")
        with open(os.path.join(cls.engine.questions, "shared.yml"), "w", encoding="utf-8") as file:
            file.write("code: shared = 1\n")
        for name in ("sound.mp3", "sound.ogg"):
            cls.engine.static(name, b"")
        cls.engine.static("wide.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"></svg>')

    @classmethod
    def tearDownClass(cls):
        cls.engine.close()

    def do(self, what):
        engine = self.engine
        if what == "start":
            begun = engine.call("new")
            self.assertEqual(begun["outcome"], "done", begun["error"])
            return engine.call("question")
        if what == "fail":
            reply = engine.call("new")
            self.assertEqual(reply["outcome"], "error")
            return reply
        if isinstance(what, tuple):
            return engine.call("action", action=what[1], arguments=what[2], persistent=what[3])
        if isinstance(what, str):
            return engine.call(what)
        variables = dict(what)
        return engine.call("set", **variables.pop("@", {}), variables=variables)

    def check(self, reply, expected):
        dump = None
        for path, value in expected.items():
            if path == "error":
                self.assertTrue((reply["error"] or "").startswith(value), reply["error"])
                continue
            if path in ("outcome", "body", "type"):
                found = reply[path]
            elif path.startswith("$"):
                dump = dump or self.engine.call("variables")["json"]
                found = at(dump, path[1:])
            else:
                self.assertIsNotNone(reply["json"], reply["error"])
                found = at(reply["json"], path)
            if callable(value):
                self.assertTrue(value(found), "%s: %r" % (path, found))
            else:
                self.assertEqual(found, value, path)

    def rows(self, rows):
        for row, sentence, interview, walk in rows:
            with self.subTest("%s: %s" % (row, sentence)):
                self.engine.write(interview)
                for what, expected in walk:
                    self.check(self.do(what), expected)

    def test_blocks(self):
        self.rows(spec_blocks.ROWS)

    def test_fields(self):
        self.rows(spec_fields.ROWS)

    def test_screens(self):
        self.rows(spec_screens.ROWS)

    def test_candidates(self):
        for row, sentence, position, expected in spec_blocks.PATTERNS:
            with self.subTest("%s: %s" % (row, sentence)):
                self.engine.write(spec_blocks.PATTERN_INTERVIEW)
                self.check(self.do("start"), {"subquestionText": lambda text: eval(text)[position] == expected or self.fail(text)})


class Checklist(Spec):
    """Each item of the acceptance checklist is a test of its own: test_01_… to test_24_…"""

    test_blocks = test_fields = test_screens = test_candidates = None


def _item(walks):
    def test(self):
        self.rows([("12", sentence, interview, walk) for sentence, interview, walk in walks])
    return test


for _name, _walks in spec_checklist.ITEMS.items():
    setattr(Checklist, "test_" + _name, _item(_walks))


if __name__ == "__main__":
    unittest.main()
