"""README.md: every line of its blocks is run as it stands, in one shell beside a server that `tools/run` starts, and prints what its comment quotes.

usage: test_readme.py PROGRAM

What differs from a reader's terminal: the folder (a new one), the port (8080 is another's), `make run` (without the building), and KEY, which is read from the box."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = "../shared/corpus/docassemble"
BLOCK = re.compile(r"^```\n([\s\S]*?)^```$", re.M)
COMMENT = re.compile(r"(?:^|\s{2,})# .*")
END = "@@end-of-statement@@"


def statements(block):
    """(text, what its comments quote): lines that belong together, as bash sees it."""
    held, quoted = [], []
    for line in block.split("\n"):
        comment = COMMENT.search(line)
        code = line[:comment.start()].rstrip() if comment else line
        quoted += re.findall(r'"([^"]+)"', comment[0]) if comment else []
        if not code and not held:
            continue
        held.append(code)
        text = "\n".join(held)
        if not text.endswith("\\") and not subprocess.run(["bash", "-n", "-c", text], stderr=subprocess.DEVNULL, check=False).returncode:
            yield text, quoted
            held, quoted = [], []
    if held:
        raise AssertionError("bash does not understand:\n" + "\n".join(held))


class Reader:
    """One shell, and the server that it looks at."""

    def __init__(self, folder):
        self.folder, self.server, self.base, self.key = folder, None, None, None
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("CHANCERY_")}
        self.shell = subprocess.Popen(["bash"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env)
        # A refusal must not pass for an answer.
        self.shell.stdin.write("set -o pipefail; curl() { command curl --fail-with-body \"$@\"; }\n")

    def make_run(self, words):
        self.stop()
        env = dict(self.env, CHANCERY_RUN_LISTEN="127.0.0.1:0", **dict(re.findall(r"(CHANCERY_\w+)='?([^' ]+)'?", words)))
        self.server = subprocess.Popen([ROOT / "tools" / "run", PROGRAM.parent], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        log = []
        self.drain = threading.Thread(target=lambda: log.extend(self.server.stderr), daemon=True)
        self.drain.start()
        for line in self.server.stdout:
            if found := re.search(r"API key +(\w+)", line):
                self.key = found[1]
            if line.startswith("chancery ready "):
                self.base = line.split()[2]
                return
        self.drain.join(5)
        raise AssertionError("the server did not start:\n" + "".join(log[-20:]))

    def stop(self):
        if not self.server:
            return
        self.server.send_signal(signal.SIGTERM)
        status = self.server.wait(60)
        self.drain.join(5)
        self.server.stdout.close()
        self.server.stderr.close()
        self.server = None
        if status:
            raise AssertionError("the server ended with %d" % status)

    def close(self):
        self.shell.stdin.close()
        self.shell.stdout.close()
        self.shell.wait(10)
        self.stop()

    def codes(self):
        """Mails of other kinds may still be on their way."""
        return sum("Subject: Your OTP code" in mail.read_text(encoding="utf-8") for mail in self.folder.glob("chancery-data/mail/*.eml"))

    def run(self, text):
        """(exit status, what it printed)"""
        if re.fullmatch(r"(CHANCERY_\w+=\S+ )*make run", text):
            self.make_run(text)
            text = "B=http://127.0.0.1:8080"  # every start picks a port of its own
        text = text.replace("KEY=…", "KEY=" + self.key).replace("http://127.0.0.1:8080", self.base).replace("build/chancery", str(PROGRAM))
        before = self.codes()
        self.shell.stdin.write("{ %s\n} </dev/null; echo %s $?\n" % (text, END))
        self.shell.stdin.flush()
        printed = []
        for line in self.shell.stdout:
            if END in line:
                rest, status = line.split(END)
                break
            printed.append(line)
        else:
            raise AssertionError("the shell ended at: " + text)
        # A reader looks when the mail has come.
        while "otp/request" in text and self.codes() == before:
            time.sleep(0.05)
        return int(status), "".join(printed) + rest


class Page(unittest.TestCase):
    def test_every_line_does_what_the_page_says(self):
        page = (ROOT / "README.md").read_text(encoding="utf-8")
        if not (ROOT / CORPUS).exists():
            page = "\n```\n".join(part for part in page.split("\n```\n") if CORPUS not in part)
        page = page.replace(CORPUS, str((ROOT / CORPUS).resolve()))
        folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-readme-"))
        reader = Reader(folder)
        ran = 0
        try:
            for block in BLOCK.findall(page):
                for text, quoted in statements(block):
                    if text == "make test":
                        continue
                    status, printed = reader.run(text)
                    ran += 1
                    self.assertEqual(status, 0, "%s\nprinted:\n%s" % (text, printed))
                    for want in quoted:
                        for fragment in want.split("…"):
                            self.assertIn(fragment, printed, text)
            self.assertGreater(ran, 40)
        finally:
            reader.close()
            shutil.rmtree(folder)


if __name__ == "__main__":
    missing = [tool for tool in ("bash", "curl", "jq", "oathtool") if not shutil.which(tool)]
    if missing:
        print("skipped: no " + ", ".join(missing) + " here")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
