"""Reads which variables a DOCX template refers to."""
import re
import zipfile

XML = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml\Z")
PARAGRAPH = re.compile(r"<w:p[ >].*?</w:p>", re.DOTALL)
TEXT = re.compile(r"<w:t(?: [^>]*)?>(.*?)</w:t>", re.DOTALL)
KIND = re.compile(r"\{%(p|tr|tc|r)\s|\{\{(p|r)\s")
QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def docx_variables(path):
    """Sorted names that the template reads, and neither it nor the library defines."""
    import jinja2
    import jinja2.meta
    source = "\n".join(_texts(path))
    for curly, straight in QUOTES.items():
        source = source.replace(curly, straight)
    source = KIND.sub(lambda found: "{% " if found.group(1) else "{{ ", source)
    environment = jinja2.Environment()
    tree = environment.parse(source)
    import docassemble.base.util as library
    return sorted(name for name in jinja2.meta.find_undeclared_variables(tree) if name not in library.__all__)


def _texts(path):
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if XML.match(name):
                xml = archive.read(name).decode("utf-8", "replace")
                for paragraph in PARAGRAPH.findall(xml):
                    text = "".join(TEXT.findall(paragraph))
                    for entity, plain in ENTITIES:
                        text = text.replace(entity, plain)
                    yield text
