"""What an operator's tools meet: the service manager, Prometheus, SIGHUP (server.md 1, 2, 3, 6).

test_operation.py BUILD/chancery [unittest options]"""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import sqlite3
import sys
import time
import unittest

import test_cli
from test_cli import ADMIN, Folder


class Schema(Folder):
    def test_commands_that_look_leave_an_older_schema_as_it_is(self):
        self.assertEqual(self.stop(self.serve(*ADMIN)), 0)
        with contextlib.closing(sqlite3.connect(self.data / "chancery.db")) as db, db:
            last = db.execute("SELECT max(rowid) FROM chancery_migration").fetchone()
            db.execute("DELETE FROM chancery_migration WHERE rowid = ?", last)
        for command in (("user", "list"), ("user", "show", "admin@example.com"), ("apikey", "list"), ("outbox", "list"), ("audit", "tail")):
            with self.subTest(command):
                done = self.on_data(*command)
                self.assertEqual(done.returncode, 1)
                self.assertIn("run `chancery migrate`", done.stderr)
        done = self.on_data("migrate", "--status")
        self.assertIn("pending ", done.stdout)


class Manager(Folder):
    """The service manager's side of sd_notify(3)."""

    def listen(self, name):
        self.inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.inbox.bind(name)
        self.inbox.settimeout(30)
        self.addCleanup(self.inbox.close)

    def hear(self):
        return dict(line.split("=", 1) for line in self.inbox.recv(4096).decode().split("\n"))

    def check_all(self, name, variable):
        self.listen(name)
        server = self.serve(*ADMIN, env={"NOTIFY_SOCKET": variable})
        said = self.hear()
        self.assertEqual((said["READY"], said["STATUS"]), ("1", "serving on " + server.url))
        server.send_signal(signal.SIGHUP)
        said = self.hear()
        self.assertEqual(said["RELOADING"], "1")
        self.assertLess(abs(int(said["MONOTONIC_USEC"]) - time.monotonic_ns() // 1000), 60_000_000)
        self.assertEqual(self.hear(), {"READY": "1"})
        server.send_signal(signal.SIGTERM)
        self.assertEqual(self.hear(), {"STOPPING": "1"})
        self.assertEqual(server.wait(30), 0)

    def test_it_hears_of_ready_reload_and_stop(self):
        path = str(self.folder / "notify")
        self.check_all(path, path)

    def test_its_socket_may_be_abstract(self):
        name = "chancery-test-%d" % os.getpid()
        self.check_all("\0" + name, "@" + name)

    def test_its_watchdog_is_fed(self):
        path = str(self.folder / "notify")
        self.listen(path)
        server = self.serve(*ADMIN, env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
        self.assertEqual(self.hear()["READY"], "1")
        for _ in range(3):
            self.assertEqual(self.hear(), {"WATCHDOG": "1"})
        self.assertEqual(self.stop(server), 0)

    def test_a_watchdog_of_another_process_is_not(self):
        path = str(self.folder / "notify")
        self.listen(path)
        self.serve(*ADMIN, env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
        self.assertEqual(self.hear()["READY"], "1")
        self.inbox.settimeout(1)
        with self.assertRaises(socket.timeout):
            self.hear()

    def test_a_manager_that_is_gone_stops_nobody(self):
        for name in (str(self.folder / "nobody"), "relative", "@", "/" + "x" * 200, ""):
            with self.subTest(name[:20]):
                server = self.serve("--set", "log.format=json", env={"NOTIFY_SOCKET": name})
                self.assertEqual(self.get(server, "/healthz")[0], 200)
                self.assertEqual(self.stop(server), 0)

    def test_a_start_that_fails_is_never_ready(self):
        path = str(self.folder / "notify")
        self.listen(path)
        done = self.on_data("serve", "--listen", "nowhere", env={"NOTIFY_SOCKET": path})
        self.assertEqual(done.returncode, 1)
        self.inbox.settimeout(0.2)
        with self.assertRaises(socket.timeout):
            self.hear()


class Metrics(Folder):
    def addresses(self, server):
        """Of the log: those for everybody, those for metrics."""
        out = {None: [], "metrics": []}
        for line in server.stderr:
            said = json.loads(line)
            if said["event"] == "listening":
                out[said.get("for")].append(said["url"])
            if out["metrics"]:
                return out[None], out["metrics"]
        self.fail("no address for metrics")

    def ask(self, url, path, method="GET"):
        c = http.client.HTTPConnection(url.split("//")[1], timeout=30)
        c.request(method, path)
        reply = c.getresponse()
        body = reply.read()
        c.close()
        return reply.status, body

    def test_they_are_on_every_address_by_default(self):
        status, body = self.get(self.serve(*ADMIN), "/metrics")
        self.assertEqual(status, 200)
        self.assertIn(b"\nchancery_connections 1\n", body)
        self.assertIn(b"\nchancery_connections_total 1\n", body)

    def test_on_a_listener_of_their_own_they_are_only_there(self):
        server = self.serve(*ADMIN, "--set", "metrics.listen=127.0.0.1:0", "--set", "log.format=json")
        _, (url,) = self.addresses(server)
        self.assertEqual(self.get(server, "/metrics")[0], 404)
        self.assertEqual(self.get(server, "/healthz")[0], 200)
        for _ in range(500):  # a request counts when its reply has left
            status, body = self.ask(url, "/metrics")
            if b"\nchancery_requests_total 2\n" in body:
                break
            time.sleep(0.01)
        self.assertEqual(status, 200)
        self.assertIn(b"\nchancery_requests_total 2\n", body)  # of the main listener
        self.assertEqual(self.ask(url, "/metrics", "HEAD"), (200, b""))
        for path in ("/", "/healthz", "/api/user", "/docs"):
            self.assertEqual(self.ask(url, path)[0], 404, path)
        self.assertEqual(self.stop(server), 0)

    def test_its_document_leaves_them_out_too(self):
        server = self.serve(*ADMIN, "--set", "metrics.listen=127.0.0.1:0")
        paths = json.loads(self.get(server, "/openapi/core.json")[1])["paths"]
        self.assertIn("/healthz", paths)
        self.assertNotIn("/metrics", paths)

    def test_an_address_that_is_taken_stops_the_start(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            where = "127.0.0.1:%d" % taken.getsockname()[1]
            done = self.on_data("serve", "--listen", "127.0.0.1:0", "--set", "metrics.listen=" + where)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("chancery: listen %s: cannot listen" % where, done.stderr)


if __name__ == "__main__":
    test_cli.BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
