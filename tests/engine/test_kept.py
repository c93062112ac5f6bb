"""What interviews read and write besides their answers: contents of files, records, stores, objects that sessions share (language 2.5, 3.14, 5; usage 17, 18)."""
import io
import json
import unittest
import zipfile

from drive import EngineCase

UPLOAD = "mandatory: True\nquestion: Done\nsubquestion: |\n  %s\n---\nquestion: Send\nfields:\n  - File: f\n    datatype: files\n"


class Kept(EngineCase):
    def send(self, text, files, contents):
        """The screen after files were posted: (number, name, type, extension) each."""
        engine = self.engine
        engine.ask(UPLOAD % text)
        described = [{"number": number, "filename": name, "mimetype": kind, "extension": end} for number, name, kind, end in files]
        return engine.shown(engine.call("set", files=[{"variable": "f", "files": described}], contents=contents))

    def shown(self, interview):
        return self.engine.ask(interview)["subquestionText"]

    def test_a_text_file_prints_its_contents(self):
        answer = self.send("It says: ${ f }", [(7, "a.txt", "text/plain", "txt")], {"7": "hello\n"})
        self.assertEqual(answer["subquestionText"], "It says: hello")
        info = self.engine.call("variables")["json"]["f"]["elements"][0]["file_info"]
        self.assertEqual({key: info[key] for key in ("filename", "extension", "mimetype", "persistent", "private")},
                         {"filename": "a.txt", "extension": "txt", "mimetype": "text/plain", "persistent": False, "private": True})

    def test_several_files_are_asked_for_and_read(self):
        files = [(8, "a.txt", "text/plain", "txt"), (9, "b.bin", "application/x", "bin")]
        answer = self.send("${ f[0].slurp() }, ${ f[1].slurp() }, ${ f[1].size_in_bytes() }, ${ f.size_in_bytes() }", files, {"8": "one", "9": "two22"})
        self.assertEqual(answer["subquestionText"], "one, b'two22', 5, 8")

    def test_a_path_can_be_opened_as_any_file(self):
        answer = self.send("${ open(f.path()).read() } ${ f.path().endswith('/a.txt') } ${ open(f.path(), 'rb').read() }", [(10, "a.txt", "text/plain", "txt")], {"10": "é"})
        self.assertEqual(answer["subquestionText"], "é True b'\\xc3\\xa9'")

    def test_a_file_of_somebody_else_is_refused(self):
        answer = self.engine
        answer.ask(UPLOAD % "${ f }")
        reply = answer.call("set", files=[{"variable": "f", "files": [{"number": 4711, "filename": "x.txt", "mimetype": "text/plain", "extension": "txt"}]}])
        self.assertEqual(reply["outcome"], "error")
        self.assertEqual(reply["error"], "DANotAvailable: the contents of f[0] are not available")

    def test_a_broad_except_does_not_hide_what_is_wanted(self):
        for clause in ("except Exception:", "except:"):
            code = "---\nmandatory: True\ncode: |\n  f\n  try:\n    text = f.slurp()\n  %s\n    text = 'lost'\n---\nmandatory: True\nquestion: Done\nsubquestion: ${ text }\n" % clause
            self.engine.ask("question: Send\nfields:\n  - File: f\n    datatype: file\n" + code)
            reply = self.engine.shown(self.engine.call("set", files=[{"variable": "f", "files": [{"number": 11, "filename": "a.txt", "mimetype": "text/plain",
                                                                                                "extension": "txt"}]}], contents={"11": "found"}))
            self.assertEqual(reply["subquestionText"], "found")

    def test_a_file_that_code_makes_is_kept(self):
        interview = ("objects:\n  - f: DAFile\n---\nmandatory: True\ncode: |\n  f.initialize(filename='note.txt')\n  f.write('first')\n"
                     "  with open(f.path(), 'a') as out:\n    out.write(' second')\n  f.commit()\n---\nmandatory: True\nquestion: Done\n"
                     "subquestion: ${ f.slurp() } ${ f.filename } ${ f.mimetype } ${ f.ok } ${ f.url_for() }\n")
        answer = self.engine.ask(interview)["subquestionText"]
        number = self.engine.call("variables")["json"]["f"]["number"]
        self.assertEqual(answer, "first second note.txt text/plain True /uploadedfile/%d/note.txt" % number)
        self.assertEqual(self.engine.again()["subquestionText"], answer, "it is there in the next call")

    def test_what_is_not_committed_is_gone(self):
        interview = ("objects:\n  - f: DAFile\n---\nmandatory: True\ncode: |\n  f.initialize(filename='note.txt', content='kept')\n"
                     "  open(f.path(), 'w').write('lost')\n---\nmandatory: True\nquestion: Done\nsubquestion: ${ f.slurp() }\n")
        self.assertEqual(self.engine.ask(interview)["subquestionText"], "kept")

    def test_copy_into_takes_the_contents_of_another_file(self):
        interview = ("objects:\n  - f: DAFile\n  - g: DAFile\n---\nmandatory: True\ncode: |\n  f.initialize(filename='a.txt', content='text')\n"
                     "  g.initialize(filename='b.txt')\n  g.copy_into(f)\n---\nmandatory: True\nquestion: Done\nsubquestion: ${ g.slurp() }\n")
        self.assertEqual(self.shown(interview), "text")

    def test_temporary_files_and_zip_archives_work_in_memory(self):
        interview = ("imports:\n  - zipfile\n  - tempfile\n  - os\n---\nobjects:\n  - f: DAFile\n---\nmandatory: True\ncode: |\n"
                     "  f.initialize(filename='a.zip')\n  with zipfile.ZipFile(f.path(), 'w') as z:\n    z.writestr('x', 'inside')\n  f.commit()\n"
                     "  with tempfile.NamedTemporaryFile('w+') as t:\n    t.write('abc')\n    t.flush()\n    size = os.path.getsize(t.name)\n    name = t.name\n"
                     "  gone = not os.path.exists(name)\n  del z, t\n---\nmandatory: True\nquestion: Done\n"
                     "subquestion: ${ zipfile.ZipFile(f.path()).read('x') } ${ size } ${ gone }\n")
        self.assertEqual(self.shown(interview), "b'inside' 3 True")

    def test_files_are_put_into_an_archive(self):
        interview = ("imports:\n  - zipfile\n---\nmandatory: True\ncode: |\n  a = DAFile('a')\n  a.initialize(filename='a.txt', content='one')\n  b = DAFile('b')\n"
                     "  b.initialize(filename='a.txt', content='two')\n  f = zip_file(a, [b], filename='all.zip')\n---\nmandatory: True\nquestion: Done\nsubquestion: |\n"
                     "  ${ [(name, zipfile.ZipFile(f.path()).read(name)) for name in zipfile.ZipFile(f.path()).namelist()] } ${ f.filename } ${ f.mimetype }\n")
        self.assertEqual(self.shown(interview), "[('a.txt', b'one'), ('a_2.txt', b'two')] all.zip application/zip")

    TABLE = ("objects:\n  - l: DAList.using(object_type=DAObject, auto_gather=False, gathered=True)\n---\nmandatory: True\ncode: |\n"
             "  l.appendObject(name='Ann', size=3)\n  l.appendObject(name='Bob', size=4.5)\n---\ntable: t\nrows: l\ncolumns:\n  - Name: row_item.name\n"
             "  - Size: row_item.size\n---\nmandatory: True\ncode: |\n  f = t.export('list.%s', title='My [list]')\n---\nmandatory: True\nquestion: Done\n"
             "subquestion: |\n  ${ f.slurp(auto_decode=False) }\n")

    def exported(self, end):
        return eval(self.shown(self.TABLE % end))

    def test_a_table_is_exported_as_csv(self):
        self.assertEqual(self.exported("csv"), b"Name,Size\r\nAnn,3\r\nBob,4.5\r\n")

    def test_a_table_is_exported_as_json(self):
        self.assertEqual(json.loads(self.exported("json")), [{"Name": "Ann", "Size": 3}, {"Name": "Bob", "Size": 4.5}])

    def test_a_table_is_exported_as_xlsx(self):
        book = zipfile.ZipFile(io.BytesIO(self.exported("xlsx")))
        self.assertIn("xl/worksheets/sheet1.xml", book.namelist())
        self.assertIn(b"My  list", book.read("xl/workbook.xml"))
        self.assertIn(b"<v>4.5</v>", book.read("xl/worksheets/sheet1.xml"))
        self.assertIn(b"state=\"frozen\"", book.read("xl/worksheets/sheet1.xml"))

    def test_an_unknown_form_of_export_is_an_error(self):
        self.assertIn("DAError: export: the file format must be one of", self.engine_error(self.TABLE % "odt"))

    def engine_error(self, interview):
        self.engine.write(interview)
        return self.engine.call("new")["error"]

    def test_a_store_keeps_values_outside_the_session(self):
        write = ("objects:\n  - s: DAStore.using(base='shelf')\n---\nmandatory: True\ncode: |\n  s.set('a', {'x': [1, as_datetime('2024-02-29')]})\n  s.set('b', 2)\n"
                 "  s.delete('b')\n---\nmandatory: True\nquestion: Done\nsubquestion: ${ s.keys() } ${ s.defined('a') } ${ s.defined('b') } ${ s.get('b') }\n")
        self.assertEqual(self.shown(write), "['a'] True False None")
        read = ("objects:\n  - s: DAStore.using(base='shelf')\n---\nmandatory: True\nquestion: Done\nsubquestion: ${ s.get('a')['x'][0] } ${ s.get('a')['x'][1] }\n")
        self.assertEqual(self.shown(read), "1 February 29, 2024")

    def test_records_are_numbered_values_under_a_key(self):
        write = ("mandatory: True\ncode: |\n  one = write_record('k', 'first')\n  two = write_record('k', [2])\n  three = write_record('k', 3)\n"
                 "  delete_record('k', three)\n---\nmandatory: True\nquestion: Done\nsubquestion: |\n  ${ read_records('k') == {one: 'first', two: [2]} }\n")
        self.assertEqual(self.shown(write), "True")
        self.assertEqual(self.shown("mandatory: True\nquestion: Done\nsubquestion: ${ list(read_records('k').values()) } ${ read_records('none') }\n"), "['first', [2]] {}")

    def test_a_shared_object_is_the_same_in_every_session(self):
        first = ("objects:\n  - p: DAGlobal.using(base='interview', key='profile')\n  - p.who: Individual\n---\nmandatory: True\ncode: |\n  p.who.name.first = 'Ann'\n"
                 "  p.me = p\n---\nmandatory: True\nquestion: Done\nsubquestion: ${ p.who.name.first } ${ p.me is p }\n")
        self.assertEqual(self.shown(first), "Ann True")
        second = ("objects:\n  - other: DAGlobal.using(base='interview', key='profile')\n---\nmandatory: True\nquestion: Done\n"
                  "subquestion: ${ other.who.name.first } ${ other.who.instanceName } ${ DAGlobal.defined('interview', 'profile') } ${ DAGlobal.keys('interview') }\n")
        self.assertEqual(self.shown(second), "Ann other.who True ['profile']")
        self.assertEqual(self.engine.call("variables")["json"]["other"]["who"]["name"]["first"], "Ann")

    def test_what_an_error_interrupts_is_not_kept(self):
        self.assertIn("ZeroDivisionError", self.engine_error("mandatory: True\ncode: |\n  write_record('half', 1)\n  1 / 0\n"))
        self.assertEqual(self.shown("mandatory: True\nquestion: Done\nsubquestion: ${ read_records('half') }\n"), "{}")

    def test_a_stored_class_of_elsewhere_is_refused(self):
        self.engine.write("mandatory: True\ncode: |\n  import subprocess\n  DAStore(base='b').set('k', subprocess.Popen)\n  x = DAStore(base='b').get('k')\n")
        self.assertEqual(self.engine.call("new")["outcome"], "error")


if __name__ == "__main__":
    unittest.main()
