"""Screens as JSON: every row of screen_cases.py through the engine itself (language specification 3, 4, 7)."""
import json
import unittest

import screen_cases as cases
from drive import Engine, EngineCase


def at(answer, path):
    """What stands at a path, ABSENT if a step is missing."""
    for step in path.split("/"):
        if isinstance(answer, dict) and step in answer:
            answer = answer[step]
        elif isinstance(answer, list) and step.isdigit() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return cases.ABSENT
    return answer


class Screens(EngineCase):
    def ask(self, interview, posted=()):
        return self.engine.ask("metadata:\n  title: Demo\n---\n" + interview, posted)

    def paths(self, sentence, interview, posted, expected):
        with self.subTest(sentence):
            answer = self.ask(interview, posted)
            for path, value in expected.items():
                self.assertEqual(at(answer, path), value, "%s in %s" % (path, json.dumps(answer)[:2000]))

    def rows(self, table):
        for sentence, section, interview, posted, expected in table:
            self.paths("%s (%s)" % (sentence, section), interview, posted, expected)

    def test_texts(self):
        self.rows(cases.TEXTS)

    def test_keys_of_every_answer(self):
        self.rows(cases.COMMON)

    def test_keys_of_some_answers(self):
        self.rows(cases.SOMETIMES)

    def test_fields(self):
        self.rows(cases.FIELDS)

    def test_conditions(self):
        self.rows(cases.CONDITIONS)

    def test_defaults(self):
        self.rows(cases.DEFAULTS)

    def test_choices(self):
        self.rows(cases.CHOICE)

    def test_nothing_to_choose_from(self):
        self.rows(cases.EMPTY)

    def test_roles(self):
        self.rows(cases.ROLES)

    def test_datatypes(self):
        for name, more, datatype, inputtype, sign, required in cases.DATATYPES:
            self.paths("datatype " + name, cases.datatype(name, more), [], {
                "fields/0/datatype": datatype, "fields/0/inputtype": inputtype, "fields/0/sign": sign, "fields/0/required": required})

    def test_validation_messages(self):
        for sentence, interview, expected in cases.MESSAGES:
            self.paths(sentence, interview, [], {"fields/0/validation_messages": expected})

    def test_whole_answers(self):
        for sentence, interview, posted, expected in cases.WHOLE:
            with self.subTest(sentence):
                same = dict(cases.SAME)
                if posted:
                    same.update(steps=1 + len(posted), allow_going_back=True, backTitle="Go back to the previous question", cornerBackButton="Back")
                self.assertEqual(self.ask(interview, posted), dict(same, **expected))

    def test_files_that_do_not_load(self):
        for sentence, interview, message in cases.BROKEN:
            with self.subTest(sentence):
                self.assertIn(message, self.engine.fails(interview))


class Files(unittest.TestCase):
    """What the files of the package add to a screen (7.3)."""

    def setUp(self):
        self.engine = Engine()
        self.addCleanup(self.engine.close)

    def test_height_of_a_decoration(self):
        sizes = [("square.svg", b'<svg width="32" height="32">', "2.0em"), ("box.svg", b'<svg viewBox="0 0 40 20">', "1.0em"),
                 ("one.gif", b"GIF89a\x0a\0\x14\0", "4.0em"), ("broken.png", b"\x89PNG\r\n\x1a\n", "auto")]
        for name, content, height in sizes:
            self.engine.static(name, content)
            answer = self.engine.ask("mandatory: True\nquestion: Q\ndecoration: %s\n" % name)
            with self.subTest(name):
                self.assertEqual(at(answer, "decoration/size"), {"width": "2.0em", "height": height})
                self.assertIn("/packagestatic/docassemble.tests/%s" % name, answer["decoration"]["url"])

    def test_datatypes_of_the_author(self):
        self.engine.module("plates", "from docassemble.base.util import CustomDataType\n"
                                     "class Plate(CustomDataType):\n    name = 'plate'\n    parameters = ['one']\n    code_parameters = ['two']\n"
                                     "    mako_parameters = ['three']\n    @classmethod\n    def default_for(cls, item):\n        return '<' + item + '>'\n")
        interview = "modules:\n  - .plates\n---\n" + cases.datatype("plate", "one: 1\ntwo: 1 + 1\nthree: a ${ 3 }\n")
        field = self.engine.ask(interview, [{"v": "x"}])["fields"][0]
        self.assertEqual([field[key] for key in ("datatype", "label", "one", "two", "three", "default")], ["plate", "Label", 1, 2, "a 3", "<x>"])

    def test_a_sound_in_both_forms(self):
        self.engine.static("a.ogg", b"")
        alone = self.engine.ask("mandatory: True\nquestion: Q\naudio: a.ogg\n")["audio"]
        self.assertEqual([row["mime_type"] for row in alone], ["audio/ogg"])
        self.engine.static("a.mp3", b"")
        both = self.engine.ask("mandatory: True\nquestion: Q\naudio: a.ogg\n")["audio"]
        self.assertEqual([row["mime_type"] for row in both], ["audio/ogg", "audio/mpeg"])


class Back(unittest.TestCase):
    """Which values come back as defaults when the user goes back (7.5)."""

    ROWS = [
        ("text", cases.datatype("text"), "x", "x"), ("numbers keep their type", cases.datatype("number"), 3.5, 3.5), ("integers too", cases.datatype("integer"), 7, 7),
        ("booleans", cases.datatype("yesno"), True, True), ("choices", cases.field("choices:\n  - A: a\n"), "a", "a"),
        ("continue buttons", "mandatory: True\nquestion: ${ v }\n---\nquestion: V\ncontinue button field: v\n", True, True),
        ("no dates", cases.datatype("date"), "2024-02-03", cases.ABSENT), ("no times", cases.datatype("time"), "10:00:00", cases.ABSENT),
        ("no check boxes", cases.datatype("checkboxes", cases.CHOICES), {"a": True}, cases.ABSENT),
    ]

    def test_what_comes_back(self):
        engine = Engine()
        self.addCleanup(engine.close)
        for sentence, interview, value, expected in self.ROWS:
            with self.subTest(sentence):
                answer = engine.back(interview + "---\nmandatory: True\nquestion: End\n", {"v": value})
                self.assertEqual(at(answer, "fields/0/default"), expected)
                again = engine.again()
                self.assertEqual(at(again, "fields/0/default"), cases.ABSENT, "only once")


class ListCollect(unittest.TestCase):
    """`list collect` (4.6)."""

    def setUp(self):
        self.engine = Engine()
        self.addCleanup(self.engine.close)

    def ask(self, options, code, attribute):
        return self.engine.ask(cases.LIST % (options, code, attribute))

    def test_rows_of_an_empty_list(self):
        answer = self.ask("there_are_any=True", "True", "")
        rows = [item for item in answer["fields"] if item["datatype"] == "html"]
        self.assertEqual(len(rows), 2 * 16)
        self.assertEqual(rows[0], {"datatype": "html", "number": "0", "required": False, "active": True})
        self.assertEqual(answer["fields"][1]["variable_name"], "fruit[0]")
        self.assertEqual(answer["fields"][1]["number"], "0_0")
        self.assertEqual(answer["fields"][4]["variable_name"], "fruit[1]")
        self.assertEqual(answer["listCollect"], {"deleteLabel": "Delete", "addAnotherLabel": "Add another", "deletedLabel": "(Deleted)", "undeleteLabel": "Undelete"})

    def test_existing_items_have_their_values(self):
        answer = self.ask("object_type=Thing, there_are_any=True", "fruit.appendObject(); fruit[0].name.text = 'Fig'; fruit.appendObject()", ".name.text")
        self.assertEqual(answer["event_list"], ["fruit[1].name.text"])
        self.assertEqual(sum(item["datatype"] == "html" for item in answer["fields"]), 2 * 17)
        self.assertEqual(answer["fields"][1]["default"], "Fig")


if __name__ == "__main__":
    unittest.main()
