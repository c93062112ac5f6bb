"""`interview check`: every file of bad/ gets exactly the reports that stand beside it in a .txt; what works is not reported; the command tells both.

Rows are written from language specification 1 to 4 and 6.2: a key that the tables of section 3 and 4 do not have, a name that no block defines …
ENGINE_DRIVER and ENGINE_LIBRARY as in drive.py; CHANCERY names the program."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import unittest

from drive import EngineCase

BAD = pathlib.Path(__file__).parent / "bad"
CORPUS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "corpus" / "docassemble"

END = "---\nevent: the_end\nquestion: Bye\n"
START = "mandatory: True\ncode: |\n  %s\n  the_end\n" + END

# (a sentence, an interview that works)
SILENT = [
    ("a generic question reaches every object of its class",
     "objects:\n  - ann: Individual\n---\n" + START % "ann.name.first" + "---\ngeneric object: Individual\nquestion: Name of ${ x }?\nfields:\n"
     "  - First: x.name.first\n  - Last: x.name.last\n"),
    ("items of a list are asked for by their attribute, with any index",
     "objects:\n  - pets: DAList.using(object_type=Thing)\n---\n" + START % "pets.gather()" + "---\nquestion: Any?\nyesno: pets.there_are_any\n---\n"
     "question: Another?\nyesno: pets.there_is_another\n---\nquestion: Name of the ${ ordinal(i) }?\nfields:\n  - Name: pets[i].name.text\n"),
    ("whatever defined() is asked about may come from outside", START % "if defined('campaign'):\n    campaign"),
    ("arguments of show() are names in the template",
     START % "letter.show(company='A')" + "---\ntemplate: letter\ncontent: Dear ${ company }\n"),
    ("names of loops, functions and comprehensions are local",
     START % "[y for y in range(3)]\n  def f(a, *b, **c):\n    return a, b, c\n  f(1)" + "---\nquestion: |\n  % for z in [1]:\n  ${ z } ${ loop.index }\n  % endfor\n"
     "  <% w = 1 %>${ w }\n  <%def name=\"g(q)\">${ q }</%def>${ g(1) }\nevent: other\n"),
    ("a table's cells know their row",
     START % "t" + "---\ntable: t\nrows: [1, 2]\ncolumns:\n  - A: row_item\n  - header: B\n    cell: row_index\n"),
    ("fields that code makes may define anything", START % "made" + "---\nquestion: A?\nfields:\n  - code: |\n      [{'label': 'A', 'field': 'ma' + 'de'}]\n"),
    ("modifiers of an author's own datatype are the author's",
     START % "a" + "---\nquestion: A?\nfields:\n  - A: a\n    datatype: plate\n    country of plate: de\n    colour: ${ 1 }\n"),
    ("each language may have a block of the same id",
     START % "a" + "---\nid: a\nquestion: A?\nfields:\n  - A: a\n---\nid: a\nlanguage: es\nquestion: ¿A?\nfields:\n  - A: a\n"),
    ("a file without a mandatory block is there to be included", "question: ${ theirs }?\nfields:\n  - A: never_asked_here\n"),
    ("embedded blocks define for the question around them",
     START % "a" + "---\nquestion: Which?\nbuttons:\n  - One:\n      code: |\n        a = 1\n  - Two:\n      question: How many?\n      fields:\n        - A: a\n"
     "  - Leave: exit\n    url: https://example.com\n"),
    ("keys are known in upper case", "MANDATORY: True\nQuestion: Hello\nSubQuestion: |\n  Text\n"),
    ("a comment alone is no block", "comment: |\n  Nothing\n---\nmandatory: True\nquestion: Hello\n"),
    ("names that a question is asked for by computed names are reached", START % "force_ask('fruit_' + 'one')" + "---\nquestion: One?\nfields:\n  - One: fruit_one\n"),
    ("expressions may have several lines", START % "a" + "---\nif: |\n  1 == 1 and\n  2 == 2\nquestion: A?\nfields:\n  - A: a\n    required: |\n      today() and\n      True\n"),
    ("words of yes and no are texts, not booleans", START % "a" + "---\nquestion: A?\nfield: a\nchoices:\n  - yes\n  - no\n  - on: 1\n"),
    ("with the catch-all names need no definition", "features:\n  use catchall: True\n---\n" + START % "anything" + "---\ngeneric object: DACatchAll\nquestion: Value?\nfields:\n  - Value: x.value\n"),
    ("a template with a target is reached by its mark", START % "1" + "under: |\n  [TARGET spot]\n---\ntemplate: told\ntarget: spot\ncontent: Hello\n"),
    ("modules of the standard library export their names", "modules:\n  - math\nimports:\n  - json\n---\n" + START % "json.dumps(sqrt(4))"),
]


class Reports(EngineCase):
    def reports(self, interview):
        self.engine.write(interview)
        reply = self.engine.call("check")
        self.assertEqual(reply["outcome"], "metadata", reply["error"])
        own = [row for row in reply["json"] if row["name"] == self.engine.current]
        self.assertEqual(own, reply["json"])
        return ["%d:%d: %s: %s" % (row["line"], row["column"], row["severity"], row["text"]) for row in own]

    def test_what_is_bad_is_told_with_its_place(self):
        for path in sorted(BAD.glob("*.yml")):
            with self.subTest(path.stem):
                self.assertEqual(self.reports(path.read_text(encoding="utf-8")), path.with_suffix(".txt").read_text(encoding="utf-8").splitlines())

    def test_what_works_is_not_told(self):
        for sentence, interview in SILENT:
            with self.subTest(sentence):
                self.assertEqual(self.reports(interview), [])

    def test_modules_of_the_package_are_read_and_never_run(self):
        self.engine.module("helpers", "raise SystemExit\nfrom .deeper import *\nfrom docassemble.base.util import *\n\ndef helper():\n    return 1\n\n"
                           "class Boat(DAObject):\n    def size(self):\n        return self.length\n")
        self.engine.module("deeper", "depth = 3\n")
        uses = "modules:\n  - .helpers\n---\nobjects:\n  - boat: Boat\n---\n" + START % "helper() + depth + boat.size()" + \
               "---\nquestion: How long?\nfields:\n  - Length: boat.length\n    datatype: number\n"
        self.assertEqual(self.reports(uses), [])
        self.assertEqual(self.reports(uses.replace("+ depth", "+ deepth")), ["9:14: error: nothing defines 'deepth'; did you mean 'depth'?"])

    def test_datatypes_may_come_from_a_module(self):
        self.engine.module("types_", "from docassemble.base.util import CustomDataType\n\nclass Own(CustomDataType):\n    name = 'textC'\n")
        uses = START % "a" + "---\nquestion: A?\nfields:\n  - A: a\n    datatype: textC\n"
        self.assertEqual(self.reports("modules:\n  - .types_\n---\n" + uses), [])
        self.assertEqual(self.reports(uses), ["12:15: warning: unknown datatype 'textC'; did you mean 'text'?"])

    def test_an_interview_that_loops_when_it_runs_is_only_read(self):
        self.assertEqual(self.reports("mandatory: True\ncode: |\n  while True:\n    pass\n---\nmandatory: True\nquestion: Bye\n"), [])

    def test_an_error_in_an_included_file_stands_there(self):
        included = pathlib.Path(self.engine.questions) / "included.yml"
        included.write_text("code: |\n  a = (\n", encoding="utf-8")
        self.engine.write("include:\n  - included.yml\n---\nmandatory: True\nquestion: Hello\n")
        self.assertEqual([(row["name"], row["path"], row["line"], row["column"]) for row in self.engine.call("check")["json"]],
                         [("docassemble.tests:data/questions/included.yml", str(included), 2, 7)])

    def test_failing_allocations_end_in_an_error_or_a_report(self):
        text = (BAD / "modifiers.yml").read_text(encoding="utf-8")
        whole = self.reports(text)
        for number in range(1, 400, 7):
            reply = self.engine.call("check", fault=number)
            if not reply["fault"]:
                break
            self.assertIn(reply["outcome"], ("error", "metadata"))
        self.assertEqual(self.reports(text), whole)


@unittest.skipUnless(os.environ.get("CHANCERY"), "CHANCERY names no program")
class Command(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-check-test"))

    def tearDown(self):
        shutil.rmtree(self.folder)

    def check(self, *words):
        clean = {**{k: v for k, v in os.environ.items() if not k.startswith("CHANCERY_")}, "TMPDIR": str(self.folder)}
        return subprocess.run([os.environ["CHANCERY"], "interview", "check", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              encoding="utf-8", cwd=self.folder, env=clean, timeout=120)

    def put(self, path, text):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def test_a_clean_file_is_passed_in_silence(self):
        self.put("a.yml", "mandatory: True\nquestion: Hello\n")
        done = self.check("a.yml")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_warnings_alone_end_with_0_and_can_be_kept_quiet(self):
        self.put("a.yml", "mandatory: True\nquestion: Hello\nsubqestion: x\n")
        done = self.check("a.yml")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "a.yml:3:1: warning: unknown key 'subqestion'; did you mean 'subquestion'?\n", ""))
        self.assertEqual(self.check("--quiet", "a.yml").stdout, "")

    def test_errors_end_with_1_as_text_and_as_json(self):
        self.put("a.yml", "mandatory: True\nquestion: Hello ${ nobody }\n")
        done = self.check("a.yml")
        self.assertEqual((done.returncode, done.stdout), (1, "a.yml:2:20: error: nothing defines 'nobody'\n"))
        done = self.check("a.yml", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout), [{"file": "a.yml", "line": 2, "column": 20, "severity": "error", "text": "nothing defines 'nobody'"}])

    def test_what_is_no_file_is_told_in_one_line(self):
        self.put("empty/readme.txt", "")
        for words, status in ((["none.yml"], 1), (["empty"], 1), ([], 2), (["--nonsense"], 2)):
            with self.subTest(words):
                done = self.check(*words)
                self.assertEqual((done.returncode, done.stdout), (status, ""))
                self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_a_package_is_found_in_a_folder_of_packages_and_in_its_source_tree(self):
        for root in ("packages/docassemble.boats", "docassemble-boats/docassemble/boats"):
            with self.subTest(root):
                self.put(root + "/data/questions/a.yml", "include:\n  - b.yml\n---\nmandatory: True\ncode: |\n  depth\n  the_end\n" + END + "---\ntemplate: t\n"
                         "content file: t.md\n")
                self.put(root + "/data/questions/b.yml", "modules:\n  - .helpers\n")
                self.put(root + "/data/templates/t.md", "Hello\n")
                self.put(root + "/data/sources/other.yml", "no: interview\n")
                self.put(root + "/helpers.py", "depth = 1\n")
                done = self.check(root.partition("/")[0])
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, root + "/data/questions/a.yml:12:1: warning: nothing reaches this block: nothing "
                                                                               "asks for 't'\n", ""))

    def test_a_file_that_several_include_is_told_once(self):
        self.put("q/b.yml", "code: |\n  a = (\n")
        for name in ("a", "c"):
            self.put("q/%s.yml" % name, "include:\n  - b.yml\n---\nmandatory: True\nquestion: Hello\n")
        self.assertEqual(self.check("q").stdout, "q/b.yml:2:7: error: Python: '(' was never closed\n")

    def test_a_name_is_looked_up_among_the_installed_packages(self):
        self.put("packages/docassemble.boats/data/questions/a.yml", "mandatory: True\nquestion: Hello ${ nobody }\n")
        done = self.check("docassemble.boats:a.yml", "--set", "interviews.packages=" + str(self.folder / "packages"))
        self.assertEqual((done.returncode, done.stdout), (1, "packages/docassemble.boats/data/questions/a.yml:2:20: error: nothing defines 'nobody'\n"))
        done = self.check("docassemble.boats:none.yml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not found", done.stdout)

    def test_nothing_is_left_behind(self):
        self.put("a.yml", "mandatory: True\nquestion: Hello\n")
        self.check("a.yml")
        self.assertEqual(list(self.folder.glob("chancery-*")), [])

    @unittest.skipUnless(CORPUS.exists(), "no corpus beside the project")
    def test_interviews_that_work_are_hardly_ever_told(self):
        done = self.check(CORPUS, "--json")
        told = {row["file"] for row in json.loads(done.stdout)}
        count = len(list(CORPUS.glob("*/data/questions/**/*.yml")))
        self.assertGreater(count, 500)
        self.assertLess(len(told), 0.02 * count, sorted(told))

    @unittest.skipUnless(CORPUS.exists(), "no corpus beside the project")
    def test_slips_of_the_keyboard_are_nearly_always_told(self):
        """One in each of the files: a key, a modifier, a name that is used or asked for."""
        kinds = [r"^([a-z][a-z ]+[a-z]):", r"^    ([a-z][a-z ]+[a-z]): ", r"\$\{ ?([a-z_]{5,})", r"^  - [^:\n]+: ([a-z_]{5,})$"]
        rng, slips = random.Random(1), 0
        shutil.copytree(CORPUS, self.folder / "corpus")
        for file in sorted((self.folder / "corpus").glob("*/data/questions/**/*.yml")):
            text = file.read_text(encoding="utf-8")
            places = [found for found in (list(re.finditer(kind, text, re.M)) for kind in kinds) if found]
            found = rng.choice(rng.choice(places)) if places else None
            at = rng.randrange(found.start(1) + 1, found.end(1) - 1) if found and found.end(1) - found.start(1) > 3 else 0
            if at and text[at] != text[at + 1]:
                file.write_text(text[:at] + text[at + 1] + text[at] + text[at + 2:], encoding="utf-8")
                slips += 1
        told = {row["file"] for row in json.loads(self.check("corpus", "--json").stdout)}
        self.assertGreater(slips, 400)
        self.assertGreater(len(told), 0.9 * slips)


if __name__ == "__main__":
    unittest.main()
