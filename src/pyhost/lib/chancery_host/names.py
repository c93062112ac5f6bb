"""What a piece of Python defines and which texts are variable names (language specification 6.2, API 7.4)."""
import ast
import functools

MAX_NAME = 4096     # a name is an address, not a program: longer texts are refused unparsed
KEPT_NAME = 200     # longer ones are parsed every time


def is_variable_name(text):
    """True if the text is one line made only of names, attributes, subscripts and literal constants."""
    return variable(text) is not None


def variable(text):
    """The syntax tree of a variable name, not to be changed; None if the text is not one."""
    if not isinstance(text, str) or not text or len(text) > MAX_NAME or "\n" in text or "\r" in text or "\0" in text:
        return None
    return _made(_parse_name_kept if len(text) <= KEPT_NAME else _parse_name, text)


def expression(text):
    """The syntax tree of an expression, not to be changed; None if the text is not one."""
    return _made(_parse_kept if len(text) <= KEPT_NAME else _parse, text)


def _made(parse, text):
    try:
        return parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _parse(text):
    return ast.parse(text, mode="eval").body


def _parse_name(text):
    tree = _parse(text)
    # A comment would swallow whatever is written behind the name, so it must also survive parentheses.
    _parse("(" + text + ")")
    if not _is_pure(tree):
        raise ValueError("not a variable name")
    return tree


# The same few names are asked for in every call. Failures are not kept: without memory any text fails.
_parse_kept = functools.lru_cache(maxsize=1024)(_parse)
_parse_name_kept = functools.lru_cache(maxsize=1024)(_parse_name)


def _is_pure(node):
    if isinstance(node, (ast.Name, ast.Constant)):
        return True
    if isinstance(node, ast.Attribute):
        return _is_pure(node.value)
    if isinstance(node, ast.Subscript):
        index = node.slice
        if isinstance(index, ast.Slice):
            parts = [part for part in (index.lower, index.upper, index.step) if part is not None]
        else:
            parts = [index]
        return _is_pure(node.value) and all(_is_pure(part) for part in parts)
    return False


def target_name(node):
    """Canonical text of an assignment target, or None if it is not registered.

    Attributes and subscripts are taken as written; constants are shown with repr(), which makes
    d["x"] and d['x'] the same. Other subscripts (calls, slices, negative numbers) do not count.
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = target_name(node.value)
        return None if base is None else base + "." + node.attr
    if isinstance(node, ast.Subscript):
        base = target_name(node.value)
        if base is None:
            return None
        if isinstance(node.slice, ast.Name):
            return "%s[%s]" % (base, node.slice.id)
        if isinstance(node.slice, ast.Constant):
            return "%s[%r]" % (base, node.slice.value)
    return None


def normal_name(text):
    """The canonical spelling of a variable name, or None if the text is not one."""
    tree = expression(text) if isinstance(text, str) else None
    return None if tree is None else target_name(tree)


class _Finder(ast.NodeVisitor):
    """Collects defined names in the order in which they are written."""

    def __init__(self):
        self.names = {}

    def add(self, name):
        if name:
            self.names.setdefault(name)

    def add_target(self, node):
        if isinstance(node, (ast.Tuple, ast.List)):
            for element in node.elts:
                self.add_target(element)
        elif isinstance(node, ast.Starred):
            self.add_target(node.value)
        else:
            self.add(target_name(node))

    def visit_Assign(self, node):
        for target in node.targets:
            self.add_target(target)
        self.generic_visit(node)

    def _one_target(self, node):
        self.add_target(node.target)
        self.generic_visit(node)

    visit_AugAssign = visit_For = visit_AsyncFor = visit_NamedExpr = visit_comprehension = _one_target

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.add_target(node.target)
        self.generic_visit(node)

    def visit_withitem(self, node):
        if node.optional_vars is not None:
            self.add_target(node.optional_vars)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node):
        self.add(node.name)
        self.generic_visit(node)

    def _definition(self, node):
        self.add(node.name)
        self.generic_visit(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition

    def visit_Lambda(self, node):
        given = node.args
        for argument in given.posonlyargs + given.args + [given.vararg] + given.kwonlyargs + [given.kwarg]:
            if argument is not None:
                self.add(argument.arg)
        self.generic_visit(node)

    def _import(self, node):
        for alias in node.names:
            if alias.name != "*":
                self.add(alias.asname or alias.name.split(".")[0])

    visit_Import = visit_ImportFrom = _import

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id == "define" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                self.add(normal_name(first.value))
        self.generic_visit(node)


def defined_names(source, mode="exec"):
    """Ordered list of the variable names that the code defines. A source that does not parse raises SyntaxError."""
    finder = _Finder()
    finder.visit(ast.parse(source, mode=mode))
    return list(finder.names)


def uses(source, mode="exec"):
    """Ordered list of the plain names that the code reads."""
    names = {}
    for node in ast.walk(ast.parse(source, mode=mode)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.setdefault(node.id)
    return list(names)
