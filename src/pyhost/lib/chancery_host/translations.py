"""Translation files of an interview: spreadsheets and XLIFF, as rows (original language, language, original text, text)."""
import zipfile
from xml.etree import ElementTree

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MAX_PART = 64 * 1024 * 1024     # bytes of one part of a spreadsheet


def read(path):
    """The rows of a file; a kind that we do not know has none."""
    if path.endswith(".xlsx"):
        return _spreadsheet(path)
    if path.endswith((".xlf", ".xliff")):
        return _xliff(path)
    return []


def _part(archive, name):
    if name not in archive.namelist() or archive.getinfo(name).file_size > MAX_PART:
        return None
    with archive.open(name) as file:
        return ElementTree.parse(file).getroot()


def _text(node):
    return "".join(part.text or "" for part in node.iter(SHEET + "t"))


def _cell(cell, shared):
    if cell.get("t") == "inlineStr":
        return _text(cell)
    value = cell.find(SHEET + "v")
    if value is None or value.text is None:
        return ""
    return shared[int(value.text)] if cell.get("t") == "s" else value.text


def _spreadsheet(path):
    """The columns orig_lang, tr_lang, orig_text and tr_text of the first sheet."""
    with zipfile.ZipFile(path) as archive:
        strings, sheet = _part(archive, "xl/sharedStrings.xml"), _part(archive, "xl/worksheets/sheet1.xml")
    if sheet is None:
        return []
    shared = [] if strings is None else [_text(item) for item in strings.findall(SHEET + "si")]
    rows = [{"".join(filter(str.isalpha, cell.get("r", ""))): _cell(cell, shared) for cell in row.findall(SHEET + "c")}
            for row in sheet.iter(SHEET + "row")]
    if not rows:
        return []
    columns = {title: column for column, title in rows[0].items()}
    wanted = [columns.get(title) for title in ("orig_lang", "tr_lang", "orig_text", "tr_text")]
    if None in wanted:
        return []
    return [row for row in (tuple(line.get(column, "") for column in wanted) for line in rows[1:]) if all(row)]


def _xliff(path):
    """XLIFF 1.2: the units of every file element; 2.0: the segments."""
    rows = []
    root = ElementTree.parse(path).getroot()
    space = root.tag[:root.tag.index("}") + 1] if root.tag.startswith("{") else ""
    for file in root.iter(space + "file"):
        languages = (file.get("source-language") or root.get("srcLang"), file.get("target-language") or root.get("trgLang"))
        for unit in list(file.iter(space + "trans-unit")) + list(file.iter(space + "segment")):
            texts = [unit.find(space + "source"), unit.find(space + "target")]
            if None not in texts and all(languages):
                rows.append(languages + tuple("".join(text.itertext()) for text in texts))
    return [row for row in rows if all(row)]
