"""Texts with Mako in them, compiled to one Python function each.

Names are looked up when they are reached, in the order of evaluation: an untaken branch asks for nothing. Mako's own compiler fetches
every name of a template first, in no particular order, so the common part of its language is compiled here; templates with blocks,
calls or inheritance go to Mako itself.
"""
import re

CONTROL = re.compile(r"[\t ]*(%(?!%)|##(?!#))[\t ]*((?:\\\r?\n|[^\r\n])*)(?:\r?\n|\Z)")
PERCENT = re.compile(r"([\t ]*)%(%+)")
SPECIAL = re.compile(r"\$\{|<%|</%|\\\r?\n|\n")
STRING = re.compile(r"(\"\"\"|'''|\"|')[^\\]*?(\\.[^\\]*?)*\1", re.S)
COMMENT = re.compile(r"#.*\n")
WORD = re.compile(r"(end)?(\w+)\s*:?")
DEF = re.compile(r"<%def\s+name\s*=\s*(\"|')(.*?)\1\s*(?:filter\s*=\s*(\"|')(.*?)\3\s*)?>", re.S)
SIMPLE_TAG = re.compile(r"<%(text|doc)\s*>(.*?)</%\1>", re.S)
LOOP = re.compile(r"\bloop\b")
FOR = re.compile(r"for\s+(.+?)\s+in\s+(.+):\s*$", re.S)
NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
STOPS = re.compile(r"\bSTOP_RENDERING\b")
CONTEXT = re.compile(r"(?<![\w.'\"])(?:context\.(?:get|write|keys|kwargs|lookup)|capture)\(")
TERNARY = {"else", "elif", "except", "finally"}
BLOCKS = {"if", "for", "while", "try", "with"}
FILTERS = {"x": "__M.xml_escape", "h": "__M.html_escape", "u": "__M.url_escape", "trim": "__M.trim",
           "entity": "__M.html_entities_escape", "unicode": "str", "str": "__s"}


class TemplateError(Exception):
    """The text is not a template; the message says why."""


class _Foreign(Exception):
    """Only Mako itself understands this one."""


class _Compiler:
    def __init__(self, source):
        self.source = source
        self.at = 0
        # The text itself is the function's documentation, for `line_of`; the third line waits for `_take_over`.
        self.lines = ["def __template(__w, __s, __M):", "    %r" % source, ""]
        self.bound = {}         # names that control lines bind
        self.binds_more = False # code pieces, and control lines that bind in other ways
        self.depth = 1
        self.open = []          # keywords of open control lines and tags
        self.text = []
        self.loops = bool(LOOP.search(source))

    def line(self, text):
        self.lines.append("    " * self.depth + text)

    def flush(self):
        if self.text:
            whole = "".join(self.text)
            self.text.clear()
            if whole:
                self.line("__w(%r)" % whole)

    def run(self):
        if self.loops:
            self.line("from mako.runtime import LoopStack as __L; __L = __L()")
        at_start = True
        while self.at < len(self.source):
            if at_start and self.control_line():
                continue
            at_start = self.piece()
        self.flush()
        if self.open:
            raise TemplateError("Unclosed: %s" % self.open[-1])
        self.line("return ''")
        return self._take_over(self.bound)

    def _take_over(self, names):
        """The whole, in which these names, local since the text binds them, begin with what the answers have under them: as Mako has it."""
        taken = ["(%s := __g[%r]) if %r in __g else 0" % (name, name, name) for name in names if name != "loop" and not name.startswith("__")]
        self.lines[2] = "    " + "; ".join((["STOP_RENDERING = ''"] if STOPS.search(self.source) else []) + (["__g = globals()"] if taken else []) + taken or ["pass"])
        return "\n".join(self.lines) + "\n"

    def control_line(self):
        """A control line, a comment line or a doubled percent sign at the start of a line."""
        doubled = PERCENT.match(self.source, self.at)
        if doubled:
            self.text.append(doubled.group(1) + doubled.group(2))
            self.at = doubled.end()
            return False
        found = CONTROL.match(self.source, self.at)
        if not found:
            return False
        self.at = found.end()
        if found.group(1) == "%":
            self.flush()
            self.control(found.group(2).strip().replace("\\\n", " "))
        return True

    def control(self, text):
        word = WORD.match(text)
        if not word:
            raise TemplateError("Invalid control line: '%s'" % text)
        if word.group(1):
            self.end(word.group(2))
        elif word.group(2) in TERNARY:
            if not self.open:
                raise TemplateError("No starting keyword for '%s'" % word.group(2))
            self.depth -= 1
            self.line(text)
            self.depth += 1
            self.line("pass")
        elif word.group(2) in BLOCKS:
            self.begin(word.group(2), text)
        else:
            raise TemplateError("Unsupported control keyword: '%s'" % word.group(2))

    def begin(self, word, text):
        self.open.append(word)
        looped = FOR.match(text) if word == "for" else None
        if looped:
            self.bound.update(dict.fromkeys(NAME.findall(looped.group(1))))
        self.binds_more |= word == "with"
        looped = looped if self.loops else None
        if looped:
            self.line("loop = __L._enter(%s)" % looped.group(2))
            self.line("try:")
            self.depth += 1
            text = "for %s in loop:" % looped.group(1)
        self.line(text)
        self.depth += 1
        self.line("pass")

    def end(self, word):
        if not self.open or self.open[-1] != word:
            raise TemplateError("Keyword '%s' doesn't match keyword '%s'" % ("end" + word, self.open[-1] if self.open else ""))
        self.open.pop()
        self.depth -= 1
        if word == "for" and self.loops:
            self.depth -= 1
            self.line("finally:")
            self.line("    loop = __L._exit()")

    def piece(self):
        """Text up to the next thing, then the thing; True if a line begins behind it."""
        found = SPECIAL.search(self.source, self.at)
        if not found:
            self.text.append(self.source[self.at:])
            self.at = len(self.source)
            return False
        self.text.append(self.source[self.at:found.start()])
        self.at = found.end()
        what = found.group()
        if what == "\n":
            self.text.append(what)
            return True
        if what == "${":
            self.expression()
            return False
        if what.startswith("\\"):
            return True
        self.tag(found.start())
        return False

    def until(self, ends, nested=True):
        """The Python text up to one of the ends, outside of strings, comments and brackets; the end that was found."""
        start, level = self.at, 0
        while self.at < len(self.source):
            skipped = COMMENT.match(self.source, self.at) or STRING.match(self.source, self.at)
            if skipped:
                self.at = skipped.end()
                continue
            if not nested or level == 0:
                for end in ends:
                    if self.source.startswith(end, self.at):
                        self.at += len(end)
                        return self.source[start:self.at - len(end)], end
            character = self.source[self.at]
            level += (character in "([{") - (character in ")]}")
            self.at += 1
        raise TemplateError("Expected: %s" % ",".join(ends))

    def expression(self):
        text, end = self.until(("|", "}"))
        filters = self.until(("}",))[0] if end == "|" else ""
        self.flush()
        text = text.strip()
        value = "(%s)" % (text + "\n" if "#" in text else text) if text else "''"
        names = [name.strip() for name in filters.split(",")] if filters.strip() else []
        for name in ([] if "n" in names else ["str"]) + names:
            if name != "n":
                value = "%s(%s)" % (FILTERS.get(name, name), value)
        self.line("__w(%s)" % value)

    def tag(self, start):
        if self.source.startswith("</%def>", start):
            self.at = start + len("</%def>")
            self.flush()
            if not self.open or self.open[-1] != "<%def>":
                raise TemplateError("Closing tag without opening tag: </%def>")
            self.open.pop()
            self.line("return ''")
            self.depth -= 1
            return
        simple = SIMPLE_TAG.match(self.source, start)
        if simple:
            self.at = simple.end()
            if simple.group(1) == "text":
                self.text.append(simple.group(2))
            return
        begun = DEF.match(self.source, start)
        if begun and not begun.group(4):
            self.at = begun.end()
            self.flush()
            self.line("def %s:" % begun.group(2))
            self.depth += 1
            self.line("pass")
            self.open.append("<%def>")
            return
        if re.match(r"</?%\w", self.source[start:start + 4]):
            raise _Foreign()
        self.code()

    def code(self):
        if self.source.startswith("!", self.at):
            self.at += 1
        text, _ = self.until(("%>",), nested=False)
        self.flush()
        self.binds_more = True
        for line in _shifted(text):
            self.lines.append("    " * self.depth + line if line.strip() else "")


class Mapped(_Compiler):
    """The compiler, which also remembers from where in the source each of its lines came."""

    def __init__(self, source):
        super().__init__(source)
        self.lines[1] = "    ''"    # its words are no constants of the code
        self.origins = [0] * len(self.lines)
        self.began = 0
        self.begun = []     # where what is open now began

    def _take_over(self, names):
        return super()._take_over(())       # no part of what the author wrote

    def _note(self):
        self.origins.extend([self.began] * (len(self.lines) - len(self.origins)))

    def control_line(self):
        self.began = self.at
        done = super().control_line()
        self._note()
        return done

    def flush(self):
        super().flush()
        self._note()

    def expression(self):
        self.began = self.at - 2
        super().expression()
        self._note()

    def tag(self, start):
        self.began = start
        super().tag(start)
        self._note()

    def code(self):
        self.flush()
        before = len(self.lines)
        super().code()
        at = self.began
        for _ in range(len(self.lines) - before):
            self.origins.append(at)
            at = self.source.find("\n", at) + 1

    def begin(self, word, text):
        self.begun.append(self.began)
        super().begin(word, text)

    def end(self, word):
        super().end(word)
        self.begun.pop()

    def place(self, line):
        """Offset in the source of the piece that became line `line` of the Python text, and how many lines into it that is."""
        seen = 0
        for text, origin in zip(self.lines, self.origins + [len(self.source)] * len(self.lines)):
            first, seen = seen, seen + text.count("\n") + 1
            if line <= seen:
                return origin, line - first - 1
        return len(self.source), 0

    def origin(self, line):
        return self.place(line)[0]


def line_of(source, line):
    """The line of the text, from 1, that became line `line` of its function."""
    compiler = Mapped(source)
    compiler.run()
    origin, further = compiler.place(line)
    return source.count("\n", 0, origin) + 1 + further


def _shifted(text):
    """The lines of a code piece without the indentation of its first line."""
    lines = text.expandtabs(8).split("\n")
    first = next((line for line in lines[1:] if line.strip()), "")
    margin = len(first) - len(first.lstrip())
    return [lines[0].strip()] + [line[margin:] if not line[:margin].strip() else line.lstrip() for line in lines[1:]]


def compiled(source, name):
    """The code of a function that writes the text, or a Mako template; TemplateError or SyntaxError if it is neither."""
    if CONTEXT.search(source):
        return _by_mako(source, name)
    compiler = _Compiler(source)
    try:
        code = _function(compiler.run(), name)
    except _Foreign:
        return _by_mako(source, name)
    except (TemplateError, SyntaxError) as err:
        raise _placed(err, source) from err
    if compiler.binds_more and (names := code.co_varnames[code.co_argcount:] + code.co_cellvars):
        code = _function(compiler._take_over(dict.fromkeys(names)), name)
    return code


def _placed(err, source):
    """The error with its line of the text, not of the function."""
    if isinstance(err, SyntaxError):
        number = line_of(source, err.lineno or 1)
    else:
        number = source.count("\n", 0, place_of(err, source)) + 1
    line = source.split("\n")[number - 1].strip()
    if isinstance(err, TemplateError):
        return TemplateError("%s, line %d: `%s`" % (err, number, line))
    return SyntaxError(err.msg, (err.filename, number, None, line))


def place_of(err, source):
    """Offset of the piece of a text that made it no template. An unclosed block is only noticed at the end."""
    compiler = Mapped(source)
    try:
        compiler.run()
    except TemplateError:
        pass
    return compiler.begun[-1] if str(err).startswith("Unclosed") and compiler.begun else compiler.began


def _function(python, name):
    module = compile(python, name, "exec")
    return next(part for part in module.co_consts if hasattr(part, "co_code"))


def _by_mako(source, name):
    from mako.exceptions import MakoException
    from mako.template import Template
    try:
        return Template(source, strict_undefined=True, uri=name)
    except MakoException as err:
        raise TemplateError(str(err)) from err


class Filters:
    """What `h`, `u` and the like stand for; Mako's own, fetched when first used."""

    def __getattr__(self, name):
        from mako import filters
        return getattr(filters, name)


FILTER_SOURCE = Filters()
