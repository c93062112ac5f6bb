"""test_smtp.py BUILD FOLDER: outgoing mail against npm smtp-server: logins, TLS, refusals, servers that die or hang, and our own death.

FOLDER keeps node_modules between runs. Exit 77 where node or npm is missing, or the packages cannot be had.
"""
import email
import email.policy
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from chancery_server import EMAIL, Server  # noqa: E402

PATIENCE = 40
BUILD = NODE = None
SECRET = "p@ss:w/rd 1"
URL_SECRET = "p%40ss%3Aw%2Frd%201"


def packages(folder):
    """node_modules in folder, by the lock file; exits where that is not possible."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            print(f"skipped: no {program} here; Debian has it in nodejs and npm")
            sys.exit(77)
    folder.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    mark = folder / "installed"
    if not mark.exists() or mark.read_bytes() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            print("skipped: npm ci failed: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])
            sys.exit(77)
        mark.write_bytes(lock)
    shutil.copy(HERE / "peer.js", folder / "peer.js")


class Peer:
    """The mail server of one test."""

    def __init__(self, **manners):
        self.process = subprocess.Popen(["node", "peer.js", json.dumps(manners)], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.events = queue.Queue()
        threading.Thread(target=lambda: [self.events.put(json.loads(line)) for line in self.process.stdout], daemon=True).start()
        self.port = self.wait("port")

    def wait(self, what):
        """The next event of that name; others before it are passed over."""
        end = time.monotonic() + PATIENCE
        while True:
            event = self.events.get(timeout=max(end - time.monotonic(), 0.01))
            if what in event:
                return event[what]

    def mails(self):
        """Those taken so far and not waited for."""
        found = []
        while not self.events.empty():
            event = self.events.get()
            if "mail" in event:
                found.append(event["mail"])
        return found

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def authority(folder, *names):
    """A certificate authority, and a key and certificate of a server with these names; PEM texts and the authority's file."""
    run = lambda *words: subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=test authority")
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=mail")
    (folder / "names").write_text("subjectAltName=" + ",".join(names))
    run("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "cert.pem", "-days", "3650", "-extfile", "names")
    return (folder / "key.pem").read_text(), (folder / "cert.pem").read_text(), folder / "ca.pem"


def another_address():
    """An address of this machine that is not loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))  # nothing is sent
            address = s.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") or address == "0.0.0.0" else address


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-mail-"))
        names = ["IP:127.0.0.1", "DNS:localhost"] + ([f"IP:{another_address()}"] if another_address() else [])
        cls.key, cls.cert, cls.ca = authority(cls.folder, *names)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def peer(self, **manners):
        peer = Peer(**manners)
        self.addCleanup(peer.stop)
        return peer

    def tls_peer(self, **manners):
        return self.peer(key=self.key, cert=self.cert, **manners)


class MailTest(Case):
    """`chancery mail test`: one sending, and what it tells."""

    def send(self, url, *settings, to="ann@example.com"):
        words = ["mail", "test", to, "--data", str(self.folder / "none"), "--set", "mail.url=" + url, "--set", "mail.from=Court <court@example.org>"]
        for setting in settings:
            words += ["--set", setting]
        done = subprocess.run([str(BUILD / "chancery"), *words], capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.folder)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        return done

    def refused(self, part, *words, **more):
        done = self.send(*words, **more)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(part, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        return done

    def taken(self, peer, *words, **more):
        done = self.send(*words, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("accepted by", done.stdout)
        return peer.wait("mail")

    def test_a_plain_server_takes_it_whole(self):
        peer = self.peer(plain=True)
        mail = self.taken(peer, f"smtp://127.0.0.1:{peer.port}")
        self.assertEqual((mail["from"], mail["to"], mail["secure"]), ("court@example.org", ["ann@example.com"], False))
        message = email.message_from_string(mail["text"], policy=email.policy.default)
        self.assertEqual((message["From"], message["To"], message["Subject"]), ("Court <court@example.org>", "ann@example.com", "Test mail"))
        self.assertEqual([p.get_content_type() for p in message.iter_parts()], ["text/plain", "text/html"])
        self.assertIn("mail.url and mail.from are right.", message.get_body(("plain",)).get_content())
        self.assertEqual(list(message.defects), [])

    def test_an_address_beyond_ascii(self):
        """RFC 6531: as it is, to a server that knows SMTPUTF8."""
        peer = self.peer(plain=True)
        mail = self.taken(peer, f"smtp://127.0.0.1:{peer.port}", to="jürgen@example.com")
        self.assertEqual((mail["to"], mail["utf8"]), (["jürgen@example.com"], True))
        self.assertIn("\r\nTo: jürgen@example.com\r\n", mail["text"].encode("latin-1").decode())

    def test_a_login(self):
        peer = self.peer(plain=True, user="court", **{"pass": SECRET})
        mail = self.taken(peer, f"smtp://court:{URL_SECRET}@127.0.0.1:{peer.port}")
        self.assertEqual(mail["user"], "court")
        self.refused("127.0.0.1: ", f"smtp://court:wrong@127.0.0.1:{peer.port}")
        self.refused("530 ", f"smtp://127.0.0.1:{peer.port}")
        self.assertEqual(peer.mails(), [])

    def test_starttls_is_used_when_offered(self):
        peer = self.tls_peer(user="court", **{"pass": SECRET})
        mail = self.taken(peer, f"smtp://court:{URL_SECRET}@127.0.0.1:{peer.port}", f"outgoing.ca_file={self.ca}")
        self.assertTrue(mail["secure"])
        self.assertEqual(mail["user"], "court")

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        for secure in (False, True):
            peer = self.tls_peer(secure=secure)
            self.refused("127.0.0.1: ", f"smtp{'s' if secure else ''}://127.0.0.1:{peer.port}")
            self.assertEqual(peer.mails(), [])

    def test_a_certificate_of_another_name_is_refused(self):
        peer = self.tls_peer(secure=True)
        self.refused("127.0.0.2: ", f"smtps://127.0.0.2:{peer.port}", f"outgoing.ca_file={self.ca}") if self.listens("127.0.0.2") else self.skipTest("one loopback address")
        self.assertEqual(peer.mails(), [])

    @staticmethod
    def listens(address):
        with socket.socket() as s:
            try:
                s.bind((address, 0))
            except OSError:
                return False
        return True

    def test_smtps(self):
        peer = self.tls_peer(secure=True, user="court", **{"pass": SECRET})
        mail = self.taken(peer, f"smtps://court:{URL_SECRET}@localhost:{peer.port}", f"outgoing.ca_file={self.ca}")
        self.assertTrue(mail["secure"])

    def test_tls_can_be_required(self):
        peer = self.peer(plain=True)
        self.refused("offers no STARTTLS", f"smtp://127.0.0.1:{peer.port}", "mail.require_tls=true")
        self.assertEqual(peer.mails(), [])
        peer = self.tls_peer()
        self.assertTrue(self.taken(peer, f"smtp://127.0.0.1:{peer.port}", "mail.require_tls=true", f"outgoing.ca_file={self.ca}")["secure"])

    def test_a_password_leaves_this_machine_only_under_tls(self):
        address = another_address()
        if not address:
            self.skipTest("this machine has only loopback")
        peer = self.peer(plain=True, host="0.0.0.0", user="court", **{"pass": SECRET})
        self.refused("offers no STARTTLS", f"smtp://court:{URL_SECRET}@{address}:{peer.port}")
        peer = self.tls_peer(host="0.0.0.0", user="court", **{"pass": SECRET})
        self.assertTrue(self.taken(peer, f"smtp://court:{URL_SECRET}@{address}:{peer.port}", f"outgoing.ca_file={self.ca}")["secure"])

    def test_refusals_are_told_in_the_servers_words(self):
        peer = self.peer(plain=True, rcpt=[550, 450, 0], end=[552])
        url = f"smtp://127.0.0.1:{peer.port}"
        self.refused("550 no such mailbox here", url)
        self.refused("450 try again later", url)
        self.refused("552 no such mailbox here", url)
        self.assertEqual(peer.mails(), [])

    def test_a_server_that_dies_or_hangs(self):
        peer = self.peer(plain=True, end=["cut", "hang", 0], rcpt=[0, 0, "cut", "hang", 0])
        url = f"smtp://127.0.0.1:{peer.port}"
        for _ in range(4):
            self.refused("127.0.0.1: ", url, "mail.timeout=1")
        self.assertEqual(peer.mails(), [])
        self.taken(peer, url, "mail.timeout=1")

    def test_a_server_that_says_nothing_or_something_else(self):
        for banner in (None, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 " + b"x" * 200000):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                s.listen()
                def talk():
                    peer, _ = s.accept()
                    with peer:
                        try:
                            peer.sendall(banner or b"")
                            while peer.recv(4096):
                                pass
                        except OSError:
                            pass
                thread = threading.Thread(target=talk, daemon=True)
                thread.start()
                self.refused("127.0.0.1: ", f"smtp://127.0.0.1:{s.getsockname()[1]}", "mail.timeout=1")
                thread.join(PATIENCE)

    def test_an_address_that_smuggles_is_refused_before_anything_is_sent(self):
        peer = self.peer(plain=True)
        for to in ("ann@example.com\r\nRCPT TO:<eve@example.com>", "ann@example.com\nBcc: eve@example.com", "<ann@example.com>", "ann", "a b@example.com", "ann@example.com>"):
            self.refused("the recipient is no address", f"smtp://127.0.0.1:{peer.port}", to=to)
        self.assertEqual(peer.mails(), [])


class Queue(Case):
    """Mails of a running server: asked for by /account/forgot."""

    def serve(self, peer, *settings):
        server = Server(BUILD, settings=[f"mail.url=smtp://127.0.0.1:{peer.port}", "mail.retry=1", "mail.timeout=5", *settings])
        self.addCleanup(server.remove)
        self.addCleanup(server.stop)
        return server

    def ask(self, server):
        status, _ = server.call("POST", "/account/forgot", headers={"Content-Type": "application/x-www-form-urlencoded"}, key=None, form="email=" + EMAIL.replace("@", "%40"))
        self.assertEqual(status, 200)

    def outbox(self, server, *words):
        done = subprocess.run([str(BUILD / "chancery"), "outbox", "list", "--data", str(server.data), "--kind", "mail.send", "--json", *words],
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(done.stdout)

    def until(self, server, state, *words):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            jobs = self.outbox(server, "--all")
            if jobs and jobs[0]["state"] == state and all(word in jobs[0]["last_error"] for word in words):
                return jobs[0]
            time.sleep(0.1)
        self.fail(f"not {state}: {jobs}")

    def link_works(self, server, mail):
        text = email.message_from_string(mail["text"], policy=email.policy.default).get_body(("plain",)).get_content()
        token = re.search(r"token=([\w-]{43})", text)[1]
        self.assertEqual(server.call("GET", "/account/password", query={"token": token}, key=None)[0], 200)
        self.assertFalse([line for line in server.lines if token in line], "a link in the log")
        return token

    def test_refused_for_now_and_taken_later_with_the_same_message_id(self):
        peer = self.peer(plain=True, rcpt=[450, 451, 0], end=["cut", 0])
        server = self.serve(peer)
        self.ask(server)
        mail = peer.wait("mail")
        job = self.until(server, "done")
        self.assertEqual((job["attempts"], job["to"]), (4, EMAIL))
        token = self.link_works(server, mail)
        for path in server.data.glob("chancery.db*"):
            self.assertNotIn(token.encode(), path.read_bytes(), path)
        self.assertEqual(peer.mails(), [])

    def test_refused_for_good_is_dead_at_once_and_can_be_retried(self):
        peer = self.peer(plain=True, rcpt=[550, 0])
        server = self.serve(peer)
        self.ask(server)
        job = self.until(server, "dead", "550 no such mailbox here")
        self.assertEqual(job["attempts"], 1)
        status, text = server.call("GET", "/metrics", key=None)
        self.assertEqual(status, 200)
        self.assertIn('chancery_jobs{kind="mail.send",state="dead"} 1', text.decode())
        self.assertIn('chancery_mails_total{outcome="refused"} 1', text.decode())
        subprocess.run([str(BUILD / "chancery"), "outbox", "retry", str(job["id"]), "--data", str(server.data)], check=True, capture_output=True)
        self.link_works(server, peer.wait("mail"))
        self.until(server, "done")

    def test_a_login_that_is_refused_is_no_end(self):
        peer = self.peer(plain=True, user="court", **{"pass": SECRET})
        server = self.serve(peer)
        self.ask(server)
        job = self.until(server, "ready", "530 ")
        self.assertGreaterEqual(job["attempts"], 1)
        server.stop()
        server.settings[0] = f"mail.url=smtp://court:{URL_SECRET}@127.0.0.1:{peer.port}"
        server.start()
        self.link_works(server, peer.wait("mail"))

    def test_a_stop_lets_a_mail_be_handed_over(self):
        peer = self.peer(plain=True, end=["slow"])
        server = self.serve(peer)
        self.ask(server)
        peer.wait("end")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len([peer.wait("mail")]), 1)
        server.start()
        self.assertEqual(self.until(server, "done")["attempts"], 1)
        self.assertEqual(peer.mails(), [])

    def test_a_stop_does_not_wait_for_a_server_that_hangs(self):
        peer = self.peer(plain=True, end=["hang", 0])
        server = self.serve(peer, "mail.timeout=3600")
        self.ask(server)
        peer.wait("end")
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - began, 15)
        server.start()
        self.link_works(server, peer.wait("mail"))

    def test_killed_in_the_middle_the_mail_goes_out_all_the_same(self):
        peer = self.peer(plain=True, end=["hang", 0])
        server = self.serve(peer)
        self.ask(server)
        peer.wait("end")
        server.kill()
        server.start()
        self.link_works(server, peer.wait("mail"))
        self.assertEqual(self.until(server, "done")["attempts"], 2)

    def test_a_server_that_hangs_stops_nothing_else(self):
        peer = self.peer(plain=True, end=["hang"])
        server = self.serve(peer, "mail.timeout=3600", "retention.every=1")
        for _ in range(12):
            self.ask(server)
        for _ in range(4):
            peer.wait("end")
        done = lambda: int(re.search(r'chancery_jobs_ended_total\{outcome="done"\} (\d+)', server.call("GET", "/metrics", key=None)[1].decode())[1])
        before, end = done(), time.monotonic() + PATIENCE
        while done() <= before and time.monotonic() < end:
            time.sleep(0.1)
        self.assertGreater(done(), before)


if __name__ == "__main__":
    BUILD, NODE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    packages(NODE)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
