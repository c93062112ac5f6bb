#!/usr/bin/python3
"""The disk is full, or lies: what was acknowledged stays, what is not on the disk is not acknowledged.

usage: disk.py BUILD
full: writes are refused with 503, and it goes on once there is room. On a small tmpfs where we may mount one; else a limit of file size stands for it, where
  the server may end as well (the limit is no state that passes).
sync: fsync fails from some moment on (a preloaded library). Nothing is acknowledged any more, the server ends by itself with 1, and the next start has all.
"""
import ctypes
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import Server  # noqa: E402
from writers import PACKAGES, check, join_writers, sessions_of, start_writers  # noqa: E402

CLIENTS = 4
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int fails(void)
{
    const char *path = getenv("CHANCERY_TEST_SYNC_FAILS");
    int before = errno, yes = path && access(path, F_OK) == 0;
    errno = yes ? EIO : before;
    return yes;
}
int fsync(int fd) { return fails() ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { return fails() ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""


def until(seconds, true):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def after_all(server, writers, wrong):
    """The next start: all that was acknowledged, whole."""
    server.stop()
    server.start()
    wrong += check(server, sessions_of(writers))
    if server.stop() != 0:
        wrong.append("the server does not end well afterwards")
    server.remove()
    return wrong


def sync_fails(build, folder):
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)
    trigger = folder / "fails"
    server = Server(build, data=folder / "data", packages=[PACKAGES], env={"LD_PRELOAD": str(folder / "shim.so"), "CHANCERY_TEST_SYNC_FAILS": str(trigger)})
    writers = start_writers(server, CLIENTS, patient=True)
    wrong = [] if until(30, lambda: all(w.acknowledged > 3 for w in writers)) else ["nothing was written at first"]
    trigger.touch()
    if not until(60, lambda: server.process.poll() is not None):
        wrong.append("the server goes on after a failed sync")
        server.kill()
    wrong += join_writers(writers)
    if server.process.returncode != 1:
        wrong.append(f"the server ended with {server.process.returncode}, expected 1")
    if not any("store broken" in line for line in server.lines):
        wrong.append("the log does not say that the store is broken")
    trigger.unlink()
    return after_all(server, writers, wrong)


def on_full_mount(build, folder):
    server = Server(build, data=folder / "data", packages=[PACKAGES])
    ballast = folder / "ballast"
    writers = start_writers(server, CLIENTS, patient=True)
    wrong = [] if until(30, lambda: all(w.acknowledged > 3 for w in writers)) else ["nothing was written at first"]
    with open(ballast, "wb") as f:
        try:
            while True:
                f.write(bytes(65536))
                f.flush()
        except OSError:
            pass
    if not until(60, lambda: sum(w.refused for w in writers) > 20):
        wrong.append("a full disk refuses nothing")
    os.truncate(ballast, 0)
    before = sum(w.acknowledged for w in writers)
    if not until(60, lambda: sum(w.acknowledged for w in writers) > before + 20):
        wrong.append(f"there is room again, and nothing is acknowledged: {server.process.poll()} {server.lines[-3:]}")
    wrong += join_writers(writers)
    ballast.unlink()
    return after_all(server, writers, wrong)


def with_size_limit(build, folder):
    server = Server(build, data=folder / "data", packages=[PACKAGES])
    writers = start_writers(server, CLIENTS, patient=True)
    wrong = [] if until(30, lambda: all(w.acknowledged > 3 for w in writers)) else ["nothing was written at first"]
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (65536, hard))
    if not until(60, lambda: server.process.poll() is not None or sum(w.refused for w in writers) > 20):
        wrong.append("a file that cannot grow refuses nothing")
    wrong += join_writers(writers)
    return after_all(server, writers, wrong)


def mounted(folder, size):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.mount(b"none", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()) == 0


def main():
    build, failed = sys.argv[1], 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-disk-"))
    try:
        (folder / "sync").mkdir()
        (folder / "limit").mkdir()
        (folder / "mount").mkdir()
        tests = [("sync", sync_fails, folder / "sync"), ("file size", with_size_limit, folder / "limit")]
        if mounted(folder / "mount", "24m"):
            tests.append(("full", on_full_mount, folder / "mount"))
        else:
            print("not run: a full disk (no right to mount a tmpfs)")
        for name, test, place in tests:
            wrong = test(build, place)
            failed += bool(wrong)
            print("FAIL" if wrong else "ok", name, *wrong[:5], sep="\n  " if wrong else " ", flush=True)
    finally:
        ctypes.CDLL(None).umount2(str(folder / "mount").encode(), 2)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
