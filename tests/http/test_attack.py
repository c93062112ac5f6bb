"""The real server under attack (server.md 3): a corpus of JSON texts, bodies that are too large or too deep, a crowd of idle connections, pipelines, peers
that close half, requests with bytes changed at random. Each reply must be well-formed, nothing may answer 500, descriptors and memory stay flat.

test_attack.py BUILD [unittest options]. What depends on deadlines is in test_connections.py, where they are short."""
import json
import os
import pathlib
import random
import re
import resource
import socket
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from chancery_server import KEY, Server  # noqa: E402

BUILD = None
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
MIB = 1 << 20


def corpus():
    """(verdict, name, text) of tests/json/corpus.txt."""
    for line in (HERE.parent / "json" / "corpus.txt").read_text(encoding="ascii").splitlines():
        verdict, name, text, expected = (re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]), f.encode()) for f in line.split("\t"))
        yield verdict.decode(), name.decode(), text, expected.decode()


class Malformed(Exception):
    pass


def take_reply(data, method="GET"):
    """The first whole reply of data: (status, headers, body, rest), or None if it is not complete. Raises Malformed."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        if len(data) > 65536 or (data and not b"HTTP/1.1 ".startswith(data[:9])):
            raise Malformed(data[:200])
        return None
    lines = head.split(b"\r\n")
    status = re.fullmatch(rb"HTTP/1\.1 ([1-5]\d\d) [\t\x20-\x7e]+", lines[0])
    if not status:
        raise Malformed(lines[0])
    status, headers = int(status[1]), {}
    for line in lines[1:]:
        name, colon, value = line.partition(b": ")
        if not colon or not TOKEN.fullmatch(name) or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise Malformed(line)
        name = name.lower().decode()
        if name in headers and name not in ("set-cookie", "vary", "link"):
            raise Malformed(b"twice " + line)
        headers[name] = value.decode("latin-1")
    if status == 100:
        return status, headers, b"", rest
    if status in (204, 304) or method == "HEAD":
        length = 0
    elif "content-length" not in headers or not headers["content-length"].isdigit():
        raise Malformed(b"no length: " + head)
    else:
        length = int(headers["content-length"])
    return (status, headers, rest[:length], rest[length:]) if len(rest) >= length else None


def request(method, path, body=None, headers=()):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: a", *headers]
    if body is not None:
        lines.append("Content-Length: %d" % len(body))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


class Wire:
    """A connection of raw bytes."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, raw):
        """False: the peer does not want more."""
        try:
            self.sock.sendall(raw)
            return True
        except OSError:
            return False

    def reply(self, method="GET"):
        """(status, headers, body); None at the end of the connection."""
        while True:
            got = take_reply(self.data, method)
            if got and got[0] != 100:
                self.data = got[3]
                return got[:3]
            if got:
                self.data = got[3]
                continue
            try:
                piece = self.sock.recv(1 << 16)
            except ConnectionError:
                piece = b""
            if not piece:
                if self.data:
                    raise Malformed(b"cut off: " + self.data[:200])
                return None
            self.data += piece


TYPED = ("Content-Type: application/json", "X-API-Key: " + KEY)
REGISTER = "/api/v1/auth/register"


class Attack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Freed memory that a sanitizer keeps aside would look like growth.
        cls.server = Server(BUILD, settings=["families=[hiring, interviews]", "max_connections=3000"],
                            env={"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1:quarantine_size_mb=1"})
        cls.addClassCleanup(cls.end)

    @classmethod
    def end(cls):
        code = cls.server.stop()
        cls.server.remove()
        assert code == 0, cls.server.lines[-20:]
        assert not [line for line in cls.server.lines if '"level":"error"' in line], cls.server.lines[-20:]

    def wire(self):
        return Wire(self.server.port)

    def descriptors(self):
        """Open sockets. The others (each thread opens the store when it first reads) have a bound."""
        folder = pathlib.Path("/proc/%d/fd" % self.server.process.pid)
        targets = [link for link in (self.target(one) for one in folder.iterdir()) if link]
        self.assertLess(len([link for link in targets if not link.startswith("socket:")]), 150)
        return len([link for link in targets if link.startswith("socket:")])

    @staticmethod
    def target(link):
        try:
            return os.readlink(link)
        except FileNotFoundError:  # closed meanwhile
            return None

    def resident(self):
        """Bytes of memory, without what is mapped from files."""
        status = pathlib.Path("/proc/%d/status" % self.server.process.pid).read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1024

    def settle(self, most):
        for _ in range(1500):
            if self.descriptors() <= most:
                break
            time.sleep(0.02)
        self.assertLessEqual(self.descriptors(), most)

    def flat(self, attack, slack=16 * MIB):
        """What the attack costs is paid once: after further rounds as many descriptors are open as before, and no more memory is held."""
        attack()
        attack()
        before = min(self.descriptors() for _ in range(100) if not time.sleep(0.02))  # those of the attack are about to be closed
        held = self.resident()
        for _ in range(3):
            attack()
        self.settle(before)
        self.assertLess(self.resident() - held, slack)

    def alive(self):
        with self.wire() as w:
            w.send(request("GET", "/healthz"))
            self.assertEqual(w.reply()[0], 200)

    # JSON
    def test_each_text_of_the_corpus_gets_its_verdict_from_hiring(self):
        with self.wire() as w:
            for verdict, name, text, expected in corpus():
                with self.subTest(name):
                    w.send(request("POST", REGISTER, text, TYPED))
                    status, headers, body = w.reply()
                    self.assertEqual((status, headers["content-type"]), (422, "application/json"), body)
                    first = json.loads(body)["detail"][0]
                    if verdict == "-" and text.strip(b" \n") and expected != "-":
                        offset, words = expected.split(" ", 1)
                        self.assertEqual((first["type"], first["loc"], first["ctx"]), ("json_invalid", ["body", int(offset)], {"error": words}))
                    elif verdict == "+":
                        self.assertNotEqual(first["type"], "json_invalid")

    def test_no_text_of_the_corpus_disturbs_interviews(self):
        with self.wire() as w:
            for verdict, name, text, _ in corpus():
                with self.subTest(name):
                    w.send(request("POST", "/api/session", text, TYPED))
                    status, _, body = w.reply()
                    self.assertIn(status, (400, 403), (verdict, body))  # one of them has a member "key"

    def test_depth_is_bounded(self):
        n = 100000
        deep = {"arrays": b"[" * n + b"]" * n, "objects": b'{"a":' * n + b"1" + b"}" * n, "arrays that do not end": b"[" * n, "strings in arrays": b'["a",' * n,
                "below a member": b'{"variables":' + b"[" * n + b"]" * n + b"}"}
        for name, text in deep.items():
            for path, want in ((REGISTER, (422, 413)), ("/api/session", (400,)), ("/api/session/action", (400,))):
                with self.subTest((name, path)), self.wire() as w:
                    w.send(request("POST", path, text, TYPED))
                    self.assertIn(w.reply()[0], want)
        with self.wire() as w:  # JSON inside of a form
            form = b"i=docassemble.chancery:data/questions/greeting.yml&session=x&secret=y&variables=" + b"[" * n
            w.send(request("POST", "/api/session", form, ("Content-Type: application/x-www-form-urlencoded", TYPED[1])))
            self.assertEqual(w.reply()[0], 400)
        self.alive()

    def test_size_is_bounded(self):
        large = b'{"email":"' + b"a" * (10 * 10**6) + b'"}'
        for how in ("length", "chunked"):
            with self.subTest(how), self.wire() as w:
                if how == "length":
                    w.send(request("POST", REGISTER, large, TYPED))
                else:
                    w.send(request("POST", REGISTER, None, (*TYPED, "Transfer-Encoding: chunked")) + b"%x\r\n" % len(large) + large + b"\r\n0\r\n\r\n")
                status, headers, body = w.reply()
                self.assertEqual((status, headers["connection"]), (413, "close"))
                if how == "length":
                    self.assertEqual(json.loads(body), {"detail": "Request body too large"})
                self.assertIsNone(w.reply())
        for text in (b'{"i":"' + b"a" * (10 * 10**6) + b'"}', b"[" + b"0," * (5 * 10**6) + b"0]", b'{"variables":{' + b",".join(b'"v%d":0' % i for i in range(700000)) + b"}}"):
            with self.subTest(text[:10]), self.wire() as w:
                w.send(request("POST", "/api/session", text, TYPED))
                self.assertEqual(w.reply()[0], 400)
        self.alive()

    def test_bodies_leave_no_memory_behind(self):
        texts = [b"[" * 100000, b'{"i":"' + b"a" * (4 * MIB) + b'"}', b"[" + b"0," * 150000 + b"0]"]

        def attack():
            for text in texts:
                with self.wire() as w:
                    w.send(request("POST", "/api/session", text, TYPED))
                    self.assertEqual(w.reply()[0], 400)
        self.flat(attack, 48 * MIB)

    # Connections
    def test_a_thousand_idle_connections(self):
        def attack():
            crowd = [self.wire() for _ in range(1000)]
            for w in crowd:
                w.send(request("GET", "/healthz"))
            for w in crowd:
                self.assertEqual(w.reply()[0], 200)
            for w in crowd:
                w.sock.close()
            self.settle(200)  # before the next thousand come
        self.flat(attack)

    def test_heads_and_bodies_that_never_end(self):
        def attack():
            crowd = [self.wire() for _ in range(200)]
            for i, w in enumerate(crowd):
                w.send((b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ", request("POST", REGISTER, b"x" * 5000, TYPED)[:-1000], b"", b"G")[i % 4])
            self.alive()
            for w in crowd:
                w.sock.close()
        self.flat(attack)

    def test_a_pipeline_is_answered_in_order(self):
        some = [("GET", "/healthz", 200), ("GET", "/api/user", 200), ("GET", "/nowhere", 404), ("HEAD", "/readyz", 200), ("DELETE", "/healthz", 405), ("GET", "/api/list", 200), ("GET", "/api/v1/users/me", 401),
                ("HEAD", "/docs", 200), ("OPTIONS", "/api/list", 200)]
        with self.wire() as w:
            w.send(b"".join(request(m, p, None, (TYPED[1], "X-Request-Id: n%d" % i)) for i, (m, p, _) in enumerate(some * 20)))
            for i, (method, path, want) in enumerate(some * 20):
                status, headers, _ = w.reply(method)
                self.assertEqual((headers["x-request-id"], status), ("n%d" % i, want), path)

    def test_a_peer_that_closes_its_half_is_answered(self):
        def attack():
            for path in ("/healthz", "/api/list", "/api/user"):
                with self.wire() as w:
                    w.send(request("GET", path, None, TYPED[1:]))
                    w.sock.shutdown(socket.SHUT_WR)
                    self.assertEqual(w.reply()[0], 200)
                    self.assertIsNone(w.reply())
        self.flat(attack)

    def test_head_is_get_without_a_body(self):
        for path in ("/", "/healthz", "/readyz", "/docs", "/openapi/hiring.json", "/api/list", "/api/user", "/nowhere", "/api/nowhere", "/api/v1/nowhere", "/api/v1/users/me"):
            with self.subTest(path), self.wire() as w:
                w.send(request("GET", path, None, TYPED[1:]) + request("HEAD", path, None, TYPED[1:]) + request("GET", "/healthz"))
                get, head, after = w.reply(), w.reply("HEAD"), w.reply()
                own = ("date", "x-request-id", "x-arena-used", "content-security-policy")
                self.assertEqual(get[0], head[0])
                self.assertEqual({k: v for k, v in get[1].items() if k not in own}, {k: v for k, v in head[1].items() if k not in own})
                self.assertEqual(after[2], b"ok")

    # Noise
    def test_requests_with_bytes_changed_at_random(self):
        whole = [request("GET", "/api/user?a=b&c=%41", None, (TYPED[1], "Cookie: a=b; c=\"d\"", "Accept: text/html", "X-Request-Id: abc")), request("POST", REGISTER, b'{"email":"a","password":"b"}', TYPED),
                 request("POST", "/api/session", None, (*TYPED, "Transfer-Encoding: chunked")) + b"8;a=b\r\n{\"i\":\"a\"\r\n1\r\n}\r\n0\r\nA: b\r\n\r\n",
                 request("POST", "/api/v1/auth/login", b"username=a%40b&password=c", ("Content-Type: application/x-www-form-urlencoded",)),
                 request("POST", "/api/session", b'--x\r\nContent-Disposition: form-data; name="i"\r\n\r\na\r\n--x--\r\n', ("Content-Type: multipart/form-data; boundary=x", TYPED[1])),
                 request("OPTIONS", "*"), request("GET", "http://a/healthz"), request("PUT", "/api/v1/interviews/1", b"{}", (*TYPED, "Expect: 100-continue"))]
        noise = random.Random(8259)

        def changed(raw):
            raw = bytearray(raw)
            for _ in range(noise.randint(1, 4)):
                at = noise.randrange(len(raw))
                kind = noise.randrange(5)
                if kind == 0:
                    raw[at] = noise.choice(b"\x00\t\n\r :;,/?%&=\"'\\[]{}<>0159aZ\x7f\x80\xff")
                elif kind == 1:
                    del raw[at:at + noise.randint(1, 5)]
                elif kind == 2:
                    raw[at:at] = bytes([noise.randrange(256)]) * noise.randint(1, 3)
                elif kind == 3:
                    raw[at:at] = raw[max(0, at - noise.randint(1, 30)):at]
                else:
                    raw[at:at + 2] = raw[at:at + 2][::-1]
            return bytes(raw)

        def send_one():
            sent, w = changed(noise.choice(whole)), self.wire()
            w.send(sent)
            try:
                w.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return sent, w

        def attack():
            for sent, w in [send_one() for _ in range(300)]:  # all at once, since one that waits for more is let go at the next sweep
                with w:
                    try:
                        while (got := w.reply("HEAD" if sent.startswith(b"HEAD") else "GET")) is not None:
                            self.assertNotIn(got[0], (500, 502, 504), sent)
                    except Malformed as bad:
                        # Before 0.9.77 the library answers some lengths twice, the second time into the first (docs/http.md): its page, not ours.
                        if not bad.args[0].endswith(b"</body></html>") and b"<html><head><title>Request malformed" not in bad.args[0]:
                            self.fail("%r gives %r" % (sent, bad.args[0]))
        self.flat(attack)
        self.alive()


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard != resource.RLIM_INFINITY else 8192, hard))
    unittest.main()
