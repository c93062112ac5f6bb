"""Several files as one: ZIP archives."""
import io
import zipfile

from chancery_host.errors import DAError
from chancery_host.objects.files import DAFile, DAFileCollection, DAFileList, DAStaticFile, package_path


def _flat(files):
    """Single files of all that was given: files, lists and collections of them, references to static files."""
    for file in files:
        if isinstance(file, DAFileList):
            yield from file.elements
        elif isinstance(file, DAFileCollection):
            yield from file.as_list()
        elif isinstance(file, (list, tuple, set)) or hasattr(file, "elements"):
            yield from _flat(getattr(file, "elements", file))
        elif file is not None:
            yield file


def _contents(file):
    """(name, bytes) of one of them."""
    if isinstance(file, (DAFile, DAStaticFile)):
        return file.filename.rpartition("/")[2], file.slurp(auto_decode=False)
    path = package_path(file) if isinstance(file, str) else None
    if path is None:
        raise DAError("zip_file: %r is no file" % (file,))
    with open(path, "rb") as source:
        return path.rpartition("/")[2], source.read()


def _distinct(name, taken):
    """The name, with a number where another file has it."""
    stem, dot, end = name.rpartition(".")
    number, made = 1, name
    while made in taken:
        number += 1
        made = "%s_%d%s%s" % (stem or end, number, dot if stem else "", end if stem else "")
    taken.add(made)
    return made


def zip_file(*files, filename="file.zip", output_to=None):
    """A new DAFile, or `output_to`, that is a ZIP archive of the files."""
    out, taken = io.BytesIO(), set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _flat(files):
            name, data = _contents(file)
            # A fixed date: the same files give the same archive.
            archive.writestr(zipfile.ZipInfo(_distinct(name, taken)), data, zipfile.ZIP_DEFLATED)
    made = output_to if output_to is not None else DAFile()
    made.initialize(filename=filename, extension="zip", mimetype="application/zip", content=out.getvalue(), reinitialize=output_to is not None)
    return made
