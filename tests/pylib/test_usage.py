"""The library by the usage tables: every name is there, what is used is tested, what is absent says so (usage 17 and 18)."""
import inspect
import pathlib
import re
import unittest
from unittest import mock

import support
from chancery_host.errors import DANotAvailable
from chancery_host.functions.absent import ABSENT, CLASSES

HERE = pathlib.Path(__file__).resolve().parent
USAGE = HERE.parent.parent.parent / "shared" / "specs" / "docassemble-usage.md"

# Need a service that this server does not have yet: mail and messages, documents, background tasks, other sessions, accounts, the web.
NEEDS_A_SERVICE = """
send_email send_sms background_action background_error_action include_docx_template pdf_concatenate overlay_pdf SimpleTextMachineLearner
interview_list interview_menu get_session_variables store_variables_snapshot manage_privileges set_user_info DAWeb
""".split()
# Methods of such classes, or of plain Python objects.
OF_ABSENT_CLASSES = "ready post predict key active delete_credentials run get_data set_data status geocode geolocate fix_up from_url get_pdf_fields".split()

PREPARED = """
home = Address('home', address='1 Main St', unit='Apt 2', city='Troy', state='NY', zip='12180')
ann = Individual('ann')
ann.name.first = 'Ann'
ann.name.last = 'Lee'
ann.address = home
firm = Organization('firm')
firm.name.text = 'Acme'
things = DAList('things', auto_gather=False, gathered=True)
things.append(DAObject('things[0]', size=1), DAObject('things[1]', size=2))
pick = DASet('pick', auto_gather=False, gathered=True)
pick.add(1, 2)
table = DAOrderedDict('table', auto_gather=False, gathered=True)
table['z'] = 1
table['a'] = 2
text = DATemplate('text', content='**c**', subject='*s*')
"""
LINK = "/interview?action=%s&i=docassemble.demo:data/questions/x.yml"
# (expression, value): names and methods of the tables that no other test of the library looks at.
ROWS = [
    ("get_config('nothing'), get_config('nothing', 'preset')", (None, "preset")),
    ("interview_url_action('go')", "http://host" + LINK % "eyJhY3Rpb24iOiAiZ28iLCAiYXJndW1lbnRzIjoge319" + "&session=S1"),
    ("interview_url_action('go', local=True)", LINK % "eyJhY3Rpb24iOiAiZ28iLCAiYXJndW1lbnRzIjoge319" + "&session=S1"),
    ("url_ask(['a', {'recompute': ['b']}])",
     LINK % "eyJhY3Rpb24iOiAiX2RhX2ZvcmNlX2FzayIsICJhcmd1bWVudHMiOiB7InZhcmlhYmxlcyI6IFsiYSIsIHsicmVjb21wdXRlIjogWyJiIl19XX19"),
    ("interview_url_as_qr()", "[QR http://host/interview?i=docassemble.demo:data/questions/x.yml&session=S1]"),
    ("referring_url(default='d')", "d"), ("set_progress(40) or get_progress()", 40), ("set_title(title='T') or _internal['title']", "T"),
    ("start_time().year", 2024), ("DA.capitalize('abc')", "Abc"),
    ("isinstance(ChildList('c'), DAList), ChildList('c').object_type is Individual", (True, True)),
    ("Income('inc', auto_gather=False, gathered=True).total()", 0), ("firm.name.text, str(firm)", ("Acme", "Acme")),
    ("list(table.keys()), list(table.values())", (["z", "a"], [1, 2])), ("DAFileCollection('c').as_list()", []),
    ("ann.address_block()", "[FLUSHLEFT] Ann Lee [NEWLINE] 1 Main St [NEWLINE] Apt 2 [NEWLINE] Troy, NY 12180"),
    ("home.line_one(), home.line_two()", ("1 Main St, Apt 2", "Troy, NY 12180")), ("ann.last_name_hint(), ann.first_name_hint()", ("", "")),
    ("home.was_geocoded_successfully()", False), ("LegalFiling.__mro__[1] is Document", True),
    ("things.filter(size=2).number(), things.filter(size=2)[0] is things[1]", (1, True)), ("things.number_gathered()", 2),
    ("ann.did_verb('walk')", "walked"), ("things.remove(things[0]) or (things.number(), things[0].instanceName)", (1, "things[0]")),
    ("things.insert(0, 5) or things.elements[0]", 5), ("things.reset_gathered() or things.attribute_defined('gathered')", False),
    ("pick.discard(1) or sorted(pick.union({3}))", [2, 3]), ("table.setdefault('q', 4), table['q'], table.setdefault('z', 9)", (4, 4, 1)),
    ("dict(table.copy())", {"z": 1, "a": 2}), ("text.content_as_html(), text.subject_as_html()", ("<p><strong>c</strong></p>", "<em>s</em>")),
    ("capitalize(text='ab'), noun_plural(noun='cat', number_or_list=2), noun_singular(noun='cats', number=1)", ("Ab", "cats", "cat")),
    ("indefinite_article(noun='hour'), verb_past(verb='go'), verb_present('eat', tense='3pl')", ("an hour", "went", "eat")),
    ("ordinal(2, False), ordinal(n=1, use_word=True), ordinal_number(n=3), nice_number(3, False, False)", ("3rd", "second", "third", "3")),
    ("add_separators(['a', 'b', 'c'], ',', ' and', '!')", ["a,", "b and", "c!"]),
    ("define(var='q', val=4) or q, set_variables(variables={'w': [1]}) or w, transform_json_variables(obj={'a': '10:00:00'})['a'].hour", (4, [1], 10)),
    ("us.states.mapping('abbr', 'name')['VI'], len(us.states.mapping('name', 'fips')), us.states.lookup('pa').fips", ("Virgin Islands", 55, "42")),
    ("us.states.lookup('42').name, str(us.states.NY), us.states.lookup('nowhere'), len(us.STATES)", ("Pennsylvania", "New York", None, 50)),
    ("DAFileList('l', elements=[DAFile('l[0]', number=3, filename='a.png')]).show('2in')", "[FILE 3, 2in, None]"),
    ("StaticFile.num_pages()", 1), ("StaticFile.set_attributes(private=False) or StaticFile.private", False), ("DAStaticFile('s', filename='a.csv').mimetype", "text/csv"),
]


def table(number):
    """(name, uses in Ex, Demo, Pkg, P) of a table."""
    text = USAGE.read_text(encoding="utf-8")
    part = text[text.index("\n## %d. " % number) + 1:]
    for line in part[:part.index("\n## ")].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) >= 6 and cells[0].isdigit():
            yield cells[1].strip("`"), [int(cell) for cell in cells[2:6]]


def signatures():
    """(name, names of its arguments but for the free ones) of each function of table 17."""
    for line in USAGE.read_text(encoding="utf-8").splitlines():
        found = re.match(r"\| \d+ \| `(\w+)` (?:\| \d+ ){4}\| `\w+\((.*?)\)` \|", line)
        if found:
            # Texts and what stands behind a colon are no names.
            plain = re.sub(r"'[^']*'|\"[^\"]*\"|:\s*\w+", "", found[2])
            yield found[1], re.findall(r"(?:^|, )(\w+)", plain)


def matters(uses):
    """Used by real packages, or often."""
    return uses[2] + uses[3] > 0 or sum(uses[:3]) >= 10


class Usage(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.answers = support.begin()
        support.run("StaticFile = DAFile('StaticFile', filename='a.txt', number=3)\n" + PREPARED, self.answers)

    def test_rows(self):
        for expression, value in ROWS:
            with self.subTest(expression):
                self.setUp()
                self.assertEqual(eval(expression, self.answers), value)

    def test_absent_names_say_so_by_name(self):
        for name in sorted(ABSENT):
            with self.subTest(name):
                with self.assertRaisesRegex(DANotAvailable, r"\b%s\b" % name):
                    eval("%s('a')" % name, self.answers)
                with self.assertRaisesRegex(DANotAvailable, r"\b%s\b" % name):
                    eval("%s()" % name if name in CLASSES else "%s(x=1)" % name, self.answers)

    def test_background_responses_carry_the_next_event(self):
        from chancery_host.signals import BackgroundReply
        with self.assertRaises(BackgroundReply) as caught:
            eval("background_response_action('next', size=3)", self.answers)
        self.assertEqual((caught.exception.action, caught.exception.arguments), ("next", {"size": 3}))

    def test_the_caption_of_a_filing(self):
        support.run("case = Case('case')\ncase.court.name = 'Court of Appeals'\ncase.case_id = '12-3'\nfiling = LegalFiling('filing', case=case, title='Brief')\n"
                    "for side, name in ((case.plaintiff, 'Ann Lee'), (case.defendant, 'Acme')):\n"
                    "    side.auto_gather = False\n    side.gathered = True\n    side.appendObject(Person)\n    side[0].name.text = name\n"
                    "case.firstParty, case.secondParty = case.plaintiff, case.defendant\n", self.answers)
        caption = eval("filing.caption()", self.answers)
        for part in ("[BEGIN_CAPTION]", "Ann Lee,", "Acme,", "Plaintiff", "Defendant", "[VERTICAL_LINE]", "Case No. 12-3", "[END_CAPTION]", "[BOLDCENTER] Brief"):
            self.assertIn(part, caption)

    def test_a_catch_all_guesses_its_datatype_from_its_use(self):
        support.run("c = DACatchAll('c')\nc.value = '3'\nint(c)", self.answers)
        self.assertEqual(eval("c.data_type_guess()", self.answers), "integer")

    def test_a_map_needs_a_service(self):
        with self.assertRaisesRegex(DANotAvailable, "map_of"):
            eval("map_of(home)", self.answers)

    @unittest.skipUnless(USAGE.exists(), "no ../shared here")
    def test_every_name_of_the_table_is_there(self):
        import docassemble.base.legal
        import docassemble.base.util
        for name, _ in table(17):
            self.assertTrue(hasattr(docassemble.base.util, name) or hasattr(docassemble.base.legal, name), name)

    @unittest.skipUnless(USAGE.exists(), "no ../shared here")
    def test_every_function_takes_the_arguments_of_the_table_by_name(self):
        import docassemble.base.util
        for name, arguments in signatures():
            what = getattr(docassemble.base.util, name, None)
            if what is not None and not isinstance(what, type):
                with self.subTest(name):
                    inspect.signature(what).bind(**dict.fromkeys(arguments))

    @unittest.skipUnless(USAGE.exists(), "no ../shared here")
    def test_what_is_used_and_absent_is_known_to_need_a_service(self):
        absent = {name for name, uses in table(17) if matters(uses) and name in ABSENT}
        self.assertEqual(absent - set(NEEDS_A_SERVICE), set())

    @unittest.skipUnless(USAGE.exists(), "no ../shared here")
    def test_every_method_of_the_table_is_there(self):
        import docassemble.base.util
        classes = [value for value in vars(docassemble.base.util).values() if isinstance(value, type)]
        for name, _ in table(18):
            self.assertTrue(name in OF_ABSENT_CLASSES or any(hasattr(kind, name) for kind in classes), name)

    @unittest.skipUnless(USAGE.exists(), "no ../shared here")
    def test_what_is_used_is_tested(self):
        words = set()
        for path in list(HERE.glob("*.py")) + list((HERE.parent / "engine").glob("*.py")):
            words.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
        for number in (17, 18):
            untested = [name for name, uses in table(number) if matters(uses) and name not in ABSENT and name not in words]
            self.assertEqual(untested, [], "table %d" % number)

    def test_a_table_is_written_once_its_file_has_a_number(self):
        """Asking for one may end the call, which is then made again from its start."""
        from chancery_host import kept
        from chancery_host.objects import tables
        from chancery_host.signals import Wanted
        writer = mock.Mock()
        with mock.patch.object(kept, "available", return_value=True), mock.patch.object(kept, "next_number", side_effect=Wanted), \
                mock.patch.dict(tables.WRITERS, csv=writer), self.assertRaises(Wanted):
            tables.export([["Name"], ["Ann"]], "list.csv", None, None, True, None)
        writer.assert_not_called()


if __name__ == "__main__":
    unittest.main()
