"""Sessions at rest: how much a history weighs, what a step costs, and what becomes of answers of another text of the interview (issue C).

Work is counted, not time: bytes that are stored, bytes of a request's arena, frames.
"""
import os
import pathlib
import sqlite3
import sys
import unittest

from drive import PACKAGE, Engine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import KEY, Server  # noqa: E402

QUESTIONS = 50
HEAD = "metadata:\n  title: Fifty questions\n---\nobjects:\n  - client: Individual\n  - child: DAList.using(object_type=Individual, ask_number=True)\n---\n"


def long_interview():
    """Fifty questions, of the kinds that interviews have: texts, numbers, dates, choices, people."""
    parts = [HEAD, "mandatory: True\ncode: |\n" + "".join("  %s\n" % name for name, _ in answers()) + "---\nmandatory: True\nquestion: Done\n"]
    for name, _ in answers():
        parts.append("---\nquestion: What is %s?\nsubquestion: |\n  Please say.\nfields:\n  - Value: %s\n" % (name, name))
    return "".join(parts)


def answers():
    """(variable, value) of each question."""
    people = [("client.name.first", "Ann"), ("client.name.last", "Lee"), ("client.birthdate", "1980-02-03")]
    kinds = ["Some words that answer number %d, as people write them", "%d", "2024-03-%02d", "no. %d: yes"]
    return people + [("answer_%d" % n, kinds[n % len(kinds)] % (n % 28 + 1)) for n in range(QUESTIONS - len(people))]


@unittest.skipUnless("CHANCERY" in os.environ, "CHANCERY names the server's program")
class AtRest(unittest.TestCase):
    def setUp(self):
        self.engine = Engine()      # for its folder of a package
        self.addCleanup(self.engine.close)
        self.server = Server(pathlib.Path(os.environ["CHANCERY"]).parent, packages=[self.engine.folder], settings=["log.level=warn", "interviews.dialect=reference"])
        self.addCleanup(self.server.__exit__, None, None, None)

    def call(self, method, path, query=None, body=None):
        connection = self.server.connect()
        try:
            status, answer = self.server.call(method, path, query, body, connection=connection, key=KEY)
        finally:
            connection.close()
        self.assertEqual(status, 200, answer)
        return answer

    def begin(self, interview):
        self.engine.write(interview)
        begun = self.call("GET", "/api/session/new", {"i": self.engine.current})
        self.where = {"i": self.engine.current, "session": begun["session"], "secret": begun["secret"]}
        return self.call("GET", "/api/session/question", self.where)

    def post(self, **variables):
        return self.call("POST", "/api/session", body=dict(self.where, variables=variables))

    def rows(self):
        """(sequence number, bytes, base) of every stored step."""
        with sqlite3.connect(str(next(self.server.data.glob("*.db")))) as db:
            return [(seq, len(blob), int.from_bytes(blob[4:8], "little"))
                    for seq, blob in db.execute("SELECT seq, snapshot FROM interview_step WHERE session_id = ? ORDER BY seq", (self.where["session"],))]

    def test_a_history_of_fifty_answers_weighs_less_than_ten_states(self):
        self.begin(long_interview())
        for name, value in answers():
            last = self.post(**{name: value})
        self.assertEqual(last["questionText"], "Done")
        rows = self.rows()
        self.assertEqual(len(rows), QUESTIONS + 1)
        history = sum(size for _, size, _ in rows)
        # The last state alone: all answers at once, over the first step, which is whole.
        self.begin(long_interview())
        state = self.call("POST", "/api/session", body=dict(self.where, variables=dict(answers()), overwrite=1))
        self.assertEqual(state["questionText"], "Done")
        (_, alone, base), = self.rows()
        self.assertEqual(base, 0)
        self.assertLess(history, 10 * alone, "%d bytes for %d steps, %d for the last state" % (history, len(rows), alone))

    def test_a_step_costs_the_same_after_5_and_after_500_answers(self):
        self.begin("mandatory: True\nquestion: ${ answer } ${ count }\n---\nquestion: Answer?\nfields:\n  - Answer: answer\n  - Count: count\n")
        for number in range(1, 521):
            self.post(answer="the answer number %03d" % number, count=number)
        sizes = {seq: (size, base) for seq, size, base in self.rows()}
        self.assertEqual(len(sizes), 521)

        def between(first, last, whole):
            return [size for seq, (size, base) in sizes.items() if first <= seq <= last and (base == 0) == whole]
        # One round of keyframe and differences each.
        for whole in (True, False):
            early, late = between(5, 133, whole), between(393, 521, whole)
            self.assertLess(max(late), 1.1 * max(early), "bytes of a step, %s" % ("whole" if whole else "difference"))
        self.assertLess(max(seq - base for seq, (_, base) in sizes.items() if base), 64, "no difference refers far back")
        for seq, (_, base) in sizes.items():    # a step is at most two differences from a whole one
            self.assertTrue(base == 0 or sizes[base][1] == 0 or sizes[sizes[base][1]][1] == 0, seq)


class OtherTexts(unittest.TestCase):
    """Answers that were stored with another text of the interview."""

    def setUp(self):
        self.engine = Engine()
        self.addCleanup(self.engine.close)

    def rewrite(self, interview):
        path = os.path.join(self.engine.questions, self.engine.current.rpartition("/")[2])
        with open(path, "w", encoding="utf-8") as file:
            file.write(interview)

    def test_a_template_is_looked_up_again_by_its_name(self):
        before = "mandatory: True\nquestion: ${ t } ${ o.t }\n---\nobjects:\n  - o: DAObject\n---\ntemplate: t\ncontent: first\n---\ntemplate: o.t\ncontent: inner\n"
        self.assertEqual(self.engine.ask(before)["questionText"], "first inner")
        self.rewrite("template: other\ncontent: wrong\n---\ntemplate: wrong\ncontent: wrong\n---\n" + before.replace("first", "second"))
        self.assertEqual(self.engine.again()["questionText"], "second inner")

    def test_answers_stay(self):
        before = "mandatory: True\nquestion: Hello ${ name }\n---\nquestion: Name?\nfields:\n  - Name: name\n"
        self.engine.ask(before, [{"name": "Ann"}])
        self.rewrite("comment: nothing\n---\n" + before.replace("Hello", "Good day"))
        self.assertEqual(self.engine.again()["questionText"], "Good day Ann")
        self.assertNotIn("__interview__", self.engine.call("variables")["json"])

    def test_a_class_that_is_gone_is_refused_by_name(self):
        self.engine.module("kinds", "from docassemble.base.util import DAObject\n__all__ = ['Gone']\n\n\nclass Gone(DAObject):\n    pass\n")
        self.engine.ask("modules:\n  - .kinds\n---\nobjects:\n  - o: Gone\n---\nmandatory: True\nneed: o\nquestion: Done\n")
        # A process of its own, in which the module does not have the class any more.
        self.engine.module("kinds", "__all__ = []\n")
        self.engine.stored = self.engine.call("variables")
        self.assertEqual(self.engine.stored["json"]["o"]["_class"], PACKAGE + ".kinds.Gone")
        removed = self.engine.call("action", action="forget", arguments={}, cold=True)
        self.assertIn(removed["outcome"], ("done", "error"))

    def test_an_interview_that_lost_its_blocks_says_what_is_missing(self):
        self.engine.ask("mandatory: True\nquestion: ${ a }\n---\nquestion: A?\nfields:\n  - A: a\n")
        self.rewrite("mandatory: True\nquestion: ${ b }\n")
        reply = self.engine.call("question")
        self.assertEqual((reply["outcome"], reply["json"]["variable"]), ("undefined", "b"))


if __name__ == "__main__":
    unittest.main()
