"""`interview run`: an interview in the terminal, as an author plays it: every kind of field, commands, errors; through a pipe and through a terminal.

CHANCERY names the program."""
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BINARY = os.environ["CHANCERY"]
PACKAGES = pathlib.Path(__file__).resolve().parent / "packages"
FIELDS, ERRORS = ("docassemble.terminal:data/questions/%s.yml" % name for name in ("fields", "errors"))
# Answers to fields.yml in order; wrong ones first where there is something to be wrong about.
ANSWERS = """:help
A
Ada

Once
upon

ten
1.5
11
7
x
$3.50
2024-02-30
2024-02-29
25:00
13:45
yesterday
12/24/2024 18:00
ann
ann@example.com
maybe
y
because
m
3
1
apple
1 3
2
/nowhere/at/all
%s

y
"""


def environment(folder):
    return {**{k: v for k, v in os.environ.items() if not k.startswith("CHANCERY_")}, "TMPDIR": str(folder)}


class Run(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-run-test"))
        self.paper = self.folder / "my paper.txt"
        self.paper.write_text("contents", encoding="utf-8")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def command(self, interview, packages=PACKAGES):
        return [BINARY, "interview", "run", interview, "--set", "interviews.packages=[%s]" % packages]

    def play(self, interview, typed, packages=PACKAGES):
        done = subprocess.run(self.command(interview, packages), input=typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", timeout=60,
                              env=environment(self.folder))
        self.assertNotIn("Sanitizer", done.stderr)
        return done

    def in_order(self, text, parts):
        at = 0
        for part in parts:
            found = text.find(part, at)
            self.assertGreaterEqual(found, 0, "%r is not behind the others in:\n%s" % (part, text))
            at = found + len(part)

    def test_every_kind_of_field_is_asked_for_and_arrives(self):
        done = self.play(FIELDS, ANSWERS % self.paper)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.in_order(done.stdout, [
            "Everything, please & thank you", "Read *this*.", "(such as Ada)", "Name: ", "The help of the screen.", "Nickname (optional): ", "Story (an empty line ends it)", "Count: ",
            "You need to enter a number.", "whole number", "Price $: ", "Day: ", "valid date", "Hour: ", "valid time", "Moment: ", "valid date and time", "e-mail address",
            "Sure? (y/n)", "Please answer y or n.", "Why: ", "Perhaps? (y/n/m", "Colour", "1) It’s red & “loud”", "2) Blue", "number [2]: ", "Please type one of the numbers.",
            "Fruits", "3) Fig", "numbers with blanks", "1) Ann Lee", "2) Bob Ray", "Paper, path of a file: ", "That file cannot be read.", "Sign",
            "Are you done?", "All of it", "['Ada', '', 'Once\\nupon', 7, 3.5]",
            "['2024-02-29', '13:45:00', '2024-12-24T18:00', 'ann@example.com', True,", "True,", "False, None]", "['red', ['apple', 'fig'], 'Bob', 'my_paper.txt', 'signature.png', True]", "The interview ends here."])
        self.assertNotIn("Why not", done.stdout)

    def test_long_lines_are_wrapped_and_no_control_characters_reach_the_terminal(self):
        folder = self.folder / "docassemble.bell" / "data" / "questions"
        folder.mkdir(parents=True)
        (folder / "a.yml").write_text('mandatory: True\nquestion: "Ring \\e[31m\\a it"\nsubquestion: %s\n' % ("word " * 40), encoding="utf-8")
        done = self.play("docassemble.bell:data/questions/a.yml", "", self.folder)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("\033", done.stdout)
        self.assertNotIn("\a", done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_back_takes_an_answer_back_and_the_first_screen_stays(self):
        done = self.play(ERRORS, ":back\n5\n:back\n2\n:quit\n")
        self.assertEqual(done.returncode, 0)
        self.in_order(done.stdout, ["How many?", "Cannot go back.", "How many?", "It is 2", "How many?", "It is 5"])

    def test_after_an_error_one_can_go_back(self):
        done = self.play(ERRORS, "0\n:back\n5\n:quit\n")
        self.assertEqual(done.returncode, 0)
        self.in_order(done.stdout, ["How many?", "ZeroDivisionError", ":again", "How many?", "It is 2"])

    def test_an_error_at_the_end_of_the_input_is_a_failure(self):
        self.assertEqual(self.play(ERRORS, "0\n").returncode, 1)

    def test_a_name_that_nothing_defines_is_told_by_name(self):
        done = self.play(ERRORS, "5\n1\n")
        self.in_order(done.stdout, ["It is 2", "Nothing in the interview defines nobody, and it is needed here."])

    def test_a_mended_interview_goes_on_where_it_was(self):
        folder = self.folder / "docassemble.mended" / "data" / "questions"
        folder.mkdir(parents=True)
        file = folder / "a.yml"
        file.write_text("mandatory: True\nquestion: Name?\nfields:\n  - Name: name\n---\nmandatory: True\nquestion: Hello ${ nobody }\n", encoding="utf-8")
        with Terminal(self.folder, self.command("docassemble.mended:data/questions/a.yml", self.folder)) as t:
            t.expect("Name: ")
            t.type("Ada")
            t.expect("defines nobody")
            t.expect("> ")
            file.write_text(file.read_text(encoding="utf-8").replace("nobody", "name"), encoding="utf-8")
            os.utime(file, (time.time() + 5, time.time() + 5))
            t.type(":again")
            t.expect("Name: ")
            t.type("Ada")
            t.expect("Hello Ada")
            self.assertEqual(t.ended(), 0)

    def test_variables_are_shown_without_what_is_the_servers(self):
        done = self.play(ERRORS, "5\n:vars\n:quit\n")
        self.in_order(done.stdout, ['"count": 5'])
        self.assertNotIn("_internal", done.stdout)

    def test_a_text_may_begin_with_a_colon(self):
        folder = self.folder / "docassemble.colon" / "data" / "questions"
        folder.mkdir(parents=True)
        (folder / "a.yml").write_text("mandatory: True\nquestion: Name?\nfields:\n  - Name: name\n---\nmandatory: True\nquestion: Hello ${ name }\n", encoding="utf-8")
        self.in_order(self.play("docassemble.colon:data/questions/a.yml", "::back\n", self.folder).stdout, ["Hello :back"])

    def test_an_interview_that_is_not_there_is_told_in_one_line(self):
        done = self.play("docassemble.terminal:data/questions/none.yml", "")
        self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (1, "", 1))
        self.assertIn("interview list", done.stderr)

    def test_lines_that_are_too_long_or_no_text_are_asked_for_again(self):
        done = subprocess.run(self.command(FIELDS), input=b"x" * 5000 + b"\n\xff\xfe\nAda\n:quit\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              env=environment(self.folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.in_order(done.stdout.decode(errors="replace"), ["too long for one line", "That is not UTF-8 text.", "Nickname"])

    def test_in_a_terminal_the_heading_is_bold_and_control_c_leaves_nothing_behind(self):
        with Terminal(self.folder, self.command(ERRORS)) as t:
            t.expect("\033[1mHow many?")
            t.expect("Count: ")
            t.process.send_signal(signal.SIGINT)
            self.assertEqual(t.ended(), 0)
        self.assertEqual(list(self.folder.glob("chancery-*")), [])


class Terminal:
    """The program with a terminal of its own."""

    def __init__(self, folder, command):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment(folder), start_new_session=True)
        os.close(slave)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def read(self, seconds=60):
        if not select.select([self.master], [], [], seconds)[0]:
            raise AssertionError("nothing more comes after:\n" + self.seen)
        try:
            return os.read(self.master, 65536).decode(errors="replace")
        except OSError:
            return ""

    def expect(self, text):
        while text not in self.seen:
            more = self.read()
            if not more:
                raise AssertionError("it ended without %r:\n%s" % (text, self.seen))
            self.seen += more
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def type(self, line):
        os.write(self.master, (line + "\n").encode())

    def ended(self):
        while self.read():
            pass
        return self.process.wait(60)


if __name__ == "__main__":
    unittest.main()
