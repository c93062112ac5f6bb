"""Files of a session under paths: in memory, since a worker can neither read the server's files nor write any.

A path begins with ROOT and ends like the file's name. `open`, `os.stat`, `os.remove` and what is built on them (`os.path.exists`, `zipfile`,
`csv` …) know these paths; every other path goes to the operating system, which has its own opinion. What is written is lost at the end of the
call unless a DAFile keeps it (`commit`).
"""
import builtins
import errno
import io
import itertools
import os
import stat
import tempfile
import time

ROOT = "/session/files/"
LARGEST = 64 * 1024 * 1024

files = {}  # path → bytes, of the running call


def is_virtual(path):
    return isinstance(path, str) and path.startswith(ROOT)


class _Writer(io.BytesIO):
    """Contents reach the table when they are flushed or the file is closed."""

    def __init__(self, path, contents, at_end):
        super().__init__(contents)
        self.path = path
        self.name = path
        self.seek(0, io.SEEK_END if at_end else io.SEEK_SET)
        self.flush()

    def write(self, data):
        if self.tell() + len(data) > LARGEST:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), self.path)
        return super().write(data)

    def flush(self):
        super().flush()
        files[self.path] = self.getvalue()

    def close(self):
        if not self.closed:
            self.flush()
        super().close()


def _raw(path, mode):
    kind = mode.replace("b", "").replace("t", "").replace("+", "")
    if kind not in ("r", "w", "a", "x"):
        raise ValueError("invalid mode: %r" % mode)
    if kind == "r" and path not in files:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    if kind == "x" and path in files:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    if kind == "r" and "+" not in mode:
        made = io.BytesIO(files[path])
        made.name = path
        return made
    return _Writer(path, files.get(path, b"") if kind in "ra" else b"", kind == "a")


def _open(path, mode, encoding, errors, newline):
    raw = _raw(path, mode)
    return raw if "b" in mode else io.TextIOWrapper(raw, encoding or "utf-8", errors, newline)


def _stat(path):
    if path not in files:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    now = int(time.time())
    return os.stat_result((stat.S_IFREG | 0o600, 0, 0, 1, 0, 0, len(files[path]), now, now, now))


class _Temporary:
    """What tempfile.NamedTemporaryFile gives: a file that goes when it is closed, unless `delete` is False."""

    def __init__(self, file, name, delete):
        self.file, self.name, self.delete = file, name, delete

    def __getattr__(self, attribute):
        return getattr(self.file, attribute)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __iter__(self):
        return iter(self.file)

    def close(self):
        self.file.close()
        if self.delete:
            files.pop(self.name, None)


_count = itertools.count(1)


def _new_name(suffix, prefix):
    return "%stmp/%s%d%s" % (ROOT, prefix or "tmp", next(_count), suffix or "")


def _named(mode="w+b", buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, delete=True, *, errors=None):
    name = _new_name(suffix, prefix)
    return _Temporary(_open(name, mode, encoding, errors, newline), name, delete)


def _unnamed(mode="w+b", buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, *, errors=None):
    return _named(mode, buffering, encoding, newline, suffix, prefix, errors=errors)


def _folder(suffix=None, prefix=None, dir=None):
    return _new_name(suffix, prefix)    # folders need not exist


def _drop_folder(path, *args, **kwargs):
    for name in [name for name in files if name.startswith(path + "/")]:
        del files[name]


def _install_temporary():
    tempfile.NamedTemporaryFile, tempfile.TemporaryFile, tempfile.mkdtemp = _named, _unnamed, _folder
    tempfile.TemporaryDirectory._rmtree = classmethod(lambda cls, name, *args, **kwargs: _drop_folder(name))
    tempfile.tempdir = ROOT + "tmp"


def install():
    """Teaches `open` and `os` the paths; once per process."""
    real_open, real_stat, real_remove = builtins.open, os.stat, os.remove

    def open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):  # noqa: A001
        path = os.fspath(file) if isinstance(file, os.PathLike) else file
        if is_virtual(path):
            return _open(path, mode, encoding, errors, newline)
        return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)

    def stat(path, *args, **kwargs):
        plain = os.fspath(path) if isinstance(path, os.PathLike) else path
        return _stat(plain) if is_virtual(plain) else real_stat(path, *args, **kwargs)

    def remove(path, *args, **kwargs):
        if is_virtual(path):
            _stat(path)
            del files[path]
            return
        real_remove(path, *args, **kwargs)

    _install_temporary()
    builtins.open = io.open = open
    os.stat, os.remove, os.unlink = stat, remove, remove
