"""The interview as a whole: names that nothing defines, blocks that nothing reaches, ids used twice. In doubt it says nothing."""
import ast
import builtins
import functools
import importlib.util
import io
import pkgutil
import re
import sys
import zipfile

import _chancery

from chancery_host.check.keys import DATATYPES, nearest, unknown
from chancery_host.check.tree import WORD
from chancery_host.errors import DAError
from chancery_host.names import defined_names

# What the server, the engine and Mako put there (language specification 9).
RESERVED = frozenset("""_internal nav url_args x i j k l m n row_item row_index session_local device_local user_local role_needed loop self context caller
    capture UNDEFINED STOP_RENDERING next parent local pageargs __builtins__ __name__ __file__ __doc__ _da_review""".split())
# Names that the engine looks for by itself.
SOUGHT = frozenset("""role role_event role_needed menu_items multi_user track_location speak_text allow_cron cron_hourly cron_daily cron_weekly cron_monthly
    incoming_email nav user x""".split())
_INDEX = re.compile(r"\[[^\]]*\]")
_DOCUMENT = re.compile(r"[\w./:-]+\.docx\b")


def judge(reader, reports):
    duplicates(reader, reports)
    exports = Exports(reader)
    missing_modules(reader, reports, exports)
    made = set().union(*(block.defines for block in reader.blocks if "objects" in block.keys))
    if not any(is_start(block, exports.names | made) for block in reader.blocks):
        return      # a file to be included: others define and use what it does not
    if not reader.has_holes:
        unknown_ids(reader, reports)
        unknown_datatypes(reader, reports)
        if not exports.is_unknown:
            unknown_classes(reader, reports, exports)
    documents = document_words(reader)
    reached = reach(reader, exports, documents)
    if not (reader.has_holes or reader.has_generators or exports.is_unknown or has_catchall(reader)):
        undefined(reader, reports, exports, reached)
    if not (reader.has_holes or reader.has_computed or exports.is_unknown or documents is None):
        unreached(reader, reports, reached)


def has_catchall(reader):
    """Are names that nothing defines asked for all the same (feature `use catchall`)?"""
    features = [block.keys["features"][1] for block in reader.blocks if "features" in block.keys]
    return any(wanted is not None and wanted.value not in (None, False) for wanted in (each.get("use catchall") for each in features))


def is_start(block, known):
    """Does it drive an interview: a mandatory screen, or mandatory code that asks for more than objects?"""
    if "mandatory" not in block.keys or block.keys["mandatory"][1].value in (False, None):
        return False
    return "code" not in block.keys or any(name not in known and name not in block.defines for name in block.uses)


def duplicates(reader, reports):
    seen = {}
    for block in reader.blocks:
        node = block.keys.get("id", (None, None))[1]
        if node is None or node.value is None:
            continue
        key = (str(node.value).strip(), block.language)
        first = seen.setdefault(key, (block, node))
        if first[0] is not block and reader.main in (block.file, first[0].file):
            where = "line %d" % first[1].line if first[0].file is block.file else "%s:%d" % (first[0].file.name, first[1].line)
            reports.warn(block.file, node.place, "the id '%s' is used already on %s" % (key[0], where) if first[0].file is block.file else
                         "the id '%s' is used already in %s" % (key[0], where))


def listed(block, key):
    """Texts that stand at a key of the main file's block: one or a list."""
    node = block.keys.get(key, (None, None))[1]
    return [item for item in node.listed() if item.is_text] if node is not None else []


def unknown_ids(reader, reports):
    """What supersedes and order name and nobody has."""
    ids = {str(block.keys["id"][1].value).strip() for block in reader.blocks if "id" in block.keys}
    for block in reader.blocks:
        for item in listed(block, "supersedes") + listed(block, "order") if block.file is reader.main else ():
            if item.value.strip() not in ids:
                reports.warn(block.file, item.place, "no block has the id '%s'" % item.value.strip())


def unknown_classes(reader, reports, exports):
    """Of generic blocks, which then serve no object."""
    known = defined_anywhere(reader, exports)
    for block in reader.blocks:
        for item in listed(block, "generic object") if block.file is reader.main else ():
            name = item.value.strip()
            if name.isidentifier() and name not in known:
                guess = nearest(name, sorted(each for each in known if each[:1].isupper()), 0.8)
                reports.warn(block.file, item.place, "nothing defines the class '%s'%s" % (name, "; did you mean '%s'?" % guess if guess else ""))


def unknown_datatypes(reader, reports):
    """Those that look like one of ours. Modules may bring their own, so nothing is said where there are any."""
    if any(not name.startswith("docassemble.base") and name.partition(".")[0] not in sys.stdlib_module_names for name, _, _, _ in reader.modules):
        return
    for block, node in reader.datatypes:
        if block.file is reader.main and nearest(node.value, DATATYPES, 0.8):
            reports.warn(block.file, node.place, unknown(node.value, "datatype", DATATYPES))


def missing_modules(reader, reports, exports):
    """Of the interview's own package; others may be installed where it runs."""
    for name, how, block, node in reader.modules:
        if how == "modules" and name in exports.missing and name.startswith(block.file.package + "."):
            reports.warn(block.file, node.place, "the package has no module '%s'" % name)


# Names from outside the blocks


@functools.lru_cache(None)
def library(name):
    """What a module of the library exports; it is ours, so it may be imported."""
    module = importlib.import_module(name)
    return frozenset(getattr(module, "__all__", None) or [each for each in dir(module) if not each.startswith("_")])


@functools.lru_cache(None)
def library_words():
    """Every word of the object library: attributes that it seeks by itself are among them."""
    import chancery_host.objects as objects
    words = set()
    for found in pkgutil.iter_modules(objects.__path__, "chancery_host.objects."):
        words.update(WORD.findall(importlib.util.find_spec(found.name).loader.get_source(found.name)))
    return frozenset(words)


class Exports:
    """Names and texts that modules bring in, read from their source."""

    def __init__(self, reader):
        self.names, self.words = set(dir(builtins)) | RESERVED, set()
        self.is_unknown = False
        self.seen, self.missing = set(), set()
        own = {name for name, how, _, _ in reader.modules if how == "modules"}
        if not own & {"docassemble.base.util", "docassemble.base.legal"}:
            self.names |= library("docassemble.base.util")
        for name, how, _, _ in reader.modules:
            if how == "imports":
                self.names.add(name.partition(".")[0])
            self.module(name, how == "modules")

    def module(self, name, is_star):
        """is_star: its names come into the answers; else only what it says counts."""
        if (name, is_star) in self.seen:
            return
        self.seen.add((name, is_star))
        if name.startswith("docassemble.base") or name.partition(".")[0] in sys.stdlib_module_names:
            if is_star:
                self.known(name)
        elif name.partition(".")[0] == "docassemble":
            self.package_module(name, is_star)
        elif is_star:
            self.is_unknown = True

    def known(self, name):
        try:
            self.names |= library(name)
        except ImportError:
            self.is_unknown = True

    def package_module(self, name, is_star):
        """docassemble.PACKAGE.MODULE: a file of an interview package."""
        parts = name.split(".")
        package, path = ".".join(parts[:2]), "/".join(parts[2:]) or "__init__"
        for file in (path + ".py", path + "/__init__.py"):
            try:
                source = _chancery.source("%s:%s" % (package, file))[1]
                tree = ast.parse(source)
            except DAError:
                continue
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                break
            self.take(source, tree, name, is_star)
            return
        else:
            self.missing.add(name)
        self.is_unknown |= is_star

    def take(self, source, tree, name, is_star):
        if is_star:
            self.names.update(defined_names(source))
        self.words.update(WORD.findall(source))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.names.add(node.value)
            elif isinstance(node, ast.ImportFrom):
                base = name.split(".")[:-node.level] if node.level else []
                self.module(".".join(base + ([node.module] if node.module else [])), is_star and any(alias.name == "*" for alias in node.names))


def document_words(reader):
    """Words of the documents that the interview fills in; None if a document cannot be read or its name is computed."""
    words, seen = set(), set()
    wanted = [(block.file.package, node.value.strip()) for block, node in reader.documents]
    for block in reader.blocks:
        for key in ("attachment", "attachments", "template"):
            node = block.keys.get(key, (None, None))[1]
            if node is not None and any(item.kind == "map" and is_computed(item) for item in node.listed() + [block.node]):
                return None
    while wanted:
        package, name = wanted.pop()
        if (package, name) in seen or name.endswith(".pdf"):
            continue
        seen.add((package, name))
        text = document_text(package, name)
        if text is None:
            return None
        words.update(WORD.findall(text))
        wanted.extend((package, other) for other in _DOCUMENT.findall(text))
    return words


def is_computed(node):
    return any(value.kind == "map" for key, value in node.items if str(key.value).endswith(" file"))


def document_text(package, name):
    package, name = name.split(":", 1) if ":" in name else (package, name)
    path = _chancery.file_path(package, "templates", name.removeprefix("data/templates/"))
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            data = file.read()
        if not name.endswith(".docx"):
            return data.decode(errors="replace")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [archive.read(part).decode(errors="replace") for part in archive.namelist() if part.endswith(".xml")]
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None
    # A word may be cut by marks of its formatting, so each is looked for with and without them.
    return " ".join(parts) + " " + " ".join(re.sub(r"<[^>]*>", "", part) for part in parts)


# Blocks that nothing reaches


def reach(reader, exports, documents):
    """Blocks that are used without being sought, and those one of whose names stands somewhere in a block that is reached; by identity."""
    words = set(SOUGHT) | exports.words | (documents or set())
    reached, waiting = set(), list(reader.blocks)
    for block in reader.blocks:
        if block.is_root or block.is_broken or not is_sought(block):
            reached.add(id(block))
            words |= block.words
    grown = True
    while grown:
        grown = False
        for block in [block for block in waiting if id(block) not in reached]:
            if any(is_wanted(name, words) for name in block.defines):
                reached.add(id(block))
                words |= block.words
                grown = True
    return reached


def is_sought(block):
    """Does it take part in the search for names at all?"""
    return any(key in block.keys for key in ("question", "code", "objects", "objects from file", "data", "data from code", "template", "table", "attachment",
                                             "attachments"))


def is_wanted(name, words):
    parts = WORD.findall(_INDEX.sub("", name))
    return bool(parts) and parts[0] in words and (len(parts) == 1 or parts[-1] in words or parts[-1] in library_words())


def unreached(reader, reports, reached):
    for block in reader.blocks:
        if id(block) in reached or block.file is not reader.main or block.is_broken:
            continue
        names = sorted(name for name in block.defines if "." not in name and "[" not in name) or sorted(block.defines)
        if names:
            reports.warn(block.file, block.place, "nothing reaches this block: nothing asks for %s" % " or ".join("'%s'" % name for name in names[:3]))
        else:
            reports.warn(block.file, block.place, "nothing reaches this block: it is not mandatory and defines no variable")


# Names that nothing defines


def defined_anywhere(reader, exports):
    known = set(exports.names) | {name for name in SOUGHT if name not in ("user", "role")}
    for block in reader.blocks:
        known.update(block.defines)
        known.update(block.constants)
        if block.is_broken:
            known |= block.words
    return known


def unknown_uses(reader, exports):
    """(block, name, place) of every name that is read and that nothing defines."""
    known = defined_anywhere(reader, exports)
    for block in reader.blocks:
        for name, place in block.uses.items():
            if name not in known and not name.startswith("_"):
                yield block, name, place


def undefined(reader, reports, exports, reached):
    candidates = sorted(each for each in defined_anywhere(reader, exports) if each.isidentifier())
    for block, name, place in unknown_uses(reader, exports):
        if id(block) not in reached and block.file is not reader.main:
            continue
        guess = nearest(name, candidates, 0.84)
        # Whoever gets there stops there; what nobody reaches stops nobody.
        tell = reports.error if id(block) in reached else reports.warn
        tell(block.file, place, "nothing defines '%s'%s" % (name, "; did you mean '%s'?" % guess if guess else ""))
