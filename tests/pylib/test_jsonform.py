"""Values to JSON structures and back."""
import datetime
import decimal
import unittest

import support
from chancery_host import jsonform
from chancery_host.objects.files import uploaded
from chancery_host.zones import zone
from docassemble.base.util import DADateTime, DADict, DAEmpty, DALazyTemplate, DAList, DAObject, DASet, Individual, PartyList

LIST_DEFAULTS = {"ask_number": False, "ask_object_type": False, "auto_gather": True, "complete_attribute": None,
                 "minimum_number": None, "object_type": None, "object_type_parameters": {}}


class ToPlain(unittest.TestCase):
    def setUp(self):
        self.answers = support.begin()

    def test_values(self):
        cases = [
            ("atoms", ["a", True, 1, 1.5, None], ["a", True, 1, 1.5, None]),
            ("a tuple of plain values", (1, "a", [2]), [1, "a", [2]]),
            ("a tuple of something else", (1, b"x"), None),
            ("a set", {2, 1}, [1, 2]),
            ("a date", datetime.date(2026, 8, 1), "2026-08-01"),
            ("a moment", datetime.datetime(2026, 8, 1, 9, 30), "2026-08-01T09:30:00"),
            ("with microseconds", datetime.datetime(2026, 8, 1, 9, 30, 0, 5), "2026-08-01T09:30:00.000005"),
            ("a date field", DADateTime(2026, 8, 1, tzinfo=zone()), "2026-08-01T00:00:00-04:00"),
            ("a time", datetime.time(9, 30), "09:30:00"),
            ("a decimal", decimal.Decimal("1.5"), 1.5),
            ("bytes", b"x", None), ("complex", 1j, None), ("a span", datetime.timedelta(1), None),
            ("a function", len, None), ("a module", unittest, None), ("an object of no interview", object(), None),
            ("a library class", Individual, {"_class": "type", "name": "docassemble.base.util.Individual"}),
            ("a legal class", PartyList, {"_class": "type", "name": "docassemble.base.legal.PartyList"}),
            ("another class", dict, "None"),
            ("number keys", {1: "a", 2: "b"}, {"1": "a", "2": "b"}),
            ("mixed keys", {1: "a", "b": 2, True: 3}, {"1": 3, "b": 2}),
            ("words as keys", {True: 1, None: 2}, {"true": 1, "null": 2}),
            ("a key that is no text", {(1, 2): 3, "a": 4}, {"None": 3, "a": 4}),
            ("an empty object", DAEmpty(str="x"), {"_class": "docassemble.base.util.DAEmpty", "str": "x"}),
            ("a lazy template", DALazyTemplate("t", source_block=3), {"_class": "docassemble.base.util.DALazyTemplate", "instanceName": "t"}),
        ]
        for title, value, want in cases:
            with self.subTest(title):
                self.assertEqual(jsonform.to_plain(value), want)

    def test_collections(self):
        fruit = DAList("fruit")
        fruit.append("apple")
        self.assertEqual(jsonform.to_plain(fruit), {
            "_class": "docassemble.base.util.DAList", "instanceName": "fruit", "elements": ["apple"], "there_are_any": True,
            **LIST_DEFAULTS})
        self.assertEqual(jsonform.to_plain(DADict("d")), {
            "_class": "docassemble.base.util.DADict", "instanceName": "d", "elements": {}, **LIST_DEFAULTS})
        self.assertEqual(jsonform.to_plain(DASet("s")), {
            "_class": "docassemble.base.util.DASet", "instanceName": "s", "elements": [], "auto_gather": True,
            "ask_number": False, "minimum_number": None})

    def test_individual(self):
        self.assertEqual(jsonform.to_plain(Individual("client")), {
            "_class": "docassemble.base.util.Individual", "instanceName": "client",
            "name": {"_class": "docassemble.base.util.IndividualName", "instanceName": "client.name", "uses_parts": True},
            "address": {"_class": "docassemble.base.util.Address", "_geocoded": False, "city_only": False, "geolocated": False,
                        "instanceName": "client.address",
                        "location": {"_class": "docassemble.base.util.LatitudeLongitude", "gathered": False,
                                     "instanceName": "client.address.location", "known": False}},
            "location": {"_class": "docassemble.base.util.LatitudeLongitude", "gathered": False,
                         "instanceName": "client.location", "known": False}})

    def test_depth_ends(self):
        me = DAObject("me")
        me.self_again = me
        plain, levels = jsonform.to_plain(me), 0
        while "self_again" in plain:
            plain, levels = plain["self_again"], levels + 1
        self.assertEqual(plain, {"_class": "docassemble.base.util.DAObject", "None": None})
        self.assertEqual(levels, 20)

    def test_an_objects_own_conversion_is_used(self):
        class Money(DAObject):
            def as_dict(self):
                return {"amount": decimal.Decimal(3)}
        self.assertEqual(jsonform.to_plain(Money("m")), {"amount": 3.0})

    def test_all_variables(self):
        support.run("import os\ndef f(): pass\na = 1\nb = {'f': f}\nx = 1", self.answers)
        self.answers["session_local"] = DAObject("session_local")
        plain = jsonform.variables_plain(self.answers)
        self.assertEqual({name: value for name, value in plain.items() if name != "_internal"},
                         {"a": 1, "b": {"f": None}, "url_args": {},
                          "nav": {"current": None, "hidden": False, "past": [], "progressive": True}})
        self.assertEqual(plain["_internal"]["accesstime"], {"1": "2024-05-01T16:00:00"})
        self.assertEqual(set(jsonform.variables_plain(self.answers, internal=False)), {"a", "b", "url_args"})


class FromPlain(unittest.TestCase):
    def setUp(self):
        support.begin()

    def test_texts(self):
        for text in ("2026-13-45", "2026-01-02 draft", "12:30", "25:00:00", "x2026-01-02", "", "12:30:45 PM"):
            with self.subTest(text):
                self.assertEqual(jsonform.from_plain(text), text)
        for text, want in (("2026-08-01", "2026-08-01T00:00:00-04:00"), ("2026-01-02T03:04:05", "2026-01-02T03:04:05-05:00"),
                           ("2026-08-01T00:00:00Z", "2026-07-31T20:00:00-04:00"),
                           ("2026-08-01T00:00:00-04:00", "2026-08-01T00:00:00-04:00"),
                           ("2026-08-01 09:30 PM", "2026-08-01T21:30:00-04:00")):
            with self.subTest(text):
                found = jsonform.from_plain(text)
                self.assertIsInstance(found, DADateTime)
                self.assertEqual(found.isoformat(), want)
        self.assertEqual(jsonform.from_plain("10:20:30"), datetime.time(10, 20, 30))
        self.assertEqual(jsonform.from_plain("10:20:30Z").utcoffset(), datetime.timedelta(0))

    def test_objects(self):
        made = jsonform.from_plain({"_class": "docassemble.base.core.DADict", "instanceName": "tricks", "gathered": True,
                                    "auto_gather": False, "elements": {"Sit": True, "roll": False}})
        self.assertIs(type(made), DADict)
        self.assertEqual(str(made.true_values()), "Sit")
        nested = jsonform.from_plain({"a": [{"_class": "docassemble.base.util.Individual", "instanceName": "u",
                                             "birthdate": "2000-01-01"}]})
        self.assertEqual(nested["a"][0].birthdate.year, 2000)
        self.assertEqual(nested["a"][0].name.instanceName, "u.name")

    def test_classes(self):
        self.assertIs(jsonform.from_plain({"_class": "type", "name": "docassemble.base.util.Individual"}), Individual)
        for name in ("docassemble.base.util.json", "docassemble.base.util.define", "docassemble.none.Thing", "docassemble.x y.Z"):
            with self.subTest(name):
                found = jsonform.from_plain({"_class": "type", "name": name})
                self.assertFalse(callable(found))

    def test_what_is_no_object(self):
        self.assertEqual(jsonform.from_plain({"_class": "os.system", "instanceName": "a"}), {"_class": "os.system", "instanceName": "a"})
        self.assertIsNone(jsonform.from_plain({"_class": "docassemble.base.util.Nothing", "instanceName": "a"}))
        self.assertIsNone(jsonform.from_plain({"_class": "docassemble.base.util.DADateTime", "instanceName": "a"}))
        self.assertIsNone(jsonform.from_plain({"_class": "docassemble.base.util.DAList", "instanceName": "a", "__dict__": {}}))
        self.assertEqual(jsonform.from_plain({"_class": "docassemble.base.util.DAList"}), {"_class": "docassemble.base.util.DAList"})

    def test_an_upload(self):
        plain = jsonform.to_plain(uploaded("upload", [{"filename": "lease.pdf", "number": 57}]))
        self.assertEqual(plain, {**LIST_DEFAULTS, "_class": "docassemble.base.util.DAFileList", "instanceName": "upload",
                                 "complete_attribute": "initialized", "gathered": True, "revisit": True, "there_are_any": True,
                                 "object_type": {"_class": "type", "name": "docassemble.base.util.DAFile"},
                                 "elements": [{"_class": "docassemble.base.util.DAFile", "extension": "pdf", "filename": "lease.pdf",
                                               "has_specific_filename": True, "initialized": True, "instanceName": "upload[0]",
                                               "mimetype": "application/pdf", "number": 57, "ok": True}]})

    def test_there_and_back(self):
        people = DAList("people", object_type=Individual)
        people.appendObject().name.first = "Ann"
        people.when = DADateTime(2024, 5, 1, tzinfo=zone())
        plain = jsonform.to_plain(people)
        again = jsonform.from_plain(plain)
        self.assertEqual(jsonform.to_plain(again), plain)


if __name__ == "__main__":
    unittest.main()
