"""Markdown to HTML with the extensions that interviews expect (language specification 2.2)."""
import re
from functools import lru_cache

SHORT = 300     # characters of a text whose HTML is kept
EXTENSIONS = ["smarty", "sane_lists", "tables", "attr_list", "md_in_html", "footnotes"]
PLAIN = re.compile(r"[A-Za-z0-9 ,;:?!()/%$@]*\Z")   # needs no converter: no mark-up, no quotes, no list or paragraph
INITIAL = re.compile(r"\s*\d+[.)]\s|\s{4}")
WHOLE = re.compile(r"<p>(.*)</p>\s*\Z", re.DOTALL)
INNER = re.compile(r"</p>\s*<p>")
ALIGN = re.compile(r"<(t[hd]) style=\"text-align: (left|right|center);\">")


@lru_cache(1)
def _converter():
    # Made when it is first needed: a worker that never shows HTML should not carry it.
    import markdown
    return markdown.Markdown(extensions=EXTENSIONS, output_format="html5")


def to_html(text, trim=False):
    """HTML of a Markdown text; trimmed, it is without the outer paragraph (labels, titles, question text)."""
    text = str(text)
    if trim and PLAIN.match(text) and not INITIAL.match(text):
        return text.strip()
    return _remembered(text, trim) if len(text) <= SHORT else _convert(text, trim)


def _convert(text, trim):
    html = _converter().reset().convert(text)
    html = html.replace("<table>", '<div class="table-responsive"><table class="table table-striped">')
    html = html.replace("</table>", "</table></div>").replace("<blockquote>", '<blockquote class="blockquote">')
    html = ALIGN.sub(r'<\1 class="text-\2">', html)
    return trimmed(html) if trim else html


# Labels come again with every screen.
_remembered = lru_cache(1024)(_convert)


def trimmed(html):
    """Without the outer paragraph; inner paragraph breaks become a blank."""
    found = WHOLE.match(html.strip())
    if not found:
        return html.strip()
    return INNER.sub(" ", found.group(1)).strip()
