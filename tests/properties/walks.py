#!/usr/bin/python3
"""What holds for every interview, tried by random walks through many of them.

usage: walks.py BUILD [COUNT [SEED]]
COUNT interviews of the corpus (fewer where there is none beside the project), and always those of the demonstration, the cases and the terminal's tests. At
each step of a walk:
  (a) answer, back, the same answer: the same question;
  (b) a worker that begins anew and one that has the session warm say the same;
  (c) fields that do not depend on each other may be answered in any order, and one after the other;
  (d) `kill -9` of the worker, between two steps or in the middle of one, loses nothing that was acknowledged and leaves no half.
The seed is printed; with it the walk is the same again.
"""
import json
import os
import pathlib
import random
import re
import signal
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from chancery_server import Server  # noqa: E402
from interview_player import Refused, Session, answer, is_end  # noqa: E402
from interview_processes import is_dead, workers  # noqa: E402

CORPUS = ROOT.parent / "shared" / "corpus" / "docassemble"
OWN = [ROOT / "demo", ROOT / "tests" / "api" / "packages", ROOT / "tests" / "cli" / "packages"]
STEPS = 12
# An upload gets a number of its own each time.
FILE_NUMBER = re.compile(r"(\[FILE |/uploadedfile/)\d+")
# Interviews that throw dice or look at the clock give other answers by themselves.
BY_CHANCE = ("random", "uuid", "current_datetime", "time.time", "now(", "last_access", "start_time", "today(", "user_local", "device_local")


def interviews(folder):
    for file in sorted(folder.glob("docassemble.*/data/questions/**/*.yml")):
        package = file.relative_to(folder).parts[0]
        if not any(word in file.read_text(encoding="utf-8", errors="replace") for word in BY_CHANCE):
            yield "%s:%s" % (package, file.relative_to(folder / package))


def kill_workers(server):
    killed = workers(server)
    for pid in killed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    while not all(map(is_dead, killed)):
        time.sleep(0.0005)


def plain(session, value):
    """As text that can be compared between sessions and moments."""
    text = json.dumps(value, sort_keys=True)
    for key in ("session", "secret"):
        text = text.replace(session.key.get(key) or "\0", "{%s}" % key)
    return FILE_NUMBER.sub(r"\1{number}", text)


def known(session):
    """The answers, without the times of looking at them."""
    found = session.variables()
    for key in ("accesstime", "modtime", "starttime", "device_local", "session_local", "user_local"):
        found.get("_internal", {}).pop(key, None)
    return plain(session, found)


def without_steps(question):
    return {key: value for key, value in question.items() if key not in ("steps", "cornerBackButton")}


class Walk:
    def __init__(self, server, interview, rng):
        self.server, self.interview, self.rng = server, interview, rng
        self.session = Session(server, interview)
        self.wrong, self.steps = [], 0

    def expect(self, what, one, other, *context):
        if one != other:
            at = next((i for i, (x, y) in enumerate(zip(one, other)) if x != y), min(len(one), len(other)))
            self.wrong.append("%s, step %d, %s: ...%s... or ...%s... %s" % (self.interview, self.steps, what, one[max(0, at - 60):at + 80], other[max(0, at - 60):at + 80],
                                                                            " ".join(map(str, context))))

    def back_and_again(self, question, made, then):
        self.session.back()
        self.expect("(a) the same answer after back", plain(self.session, self.session.post(question, made)), plain(self.session, then), made.variables)

    def warm_and_fresh(self):
        warm, again = self.session.question(), self.session.question()
        if warm != again:
            return      # the interview changes with every look at it
        before = known(self.session)
        kill_workers(self.server)
        self.expect("(d) killed between two steps", known(self.session), before)
        kill_workers(self.server)
        self.expect("(b) a fresh worker", plain(self.session, self.session.question()), plain(self.session, warm))

    def any_order(self, question, made, then):
        names = [name for name in made.independent if name in made.variables]
        if len(names) < 2 or made.uploads:
            return
        self.session.back()
        shuffled = dict(made.variables)
        made.variables = dict(sorted(shuffled.items(), key=lambda item: self.rng.random()))
        reply = self.session.post(question, made)
        self.expect("(c) another order", plain(self.session, reply), plain(self.session, then), list(made.variables))
        made.variables = shuffled
        if question.get("generic") or any(name.startswith("x") or "[" in name for name in names):
            return      # names that hold only while the screen is there
        self.session.back()
        first, rest = {name: made.variables[name] for name in names[1:]}, {name: value for name, value in made.variables.items() if name not in names[1:]}
        status, body = self.session.send(question, made, first)
        if status != 204:
            raise Refused(status, body)
        whole, made.variables = made.variables, rest
        try:
            reply = self.session.post(question, made)
        finally:
            made.variables = whole
        self.expect("(c) one after the other", plain(self.session, without_steps(reply)), plain(self.session, without_steps(then)), list(first))
        self.session.back()
        self.session.back()
        self.session.post(question, made)

    def killed_meanwhile(self, question, made):
        """The answer, while the worker dies at some moment of it: (status, reply)."""
        before = known(self.session)
        murder = threading.Timer(self.rng.random() * 0.01, kill_workers, (self.server,))
        murder.start()
        try:
            status, reply = self.session.send(question, made)
        finally:
            murder.join()
        after = known(self.session)
        if status == 200 and is_end(reply):
            return status, True     # "exit" and its kin are told once; a later look finds what would follow
        if status == 200:
            self.expect("(d) acknowledged, then killed", plain(self.session, self.session.question().get("questionName")), plain(self.session, reply.get("questionName")))
        elif after != before and status < 500:
            self.wrong.append("%s, step %d, (d) refused with %d, but the answers are others" % (self.interview, self.steps, status))
        elif status not in (400, 500, 503):
            self.wrong.append("%s, step %d, (d) status %d: %s" % (self.interview, self.steps, status, reply))
        return status, after != before

    def step(self, question):
        """The next question, None at the end."""
        made = answer(question, self.rng)
        if made is None:
            return None
        then = self.session.post(question, made)
        if then["questionType"] == "undefined_variable" or plain(self.session, without_steps(then)) == plain(self.session, without_steps(question)):
            return None
        if self.session.question() == self.session.question():      # else it changes with every look at it
            self.back_and_again(question, made, then)
            self.any_order(question, made, then)
        self.warm_and_fresh()
        if self.rng.random() < 0.5:
            self.session.back()
            status, kept = self.killed_meanwhile(question, made)
            if status != 200 and not kept:
                self.session.post(question, made)
        return self.session.question()

    def run(self):
        question = self.session.question()
        while question and not is_end(question) and self.steps < STEPS:
            self.steps += 1
            question = self.step(question)


def refused(wrong, interview, problem):
    """Interviews end with errors of their own; the server must not have any."""
    status, body = problem.args
    if status >= 500:
        wrong.append("%s: %d %s" % (interview, status, body))


def walk_all(server, names, seed, most):
    """Walks until `most` interviews had at least one step."""
    wrong, walked, steps = [], 0, 0
    for name in names:
        if walked == most:
            break
        walk = None
        try:
            walk = Walk(server, name, random.Random("%s %s" % (seed, name)))
            walk.run()
        except Refused as problem:
            refused(wrong, name, problem)
        if walk:
            wrong += walk.wrong
            steps += walk.steps
            walked += walk.steps > 0
    return wrong, walked, steps


def main():
    build, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    print("seed %d" % seed, flush=True)
    folders, began = OWN + ([CORPUS] if CORPUS.exists() else []), time.monotonic()
    own = [name for folder in OWN for name in interviews(folder)]
    corpus = sorted(interviews(CORPUS), key=lambda name: random.Random("%s/%s" % (seed, name)).random()) if CORPUS.exists() else []
    with Server(build, packages=folders, settings=["interviews.dialect=reference", "log.level=error", "workers.min=1"]) as server:
        results = [walk_all(server, own, seed, len(own)), walk_all(server, corpus, seed, count)]
    wrong = [line for result in results for line in result[0]]
    for line in wrong:
        print("FAILED " + line)
    print("%d interviews, %d steps, %.0f s" % (sum(r[1] for r in results), sum(r[2] for r in results), time.monotonic() - began))
    passed = sum(r[1] for r in results) - len({line.split(",")[0] for line in wrong})
    print("%d passed, %d failed" % (passed, len(wrong)))
    return 1 if wrong or not results[0][1] else 0


if __name__ == "__main__":
    sys.exit(main())
