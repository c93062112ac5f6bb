"""Clients that write as fast as they can and remember what was acknowledged; and the check that it is there, once."""
import http.client
import json
import pathlib
import random
import threading
import time
import urllib.parse

from chancery_server import KEY, ROOT

I = "docassemble.storm:data/questions/storm.yml"
PACKAGES = ROOT / "tests" / "fault" / "packages"


class Writer(threading.Thread):
    """Starts sessions and sets variables until told to stop or, unless it is patient, until the connection breaks.

    A patient one takes 503 (with Retry-After) for an answer: the write may be there or not, as after a lost connection."""

    def __init__(self, server, patient=False):
        super().__init__(daemon=True)
        self.server, self.patient, self.sessions, self.problem, self.over = server, patient, [], None, False
        self.refused = self.acknowledged = 0

    def ask(self, c, method, path, query=None, body=None):
        """(status, reply); None as status: nobody knows."""
        data = json.dumps(body).encode() if body is not None else None
        head = {"X-API-Key": KEY, **({"Content-Type": "application/json"} if body is not None else {})}
        try:
            c.request(method, path + ("?" + urllib.parse.urlencode(query) if query else ""), data, head)
            reply = c.getresponse()
            raw = reply.read()
        except (OSError, http.client.HTTPException):
            c.close()
            if not self.patient:
                self.over = True
            return None, None
        if reply.status == 503 and self.patient:
            self.refused += 1
            if not reply.headers.get("Retry-After"):
                self.problem = f"503 without Retry-After: {raw[:200]}"
            return None, None
        is_json = (reply.headers.get("Content-Type") or "").startswith("application/json")
        return reply.status, json.loads(raw) if is_json and raw else raw

    def wrong(self, what, status, reply):
        self.problem, self.over = f"{what} answered {status}: {reply}", True

    def run(self):
        c = self.server.connect(30)
        while not self.over:
            status, reply = self.ask(c, "GET", "/api/session/new", {"i": I})
            if status is None:
                time.sleep(0.01)
            elif status != 200:
                self.wrong("session/new", status, reply)
            else:
                self.acknowledged += 1
                self.play(c, {"session": reply["session"], "secret": reply["secret"], "acknowledged": None, "maybe": [], "steps": 1})
        c.close()

    def play(self, c, own):
        self.sessions.append(own)
        for count in range(random.randint(1, 6)):
            own["maybe"].append(count)
            status, reply = self.ask(c, "POST", "/api/session", body={
                "i": I, "session": own["session"], "secret": own["secret"], "question": 0,
                "variables": {"note": "n" * random.randint(1, 2000), "count": count}})
            if status is None:
                time.sleep(0.01)
            elif status != 204:
                self.wrong("POST", status, reply)
            else:
                self.acknowledged += 1
                own["acknowledged"], own["steps"] = count, own["steps"] + 1
                own["lost"] = own.get("lost", 0) + len(own["maybe"]) - 1
                own["maybe"] = []
            if self.over:
                return


def start_writers(server, n, patient=False):
    writers = [Writer(server, patient) for _ in range(n)]
    for writer in writers:
        writer.start()
    return writers


def join_writers(writers):
    for writer in writers:
        writer.over = True
    for writer in writers:
        writer.join(60)
    return [writer.problem for writer in writers if writer.problem]


def check(server, sessions):
    """What is wrong: acknowledged and not there, or there more often than it was sent."""
    wrong = []
    c = server.connect()
    for own in sessions:
        status, reply = server.call("GET", "/api/session", {"i": I, "session": own["session"], "secret": own["secret"]}, connection=c)
        if status != 200:
            wrong.append(f"{own}: {status} {reply}")
            continue
        count, steps = reply.get("count"), reply["_internal"]["steps"]
        if count not in (own["acknowledged"], *own["maybe"]):
            wrong.append(f"{own}: count is {count}")
        if not own["steps"] <= steps <= own["steps"] + own.get("lost", 0) + len(own["maybe"]):
            wrong.append(f"{own}: {steps} steps")
    return wrong


def sessions_of(writers):
    return [own for writer in writers for own in writer.sessions]
