"""What an interview does from request to request (language specification 3, 5, 6, 8, 10): every row of resolve_cases.py through the engine, and
what rows cannot say: warm and cold calls, caches, leaks."""
import os
import resource
import time
import unittest

import resolve_cases as cases
from drive import EngineCase


def at(answer, path):
    for step in path.split("/"):
        if isinstance(answer, dict):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdigit() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    return answer


class Walks(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = os.path.dirname(os.path.dirname(cls.engine.questions))
        os.makedirs(os.path.join(root, "data", "sources"))
        with open(os.path.join(root, "own.py"), "w", encoding="utf-8") as file:
            file.write("from docassemble.base.util import DAObject\n__all__ = ['Own']\n\n\nclass Own(DAObject):\n    def twice(self, value):\n        return 2 * value\n")
        with open(os.path.join(root, "data", "sources", "things.yml"), "w", encoding="utf-8") as file:
            file.write("object: DAObject\nitems:\n  - size: 3\n  - size: 4\n")

    def do(self, what):
        engine = self.engine
        if what in ("start", "new-question"):
            begun = engine.call("new")
            self.assertEqual(begun["outcome"], "done", begun["error"])
            return engine.call("question")
        if what == "spoil":
            self.assertEqual(engine.call("new")["outcome"], "error")
            return {}
        if what in ("back", "question"):
            return engine.call(what)
        if isinstance(what, tuple):
            return engine.call("action", action=what[1], arguments=what[2], persistent=what[3])
        variables = dict(what)
        return engine.call("set", **variables.pop("@", {}), variables=variables)

    def check(self, reply, expected):
        dump = None
        for path, value in expected.items():
            if path.startswith("$"):
                dump = dump or self.engine.call("variables")["json"]
                self.assertEqual(at(dump, path[1:]), value, path)
            elif path in ("outcome", "body", "type"):
                self.assertEqual(reply[path], value, reply["error"])
            else:
                self.assertIsNotNone(reply["json"], reply["error"])
                self.assertEqual(at(reply["json"], path), value, path)

    def test_walks(self):
        for sentence, interview, walk in (row for group in cases.GROUPS for row in group):
            with self.subTest(sentence):
                self.engine.write(interview)
                for what, expected in walk:
                    self.check(self.do(what), expected)


class Failures(EngineCase):
    def test_failures(self):
        for sentence, interview, beginning in cases.FAILURES:
            with self.subTest(sentence):
                self.engine.write(interview)
                error = self.engine.call("new")["error"] or "(no error)"
                self.assertTrue(error.startswith(beginning), error)

    def test_places(self):
        self.engine.write("metadata:\n  title: T\n---\nmandatory: True\ncode: |\n  a = = 1\n")
        error = self.engine.call("metadata")["error"]
        self.assertIn("in file %s in the block on line 4 from package docassemble.tests" % self.engine.current, error)

    def test_stages(self):
        """Where in the order of a POST an error arose."""
        self.engine.ask("mandatory: True\nquestion: ${ a }\n" + cases.ask("a"))
        rows = [("an illegal name", {"variables": {"f(x)": 1}}, 4, None), ("a missing object", {"variables": {"no.b": 1}}, 5, "name 'no' is not defined"),
                ("an unknown question", {"variables": {"a": 1}, "question_name": "Question_99"}, 6, None),
                ("deleting what is not there", {"variables": {}, "delete": ["zz"]}, 7, "name 'zz' is not defined"),
                ("loop names without an evaluation that works", {"variables": {"x.b": 1}}, 5, "name 'x' is not defined")]
        for sentence, members, stage, text in rows:
            with self.subTest(sentence):
                reply = self.engine.call("set", **members)
                self.assertEqual((reply["outcome"], reply["stage"], reply["save"]), ("error", stage, 0), reply["error"])
                if text:
                    self.assertEqual(reply["error"], text)

    def test_access(self):
        self.engine.write("metadata:\n  required privileges:\n    - developer\n---\nmandatory: True\nquestion: Q\n")
        self.assertEqual(self.engine.call("new")["stage"], 2)
        self.assertEqual(self.engine.call("new", user={"id": 2, "uid": "d", "privileges": ["developer"]})["outcome"], "done")


class Keeping(EngineCase):
    LONG = "mandatory: True\nquestion: ${ a } ${ b }\n" + cases.ask("a") + cases.ask("b")

    def test_warm_and_cold_agree(self):
        warm = self.engine.ask(self.LONG, [{"a": "1"}])
        self.assertEqual(self.engine.call("question", cold=True)["json"], warm)

    def test_the_library_is_there_in_every_call(self):
        """What an interview calls like something of the library stays its own; what it deletes is there again in the next call."""
        interview = ("mandatory: True\ncode: |\n  word = 'mine'\n  del nice_number\n  ordinal = None\n---\n"
                     "mandatory: True\nquestion: ${ word } ${ nice_number(3) } ${ ordinal } ${ a }\n" + cases.ask("a") + cases.ask("nice_number"))
        self.assertEqual(self.engine.ask(interview)["event_list"], ["a"])
        for cold in (False, True):
            self.engine.write(interview)
            self.engine.call("new")
            answer = self.engine.call("set", variables={"a": "1"}, delete=["comma_list"], cold=cold)["json"]
            self.assertEqual(answer["questionText"], "mine three None 1")
            self.assertEqual(self.engine.call("set", variables={"comma_list": 5}, cold=cold)["json"]["questionText"], "mine three None 1")
            dump = self.engine.call("variables")["json"]
            self.assertEqual((dump["word"], dump["comma_list"], "nice_number" in dump), ("mine", 5, False))

    def test_a_failed_call_leaves_nothing(self):
        self.engine.ask("mandatory: True\ncode: |\n  if defined('a'):\n    bad = 1\n    1 / 0\n  done\n" + cases.ask("done") + cases.ask("a"))
        self.assertEqual(self.engine.call("set", variables={"a": 1})["error"], "ZeroDivisionError: division by zero")
        self.assertNotIn("bad", self.engine.call("variables")["json"])

    def test_a_changed_file_is_read_again(self):
        self.engine.ask("mandatory: True\nquestion: Old\n")
        path = os.path.join(self.engine.questions, self.engine.current.rsplit("/", 1)[1])
        with open(path, "w", encoding="utf-8") as file:
            file.write("mandatory: True\nquestion: A new text\n")
        self.assertEqual(self.engine.again()["questionText"], "A new text")

    def test_an_included_file_counts_where_it_stands(self):
        self.engine.write("code: a = 1\n---\nmandatory: True\nquestion: Included\n")
        name = self.engine.current.rsplit("/", 1)[1]
        answer = self.engine.ask("code: b = 1\n---\ninclude: %s\n---\ninclude: %s\n---\nmandatory: True\nquestion: Own\n" % (name, name))
        self.assertEqual((answer["questionText"], answer["questionName"]), ("Included", "Question_2"))

    def test_defined_creates_nothing(self):
        self.engine.ask("objects:\n  - a: DAObject\n  - b: DAList.using(object_type=DAObject)\n---\nmandatory: True\ncode: |\n  a\n  b\n  seen = [defined('a.b[0].c'), "
                        "defined('b[0].c'), defined('b[0]'), defined('zz'), defined('a')]\n---\nmandatory: True\nquestion: ${ seen }\n")
        dump = self.engine.call("variables")["json"]
        self.assertEqual(dump["seen"], [False, False, False, False, True])
        self.assertEqual((dump["b"]["elements"], "b" in dump["a"]), ([], False))

    def test_values_as_json(self):
        """Numbers as Python prints them, texts in ASCII, keys sorted (API specification 2.6)."""
        code = "v = {'z': 1e22, 'a': 0.1, 'big': 10 ** 30, 't': 'caf\\u00e9 \\U0001f600 \\x7f \\n', 'half': '\\ud800', 'n': [None, True, -0.0], 2: 'two', 's': {3}}"
        self.engine.ask("mandatory: True\ncode: |\n  %s\n  inf = [float('inf'), float('-inf')]\n---\nmandatory: True\nquestion: Q\n" % code)
        dump = self.engine.call("variables")["json"]
        expected = {"z": 1e22, "a": 0.1, "big": 10 ** 30, "t": "caf\u00e9 \U0001f600 \x7f \n", "half": "\ud800", "n": [None, True, -0.0], "2": "two", "s": [3]}
        self.assertEqual((dump["v"], dump["inf"]), (expected, [float("inf"), float("-inf")]))
        self.assertEqual(list(dump["v"]), sorted(dump["v"]))

    def test_patterns(self):
        """The order of the example tables of language specification 6.3."""
        for name, expected in cases.PATTERNS.items():
            with self.subTest(name):
                self.engine.ask("mandatory: True\ncode: |\n  import _chancery\n  seen = [list(row) for row in _chancery.patterns(%r)]\n---\nmandatory: True\nquestion: Q\n" % name)
                seen = self.engine.call("variables")["json"]["seen"]
                self.assertEqual([(pattern, x, " ".join(indices)) for pattern, x, indices in seen], expected)

    def test_metadata(self):
        self.engine.write("metadata:\n  title: One\n  tags:\n    - b\n    - a\n---\nmetadata:\n  short title: Two\n  unlisted: True\n---\nmandatory: True\nquestion: Q\n")
        answer = self.engine.call("metadata")["json"]
        self.assertEqual((answer["title"], answer["tags"], answer["unlisted"], answer["allowed"]), ("One", ["a", "b"], True, True))

    def test_nothing_leaks(self):
        """The memory of the process does not follow the number of calls."""
        self.engine.ask(self.LONG, [{"a": "1"}])

        def run(times):
            for _ in range(times):
                self.engine.call("question")
            with open("/proc/%d/statm" % self.engine.process.pid, encoding="ascii") as file:
                return int(file.read().split()[1]) * resource.getpagesize()

        run(1200)      # the ring of warm steps fills up
        before = run(100)
        after = run(1000)
        self.assertLess(after - before, 512 * 1024)

    def test_a_failed_allocation_is_an_error_reply(self):
        """The n-th allocation of a call fails, for every n: an error or an answer, and the next call is as good as ever."""
        self.engine.ask(self.LONG)
        path = os.path.join(self.engine.questions, self.engine.current.rsplit("/", 1)[1])
        for number in range(1, 400):
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.LONG + "#" * (number % 50) + "\n")       # it is loaded anew: most allocations are there
            reply = self.engine.call("set", variables={"a": "1"}, overwrite=1, fault=number)
            self.assertIn(reply["outcome"], ("question", "error"), reply)
            if not reply["fault"]:
                break
        self.assertEqual(self.engine.again()["event_list"], ["b"])

    def test_a_load_gives_everything_back(self):
        self.engine.ask(self.LONG)
        path = os.path.join(self.engine.questions, self.engine.current.rsplit("/", 1)[1])

        def run(times):
            for number in range(times):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(self.LONG + "---\ncode: |\n  z%d = 1\n" % (number % 1000) + "#" * (number % 7) + "\n")
                os.utime(path, ns=(time.time_ns(), time.time_ns()))
                self.engine.again()
            with open("/proc/%d/statm" % self.engine.process.pid, encoding="ascii") as file:
                return int(file.read().split()[1]) * resource.getpagesize()

        run(150)
        before = run(50)
        after = run(300)
        self.assertLess(after - before, 1024 * 1024)


if __name__ == "__main__":
    unittest.main()
