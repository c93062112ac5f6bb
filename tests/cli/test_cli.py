"""The command line of the real binary: exit statuses, one-line errors, first start, stop, a lost key (server.md 1, 2, 5, 6).

test_cli.py BUILD/chancery [unittest options]"""
import http.client
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BINARY = None
KEY = "0123456789abcdefghij"
EMAIL = "admin@example.com"
ADMIN = ("--set", "admin.email=" + EMAIL, "--set", "admin.api_key=" + KEY)


def environment(extra=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CHANCERY_")}
    clean.setdefault("ASAN_OPTIONS", "detect_leaks=1")
    clean.update(extra or {})
    return clean


class Folder(unittest.TestCase):
    """A folder of its own, which is the current one of every command."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-cli-"))
        self.data = self.folder / "data"
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            if server.poll() is None:
                server.kill()
            server.wait()
            server.stdout.close()
            server.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run_it(self, *words, text=None, env=None):
        return subprocess.run([BINARY, *words], input=text, capture_output=True, text=True, timeout=60, cwd=self.folder, env=environment(env))

    def on_data(self, *words, **more):
        return self.run_it(*words, "--data", str(self.data), **more)

    def refused(self, status, said, *words, **more):
        """The command ends with status and one line on standard error that says so."""
        done = self.run_it(*words, **more)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("chancery: "), done.stderr)
        self.assertIn(said, done.stderr)

    def serve(self, *words, env=None, data=None):
        """A server that is ready; .url and .before, the lines before the last."""
        command = [BINARY, "serve", "--data", str(data or self.data), "--set", "argon2.memory_kib=8192", *words]
        if "--listen" not in words:
            command += ["--listen", "127.0.0.1:0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder, env=environment(env))
        self.servers.append(server)
        server.before = []
        for line in server.stdout:
            if line.startswith("chancery ready "):
                server.url = line.split()[2]
                return server
            server.before.append(line)
        self.fail("not ready: " + server.stderr.read())

    def stop(self, server, sig=signal.SIGTERM):
        server.send_signal(sig)
        return server.wait(30)

    def get(self, server, path, headers=None):
        c = http.client.HTTPConnection(server.url.split("//")[1], timeout=30)
        c.request("GET", path, headers=headers or {})
        reply = c.getresponse()
        body = reply.read()
        c.close()
        return reply.status, body


class Usage(Folder):
    def test_without_a_command_help_is_shown_and_the_status_is_2(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 2)
        self.assertIn("user set-password", done.stdout)

    def test_every_command_has_help_with_an_example(self):
        commands = json.loads(self.run_it("help", "--json").stdout)
        self.assertGreater(len(commands), 10)
        for command in commands:
            with self.subTest(command["name"]):
                words = command["name"].split()
                done = self.run_it(*words, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.startswith("chancery " + command["name"]), done.stdout)
                self.assertIn("\nExample:\n  %s\n" % command["example"], done.stdout)
                self.assertIn("chancery " + command["name"], command["example"])
                for option in command["options"]:
                    self.assertIn("\n  %s " % option, done.stdout)
                self.fits(done.stdout, command["example"])
                self.assertEqual(self.run_it("help", *words).stdout, done.stdout)
                self.assertRegex(self.run_it(*words, "--version").stdout, r"^chancery \d+\.\d+\.\d+\n$")
                self.refused(2, "unknown option --no-such", *words, "--no-such")
                self.assertTrue({"--config", "--data", "--set", "--quiet", "--verbose", "--json", "--help", "--version"} <= set(command["options"]))
                if command["args"] and not command["args"].startswith("[") and "--email" not in command["options"]:
                    self.refused(2, "needs " + command["args"], *words)
        self.fits(self.run_it("--help").stdout)

    def fits(self, text, *examples):
        """80 columns, but for what is to be copied; texts of a list begin in one column, further lines of them too."""
        lines = text.splitlines()
        self.assertEqual([line for line in lines if len(line) > 80 and line[2:] not in examples], [])
        column = None
        for line in lines[lines.index("Commands:" if "Commands:" in lines else "Options:") + 1:]:
            if not line:
                column = None
                continue
            if line.startswith("chancery ") or not line.startswith("  "):
                continue
            found = re.match(r"  \S.*?  +(?=\S)|   +(?=\S)", line)
            self.assertIsNotNone(found, line)
            column = column or found.end()
            self.assertEqual(found.end(), column, line)

    def test_every_list_is_one_in_json_too(self):
        self.assertEqual(self.on_data("user", "create", EMAIL).returncode, 0)
        lists = [c["name"] for c in json.loads(self.run_it("help", "--json").stdout) if c["name"].endswith(" list")] + ["config", "migrate --status", "help"]
        for name in lists:
            with self.subTest(name):
                done = self.on_data(*name.split(), "--json")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIsInstance(json.loads(done.stdout), list)

    def test_nothing_is_coloured_even_on_a_terminal(self):
        for words in (["--help"], ["config"], ["check"], ["dance"]):
            for env in ({}, {"NO_COLOR": "1"}):
                with self.subTest((words, env)):
                    ours, theirs = pty.openpty()
                    subprocess.run([BINARY, *words], stdin=theirs, stdout=theirs, stderr=theirs, timeout=60, cwd=self.folder, env=environment(env))
                    os.close(theirs)
                    self.assertNotIn(b"\x1b", os.read(ours, 65536))
                    os.close(ours)

    def test_the_version_is_told(self):
        done = self.run_it("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^chancery \d+\.\d+\.\d+\n$")

    def test_what_is_not_understood_is_told_in_one_line_with_status_2(self):
        rows = [
            ("an unknown command", "unknown command dance; chancery --help lists them", ["dance"]),
            ("a mistyped command", "unknown command chek; did you mean chancery check?", ["chek"]),
            ("a mistyped first word", "unknown command usr list; did you mean chancery user list?", ["usr", "list"]),
            ("a mistyped second word", "unknown command user lst; did you mean chancery user list?", ["user", "lst"]),
            ("a second word that there is not", "unknown command user dance; chancery --help lists them", ["user", "dance"]),
            ("a word that would be two lines", "unknown command dance?twice?[1m; chancery", ["dance\ntwice\x1b[1m"]),
            ("half a command", "user what? chancery --help lists its commands", ["user"]),
            ("a mistyped option", "unknown option --jsn; did you mean --json?", ["user", "list", "--jsn"]),
            ("a manual page that is not there", "no manual page x; there is: chancery, chancery.yml", ["help", "--man", "x"]),
            ("a shell that we do not know", "no completion for csh; there is: bash, zsh, fish", ["help", "--completion", "csh"]),
            ("help for nothing", "no command user dance", ["help", "user", "dance"]),
            ("an unknown option", "unknown option --fast", ["check", "--fast"]),
            ("another command's option", "unknown option --superuser", ["user", "list", "--superuser"]),
            ("an option without its value", "--data needs a value", ["check", "--data"]),
            ("a value for a flag", "--json takes no value", ["user", "list", "--json=no"]),
            ("a word too many", "b@example.com is one word too many", ["user", "show", "a@example.com", "b@example.com"]),
            ("a word where none is taken", "x is one word too many", ["check", "x"]),
            ("a missing address", "user show needs EMAIL", ["user", "show"]),
            ("a family that is not there", "no family chess in this build; there is: ", ["openapi", "chess"]),
            ("how to set a password", "--send-link or --print-link", ["user", "set-password", EMAIL, "--data", str(self.data)]),
        ]
        self.assertEqual(self.on_data("user", "create", EMAIL).returncode, 0)
        for name, said, words in rows:
            with self.subTest(name):
                self.refused(2, said, *words)

    def test_a_wrong_configuration_is_told_with_its_place_and_status_1(self):
        (self.folder / "bad.yml").write_text("data: x\nlisten:\n  port: 1\n")
        rows = [
            ("a file that is not there", "none.yml: cannot be read: No such file", ["check", "--config", "none.yml"], None),
            ("a wrong type in a file", "bad.yml:3:3: listen: expected a text", ["check", "--config", "bad.yml"], None),
            ("an unknown key", "--set nothing: nothing: unknown key", ["serve", "--set", "nothing=1"], None),
            ("an unknown variable", "CHANCERY_NOTHING: ", ["check"], {"CHANCERY_NOTHING": "1"}),
            ("a short key", "--set admin.api_key: admin.api_key: needs at least 16", ["serve", "--set", "admin.api_key=short"], None),
            ("a short key by environment", "CHANCERY_ADMIN_API_KEY: admin.api_key: needs at least 16", ["serve"], {"CHANCERY_ADMIN_API_KEY": "short"}),
        ]
        for name, said, words, env in rows:
            with self.subTest(name):
                self.refused(1, said, *words, env=env)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["bad.yml"])

    def test_secrets_are_not_printed(self):
        done = self.run_it("config", env={"CHANCERY_ADMIN_PASSWORD": "hunter2hunter2", "CHANCERY_STORE_URL": "postgresql://u:hunter2@h/d"})
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("hunter2", done.stdout + done.stderr)
        self.assertIn("# CHANCERY_ADMIN_PASSWORD", done.stdout)

    def test_a_password_that_is_not_encoded_is_not_told(self):
        for url in ("postgresql://u:hunter2%zz@127.0.0.1:1/d", "postgresql://u:hun@hunter2@127.0.0.1:1/d", "postgresql://u:hunter2/x@127.0.0.1:1/d",
                    "postgresql://u:hunter2@127.0.0.1:1/d?colour=hunter2", "postgresql://u:hunter2@127.0.0.1:1/d"):
            with self.subTest(url):
                done = self.run_it("serve", "--data", "d", "--listen", "127.0.0.1:0", env={"CHANCERY_STORE_URL": url})
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertNotIn("hunter2", done.stdout + done.stderr)
                self.assertIn("percent-encode" if url != "postgresql://u:hunter2@127.0.0.1:1/d" else "refused", done.stderr)

    def test_settings_are_listed_as_json(self):
        done = self.run_it("config", "--json", "--set", "threads=3")
        self.assertIn({"key": "threads", "value": "3", "from": "--set threads"}, json.loads(done.stdout))

    def test_a_closed_standard_output_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BINARY, "config"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=self.folder, env=environment())
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)


class Store(Folder):
    def test_looking_makes_nothing(self):
        rows = [["check"], ["migrate", "--status"], ["user", "list"], ["user", "show", EMAIL], ["interview", "list"]]
        for words in rows:
            with self.subTest(" ".join(words)):
                done = self.on_data(*words)
                self.assertIn(done.returncode, (0, 1))
                self.assertFalse(self.data.exists())
        self.data.mkdir()
        self.assertEqual(self.on_data("check").returncode, 0)
        self.assertEqual(list(self.data.iterdir()), [])

    def test_accounts_that_are_not_there_yet_are_told_in_one_line(self):
        self.refused(1, "no store here yet", "user", "list", "--data", str(self.data))

    def test_an_account_is_made_shown_and_listed(self):
        done = self.on_data("user", "create", "Ann@Example.com", "--first-name", "Ann", "--privilege", "developer")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        shown = json.loads(self.on_data("user", "show", "ann@example.com").stdout)
        self.assertEqual((shown["email"], shown["first_name"], shown["has_password"], shown["superuser"]), ("Ann@Example.com", "Ann", False, False))
        listed = json.loads(self.on_data("user", "list", "--json").stdout)
        self.assertEqual([u["email"] for u in listed], ["Ann@Example.com"])

    def test_what_cannot_be_done_to_an_account_is_told_in_one_line(self):
        self.assertEqual(self.on_data("user", "create", EMAIL).returncode, 0)
        data = ["--data", str(self.data)]
        rows = [
            ("an address twice", "exists already", ["user", "create", EMAIL.upper()], None),
            ("what is no address", "nobody is not an e-mail address", ["user", "create", "nobody"], None),
            ("an account that is not there", "no@example.com: no such account", ["user", "show", "no@example.com"], None),
            ("a privilege that is not there", "no such privilege: king", ["user", "create", "b@example.com", "--privilege", "king"], None),
            ("a short password", "at least 8 characters", ["user", "set-password", EMAIL, "--password-stdin"], "short\n"),
            ("no password at all", "no password on standard input", ["user", "set-password", EMAIL, "--password-stdin"], ""),
            ("an endless password", "longer than 1024 bytes", ["user", "set-password", EMAIL, "--password-stdin"], "x" * 5000),
        ]
        for name, said, words, text in rows:
            with self.subTest(name):
                self.refused(1, said, *words, *data, text=text)
        self.assertEqual([u["email"] for u in json.loads(self.on_data("user", "list", "--json").stdout)], [EMAIL])

    def test_migrations_are_listed(self):
        self.on_data("user", "create", EMAIL)
        done = self.on_data("migrate", "--status", "--json")
        self.assertEqual(done.returncode, 0)
        listed = json.loads(done.stdout)
        self.assertIn({"name": "0001_accounts", "state": "applied"}, listed)
        self.assertEqual(len(listed), len(self.on_data("migrate", "--status").stdout.splitlines()))

    def test_many_first_commands_at_once_agree(self):
        commands = [subprocess.Popen([BINARY, "user", "create", f"u{i}@example.com", "--data", str(self.data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     text=True, cwd=self.folder, env=environment()) for i in range(6)]
        said = [c.communicate(timeout=60) for c in commands]
        self.assertEqual([c.returncode for c in commands], [0] * 6, said)
        self.assertEqual(len(json.loads(self.on_data("user", "list", "--json").stdout)), 6)
        self.assertEqual([p.name for p in self.data.iterdir() if p.name.startswith("master.key")], ["master.key"])

    def test_a_newer_store_is_refused(self):
        self.on_data("user", "create", EMAIL)
        db = sqlite3.connect(self.data / "chancery.db")
        db.execute("INSERT INTO chancery_migration VALUES (9999, '9999_later', 'x', 0)")
        db.commit()
        db.close()
        for words in (["check"], ["user", "list"], ["migrate"], ["migrate", "--status"]):
            with self.subTest(" ".join(words)):
                self.refused(1, "newer than this program", *words, "--data", str(self.data))


class MasterKey(Folder):
    def test_files_are_their_owners_alone(self):
        self.on_data("user", "create", EMAIL)
        for name in ("", "master.key", "chancery.db", "files"):
            with self.subTest(name or "the folder"):
                self.assertEqual(stat.S_IMODE((self.data / name).stat().st_mode) & 0o077, 0)

    def test_a_lost_key_is_not_replaced(self):
        self.on_data("user", "create", EMAIL)
        (self.data / "master.key").rename(self.folder / "kept")
        for words in (["serve", "--listen", "127.0.0.1:0"], ["check"], ["user", "list"]):
            with self.subTest(words[0]):
                self.refused(1, "restore the file from a backup", *words, "--data", str(self.data))
                self.assertFalse((self.data / "master.key").exists())
        (self.folder / "kept").rename(self.data / "master.key")
        self.assertEqual(self.on_data("check").returncode, 0)

    def test_a_foreign_key_is_refused(self):
        self.on_data("user", "create", EMAIL)
        key = self.data / "master.key"
        key.write_bytes(b"x" * 32)
        for words in (["serve", "--listen", "127.0.0.1:0"], ["check"], ["user", "list"]):
            with self.subTest(words[0]):
                self.refused(1, "not the master key", *words, "--data", str(self.data))

    def test_a_key_that_others_may_read_is_refused(self):
        self.on_data("user", "create", EMAIL)
        (self.data / "master.key").chmod(0o644)
        self.refused(1, "chmod 600", "check", "--data", str(self.data))


class FirstStart(Folder):
    def api_user(self, server, key=KEY):
        return self.get(server, "/api/user", {"X-API-Key": key})

    def test_an_administrator_is_made_once_with_a_link_that_is_a_url(self):
        server = self.serve(*ADMIN)
        links = [line for line in server.before if "password here" in line]
        self.assertEqual(len(links), 1, server.before)
        url = re.search(r"(http://\S+)/account/password\?token=(\S{43})\n", links[0])
        self.assertEqual(url[1], server.url)
        self.assertEqual(self.get(server, "/account/password?token=" + url[2])[0], 200)
        status, body = self.api_user(server)
        self.assertEqual((status, json.loads(body)["privileges"]), (200, ["admin"]))
        self.assertEqual(self.stop(server), 0)
        again = self.serve(*ADMIN)
        self.assertEqual(again.before, [])
        self.assertEqual(self.api_user(again)[0], 200)

    def test_a_link_uses_the_public_origin(self):
        server = self.serve(*ADMIN, "--set", "base_url=https://court.example/")
        self.assertIn("https://court.example/account/password?token=", "".join(server.before))

    def test_a_link_is_shown_even_if_nobody_can_listen(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = self.on_data("serve", "--listen", "127.0.0.1:%d" % taken.getsockname()[1], *ADMIN)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/account/password?token=", done.stdout)
        self.assertEqual(len([x for x in done.stderr.splitlines() if x.startswith("chancery: ")]), 1, done.stderr)

    def test_with_a_password_no_link_is_made(self):
        server = self.serve(*ADMIN, "--set", "admin.password=correct horse")
        self.assertEqual(server.before, [])

    def test_an_account_that_exists_becomes_the_administrator(self):
        self.on_data("user", "create", EMAIL, "--password-stdin", text="correct horse battery\n")
        server = self.serve(*ADMIN)
        self.assertEqual(server.before, [])  # it has a password that was proven
        status, body = self.api_user(server)
        self.assertEqual((status, json.loads(body)["id"], json.loads(body)["privileges"]), (200, 1, ["admin"]))
        self.assertTrue(json.loads(self.on_data("user", "show", EMAIL).stdout)["superuser"])

    def test_an_account_that_nobody_can_use_gets_a_link(self):
        self.on_data("user", "create", EMAIL)
        server = self.serve(*ADMIN)
        self.assertEqual(len(server.before), 1)
        self.assertEqual(self.api_user(server)[0], 200)

    def test_an_inactive_account_is_active_again(self):
        self.on_data("user", "create", EMAIL)
        db = sqlite3.connect(self.data / "chancery.db")
        db.execute("UPDATE account SET active = 0, email_verified_at_ms = NULL")
        db.commit()
        db.close()
        self.assertEqual(self.api_user(self.serve(*ADMIN))[0], 200)

    def test_a_key_that_is_given_later_is_not_taken(self):
        server = self.serve("--set", "admin.email=" + EMAIL, "--set", "admin.password=correct horse")
        self.assertEqual(self.stop(server), 0)
        self.assertEqual(self.api_user(self.serve(*ADMIN))[0], 403)

    def test_another_address_makes_no_second_administrator(self):
        self.assertEqual(self.stop(self.serve(*ADMIN)), 0)
        self.serve("--set", "admin.email=mallory@example.com", "--set", "admin.password=correct horse")
        self.assertEqual([u["email"] for u in json.loads(self.on_data("user", "list", "--json").stdout)], [EMAIL])

    def test_what_is_no_address_stops_the_start(self):
        self.refused(1, "admin.email: not an e-mail address", "serve", "--data", str(self.data), "--listen", "127.0.0.1:0", "--set", "admin.email=nobody")

    def test_a_bare_key_without_an_address_makes_nobody(self):
        server = self.serve("--set", "admin.api_key=" + KEY)
        self.assertEqual(self.api_user(server)[0], 403)


class Interviews(Folder):
    def setUp(self):
        super().setUp()
        self.worker = (pathlib.Path(BINARY).parent / "chancery-worker").exists()
        package = self.folder / "packages" / "docassemble.t" / "data" / "questions"
        package.mkdir(parents=True)
        (package / "a.yml").write_text("mandatory: True\nquestion: Your name?\nfields:\n- Name: name\n---\nmandatory: True\nquestion: Hello ${ name }\n")
        (self.folder / "tmp").mkdir()
        self.options = ["--set", "interviews.packages=" + str(package.parent.parent.parent)]

    def play(self, name, text):
        return self.run_it("interview", "run", name, *self.options, text=text)

    def test_installed_interviews_are_listed(self):
        done = self.run_it("interview", "list", "--json", *self.options)
        self.assertIn("docassemble.t:data/questions/a.yml", json.loads(done.stdout))

    def test_one_is_played_to_its_end(self):
        if not self.worker:
            self.skipTest("no worker in this build")
        done = self.play("docassemble.t:data/questions/a.yml", "Ada\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("Hello Ada", done.stdout)

    def test_one_that_is_not_there_is_told_in_one_line(self):
        if not self.worker:
            self.skipTest("no worker in this build")
        for name, said in (("docassemble.t:none.yml", "not found"), ("nonsense", "Invalid filename")):
            with self.subTest(name):
                done = self.play(name, "")
                self.assertEqual(done.returncode, 1)
                self.assertEqual(len([x for x in done.stderr.splitlines() if x.startswith("chancery: ") and said in x]), 1, done.stderr)

    def test_an_interrupt_leaves_nothing_behind(self):
        if not self.worker:
            self.skipTest("no worker in this build")
        player = subprocess.Popen([BINARY, "interview", "run", "docassemble.t:data/questions/a.yml", *self.options], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=0, cwd=self.folder, env=environment({"TMPDIR": str(self.folder / "tmp")}))
        self.assertEqual(player.stdout.readline(), "\n")
        self.assertEqual(player.stdout.readline(), "Your name?\n")
        player.send_signal(signal.SIGINT)
        player.communicate(timeout=30)
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])

    def test_a_slow_session_holds_up_nobody_else(self):
        if not self.worker:
            self.skipTest("no worker in this build")
        slow = self.folder / "packages" / "docassemble.t" / "data" / "questions" / "slow.yml"
        slow.write_text("mandatory: True\ncode: |\n  if defined('go'):\n    import time\n    time.sleep(5)\n  final\n---\nevent: final\nquestion: Done\n")
        server = self.serve(*self.options, *ADMIN)
        address = server.url.split("//")[1]

        def ask(method, target, body=None):
            c = http.client.HTTPConnection(address, timeout=60)
            c.request(method, target, body and json.dumps(body), {"X-API-Key": KEY, "Content-Type": "application/json"})
            reply = c.getresponse()
            got = reply.status, reply.read()
            c.close()
            return got

        new = json.loads(ask("GET", "/api/session/new?i=docassemble.t:slow.yml")[1])
        who = {"i": new["i"], "session": new["session"], "secret": new["secret"]}
        self.assertEqual(ask("POST", "/api/session", dict(who, variables={"go": True}, question=0))[0], 204)
        answers = []
        question = "/api/session/question?" + "&".join("%s=%s" % x for x in who.items())

        def press():
            try:
                answers.append(ask("GET", question)[0])
            except (OSError, http.client.HTTPException):
                pass  # the server was ended meanwhile

        crowd = [threading.Thread(target=press) for _ in range(60)]
        for one in crowd:
            one.start()
        while 503 not in answers:  # all places to wait are taken
            time.sleep(0.01)
        for _ in range(5):
            self.assertEqual(ask("GET", "/api/session/new?i=docassemble.t:a.yml")[0], 200)
        self.assertNotIn(200, answers)  # all that while the slow one was at work
        server.kill()
        for one in crowd:
            one.join()


class Serving(Folder):
    def test_it_listens_on_several_addresses(self):
        path = self.folder / "s"
        server = self.serve("--set", "listen=[\"127.0.0.1:0\", \"unix:%s\"]" % path, "--listen", "127.0.0.1:0")
        self.assertEqual(self.get(server, "/healthz")[0], 200)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(path))
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            self.assertIn(b" 200 ", s.recv(1000))

    def test_it_listens_on_ipv6(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6 here")
        try:
            with socket.socket(socket.AF_INET6) as s:
                s.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 here")
        server = self.serve("--listen", "[::1]:0")
        self.assertRegex(server.url, r"^http://\[::1\]:\d+$")
        self.assertEqual(self.get(server, "/readyz")[0], 200)

    def test_an_address_that_is_none_is_told(self):
        for listen in ("nowhere", "127.0.0.1:99999", "127.0.0.1", "unix:", "[::1:80"):
            with self.subTest(listen):
                done = self.on_data("serve", "--listen", listen)
                self.assertEqual(done.returncode, 1)
                lines = [x for x in done.stderr.splitlines() if x.startswith("chancery: ")]
                self.assertEqual(len(lines), 1, done.stderr)

    def test_a_second_server_on_the_folder_is_refused_and_the_first_goes_on(self):
        server = self.serve(*ADMIN)
        self.refused(1, "another server runs on this data folder", "serve", "--data", str(self.data), "--listen", "127.0.0.1:0")
        self.assertEqual(self.get(server, "/readyz")[0], 200)

    def test_a_killed_server_leaves_a_folder_that_starts_again(self):
        server = self.serve(*ADMIN)
        server.kill()
        server.wait()
        again = self.serve(*ADMIN)
        self.assertEqual(self.get(again, "/api/user", {"X-API-Key": KEY})[0], 200)

    def test_a_first_start_killed_at_any_moment_is_begun_again(self):
        words = ["--set", "admin.password=correct horse", *ADMIN]
        for moment in range(16):
            data = self.folder / ("data%d" % moment)
            first = subprocess.Popen([BINARY, "serve", "--data", str(data), "--listen", "127.0.0.1:0", *words], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, cwd=self.folder, env=environment())
            time.sleep(moment * 0.005)
            first.kill()
            first.wait()
            with self.subTest(moment):
                server = self.serve(*words, data=data)
                self.assertEqual(self.get(server, "/api/user", {"X-API-Key": KEY})[0], 200)
                self.assertEqual(self.stop(server), 0)

    def test_commands_work_beside_it_and_it_heeds_them(self):
        server = self.serve(*ADMIN)
        done = self.on_data("user", "create", "later@example.com", "--print-link")
        self.assertEqual(done.returncode, 0, done.stderr)
        token = re.search(r"token=(\S{43})", done.stdout)[1]
        self.assertEqual(self.get(server, "/account/password?token=" + token)[0], 200)

    def test_signals_end_it_with_0(self):
        for sig in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(sig.name):
                server = self.serve(*ADMIN)
                began = time.monotonic()
                self.assertEqual(self.stop(server, sig), 0)
                self.assertLess(time.monotonic() - began, 10)

    def test_a_hangup_ends_nothing_and_keeps_the_level(self):
        server = self.serve("--set", "log.level=error", "--set", "log.format=json")
        server.send_signal(signal.SIGHUP)
        self.assertEqual(self.get(server, "/healthz")[0], 200)
        self.assertEqual(self.get(server, "/healthz")[0], 200)
        self.assertEqual(self.stop(server), 0)
        self.assertEqual(server.stderr.read(), "")

    def test_a_log_that_nobody_reads_holds_up_nobody(self):
        server = self.serve()
        c = http.client.HTTPConnection(server.url.split("//")[1], timeout=30)
        for _ in range(1000):  # some lines of 190 bytes each fill a pipe of 64 KiB
            c.request("GET", "/healthz")
            self.assertEqual(c.getresponse().read(), b"ok")
        c.close()
        self.assertEqual(self.stop(server), 0)

    def test_without_standard_streams_nothing_meant_for_them_lands_in_a_file(self):
        socket_path = self.folder / "s"
        server = subprocess.Popen(["sh", "-c", 'exec "$0" "$@" 2>&-', BINARY, "serve", "--data", str(self.data), "--listen", f"unix:{socket_path}"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=self.folder, env=environment())
        try:
            while not socket_path.exists():
                self.assertIsNone(server.poll())
                time.sleep(0.02)
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(socket_path))
                s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertTrue(s.recv(1000).startswith(b"HTTP/1.1 200"))
        finally:
            server.terminate()
            status = server.wait(30)
        self.assertEqual((status, (self.data / "lock").read_text()), (0, ""))
        backup = self.folder / "a.backup"
        subprocess.run(["sh", "-c", 'exec "$0" "$@" 1>&-', BINARY, "backup", str(backup), "--data", str(self.data)], stdin=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd=self.folder, env=environment(), check=False)
        done = self.run_it("restore", str(backup), "--data", str(self.folder / "again"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_its_log_holds_one_line_a_request_and_no_secret(self):
        server = self.serve(*ADMIN, "--set", "log.format=json")
        self.get(server, "/api/user?key=" + KEY)
        self.get(server, "/api/secret?username=a@b.c&password=hunter2hunter2", {"X-API-Key": KEY})
        self.assertEqual(self.stop(server), 0)
        log = server.stderr.read()
        self.assertNotIn(KEY, log)
        self.assertNotIn("hunter2", log)
        requests = [json.loads(x) for x in log.splitlines() if '"event":"request"' in x]
        self.assertEqual(sorted(x["path"] for x in requests), ["/api/secret", "/api/user"])  # each is written when its reply has left

    def test_of_families_that_are_not_all_built_those_that_are_are_served(self):
        everything = "families=[accounts, iam, hiring, interviews, signatures]"
        done = self.on_data("check", "--set", everything)
        self.assertEqual(done.returncode, 0)
        server = self.serve("--set", everything, *ADMIN)
        self.assertEqual(self.get(server, "/api/user", {"X-API-Key": KEY})[0], 200)
        missing = [f for f in ("accounts", "iam", "hiring", "signatures") if self.run_it("openapi", f).returncode]
        for family in missing:
            self.assertRegex(done.stdout, r"\nfamilies: .*interviews.*\(not in this version: .*%s.*\)\n" % family)
            for words in (["check"], ["serve", "--listen", "127.0.0.1:0"]):
                self.refused(1, "families: none of them is in this version", *words, "--data", str(self.folder / "other"), "--set", "families=[%s]" % family)

    def test_a_family_left_out_answers_404(self):
        server = self.serve("--set", "families=[]", *ADMIN)
        self.assertEqual(self.get(server, "/api/user", {"X-API-Key": KEY})[0], 404)
        self.assertEqual(self.get(server, "/readyz")[0], 200)

    def test_a_schema_that_is_not_up_to_date_is_refused_when_told_so(self):
        self.refused(1, "run `chancery migrate`", "serve", "--data", str(self.data), "--listen", "127.0.0.1:0", "--set", "store.migrate=false")

    def test_a_data_folder_that_cannot_be_made_is_told(self):
        (self.folder / "file").write_text("x")
        self.refused(1, "data folder cannot be made", "serve", "--data", str(self.folder / "file"), "--listen", "127.0.0.1:0")


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
