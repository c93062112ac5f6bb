"""Ways of package authors that no table of the specification has a row for: what several rules give together."""
import os
import pathlib
import sys
import unittest

from drive import Engine, EngineCase
from spec_rows import blocks, code, question, screen

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import Server  # noqa: E402

PEOPLE = """
from docassemble.base.util import DADict, DAList, DAObject, FinancialList, Individual, PeriodicValue, Thing

class Parties(DAList):
    def init(self, *pargs, **kwargs):
        super().init(*pargs, **kwargs)
        self.object_type = Individual

class Early(DAList):
    def init(self, *pargs, **kwargs):
        self.object_type = Individual
        self.complete_attribute = 'done'
        self.minimum_number = 2
        super().init(*pargs, **kwargs)

class OfClass(DADict):
    object_type = Thing.using(colour='red')
    auto_gather = False

class Debts(FinancialList):
    object_type = PeriodicValue

class Matter(DAObject):
    @property
    def complete(self):
        self.court
        return self.heading
    @property
    def heading(self):
        return self.court + " no. " + self.docket
    @property
    def broken(self):
        return None.nothing

for number in range(40):
    setattr(Matter, "step%d" % number, property(lambda self, number=number: getattr(self, "step%d" % (number + 1))))
Matter.step40 = property(lambda self: self.court)
"""


class Modules(EngineCase):
    """Classes of the package's own module (language 3.18, 5.1)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.module("people", PEOPLE)

    def matter(self, text):
        return blocks("modules:\n  - .people\n", "objects:\n  - matter: Matter\n", screen("subquestion: %s" % text), question("matter.court"), question("matter.docket"))

    def test_what_a_property_misses_is_sought_not_the_property(self):
        for name in ("complete", "heading", "step0 and matter.heading"):
            with self.subTest(name):
                first = self.engine.ask(self.matter("${ matter.%s }" % name))
                self.assertEqual(first["event_list"], ["matter.court"])
                second = self.engine.shown(self.engine.call("set", variables={"matter.court": "District Court"}))
                self.assertEqual(second["event_list"], ["matter.docket"])
                last = self.engine.shown(self.engine.call("set", variables={"matter.docket": "12"}))
                self.assertEqual(last["subquestionText"], "District Court no. 12")

    def test_what_a_subclass_sets_before_its_base_or_in_its_class_stays(self):
        shown = self.engine.ask(blocks("modules:\n  - .people\n", "objects:\n  - a: Early\n  - b: OfClass\n  - c: Debts\n  - d: Early.using(object_type=Thing, minimum_number=3)\n", screen(
            "subquestion: ${ a.object_type.__name__ } ${ a.complete_attribute } ${ a.minimum_number } ${ b.object_type.__name__ } ${ b.auto_gather }"
            " ${ b.initializeObject('k').colour } ${ c.object_type.__name__ } ${ d.object_type.__name__ } ${ d.minimum_number }")))
        self.assertEqual(shown["subquestionText"], "Individual done 2 Thing False red PeriodicValue Thing 3")

    def test_another_error_in_a_property_stays_what_it_is(self):
        self.assertIn("'NoneType' object has no attribute 'nothing'", self.engine.fails(self.matter("${ matter.broken }")))

    def test_a_property_that_misses_something_is_not_defined(self):
        shown = self.engine.ask(self.matter("${ defined('matter.complete') } ${ hasattr(matter, 'heading') } ${ showifdef('matter.complete', 'no') }"))
        self.assertEqual(shown["subquestionText"], "False False no")


@unittest.skipUnless("CHANCERY" in os.environ, "CHANCERY names the server's program")
class OtherPackages(unittest.TestCase):
    """An interview that is built on the files and modules of another package, in the sandbox (language 1.3, 3.18)."""

    OTHER = {"__init__.py": "VERSION = '1.2'\n",
             "base_things.py": "from docassemble.base.util import DAObject\n\nclass Toy(DAObject):\n    def __str__(self):\n        return 'toy ' + self.color\n",
             "things.py": "from docassemble.base.util import DAList\nfrom .base_things import Toy\nfrom docassemble.other import VERSION\n\n__all__ = ['Toys', 'VERSION']\n\n"
                          "class Toys(DAList):\n    def init(self, *pargs, **kwargs):\n        super().init(*pargs, **kwargs)\n        self.object_type = Toy\n",
             "data/questions/lib.yml": "modules:\n  - .things\n---\ngeneric object: Toys\nquestion: Colour?\nfields:\n  - Colour: x[i].color\n"}

    def setUp(self):
        self.engine = Engine()      # for its folder of packages
        self.addCleanup(self.engine.close)
        for path, content in self.OTHER.items():
            file = pathlib.Path(self.engine.folder, "docassemble.other", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        self.server = Server(pathlib.Path(os.environ["CHANCERY"]).parent, packages=[self.engine.folder], settings=["log.level=warn", "workers.min=0"])
        self.addCleanup(self.server.__exit__, None, None, None)

    def call(self, method, path, query=None, body=None):
        status, answer = self.server.call(method, path, query, body)
        self.assertEqual(status, 200, answer)
        return answer

    def test_its_classes_are_used_stored_and_read_again(self):
        self.engine.write(blocks("include:\n  - docassemble.other:data/questions/lib.yml\n", "objects:\n  - toys: Toys.using(there_are_any=True, there_is_another=False)\n",
                                 screen("subquestion: ${ toys } ${ VERSION } ${ end }"), question("end")))
        begun = self.call("GET", "/api/session/new", {"i": self.engine.current})
        where = {"i": self.engine.current, "session": begun["session"], "secret": begun["secret"]}
        self.assertEqual(self.call("GET", "/api/session/question", where)["event_list"], ["toys[0].color"])
        self.assertEqual(self.call("POST", "/api/session", body=dict(where, variables={"toys[0].color": "red"}))["event_list"], ["end"])
        self.kill_workers()
        self.assertEqual(self.call("GET", "/api/session", where)["toys"]["elements"][0]["_class"], "docassemble.other.base_things.Toy")
        self.kill_workers()
        self.assertEqual(self.call("POST", "/api/session", body=dict(where, variables={"end": "!"}))["subquestionText"], "toy red 1.2 !")

    def kill_workers(self):
        from interview_processes import is_dead, workers
        killed = workers(self.server)
        for pid in killed:
            os.kill(pid, 9)
        while not all(map(is_dead, killed)):
            pass


class Texts(EngineCase):
    """Mako as authors use it (language 2.1)."""

    def shown(self, text, **variables):
        shown = self.engine.ask(blocks(screen("subquestion: |", *("  " + line for line in text.split("\n"))), question("item"), question("count")), [variables] if variables else ())
        return shown.get("subquestionText", shown.get("event_list"))

    def test_rendering_can_be_stopped(self):
        self.assertEqual(self.shown("One\n% if True:\n<% return STOP_RENDERING %>\n% endif\nTwo"), "One")

    def test_a_name_that_a_loop_binds_has_before_it_the_value_of_the_answers(self):
        self.assertEqual(self.shown("${ item }\n% for item in (1, 2):\n${ item }\n% endfor\n${ item }", item="X"), "X\n1\n2\n2")

    def test_such_a_name_is_asked_for_where_it_is_read_first(self):
        self.assertEqual(self.shown("${ item }\n% for item in (1, 2):\n${ item }\n% endfor"), ["item"])

    def test_code_can_change_a_copy_of_an_answer(self):
        self.assertEqual(self.shown("<% count = count + 1 %>${ count }", count=2), "3")

    def test_a_name_of_the_answers_is_not_asked_for_where_code_does_not_come_to_binding_it(self):
        self.assertEqual(self.shown("% if False:\n<% item = 1 %>\n% endif\n${ item }", item="X"), "X")

    def test_an_expression_may_be_empty_or_end_in_a_comment(self):
        self.assertEqual(self.shown("[${ }] ${ 1 # one\n}"), "[] 1")

    def test_the_context_of_mako_is_at_hand(self):
        self.assertEqual(self.shown("${ context.get('item', 'none') }<% context.write('!') %>"), "none!")


class Traces(EngineCase):
    def test_an_object_multiselect_without_a_value_leaves_a_name_in_the_dump(self):
        for kind, left in (("object_multiselect", True), ("object_checkboxes", False)):
            with self.subTest(kind):
                self.engine.ask(blocks("objects:\n  - friend: Thing\n", code("friend.name.text = 'Bo'"), screen("subquestion: ${ v }"),
                                       "question: V\nfields:\n  - V: v\n    datatype: %s\n    choices: friend\n" % kind))
                dump = self.engine.call("variables")["json"]
                self.assertEqual("_DAOBJECTDEFAULTDA" in dump, left)
                self.assertIsNone(dump.get("_DAOBJECTDEFAULTDA"))


class Files(EngineCase):
    def test_a_text_file_is_shown_by_its_contents_however_it_is_shown(self):
        make = code("f.initialize(filename='a.md')\nf.write('**Hello**')\nf.commit()\nfiles.append(f)\nfiles.gathered = True")
        shown = self.engine.ask(blocks("objects:\n  - f: DAFile\n  - files: DAFileList\n", make, screen("subquestion: ${ f } ${ f.show() } ${ files } ${ files.show() }")))
        self.assertEqual(shown["subquestionText"], "**Hello** **Hello** **Hello** **Hello**")


class Message(EngineCase):
    """message() (language 10.5)."""

    def labels(self, arguments):
        return [choice["label"] for choice in self.engine.ask(code("message('T'%s)" % arguments)).get("fields", [{"choices": []}])[0]["choices"]]

    def test_its_buttons(self):
        for arguments, labels in (
                ("", ["Exit", "Restart"]),
                (", show_restart=False", ["Exit"]),
                (", show_leave=True", ["Leave", "Restart"]),
                (", show_leave=True, show_exit=True", ["Exit", "Leave", "Restart"]),
                (", buttons=[{'Go': 'https://example.com'}, {'Again': 'restart'}]", ["Go", "Again"]),
                (", dead_end=True", [])):
            with self.subTest(arguments):
                self.assertEqual(self.labels(arguments), labels)


if __name__ == "__main__":
    unittest.main()
