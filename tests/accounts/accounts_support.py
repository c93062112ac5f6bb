"""What the tests of the accounts family share: a server on either store, people with mailboxes, authenticators, a GitHub of our own. Standard library only."""
import base64
import email
import email.policy
import hmac
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from chancery_server import Server  # noqa: E402

BUILD = None       # folder of the program
PG = None          # URL of a private PostgreSQL server
SOAK = bool(os.environ.get("CHANCERY_TEST_SOAK"))


def main(module="__main__"):
    """BUILD/chancery [--postgres] [unittest options]: runs the tests of a file."""
    global BUILD, PG
    words = sys.argv[1:]
    BUILD = pathlib.Path(words.pop(0)).resolve().parent
    folder = None
    if "--postgres" in words:
        words.remove("--postgres")
        folder = tempfile.mkdtemp(prefix="chancery-pg-")
        script = HERE.parent / "unit" / "store" / "pg-temp.sh"
        started = subprocess.run([script, "start", folder], stdout=subprocess.PIPE, text=True, check=False)
        if started.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            print("skipped: no PostgreSQL here")
            sys.exit(77)
        PG = started.stdout.strip()
    try:
        program = unittest.main(module=module, argv=[sys.argv[0], *words], exit=False)
    finally:
        if folder:
            subprocess.run([script, "stop", folder], check=False)
    sys.exit(not program.result.wasSuccessful())


count = 0


def database():
    """A fresh one."""
    global count
    count += 1
    name = f"accounts_{os.getpid()}_{count}"
    subprocess.run(["psql", "--no-psqlrc", "--quiet", "--dbname", PG, "--command", f"CREATE DATABASE {name}"], check=True)
    return re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>{name}", PG)


def totp(secret, steps=0, at=None):
    """RFC 6238, as an authenticator shows it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(key, (int(at if at is not None else time.time()) // 30 + steps).to_bytes(8, "big"), "sha1")
    return f"{(int.from_bytes(mac[mac[-1] & 15:][:4], 'big') & 0x7fffffff) % 10**6:06d}"


class Reply:
    """Status, headers, and the JSON where it is some."""

    def __init__(self, reply):
        self.status, self.headers, self.raw = reply.status, reply.headers, reply.read()
        self.json = json.loads(self.raw) if (reply.headers.get("Content-Type") or "").startswith("application/json") and self.raw else None

    def __getitem__(self, key):
        return self.json[key]


class Accounts(unittest.TestCase):
    """One server per test."""

    settings = ()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-accounts-"))
        self.store = ["store.url=" + database()] if PG else []
        self.read = set()
        self.server = None

    def tearDown(self):
        if self.server:
            status = self.server.stop()
            text = "\n".join(self.server.lines)
            self.assertEqual(status, 0, text[-3000:])
            self.assertNotIn("runtime error", text)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *settings, env=None):
        self.server = Server(BUILD, data=self.folder / "data", settings=[*self.store, "mail.url=dir:" + str(self.folder / "mail"), *self.settings, *settings], env=env)
        return self.server

    def restart(self, *settings, env=None):
        self.assertEqual(self.server.stop(), 0)
        return self.start(*settings, env=env)

    def command(self, *words):
        """A command beside the server."""
        done = subprocess.run([str(BUILD / "chancery"), *words, "--data", str(self.folder / "data"), *(x for s in self.store for x in ("--set", s))],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    # Requests
    def ask(self, method, path, body=None, token=None, headers=None, raw=None):
        c = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        head = dict(headers or {})
        if token:
            head["Authorization"] = "Bearer " + token
        if body is not None:
            raw = json.dumps(body).encode()
            head.setdefault("Content-Type", "application/json")
        if raw is None and method == "POST":
            head["Content-Length"] = "0"
        c.request(method, path, raw, head)
        reply = Reply(c.getresponse())
        c.close()
        return reply

    def good(self, status, method, path, *args, **more):
        reply = self.ask(method, path, *args, **more)
        self.assertEqual(reply.status, status, reply.raw[:2000])
        return reply

    # People
    def mail(self, to, fragment=""):
        """The oldest one that was not read yet: (subject, text)."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for path in sorted((self.folder / "mail").glob("*.eml")):
                letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default) if path.name not in self.read else None
                if letter and letter["To"] == to and fragment in letter["Subject"]:
                    self.read.add(path.name)
                    return letter["Subject"], letter.get_body(("plain",)).get_content()
            time.sleep(0.02)
        raise AssertionError(f"no mail to {to}")

    def code(self, address):
        self.good(200, "POST", "/cfg/accounts/otp/request/", {"identifier": address})
        return re.search(r"\d{4}", self.mail(address, "OTP code")[0])[0]

    def verify(self, address, code):
        return self.ask("POST", "/cfg/accounts/otp/verify/", {"identifier": address, "otp": code})

    def login(self, address):
        """The answer of a login by one-time code."""
        reply = self.verify(address, self.code(address))
        self.assertEqual(reply.status, 200, reply.raw)
        return reply.json

    def second_factor(self, access):
        """(secret, backup codes) of an authenticator set up now, by the code of the step before."""
        secret = self.good(200, "POST", "/cfg/totp/setup/", token=access).json
        made = self.good(200, "POST", "/cfg/totp/setup/confirm/", {"device_id": secret["device_id"], "code": totp(secret["secret"], -1)}, token=access)
        return secret["secret"], made["backup_codes"]

    def at_once(self, n, fn):
        """fn(i) on n threads that begin together; what they returned."""
        gate, out = threading.Barrier(n), [None] * n

        def run(i):
            gate.wait()
            out[i] = fn(i)
        threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return out


class GitHub:
    """A GitHub on a loopback port. users: code -> (profile, emails or None for a failing call)."""

    def __init__(self):
        hub = self
        self.users, self.calls, self.token_answer = {}, [], None

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, body):
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                hub.calls.append(("token", dict(self.headers), form))
                if hub.token_answer:
                    return self.answer(*hub.token_answer)
                code = form["code"][0]
                if code not in hub.users:
                    return self.answer(200, {"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
                return self.answer(200, {"access_token": "gho_" + code, "scope": "read:user,user:email", "token_type": "bearer"})

            def do_GET(self):
                hub.calls.append((self.path, dict(self.headers), None))
                code = self.headers.get("Authorization", "").removeprefix("Bearer gho_")
                if code not in hub.users or not self.headers.get("User-Agent"):
                    return self.answer(401, {"message": "Bad credentials"})
                profile, emails = hub.users[code]
                if self.path == "/user":
                    return self.answer(200, profile)
                return self.answer(500, {}) if emails is None else self.answer(200, emails)

            def log_message(self, *_):
                pass
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def settings(self):
        return ["accounts.github.enabled=true", "accounts.github.client_id=id-1", "accounts.github.client_secret=secret-1",
                f"accounts.github.authorize_url={self.url}/login/oauth/authorize", f"accounts.github.token_url={self.url}/login/oauth/access_token",
                f"accounts.github.user_url={self.url}/user", f"accounts.github.emails_url={self.url}/user/emails"]

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
