"""Tables as files: xlsx, csv, json."""
import csv
import datetime
import io
import json
import os

from chancery_host import kept
from chancery_host.errors import DAError
from chancery_host.objects.files import DAFile

MIMETYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv", "json": "application/json"}
SHEET_NAME_MAX = 31     # characters that the format allows
NOT_IN_SHEET_NAMES = "[]:*?/\\"


def plain(value):
    """What a spreadsheet or JSON can hold: numbers, booleans, dates, texts."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, datetime.datetime):
        return datetime.datetime(*value.timetuple()[:6])    # spreadsheets know no time zones
    if isinstance(value, (datetime.date, datetime.time)):
        return value
    return str(value)


def _as_csv(rows, title, freeze_panes):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8")


def _as_json(rows, title, freeze_panes):
    records = [dict(zip(rows[0], row)) for row in rows[1:]]
    return json.dumps(records, indent=2, default=lambda value: value.isoformat()).encode("utf-8")


def _as_xlsx(rows, title, freeze_panes):
    os.environ["OPENPYXL_LXML"] = "False"   # lxml would open paths past Python, where there are none
    from openpyxl import Workbook
    from openpyxl.styles import Font
    book = Workbook()
    sheet = book.active
    sheet.title = "".join(" " if letter in NOT_IN_SHEET_NAMES else letter for letter in str(title or "Sheet1"))[:SHEET_NAME_MAX]
    for row in rows:
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    if freeze_panes:
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WRITERS = {"xlsx": _as_xlsx, "csv": _as_csv, "json": _as_json}


def export(rows, filename, file_format, title, freeze_panes, output_to):
    """A new DAFile with the rows, or `output_to` filled with them."""
    if file_format is None:
        file_format = filename.rsplit(".", 1)[1].lower() if filename and "." in filename else "xlsx"
    if file_format not in WRITERS:
        raise DAError("export: the file format must be one of %s" % ", ".join(sorted(WRITERS)))
    # Asked for before the work, which asking for it may have done again.
    number = kept.next_number() if kept.available() else None
    contents = WRITERS[file_format]([[plain(cell) for cell in row] for row in rows], title, freeze_panes)
    file = output_to if output_to is not None else DAFile()
    file.initialize(filename=filename or "file." + file_format, extension=file_format, mimetype=MIMETYPES[file_format], number=number,
                    reinitialize=output_to is not None)
    file.write(contents)
    return file
