#!/usr/bin/python3
"""The fault loop over the pages that a link from a mail leads to, and over `chancery rekey`: faults_core.py BUILD (a sanitizer build: fault points are compiled in).

Each allocation or store call of a request fails once; there is a page each time, or 5xx, and what it says is what the store holds: a link is used up or works still, never
between. Of a command each point fails once: it says so and exits with 1, the store opens afterwards, and the next run finishes what was begun. $FAULT_STRIDE: only every
so many points of the command, beginning at another one each time.
"""
import email
import email.policy
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
from faults import Loop  # noqa: E402
from faults_accounts import Accounts, totp  # noqa: E402

CHEAP = ["argon2.memory_kib=8192", "argon2.passes=1"]
REFUSED = (500, 503)
OLD, NEW = "longenough", "another long one"


class Pages:
    def __init__(self, build):
        self.mails = pathlib.Path(tempfile.mkdtemp(prefix="chancery-fault-mail-"))
        self.loop = Loop(build, ["mail.url=dir:" + str(self.mails), "mail.retry=1", *CHEAP])
        self.server, self.n, self.seen = self.loop.server, 0, set()

    def link(self, address, fragment):
        """Token of the oldest mail to address that was not read yet and whose link is open: a request whose answer was lost may have sent one, too. No fault may be armed."""
        end = time.monotonic() + 300
        while time.monotonic() < end:
            for path in sorted(self.mails.glob("*.eml")):
                letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default) if path.name not in self.seen else None
                if letter and letter["To"] == address:
                    self.seen.add(path.name)
                    found = re.search(r"/account/%s\?token=([A-Za-z0-9_-]+)" % fragment, letter.get_body(("plain",)).get_content())
                    if found and self.get(fragment, token=found[1])[0] == 200:
                        return found[1]
            time.sleep(0.01)
        raise RuntimeError(f"no mail with a link to {fragment} for {address}")

    def get(self, path, **query):
        return self.server.call("GET", "/account/" + path, query, key=None)

    def post(self, path, **form):
        return self.server.call("POST", "/account/" + path, form=urllib.parse.urlencode(form), headers={"Content-Type": "application/x-www-form-urlencoded"}, key=None)

    def register(self):
        """A new account's address and proof link; no fault is armed when this returns."""
        self.loop.arm(0)
        self.n += 1
        address = f"core{self.n}@example.com"
        status, answer = self.server.call("POST", "/api/v1/auth/register", body={"email": address, "username": f"core{self.n}", "password": OLD}, key=None)
        assert status == 200, answer
        return address, self.link(address, "proof")

    def opens(self, address, password):
        """Whether somebody logs in with it."""
        form = urllib.parse.urlencode({"username": address, "password": password})
        return self.server.call("POST", "/api/v1/auth/login", form=form, headers={"Content-Type": "application/x-www-form-urlencoded"}, key=None)[0] == 200

    def proof(self, answer):
        address, token = self.register()
        self.loop.arm(self.loop.number)
        status, page = self.post("proof", token=token, answer=answer)
        self.loop.arm(0)
        spent, alive = self.get("proof", token=token)[0] == 404, self.opens(address, OLD)
        if status == 200 and not spent:
            return 599, "the page said that it is done"
        return (status, page) if alive != (spent and answer == "no") else (599, f"{status}, link spent: {spent}, account there: {alive}")

    def forgot(self):
        """The mail comes, if the page says so; a fault that hits the job instead lets it try again, once its lease has ended at the latest."""
        status, page = self.post("forgot", email=self.known)
        self.loop.arm(0)
        if status == 200:
            self.link(self.known, "password")
        return status, page

    def password(self):
        self.loop.arm(0)
        self.post("forgot", email=self.known)
        token = self.link(self.known, "password")
        before, now = self.choice, f"{NEW} {self.loop.number}"
        self.loop.arm(self.loop.number)
        status, page = self.post("password", token=token, password=now, again=now)
        self.loop.arm(0)
        spent, chosen = self.get("password", token=token)[0] == 404, self.opens(self.known, now)
        self.choice = now if chosen else before
        if status == 200 and not chosen:
            return 599, "the page said that the password is set"
        return (status, page) if spent == chosen and self.opens(self.known, before) != chosen else (599, f"{status}, link spent: {spent}, password set: {chosen}")

    def tell(self):
        over, good = self.loop.over, lambda *statuses: lambda status, body: status in statuses + REFUSED
        address, token = self.register()
        over("proof, the page", lambda: self.get("proof", token=token), good(200))
        over("proof, another answer", lambda: self.post("proof", token=token, answer="maybe"), good(422))
        over("proof, no such link", lambda: self.post("proof", token="x" * 43, answer="yes"), good(404))
        over("proof, yes", lambda: self.proof("yes"), good(200))
        over("proof, no", lambda: self.proof("no"), good(200))
        self.known, self.choice = address, OLD
        over("forgot, the page", lambda: self.get("forgot"), good(200))
        over("forgot, no address", lambda: self.post("forgot", email="nobody"), good(422))
        over("forgot", self.forgot, good(200))
        self.loop.arm(0)
        self.post("forgot", email=self.known)
        link = self.link(self.known, "password")
        over("password, the page", lambda: self.get("password", token=link), good(200))
        over("password, too short", lambda: self.post("password", token=link, password="short", again="short"), good(422))
        over("password", self.password, good(200))


class Rekey:
    """A store in which something is sealed that can be tried afterwards, and a new master key for it."""

    def __init__(self, build):
        self.program, self.wrong, self.points = str(pathlib.Path(build) / "chancery"), [], 0
        self.people = Accounts(build)
        self.server = self.people.server
        token = self.people.login("sealed@example.com")["access"]
        made = self.people.call("POST", "totp/setup/", token=token)[1]
        self.secret = made["secret"]
        assert self.people.call("POST", "totp/setup/confirm/", {"device_id": made["device_id"], "code": totp(self.secret, -1)}, token=token)[0] == 200
        assert self.server.stop() == 0
        self.key = self.server.data / "master.key"

    def run(self, word, point=None):
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=1", **({} if point is None else {"CHANCERY_FAULT_COMMAND": str(point)}))
        done = subprocess.run([self.program, word, "--data", str(self.server.data), "--quiet"], capture_output=True, text=True, env=env, timeout=120,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def tell(self, stride):
        start, quiet, point = int(time.time()) % stride + 1, False, 0
        for point in range(start, 20000, stride):
            status, said, why = self.run("rekey", point)
            if status not in (0, 1) or "runtime error" in why or "Sanitizer" in why:
                self.wrong.append(f"point {point}: ended with {status}\n{why[-2000:]}")
                break
            quiet = "fault not reached" in why
            if status == 1 and not quiet and why.count("\n") < 2:
                self.wrong.append(f"point {point}: refused without a word")
            if self.key.stat().st_size not in (32, 64):
                self.wrong.append(f"point {point}: a key file of {self.key.stat().st_size} bytes")
            if quiet and status != 0:
                self.wrong.append(f"point {point}: nothing failed, and it ended with {status}\n{why[-500:]}")
            if quiet:
                break
            self.points += 1
            if self.run("check")[0] != 0:
                self.wrong.append(f"point {point}: the store does not open any more")
                break
        status, said, why = self.run("rekey")
        if status or self.key.stat().st_size != 32:
            self.wrong.append(f"the last run ended with {status}, the key file has {self.key.stat().st_size} bytes\n{why[-500:]}")
        self.server.start()
        waiting = self.people.login("sealed@example.com")["session_id"]
        status, answer = self.people.call("POST", "totp/verify/", {"session_id": waiting, "code": totp(self.secret)})
        if status != 200:
            self.wrong.append(f"the second factor does not open any more: {status} {answer}")
        print(f"      rekey: {point} points, {self.points} of them tried")

    def end(self):
        if self.server.stop():
            self.wrong.append("the server ended with an error:\n" + "\n".join(self.server.lines[-20:]))
        self.server.remove()
        self.people.loop.knob.unlink()
        self.people.mails.cleanup()
        for line in self.wrong[:20]:
            print("FAIL", line)
        print("1 passed, 0 failed" if not self.wrong and self.points else "0 passed, 1 failed")
        return bool(self.wrong) or not self.points


def main():
    pages = Pages(sys.argv[1])
    pages.tell()
    failed = pages.loop.end()
    for path in pages.mails.glob("*"):
        path.unlink()
    pages.mails.rmdir()
    rekey = Rekey(sys.argv[1])
    rekey.tell(int(os.environ.get("FAULT_STRIDE", "1")))
    return rekey.end() or failed


if __name__ == "__main__":
    sys.exit(main())
