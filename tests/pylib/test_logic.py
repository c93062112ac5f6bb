"""Objects, names and the functions that steer an interview."""
import subprocess
import sys
import unittest

import support
from chancery_host import state
from chancery_host.errors import DAError, DANotAvailable, DAValidationError
from chancery_host.functions import stack
from chancery_host.signals import ForcedNames, MissingAttribute, MissingItem, MissingName, Reply, ReRun, Screen


class Case(unittest.TestCase):
    def setUp(self):
        self.answers = support.begin()

    def run_code(self, code):
        support.run(code, self.answers)

    def value(self, expression):
        return eval(expression, self.answers)


class Objects(Case):
    def test_implicit_names(self):
        self.run_code("""
fruit = DAList()
veg = DADict(object_type=Thing)
a = b = DAObject()
def make():
    global made
    made = DAObject()
    hidden = DAObject()
    return hidden
kept = make()
user = Individual()
user.mother = Individual()
user.pets = DAList()
user.pets.append(DAObject())
d = DADict()
d['k'] = DAObject()
class Own(DAObject):
    def init(self, *args, **kwargs):
        super().init(*args, **kwargs)
        self.initializeAttribute('part', DAObject)
own = Own()
parted = Thing.using(color='red')()
""")
        for expression, want in (("fruit", "fruit"), ("veg", "veg"), ("a", "a"), ("b", "a"), ("made", "made"), ("user.mother", "user.mother"),
                                 ("user.mother.name", "user.mother.name"), ("user.pets", "user.pets"), ("user.pets[0]", "user.pets[0]"),
                                 ("d['k']", "d['k']"), ("own", "own"), ("own.part", "own.part"), ("parted", "parted")):
            with self.subTest(expression):
                self.assertEqual(self.value(expression + ".instanceName"), want)
        self.assertRegex(self.value("kept.instanceName"), "^[A-Za-z]{12}$")

    def test_an_explicit_name_stays(self):
        self.run_code("a = DAObject('tree')\nb = DAObject('b')\nb.other = a\nl = DAList('l')\nl.append(a)")
        self.assertEqual(self.value("b.other.instanceName"), "tree")
        self.assertEqual(self.value("l[0].instanceName"), "tree")
        self.run_code("l.append(DAObject('x'), set_instance_name=True)")
        self.assertEqual(self.value("l[1].instanceName"), "l[1]")

    def test_missing_attributes(self):
        self.run_code("user = Individual()")
        for expression, missing in (("user.age", "user.age"), ("user.name.first", "user.name.first"), ("str(user)", "user.name.first"),
                                    ("user.address.block()", "user.address.address")):
            with self.subTest(expression):
                with self.assertRaises(MissingAttribute) as raised:
                    self.value(expression)
                self.assertEqual(str(raised.exception), "name '%s' is not defined" % missing)
        self.assertFalse(self.value("hasattr(user, 'age') or user.attribute_defined('age') or bool(user.attr('age'))"))
        with self.assertRaises(AttributeError) as raised:
            self.value("user.__nothing__")
        self.assertNotIsInstance(raised.exception, MissingAttribute)
        with self.assertRaises(MissingItem) as raised:
            self.value("DADict('d')['k\\'s']")
        self.assertEqual(raised.exception.missing, 'd["k\'s"]')

    def test_identity_and_order(self):
        self.run_code("a = Thing()\nb = Thing()\na.name.text = b.name.text = 'x'")
        self.assertFalse(self.value("a == b"))
        self.assertTrue(self.value("a == a and a <= b and not a < b and len({a, b}) == 2"))

    def test_attributes(self):
        self.run_code("a = DAObject()\na.initializeAttribute('b', Thing.using(color='red'))\na.b.size = 1\na.initializeAttribute('b', DAObject)")
        self.assertEqual(self.value("(a.b.color, a.b.size, a.b.instanceName, a.attr_name('c'))"), ("red", 1, "a.b", "a.c"))
        self.run_code("a.reInitializeAttribute('b', DAObject)\na.delattr('c')")
        self.assertFalse(self.value("hasattr(a.b, 'color')"))

    def test_copies(self):
        self.run_code("a = Individual()\na.name.first = 'A'\na.me = a\nb = a.copy_deep('b')\nc = a.copy_shallow('c')")
        self.assertEqual(self.value("(b.name.instanceName, b.me is b, c.name is a.name, c.instanceName)"), ("b.name", True, True, "c"))

    def test_empty_object(self):
        self.run_code("e = DAEmpty()")
        self.assertEqual(self.value("str(e) + str(e.a[3]('x').b) + str(list(e))"), "[]")
        self.assertFalse(self.value("bool(e) or 'a' in e"))
        self.assertEqual(self.value("str(DAEmpty(str='none'))"), "none")

    def test_catch_all(self):
        self.run_code("c = DACatchAll('c')")
        with self.assertRaises(MissingAttribute) as raised:
            self.value("str(c)")
        self.assertEqual(raised.exception.missing, "c.value")
        self.run_code("c.value = 3")
        self.assertEqual(self.value("(c + 2, str(c), c > 1)"), (5, "3", True))

    def test_lazy_template(self):
        self.run_code("t = DALazyTemplate(source_block=4, loop_values={'i': 2})")
        self.assertEqual(self.value("t.content"), "content of block 4 with ['i']")
        self.assertEqual(self.value("t.show(a=1)"), "content of block 4 with ['a', 'i']")
        with self.assertRaises(MissingAttribute):
            self.value("t.other")

    def test_what_a_template_misses_is_not_hidden(self):
        def render(template_id, extra):
            raise MissingAttribute("user.name.first")
        kept, support.engine.render = support.engine.render, render
        self.addCleanup(setattr, support.engine, "render", kept)
        self.run_code("t = DALazyTemplate(source_block=4)")
        with self.assertRaises(MissingAttribute) as raised:
            self.value("t.content")
        self.assertEqual(raised.exception.missing, "user.name.first")

    def test_legal(self):
        self.run_code("case = Case()\ncase.plaintiff.appendObject().name.text = 'P'\ncase.plaintiff.gathered = True\ncase.defendant.gathered = True")
        self.assertEqual(self.value("(case.firstParty is case.plaintiff, case.role_of(case.plaintiff[0]), len(case.parties()))"),
                         (True, "plaintiff", 1))
        self.assertEqual(self.value("type(case).__module__"), "docassemble.base.legal")

    def test_context(self):
        self.run_code("c = DAContext(question='q', document='d', docx='x')")
        for kind, want in (("standard", "q"), ("docx", "x"), ("pdf", "d"), ("pandoc", "d")):
            state.current.inside_of = kind
            self.assertEqual(self.value("str(c)"), want)

    def test_relations(self):
        self.run_code("tree = RelationshipTree()\nuser = Individual()\nfather = Individual(gender='male')\n"
                      "user.set_relationship(father, 'parent', 'child', tree)")
        self.assertIs(self.value("user.get_relation('parent', tree, self_is='child', filter_by={'gender': 'male'})"), self.answers["father"])
        self.assertTrue(self.value("father.is_relation(user, 'parent', tree, self_is='child')"))
        self.assertIsNone(self.value("user.get_peer_relation('friend', tree)"))
        with self.assertRaises(MissingAttribute):
            self.value("user.get_spouse(tree)")


class Logic(Case):
    def test_defined(self):
        self.run_code("a = {'k': [1]}\nuser = Individual()\nuser.name.first = 'A'\nf = DAList(object_type=Thing)\ni = 0\nf[0].size = None")
        for name, want in (("a", True), ("a['k']", True), ("a['k'][0]", True), ("a['k'][1]", False), ("a['q']", False), ("nope", False),
                           ("user.name.first", True), ("user.name.last", False), ("user.mother.name.first", False), ("f[0].size", True),
                           ("f[i].size", True), ("f[1].size", False), ("f[j].size", False), ("f.gathered", False)):
            with self.subTest(name):
                self.assertIs(self.value("defined(%r)" % name), want)
        self.assertEqual(len(self.answers["f"].elements), 1)
        for wrong in (None, 5, "f()", "a b"):
            with self.assertRaises(DAError):
                self.answers["defined"](wrong)

    def test_value_and_showifdef(self):
        self.run_code("user = Individual()\na = 3")
        self.assertEqual(self.value("(value('a'), showifdef('a'), showifdef('b', 'none'), showif('a', False, 'no'))"), (3, 3, "none", "no"))
        for name, kind in (("b", MissingName), ("user.age", MissingAttribute), ("c.d", MissingName)):
            with self.assertRaises(kind) as raised:
                self.value("value(%r)" % name)
            self.assertEqual(raised.exception.missing, name.split(".")[0] if name == "c.d" else name)
        with self.assertRaisesRegex(DAError, r"value\(\) must be given a string"):
            self.value("value(None)")

    def test_define_and_undefine(self):
        self.run_code("user = Individual()\nd = DADict()\nl = ['a', 'b']\n"
                      "define('a', 1)\ndefine('user.name.first', 'A')\ndefine('d[\"k\"]', 2)\ndefine('l[0]', 'c')")
        self.assertEqual(self.value("(a, user.name.first, d['k'], l)"), (1, "A", 2, ["c", "b"]))
        self.run_code("undefine('a', 'user.name.first', \"d['k']\", 'nope', 'nope.x', 'user.nope.x', 'l[0]')")
        self.assertEqual(self.value("(defined('a'), defined('user.name.first'), d.elements, l)"), (False, False, {}, ["b"]))

    def test_invalidate_keeps_the_value(self):
        self.run_code("a = 1\nd = DADict(elements={'k': 2})\ninvalidate('a', 'd[\"k\"]', 'nope')")
        self.assertEqual(self.answers["_internal"]["dirty"], {"a": 1, "d['k']": 2})
        self.assertFalse(self.value("defined('a')"))

    def test_reconsider_once(self):
        self.run_code("a = 1")
        with self.assertRaises(MissingName):
            self.run_code("reconsider('a')")
        self.run_code("a = 2\nreconsider('a')")
        self.assertEqual(self.answers["a"], 2)

    def test_force_ask(self):
        self.run_code("user = Individual()")
        with self.assertRaises(ForcedNames) as raised:
            self.run_code("force_ask('user.age', {'recompute': ['b']}, 'c', {'action': 'e', 'arguments': {'k': 1}})")
        self.assertEqual((raised.exception.names, raised.exception.forced), (["user.age"], True))
        self.assertEqual([(entry["action"], entry["arguments"]) for entry in stack.existing()],
                         [("user.age", {}), ("_da_compute", {"variables": ["b"]}), ("c", {}), ("e", {"k": 1})])
        with self.assertRaises(ForcedNames):
            self.run_code("force_ask('c', 'q')")
        self.assertEqual([entry["action"] for entry in stack.existing()], ["q", "user.age", "_da_compute", "c", "e"])
        with self.assertRaises(ForcedNames):
            self.run_code("force_ask('z', forget_prior=True)")
        self.assertEqual([entry["action"] for entry in stack.existing()], ["z"])

    def test_commands_in_front_are_carried_out(self):
        self.run_code("a = b = 1")
        with self.assertRaises(ForcedNames) as raised:
            self.run_code("force_ask({'undefine': ['a']}, {'set': [{'b': 5}]}, 'c')")
        self.assertEqual((raised.exception.names, self.answers.get("a"), self.answers["b"]), (["c"], None, 5))
        self.assertEqual([entry["action"] for entry in stack.existing()], ["c"])

    def test_names_are_checked(self):
        for wrong in ("a()", "import os", "a; b"):
            with self.assertRaises(DAError):
                self.run_code("force_ask(%r)" % wrong)

    def test_aliases_are_evaluated(self):
        self.run_code("f = DAList('f', object_type=Individual)\nchild = f[1]")
        with self.assertRaises(ForcedNames) as raised:
            self.run_code("force_ask('child.name.first', evaluate=True)")
        self.assertEqual(raised.exception.names, ["f[1].name.first"])

    def test_loop_variables_are_remembered(self):
        self.run_code("f = DAList('f', object_type=Individual)\nx = f[0]\ni = 1")
        with self.assertRaises(ForcedNames):
            self.run_code("force_ask('x.name.first', 'f[i].age')")
        self.assertEqual([entry["context"] for entry in stack.existing()], [{"x": "f[0]"}, {"i": 1}])
        for name in ("x", "i"):
            del self.answers[name]
        with self.assertRaises(ForcedNames):
            self.run_code("process_action()")
        self.assertIs(self.answers["x"], self.answers["f"][0])

    def test_force_gather(self):
        with self.assertRaises(MissingName) as raised:
            self.run_code("force_gather('a', 'b')")
        self.assertEqual((raised.exception.missing, self.answers["_internal"]["gather"]), ("a", ["a", "b"]))
        self.run_code("a = 1")
        with self.assertRaises(MissingName) as raised:
            self.run_code("process_action()")
        self.assertEqual(raised.exception.missing, "b")
        self.run_code("b = 2\nprocess_action()")
        self.assertEqual(self.answers["_internal"]["gather"], [])

    def test_forget_result_of(self):
        self.answers["_internal"].update(answered={"ID a", "Question_1"}, answers={"ID a": 0, "ID a|WITH|f": 1, "ID ab": 2})
        self.run_code("forget_result_of('a')")
        self.assertEqual((self.answers["_internal"]["answered"], self.answers["_internal"]["answers"]), ({"Question_1"}, {"ID ab": 2}))

    def test_dispatch(self):
        self.run_code("menu = 'None'\nleft = dispatch('menu')")
        self.assertEqual((self.answers["left"], self.value("defined('menu')")), (True, False))
        with self.assertRaises(MissingName) as raised:
            self.run_code("menu = 'screen'\ndispatch('menu')")
        self.assertEqual(raised.exception.missing, "screen")
        with self.assertRaises(MissingName) as raised:
            self.run_code("screen = True\ndispatch('menu')")
        self.assertEqual((raised.exception.missing, self.value("defined('screen')")), ("menu", False))

    def test_signals(self):
        with self.assertRaises(ReRun):
            self.run_code("re_run_logic()")
        with self.assertRaises(DAValidationError) as raised:
            self.run_code("validation_error('no', field='a')")
        self.assertEqual((str(raised.exception), raised.exception.field), ("no", "a"))
        with self.assertRaises(Screen) as raised:
            self.run_code("message('Over', 'Bye', url='https://x')")
        self.assertEqual(raised.exception.block, {"question": "Over", "subquestion": "Bye",
                                                  "buttons": [{"Exit": "exit", "url": "https://x"}, {"Restart": "restart"}]})
        with self.assertRaises(Screen) as raised:
            self.run_code("message('Over', dead_end=True)")
        self.assertEqual(raised.exception.block, {"question": "Over"})
        with self.assertRaises(Screen) as raised:
            self.run_code("command('leave', url='/list')")
        self.assertEqual(raised.exception.block, {"command": "leave", "url": "/list"})

    def test_replies(self):
        for code, want in (("response('a')", ("text", "a", "text/plain; charset=utf-8", 200)),
                           ("response(binaryresponse=b'a', content_type='image/png', response_code=201)", ("binary", b"a", "image/png", 201)),
                           ("response(url='/x')", ("url", "/x", None, 200)), ("response(null=True)", ("null", None, None, 204)),
                           ("json_response({'b': 1, 'a': DADict('d').elements})", ("json", '{\n  "a": {},\n  "b": 1\n}\n', "application/json", 200))):
            with self.subTest(code):
                with self.assertRaises(Reply) as raised:
                    self.run_code(code)
                reply = raised.exception
                self.assertEqual((reply.kind, reply.body, reply.content_type, reply.status), want)
        with self.assertRaises(Reply) as raised:
            self.run_code("a = 1\nvariables_as_json()")
        self.assertEqual(raised.exception.body, '{\n  "a": 1,\n  "url_args": {}\n}\n')
        self.assertEqual(self.value("all_variables()"), {"a": 1, "url_args": {}})

    def test_session_state(self):
        self.run_code("set_parts(title='T', short='S', exit_label='E')\nset_progress(30)\nset_save_status('ignore')\nprevent_going_back()\n"
                      "mark_task_as_performed('t')\nsession_tags().add('x')\nset_status(a=1)\nset_info(role='r')\nlog('hi', 'info')\n"
                      "explain('why')\nset_language('es')")
        internal = self.answers["_internal"]
        self.assertEqual((internal["title"], internal["short title"], internal["exit label"], internal["progress"], internal["tags"]),
                         ("T", "S", "E", 30, {"x"}))
        self.assertEqual((state.current.save_status, state.current.prevent_back, state.current.message_log),
                         ("ignore", True, [{"message": "hi", "priority": "info"}]))
        self.assertEqual(self.value("(task_performed('t'), task_not_yet_performed('u'), get_status('a'), get_info('role'), get_language(), logic_explanation())"),
                         (True, True, 1, "r", "es", ["why"]))

    def test_user(self):
        self.assertEqual(self.value("(user_info().name(), user_logged_in(), user_has_privilege('admin'), interface(), current_context().session)"),
                         ("Ann Lee", True, True, "web", "S1"))
        answers = support.begin(user={})
        self.assertEqual(eval("(user_info().first_name, user_logged_in(), user_privileges())", answers), ("Anonymous", False, ["user"]))

    def test_device(self):
        for agent, want in (("", "bot"), ("curl/8.0", "bot"), ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "pc"),
                            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E", "mobile"), ("Mozilla/5.0 (iPad; CPU OS 17_0)", "tablet"),
                            ("Mozilla/5.0 (Linux; Android 14; Pixel) Mobile", "mobile"), ("Mozilla/5.0 (Linux; Android 14; Tab)", "tablet")):
            with self.subTest(agent):
                answers = support.begin(user_agent=agent)
                found = [kind for kind in ("bot", "pc", "mobile", "tablet") if getattr(answers["device"](), "is_" + kind)]
                self.assertEqual(found, [want])

    def test_nothing_stays_behind(self):
        self.run_code("set_language('es')\nset_info(user=1)")
        state.end()
        self.assertEqual((state.current.language, state.current.info, state.current.answers), ("en", {}, {}))

    def test_absent_names_say_so(self):
        for name in ("send_email", "pdf_concatenate", "DARedis", "SimpleTextMachineLearner", "background_action"):
            with self.subTest(name):
                with self.assertRaisesRegex(DANotAvailable, "not available yet"):
                    self.value("%s('a')" % name)

    def test_the_engine_can_make_them_available(self):
        kept = {}
        for name, function in (("send_email", lambda *args, **kwargs: (args, kwargs)), ("temporary_url", lambda *args: args),
                               ("given", lambda name: b"7"), ("put", kept.__setitem__)):
            setattr(support.engine, name, function)
            self.addCleanup(delattr, support.engine, name)
        self.assertEqual(self.value("send_email('a', subject='s')"), (("a",), {"subject": "s"}))
        self.assertEqual(self.value("interview_url(temporary=3)")[1:], (3, False))
        self.run_code("f = DAFile()\nf.initialize(filename='a.txt', content='x')\nf.write('y')")
        self.assertEqual(self.value("(f.number, f.ok, f.mimetype, f.url_for())"), (7, True, "text/plain", "/uploadedfile/7/a.txt"))
        self.assertEqual(kept, {'["file", 7, "a.txt", "text/plain", "txt"]': b"y"})

    def test_live_help(self):
        self.run_code("set_live_help_status(availability='available', partner_roles='lawyer')")
        self.assertEqual(self.answers["_internal"]["livehelp"],
                         {"availability": "available", "mode": "help", "roles": [], "partner_roles": ["lawyer"]})
        self.assertEqual(self.value("(chat_partners_available().help, get_chat_log())"), (0, []))

    def test_navigation(self):
        nav = self.answers["nav"]
        nav.set_sections([{"intro": "Introduction"}, {"about": "About", "subsections": [{"contact": "Contact"}]}, {"End": ["last"]}, "Plain"])
        self.assertEqual(nav.section_ids(), ["intro", "about", "contact", "End", "last", "Plain"])
        self.assertTrue(nav.set_section("contact"))
        self.assertFalse(nav.set_section("contact") or nav.set_section("nowhere"))
        self.assertEqual((nav.get_section(), nav.get_section(display=True)), ("contact", "Contact"))


class Weight(unittest.TestCase):
    def test_heavy_libraries_are_loaded_when_they_are_used(self):
        code = ("import sys, docassemble.base.util, chancery_host.snapshot, chancery_host.names, chancery_host.markdown\n"
                "print(sorted({name.split('.')[0] for name in sys.modules} & {'babel', 'markdown', 'phonenumbers', 'num2words',"
                " 'pycountry', 'dateutil', 'mako', 'jinja2', 'yaml', 'pytz', 'pandas'}))")
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(found.stdout.strip(), "[]")

    def test_other_names_of_the_library(self):
        import docassemble.base.core
        import docassemble.base.legal
        import docassemble.base.util
        self.assertIs(docassemble.base.core.DAList, docassemble.base.util.DAList)
        self.assertIs(docassemble.base.legal.Case, docassemble.base.util.Case)
        self.assertEqual(docassemble.base.util.DAList.__module__, "docassemble.base.util")


if __name__ == "__main__":
    unittest.main()
