#!/usr/bin/python3
"""The power goes while mails are asked for and written: every one that was promised is in the folder, none twice, none half, no number is missing.

usage: mails.py BUILD [ROUNDS] [sqlite|postgresql]
Clients ask for links to choose a new password as fast as they can; the server is killed at a random moment and started again. On PostgreSQL two servers share
store and folder, and one after the other is killed. At the end nothing waits any more, and: answered 200 <= mails <= asked for.
"""
import email
import email.policy
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import EMAIL, Server  # noqa: E402
from temp_postgres import TempPostgres  # noqa: E402

CLIENTS, PATIENCE = 4, 150  # longer than any lease
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client(threading.Thread):
    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.stop, self.asked, self.answered, self.wrong = server, False, 0, 0, []
        self.start()

    def run(self):
        while not self.stop:
            self.asked += 1
            try:
                status, _ = self.server.call("POST", "/account/forgot", headers=FORM, form="email=" + EMAIL.replace("@", "%40"), key=None)
            except OSError:
                return  # it was killed
            except Exception:  # a reply cut in two by the kill
                return
            if status == 200:
                self.answered += 1
            elif status != 503:
                self.wrong.append(f"POST /account/forgot: {status}")


def waiting(build, server):
    done = subprocess.run([str(pathlib.Path(build) / "chancery"), "outbox", "list", "--json", "--data", str(server.data)]
                          + [w for s in server.settings for w in ("--set", s)], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.split("},{") if '"id"' in line and not re.search('"kind":"(retention|files)"', line)]  # those come round again


def check(folder, asked, answered):
    wrong, seen = [], set()
    files = sorted(p.name for p in folder.iterdir())
    mails = [name for name in files if re.fullmatch(r"\d{6}\.eml", name)]
    leftovers = [name for name in files if name not in mails]
    if [int(name[:6]) for name in mails] != list(range(1, len(mails) + 1)):
        wrong.append("a number is missing or taken twice")
    for name in mails:
        message = email.message_from_bytes((folder / name).read_bytes(), policy=email.policy.default)
        identifier = message["Message-ID"]
        if not identifier or identifier in seen:
            wrong.append(f"{name}: Message-ID {identifier} is missing or stands twice")
        seen.add(identifier)
        if not message.get_body(("plain",)) or "token=" not in message.get_body(("plain",)).get_content():
            wrong.append(f"{name} is not whole")
    if not answered <= len(mails) <= asked:
        wrong.append(f"{answered} were promised, {asked} asked for, and there are {len(mails)}")
    return wrong, len(mails), len(leftovers)


def main():
    build, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
    postgres = TempPostgres() if sys.argv[3:] == ["postgresql"] else None
    top = pathlib.Path(tempfile.mkdtemp(prefix="chancery-mails-"))
    settings = [f"mail.url=dir:{top / 'mail'}"]
    wrong, asked, answered, servers = [], 0, 0, []
    try:
        if postgres:
            settings += ["store.url=" + postgres.url, f"master_key_file={top / 'master.key'}"]
        servers = [Server(build, data=top / name, settings=settings) for name in (["one", "two"] if postgres else ["one"])]
        for turn in range(rounds):
            clients = [Client(server) for server in servers for _ in range(CLIENTS)]
            time.sleep(random.uniform(0.1, 0.4))
            servers[turn % len(servers)].kill()
            for client in clients:
                client.stop = True
            for client in clients:
                client.join(60)
                asked, answered, wrong = asked + client.asked, answered + client.answered, wrong + client.wrong
            servers[turn % len(servers)].start()
        end = time.monotonic() + PATIENCE
        while waiting(build, servers[0]) and time.monotonic() < end:
            time.sleep(0.2)
        if left := waiting(build, servers[0]):
            wrong.append(f"{len(left)} jobs are still waiting: {left[0]}")
        problems, mails, leftovers = check(top / "mail", asked, answered)
        wrong += problems
    finally:
        for server in servers:
            server.stop()
        if postgres:
            postgres.stop()
        shutil.rmtree(top, ignore_errors=True)
    for line in wrong[:20]:
        print(line)
    print(f"{rounds} kills: {asked} asked for, {answered} promised, {mails} mails, {leftovers} files without a name left")
    print(f"{rounds if not wrong else 0} passed, {len(wrong)} failed")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
