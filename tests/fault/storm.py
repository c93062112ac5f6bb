#!/usr/bin/python3
"""kill -9 in a write storm: what was answered 2xx is there after the next start, nothing twice, nothing half done.

usage: storm.py BUILD [ROUNDS]
Clients start sessions and set variables as fast as they can; the server is killed at a random moment; started again, each acknowledged
value must be read back, each unacknowledged one may be there or not, but whole. The same data folder goes through all rounds.
"""
import http.client
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import Server  # noqa: E402

I = "docassemble.storm:data/questions/storm.yml"
PACKAGES = pathlib.Path(__file__).resolve().parent / "packages"
CLIENTS = 8


class Client(threading.Thread):
    """Writes until the connection breaks; remembers what was acknowledged and what was in flight."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number, self.sessions, self.problem = server, number, [], None

    def run(self):
        try:
            c = self.server.connect(10)
            while True:
                status, reply = self.server.call("GET", "/api/session/new", {"i": I}, connection=c)
                if status != 200:
                    self.problem = f"session/new answered {status}: {reply}"
                    return
                own = {"session": reply["session"], "secret": reply["secret"], "acknowledged": None, "sent": None, "steps": 1}
                self.sessions.append(own)
                for count in range(random.randint(1, 6)):
                    own["sent"] = count
                    status, reply = self.server.call("POST", "/api/session", body={
                        "i": I, "session": own["session"], "secret": own["secret"], "question": 0,
                        "variables": {"note": "n" * random.randint(1, 2000), "count": count}}, connection=c)
                    if status != 204:
                        self.problem = f"POST answered {status}: {reply}"
                        return
                    own["acknowledged"] = count
                    own["steps"] += 1
        except (OSError, http.client.HTTPException, ValueError):
            return  # the power went


def check(server, sessions):
    wrong = []
    c = server.connect()
    for own in sessions:
        status, reply = server.call("GET", "/api/session", {"i": I, "session": own["session"], "secret": own["secret"]}, connection=c)
        if status != 200:
            wrong.append(f"{own}: {status} {reply}")
            continue
        count, steps = reply.get("count"), reply["_internal"]["steps"]
        if count not in (own["acknowledged"], own["sent"]):
            wrong.append(f"{own}: count is {count}")
        if steps not in (own["steps"], own["steps"] + 1):
            wrong.append(f"{own}: {steps} steps")
    return wrong


def main():
    build, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    server, wrong, total = Server(build, packages=[PACKAGES]), [], 0
    all_sessions = []
    for number in range(rounds):
        clients = [Client(server, n) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(random.uniform(0.2, 0.6))
        server.kill()
        for client in clients:
            client.join(20)
        server.start()
        mine = [s for client in clients for s in client.sessions]
        wrong += [client.problem for client in clients if client.problem]
        wrong += check(server, mine)
        total += sum(s["steps"] for s in mine)
        all_sessions += mine
        if wrong:
            break
    wrong += check(server, random.sample(all_sessions, min(300, len(all_sessions))))
    if server.stop() != 0:
        wrong.append(f"the last stop ended with {server.process.returncode}")
    server.remove()
    for line in wrong[:20]:
        print("FAIL", line)
    print(f"{rounds} rounds, {len(all_sessions)} sessions, {total} acknowledged writes")
    print("1 passed, 0 failed" if not wrong else "0 passed, 1 failed")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
