"""Python and Mako as the author wrote them: does it compile, which names does it read, which does it bind (language specification 2.1, 6.2)."""
import ast
import re
import symtable
import warnings

from chancery_host.mako_text import Mapped, TemplateError, _Foreign, place_of
from chancery_host.names import defined_names

MARKS = ("<%", "${", "% if", "% for", "% while", "##")
_MAKO_OWN = {"__w", "__s", "__M", "__L", "__template"}
_DEF_NAME = re.compile(r"<%def\s+name\s*=\s*[\"']\s*(\w+)")
_UNBOUNDED = {"exec", "eval", "globals", "locals", "vars", "define", "set_variables", "setattr"}
_ASKING = {"force_ask", "force_gather", "value", "showif", "showifdef", "url_ask", "url_action", "interview_url_action", "action_menu_item", "invalidate",
           "reconsider", "exec", "eval"}


class Bad(Exception):
    """Not Python, not Mako: text, and where in the source, line from 1 and offset from 0 (or None)."""

    def __init__(self, text, line=1, offset=0):
        super().__init__(text)
        self.text, self.line, self.offset = text, line, offset


class Found:
    """What one piece of code does with names. reads: {name: (line, offset)}; binds: list; constants: its texts; imports: [(module, how)]."""

    def __init__(self):
        self.reads, self.binds, self.constants, self.imports = {}, [], set(), []
        self.is_unbounded = False   # it may define any name
        self.is_computed = False    # it may ask for any name


def is_mako(text):
    return any(mark in text for mark in MARKS)


def _globals_read(table, names):
    """Names that are looked up in the answers, over all scopes."""
    outermost = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (outermost or symbol.is_global()):
            names.add(symbol.get_name())
    for child in table.get_children():
        _globals_read(child, names)


def _is_made(node):
    """A text that is put together, so that the names it may hold cannot be read."""
    return any(isinstance(part, (ast.JoinedStr, ast.BinOp, ast.Name, ast.Attribute, ast.Subscript, ast.Call)) for part in ast.walk(node))


def _is_fixed_call(node):
    """define('name', …): a call whose effect on names can be read."""
    return node.func.id == "define" and node.args and isinstance(node.args[0], ast.Constant)


def _look(source, tree, mode):
    found = Found()
    names = set()
    _globals_read(symtable.symtable(source, "<check>", mode), names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, (ast.Load, ast.Del)):
            place = (node.lineno, len(source.split("\n")[node.lineno - 1].encode()[:node.col_offset].decode(errors="replace")))
            if node.id not in found.reads or place < found.reads[node.id]:
                found.reads[node.id] = place
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.constants.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg:
            found.constants.add(node.arg)   # template.show(name=…) makes a name
        elif isinstance(node, ast.ImportFrom):
            star = any(alias.name == "*" for alias in node.names)
            found.imports.append(("." * node.level + (node.module or ""), "modules" if star else "reads"))
        elif isinstance(node, ast.Import):
            found.imports.extend((alias.name, "reads") for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.is_unbounded |= node.func.id in _UNBOUNDED and not _is_fixed_call(node)
            found.is_computed |= node.func.id in _ASKING and any(_is_made(argument) for argument in node.args)
    return found


def _parse(source, mode):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(source, "<check>", mode, ast.PyCF_ONLY_AST, dont_inherit=True)
            compile(source, "<check>", mode, 0, dont_inherit=True)  # what only the compiler sees: `return` outside of a function
            return tree
    except SyntaxError as err:
        raise Bad("Python: %s" % err.msg, err.lineno or 1, max((err.offset or 1) - 1, 0)) from err
    except (ValueError, RecursionError, MemoryError) as err:
        raise Bad("Python: %s" % err) from err


def suite(source):
    tree = _parse(source, "exec")
    found = _look(source, tree, "exec")
    found.binds = defined_names(source, "exec")
    return found


def expression(source):
    """As the engine does it: without the blanks around, several lines as one in parentheses."""
    text = source.strip()
    lead = source[:len(source) - len(source.lstrip())]
    skipped = lead.count("\n")
    shift = len(lead) - (lead.rfind("\n") + 1)
    lines = 0
    try:
        try:
            tree = _parse(text, "eval")
        except Bad:
            if "\n" not in text:
                raise
            text, lines = "(\n%s\n)" % text, 1
            tree = _parse(text, "eval")
    except Bad as bad:
        line = bad.line - lines
        raise Bad(bad.text, max(line, 1) + skipped, bad.offset + (shift if line <= 1 else 0)) from bad
    found = _look(text, tree, "eval")
    found.reads = {name: (max(line - lines, 1) + skipped, at + (shift if line - lines <= 1 else 0)) for name, (line, at) in found.reads.items()}
    found.binds = defined_names(text, "eval")
    return found


def _at(source, offset):
    return source.count("\n", 0, offset) + 1, offset - (source.rfind("\n", 0, offset) + 1)


def _mako_words(text):
    """The compiler's "Expected: |,}" in words."""
    if text.startswith("Expected: %"):
        return "Mako: this '<%' has no '%>'"
    if text.startswith("Unclosed: "):
        return "Mako: this '%s' has no end" % text[len("Unclosed: "):]
    return "Mako: this '${' has no '}'" if text.startswith("Expected: ") else "Mako: %s" % text


def template(source):
    compiler = Mapped(source)
    try:
        python = compiler.run()
    except _Foreign:
        return _foreign(source)
    except TemplateError as err:
        raise Bad(_mako_words(str(err)), *_at(source, place_of(err, source))) from err
    try:
        tree = _parse(python, "exec")
    except Bad as bad:
        raise Bad(bad.text.replace("Python:", "Mako:", 1), *_at(source, compiler.origin(bad.line))) from bad
    found = _look(python, tree, "exec")
    reads = {}
    for name, (line, _) in found.reads.items():
        if name not in _MAKO_OWN:
            begun = compiler.origin(line)
            seen = re.compile(r"(?<![\w.])%s(?!\w)" % re.escape(name)).search(source, begun)
            reads[name] = _at(source, seen.start() if seen else begun)
    found.reads, found.binds = reads, _DEF_NAME.findall(source)
    return found


def _foreign(source):
    """What only Mako's own compiler understands: names as far as its nodes tell them."""
    from mako.exceptions import MakoException
    from mako.lexer import Lexer
    from mako.template import Template
    found = Found()
    found.binds = _DEF_NAME.findall(source)
    found.is_unbounded = True
    try:
        Template(source, strict_undefined=True)
        nodes = list(Lexer(source).parse().nodes)
    except (MakoException, SyntaxError) as err:
        raise Bad("Mako: %s" % err, getattr(err, "lineno", 1) or 1) from err
    while nodes:
        node = nodes.pop()
        nodes.extend(getattr(node, "nodes", ()))
        if hasattr(node, "undeclared_identifiers"):
            for name in node.undeclared_identifiers():
                found.constants.add(name)
    return found
