"""The names of an interview as `GET /api/interview_data` tells them (API specification 14). ENGINE_DRIVER and ENGINE_LIBRARY as in drive.py."""
import unittest

from drive import Engine

INTERVIEW = """\
images:
  boat: boat.png
---
image sets:
  sky:
    images:
      cloud: cloud.svg
---
modules:
  - .helpers
imports:
  - json
---
objects:
  - person: Individual
  - pets: DAList.using(object_type=Thing)
---
mandatory: True
code: |
  multi_user = True
  person.name.first
  colour
  the_end
---
question: Name?
fields:
  - First: person.name.first
---
question: The first pet's two names?
fields:
  - Name: pets[0].names[1].text
---
generic object: Individual
question: How old is ${ x }?
fields:
  - Age: x.age
---
code: |
  forgotten = 1
---
event: the_end
question: |
  Bye, ${ person } ${ nobody } ${ helper() }
"""
MODULE = '''
class Boat(DAObject):
    """Floats."""

    def sail(self, to, fast=False):
        """Goes there."""

    def _own(self):
        pass

def helper(times=1):
    """Helps."""
    return times
'''


class Names(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        cls.engine.module("helpers", "from docassemble.base.util import DAObject\n__all__ = ['Boat', 'helper']\n" + MODULE)
        cls.engine.write(INTERVIEW)
        reply = cls.engine.call("data")
        if reply["outcome"] != "metadata":
            raise AssertionError(reply["error"])
        cls.data = reply["json"]
        cls.names = cls.data["names"]

    @classmethod
    def tearDownClass(cls):
        cls.engine.close()

    def row(self, kind, var):
        found = [row for row in self.names[kind] if row["var"] == var]
        self.assertEqual(len(found), 1, (kind, var))
        return found[0]

    def test_the_keys_are_those_of_the_specification(self):
        self.assertEqual(set(self.data), {"names", "vocabulary"})
        self.assertEqual(set(self.names), {"undefined_names", "var_list", "functions_list", "classes_list", "modules_list", "images_list"})
        for kind, rows in self.names.items():
            if kind != "undefined_names":
                self.assertTrue(all({"var", "to_insert"} <= set(row) for row in rows), kind)

    def test_names_that_nothing_defines_are_told_sorted(self):
        self.assertEqual(self.names["undefined_names"], ["colour", "nobody"])

    def test_each_kind_of_variable_has_its_type(self):
        for var, kind in (("person", "default"), ("person.name.first", "default"), ("colour", "not_used"), ("nobody", "not_used"), ("forgotten", "possibly_not_used"),
                          ("multi_user", "builtin"), ("nav", "builtin"), ("url_args", "builtin")):
            with self.subTest(var):
                self.assertEqual(self.row("var_list", var)["var_type"], kind)

    def test_parts_of_others_are_hidden(self):
        self.assertEqual([self.row("var_list", var)["hide"] for var in ("person", "person.name.first", "pets[0].names[1].text")], [False, True, True])

    def test_indices_become_letters_in_the_base_only_where_there_are_any(self):
        self.assertEqual(self.row("var_list", "pets[0].names[1].text")["var_base"], "pets[i].names[j].text")
        self.assertNotIn("var_base", self.row("var_list", "person.name.first"))

    def test_what_the_evaluation_made_has_its_class(self):
        self.assertEqual((self.row("var_list", "person")["class_name"], self.row("var_list", "person")["iterable"]), ("Individual", False))
        self.assertNotIn("class_name", self.row("var_list", "colour"))

    def test_special_names_are_explained(self):
        row = self.row("var_list", "multi_user")
        self.assertEqual(row["doc_title"], "multi_user")
        self.assertTrue(row["doc_content"])

    def test_functions_tell_how_they_are_called(self):
        self.assertEqual(self.row("functions_list", "helper"), {"var": "helper", "to_insert": "helper()", "name": "helper(times=1)", "doc_title": "helper",
                                                               "doc_content": "Helps."})
        self.assertEqual(self.row("functions_list", "comma_and_list")["to_insert"], "comma_and_list()")

    def test_classes_tell_bases_and_public_methods(self):
        self.assertEqual(self.row("classes_list", "Boat"),
                         {"var": "Boat", "to_insert": "Boat", "name": "Boat", "bases": ["DAObject"], "doc_title": "Boat", "doc_content": "Floats.", "methods": [
                             {"name": "sail(to, fast=False)", "to_insert": ".sail()", "tag": ".sail", "doc_title": "sail", "doc_content": "Goes there."}]})

    def test_modules_and_images_are_listed(self):
        self.assertEqual(self.row("modules_list", "json")["to_insert"], "json")
        self.assertEqual([row["var"] for row in self.names["images_list"]], ["boat", "cloud"])

    def test_the_vocabulary_is_sorted_and_leaves_out_generic_names(self):
        words = self.data["vocabulary"]
        self.assertEqual(words, sorted(set(words)))
        self.assertLessEqual({"person", "colour", "helper", "Boat", "json", "comma_and_list", "Individual"}, set(words))
        self.assertFalse([word for word in words if word.startswith(("x.", "x["))])
        self.assertIn("x.age", [row["var"] for row in self.names["var_list"]])

    def test_an_evaluation_that_fails_is_no_error(self):
        for text in ("mandatory: True\ncode: |\n  1 / 0\n---\ncode: |\n  a = 1\n", "mandatory: True\ncode: |\n  raise KeyboardInterrupt\n---\ncode: |\n  a = 1\n"):
            self.engine.write(text)
            reply = self.engine.call("data")
            if "Keyboard" in text:
                self.assertIn(reply["outcome"], ("error", "metadata"))
            else:
                self.assertEqual((reply["outcome"], [row["var"] for row in reply["json"]["names"]["var_list"] if row["var"] == "a"]), ("metadata", ["a"]))

    def test_an_interview_that_does_not_load_is_an_error(self):
        self.engine.write("question: a: b\n")
        self.assertEqual(self.engine.call("data")["outcome"], "error")

    def test_failing_allocations_end_in_an_error_or_an_answer(self):
        self.engine.write(INTERVIEW)
        for number in range(1, 300, 11):
            reply = self.engine.call("data", fault=number)
            if not reply["fault"]:
                break
            self.assertIn(reply["outcome"], ("error", "metadata"))


if __name__ == "__main__":
    unittest.main()
