#!/usr/bin/python3
"""Tests of the runner itself: a runner that never fails proves nothing."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("run_cases", str(pathlib.Path(__file__).with_name("run-cases")))
rc = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_cases", loader))
loader.exec_module(rc)
try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: no jsonschema here (Debian package python3-jsonschema)")
    sys.exit(77)
rc.VALIDATOR = Draft202012Validator
ID = [("X-Request-Id", "1")]


def case(text):
    with tempfile.NamedTemporaryFile("w", suffix=".case") as f:
        f.write(text)
        f.flush()
        return rc.Case(pathlib.Path(f.name))


def reply(text, status, headers, body, known=None):
    """What check_reply says of a reply to the one step of text; None if nothing."""
    step = case("== s\nGET /x\n" + text).steps[0]
    try:
        rc.check_reply(step, status, headers, body, {} if known is None else known)
    except rc.Wrong as wrong:
        return str(wrong)
    return None


class Reading(unittest.TestCase):
    def test_a_step_has_its_parts(self):
        step = case("# c\nserve: --set a=b\n\n== one\nPOST /x?y=1\nA: b\n\nline\n\nlast\n-> 201 exactly\nC: d\n!E\nalloc <= 7\n\n{}\n\n").steps[0]
        self.assertEqual((step.method, step.path, step.headers, step.body), ("POST", "/x?y=1", [("A", "b")], "line\n\nlast"))
        self.assertEqual((step.status, step.mode, step.expect, step.absent, step.alloc, step.reply), (201, "exactly", [("C", "d")], ["E"], 7, "{}"))

    def test_what_is_not_a_case_is_refused(self):
        for text in ("", "== s\nGET /x\n", "server: x\n== s\nGET /\n-> 200\n", "== s\n-> 200\n", "== s\nGET /\n-> 200 nearly\n", "== s\nGET /\nnonsense\n-> 200\n"):
            with self.subTest(text), self.assertRaises(rc.Wrong):
                case(text)


class Comparing(unittest.TestCase):
    GOOD = [
        ("a member more is fine", '{"a":1}', b'{"a":1,"b":2}'),
        ("text but for its last line break", "ok", b"ok\n"),
        ("fragments in order", "~ a\n~ c", b"a b c"),
        ("an open list", '["x","..."]', b'["x","y"]'),
        ("any value", '{"a":"{{any}}"}', b'{"a":[1]}'),
        ("a pattern", '{"a":"{{any:[0-9]{2}}}"}', b'{"a":"42"}'),
        ("nothing", "(empty)", b""),
    ]
    BAD = [
        ("a member less", '{"a":1,"b":2}', b'{"a":1}'),
        ("another type", '{"a":1}', b'{"a":true}'),
        ("another value deep inside", '{"a":[{"b":1}]}', b'{"a":[{"b":2}]}'),
        ("a list that is longer", '["x"]', b'["x","y"]'),
        ("no JSON", "{}", b"no"),
        ("fragments in another order", "~ c\n~ a", b"a b c"),
        ("a pattern that does not fit", '{"a":"{{any:[0-9]+}}"}', b'{"a":"x"}'),
        ("text that is longer", "ok", b"ok."),
        ("something", "(empty)", b" "),
        ("one name for two values", '["{{a}}","{{a}}"]', b'[1,2]'),
    ]

    def test_bodies(self):
        for name, want, body in self.GOOD:
            with self.subTest(name):
                self.assertIsNone(reply(f"-> 200\n\n{want}\n", 200, ID, body))
        for name, want, body in self.BAD:
            with self.subTest(name):
                self.assertIsNotNone(reply(f"-> 200\n\n{want}\n", 200, ID, body))

    def test_exactly_means_no_more(self):
        self.assertIsNotNone(reply('-> 200 exactly\n\n{"a":1}\n', 200, ID, b'{"a":1,"b":2}'))

    def test_the_head(self):
        self.assertIsNotNone(reply("-> 200\n", 201, ID, b""))
        self.assertIsNotNone(reply("-> 200\n", 200, [], b""))
        self.assertIsNotNone(reply("-> 200\nA: b\n", 200, ID, b""))
        self.assertIsNotNone(reply("-> 200\nA: b\n", 200, ID + [("a", "c")], b""))
        self.assertIsNotNone(reply("-> 200\n!A\n", 200, ID + [("a", "c")], b""))
        self.assertIsNotNone(reply("-> 200\nalloc <= 5\n", 200, ID + [("X-Arena-Used", "6")], b""))
        self.assertIsNone(reply("-> 200\nA: b, c\nalloc <= 5\n", 200, ID + [("a", "b"), ("a", "c"), ("X-Arena-Used", "5")], b""))

    def test_what_is_captured_keeps_its_type(self):
        known = {}
        self.assertIsNone(reply('-> 200\n\n{"n":"{{n}}","t":"id-{{t}}."}\n', 200, ID, b'{"n":7,"t":"id-x."}', known))
        self.assertEqual(known, {"n": 7, "t": "x"})
        self.assertEqual(rc.filled("/{{t}}?n={{n}}", known), "/x?n=7")
        self.assertEqual(rc.filled("/{{p}}", {"p": "a b&c=ä"}, path=True), "/a%20b&c=%C3%A4")
        with self.assertRaises(rc.Wrong):
            rc.filled("{{unknown}}", known)


class Documented(unittest.TestCase):
    def setUp(self):
        self.documents = rc.Documents.__new__(rc.Documents)
        self.documents.operations = []
        schema = {"$ref": "#/components/schemas/T"}
        op = {"responses": {"200": {"content": {"application/json": {"schema": schema}}}, "204": {}},
              "parameters": [{"name": "n", "in": "path", "schema": {"type": "integer"}}]}
        self.documents.add({"servers": [{"url": "/"}], "paths": {"/a/{n}": {"get": op}, "/a/new": {"post": op}},
                            "components": {"schemas": {"T": {"type": "object", "required": ["x"]}}}})

    def wrong(self, method, path, status, media="application/json", body=b'{"x":1}'):
        try:
            self.documents.check(method, path, status, [("Content-Type", media)] if media else [], body)
        except rc.Wrong as problem:
            return str(problem)
        return None

    def test_what_is_documented_passes(self):
        self.assertIsNone(self.wrong("GET", "/a/7?q", 200))
        self.assertIsNone(self.wrong("HEAD", "/a/7", 200, body=b""))
        self.assertIsNone(self.wrong("GET", "/a/7", 204, None, b""))
        self.assertIsNone(self.wrong("POST", "/a/new", 200))
        self.assertIsNone(self.wrong("GET", "/a/new", 405))
        self.assertIsNone(self.wrong("GET", "/a/x", 404))
        self.assertIsNone(self.wrong("OPTIONS", "/a/7", 204))

    def test_what_is_not_fails(self):
        self.assertIsNotNone(self.wrong("GET", "/a/7", 500))
        self.assertIsNotNone(self.wrong("GET", "/a/7", 200, "text/plain"))
        self.assertIsNotNone(self.wrong("GET", "/a/7", 200, body=b"{}"))
        self.assertIsNotNone(self.wrong("GET", "/a/7", 204))
        self.assertIsNotNone(self.wrong("GET", "/a/new", 200))
        self.assertIsNotNone(self.wrong("GET", "/b", 200))


if __name__ == "__main__":
    unittest.main()
