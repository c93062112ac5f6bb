"""outbox list, outbox retry, mail test, and what is removed when it is old (server.md 1, 6). Real mail servers: tests/mail.

test_outbox.py BUILD/chancery [unittest options]"""
import http.client
import json
import pathlib
import sqlite3
import sys
import time
import unittest

import test_cli
from test_cli import ADMIN, Folder

NOWHERE = ("--set", "mail.url=smtp://127.0.0.1:1")  # nobody listens on that port
HOUR = 3600 * 1000


class Outbox(Folder):
    def ask(self, server, times=1):
        """Mails to the administrator."""
        for _ in range(times):
            c = http.client.HTTPConnection(server.url.split("//")[1], timeout=30)
            c.request("POST", "/account/forgot", "email=admin%40example.com", {"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(c.getresponse().status, 200)
            c.close()

    def outbox(self, *words):
        done = self.on_data("outbox", "list", "--json", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stderr)
        return json.loads(done.stdout)

    def until(self, good, *words):
        for _ in range(300):
            jobs = self.outbox(*words)
            if good(jobs):
                return jobs
            time.sleep(0.1)
        self.fail(jobs)

    def rows(self, sql, *values):
        with sqlite3.connect(self.data / "chancery.db", timeout=30) as db:
            return db.execute(sql, values).fetchall()

    def test_a_mail_is_listed_by_recipient_and_template_without_its_link(self):
        server = self.serve(*ADMIN, *NOWHERE, "--set", "limits.enabled=false")
        self.ask(server)
        job, = self.until(lambda jobs: jobs and jobs[0]["last_error"], "--kind", "mail.send")
        self.assertEqual((job["kind"], job["state"], job["to"], job["mail"], job["ended_at"]), ("mail.send", "ready", "admin@example.com", "reset", None))
        self.assertGreater(job["due_at"], job["created_at"])
        self.assertIn("127.0.0.1: ", job["last_error"])
        done = self.on_data("outbox", "list")
        self.assertRegex(done.stdout, r"mail\.send +ready .* reset to admin@example\.com  \(127\.0\.0\.1: ")
        self.assertRegex(done.stdout, r"retention +ready ")
        self.assertNotIn("token", done.stdout + json.dumps(job))

    def test_dead_jobs_are_tried_again_by_the_running_server(self):
        server = self.serve(*ADMIN, *NOWHERE, "--set", "limits.enabled=false")
        self.ask(server, 3)
        self.until(lambda jobs: len(jobs) == 3 and all(j["last_error"] for j in jobs), "--kind", "mail.send")
        self.assertEqual(self.stop(server), 0)
        self.rows("UPDATE job SET state = 'dead', ended_at_ms = ? WHERE kind = 'mail.send'", int(time.time() * 1000))
        ids = sorted(j["id"] for j in self.outbox("--kind", "mail.send"))
        self.serve(*ADMIN)
        done = self.on_data("outbox", "retry", str(ids[0]))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "1 dead job is due again\n", ""))
        self.until(lambda jobs: sorted(j["state"] for j in jobs) == ["dead", "dead", "done"], "--kind", "mail.send", "--all")
        done = self.on_data("outbox", "retry", str(ids[0]))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("there is no dead job", done.stderr)
        self.assertEqual(self.on_data("outbox", "retry", "--kind", "retention").stdout, "0 dead jobs are due again\n")
        self.assertEqual(self.on_data("outbox", "retry").stdout, "2 dead jobs are due again\n")
        self.until(lambda jobs: [j["state"] for j in jobs] == ["done"] * 3, "--kind", "mail.send", "--all")
        self.assertEqual(self.outbox("--kind", "mail.send"), [])
        self.assertEqual([p.name for p in sorted((self.data / "mail").iterdir())], ["000001.eml", "000002.eml", "000003.eml"])

    def test_what_cannot_be_is_told(self):
        self.refused(1, "no store here yet", "outbox", "list", "--data", str(self.data))
        self.assertEqual(self.stop(self.serve(*ADMIN)), 0)
        self.refused(2, "x is no job", "outbox", "retry", "x", "--data", str(self.data))
        self.refused(2, "-1", "outbox", "retry", "-1", "--data", str(self.data))
        self.refused(2, "0 is no job", "outbox", "retry", "0", "--data", str(self.data))
        self.refused(2, "not both", "outbox", "retry", "1", "--kind", "mail.send", "--data", str(self.data))
        self.assertEqual(self.on_data("outbox", "list", "--kind", "none").stdout, "nothing is waiting; --all shows what is done, too\n")
        self.assertEqual(self.on_data("outbox", "list", "--kind", "none", "--json").stdout, "[]\n")

    def test_mail_test_tells_what_became_of_it(self):
        self.data.mkdir(mode=0o700)
        done = self.on_data("mail", "test", "ann@example.com")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"mail to ann@example.com: written to {self.data}/mail/000001.eml\n")
        self.assertIn(b"To: ann@example.com\r\n", (self.data / "mail" / "000001.eml").read_bytes())
        self.assertEqual((self.data / "mail").stat().st_mode & 0o777, 0o700)
        self.assertEqual((self.data / "mail" / "000001.eml").stat().st_mode & 0o777, 0o600)
        self.refused(1, "the recipient is no address", "mail", "test", "ann", "--data", str(self.data))
        self.refused(1, "127.0.0.1: ", "mail", "test", "ann@example.com", "--data", str(self.data), *NOWHERE)
        self.refused(1, "cannot be made", "mail", "test", "ann@example.com", "--set", "mail.url=dir:/dev/null/mail")
        self.refused(2, "mail test needs ADDRESS", "mail", "test")
        self.assertEqual(list(self.folder.glob("**/chancery.db")), [])

    def test_what_is_over_and_old_is_removed(self):
        self.assertEqual(self.stop(self.serve(*ADMIN)), 0)
        now = int(time.time() * 1000)
        account, = self.rows("SELECT id FROM account")[0]
        self.rows("DELETE FROM audit")
        self.rows("DELETE FROM link")
        for age in (10, 30):  # hours; the settings below say 20
            at = now - age * HOUR
            self.rows("INSERT INTO audit (id, at_ms, family, action, detail_json) VALUES (?, ?, 'core', 'x', '{}')", f"audit{age}", at)
            for what, ended, expires in (("ended", at, now + HOUR), ("expired", None, at)):
                self.rows("INSERT INTO session (id, account_id, family, hash, epoch, user_agent, ip, created_at_ms, seen_at_ms, expires_at_ms, ended_at_ms)"
                          " VALUES (?, ?, 'core', ?, 0, '', '', 0, 0, ?, ?)", f"{what}{age}", account, f"{what}{age}".encode(), expires, ended)
            for what, used, expires in (("used", at, now + HOUR), ("late", None, at)):
                self.rows("INSERT INTO link (hash, account_id, purpose, epoch, created_at_ms, expires_at_ms, used_at_ms) VALUES (?, ?, 'x', 0, 0, ?, ?)",
                          f"{what}{age}".encode(), account, expires, used)
            self.rows("INSERT INTO accounts_otp (email_norm, code_sealed, created_at_ms, expires_at_ms) VALUES (?, x'', 0, ?)", f"otp{age}", at)
            self.rows("INSERT INTO accounts_refresh (jti, account_id, created_at_ms, expires_at_ms) VALUES (?, ?, 0, ?)", f"refresh{age}", account, at)
            self.rows("INSERT INTO accounts_second (id, account_id, epoch, ip, user_agent, created_at_ms, expires_at_ms, tries) VALUES (?, ?, 0, '', '', 0, ?, 0)", f"second{age}", account, at)
            self.rows("INSERT INTO accounts_state (hash, redirect_uri, source_url, expires_at_ms) VALUES (?, '', '', ?)", f"state{age}".encode(), at)
            for day, before in (("fresh", age), ("stale", age + 24), ("ancient", 190 * 24)):
                then = now - before * HOUR
                self.rows("INSERT OR IGNORE INTO hiring_revoked_token (jti, account_id, expires_at_ms) VALUES (?, ?, ?)", f"{day}{age}", account, then)
                self.rows("INSERT INTO hiring_idempotency (account_id, operation, name, request_hash, interview_id, answer, created_at_ms) VALUES (?, 'x', ?, x'', '', '', ?)",
                          account, f"{day}{age}", then)
                self.rows("INSERT INTO hiring_livekit_event (id, interview_id, type, at_ms, summary) VALUES (?, 'talk', 'x', ?, '')", f"{day}{age}", then)
            for state in ("done", "dead", "cancelled"):
                self.rows("INSERT INTO job (kind, state, payload, due_at_ms, created_at_ms, ended_at_ms) VALUES (?, ?, x'', 0, 0, ?)", f"old{age}", state, at)
        self.rows("INSERT INTO session (id, account_id, family, hash, epoch, user_agent, ip, created_at_ms, seen_at_ms, expires_at_ms)"
                  " VALUES ('alive', ?, 'core', x'01', 0, '', '', 0, 0, ?)", account, now + HOUR)
        with sqlite3.connect(self.data / "chancery.db") as db:
            db.executemany("INSERT INTO throttle (hash, hits, ends_at_ms) VALUES (?, 1, ?)", [(f"many{i}".encode(), now - 1) for i in range(1300)])  # more than a batch
            db.execute("INSERT INTO throttle (hash, hits, ends_at_ms) VALUES (x'01', 1, ?)", (now + HOUR,))
            db.execute("DELETE FROM job WHERE kind = 'retention'")
        age = str(20 * 3600)
        ages = [w for key in ("sessions", "links", "audit", "done_jobs", "dead_jobs") for w in ("--set", f"retention.{key}={age}")]
        self.serve(*ADMIN, *ages)
        left = lambda: (self.rows("SELECT id FROM audit WHERE id LIKE 'audit%'"), sorted(self.rows("SELECT id FROM session")), sorted(self.rows("SELECT hash FROM link")),
                        self.rows("SELECT count(*) FROM throttle"), sorted(self.rows("SELECT kind, state FROM job WHERE kind LIKE 'old%'")),
                        # The code of no address stays for ever.
                        self.rows("SELECT (SELECT group_concat(email_norm) FROM accounts_otp), (SELECT group_concat(jti) FROM accounts_refresh),"
                                  " (SELECT group_concat(id) FROM accounts_second), (SELECT group_concat(hash) FROM accounts_state)"),
                        # Tokens that expired more than an hour ago, answers of a day, events of half a year.
                        self.rows("SELECT (SELECT count(*) FROM hiring_revoked_token), (SELECT group_concat(name) FROM hiring_idempotency),"
                                  " (SELECT count(*) FROM hiring_livekit_event)"))
        want = ([("audit10",)], [("alive",), ("ended10",), ("expired10",)], [(b"late10",), (b"used10",)], [(1,)],
                [("old10", "cancelled"), ("old10", "dead"), ("old10", "done")],
                [(",otp10", "refresh10", "second10", "state10")], [(0, "fresh10", 4)])
        for _ in range(300):
            if left() == want:
                break
            time.sleep(0.1)
        self.assertEqual(left(), want)

    def test_what_is_over_is_found_by_an_index(self):
        self.assertEqual(self.stop(self.serve(*ADMIN)), 0)
        for table, at in (("session", "expires_at_ms"), ("session", "ended_at_ms"), ("link", "expires_at_ms"), ("link", "used_at_ms"), ("throttle", "ends_at_ms"), ("audit", "at_ms"),
                          ("accounts_otp", "expires_at_ms"), ("accounts_refresh", "expires_at_ms"), ("accounts_second", "expires_at_ms"), ("accounts_state", "expires_at_ms"),
                          ("hiring_revoked_token", "expires_at_ms"), ("hiring_livekit_event", "at_ms"), ("hiring_idempotency", "created_at_ms")):
            plan = self.rows(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {at} < ? LIMIT 500", 1)
            self.assertIn("INDEX", plan[0][3], (table, at))
        for table, name in (("interview_upload", "content"), ("accounts_profile", "avatar_content")):
            plan = self.rows(f"EXPLAIN QUERY PLAN SELECT DISTINCT {name} FROM {table} WHERE {name} IN (?, ?)", "a", "b")
            self.assertIn("INDEX", plan[0][3], table)

    def test_ages_of_zero_keep_for_ever(self):
        self.assertEqual(self.stop(self.serve(*ADMIN)), 0)
        self.rows("INSERT INTO audit (id, at_ms, family, action, detail_json) VALUES ('old', 1, 'core', 'x', '{}')")
        self.rows("INSERT INTO throttle (hash, hits, ends_at_ms) VALUES (x'00', 1, 1)")
        self.rows("DELETE FROM job WHERE kind = 'retention'")
        self.serve(*ADMIN, "--set", "retention.audit=0")
        for _ in range(300):
            if not self.rows("SELECT hash FROM throttle WHERE hash = x'00'"):
                break
            time.sleep(0.1)
        self.assertEqual(self.rows("SELECT hash FROM throttle WHERE hash = x'00'"), [])
        self.assertEqual(self.rows("SELECT id FROM audit WHERE id = 'old'"), [("old",)])


if __name__ == "__main__":
    test_cli.BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
