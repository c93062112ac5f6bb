"""Errors at run time say where they arose: block, line, and what was being sought for what (issue C; language 6.4, 7.7, 13)."""
import unittest

from drive import PACKAGE, EngineCase

LOOP = "mandatory: True\ncode: a1\n" + "".join("---\ncode: a%d = a%d\n" % (n, n + 1) for n in range(1, 15)) + "---\ncode: a15 = 1 / 0\n"

# Sentence, interview, the error, and the place (FILE stands for the interview's name).
ROWS = [
    ("code: the line of the block's code, and the chain of names",
     "mandatory: True\ncode: |\n  a\n---\nid: two\ncode: |\n  y = 1\n  a = b + 1\n---\ncode: |\n  z = 2\n  b = 1/0\n",
     "ZeroDivisionError: division by zero", "in the code block, FILE, block on line 10, line 2: `b = 1/0`, seeking b, for a"),
    ("a block with an id is told by it", "mandatory: True\nid: start\ncode: |\n  int('x')\n",
     "ValueError: invalid literal for int() with base 10: 'x'", "in the code block, FILE, block on line 1 (id start), line 1: `int('x')`"),
    ("a text: its key and line", "mandatory: True\nquestion: Hi\nsubquestion: |\n  Hello\n  ${ 1 / 0 }\n",
     "ZeroDivisionError: division by zero", "in the subquestion, FILE, block on line 1, line 2: `${ 1 / 0 }`"),
    ("a text with control lines and code: the line of the text, not of what became of it",
     "mandatory: True\nquestion: Hi\nsubquestion: |\n  Hello ${ 1 }, ${ 2 }\n  <%\n    a = 1\n    b = 2\n  %>\n  % if a:\n  % for x in [b]:\n  ${ x / 0 }\n  % endfor\n  % endif\n",
     "ZeroDivisionError: division by zero", "in the subquestion, FILE, block on line 1, line 8: `${ x / 0 }`"),
    ("the code in a text", "mandatory: True\nquestion: |\n  ${ 1 }\n  <%\n    a = 1\n    b = a / 0\n  %>\n",
     "ZeroDivisionError: division by zero", "in the question, FILE, block on line 1, line 4: `b = a / 0`"),
    ("a function of a text", "mandatory: True\nquestion: |\n  <%def name=\"f(x)\">\n  a\n  ${ x / 0 }\n  </%def>\n  ${ f(1) }\n",
     "ZeroDivisionError: division by zero", "in the question, FILE, block on line 1, line 3: `${ x / 0 }`"),
    ("a text of one line", "mandatory: True\nquestion: Hi\nfields:\n  - A: a\n    default: ${ 5 + 'x' }\n",
     "TypeError: unsupported operand type(s) for +: 'int' and 'str'", "in the default, FILE, block on line 1, line 1: `${ 5 + 'x' }`"),
    ("a condition of a field", "mandatory: True\ncode: a\n---\nquestion: Hi\nfields:\n  - A: a\n    show if:\n      code: 1/0\n",
     "ZeroDivisionError: division by zero", "in the show if, FILE, block on line 4, line 1: `1/0`, seeking a"),
    ("an expression over several lines: the line of it", "mandatory: True\nquestion: Hi\nfields:\n  - A: a\n    choices:\n      code: |\n        [1] +\n        [1 / 0]\n",
     "ZeroDivisionError: division by zero", "in the choices, FILE, block on line 1, line 2: `[1 / 0]`"),
    ("a function in an expression", "mandatory: True\nquestion: ${ t }\n---\ntable: t\nrows: [1]\ncolumns:\n  - A: |\n      (lambda y: y / 0)(row_item)\n",
     "ZeroDivisionError: division by zero", "in the table cell, FILE, block on line 4, line 1: `(lambda y: y / 0)(row_item)`"),
    ("objects from a file that is not there: the block that names it", "mandatory: True\nquestion: ${ a }\n---\nobjects from file:\n  - a: none.yml\n",
     "DAError: objects_from_file: there is no file ", "in the block on line 4 of FILE, seeking a"),
    ("a default screen part", "mandatory: True\nquestion: Hi\n---\ndefault screen parts:\n  title: ${ 1 / 0 }\n",
     "ZeroDivisionError: division by zero", "in the default screen parts, FILE, block on line 4, line 1: `${ 1 / 0 }`"),
    ("the content file of a template", "mandatory: True\nquestion: Hi\n---\ntemplate: a\ncontent file: none.md\n",
     "DASourceError: The file docassemble.tests:data/templates/none.md does not exist in file ", ""),
    ("a file of translations", "mandatory: True\nquestion: Hi\n---\ntranslations:\n  - none.xlsx\n",
     "DASourceError: The translation file docassemble.tests:data/sources/none.xlsx does not exist in file ", ""),
    ("a function of a module that fails is told by the line that called it", "imports:\n  - json\n---\nmandatory: True\ncode: |\n  json.loads('{')\n",
     "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
     "in the code block, FILE, block on line 4, line 1: `json.loads('{')`"),
    ("a block that needs itself", "mandatory: True\ncode: a\n---\ncode: a = a + 1\n",
     "DASourceError: Infinite loop: a already looked for, where stack is ['a', 'a']", "seeking a, for a"),
    ("a long chain shows its two ends", LOOP, "ZeroDivisionError: division by zero",
     "seeking a15, for a14, for a13, for a12, for a11, for a10, for a9, for a8, for 5 others, for a2, for a1"),
    ("code that is not Python: what is wrong, on which line", "mandatory: True\ncode: |\n  a = 1\n  b = (2 +\n", "DASourceError: code block: SyntaxError: '(' was never closed, line 2: `b = (2 +` in file ", ""),
    ("a text whose Python is none: its line of the text", "mandatory: True\nquestion: Hi\nsubquestion: |\n  One\n  % if True:\n  Two ${ 1 +* 2 }\n  % endif\n",
     "DASourceError: subquestion: SyntaxError: invalid syntax, line 3: `Two ${ 1 +* 2 }` in file ", ""),
    ("a control line that is no Python", "mandatory: True\nquestion: Hi\nsubquestion: |\n  One ${ 1 }\n  % if True\n  % endif\n",
     "DASourceError: subquestion: SyntaxError: expected ':', line 2: `% if True` in file ", ""),
    ("a control line without an end", "mandatory: True\nquestion: Hi\nsubquestion: |\n  One\n  % for a in [1]:\n  Two\n",
     "DASourceError: subquestion: TemplateError: Unclosed: for, line 2: `% for a in [1]:` in file ", ""),
    ("an expression without an end", "mandatory: True\nquestion: |\n  One\n  Two ${ 1\n",
     "DASourceError: question: TemplateError: Expected: |,}, line 2: `Two ${ 1` in file ", ""),
    ("a value that cannot be stored: its name, before anything is stored", "mandatory: True\ncode: |\n  a = 1\n  checks = [str.upper, ordinal]\n---\nmandatory: True\nquestion: Done\n",
     "DAError: the variable checks cannot be stored: ", "in the block on line 6 of FILE"),
    ("an interview without an end blames no block", "mandatory: True\ncode: a = 1\n", "DAErrorNoEndpoint: ", ""),
]


MODULE = """
class Fish:
    def weigh(self):
        return 1 / 0

def share(n):
    return Fish().weigh() + n
"""


class Errors(EngineCase):
    def test_an_error_in_a_module_of_a_package_is_told_with_its_file_and_line(self):
        self.engine.module("fish", MODULE)
        self.engine.write("modules:\n  - .fish\n---\nmandatory: True\ncode: |\n  a = 1\n  b = share(a)\n")
        reply = self.engine.call("new")
        self.assertEqual(reply["place"], "in the code block, %s, block on line 4, line 2: `b = share(a)`, in %s/fish.py, line 4" % (self.engine.current, PACKAGE))

    def test_a_module_that_is_not_python_is_told_by_its_file(self):
        self.engine.module("broken", "a = 1\nb = (2 +\n")
        self.engine.write("modules:\n  - .broken\n---\nmandatory: True\nquestion: Done\n")
        self.assertEqual(self.engine.call("new")["error"], "SyntaxError: '(' was never closed (broken.py, line 2)")

    def test_rows(self):
        for sentence, interview, error, place in ROWS:
            with self.subTest(sentence):
                self.engine.write(interview)
                reply = self.engine.call("new")
                self.assertEqual(reply["outcome"], "error")
                self.assertTrue(reply["error"].startswith(error), reply["error"])
                place = place.replace("FILE", self.engine.current)
                self.assertTrue((reply["place"] or "").endswith(place) if place else not reply["place"], reply["place"])
                if place:
                    self.assertEqual(reply["log"], [reply["error"].split(":")[0] + " " + reply["place"]])

    def test_the_log_does_not_repeat_what_was_typed(self):
        self.engine.ask("mandatory: True\ncode: |\n  {}[name]\n---\nquestion: Name?\nfields:\n  - Name: name\n")
        reply = self.engine.call("set", variables={"name": "Ms Secret"})
        self.assertEqual(reply["error"], "KeyError: 'Ms Secret'")
        self.assertEqual(len(reply["log"]), 1)
        self.assertNotIn("Secret", reply["log"][0])

    def test_a_variable_that_nothing_defines_is_logged_with_its_chain(self):
        self.engine.write("mandatory: True\ncode: a\n---\ncode: a = nothing\n")
        self.engine.call("new")
        reply = self.engine.call("question")
        self.assertEqual(reply["outcome"], "undefined")
        self.assertEqual(reply["json"]["variable"], "nothing")
        self.assertEqual(reply["log"], ["DAErrorMissingVariable in the block on line 4 of %s, seeking nothing, for a" % self.engine.current])

    def test_log_reaches_the_log(self):
        self.engine.write("mandatory: True\ncode: |\n  log('to the server')\n  log('to the user', 'info')\n---\nmandatory: True\nquestion: Done\n")
        reply = self.engine.call("new")
        self.assertEqual(reply["log"], ["to the server"])

    def test_an_error_in_on_change_is_logged_and_nothing_else(self):
        self.engine.ask("on change:\n  a: |\n    1 / 0\n---\nmandatory: True\nquestion: End ${ a }\n---\nquestion: Q\nfields:\n  - A: a\n")
        reply = self.engine.call("set", variables={"a": 1}, question_name="Question_1")
        self.assertEqual((reply["json"]["questionText"], reply["log"]), ("End 1", ["ZeroDivisionError in the on change code of a"]))

    def test_a_warm_worker_does_not_repeat_an_old_place(self):
        self.engine.write("mandatory: True\nquestion: Done\n")
        self.assertIsNone(self.engine.call("new")["place"])
        self.assertTrue(self.engine.current.startswith(PACKAGE))


if __name__ == "__main__":
    unittest.main()
