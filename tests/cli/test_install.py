"""What `make install` leaves on a system: manual pages, completions, the systemd unit (server.md 1).

test_install.py BUILD/chancery [unittest options]"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BINARY = None


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, **more)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="chancery-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        build = pathlib.Path(BINARY).parent
        options = json.loads(run("/usr/bin/python3", "/usr/bin/meson", "introspect", "--buildoptions", build).stdout)
        cls.prefix = next(o["value"] for o in options if o["name"] == "prefix")
        done = run("/usr/bin/python3", "/usr/bin/meson", "install", "-C", build, "--no-rebuild", "--destdir", cls.root)
        assert done.returncode == 0, done.stderr
        cls.at = cls.root / cls.prefix.lstrip("/")
        cls.commands = json.loads(run(BINARY, "help", "--json").stdout)

    def need(self, tool):
        if not shutil.which(tool):
            self.skipTest("no %s here" % tool)

    def test_both_programs_and_their_library_are_there(self):
        for name in ("bin/chancery", "bin/chancery-worker", "share/chancery/demo"):
            self.assertTrue((self.at / name).exists(), name)
        done = run(self.at / "bin/chancery", "--version")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_manual_pages_are_sound(self):
        self.need("mandoc")
        for name in ("man1/chancery.1", "man5/chancery.yml.5", "man8/chancery-worker.8"):
            with self.subTest(name):
                page = self.at / "share/man" / name
                done = run("mandoc", "-T", "lint", "-W", "warning", page)
                wrong = [line for line in (done.stdout + done.stderr).splitlines() if "missing date" not in line]
                self.assertEqual(wrong, [])
                self.assertRegex(self.plain(name), r"(?m)^SEE ALSO\n +\S")

    def plain(self, name):
        self.need("mandoc")
        text = run("mandoc", "-T", "utf8", "-O", "width=200", self.at / "share/man" / name).stdout
        return re.sub(".\b", "", text)

    def test_a_manual_page_has_every_command_and_option(self):
        page = self.plain("man1/chancery.1")
        for command in self.commands:
            with self.subTest(command["name"]):
                self.assertRegex(page, r"(?m)^ +%s$" % re.escape((command["name"] + " " + command["args"]).strip()))
                self.assertIn(command["example"], page)
                for option in command["options"]:
                    self.assertRegex(page, r"(?m)^ +%s( |$)" % re.escape(option))

    def test_a_manual_page_has_every_setting(self):
        page = self.plain("man5/chancery.yml.5")
        for setting in json.loads(run(BINARY, "config", "--json", cwd=self.root).stdout):
            self.assertRegex(page, r"(?m)^ +%s \(" % re.escape(setting["key"]))

    def complete(self, *words):
        """What bash offers for the last word."""
        script = self.at / "share/bash-completion/completions/chancery"
        program = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _chancery; printf "%s\\n" "${COMPREPLY[@]}"'
        done = run("bash", "-c", program, "bash", script, "chancery", *words, cwd=self.root)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash_completes_commands(self):
        first = {c["name"].split()[0] for c in self.commands}
        self.assertEqual(set(self.complete("")), first)
        self.assertEqual(self.complete("se"), [w for w in sorted(first) if w.startswith("se")])
        for group in {c["name"].split()[0] for c in self.commands if " " in c["name"]}:
            with self.subTest(group):
                self.assertEqual(sorted(self.complete(group, "")), sorted(c["name"].split()[1] for c in self.commands if c["name"].startswith(group + " ")))

    def test_bash_completes_the_options_of_each_command(self):
        for command in self.commands:
            with self.subTest(command["name"]):
                self.assertEqual(sorted(self.complete(*command["name"].split(), "-")), sorted(command["options"]))

    def test_bash_completes_values(self):
        (self.root / "some.yml").write_text("")
        self.assertEqual(self.complete("serve", "--config", "so"), ["some.yml"])
        self.assertIn("log.level=", self.complete("serve", "--set", "log."))
        self.assertEqual(self.complete("help", "--completion", "b"), ["bash"])
        self.assertIn("interviews", self.complete("openapi", ""))
        self.assertEqual(self.complete("user", "create", "--email", ""), [])
        self.assertIn("--email", self.complete("--data", "x", "--quiet", "user", "create", "ann@example.com", "--"))

    def test_zsh_and_fish_understand_theirs(self):
        for shell, name, words in (("zsh", "share/zsh/site-functions/_chancery", ["-n"]), ("fish", "share/fish/vendor_completions.d/chancery.fish", ["--no-execute"])):
            with self.subTest(shell):
                self.need(shell)
                done = run(shell, *words, self.at / name)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_fish_completes(self):
        self.need("fish")
        script = self.at / "share/fish/vendor_completions.d/chancery.fish"

        def offers(line):
            done = run("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line, env={"HOME": str(self.root), "PATH": "/usr/bin:/bin"})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return {offer.split("\t")[0] for offer in done.stdout.splitlines()}
        self.assertEqual(offers("chancery "), {c["name"].split()[0] for c in self.commands})
        self.assertEqual(offers("chancery user s"), {c["name"].split()[1] for c in self.commands if c["name"].startswith("user s")})
        self.assertEqual(offers("chancery --data x user create --"), {o for c in self.commands if c["name"] == "user create" for o in c["options"]})

    def test_the_unit_is_sound(self):
        self.need("systemd-analyze")
        unit = self.at / "lib/systemd/system/chancery.service"
        text = unit.read_text()
        self.assertIn("ExecStart=%s/bin/chancery serve " % self.prefix, text)
        here = self.root / "chancery.service"
        here.write_text(text.replace(self.prefix + "/bin/", str(self.at) + "/bin/").replace("Documentation=", "#"))
        done = run("systemd-analyze", "verify", here)
        self.assertEqual((done.returncode, [line for line in done.stderr.splitlines() if "chancery" in line]), (0, []))
        done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", here)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
