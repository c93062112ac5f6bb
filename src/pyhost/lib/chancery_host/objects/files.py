"""Files as data: numbers, names and types. The server keeps the contents; while a call runs they are under paths in memory (virtual.py)."""
import mimetypes
from urllib.parse import quote

from chancery_host import kept, virtual
from chancery_host.errors import DAError, DANotAvailable
from chancery_host.objects.base import DAObject
from chancery_host.objects.lists import DAList
from chancery_host.service import ask
from chancery_host.state import current

IMAGES = {"png", "jpg", "jpeg", "gif", "svg", "webp", "tif", "tiff", "bmp"}
TEXTS = {"txt", "md", "csv", "json", "yml", "yaml", "html", "xml"}


def guess_type(filename):
    """(extension, MIME type) of a file name."""
    extension = filename.rsplit(".", 1)[1].lower() if "." in filename else ""
    return ("jpg" if extension == "jpeg" else extension), mimetypes.guess_type(filename)[0] or "application/octet-stream"


def package_path(reference):
    """Path of `PACKAGE:data/static/x.png` or of such a name in the running package; None if there is none."""
    package, _, name = reference.rpartition(":")
    if "//" in name or name.startswith("/") or ".." in name.split("/"):
        return None
    folder = "static"
    for known in ("static", "templates", "sources", "questions"):
        if name.startswith("data/%s/" % known):
            folder, name = known, name[len("data/%s/" % known):]
    return ask("file_path", package or current.block_package or current.package, folder, name)


class FileLike(DAObject):
    """What files of all origins can do with a path."""

    def slurp(self, auto_decode=True):
        """The contents; text files as text."""
        with open(self.path(), "rb") as file:
            data = file.read()
        if auto_decode and (str(getattr(self, "mimetype", "")).startswith("text/") or self._extension() in TEXTS):
            return data.decode("utf-8", "replace")
        return data

    def readlines(self):
        return self.slurp().splitlines(keepends=True)

    def size_in_bytes(self):
        import os
        return os.path.getsize(self.path())

    def _extension(self):
        return str(getattr(self, "extension", ""))

    def is_image(self):
        return self._extension() in IMAGES

    def num_pages(self):
        if self._extension() != "pdf":
            return 1
        raise DANotAvailable("counting the pages of a PDF is not available yet")

    def get_docx_variables(self):
        """Names that the Jinja tags of a DOCX template refer to, sorted."""
        from chancery_host.objects.docx import docx_variables
        return docx_variables(self.path())

    def get_pdf_fields(self):
        raise DANotAvailable("reading the fields of a PDF is not available yet")

    def as_markdown(self):
        raise DANotAvailable("as_markdown is not available yet")

    def url_for(self, **kwargs):
        raise NotImplementedError

    def _front(self, kwargs):
        return current.base_url.rstrip("/") if kwargs.get("_external") or kwargs.get("external") else ""


class DAFile(FileLike):
    """A stored file; without a number it is none yet."""

    def init(self, *args, **kwargs):
        self.ok = False
        self.has_specific_filename = False
        filename = kwargs.get("filename")
        super().init(*args, **kwargs)
        if filename:
            self.has_specific_filename = True
            extension, mimetype = guess_type(filename)
            self.__dict__.setdefault("extension", extension)
            self.__dict__.setdefault("mimetype", mimetype)
        if "number" in self.__dict__:
            self.ok = True
            self.initialized = True

    def __str__(self):
        return self.show()

    def show(self, width=None, wait=True, alt_text=None):
        """The contents of a text file, of everything else the mark-up that shows it."""
        if not self.ok:
            return ""
        if not self.is_image() and (self._extension() in TEXTS or str(getattr(self, "mimetype", "")).startswith("text/")):
            return self.slurp()
        parts = [str(self.number), str(width), str(alt_text)] if self.is_image() or width else [str(self.number)]
        return "[FILE %s]" % ", ".join(parts)

    def path(self):
        """A path under which `open` finds the contents during this call."""
        if not self.ok:
            raise DAError("the file %s has no contents yet" % self.instanceName)
        path = self._path()
        if path not in virtual.files:
            contents = kept.file_contents(self.number) if kept.available() else None
            if contents is None:
                raise DANotAvailable("the contents of %s are not available" % self.instanceName)
            virtual.files[path] = contents
        if "file_info" not in self.__dict__:
            self._learn(path)
        return path

    def _path(self):
        digits = "%012x" % int(self.number)
        return virtual.ROOT + "/".join(digits[at:at + 3] for at in range(0, 12, 3)) + "/" + self.filename.replace("/", "_")

    def _learn(self, path):
        end = "." + self._extension()
        self.file_info = {"path": path[:-len(end)] if path.endswith(end) else path, "fullpath": path, "filename": self.filename,
                          "extension": self.extension, "mimetype": self.mimetype, "persistent": False, "private": True}
        if self.is_image():
            size = ask("image_size", virtual.files[path])
            if size:
                self.file_info["width"], self.file_info["height"] = size
        self.persistent, self.private = False, True

    def url_for(self, **kwargs):
        """Address under which the file can be fetched."""
        if not self.ok:
            raise DAError("the file %s has no contents yet" % self.instanceName)
        return self._front(kwargs) + "/uploadedfile/%s/%s" % (self.number, quote(self.filename))

    def image_url(self):
        """Address of a picture that a screen shows; how large it is is looked up on the way."""
        if self.ok and "file_info" not in self.__dict__ and kept.available():
            self.path()
        return self.url_for()

    def set_alt_text(self, alt_text):
        self.alt_text = alt_text

    def get_alt_text(self):
        return getattr(self, "alt_text", None)

    def set_mimetype(self, mimetype):
        self.mimetype = mimetype
        self.extension = "jpg" if mimetype == "image/jpeg" else (mimetypes.guess_extension(mimetype) or ".")[1:]

    def set_attributes(self, **kwargs):
        """Who may see the file; kept with it, applied by the server."""
        for name in ("filename", "session", "private", "persistent"):
            if name in kwargs:
                setattr(self, name, kwargs[name])

    def user_access(self, *args, **kwargs):
        return {"user_ids": [], "emails": []}

    privilege_access = user_access

    def commit(self):
        """Has the server keep what was written to the path."""
        if self.ok and self._path() in virtual.files:
            self._keep(virtual.files[self._path()])

    def retrieve(self):
        """Makes the contents available under the path."""
        self.path()

    def initialize(self, *args, filename=None, extension=None, mimetype=None, content=None, number=None, reinitialize=False,
                   **kwargs):
        """Makes this a stored file: a new one, or the one with the number."""
        if self.ok and not reinitialize:
            return
        filename = filename or getattr(self, "filename", None) or "file." + (extension or "txt")
        guessed = guess_type(filename)
        if number is None and not kept.available():
            raise DANotAvailable("writing files from an interview is not available yet")
        self.filename, self.has_specific_filename = filename, True
        self.extension, self.mimetype = extension or guessed[0], mimetype or guessed[1]
        self.number = kept.next_number() if number is None else number
        self.ok = self.initialized = True
        if number is None:
            self._keep(content if isinstance(content, bytes) else str(content or "").encode("utf-8"))

    def _keep(self, contents):
        virtual.files[self._path()] = contents
        kept.keep_file(self.number, self.filename, self.mimetype, self._extension(), contents)

    def write(self, content, binary=False):
        """Replaces the contents."""
        if not self.ok:
            self.initialize()
        self._keep(content if isinstance(content, bytes) else str(content).encode("utf-8"))

    def copy_into(self, other_file):
        """Takes over the contents of another file, given as object or path."""
        if isinstance(other_file, str):
            with open(other_file, "rb") as file:
                data = file.read()
        else:
            data = other_file.slurp(auto_decode=False)
        self.write(data, binary=True)

    def _needs_tools(self, *args, **kwargs):
        raise DANotAvailable("converting and fetching files is not available yet")

    from_url = convert_to = extract_pages = make_ocr_pdf = make_ocr_pdf_in_background = _needs_tools
    fix_up = make_pngs = _needs_tools

    def bates_number(self, *args, **kwargs):
        if self._extension() != "pdf":
            raise DAError("%s is no PDF, so its pages cannot be numbered" % self.instanceName)
        self._needs_tools()


class DAFileList(DAList):
    """Uploaded files; most methods act on the first one."""

    def init(self, *args, **kwargs):
        kwargs.setdefault("object_type", DAFile)
        super().init(*args, **kwargs)
        if self.complete_attribute is None:
            self.complete_attribute = "initialized"

    def __str__(self):
        return " ".join(str(element) for element in self.elements)

    def show(self, *args, **kwargs):
        return " ".join(element.show(*args, **kwargs) for element in self.elements)

    def num_pages(self):
        return sum(element.num_pages() for element in self.elements)

    def size_in_bytes(self):
        return sum(element.size_in_bytes() for element in self.elements)

    def _first(self):
        if not self.elements:
            raise DAError("%s has no file" % self.instanceName)
        return self.elements[0]


def _of_first(name):
    def method(self, *args, **kwargs):
        return getattr(self._first(), name)(*args, **kwargs)
    method.__name__ = name
    return method


for _name in ("path", "url_for", "image_url", "slurp", "readlines", "set_alt_text", "get_alt_text", "set_mimetype", "set_attributes",
              "user_access", "privilege_access", "copy_into", "convert_to", "get_docx_variables", "get_pdf_fields",
              "extract_pages", "make_ocr_pdf", "make_ocr_pdf_in_background", "bates_number", "write", "from_url"):
    setattr(DAFileList, _name, _of_first(_name))


def uploaded(name, files):
    """The file list that a variable gets by an upload; `files` are mappings of filename, number, mimetype, extension."""
    made = DAFileList(name)
    for at, attributes in enumerate(files):
        made.elements.append(DAFile("%s[%d]" % (name, at), **attributes))
    made.there_are_any = made.gathered = made.revisit = True
    return made


class DAFileCollection(DAObject):
    """An assembled document: one DAFile per format, and `info`."""

    FORMATS = ("pdf", "docx", "rtf", "tex", "html", "md", "rtf_to_docx", "raw")

    def init(self, *args, **kwargs):
        self.info = {}
        super().init(*args, **kwargs)

    def _files(self):
        return [(name, self.__dict__[name]) for name in self.FORMATS
                if isinstance(self.__dict__.get(name), DAFile) and self.__dict__[name].ok]

    def _first(self):
        files = self._files()
        if not files:
            raise DAError("%s has no file" % self.instanceName)
        return files[0][1]

    def as_list(self):
        return [file for _, file in self._files()]

    def _extension_list(self):
        return [name for name, _ in self._files()]

    def show(self, *args, **kwargs):
        return " ".join(file.show(*args, **kwargs) for _, file in self._files())

    def __str__(self):
        return self.show()


for _name in ("path", "url_for", "num_pages", "get_docx_variables", "get_pdf_fields", "slurp", "size_in_bytes",
              "set_attributes", "user_access", "make_ocr_pdf", "bates_number"):
    setattr(DAFileCollection, _name, _of_first(_name))


class DAStaticFile(FileLike):
    """A file in a package's static folder (or templates, sources), named by `filename`."""

    def init(self, *args, **kwargs):
        self.__dict__["package"] = kwargs.pop("package", None) or current.block_package or current.package
        super().init(*args, **kwargs)

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name == "filename":
            package, _, plain = str(value).rpartition(":")
            if package:
                self.__dict__["package"], self.__dict__["filename"] = package, plain
            self.__dict__["extension"], self.__dict__["mimetype"] = guess_type(plain)

    def _place(self):
        name = self.filename
        return name if name.startswith("data/") else "data/static/" + name

    def show(self, width=None, alt_text=None):
        return "[FILE %s:%s, %s, %s]" % (self.package, self._place(), width, alt_text)

    def __str__(self):
        return self.show()

    def path(self):
        found = package_path(self.package + ":" + self._place())
        if found is None:
            raise DAError("there is no file %s:%s" % (self.package, self._place()))
        return found

    def url_for(self, **kwargs):
        from chancery_host.functions.urls import static_url
        return self._front(kwargs) + static_url("%s:%s" % (self.package, self._place()))

    def set_alt_text(self, alt_text):
        self.alt_text = alt_text

    def get_alt_text(self):
        return getattr(self, "alt_text", None)


del _name
