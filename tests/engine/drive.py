"""The engine driver as a Python object: interviews of our own writing in a folder of their own, one process per Engine."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.environ.get("ENGINE_LIBRARY", os.path.join(HERE, "..", "..", "src", "pyhost", "lib"))
PACKAGE = "docassemble.tests"
USER = {"id": 1, "email": "ann@example.com", "uid": "ann@example.com", "first_name": "Ann", "last_name": "Lee", "country": "", "privileges": ["user"],
        "is_admin": False, "language": "", "timezone": "America/New_York"}


class Engine:
    """ENGINE_DRIVER names the program. Every interview gets a file and a session of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="engine")
        self.questions = os.path.join(self.folder, PACKAGE, "data", "questions")
        os.makedirs(self.questions)
        self.process = subprocess.Popen([os.environ["ENGINE_DRIVER"], LIBRARY, PACKAGE, os.path.join(self.folder)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.number = 0
        self.current = None

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        shutil.rmtree(self.folder)

    def call(self, op, **members):
        """One request; `reply` as the driver prints it."""
        request = dict({"op": op, "i": self.current, "session": "s%d" % self.number, "user": USER, "now_ms": 1700000000000}, **members)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the driver ended with %s" % self.process.wait())
        return json.loads(line)

    def write(self, interview):
        self.number += 1
        name = "t%d.yml" % self.number
        with open(os.path.join(self.questions, name), "w", encoding="utf-8") as file:
            file.write(interview)
        self.current = "%s:data/questions/%s" % (PACKAGE, name)

    def static(self, name, content):
        """A file in the package's static folder."""
        folder = os.path.join(self.folder, PACKAGE, "data", "static")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)

    def module(self, name, source):
        """A module of the package, for `modules: .name`."""
        folder = os.path.join(self.folder, PACKAGE)
        for path, content in (("__init__.py", ""), (name + ".py", source)):
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(content)

    @staticmethod
    def shown(reply):
        if reply["outcome"] not in ("question", "undefined"):
            raise AssertionError("%s: %s" % (reply["outcome"], reply["error"]))
        return reply["json"]

    def ask(self, interview, posted=()):
        """The question of a new session after these posts of variables."""
        self.write(interview)
        begun = self.call("new")
        if begun["outcome"] == "error":
            raise AssertionError(begun["error"])
        answer = self.again()
        for variables in posted:
            answer = self.shown(self.call("set", variables=variables))
        return answer

    def again(self):
        return self.shown(self.call("question"))

    def back(self, interview, variables):
        """The question after the posted variables have been taken back."""
        first = self.ask(interview)
        self.shown(self.call("set", variables=variables, question_name=first["questionName"]))
        return self.shown(self.call("back"))

    def fails(self, interview):
        """The error of an interview that does not start."""
        self.write(interview)
        return self.call("new")["error"] or ""


class EngineCase(unittest.TestCase):
    """A class of tests that shares one Engine."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()

    @classmethod
    def tearDownClass(cls):
        cls.engine.close()
