"""Question files that are Jinja2 templates."""
import os
import tempfile
import unittest

import support
from chancery_host.jinja_source import rendered

NAMES = ("docassemble.demo:data/questions/x.yml", "docassemble.demo", "docassemble.demo:data/questions/main.yml")


class Jinja(unittest.TestCase):
    def setUp(self):
        support.begin(config={"jinja data": {"fruit": "apple"}})

    def test_data(self):
        text = rendered("# use jinja\nquestion: {{ fruit }} {{ __filename__ }}\n---\n{% for n in range(2) %}a{{ n }}: {{ __interview_package__ }}\n{% endfor %}", *NAMES)
        self.assertEqual(text, "# use jinja\nquestion: apple docassemble.demo:data/questions/x.yml\n---\na0: docassemble.demo\na1: docassemble.demo\n")

    def test_include(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with open(os.path.join(folder.name, "other.yml"), "w", encoding="utf-8") as file:
            file.write("b: {{ fruit }}")
        kept = support.engine.file_path
        support.engine.file_path = lambda package, where, name: os.path.join(folder.name, name)
        self.addCleanup(setattr, support.engine, "file_path", kept)
        self.assertEqual(rendered('{% include "docassemble.demo:other.yml" %}', *NAMES), "b: apple")
        for wrong in ("docassemble.demo:../other.yml", "docassemble.demo:none.yml", "other.yml"):
            self.assertIn("mandatory: True", rendered('{%% include "%s" %%}' % wrong, *NAMES))

    def test_an_error_becomes_a_block(self):
        for wrong in ("{% if %}", "{{ 1 / 0 }}", "{{ none.a.b }}", "{{ '${ quit() }' + 1 }}"):
            with self.subTest(wrong):
                text = rendered(wrong, *NAMES)
                self.assertTrue(text.startswith("mandatory: True\nquestion: "))
                self.assertNotIn("${", text)


if __name__ == "__main__":
    unittest.main()
