#!/usr/bin/python3
"""The fault loop against the real binary: the 1st, 2nd, 3rd … allocation or store call of a request fails, until the request runs through without.

usage: faults.py BUILD      (a sanitizer build: fault points are compiled in)
For a read, a write and an interview step: each time there is an answer, the server lives, and the stored answers are as before or as after, never
between. Leaks are the sanitizer's to report at the end.
"""
import pathlib
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import Server  # noqa: E402

I = "docassemble.storm:data/questions/storm.yml"
PACKAGES = pathlib.Path(__file__).resolve().parent / "packages"
MOST = 3000


class Loop:
    def __init__(self, build, settings=()):
        self.knob = pathlib.Path(tempfile.mkstemp(prefix="chancery-fault-")[1])
        self.server = Server(build, env={"CHANCERY_FAULT": str(self.knob)}, packages=[PACKAGES], settings=["workers.wall_s=20", *settings])
        self.wrong, self.points, self.fired, self.number = [], 0, False, 0

    def arm(self, number):
        """Fails the number-th point from now; notes whether the one armed before has fired."""
        place = self.server.log.here()
        self.knob.write_text(str(number))
        self.server.process.send_signal(signal.SIGUSR2)
        for _ in range(30000):
            armed = [line for line in self.server.log.since(place) if "fault armed" in line]
            if armed:
                self.fired = self.fired or '"fired":1' in armed[-1] or "fired=1" in armed[-1]
                return
            if self.server.process.poll() is not None:
                raise RuntimeError("the server died:\n" + "\n".join(self.server.lines[-30:]))
            time.sleep(0.002)
        raise RuntimeError("the server does not heed SIGUSR2")

    def over(self, name, act, allowed):
        """act() answers (status, body); allowed(status, body) judges."""
        quiet = 0
        for number in range(1, MOST):
            self.number = number
            self.arm(number)
            self.fired = False
            try:
                status, body = act()
            except OSError as problem:
                status, body = 0, str(problem)
            self.arm(0)
            if self.server.process.poll() is not None:
                self.wrong.append(f"{name}: the server died at point {number}")
                return
            # A lost connection is an answer only where the fault hit before the request was a request.
            if status != 0 and not allowed(status, body):
                self.wrong.append(f"{name}, point {number}: {status} {body!r}")
            self.points += self.fired
            quiet = 0 if self.fired else quiet + 1
            if quiet == 3:  # the request has no such point any more
                print(f"      {name}: {number - 3} points")
                return

    def end(self):
        """Ends the server, tells what was wrong; whether anything was."""
        ended = self.server.stop()
        if ended != 0:
            self.wrong.append(f"the server ended with {ended}:\n" + "\n".join(self.server.lines[-40:]))
        self.server.remove()
        self.knob.unlink()
        for line in self.wrong[:20]:
            print("FAIL", line)
        print(f"{self.points} faults")
        print("1 passed, 0 failed" if not self.wrong and self.points else "0 passed, 1 failed")
        return bool(self.wrong) or not self.points


def main():
    loop = Loop(sys.argv[1])
    server = loop.server
    status, started = server.call("GET", "/api/session/new", {"i": I})
    assert status == 200, (status, started)
    who = {"i": I, "session": started["session"], "secret": started["secret"]}
    refused = (400, 403, 500, 503)

    loop.over("a read", lambda: server.call("GET", "/api/user"), lambda s, b: s in (200,) + refused)

    def variables():
        status, reply = server.call("GET", "/api/session", who)
        return reply if status == 200 else None

    state = {"count": -1}

    def step():
        state["count"] += 1
        status, body = server.call("POST", "/api/session", body=dict(who, variables={"count": state["count"], "note": "x"}))
        loop.arm(0)
        now = variables()
        if now is None:
            return 599, "the session cannot be read any more"
        got = now.get("count")
        if status in (200, 204) and got != state["count"]:
            return 599, f"acknowledged {state['count']}, stored {got}"
        if got not in (state["count"], state.get("last")):
            return 599, f"sent {state['count']}, before it {state.get('last')}, stored {got}"
        state["last"] = got
        return status, body

    loop.over("an interview step", step, lambda s, b: s in (200,) + refused)

    def gone():
        status, fresh = server.call("GET", "/api/session/new", {"i": I})
        if status != 200:
            return status, fresh
        query = {"i": I, "session": fresh["session"]}
        status, body = server.call("DELETE", "/api/session", query)
        loop.arm(0)
        after, _ = server.call("GET", "/api/session", dict(query, secret=fresh["secret"]))
        if (status == 204) != (after == 400):
            return 599, f"delete answered {status}, reading afterwards {after}"
        return status, body

    loop.over("a write", gone, lambda s, b: s in (200, 204) + refused)
    return loop.end()


if __name__ == "__main__":
    sys.exit(main())
