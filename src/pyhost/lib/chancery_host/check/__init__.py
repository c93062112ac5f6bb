"""`chancery interview check`: what is wrong with an interview, found by reading it; nothing of the author's runs.

`report(name)` reads the file and what it includes into nodes with places (tree.py), walks every block by the tables of keys (keys.py, blocks.py),
reads its Python and Mako (code.py), and then judges the whole (names.py): names that nothing defines, blocks that nothing reaches, ids used twice.
An error is what keeps the interview from loading or is sure to stop it; everything else is a warning.
"""
import re

from chancery_host.check.blocks import Walker
from chancery_host.check.names import judge
from chancery_host.check.tree import Reader

_PLACE = re.compile(r"^(?P<text>.*?)(?: on line (?P<line>\d+), column (?P<column>\d+))?(?:,? (?:included )?in file (?P<file>\S+:.*?)"
                    r"(?: in the block on line (?P<block>\d+) from package \S+)?)?$", re.S)


class Reports:
    """What was found, each thing once."""

    def __init__(self):
        self.rows = {}

    def add(self, severity, file, place, text):
        line, column = place
        self.rows.setdefault((file.name, line, column, text), {"name": file.name, "path": file.path, "line": line, "column": file.raw_column(line, column),
                                                               "severity": severity, "text": text})

    def error(self, file, place, text):
        self.add("error", file, place, text)

    def warn(self, file, place, text):
        self.add("warning", file, place, text)

    def errors_between(self, file, first, last):
        return any(row["severity"] == "error" and row["name"] == file.name and first <= row["line"] <= last for row in self.rows.values())

    def sorted(self, main):
        return sorted(self.rows.values(), key=lambda row: (row["name"] != main, row["name"], row["line"], row["column"], row["text"]))


def report(name, failure):
    """List of dicts with name, path, line, column, severity, text. failure: None, or "Class: text" with which loading the interview ended."""
    reports = Reports()
    reader = Reader(reports)
    reader.read(name)
    for block in reader.blocks:
        Walker(reader, reports, block).walk()
    if failure:
        _add_failure(reader, reports, failure)
    judge(reader, reports)
    return reports.sorted(reader.files[0].name if reader.files else name)


def _add_failure(reader, reports, failure):
    """The engine's own reason, unless the walk has told it already with a better place."""
    failure = failure.partition(": ")[2] or failure
    found = _PLACE.match(failure)
    file = next((file for file in reader.files if file.name == found["file"]), reader.files[0] if reader.files else None)
    if file is None:
        return
    block = next((block for block in reader.blocks if block.file is file and found["block"] and block.line == int(found["block"])), None)
    if block and reports.errors_between(file, block.line, block.last):
        return
    if not block and any(row["severity"] == "error" for row in reports.rows.values()):
        return
    place = (int(found["line"]), int(found["column"])) if found["line"] else block.place if block else (1, 1)
    reports.error(file, place, found["text"] if found["file"] else failure)
