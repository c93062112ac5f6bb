"""What code defines and what a legal variable name is."""
import unittest

from chancery_host.names import defined_names, is_variable_name, normal_name, uses

DEFINES = [
    ("plain", "a = 1", ["a"]),
    ("attribute as written", "user.name.first = 'x'", ["user.name.first"]),
    ("index variable", "child[i].age = 3", ["child[i].age"]),
    ("quotes are normalised", 'd["x"] = 1', ["d['x']"]),
    ("a number as index", "a[0][1] = 1", ["a[0][1]"]),
    ("an index that is an expression is not registered", "a[i + 1] = 2\na[f()].b = 3\na[-1] = 4\na[1:2] = []", []),
    ("what hangs on a call is not registered", "f().x = 1", []),
    ("tuple and star", "(a, b.c), *d = x", ["a", "b.c", "d"]),
    ("chain", "a = b = 1", ["a", "b"]),
    ("augmented", "total += 1", ["total"]),
    ("annotated only with a value", "a: int = 1\nb: int", ["a"]),
    ("for and else", "for q, r in z:\n  s = 1\nelse:\n  t = 2", ["q", "r", "s", "t"]),
    ("except as", "try:\n  a = 1\nexcept Exception as err:\n  b = 2", ["a", "err", "b"]),
    ("with as", "with f() as g:\n  pass", ["g"]),
    ("comprehension", "a = [w for w in y]", ["a", "w"]),
    ("lambda", "a = lambda p, *q, r=1: p", ["a", "p", "q", "r"]),
    ("def and class", "def f():\n  pass\nclass C:\n  pass", ["f", "C"]),
    ("imports", "import os.path\nimport json as j\nfrom re import sub as s, match\nfrom os import *", ["os", "j", "s", "match"]),
    ("walrus", "if (n := 3):\n  pass", ["n"]),
    ("define with a literal", "define('fruit[\"a\"].b', 3)\ndefine(name, 4)", ["fruit['a'].b"]),
    ("each name once, in order", "b = 1\na = 2\nb = 3", ["b", "a"]),
    ("del defines nothing", "del a", []),
]

NAMES = [
    ("a", True), ("a.b", True), ("a[0]", True), ("a['k'].b", True), ("a[i]", True), ("a[0:2]", True), ("5", True),
    ("_internal['progress']", True), ('_internal["answers"][\'Question_5\']', True), ("a[b.c]", True), ("x.name.first", True),
    ("", False), ("a b", False), ("a\n", False), ("a\rb", False), ("a()", False), ("a[f()]", False), ("a + b", False),
    ("a < b", False), ("a[-1]", False), ("[a]", False), ("(a, b)", False), ("{}", False), ("{1: 2}", False),
    ("lambda: a", False), ("[x for x in y]", False), ("a if b else c", False), ("f'{a}'", False), ("*a", False),
    ("a = 1", False), ("import os", False), ("a; b", False), ("a # b", False), ("a[b, c]", False), ("not a", False),
    ("a:=1", False), ("a\0", False), ("a" * 5000, False), ("a" + "[a" * 500 + "]" * 500, False), (None, False), (5, False),
]


class Names(unittest.TestCase):
    def test_defined_names(self):
        for title, code, want in DEFINES:
            with self.subTest(title):
                self.assertEqual(defined_names(code), want)

    def test_an_expression_defines_too(self):
        self.assertEqual(defined_names("[w for w in y if define('q', 1)]", "eval"), ["w", "q"])

    def test_a_source_that_does_not_parse(self):
        with self.assertRaises(SyntaxError):
            defined_names("a = ")

    def test_variable_names(self):
        for text, want in NAMES:
            with self.subTest(str(text)[:40]):
                self.assertIs(is_variable_name(text), want)

    def test_normal_name_and_uses(self):
        self.assertEqual(normal_name('a["b"] [0].c'), "a['b'][0].c")
        self.assertIsNone(normal_name("f()"))
        self.assertEqual(uses("a = b + c.d\nb"), ["b", "c"])


if __name__ == "__main__":
    unittest.main()
