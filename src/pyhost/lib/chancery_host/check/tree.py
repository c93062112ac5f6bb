"""Interview files as nodes that know their line and column, with everything they include (language specification 1)."""
import re

import _chancery

from chancery_host.errors import DAError

WORD = re.compile(r"[^\W\d]\w*")
_BEFORE = re.compile(r"(?:[&!]\S*\s+)*")


class Node:
    """A YAML node. value: of a scalar; items: nodes of a list, pairs of nodes of a mapping."""
    __slots__ = ("line", "column", "kind", "value", "items")

    def __init__(self, tree):
        self.line, self.column, self.kind, content = tree
        self.value = content if self.kind == "scalar" else None
        if self.kind == "map":
            self.items = [(Node(key), Node(value)) for key, value in content]
        else:
            self.items = [Node(item) for item in content] if self.kind == "list" else []

    @property
    def place(self):
        return self.line, self.column

    @property
    def is_text(self):
        return isinstance(self.value, str)

    def get(self, name):
        return next((value for key, value in self.items if key.value == name), None) if self.kind == "map" else None

    def keys(self):
        return {str(key.value) for key, _ in self.items} if self.kind == "map" else set()

    def listed(self):
        """Its items, or itself as the only one."""
        return self.items if self.kind == "list" else [self]

    def scalars(self):
        """Every scalar below, keys included."""
        if self.kind == "scalar":
            yield self
        for item in self.items:
            for node in item if isinstance(item, tuple) else (item,):
                yield from node.scalars()


class File:
    def __init__(self, name, path, text):
        self.name, self.path = name, path
        self.package = name.partition(":")[0]
        self.raw = text.split("\n")
        self.lines = [line.replace("\t", "  ") for line in self.raw]

    def raw_column(self, line, column):
        """Parts are read with two blanks for each tab; the author's editor counts one."""
        raw = self.raw[line - 1] if 0 < line <= len(self.raw) else ""
        if "\t" not in raw:
            return column
        seen = 1
        for at, character in enumerate(raw):
            if seen >= column:
                return at + 1
            seen += 2 if character == "\t" else 1
        return len(raw) + 1

    def line_of(self, number):
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def place_in(self, node, line, offset, word=""):
        """Where the character `offset` (from 0) of line `line` (from 1) of a scalar's text stands in the file."""
        if not node.is_text:
            return node.place
        start = self.line_of(node.line)
        at = node.column - 1
        at += len(_BEFORE.match(start[at:])[0])
        texts = node.value.split("\n")
        text = texts[line - 1] if line <= len(texts) else ""
        if start[at:at + 1] == "|":
            found = self.line_of(node.line + line).find(text) if text.strip() else -1
            if found >= 0:
                return node.line + line, found + offset + 1
        elif len(texts) == 1:
            quoted = start[at:at + 1] in ("'", '"')
            if start[at + quoted:].startswith(text):
                return node.line, at + quoted + offset + 1
        return self._search(node, word) or node.place

    def _search(self, node, word):
        """Folded and escaped texts: the first time that the word stands behind the node's begin."""
        if not word:
            return None
        wanted = re.compile(r"(?<!\w)%s(?!\w)" % re.escape(word))
        for number in range(node.line, min(node.line + 200, len(self.lines) + 1)):
            found = wanted.search(self.line_of(number), node.column - 1 if number == node.line else 0)
            if found:
                return number, found.start() + 1
            if number > node.line and self.line_of(number).startswith("---"):
                break
        return None


class Block:
    """One part of a file. What the walk finds in it is kept here for the judgement of the whole."""

    def __init__(self, file, line, last, node):
        self.file, self.line, self.last, self.node = file, line, last, node
        self.place = node.items[0][0].place if node and node.items else (line, 1)
        self.keys = {}          # lower-cased top-level keys: (key node, value node)
        self.defines = {}       # name as written: place
        self.uses = {}          # plain name: place where it is read first
        self.words = set()      # every word that stands in it
        self.constants = set()  # texts in its Python: names that code may mean
        self.is_broken = False  # not everything in it could be read
        self.is_root = False    # used without being sought

    @property
    def language(self):
        node = self.keys.get("language", (None, None))[1]
        return str(node.value) if node else "*"


class Reader:
    """The interview's files and blocks, in the order in which the engine reads them."""

    def __init__(self, reports):
        self.reports = reports
        self.files, self.blocks, self.known = [], [], set()
        self.has_holes = False      # something could not be read: what it defines is unknown
        self.main = None
        self.has_generators = False # names that code makes up: which are defined is unknown
        self.has_computed = False   # names that code makes up: which are asked for is unknown
        self.modules = []           # (name in full, "modules" or "imports", block, node); "reads": only what it says
        self.documents = []         # (block, node): templates of documents
        self.datatypes = []         # (block, node) of those that only a module could define

    def read(self, name):
        package, _, rest = name.partition(":")
        if not rest.startswith("data/"):
            name = "%s:data/questions/%s" % (package, rest)
        if name in self.known or len(self.known) > 256:
            return
        self.known.add(name)
        try:
            path, text = _chancery.source(name)
            file = File(name, path, text)
            self.files.append(file)
            self.main = self.main or file
            parts = _chancery.parts(self._plain(file, text))
        except DAError as err:
            self.has_holes = True
            if not self.files or self.files[-1].name != name:
                self.files.append(File(name, None, ""))
            self.reports.error(self.files[-1], (1, 1), str(err))
            return
        for index, (line, tree, error) in enumerate(parts):
            last = parts[index + 1][0] - 2 if index + 1 < len(parts) else len(file.lines)
            if error:
                self.has_holes = True
                self.reports.error(file, (error[0], error[1]), error[2])
            elif tree is not None:
                self._part(file, line, last, Node(tree))

    def _plain(self, file, text):
        """Files that are Jinja2 templates are read as rendered; places are those of the rendered text."""
        if not text.startswith("# use jinja"):
            return text
        from chancery_host.jinja_source import rendered
        text = rendered(text, file.name, file.package, self.files[0].name)
        file.__init__(file.name, file.path, text)
        return text

    def _part(self, file, line, last, node):
        if node.kind == "scalar" and node.value is None:
            return
        if node.kind != "map":
            self.has_holes = True
            self.reports.error(file, node.place, "A block must be in the form of a dictionary")
            return
        block = Block(file, line, last, node)
        for key, value in node.items:
            block.keys.setdefault(str(key.value).lower(), (key, value))
        self.blocks.append(block)
        if "include" in block.keys:
            for item in block.keys["include"][1].listed():
                self._include(block, item)

    def _include(self, block, item):
        reference = str(item.value).strip()
        try:
            name = _chancery.resolve(reference, block.file.name)
            found = _chancery.exists(name)
        except DAError as err:
            self.has_holes = True
            self.reports.error(block.file, item.place, "%s: %s" % (reference, err))
            return
        if found:
            self.read(name)
        else:
            self.has_holes = True
            self.reports.error(block.file, item.place, "The file %s does not exist" % name)
