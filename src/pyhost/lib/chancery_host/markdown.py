"""Markdown to HTML with the extensions that interviews expect (language specification 2.2)."""
import re

EXTENSIONS = ["smarty", "sane_lists", "tables", "attr_list", "md_in_html", "footnotes"]
PLAIN = re.compile(r"[A-Za-z0-9 ,;:?!()/%$@]*\Z")   # needs no converter: no mark-up, no quotes, no list or paragraph
INITIAL = re.compile(r"\s*\d+[.)]\s|\s{4}")
WHOLE = re.compile(r"<p>(.*)</p>\s*\Z", re.DOTALL)
INNER = re.compile(r"</p>\s*<p>")
ALIGN = re.compile(r"<(t[hd]) style=\"text-align: (left|right|center);\">")


def to_html(text, trim=False):
    """HTML of a Markdown text; trimmed, it is without the outer paragraph (labels, titles, question text)."""
    text = str(text)
    if trim and PLAIN.match(text) and not INITIAL.match(text):
        return text.strip()
    # Imported on first use: a worker that never shows HTML should not carry the converter.
    import markdown
    html = markdown.markdown(text, extensions=EXTENSIONS, output_format="html5")
    html = html.replace("<table>", '<div class="table-responsive"><table class="table table-striped">')
    html = html.replace("</table>", "</table></div>").replace("<blockquote>", '<blockquote class="blockquote">')
    html = ALIGN.sub(r'<\1 class="text-\2">', html)
    return trimmed(html) if trim else html


def trimmed(html):
    """Without the outer paragraph; inner paragraph breaks become a blank."""
    found = WHOLE.match(html.strip())
    if not found:
        return html.strip()
    return INNER.sub(" ", found.group(1)).strip()
