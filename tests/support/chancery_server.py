"""Starts the real binary for a test, talks to it, ends it. Standard library only."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEY = "test-key-0123456789abcdefghijklmn"
EMAIL = "admin@example.com"


class Log:
    """The last lines that a server logged; a place in it stays good when old lines are let go."""

    def __init__(self, kept=20000):
        self.kept, self.lines, self.gone, self.lock = kept, [], 0, threading.Lock()

    def add(self, line):
        with self.lock:
            self.lines.append(line)
            if len(self.lines) > self.kept:
                old = len(self.lines) // 2
                del self.lines[:old]
                self.gone += old

    def here(self):
        with self.lock:
            return self.gone + len(self.lines)

    def since(self, place):
        with self.lock:
            return self.lines[max(place - self.gone, 0):]


class Server:
    """One server on a data folder of its own (or one that is given, to start again on it)."""

    def __init__(self, build, data=None, settings=(), env=None, packages=()):
        self.build = pathlib.Path(build).resolve()
        self.own = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="chancery-test-"))
        self.settings = list(settings)
        self.env = dict(os.environ, **(env or {}))
        self.env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=1")
        folders = [str(p) for p in packages]
        if folders:
            self.settings.append("interviews.packages=" + json.dumps(folders))
        self.log = Log()
        self.start()

    def start(self):
        command = [str(self.build / "chancery"), "serve", "--data", str(self.data), "--listen", "127.0.0.1:0",
                   "--set", "admin.email=" + EMAIL, "--set", "admin.password=correct horse battery", "--set", "admin.api_key=" + KEY,
                   "--set", "limits.enabled=false"]
        for setting in self.settings:
            command += ["--set", setting]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env, cwd=self.data.parent)
        self.reader = threading.Thread(target=self.read_log, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        for line in self.process.stdout:
            if line.startswith("chancery ready http://"):
                self.port = int(line.split()[2].rsplit(":", 1)[1])
                return
        self.process.wait()
        self.reader.join(5)
        raise RuntimeError("the server did not start:\n" + "\n".join(self.lines[-20:]))

    def read_log(self, stream):
        for line in stream:
            self.log.add(line.rstrip("\n"))

    @property
    def lines(self):
        return self.log.since(0)

    def connect(self, timeout=60):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, method, path, query=None, body=None, headers=None, connection=None, key=KEY, form=None):
        """(status, parsed JSON or bytes)."""
        c = connection or self.connect()
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        head = {"X-API-Key": key} if key else {}
        data = form
        if body is not None:
            data = json.dumps(body).encode()
            head["Content-Type"] = "application/json"
        head.update(headers or {})
        c.request(method, target, data, head)
        reply = c.getresponse()
        raw = reply.read()
        if not connection:
            c.close()
        if (reply.headers.get("Content-Type") or "").startswith("application/json") and raw:
            return reply.status, json.loads(raw)
        return reply.status, raw

    def kill(self):
        """As when the power goes."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.reader.join(5)
        self.process.stderr.close()

    def stop(self):
        """A graceful end; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.reader.join(5)
        self.process.stderr.close()
        return self.process.returncode

    def remove(self):
        if self.own:
            shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.remove()
