"""What the Python tests of hiring share: both stores, calls with a token, LiveKit played by a small server. Standard library only."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from chancery_server import EMAIL, Server  # noqa: E402

API = "/api/v1"
PASSWORD = "correct horse battery"  # of the administrator
KEY, SECRET = "APItest", "a secret that LiveKit and we share"


@contextlib.contextmanager
def stores(wanted):
    """Names and a maker of --set arguments for each store that is here; a fresh database every time."""
    folder = tempfile.mkdtemp(prefix="chancery-hiring-pg-")
    script = HERE.parent.parent / "unit" / "store" / "pg-temp.sh"
    url = None
    if "postgresql" in wanted:
        started = subprocess.run([script, "start", folder], stdout=subprocess.PIPE, text=True, check=False)
        url = started.stdout.strip() if started.returncode == 0 else None
        if not url:
            print("skipped: no PostgreSQL here")
    count = [0]

    def fresh():
        count[0] += 1
        subprocess.run(["psql", "--no-psqlrc", "--quiet", "--dbname", url, "--command", f"CREATE DATABASE hiring_{count[0]}"], check=True)
        return ["store.url=" + re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>hiring_{count[0]}", url)]

    try:
        yield [("sqlite", list)] * ("sqlite" in wanted) + [("postgresql", fresh)] * bool(url)
    finally:
        if url:
            subprocess.run([script, "stop", folder], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def call(server, method, path, token=None, body=None, headers=None, connection=None, raw=None):
    """(status, JSON or bytes). raw: a body as it is, with its type: ("application/…", bytes)."""
    head = dict(headers or {})
    if token is not None:
        head["Authorization"] = "Bearer " + token
    if raw is None:
        return server.call(method, API + path, body=body, headers=head, connection=connection, key=None)
    c = connection or server.connect()
    c.request(method, API + path, raw[1], dict(head, **{"Content-Type": raw[0]}))
    reply = c.getresponse()
    text = reply.read()
    if not connection:
        c.close()
    return reply.status, json.loads(text) if text[:1] in (b"{", b"[") else text


def login(server, name, password="longenough"):
    form = urllib.parse.urlencode({"username": name, "password": password}).encode()
    status, answer = call(server, "POST", "/auth/login", raw=("application/x-www-form-urlencoded", form))
    assert status == 200, (status, answer)
    return answer["access_token"]


def user(server, name):
    """Registered and logged in: (profile, token)."""
    status, profile = call(server, "POST", "/auth/register", body={"email": f"{name}@example.com", "username": name, "password": "longenough"})
    assert status == 200, (status, profile)
    return profile, login(server, name)


INTERVIEW = {"title": "Title", "candidate_name": "Jane Doe", "candidate_email": "jane.doe@example.com", "position": "Engineer"}


def interview(server, token, **more):
    status, answer = call(server, "POST", "/interviews/", token, dict(INTERVIEW, **more))
    assert status == 200, (status, answer)
    return answer


def details(server, token, number):
    return call(server, "GET", f"/interviews/{number}?include=details", token)[1]


# Tokens

def encode(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def sign(claims, secret=SECRET, alg="HS256"):
    text = encode(json.dumps({"alg": alg, "typ": "JWT"}).encode()) + b"." + encode(json.dumps(claims).encode())
    return (text + b"." + encode(hmac.new(secret.encode(), text, hashlib.sha256).digest())).decode()


def claims_of(token, secret=SECRET):
    """Checked and read."""
    text, _, signature = token.rpartition(".")
    assert encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode() == signature, "the signature does not fit"
    head, payload = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in text.split("."))
    assert head["alg"] == "HS256", head
    return payload


# LiveKit

class LiveKit:
    """The RoomService of LiveKit as far as it is asked, or what is in its place: mode."""

    def __init__(self):
        self.mode, self.rooms, self.asked, self.seen, self.free = "good", {}, [], threading.Condition(), threading.Event()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fake.take(self, self.path, self.headers, body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def settings(self, *more):
        return [f"livekit.url={self.url}", "livekit.public_url=wss://rooms.example", f"livekit.api_key={KEY}", f"livekit.api_secret={SECRET}", *more]

    def take(self, handler, path, headers, body):
        method = path.rsplit("/", 1)[-1]
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        with self.seen:
            self.asked.append((method, json.loads(body), token, headers.get("Content-Type")))
            self.seen.notify_all()
        status, kind, text = 200, "application/json", b"{}"
        if self.mode == "hang":
            self.free.wait(30)
        elif self.mode == "plain 401":
            status, kind, text = 401, "text/plain; charset=utf-8", b"invalid token: " + token.encode()
        elif self.mode == "refused":
            status, text = 403, b'{"code":"permission_denied","msg":"permissions denied"}'
        elif self.mode == "500":
            status, text = 500, b'{"code":"internal","msg":"oops"}'
        elif self.mode == "noise":
            kind, status, text = "text/html", 502, b"<html>bad gateway</html>"
        elif method == "CreateRoom":
            wanted = json.loads(body)
            self.rooms[wanted["name"]] = wanted
            text = json.dumps({"sid": "RM_1", "name": wanted["name"], "creation_time": "1700000000"}).encode()
        elif self.rooms.pop(json.loads(body)["room"], None) is None:
            status, text = 404, b'{"code":"not_found","msg":"requested room does not exist"}'
        with contextlib.suppress(OSError):
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)

    def wait(self, method, count=1, seconds=60):
        """Until that many calls of a method have come; those calls."""
        end = time.monotonic() + seconds
        with self.seen:
            while (calls := [a for a in self.asked if a[0] == method]) is not None and len(calls) < count:
                if not self.seen.wait(end - time.monotonic()):
                    raise AssertionError(f"LiveKit was not asked: {method} {len(calls)} of {count}")
            return calls

    def stop(self):
        self.free.set()
        self.server.shutdown()
        self.server.server_close()


def until(look, what, seconds=60):
    """Waits for a condition; the number bounds a failure, not the test."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()):
            return found
        time.sleep(0.02)
    raise AssertionError("never came true: " + what)


class Checks:
    """Counts; one wrong check does not stop the next."""

    def __init__(self):
        self.passed, self.wrong = 0, []

    def __call__(self, name, good, seen=""):
        if good:
            self.passed += 1
        else:
            self.wrong.append(f"{name}: {str(seen)[:800]}")
            print("FAIL", self.wrong[-1], flush=True)

    def end(self):
        print(f"{self.passed} passed, {len(self.wrong)} failed")
        return bool(self.wrong or not self.passed)


def ended(checks, name, server, secrets=()):
    """The server ends well, without a sanitizer's complaint, and without a secret in its log."""
    status = server.stop()
    log = "\n".join(server.lines)
    checks(f"{name}: the server ends well", status == 0 and "Sanitizer" not in log and "runtime error" not in log, log[-3000:])
    for secret in secrets:
        checks(f"{name}: no secret in the log", secret not in log, secret)


__all__ = [name for name in dir() if not name.startswith("_")]
