"""The release build under what chancery.service takes away: the server serves, and its workers still close themselves in.

test_unit.py BUILD/chancery UNIT [unittest options]. Without a service manager: capabilities, no_new_privs, the read-only file system and the system call
filter (with MemoryDenyWriteExecute, RestrictNamespaces, RestrictAddressFamilies, LockPersonality, which are system call filters too) are set up here as
systemd.exec(5) describes them, from the lines of the unit. Exit 77 where this machine cannot."""
import ctypes
import ctypes.util
import errno
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

BINARY = UNIT = None
KEY = "0123456789abcdefghij"
ALLOW, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 0x7FFF0000, 24, 38
CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 1, 32, 4096, 16384, 1 << 18
EQ, MASKED_EQ, NE = 4, 7, 1


def refuse(number):
    return 0x00050000 | number


class Arg(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


libc = ctypes.CDLL(None, use_errno=True)


class Filter:
    def __init__(self, action):
        self.lib = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.lib.seccomp_init.argtypes = [ctypes.c_uint32]
        self.lib.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
        self.lib.seccomp_load.argtypes = [ctypes.c_void_p]
        self.filter = self.lib.seccomp_init(action)

    def add(self, action, name, *args):
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # not of this machine
            return
        array = (Arg * max(len(args), 1))(*[Arg(*a) for a in args])
        assert self.lib.seccomp_rule_add_array(self.filter, action, number, len(args), array) == 0, name

    def load(self):
        assert self.lib.seccomp_load(self.filter) == 0


def settings(unit):
    out = {}
    for line in pathlib.Path(unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and re.fullmatch(r"[A-Z]\w*", name):
            out.setdefault(name, []).append(value)
    return out


def names_of(word, sets):
    return {n for w in sets[word] for n in names_of(w, sets)} if word.startswith("@") else {word}


def allowed_calls(lines):
    """The lines of SystemCallFilter= in their order, the sets as systemd-analyze lists them."""
    sets, now = {}, None
    for line in subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.startswith("@"):
            now = sets.setdefault(line.strip(), [])
        elif line.startswith("    ") and not line.strip().startswith("#") and now is not None:
            now.append(line.strip())
    allowed = names_of("@default", sets)
    for line in lines:
        for word in line.lstrip("~").split():
            allowed = allowed - names_of(word, sets) if line.startswith("~") else allowed | names_of(word, sets)
    return allowed | {"execve", "exit", "exit_group", "restart_syscall"}


def filters(unit):
    """Each of the unit's settings that is a system call filter, as one."""
    calls = Filter(refuse(errno.EPERM))
    for name in allowed_calls(unit["SystemCallFilter"]):
        calls.add(ALLOW, name)
    more = Filter(ALLOW)
    assert unit["MemoryDenyWriteExecute"] == unit["RestrictNamespaces"] == unit["LockPersonality"] == ["yes"]
    more.add(refuse(errno.EPERM), "mmap", (2, MASKED_EQ, 6, 6))
    for name in ("mprotect", "pkey_mprotect"):
        more.add(refuse(errno.EPERM), name, (2, MASKED_EQ, 4, 4))
    more.add(refuse(errno.EPERM), "setns")
    for space in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        more.add(refuse(errno.EPERM), "unshare", (0, MASKED_EQ, space, space))
        more.add(refuse(errno.EPERM), "clone", (0, MASKED_EQ, space, space))
    more.add(refuse(errno.ENOSYS), "clone3")
    more.add(refuse(errno.EPERM), "personality", (0, NE, 0, 0))
    families = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
    kept = {families[w] for w in unit["RestrictAddressFamilies"][0].split()}
    for family in range(1, 46):
        if family not in kept:
            more.add(refuse(errno.EAFNOSUPPORT), "socket", (0, EQ, family, 0))
    return [calls, more]


def read_only(writable):
    """ProtectSystem=strict, in a mount namespace of this process alone."""
    def mount(source, target, flags):
        if libc.mount(source, target, None, ctypes.c_ulong(flags), None):
            raise OSError(ctypes.get_errno(), "mount", target)
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    mount(b"none", b"/", MS_REC | MS_PRIVATE)
    mount(writable.encode(), writable.encode(), MS_BIND)
    mount(b"none", b"/", MS_REMOUNT | MS_BIND | MS_RDONLY)


def give_up(all_filters, writable):
    """Between fork and exec."""
    read_only(writable)
    for cap in range(64):
        if libc.prctl(PR_CAPBSET_DROP, cap, 0, 0, 0):
            break
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.syscall({"x86_64": 126}.get(os.uname().machine, 91), header, none) == 0
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    for one in all_filters:
        one.load()


class Unit(unittest.TestCase):
    def start(self, data):
        loaded = filters(settings(UNIT))
        log = open(data / "log", "w")
        self.addCleanup(log.close)
        server = subprocess.Popen([BINARY, "serve", "--data", str(data / "data"), "--listen", "127.0.0.1:0", "--set", "log.format=json", "--set", "argon2.memory_kib=8192",
                                   "--set", "admin.email=admin@example.com", "--set", "admin.password=correct horse", "--set", "admin.api_key=" + KEY], cwd=data,
                                  stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=lambda: give_up(loaded, str(data)))
        self.addCleanup(server.stdout.close)
        for line in server.stdout:
            if line.startswith("chancery ready "):
                self.address = line.split("//")[1].split()[0]
                return server
        self.fail((data / "log").read_text())

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection(self.address, timeout=60)
        c.request(method, path, body and json.dumps(body), {"X-API-Key": KEY, "Content-Type": "application/json"})
        reply = c.getresponse()
        raw = reply.read()
        c.close()
        return reply.status, json.loads(raw) if raw.startswith(b"{") else raw

    def test_it_serves_and_its_workers_are_closed_in(self):
        data = pathlib.Path(tempfile.mkdtemp(prefix="chancery-unit-"))
        self.addCleanup(shutil.rmtree, data)
        server = self.start(data)
        status = pathlib.Path("/proc/%d/status" % server.pid).read_text()
        self.assertRegex(status, r"(?m)^CapBnd:\s+0+$")
        self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$")
        self.assertRegex(status, r"(?m)^Seccomp:\s+2$")
        i = "docassemble.chancery:data/questions/greeting.yml"
        code, new = self.ask("GET", "/api/session/new?i=" + i)
        self.assertEqual(code, 200, new)
        who = {"i": i, "session": new["session"], "secret": new["secret"]}
        code, screen = self.ask("POST", "/api/session", dict(who, variables={"visitor_name": "Ada"}))
        self.assertEqual(code, 200, screen)
        code, screen = self.ask("POST", "/api/session", dict(who, variables={"visitor_age": 36}))
        self.assertEqual(code, 200, screen)
        self.assertIn("Ada", json.dumps(screen))
        server.send_signal(signal.SIGHUP)
        self.assertEqual(self.ask("GET", "/readyz")[0], 200)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(60), 0)
        log = [json.loads(line) for line in (data / "log").read_text().splitlines()]
        self.assertEqual([line for line in log if line["level"] == "error"], [])
        self.assertEqual([line for line in log if "seccomp is not available" in json.dumps(line)], [])


def cannot():
    if os.geteuid() != 0 or not shutil.which("systemd-analyze"):
        return "needs root and systemd-analyze"
    with tempfile.TemporaryDirectory() as folder:
        code = "import sys; sys.path.insert(0, %r); import test_unit; test_unit.read_only(%r)" % (str(pathlib.Path(__file__).parent), folder)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return "no mount namespaces here: " + done.stderr.strip().splitlines()[-1] if done.returncode else None


if __name__ == "__main__":
    BINARY, UNIT = (str(pathlib.Path(sys.argv.pop(1)).resolve()) for _ in range(2))
    why = cannot()
    if why:
        print(why)
        sys.exit(77)
    unittest.main()
