"""Small changes of texts: punctuation, paragraphs, mark-up, names of form fields."""
import base64
import json
import re

from chancery_host.state import current


def capitalize(text, **kwargs):
    text = str(text)
    return text[:1].upper() + text[1:]


SMALL_WORDS = {"a", "an", "and", "as", "at", "but", "by", "for", "in", "of", "on", "or", "the", "to", "via", "vs", "with", "nor"}


def title_case(text):
    """Title case: small words stay small except first and last; words with inner capitals are left alone."""
    words = re.split(r"(\s+)", str(text))
    places = [at for at, word in enumerate(words) if word.strip()]
    for at in places:
        word = words[at]
        if any(letter.isupper() for letter in word[1:]):
            continue
        small = word.lower() in SMALL_WORDS and at not in (places[0], places[-1])
        words[at] = word.lower() if small else word[:1].upper() + word[1:]
    return "".join(words)


def fix_punctuation(text, mark=None, other_marks=None):
    """The text with a full stop (or the mark) unless it ends in punctuation."""
    text = str(text).rstrip()
    mark = "." if mark is None else mark
    others = [".", "?", "!"] if other_marks is None else ([other_marks] if isinstance(other_marks, str) else list(other_marks))
    if not text or any(text.endswith(end) for end in others + [mark] if end):
        return text
    return text + mark


def single_paragraph(text):
    return re.sub(r"[\n\r]+", " ", str(text))


def single_to_double_newlines(text):
    return re.sub(r"[\n\r]+", "\n\n", str(text))


def quote_paragraphs(text):
    """A block quote: `> ` in front of each paragraph."""
    return "\n\n".join("> " + part for part in re.split(r"\n\s*\n", str(text).strip()))


def indent(text, by=None):
    blanks = " " * (4 if by is None else int(by))
    return "\n".join(blanks + line for line in str(text).split("\n"))


def space_to_underscore(a):
    """Usable as a file name: one underscore for each run of blanks, nothing that a path could contain."""
    return re.sub(r"[^A-Za-z0-9_.\-]", "", re.sub(r"\s+", "_", str(a).strip())).lstrip(".") or "file"


def verbatim(text):
    """Characters that Markdown and the mark-up would act on are escaped."""
    if current.inside_of in ("docx", "pdf"):
        return str(text)
    text = re.sub(r"([\\`*_{}\[\]()#+\-.!|>~$])", r"\\\1", str(text).strip())
    return text.replace("<", "&lt;")


def _marked(text, default, mark):
    if text is None or str(text) == "":
        return "" if default is None else default
    return mark + str(text) + mark


def bold(text, default=None):
    return _marked(text, default, "**")


def italic(text, default=None):
    return _marked(text, default, "_")


def plain(text, default=None):
    return _marked(text, default, "")


class RawValue:
    """A value that is to reach a DOCX template as it is."""

    def __init__(self, value):
        self.value = value

    def __str__(self):
        return str(self.value)


def raw(val):
    return RawValue(val) if current.inside_of == "docx" else val


def redact(text):
    """Marks of the length of the text, unless the document is wanted unredacted."""
    if not getattr(current, "redact", True):
        return str(text)
    if current.inside_of in ("pdf", "docx"):
        return "\u2588" * len(str(text))
    return " ".join("[REDACTION_WORD %s]" % word.replace("]", "") for word in str(text).split()) or ""


def split(text, breaks, index):
    """Part of a text that is broken at blanks before the positions; for forms with several lines."""
    breaks = [breaks] if not isinstance(breaks, (list, tuple)) else list(breaks)
    parts, rest = [], re.sub(r"\s+", " ", str(text)).strip()
    last = 0
    for position in breaks:
        width = int(position) - last
        last = int(position)
        if len(rest) <= width:
            parts.append(rest)
            rest = ""
            continue
        at = rest.rfind(" ", 0, width + 1)
        at = width if at <= 0 else at
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    parts.append(rest)
    if index == "all":
        return parts
    return parts[index] if -len(parts) <= index < len(parts) else ""


def encode_name(var):
    return base64.b64encode(str(var).encode()).decode().rstrip("=")


def decode_name(var):
    return base64.b64decode((str(var) + "=" * (-len(str(var)) % 4)).encode()).decode()


def from_b64_json(string):
    if string is None:
        return None
    return json.loads(decode_name(string))


def qr_code(string, width=None, alt_text=None):
    """Mark-up of a QR code image."""
    parts = [str(string)]
    if width is not None or alt_text is not None:
        parts.append("None" if width is None else str(width))
    if alt_text is not None:
        parts.append(str(alt_text))
    return "[QR " + ", ".join(parts) + "]"


def static_image(filereference, width=None):
    """Mark-up of an image in a static folder."""
    reference = filereference if ":" in filereference else "%s:%s" % (current.block_package or current.package, filereference)
    package, _, name = reference.partition(":")
    if not name.startswith("data/"):
        name = "data/static/" + name
    text = package + ":" + name
    return "[FILE %s]" % text if width is None else "[FILE %s, %s]" % (text, width)


def map_of(*args, **kwargs):
    from chancery_host.errors import DANotAvailable
    raise DANotAvailable("map_of needs a map service, which this server does not have")
