"""Modules of interview packages: found in other folders, their objects stored and shown under their own names."""
import os
import shutil
import sys
import tempfile
import unittest

import docassemble
import support
from chancery_host import jsonform, service, snapshot

MODULE = """
from docassemble.base.util import DAObject, DAList, CustomDataType
import subprocess

class Fish(DAObject):
    def init(self, *args, **kwargs):
        super().init(*args, **kwargs)
        self.initializeAttribute('food', DAList)

class Even(CustomDataType):
    name = 'even'
"""
SOURCE = """
{"object": "Fish", "module": ".pond", "items": [{"name": "Fred", "scales": 500, "tags": ["a", "b"]}]}
"""


class Packages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        package = os.path.join(self.folder, "docassemble", "lake")
        os.makedirs(package)
        for name, text in (("__init__.py", ""), ("pond.py", MODULE), ("fish.json", SOURCE)):
            with open(os.path.join(package, name), "w", encoding="utf-8") as file:
                file.write(text)
        docassemble.__path__.append(os.path.join(self.folder, "docassemble"))
        self.addCleanup(docassemble.__path__.pop)
        self.addCleanup(lambda: [sys.modules.pop(name) for name in list(sys.modules) if name.startswith("docassemble.lake")])
        self.answers = support.begin(package="docassemble.lake")

    def test_an_own_class(self):
        support.run("from docassemble.lake.pond import *\nfish = Fish()\nfish.food.append('weed')", self.answers)
        self.assertEqual(self.answers["fish"].food.instanceName, "fish.food")
        plain = jsonform.to_plain(self.answers["fish"])
        self.assertEqual(plain["_class"], "docassemble.lake.pond.Fish")
        data = snapshot.dump(self.answers)
        for name in [name for name in sys.modules if name.startswith("docassemble.lake")]:
            del sys.modules[name]
        again = snapshot.load(data, ["docassemble.lake"])       # the module is imported again for it
        self.assertEqual(jsonform.to_plain(again["fish"]), plain)
        self.assertEqual(jsonform.to_plain(jsonform.from_plain(plain)), plain)

    def test_a_custom_data_type_is_known(self):
        from chancery_host.objects.datatypes import REGISTRY
        support.run("import docassemble.lake.pond", self.answers)
        self.assertEqual(REGISTRY["even"].__name__, "Even")

    def test_objects_from_file(self):
        kept = support.engine.file_path
        support.engine.file_path = lambda package, folder, name: os.path.join(self.folder, "docassemble", "lake", name)
        self.addCleanup(setattr, support.engine, "file_path", kept)
        self.assertTrue(service.offers("file_path"))
        support.run("fishes = objects_from_file('fish.json')", self.answers)
        fish = self.answers["fishes"][0]
        self.assertEqual((fish.instanceName, str(fish), fish.scales, fish.tags), ("fishes[0]", "Fred", 500, ["a", "b"]))
        self.assertEqual(type(fish).__name__, "Fish")

    def test_a_json_client_cannot_reach_what_a_module_imports(self):
        for name in ("docassemble.lake.pond.subprocess.Popen", "docassemble.lake.pond.subprocess"):
            self.assertIsNone(jsonform.from_plain({"_class": "type", "name": name}))
            self.assertIsNone(jsonform.from_plain({"_class": name, "instanceName": "a"}))


if __name__ == "__main__":
    unittest.main()
