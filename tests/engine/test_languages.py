"""Interviews in several languages: blocks, defaults of a file, translation files (language 3.1, 3.19, 6.3)."""
import os
import unittest
import unittest.mock

from drive import Engine

XLIFF = """<?xml version="1.0" encoding="utf-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file id="f1" source-language="en" target-language="es" original="x"><body>
<trans-unit id="1"><source>Your name?</source><target>¿Su nombre?</target></trans-unit>
<trans-unit id="2"><source>Hello, ${ name }!</source><target>¡Hola, ${ name }!</target></trans-unit>
</body></file></xliff>
"""
TALK = ("initial: True\ncode: |\n  set_language(tongue)\n---\nmandatory: True\nquestion: Hello, ${ name }!\n---\nquestion: Your name?\nfields:\n  - Name: name\n---\n"
        "code: tongue = 'es'\n")


class Languages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        cls.sources = os.path.join(os.path.dirname(cls.engine.questions), "sources")
        os.makedirs(cls.sources)
        with open(os.path.join(cls.sources, "es.xlf"), "w", encoding="utf-8") as file:
            file.write(XLIFF)
        from openpyxl import Workbook
        book = Workbook()
        for row in (("interview", "question_id", "index_num", "hash", "orig_lang", "tr_lang", "orig_text", "tr_text"),
                    ("x", "Question_1", 0, "h", "en", "es", "Your name?", "¿Cómo se llama?")):
            book.active.append(row)
        book.save(os.path.join(cls.sources, "es.xlsx"))

    @classmethod
    def tearDownClass(cls):
        cls.engine.close()

    def test_an_xliff_file_translates_texts_before_they_are_rendered(self):
        head = "translations:\n  - es.xlf\n---\n"
        self.assertEqual(self.engine.ask(head + TALK)["questionText"], "¿Su nombre?")
        self.assertEqual(self.engine.shown(self.engine.call("set", variables={"name": "Ann"}))["questionText"], "¡Hola, Ann!")

    def test_a_spreadsheet_translates_too_and_the_rest_stays(self):
        head = "translations:\n  - es.xlsx\n---\n"
        self.assertEqual(self.engine.ask(head + TALK)["questionText"], "¿Cómo se llama?")
        self.assertEqual(self.engine.shown(self.engine.call("set", variables={"name": "Ann"}))["questionText"], "Hello, Ann!")

    def test_the_language_of_the_texts_needs_no_translation(self):
        head = "translations:\n  - es.xlf\n---\n"
        self.assertEqual(self.engine.ask(head + TALK.replace("tongue = 'es'", "tongue = 'en'"))["questionText"], "Your name?")

    def test_the_default_language_holds_for_the_blocks_behind_it(self):
        blocks = "question: Any?\nfields:\n  - A: a\n---\ndefault language: fr\n---\nquestion: Laquelle ?\nfields:\n  - A: a\n---\ndefault language: es\n---\nquestion: ¿Cuál?\nfields:\n  - A: a\n"
        for tongue, text in (("fr", "Laquelle ?"), ("es", "¿Cuál?"), ("de", "Any?")):
            with self.subTest(tongue):
                interview = "initial: True\ncode: |\n  set_language('%s')\n---\nmandatory: True\ncode: a\n---\n%s" % (tongue, blocks)
                self.assertEqual(self.engine.ask(interview)["questionText"], text)

    def test_without_a_language_of_its_own_a_block_is_in_the_servers(self):
        plain, french = "mandatory: True\nquestion: Any\n", "mandatory: True\nlanguage: fr\nquestion: Toute\n"
        self.assertEqual(self.engine.ask(plain)["lang"], "en")
        with unittest.mock.patch.dict(os.environ, ENGINE_SETTINGS='{"language": "es"}'):
            engine = Engine()
        try:
            self.assertEqual([engine.ask(plain)[key] for key in ("lang", "language")], ["es", "*"])
            self.assertEqual([engine.ask("initial: True\ncode: |\n  set_language('fr')\n---\n" + french)[key] for key in ("lang", "language")], ["fr", "fr"])
        finally:
            engine.close()


if __name__ == "__main__":
    unittest.main()
