"""What the raw-socket tests of this folder share: one echo_server, replies read by hand, a report line per check. Standard library only."""
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

H = b'Host: a\r\n'
TINY = b'GET /tiny HTTP/1.1\r\nHost: a\r\n\r\n'
GENEROUS = 60  # seconds; what is waited for comes at once, so this bounds a failure, never a test that passes


def binary():
    return sys.argv[1]


class Server:
    """One echo_server on loopback; `with` stops it and checks that it ended in order."""

    def __init__(self, *options, listen=('127.0.0.1:0',), end=signal.SIGTERM):
        self.end = end
        self.process = subprocess.Popen([binary(), *options, *listen], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.errors = []
        self.reader = threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)
        self.reader.start()
        self.library = [int(x) for x in self.process.stdout.readline().split()[1].split('.')[:3]]
        self.urls = [self.process.stdout.readline().strip() for _ in listen]
        assert self.process.stdout.readline() == 'ready\n', self.errors
        self.port = int(self.urls[0].rsplit(':', 1)[1]) if self.urls[0].startswith('http') else 0

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.end)
        last = self.process.stdout.read()
        code = self.process.wait(GENEROUS)
        self.reader.join(GENEROUS)
        assert code == 0, (code, self.errors[-40:])
        return numbers(last)

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), GENEROUS)

    def counters(self):
        with self.connect() as c:
            c.sendall(b'GET /counters HTTP/1.1\r\n' + H + b'Connection: close\r\n\r\n')
            return numbers(read_reply(c)[2].decode())

    def descriptors(self):
        return len(os.listdir('/proc/%d/fd' % self.process.pid))


def read_all(sock, wait=GENEROUS):
    """What comes until the end or until nothing came for `wait` seconds: (bytes, how it ended)."""
    out = b''
    sock.settimeout(wait)
    try:
        while True:
            piece = sock.recv(1 << 16)
            if not piece:
                return out, 'end'
            out += piece
    except socket.timeout:
        return out, 'open'
    except OSError:
        return out, 'reset'


def read_reply(sock, head_only=False):
    """One reply: (status, headers, body). By Content-Length; interim replies are passed over."""
    data = b''
    while True:
        while b'\r\n\r\n' not in data:
            piece = sock.recv(1)
            assert piece, 'connection ended in a head: %r' % data
            data += piece
        head, data = data.split(b'\r\n\r\n', 1)
        status = int(head.split(b' ')[1])
        if status != 100:
            break
    headers = {}
    for line in head.split(b'\r\n')[1:]:
        name, value = line.split(b': ', 1)
        headers[name.decode().lower()] = value.decode()
    length = 0 if head_only or status in (204, 304) else int(headers['content-length'])
    while len(data) < length:
        piece = sock.recv(length - len(data))
        assert piece, 'connection ended in a body'
        data += piece
    return status, headers, data


def statuses(data):
    return [int(s) for s in re.findall(rb'HTTP/1\.1 (\d\d\d) ', data)]


def numbers(text):
    return dict((k, int(v)) for k, v in re.findall(r'(\w+)=(-?\d+)', text))


def until(true):
    """Whether it came true."""
    end = time.monotonic() + GENEROUS
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def run(tests):
    """Runs those whose name holds the word of the command line; prints a line per check and the counts; the exit status."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard != resource.RLIM_INFINITY else 8192, hard))
    passed, failed = 0, 0

    def report(name, good, seen=None):
        nonlocal passed, failed
        passed, failed = passed + bool(good), failed + (not good)
        print(('ok   ' if good else 'FAIL ') + name + ('' if good or seen is None else ': %r' % (seen,)), flush=True)
    word = sys.argv[2] if len(sys.argv) > 2 else ''
    for test in tests:
        if word not in test.__name__:
            continue
        try:
            test(report)
        except Exception as e:  # one test that falls over does not stop the next
            report(test.__name__, False, '%s: %s, line %d' % (type(e).__name__, e, e.__traceback__.tb_lineno))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0
