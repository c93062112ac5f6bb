"""docs/authors.md: the interviews that it shows are written, the commands that it shows are run, and what follows them is what they say.

usage: test_authors.py PROGRAM [--write]   With --write the page gets what the commands say now; read it before you commit it."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "authors.md"
BLOCK = re.compile(r"^```(yaml|console) ?(.*)\n([\s\S]*?)^```$", re.M)


def say(folder, command):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CHANCERY_")}
    done = subprocess.run(["sh", "-c", command.replace("chancery ", "%s " % PROGRAM)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          encoding="utf-8", timeout=60, env=dict(clean, TMPDIR=str(folder)))
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().split("\n")).strip("\n") + "\n"


def replayed(text, folder):
    """The page as it is when its commands are run."""
    def run(block):
        kind, name, content = block.groups()
        if kind == "yaml":
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
            return block[0]
        command = content.split("\n")[0]
        return "```console\n%s\n%s```" % (command, say(folder, command.removeprefix("$ ")))
    return BLOCK.sub(run, text)


class Page(unittest.TestCase):
    maxDiff = None

    def test_every_command_says_what_the_page_says(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-authors-"))
        try:
            text = PAGE.read_text(encoding="utf-8")
            self.assertGreaterEqual(len(BLOCK.findall(text)), 8)
            self.assertEqual(replayed(text, folder), text)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    if "--write" in sys.argv:
        with tempfile.TemporaryDirectory(prefix="chancery-authors-") as where:
            PAGE.write_text(replayed(PAGE.read_text(encoding="utf-8"), pathlib.Path(where)), encoding="utf-8")
    else:
        unittest.main(argv=sys.argv[:1])
