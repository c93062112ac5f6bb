"""The order in which collections ask, and what they leave behind."""
import unittest

import support
from chancery_host import state
from chancery_host.functions import actions, stack
from chancery_host.signals import ForcedNames, MissingAttribute, MissingItem

GONE = ("instanceName", "has_nonrandom_instance_name", "elements", "auto_gather", "ask_number", "minimum_number",
        "ask_object_type", "object_type", "object_type_parameters", "complete_attribute")

CASES = [
    ("a list of texts", "f = DAList('f')", "str(f)",
     {"f.there_are_any": True, "f[0]": "a", "f[1]": "b", "f.there_is_another": [True, False]},
     "a and b", ["f.there_are_any", "f[0]", "f.there_is_another", "f[1]", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("elements that are given are all there are", "f = DAList('f', elements=['a', 'b'])", "str(f)", {}, "a and b", [],
     {"gathered": True, "revisit": True, "there_are_any": True}),
    ("also of a dictionary", "f = DADict('f', elements={'a': 1})", "str(f)", {}, "a", [], None),
    ("also of a set", "f = DASet('f', elements=['a'])", "str(f)", {}, "a", [], None),
    ("unless more is said about gathering", "f = DAList('f', elements=['a'], gathered=False)", "str(f)", {"f.there_is_another": False}, "a", ["f.there_is_another"], None),
    ("none", "f = DAList('f')", "str(f)", {"f.there_are_any": False}, "", ["f.there_are_any"],
     {"gathered": True, "revisit": True, "there_are_any": False}),
    ("people", "f = DAList('f', object_type=Individual)", "str(f)",
     {"f.there_are_any": True, "f[0].name.first": "A", "f[1].name.first": "B", "f.there_is_another": [True, False]},
     "A and B", ["f.there_are_any", "f[0].name.first", "f.there_is_another", "f[1].name.first", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("a complete attribute", "f = DAList('f', object_type=Thing, complete_attribute=['color', 'size'])", "f.number()",
     {"f.there_are_any": True, "f[0].color": "red", "f[0].size": 3, "f.there_is_another": False},
     1, ["f.there_are_any", "f[0].color", "f[0].size", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("a number", "f = DAList('f', ask_number=True)", "str(f)", {"f.target_number": 2, "f[0]": "a", "f[1]": "b"},
     "a and b", ["f.target_number", "f[0]", "f[1]"], {"gathered": True, "revisit": True, "target_number": 2}),
    ("a number of objects", "f = DAList('f', ask_number=True, object_type=Thing)", "f.number()",
     {"f.target_number": 2, "f[0].name.text": "a", "f[1].name.text": "b"}, 2,
     ["f.target_number", "f[0].name.text", "f[1].name.text"],
     {"gathered": True, "revisit": True, "target_number": 2, "there_are_any": True}),
    ("a complete attribute of an attribute", "f = DAList('f', object_type=Individual, there_are_any=True, complete_attribute=['name.first'])",
     "str(f)", {"f[0].name.first": "A", "f.there_is_another": False}, "A", ["f[0].name.first", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("existing entries are completed in sorted order", "f = DADict('f', object_type=Thing, keys=['b', 'a'], minimum_number=2)",
     "[str(g) for g in f.values()]", {"f['a'].name.text": "A", "f['b'].name.text": "B", "f.there_is_another": False},
     ["B", "A"], ["f['a'].name.text", "f['b'].name.text", "f.there_is_another"], None),
    ("a number, but there are none", "f = DAList('f', ask_number=True, there_are_any=False)", "str(f)", {}, "", [],
     {"gathered": True, "revisit": True, "there_are_any": False}),
    ("a minimum", "f = DAList('f', minimum_number=2)", "str(f)", {"f[0]": "a", "f[1]": "b", "f.there_is_another": False},
     "a and b", ["f[0]", "f[1]", "f.there_is_another"], {"gathered": True, "revisit": True, "there_is_another": False}),
    ("mixed types", "f = DAList('f', there_are_any=True, ask_object_type=True)", "str(f)",
     {"f.new_object_type": [1], "f[0].name.text": "T", "f.there_is_another": False},
     "T", ["f.new_object_type", "f[0].name.text", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("a dictionary of values", "f = DADict('f', there_are_any=True)", "str(f)",
     {"f.new_item_name": ["a", "b"], "f['a']": 1, "f['b']": 2, "f.there_is_another": [True, False]},
     "a and b", ["f.new_item_name", "f['a']", "f.there_is_another", "f.new_item_name", "f['b']", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("a dictionary of objects", "f = DADict('f', object_type=Thing)", "f.number()",
     {"f.there_are_any": True, "f.new_item_name": "a", "f['a'].name.text": "A", "f.there_is_another": False},
     1, ["f.there_are_any", "f.new_item_name", "f['a'].name.text", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("a dictionary by number", "f = DADict('f', ask_number=True)", "f.number()",
     {"f.target_number": 1, "f.new_item_name": "a", "f['a']": 1}, 1, ["f.target_number", "f.new_item_name", "f['a']"],
     None),
    ("a set by number", "f = DASet('f', ask_number=True)", "str(f)", {"f.target_number": 2, "f.new_item": ["b", "a"]},
     "a and b", ["f.target_number", "f.new_item", "f.new_item"],
     {"gathered": True, "revisit": True, "target_number": 2, "there_are_any": True}),
    ("a set", "f = DASet('f')", "len(f)", {"f.there_are_any": True, "f.new_item": ["b", "a"], "f.there_is_another": [True, False]},
     2, ["f.there_are_any", "f.new_item", "f.there_is_another", "f.new_item", "f.there_is_another"],
     {"gathered": True, "revisit": True, "there_are_any": True, "there_is_another": False}),
    ("gathered by hand", "f = DAList('f', auto_gather=False)", "str(f)", {"f.gathered": True}, "", ["f.gathered"],
     {"gathered": True}),
    ("assets exist when they are named", "f = Asset('f')", "f.total()",
     {"f.there_are_any": True, "f.new_item_name": "house", "f['house'].value": 120.5, "f.there_is_another": False},
     120.5, ["f.there_are_any", "f.new_item_name", "f['house'].value", "f.there_is_another"], None),
    ("lists in a list", "f = DAList('f', object_type=DAList, there_are_any=True)", "[str(g) for g in f]",
     {"f[0].there_are_any": True, "f[0][0]": "a", "f[0].there_is_another": False, "f.there_is_another": False},
     ["a"], ["f[0].there_are_any", "f[0][0]", "f[0].there_is_another", "f.there_is_another"], None),
]


class Gathering(unittest.TestCase):
    def setUp(self):
        self.answers = support.begin()

    def test_order(self):
        for title, code, expression, given, want, order, left in CASES:
            with self.subTest(title):
                self.answers = support.begin()
                support.run(code, self.answers)
                given = {name: list(value) if isinstance(value, list) else value for name, value in given.items()}
                if "f.new_object_type" in given:
                    given["f.new_object_type"] = [self.answers["Thing"]]
                value, asked = support.seek(expression, self.answers, given)
                self.assertEqual(asked, order)
                self.assertEqual(value, want)
                if left is not None:
                    kept = {name: value for name, value in self.answers["f"].__dict__.items() if name not in GONE}
                    self.assertEqual(kept, left)

    def test_an_owed_item_is_asked_for_again(self):
        # The question is read twice: the yes must not be lost although it is used up.
        support.run("f = DAList('f', elements=['a'], there_is_another=True)", self.answers)
        for _ in range(2):
            state.current.gathering.clear()
            with self.assertRaises(MissingItem) as raised:
                self.answers["f"].gather()
            self.assertEqual(raised.exception.missing, "f[1]")
            self.assertFalse(hasattr(self.answers["f"], "there_is_another"))

    def test_a_text_may_mention_what_is_being_gathered(self):
        support.run("f = DAList('f', there_are_any=True)", self.answers)
        with self.assertRaises(MissingItem):
            self.answers["f"].gather()
        self.assertEqual(self.answers["f"].number(), 0)
        self.assertEqual(str(self.answers["f"]), "")

    def test_an_index_makes_objects_up_to_it(self):
        support.run("f = DAList('f', object_type=Thing)", self.answers)
        self.assertEqual(self.answers["f"][2].instanceName, "f[2]")
        self.assertEqual(len(self.answers["f"].elements), 3)
        with self.assertRaises(IndexError):
            self.answers["f"][30]
        with self.assertRaises(MissingItem):
            support.run("g = DAList('g')\ng[4]", self.answers)

    def test_behind_the_end_of_a_gathered_list(self):
        support.run("f = DAList('f', elements=['a'], gathered=True)", self.answers)
        with self.assertRaises(IndexError) as raised:
            self.answers["f"][1]
        self.assertNotIsInstance(raised.exception, MissingItem)

    def test_removal_renumbers(self):
        support.run("""
f = DAList('f', object_type=Thing)
for text in ('a', 'b', 'c'):
    f.appendObject().name.text = text
other = Thing('other')
f.append(other)
f.gathered = True
f.pop(0)
""", self.answers)
        names = [item.instanceName for item in self.answers["f"]]
        self.assertEqual(names, ["f[0]", "f[1]", "other"])
        self.assertEqual(self.answers["f"][0].name.instanceName, "f[0].name")

    def test_sorting_renames(self):
        support.run("""
f = DAList('f', object_type=Thing)
for text in ('c', 'a', 'b'):
    f.appendObject().name.text = text
f.gathered = True
f.sort(key=lambda item: item.name.text)
""", self.answers)
        self.assertEqual([(item.instanceName, str(item)) for item in self.answers["f"]], [("f[0]", "a"), ("f[1]", "b"), ("f[2]", "c")])

    def test_check_boxes(self):
        support.run("d = DADict('d', elements={'b': True, 'a': True, 'c': False}, gathered=True)", self.answers)
        d = self.answers["d"]
        self.assertEqual((d.true_values().elements, d.false_values().elements), (["a", "b"], ["c"]))
        self.assertEqual(d.true_values(insertion_order=True).elements, ["b", "a"])
        self.assertTrue(d.any_true() and d.any_true("a") and d.all_true("a", "b", exclusive=True) and d.any_false())
        self.assertFalse(d.all_true() or d.all_false() or d.any_true("a", exclusive=True) or d.all_false("a"))

    def test_collections_compare_by_their_contents(self):
        support.run("a, b, c = DAList('a', elements=[1], gathered=True), DAList('b', elements=[1], gathered=True), DAList('c')\n"
                    "d, e = DADict('d', elements={'k': 1}, gathered=True), DADict('e', elements={'k': 1}, gathered=True)\n"
                    "s, t = DASet('s', elements=[1], gathered=True), DASet('t', elements=[1], gathered=True)", self.answers)
        self.assertTrue(eval("a == b and a == [1] and d == e and d == {'k': 1} and s == t and s == {1} and a != d", self.answers))
        with self.assertRaises(MissingAttribute) as raised:
            eval("a == c", self.answers)
        self.assertEqual(raised.exception.missing, "c.there_are_any")

    def test_iteration_keeps_the_order_of_insertion(self):
        support.run("d = DADict('d', elements={'dog': 4, 'bird': 2}, gathered=True)", self.answers)
        self.assertEqual(list(self.answers["d"]), ["dog", "bird"])
        self.assertEqual(self.answers["d"].keys(), ["bird", "dog"])

    def test_complete_elements_never_asks(self):
        support.run("f = DAList('f', object_type=Individual)\nf.appendObject().name.first = 'A'\nf.appendObject()", self.answers)
        self.assertEqual([str(item) for item in self.answers["f"].complete_elements()], ["A"])


class Actions(unittest.TestCase):
    def request(self, action, arguments, **more):
        answers = support.begin(action={"action": action, "arguments": arguments}, **more)
        support.run("""
f = DAList('f', object_type=Thing, complete_attribute='complete')
f.appendObject(complete=True).name.text = 'a'
f.appendObject(complete=True).name.text = 'b'
f.gathered = f.revisit = True
f.there_is_another = False
""", answers)
        return answers

    def test_add_asks_for_one_item_only(self):
        answers = self.request("_da_list_add", {"list": "f"}, checkin=True)
        with self.assertRaises(MissingAttribute) as raised:
            actions.process_action()
        self.assertEqual(raised.exception.missing, "f[2].complete")
        answers["f"][2].complete = True
        state.current.gathering.clear()
        self.assertEqual(answers["f"].number(), 3)
        self.assertEqual((answers["f"].gathered, answers["f"].there_is_another), (True, False))
        self.assertFalse(hasattr(answers["f"], "there_is_one_other"))

    def test_add_to_an_empty_list(self):
        answers = self.request("_da_list_add", {"list": "f"}, checkin=True)
        answers["f"].clear()
        answers["f"].there_are_any = False
        with self.assertRaises(MissingAttribute):
            actions.process_action()
        answers["f"][0].complete = True
        state.current.gathering.clear()
        self.assertEqual((answers["f"].number(), answers["f"].there_are_any), (1, True))

    def test_remove(self):
        answers = self.request("_da_list_remove", {"list": "f", "item": "0"}, checkin=True)
        actions.process_action()
        self.assertEqual([(item.instanceName, str(item)) for item in answers["f"]], [("f[0]", "b")])

    def test_remove_the_last(self):
        answers = self.request("_da_list_remove", {"list": "f", "item": "0"}, checkin=True)
        answers["f"].elements.pop()
        actions.process_action()
        self.assertEqual((answers["f"].number(), answers["f"].there_are_any), (0, False))

    def test_edit_stacks_the_attributes(self):
        items = [{"follow up": ["f[0].name.text", "f[0].size"]},
                 {"action": "_da_list_ensure_complete", "arguments": {"group": "f"}}]
        self.request("_da_list_edit", {"items": items})
        with self.assertRaises(ForcedNames) as raised:
            actions.process_action()
        self.assertEqual((raised.exception.names, raised.exception.forced), (["f[0].name.text"], True))
        self.assertEqual([entry["action"] for entry in stack.existing()],
                         ["f[0].name.text", "f[0].size", "_da_list_ensure_complete"])

    def test_without_persistence_nothing_is_stacked(self):
        answers = self.request("show", {}, checkin=True)
        with self.assertRaises(ForcedNames) as raised:
            actions.process_action()
        self.assertEqual(raised.exception.names, ["show"])
        self.assertEqual(answers["_internal"]["event_stack"], {})
        actions.process_action()                    # a later pass of the request does not run it again
        self.assertEqual(actions.action_argument(), "show")

    def test_the_stack_is_worked_off(self):
        answers = self.request("show", {"k": 1})
        with self.assertRaises(ForcedNames):
            actions.process_action()
        self.assertEqual(stack.existing(), [{"action": "show", "arguments": {"k": 1}, "context": {}}])
        self.assertEqual(actions.action_argument("k"), 1)
        self.assertIsNone(actions.action_argument("q"))
        stack.pop("show")
        stack.push_all([stack.entry("_da_set", {"variables": [["q", 5]]}, {}), stack.entry("z")])
        with self.assertRaises(ForcedNames) as raised:
            actions.process_action()
        self.assertEqual((answers["q"], raised.exception.names), (5, ["z"]))

    def test_builtin_actions(self):
        for name, arguments, check in (
                ("_da_undefine", {"variables": ["a"]}, lambda answers: "a" not in answers),
                ("_da_invalidate", {"variables": ["a"]}, lambda answers: answers["_internal"]["dirty"] == {"a": 1}),
                ("_da_set", {"variables": [["a", 2], ["f[0].size", 3]]}, lambda answers: (answers["a"], answers["f"][0].size) == (2, 3))):
            with self.subTest(name):
                answers = self.request(name, arguments, checkin=True)
                answers["a"] = 1
                actions.process_action()
                self.assertTrue(check(answers))

    def test_priority_empties_the_stack(self):
        answers = self.request("_da_priority_action", {"_action": "b", "_arguments": {"k": 2}})
        stack.push_all([stack.entry("a")])
        with self.assertRaises(ForcedNames):
            actions.process_action()
        self.assertEqual([entry["action"] for entry in stack.existing()], ["b"])
        self.assertEqual(actions.action_arguments(), {"k": 2})
        self.assertIn("f", answers)


if __name__ == "__main__":
    unittest.main()
