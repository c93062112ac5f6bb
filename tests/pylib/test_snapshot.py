"""Snapshots: what is kept, identity, and pickles that want more than to be data."""
import datetime
import decimal
import functools
import operator
import os
import pickle
import sys
import types
import unittest

import support
from chancery_host import snapshot
from chancery_host.errors import DAError


class Calls:
    """Pickles as a call of anything."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


class RoundTrip(unittest.TestCase):
    def setUp(self):
        self.answers = support.begin()

    def again(self):
        return snapshot.load(snapshot.dump(self.answers), ["docassemble.demo"])

    def test_values_survive(self):
        support.run("""
fruit = DAList(elements=['a'], gathered=True)
veg = DADict(object_type=Thing.using(color='green'))
veg.initializeObject('pea')
user = Individual()
user.name.first = 'Ann'
when = as_datetime('2024-02-29')
span = date_interval(days=3)
tags = DASet()
tags.add('x')
nothing = DAEmpty()
kind = {'class': Individual}
""", self.answers)
        self.answers.update(plain={"a": [1, (2, 3)], "b": {1, 2}}, cash=decimal.Decimal("1.5"), time=datetime.time(3, 4))
        back = self.again()
        self.assertEqual(back["fruit"].elements, ["a"])
        self.assertEqual(back["veg"]["pea"].color, "green")
        self.assertEqual(back["veg"]["pod"].color, "green")
        self.assertEqual(str(back["user"]), "Ann")
        self.assertEqual(back["when"], self.answers["when"])
        self.assertEqual(back["when"].tzinfo.key, "America/New_York")
        self.assertEqual(str(back["when"] + back["span"]), "March 3, 2024")
        self.assertEqual(back["plain"], self.answers["plain"])
        self.assertEqual((back["cash"], back["time"]), (decimal.Decimal("1.5"), datetime.time(3, 4)))
        self.assertIs(back["kind"]["class"], self.answers["Individual"])
        self.assertEqual(back["_internal"], self.answers["_internal"])

    def test_identity_of_shared_objects(self):
        support.run("a = DAObject()\nb = DAObject()\nb.other = a\na.other = b\nl = [a, a]", self.answers)
        self.answers["shared"] = self.answers["a"]
        back = self.again()
        self.assertIs(back["a"], back["shared"])
        self.assertIs(back["b"].other, back["a"])
        self.assertIs(back["a"].other, back["b"])

    def test_what_is_left_out(self):
        support.run("import os\ndef f(): pass\nclass C: pass\ng = lambda: 1\nx = i = n = 5\nkept = 1", self.answers)
        self.answers["file"] = open(os.devnull)
        self.addCleanup(self.answers["file"].close)
        self.answers["_internal"]["objselections"] = {"a": {"b": self.answers["kept"]}}
        back = self.again()
        self.assertEqual(set(back), {"_internal", "nav", "url_args", "kept"})
        self.assertEqual(back["_internal"]["objselections"], {})
        self.assertTrue(self.answers["_internal"]["objselections"])      # the live answers are not touched

    def test_a_value_that_cannot_be_stored_is_named(self):
        self.answers["trouble"] = [lambda: 1]
        with self.assertRaisesRegex(DAError, "trouble"):
            snapshot.dump(self.answers)

    def test_own_classes_of_the_package(self):
        module = types.ModuleType("docassemble.demo.fish")
        exec("from docassemble.base.util import DAObject\nimport subprocess\nclass Fish(DAObject): pass", module.__dict__)
        sys.modules["docassemble.demo.fish"] = module
        self.addCleanup(sys.modules.pop, "docassemble.demo.fish")
        data = snapshot.dump({"f": module.Fish("f")})
        self.assertEqual(type(snapshot.load(data, ["docassemble.demo"])["f"]), module.Fish)
        for wrong in ([], ["docassemble.dem"], ["docassemble.other"]):
            with self.assertRaises(pickle.UnpicklingError):
                snapshot.load(data, wrong)
        with self.assertRaises(pickle.UnpicklingError):        # imported by the module, but not its own
            snapshot.load(b"cdocassemble.demo.fish\nsubprocess\n.", ["docassemble.demo"])

    def test_values_of_pythons_own_kinds(self):
        import pathlib
        import re
        module = self.module("import enum\nclass Colour(enum.Enum):\n    RED = 1\n    BLUE = 'b'\nclass Outer:\n    class Inner:\n        pass\n")
        values = [module.Colour.RED, [module.Colour.BLUE], re.compile("a+", re.I), pathlib.PurePosixPath("/a/b"), ValueError("x", 1), bytearray(b"a")]
        back = snapshot.load(snapshot.dump({"v": values}), ["docassemble.demo"])["v"]
        self.assertEqual(back[:4] + back[5:], values[:4] + values[5:])
        self.assertEqual((type(back[4]), back[4].args), (ValueError, ("x", 1)))
        self.assertEqual(list(snapshot.load(snapshot.dump({"v": zip([1], [2])}))["v"]), [(1, 2)])
        self.assertIs(type(snapshot.load(snapshot.dump({"v": [module.Outer.Inner()]}), ["docassemble.demo"])["v"][0]), module.Outer.Inner)

    def test_what_could_not_be_read_again_is_not_written(self):
        import subprocess
        for value in ([len], [print], {"f": os.system}, ["a".upper], map(str, [1]), [subprocess.Popen]):
            with self.assertRaisesRegex(DAError, "the variable v cannot be stored"):
                snapshot.dump({"a": 1, "v": value})

    def test_classes_behind_the_modules_that_are_named(self):
        module = self.module("class Fish(DAObject): pass")
        data = snapshot.dump({"f": module.Fish("f")})
        self.assertIs(type(snapshot.load(data, [], ["docassemble.demo.fish"])["f"]), module.Fish)
        self.assertIs(type(snapshot.load(data, ["docassemble.other"], ["docassemble.demo.fish"])["f"]), module.Fish)

    def module(self, source):
        module = types.ModuleType("docassemble.demo.fish")
        exec("from docassemble.base.util import *\n" + source, module.__dict__)
        sys.modules["docassemble.demo.fish"] = module
        self.addCleanup(sys.modules.pop, "docassemble.demo.fish")
        return module

    def test_an_object_is_stored_as_pickle_does_it(self):
        support.run("""
user = Individual()
user.name.first = 'Ann'
fruit = DAList(elements=[DAObject(), Person()], gathered=True)
veg = DADict(object_type=Thing.using(color='green'))
empty = DAObject()
same = [user, user.name]
""", self.answers)
        self.answers["empty"].__dict__.clear()
        for name in ("user", "fruit", "veg", "empty", "same", "nav"):
            value = self.answers[name]
            own = snapshot.dump({"v": value})
            self.assertEqual(own, pickle.dumps({"v": value}, snapshot.PROTOCOL), name)
            self.assertEqual(snapshot.dump(snapshot.load(own)), own, name)

    def test_classes_that_say_themselves_how_they_are_stored(self):
        module = self.module("""
class Slots(DAObject):
    __slots__ = ('extra',)
class State(DAObject):
    def __getstate__(self):
        return {'instanceName': self.instanceName, 'weight': 7}
class Both(DAObject):
    def __getstate__(self):
        return (1, 2)
    def __setstate__(self, state):
        self.__dict__.update(instanceName='both', pair=state)
class New(DAObject):
    seen = []
    def __new__(cls, *args):
        cls.seen.append(args)
        return super().__new__(cls)
    def __getnewargs__(self):
        return ('fish', 8)
class Reduced(DAObject):
    def __reduce__(self):
        return (Reduced, ('reduced',))
""")
        made = [kind(kind.__name__.lower()) for kind in (module.Slots, module.State, module.Both, module.New, module.Reduced)]
        made[0].extra = 9
        made[4].gone = 1
        slots, state, both, new, reduced = snapshot.load(snapshot.dump({"all": made}), ["docassemble.demo"])["all"]
        self.assertEqual((slots.extra, slots.instanceName), (9, "slots"))
        self.assertEqual(state.weight, 7)
        self.assertEqual(both.pair, (1, 2))
        self.assertEqual((module.New.seen, new.instanceName), ([("new",), ("fish", 8)], "new"))
        self.assertNotIn("gone", reduced.__dict__)

    def test_attributes_come_as_a_dictionary(self):
        support.run("f = DAObject()\nf.a = 1", self.answers)
        self.assertEqual(snapshot.load(snapshot.dump({"f": self.answers["f"]}))["f"].a, 1)
        head = b"\x80\x05}\x8c\x01fcdocassemble.base.util\nDAObject\n)\x81"
        self.assertEqual(type(snapshot.load(head + b"}\x8c\x01aK\x02sbs.")["f"]).__name__, "DAObject")
        for state in (b"K\x07b", b"]b", b"cdocassemble.base.util\nDADict\n)\x81b"):
            with self.assertRaises(pickle.UnpicklingError):
                snapshot.load(head + state + b"s.")


class Hostile(unittest.TestCase):
    CALLS = [
        ("os.system", Calls(os.system, "true")), ("eval", Calls(eval, "1")), ("exec", Calls(exec, "1")),
        ("getattr", Calls(getattr, "a", "upper")), ("setattr", Calls(setattr, "a", "x", 1)),
        ("open", Calls(open, os.devnull)), ("import", Calls(__import__, "os")), ("compile", Calls(compile, "1", "", "eval")),
        ("functools.partial", Calls(functools.partial, print)), ("reduce", Calls(functools.reduce, max, [1])),
        ("operator.attrgetter", Calls(operator.attrgetter, "a")), ("methodcaller", Calls(operator.methodcaller, "a")),
        ("type", Calls(type, "T", (), {})), ("map", Calls(map, print, [1])), ("pickle.loads", Calls(pickle.loads, b"N.")),
    ]
    RAW = [
        ("posix.system", b"cposix\nsystem\n(S'true'\ntR."),
        ("a function of the library", b"cdocassemble.base.util\ndefine\n(S'a'\nI1\ntR."),
        ("a module of the library", b"cdocassemble.base.util\njson\n."),
        ("a dotted name", b"\x80\x05\x8c\x16docassemble.base.util\x8c\x0fDAObject.__new__\x93."),
        ("a dotted builtin", b"\x80\x05\x8c\x08builtins\x8c\x11str.__subclasses__\x93."),
        ("inside of the machinery", b"cchancery_host.snapshot\nload\n."),
        ("sys.modules", b"csys\nmodules\n."),
        ("a persistent id", b"Pfile\n."),
        ("not a dictionary", pickle.dumps([1])),
        ("garbage", b"\x80\x05garbage"), ("nothing", b""), ("cut short", pickle.dumps({"a": "b" * 50})[:-10]),
        ("imports a module of another package", b"cdocassemble.other\nThing\n."),
    ]

    def test_calls(self):
        for title, call in self.CALLS:
            with self.subTest(title):
                with self.assertRaises(pickle.UnpicklingError):
                    snapshot.load(pickle.dumps({"a": call}, 5), ["docassemble.demo"])

    def test_raw(self):
        for title, data in self.RAW:
            with self.subTest(title):
                with self.assertRaises(pickle.UnpicklingError):
                    snapshot.load(data, ["docassemble.demo"])


if __name__ == "__main__":
    unittest.main()
