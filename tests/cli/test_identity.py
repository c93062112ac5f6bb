"""Accounts as their owners and the operator meet them: commands beside a running server, mails, and the pages that their links lead to (server.md 1 and 4).

test_identity.py [--postgres] BUILD/chancery [unittest options]; with --postgres on a private server, skipped (77) where none is installed."""
import base64
import email
import email.policy
import hashlib
import json
import os
import pathlib
import pty
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import test_cli
from test_cli import KEY, Folder

PG = None       # URL of a server where databases may be made
SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "unit" / "store" / "pg-temp.sh"
ADMIN = ("--set", "admin.email=admin@example.com", "--set", "admin.password=correct horse 1", "--set", "admin.api_key=" + KEY)
BCRYPT = "$2b$04$5eafLf.iF3mDKv2MhEyMfegr.HO20Ybae82Z3e8O.kIsTPNKVGcUy"  # of "correct horse"


class Accounts(Folder):
    def setUp(self):
        super().setUp()
        self.store = ()
        if PG:
            name = "t" + secrets.token_hex(6)
            subprocess.run(["psql", "--no-psqlrc", "--quiet", "--dbname", PG, "--command", f"CREATE DATABASE {name}"], check=True)
            self.url = re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>{name}", PG)
            self.store = ("--set", "store.url=" + self.url)

    def on(self, *words, **more):
        """A command on this test's store; what it printed."""
        done = self.on_data(*words, *self.store, "--set", "argon2.memory_kib=8192", **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""), (words, done.stdout, done.stderr))
        return done.stdout

    def start(self, *words):
        return self.serve(*ADMIN, *self.store, "--set", "mail.url=dir:" + str(self.folder / "mail"), *words)

    def sql(self, text):
        """What the store says, by its own tools; statements that change something are beside the point of the program."""
        if PG:
            done = subprocess.run(["psql", "--no-psqlrc", "-At", "--dbname", self.url, "--command", text], check=True, capture_output=True, text=True)
            return [line.split("|") for line in done.stdout.splitlines() if not re.match(r"(INSERT|UPDATE|DELETE) ", line)]
        c = sqlite3.connect(self.data / "chancery.db", timeout=20)
        try:
            rows = [[str(v) for v in row] for row in c.execute(text).fetchall()]
            c.commit()
            return rows
        finally:
            c.close()

    def mails(self, count, seconds=60):
        """All mails in order, once there are that many."""
        end = time.monotonic() + seconds
        while True:
            files = sorted((self.folder / "mail").glob("*.eml")) if (self.folder / "mail").is_dir() else []
            if len(files) >= count:
                break
            self.assertLess(time.monotonic(), end, f"{len(files)} mails, not {count}")
            time.sleep(0.02)
        self.assertEqual(len(files), count)
        return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files]

    def link(self, message):
        """The path of the link in a mail; the same in text and HTML."""
        text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        found = re.search(r"^https?://[^/]+(/account/\S+)$", text, re.M)
        self.assertTrue(found, text)
        self.assertIn(found.group(0).replace("&", "&amp;"), message.get_body(("html",)).get_content())
        return found.group(1)

    def ask(self, server, path, **form):
        """(status, headers, text) of a page; with a form a POST."""
        import http.client
        c = http.client.HTTPConnection(server.url.split("//")[1], timeout=30)
        head = {"Accept": "text/html"}
        if form:
            head["Content-Type"] = "application/x-www-form-urlencoded"
        c.request("POST" if form else "GET", path, urllib.parse.urlencode(form) if form else None, head)
        reply = c.getresponse()
        text = reply.read().decode()
        c.close()
        return reply.status, reply.headers, text

    def token(self, path):
        return urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["token"][0]

    def registered(self, address):
        """As a family's registration leaves it: a password, no proof. The path of its proof link."""
        self.on("user", "create", address, "--password-stdin", text="somebody's 1")
        token = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=")
        hashed = lambda text, key: hashlib.blake2b(text, key=key, digest_size=32).digest()
        made = hashed(token, hashed(b"chancery one-time links 1", (self.data / "master.key").read_bytes())).hex()
        blob = f"'\\x{made}'::bytea" if PG else f"x'{made}'"
        self.sql(f"UPDATE account SET email_verified_at_ms = NULL WHERE email = '{address}'")
        self.sql(f"INSERT INTO link (hash, account_id, purpose, epoch, created_at_ms, expires_at_ms) SELECT {blob}, id, 'proof', epoch, 1, {int(time.time() + 60) * 1000}"
                 f" FROM account WHERE email = '{address}'")
        return "/account/proof?token=" + token.decode()

    def show(self, address):
        return json.loads(self.on("user", "show", address))


class Passwords(Accounts):
    def test_a_forgotten_password_is_replaced_by_a_mailed_link(self):
        server = self.start()
        before = self.sql("SELECT password_hash, epoch FROM account WHERE email = 'admin@example.com'")
        status, _, page = self.ask(server, "/account/forgot", email=" ADMIN@example.com ")
        self.assertEqual(status, 200, page)
        mail = self.mails(1)[0]
        self.assertEqual((mail["To"], mail["Subject"]), ("admin@example.com", "Choose a new password"))
        path = self.link(mail)
        self.assertTrue(path.startswith("/account/password?token="))
        self.assertIn(server.url + path, mail.get_body(("plain",)).get_content())
        self.assertEqual(self.ask(server, path)[0], 200)
        self.assertEqual(self.ask(server, "/account/password", token=self.token(path), password="Password1", again="Password1")[0], 422)
        status, headers, page = self.ask(server, "/account/password", token=self.token(path), password="new horse 22", again="new horse 22")
        self.assertEqual(status, 200, page)
        self.assertEqual((headers["Cache-Control"], headers["Referrer-Policy"]), ("no-store", "no-referrer"))
        after = self.sql("SELECT password_hash, epoch FROM account WHERE email = 'admin@example.com'")
        self.assertNotEqual(before[0][0], after[0][0])
        self.assertGreater(int(after[0][1]), int(before[0][1]))
        self.assertEqual(self.ask(server, path)[0], 404)
        told = self.mails(2)[1]
        self.assertEqual(told["Subject"], "Your password was changed")
        self.assertEqual(self.link(told), "/account/forgot")

    def test_an_unknown_address_gets_the_same_answer_and_no_mail(self):
        server = self.start()
        known = self.ask(server, "/account/forgot", email="admin@example.com")
        unknown = self.ask(server, "/account/forgot", email="nobody@example.com")
        plain = lambda answer: (answer[0], re.sub(r'nonce="\w+"', "", answer[2]), sorted(k for k in answer[1].keys()))
        self.assertEqual(plain(known), plain(unknown))
        deadline = time.monotonic() + 60
        while self.sql("SELECT count(*) FROM job WHERE kind = 'account.forgot' AND state = 'done'")[0][0] != "2":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.mails(1)
        rows = self.sql("SELECT count(*) FROM job WHERE kind = 'account.forgot'")
        self.assertEqual(rows, [["2"]], "the same work for both")

    def test_nobody_s_mailbox_is_flooded(self):
        server = self.start("--set", "limits.enabled=true")
        for _ in range(5):
            self.assertEqual(self.ask(server, "/account/forgot", email="admin@example.com")[0], 200)
        self.mails(3)
        for i in range(15):
            self.assertEqual(self.ask(server, "/account/forgot", email=f"nobody{i}@example.com")[0], 200)
        status, headers, _ = self.ask(server, "/account/forgot", email="one.more@example.com")
        self.assertEqual(status, 429)
        self.assertGreater(int(headers["Retry-After"]), 3000)
        self.mails(3)


class Proofs(Accounts):
    def test_the_page_asks_and_yes_keeps_the_password(self):
        server = self.start()
        path = self.registered("ann@example.com")
        status, headers, page = self.ask(server, path)
        self.assertEqual(status, 200)
        self.assertIn("ann@example.com", page)
        self.assertNotIn("<script", page)
        self.assertEqual((headers["Cache-Control"], headers["Referrer-Policy"], headers["X-Frame-Options"]), ("no-store", "no-referrer", "DENY"))
        self.assertFalse(self.show("ann@example.com")["email_verified"], "a scanner that opens links proves nothing")
        self.assertEqual(self.ask(server, "/account/proof", token=self.token(path), answer="perhaps")[0], 422)
        self.assertEqual(self.ask(server, "/account/proof", token=self.token(path), answer="yes")[0], 200)
        after = self.show("ann@example.com")
        self.assertTrue(after["email_verified"] and after["has_password"])
        self.assertEqual(self.ask(server, "/account/proof", token=self.token(path), answer="no")[0], 404)
        self.assertEqual(self.ask(server, path)[0], 404)

    def test_no_removes_what_a_stranger_made(self):
        server = self.start()
        path = self.registered("victim@example.com")
        status, _, page = self.ask(server, "/account/proof", token=self.token(path), answer="no")
        self.assertEqual(status, 200, page)
        self.refused_here("victim@example.com: no such account", "user", "show", "victim@example.com")
        self.on("user", "create", "victim@example.com")

    def test_a_reset_is_a_first_proof_and_takes_what_was_prepared(self):
        server = self.start()
        self.registered("eve@example.com")
        self.sql("INSERT INTO external_identity (scope, issuer, subject, account_id, created_at_ms) SELECT scope, 'github', '7', id, 1 FROM account WHERE email = 'eve@example.com'")
        self.assertEqual(self.ask(server, "/account/forgot", email="eve@example.com")[0], 200)
        path = self.link(self.mails(1)[0])
        self.assertEqual(self.ask(server, "/account/password", token=self.token(path), password="of my own 1", again="of my own 1")[0], 200)
        after = self.show("eve@example.com")
        self.assertTrue(after["email_verified"] and after["has_password"])
        self.assertEqual(self.sql("SELECT count(*) FROM external_identity"), [["0"]])

    def refused_here(self, said, *words):
        done = self.on_data(*words, *self.store)
        self.assertEqual(done.returncode, 1)
        self.assertIn(said, done.stderr)


class Commands(Accounts):
    def refused_here(self, status, said, *words, **more):
        done = self.on_data(*words, *self.store, **more)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertIn(said, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def works(self, server):
        return self.get(server, "/api/user", {"X-API-Key": KEY})[0]

    def test_a_running_server_heeds_them_with_the_next_request(self):
        server = self.start()
        self.assertEqual(self.works(server), 200)
        self.assertIn("inactive", self.on("user", "deactivate", "admin@example.com"))
        self.assertEqual(self.works(server), 403)
        self.on("user", "activate", "ADMIN@example.com")
        self.assertEqual(self.works(server), 200)
        self.on("user", "delete", "admin@example.com")
        self.assertEqual(self.works(server), 403)
        self.refused_here(1, "admin@example.com: no such account", "user", "delete", "admin@example.com")
        self.assertEqual(json.loads(self.on("user", "list", "--json")), [])

    def test_promote_and_demote(self):
        self.on("user", "create", "ann@example.com")
        self.on("user", "promote", "ann@example.com")
        self.assertEqual([self.show("ann@example.com")[k] for k in ("superuser", "staff")], [True, True])
        self.assertEqual(self.sql("SELECT count(*) FROM account_privilege"), [["1"]])
        self.on("user", "demote", "ann@example.com")
        self.assertEqual([self.show("ann@example.com")[k] for k in ("superuser", "staff")], [False, False])
        self.assertEqual(self.sql("SELECT count(*) FROM account_privilege"), [["0"]])

    def test_promoting_whom_nobody_knows_is_warned_about(self):
        self.start()
        self.registered("eve@example.com")
        done = self.on_data("user", "promote", "eve@example.com", *self.store)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (0, 1), done.stderr)
        self.assertIn("eve@example.com: nobody has shown yet that this address is his", done.stderr)
        self.assertEqual(self.show("eve@example.com")["superuser"], True)
        self.on("user", "set-password", "eve@example.com", "--password-stdin", text="another one 1")
        self.on("user", "promote", "eve@example.com")

    def test_links_by_mail_in_the_account_s_language(self):
        self.on("user", "create", "bob@example.com", "--locale", "de_AT.UTF-8", "--send-link", "--set", "base_url=https://post.example/")
        server = self.start()
        mail = self.mails(1)[0]
        self.assertEqual(mail["Subject"], "Für Sie wurde ein Konto angelegt")
        self.assertIn("https://post.example/account/password?token=", mail.get_body(("plain",)).get_content())
        path = self.link(mail)
        self.assertEqual(self.ask(server, "/account/password", token=self.token(path), password="vier kleine worte", again="vier kleine worte")[0], 200)
        self.assertEqual(self.mails(2)[1]["Subject"], "Ihr Passwort wurde geändert")
        self.on("user", "set-password", "bob@example.com", "--send-link", "--set", "base_url=https://post.example/")
        self.assertEqual(self.mails(3)[2]["Subject"], "Neues Passwort wählen")
        self.refused_here(1, "Set base_url", "user", "set-password", "bob@example.com", "--send-link", "--set", "listen=127.0.0.1:0")

    def test_passwords_and_hashes_of_other_programs(self):
        self.on("user", "create", "old@example.com", "--password-hash-stdin", text=BCRYPT + "\n")
        self.assertEqual(self.sql("SELECT password_hash FROM account"), [[BCRYPT]])
        self.on("user", "set-password", "old@example.com", "--password-stdin", text="correct horse 1")
        self.assertTrue(self.sql("SELECT password_hash FROM account")[0][0].startswith("$argon2id$"))
        rows = [
            (1, "not a password hash that is known", ["user", "create", "x@example.com", "--password-hash-stdin"], "5f4dcc3b5aa765d61d8327deb882cf99"),
            (1, "at least 8 characters", ["user", "create", "x@example.com", "--password-stdin"], "äöüß"),
            (1, "at most 128 characters", ["user", "create", "x@example.com", "--password-stdin"], "x" * 129),
            (1, "must not be the e-mail address", ["user", "create", "long@example.com", "--password-stdin"], "LONG@example.com"),
            (1, "longer than 1024 bytes", ["user", "create", "x@example.com", "--password-stdin"], "x" * 2000),
            (2, "not both", ["user", "create", "x@example.com", "--password-stdin", "--password-hash-stdin"], "x"),
            (1, "no password on standard input", ["user", "create", "x@example.com", "--password-stdin"], ""),
            (1, "this build has no tenants", ["user", "show", "old@example.com", "--tenant", "acme"], None),
        ]
        for status, said, words, text in rows:
            with self.subTest(said):
                self.refused_here(status, said, *words, text=text)
        self.assertEqual(len(json.loads(self.on("user", "list", "--json"))), 1)

    def test_sessions_are_listed_and_ended(self):
        self.on("user", "create", "ann@example.com")
        later = int(time.time() + 3600) * 1000
        blob = "'\\x01'::bytea" if PG else "x'01'"
        self.sql("INSERT INTO session (id, account_id, family, hash, epoch, user_agent, ip, created_at_ms, seen_at_ms, expires_at_ms)"
                 f" SELECT 's', id, 'iam', {blob}, epoch, 'Browser', '::1', 1000, 2000, {later} FROM account")
        found = json.loads(self.on("user", "sessions", "ann@example.com", "--json"))
        self.assertEqual([(s["id"], s["family"], s["ip"], s["seen_at"]) for s in found], [("s", "iam", "::1", "1970-01-01T00:00:02.000Z")])
        self.assertIn("Browser", self.on("user", "sessions", "ann@example.com"))
        epoch = int(self.sql("SELECT epoch FROM account")[0][0])
        self.on("user", "revoke", "ann@example.com")
        self.assertEqual(json.loads(self.on("user", "sessions", "ann@example.com", "--json")), [])
        self.assertGreater(int(self.sql("SELECT epoch FROM account")[0][0]), epoch)

    def test_a_lost_telephone(self):
        self.on("user", "create", "ann@example.com")
        blob = "'\\x01'::bytea" if PG else "x'01'"
        self.sql(f"INSERT INTO totp (id, account_id, name, secret_sealed, last_step, created_at_ms, verified_at_ms) SELECT 't', id, '', {blob}, 0, 1, 1 FROM account")
        self.on("user", "reset-totp", "ann@example.com")
        self.assertEqual(self.sql("SELECT count(*) FROM totp"), [["0"]])

    def test_the_audit_log_tells_all_of_it(self):
        self.on("user", "create", "ann@example.com")
        for word in ("promote", "demote", "deactivate", "activate", "revoke", "reset-totp", "delete"):
            self.on("user", word, "ann@example.com")
        records = json.loads(self.on("audit", "tail", "--json"))
        self.assertEqual([r["action"] for r in records], ["account.create", "account.promote", "account.demote", "account.deactivate", "account.activate",
                                                          "account.end_sessions", "account.reset_totp", "account.delete"])
        self.assertEqual({(r["family"], r["ip"], r["detail"]["email"]) for r in records}, {("core", "local", "ann@example.com")})
        self.assertEqual([r["action"] for r in json.loads(self.on("audit", "tail", "-n", "1", "--json"))], ["account.delete"])
        self.assertIn("core account.delete", self.on("audit", "tail"))
        self.refused_here(2, "a number from 1", "audit", "tail", "-n", "none")

    def test_delete_asks_on_a_terminal_only(self):
        self.on("user", "create", "ann@example.com")
        command = [test_cli.BINARY, "user", "delete", "ann@example.com", "--data", str(self.data), *self.store]
        for answer, status in ((b"n\n", 1), (b"\n", 1), (b"y\n", 0)):
            with self.subTest(answer):
                ours, theirs = pty.openpty()
                p = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, cwd=self.folder, env=test_cli.environment())
                os.close(theirs)
                seen = b""
                while b"[y/N]" not in seen:
                    seen += os.read(ours, 1000)
                os.write(ours, answer)
                self.assertEqual(p.wait(30), status)
                p.stderr.close()
                os.close(ours)


class Keys(Accounts):
    """chancery rekey: docs/keys.md."""

    def json(self, server, method, path, body=None, **headers):
        import http.client
        c = http.client.HTTPConnection(server.url.split("//")[1], timeout=30)
        data = body
        if isinstance(body, dict):
            data, headers["Content-Type"] = json.dumps(body), "application/json"
        c.request(method, path, data, headers)
        reply = c.getresponse()
        text = reply.read()
        c.close()
        self.assertEqual(reply.status, 200, text)
        return json.loads(text)

    def key_id(self, key):
        return hashlib.blake2b(b"chancery key id 1", key=key, digest_size=32).digest()[:8]

    def sealed_under(self, key):
        """How many values in the whole store begin as what is sealed under that key does."""
        mark, found = (b"\x01" + self.key_id(key)).hex(), 0
        if PG:
            for table, column in self.sql("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'"):
                found += int(self.sql(f"SELECT count(*) FROM {table} WHERE substr(encode({column}, 'hex'), 1, 18) = '{mark}'")[0][0])
            return found
        for table, in self.sql("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in self.sql(f"PRAGMA table_info({table})"):
                if row[2].upper() == "BLOB":
                    found += int(self.sql(f"SELECT count(*) FROM {table} WHERE lower(hex(substr({row[1]}, 1, 9))) = '{mark}'")[0][0])
        return found

    def file(self):
        return (self.data / "master.key").read_bytes()

    def fill(self, keys=3):
        """A store in which much is sealed; nothing runs on it when this returns."""
        server = self.start()
        self.json(server, "POST", "/api/v1/auth/register", {"email": "ann@example.com", "username": "ann", "password": "correct horse 2"})
        login = self.json(server, "POST", "/api/v1/auth/login", "username=ann@example.com&password=correct+horse+2", **{"Content-Type": "application/x-www-form-urlencoded"})
        self.bearer = {"Authorization": "Bearer " + login["access_token"]}
        self.made = [self.json(server, "POST", "/api/v1/api-keys/", {"name": f"key {i}"}, **self.bearer) for i in range(keys)]
        self.mails(1)
        self.assertEqual(self.stop(server), 0)
        self.on("user", "create", "bob@example.com", "--send-link", "--set", "base_url=https://post.example")

    def everything_is_there(self):
        server = self.start()
        listed = self.json(server, "GET", "/api/v1/api-keys/", **self.bearer)
        self.assertEqual([k["key"] for k in listed], [k["key"] for k in self.made])
        self.assertEqual(self.get(server, "/api/user", {"X-API-Key": KEY})[0], 200)
        mail = self.mails(2)[1]
        self.assertEqual(mail["To"], "bob@example.com")
        self.assertEqual(self.ask(server, self.link(mail))[0], 200, "links are good as before")
        self.assertEqual(self.stop(server), 0)

    def test_everything_is_sealed_anew(self):
        self.fill()
        old = self.file()
        self.assertGreaterEqual(self.sealed_under(old), 6)
        said = self.on("rekey")
        self.assertIn("secrets were sealed anew", said)
        new = self.file()
        self.assertEqual((len(new), os.stat(self.data / "master.key").st_mode & 0o777), (32, 0o600))
        self.assertNotEqual(new, old)
        self.assertEqual(self.sealed_under(old), 0)
        self.assertGreaterEqual(self.sealed_under(new), 7)
        self.everything_is_there()
        self.on("rekey")
        self.assertEqual((self.sealed_under(new), len(self.file())), (0, 32))
        (self.data / "master.key").write_bytes(old)
        done = self.on_data("check", *self.store)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not the master key", done.stderr)

    def test_not_while_a_server_runs(self):
        server = self.start()
        before = self.file()
        done = self.on_data("rekey", *self.store)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another server runs on this data folder", done.stderr)
        self.assertEqual(self.file(), before)
        self.assertEqual(self.stop(server), 0)

    def test_what_was_interrupted_serves_and_is_finished_by_the_next(self):
        self.fill()
        old, new = self.file(), secrets.token_bytes(32)
        (self.data / "master.key").write_bytes(new + old)
        self.everything_is_there()
        self.on("rekey")
        self.assertEqual(self.file(), new, "no third key")
        self.assertEqual(self.sealed_under(old), 0)
        (self.data / "master.key").write_bytes(new + old)
        self.on("rekey")
        self.assertEqual(self.file(), new)

    def test_killed_at_any_moment(self):
        self.fill()
        command = [test_cli.BINARY, "rekey", "--data", str(self.data), "--set", "argon2.memory_kib=8192", *self.store]
        killed = 0
        for i in range(25):
            p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder, env=test_cli.environment())
            time.sleep(0.01 * i)
            p.kill()
            killed += p.wait() != 0
            p.stdout.close()
            p.stderr.close()
            self.assertIn(len(self.file()), (32, 64))
            self.on("check")
        self.assertGreater(killed, 0)
        self.on("rekey")
        self.assertEqual(len(self.file()), 32)
        self.everything_is_there()


if __name__ == "__main__":
    if sys.argv[1] == "--postgres":
        del sys.argv[1]
        place = tempfile.mkdtemp(prefix="chancery-pg-")
        os.rmdir(place)
        started = subprocess.run([str(SCRIPT), "start", place], stdout=subprocess.PIPE, text=True)
        if started.returncode == 77:
            sys.exit(77)
        PG = started.stdout.strip()
    test_cli.BINARY = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(exit=False).result
    if PG:
        subprocess.run([str(SCRIPT), "stop", place])
    sys.exit(not result.wasSuccessful())
