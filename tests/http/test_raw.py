#!/usr/bin/python3
"""Raw bytes against tests/http/echo_server: every case of docs/http.md, and what connections live through.

test_raw.py ECHO_SERVER [only WORD]. Prints one line per test, "ok" or "FAIL"; exit 1 if one failed. Standard library only.
"""
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings

H = b'Host: a\r\n'
TINY = b'GET /tiny HTTP/1.1\r\nHost: a\r\n\r\n'
OLD = True  # the library is older than 0.9.77: set from the server's first line


class Server:
    """One echo_server on loopback; `with` stops it and checks that it ended in order."""

    def __init__(self, *options, listen=('127.0.0.1:0',), end=signal.SIGTERM):
        self.end = end
        self.process = subprocess.Popen([BINARY, *options, *listen], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.errors = []
        self.reader = threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)
        self.reader.start()
        self.library = self.process.stdout.readline().strip()
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
        self.last = self.process.stdout.read()
        code = self.process.wait(60)
        self.reader.join(5)
        assert code == 0, (code, self.errors[-40:])
        return dict((k, int(v)) for k, v in re.findall(r'(\w+)=(-?\d+)', self.last))

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), 10)

    def descriptors(self):
        return len(os.listdir('/proc/%d/fd' % self.process.pid))


def read_all(sock, wait):
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


# Name; bytes; the status that answers, None where the connection ends without one; what the reply must hold. Each is followed by a second,
# harmless request on the same connection: after a refusal it must never be answered, after a success always, unless kept is False.
REFUSED = [
    ('both lengths and a coding', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400),
    ('the same length twice', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 1\r\nContent-Length: 1\r\n\r\na', 400),
    ('two different lengths', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400),
    ('a length with a sign', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: +5\r\n\r\nhello', 400),
    ('a negative length', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: -1\r\n\r\nhello', 400),
    ('a list of lengths', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 5, 5\r\n\r\nhello', 400),
    ('a length with letters', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 5x\r\n\r\nhello', 400),
    ('an empty length', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length:\r\n\r\nhello', 400),
    ('a length beyond 64 bits', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 99999999999999999999999\r\n\r\nhello', 413),
    ('a length beyond 63 bits', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 9223372036854775808\r\n\r\nhello', 400),
    ('a bare CR in a value', b'GET /e HTTP/1.1\r\n' + H + b'A: b\rC: d\r\n\r\n', 400),
    ('a bare CR before CR LF', b'GET /e HTTP/1.1\r\n' + H + b'A: b\r\r\nC: d\r\n\r\n', 400),
    ('a NUL in a value', b'GET /e HTTP/1.1\r\n' + H + b'A: b\0C: d\r\nE: f\r\n\r\n', 400),
    ('a NUL in the last value', b'GET /e HTTP/1.1\r\n' + H + b'A: b\0C: d\r\n\r\n', 400),
    ('a NUL in a name', b'GET /e HTTP/1.1\r\n' + H + b'A\0x: b\r\n\r\n', 400),
    ('a NUL in the target', b'GET /e\0x HTTP/1.1\r\n' + H + b'\r\n', (400, None)),
    ('a NUL in the query', b'GET /e?a=\0&b=c HTTP/1.1\r\n' + H + b'\r\n', (400, None)),
    ('a NUL in the method', b'G\0T /e HTTP/1.1\r\n' + H + b'\r\n', (400, None)),
    ('a NUL in the version', b'GET /e HTTP/1.1\0x\r\n' + H + b'\r\n', (400, None)),
    ('a control character in a value', b'GET /e HTTP/1.1\r\n' + H + b'A: b\x01c\r\n\r\n', 400),
    ('DEL in a value', b'GET /e HTTP/1.1\r\n' + H + b'A: b\x7fc\r\n\r\n', 400),
    ('a blank before the colon', b'GET /e HTTP/1.1\r\n' + H + b'A : b\r\n\r\n', 400),
    ('a tab before the colon', b'GET /e HTTP/1.1\r\n' + H + b'A\t: b\r\n\r\n', 400),
    ('a blank before the colon of a length', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length : 5\r\n\r\nhello', 400),
    ('a line without a colon', b'GET /e HTTP/1.1\r\n' + H + b'Abc\r\n\r\n', 400),
    ('a line without a name', b'GET /e HTTP/1.1\r\n' + H + b': b\r\nC: d\r\n\r\n', 400),
    ('a last line without a name', b'GET /e HTTP/1.1\r\n' + H + b'C: d\r\n: b\r\n\r\n', 400),
    ('a name that is no token', b'GET /e HTTP/1.1\r\n' + H + b'A(b): c\r\n\r\n', 400),
    ('bare LF everywhere', b'GET /e HTTP/1.1\nHost: a\nA: b\n\n', 400),
    ('bare LF after the request line', b'GET /e HTTP/1.1\nHost: a\r\nA: b\r\n\r\n', 400),
    ('bare LF after a header', b'GET /e HTTP/1.1\r\nHost: a\nA: b\r\n\r\n', 400),
    ('bare LF after the last header', b'GET /e HTTP/1.1\r\nHost: a\r\nA: b\n\r\n', 400),
    ('bare LF as the last line', b'GET /e HTTP/1.1\r\nHost: a\r\nA: b\r\n\n', 400),
    ('a blank and bare LF', b'GET /e HTTP/1.1\r\nHost: a \nA: b\r\n\r\n', 400),
    ('a folded line', b'GET /e HTTP/1.1\r\n' + H + b'A: b\r\n c\r\nD: e\r\n\r\n', 400),
    ('a folded last line', b'GET /e HTTP/1.1\r\n' + H + b'A: b\r\n\tc\r\n\r\n', 400),
    ('a fold before the first header', b'GET /e HTTP/1.1\r\n Host: b\r\nHost: a\r\n\r\n', 400),
    ('an unknown transfer coding', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: gzip\r\n\r\nabc', 400),
    ('a coding before chunked', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 400),
    ('chunked, chunked', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n', 400),
    ('chunked in two lines', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400),
    ('a word that ends in chunked', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 400),
    ('an empty transfer coding', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding:\r\n\r\n0\r\n\r\n', 400),
    ('chunked in HTTP/1.0', b'POST /e HTTP/1.0\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400),
    ('a chunk size beyond 64 bits', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n', 413),
    ('a chunk size that is no number', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n', 400),
    ('a chunk size with 0x', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n', 400),
    ('a negative chunk size', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n', 400),
    ('no chunk size', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n', 400),
    ('a chunk longer than its size', b'POST /e HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n0\r\n\r\n', 400),
    ('no Host', b'GET /e HTTP/1.1\r\n\r\n', 400),
    ('two Hosts', b'GET /e HTTP/1.1\r\n' + H + H + b'\r\n', 400),
    ('a Host that is none', b'GET /e HTTP/1.1\r\nHost: a/b\r\n\r\n', 400),
    ('a list of Hosts', b'GET /e HTTP/1.1\r\nHost: a, b\r\n\r\n', 400),
    ('an absolute target of another host', b'GET http://b/e HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('an absolute target with a user', b'GET http://u@a/e HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('an absolute target of another scheme', b'GET ftp://a/e HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('an absolute target without host', b'GET http:///e HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('a target that is a word', b'GET e HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('an asterisk without OPTIONS', b'GET * HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('CONNECT', b'CONNECT a:80 HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('a blank in the target', b'GET /a b HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('two blanks before the target', b'GET  /a HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('a blank after the version', b'GET /a HTTP/1.1 \r\n' + H + b'\r\n', 400),
    ('no target', b'GET  HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('a fragment in the target', b'GET /a#b HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('a control character in the target', b'GET /a\x01b HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('tabs in the request line', b'GET\t/a\tHTTP/1.1\r\n' + H + b'\r\n', (400, None)),
    ('a method that is no token', b'G(T /a HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('HTTP/0.9', b'GET /e\r\n\r\n', 400),
    ('HTTP/1.2', b'GET /e HTTP/1.2\r\n' + H + b'\r\n', 505),
    ('HTTP/2.0', b'GET /e HTTP/2.0\r\n' + H + b'\r\n', 505),
    ('the preface of HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
    ('HTTP/11', b'GET /e HTTP/11\r\n' + H + b'\r\n', 400),
    ('http/1.1 in lower case', b'GET /e http/1.1\r\n' + H + b'\r\n', 400),
    ('a TLS greeting', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', (400, None)),
    ('an expectation we do not know', b'POST /e HTTP/1.1\r\n' + H + b'Expect: tea\r\nContent-Length: 5\r\n\r\nhello', 417),
    ('a target over 8 KiB', b'GET /' + b'a' * 8192 + b' HTTP/1.1\r\n' + H + b'\r\n', 414),
    ('a target over 32 KiB', b'GET /' + b'a' * 60000 + b' HTTP/1.1\r\n' + H + b'\r\n', (414, 431)),
    ('a head over 32 KiB', b'GET /tiny HTTP/1.1\r\n' + H + b'A: ' + b'a' * 33000 + b'\r\n\r\n', 431),
    ('a head of 100 KB', b'GET /tiny HTTP/1.1\r\n' + H + b'A: ' + b'a' * 100000 + b'\r\n\r\n', 431),
    ('2,000 headers', b'GET /tiny HTTP/1.1\r\n' + H + b'A: b\r\n' * 2000 + b'\r\n', 431),
    ('501 query parameters', b'GET /tiny?' + b'&'.join([b'a'] * 501) + b' HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('4,000 query parameters', b'GET /tiny?' + b'&' * 4000 + b' HTTP/1.1\r\n' + H + b'\r\n', 400),
    ('a body over the limit', b'POST /e HTTP/1.1\r\n' + H + b'Content-Length: 1000001\r\n\r\nhello', 413),
    ('a body over the limit, deferred', b'POST /later HTTP/1.1\r\n' + H + b'Content-Length: 1000001\r\n\r\nhello', 413),
    ('a body over the limit, with Expect', b'PUT /e HTTP/1.1\r\n' + H + b'Expect: 100-continue\r\nContent-Length: 1000001\r\n\r\n', 413),
    ('a body where none is taken', b'DELETE /nobody HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nGET /', 413),
    ('a handler without a reply', b'GET /nothing HTTP/1.1\r\n' + H + b'\r\n', 500),
]

SERVED = [
    ('a plain request', b'GET /a/b HTTP/1.1\r\n' + H + b'\r\n', b'method=GET\ntarget=/a/b\npath=/a/b\n'),
    ('blanks around a value go', b'GET /a HTTP/1.1\r\nHost:a\r\nA: \t b c \t\r\nE:\r\n\r\n', b'header=A\n  to=b c\nheader=E\n  to=\n'),
    ('bytes above ASCII in a value', b'GET /a HTTP/1.1\r\n' + H + b'A: \xc3\xa4\r\n\r\n', b'  to=\xc3\xa4\n'),
    ('the target as received', b'GET /a%2Fb/../c?x=%zz&y=%41+&z HTTP/1.1\r\n' + H + b'\r\n',
     b'path=/a%2Fb/../c\nquery_text=x=%zz&y=%41+&z\nquery=x\n  to=%zz\nquery=y\n  to=A \nquery=z\n  to=\n'),
    ('bytes above ASCII in the target', b'GET /\xc3\xa4?\xc3 HTTP/1.1\r\n' + H + b'\r\n', b'path=/\xc3\xa4\nquery_text=\xc3\n'),
    ('an absolute target of our host', b'GET http://A:80/e?x HTTP/1.1\r\nHost: a:80\r\n\r\n', b'path=/e\nquery_text=x\n'),
    ('an absolute target without path', b'GET http://a HTTP/1.1\r\n' + H + b'\r\n', b'path=/\n'),
    ('an absolute target, query only', b'GET http://a?b HTTP/1.1\r\n' + H + b'\r\n', b'path=/\nquery_text=b\n'),
    ('OPTIONS *', b'OPTIONS * HTTP/1.1\r\n' + H + b'\r\n', b'method=OPTIONS\ntarget=*\npath=*\n'),
    ('a method of its own', b'BREW /pot HTTP/1.1\r\n' + H + b'\r\n', b'method=BREW\n'),
    ('an empty line before the request', b'\r\nGET /a HTTP/1.1\r\n' + H + b'\r\n', b'path=/a\n'),
    ('an IPv6 Host', b'GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n', b'host=[::1]:8080\n'),
    ('an empty Host', b'GET /a HTTP/1.1\r\nHost:\r\n\r\n', b'host=\n'),
    ('a body by length', b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nhello', b'body_n=5\nbody=hello\n'),
    ('an empty body by length', b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 0\r\n\r\n', b'body_n=0\nbody=\n'),
    ('a body in a DELETE', b'DELETE /a HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nhello', b'body=hello\n'),
    ('a body in a GET', b'GET /a HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nhello', b'body=hello\n'),
    ('a body with NUL', b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nh\0l\r\n', b'body=h\0l\r\n\n'),
    ('a body with Expect', b'POST /a HTTP/1.1\r\n' + H + b'Expect: 100-Continue\r\nContent-Length: 5\r\n\r\nhello', b'body=hello\n'),
    ('a deferred body', b'POST /later HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nhello', b'body=hello\n'),
    ('a target of 8 KiB', b'GET /' + b'a' * 8191 + b' HTTP/1.1\r\n' + H + b'\r\n', b'path=/aaaa'),
    ('a head of 32 KiB', b'GET /tiny HTTP/1.1\r\n' + H + b'A: ' + b'a' * 32600 + b'\r\n\r\n', b'ok\n'),
    ('a hundred headers', b'GET /tiny HTTP/1.1\r\n' + H + b'A: b\r\n' * 100 + b'\r\n', b'ok\n'),
    ('500 query parameters', b'GET /tiny?' + b'&'.join([b'a'] * 500) + b' HTTP/1.1\r\n' + H + b'\r\n', b'ok\n'),
    ('HTTP/1.0 with keep-alive', b'GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', b'method=GET\n'),
    ('chunked', b'POST /a HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n', b'body=hello\n'),
    ('Chunked, with a trailer', b'POST /a HTTP/1.1\r\n' + H + b'Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nHost: b\r\n\r\n', b'body=hello\n'),
    ('chunked, deferred', b'POST /later HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', b'body=hello\n'),
]


def wanted(got, want):
    return got in (want if isinstance(want, tuple) else (want,))


def table_refused(report):
    with Server('head_ms=3000') as s:
        before = s.descriptors()
        for name, raw, status in REFUSED:
            with s.connect() as c:
                c.sendall(raw + TINY)
                data, how = read_all(c, 4)
                all_of = statuses(data)
                first = all_of[0] if all_of else None
                good = wanted(first, status) and how == 'end' and 200 not in all_of and data.lower().count(b'connection: close') == len(all_of)
                report('refused: ' + name, good, (data[:300], how))
        for _ in range(100):  # the peer sees the end a little before the server has closed
            if s.descriptors() <= before:
                break
            time.sleep(0.02)
        counters = s.stop()
        report('refused: nothing is left open', counters['connections'] <= 1 and counters['running'] == 0, counters)


def table_served(report):
    with Server() as s:
        for name, raw, part in SERVED:
            with s.connect() as c:
                c.sendall(raw + TINY)
                c.settimeout(10)
                status, headers, body = read_reply(c)
                closes = 'ransfer-' in raw.decode('latin1') and OLD
                second = None if closes else read_reply(c)[0]
                good = status == 200 and part in body and (headers.get('connection') == 'close') == closes and (closes or second == 200)
                report('served: ' + name, good, (status, headers, body[:400], second))


def replies(report):
    with Server() as s, s.connect() as c:
        c.sendall(TINY)
        got = read_reply(c)
        report('a reply has Date, id, type, length and no Server', got[0] == 200 and got[2] == b'ok\n' and 'server' not in got[1] and re.fullmatch(
            r'\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT', got[1]['date']) and got[1]['content-type'] == 'text/plain', got)
        report('an id is made as UUIDv7', re.fullmatch(r'[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}', got[1]['x-request-id']), got)
        for name, lines, taken in [('64 characters', b'X-Request-Id: ' + b'aZ09._-x' * 8, 'aZ09._-x' * 8), ('65 characters', b'X-Request-Id: ' + b'a' * 65, None),
                                   ('a blank inside', b'X-Request-Id: a b', None), ('none', b'X-Request-Id:', None),
                                   ('two lines', b'X-Request-Id: a\r\nX-Request-Id: a', None)]:
            c.sendall(b'GET /e HTTP/1.1\r\n' + H + lines + b'\r\n\r\n')
            _, headers, body = read_reply(c)
            given = headers['x-request-id']
            good = (given == taken if taken else len(given) == 36) and ('id=%s\n' % given).encode() in body
            report('a request id of ' + name, good, headers)
        c.sendall(b'HEAD /tiny HTTP/1.1\r\n' + H + b'\r\n' + TINY)
        head, after = read_reply(c, True), read_reply(c)
        same = {k: v for k, v in head[1].items() if k not in ('date', 'x-request-id')} == {k: v for k, v in after[1].items() if k not in ('date', 'x-request-id')}
        report('HEAD has the headers of GET and no body', head[0] == 200 and same and after[2] == b'ok\n', (head, after))
        c.sendall(b'GET /204 HTTP/1.1\r\n' + H + b'\r\n' + TINY)
        got, after = read_reply(c), read_reply(c)
        report('204 has neither body nor length', got[0] == 204 and 'content-length' not in got[1] and after[0] == 200, got)
        c.sendall(b'GET /304 HTTP/1.1\r\n' + H + b'\r\n' + TINY)
        got, after = read_reply(c), read_reply(c)
        report('304 has no body, and a length only of its 200', got[0] == 304 and got[1].get('content-length', '3') == '3' and got[1]['etag'] == '"a"' and after[2] == b'ok\n', got)
        c.sendall(b'GET /close HTTP/1.1\r\n' + H + b'\r\n')
        got = read_reply(c)
        report('a reply may end the connection', got[1]['connection'] == 'close' and read_all(c, 5) == (b'', 'end'), got)


def ways_to_send(report):
    with Server() as s:
        with s.connect() as c:
            paths = [b'/tiny', b'/later', b'/big?n=70000', b'/204'] * 15
            c.sendall(b''.join(b'GET %s HTTP/1.1\r\n%sX-Request-Id: n%d\r\n\r\n' % (p, H, i) for i, p in enumerate(paths)))
            ids = [read_reply(c)[1]['x-request-id'] for _ in paths]
            report('60 pipelined requests are answered in order', ids == ['n%d' % i for i in range(60)], ids)
        with s.connect() as c:
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nhello':
                c.sendall(bytes([byte]))
            report('a request byte by byte', b'body=hello\n' in read_reply(c)[2])
        for path in (b'/tiny', b'/later'):
            with s.connect() as c:
                c.sendall(b'GET %s HTTP/1.1\r\n%s\r\n' % (path, H))
                c.shutdown(socket.SHUT_WR)
                data, how = read_all(c, 5)
                report('a half-closed peer is answered, ' + path.decode(), statuses(data) == [200] and how == 'end', (data, how))
        with s.connect() as c:
            c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nhe')
            c.shutdown(socket.SHUT_WR)
            data, how = read_all(c, 5)
            report('a body cut short is not served', 200 not in statuses(data) and how == 'end', (data, how))
        with s.connect() as c:
            c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Expect: 100-continue\r\nContent-Length: 5\r\n\r\n')
            first = c.recv(100)
            c.sendall(b'hello')
            report('100 comes before the body', first.startswith(b'HTTP/1.1 100 ') and b'body=hello\n' in read_reply(c)[2], first)


def bodies(report):
    with Server('body=100000') as s:
        def send(raw, pieces):
            with s.connect() as c:
                try:
                    c.sendall(raw)
                    for p in pieces:
                        c.sendall(p)
                except OSError:
                    pass
                return read_all(c, 6)
        head = b'POST /a HTTP/1.1\r\n' + H + b'Connection: close\r\n'
        size = b'%x\r\n' % 50000 + b'x' * 50000 + b'\r\n'
        data, how = send(head + b'Content-Length: 100000\r\n\r\n', [b'x' * 100000])
        report('a body of exactly the limit', statuses(data) == [200] and b'body_n=100000\n' in data, (data[:300], how))
        data, how = send(head + b'Content-Length: 3000000\r\n\r\n', [b'x' * 100000] * 30)
        report('a client that sends 3 MB reads the 413', statuses(data) == [413] and b'too_large=1\nbody_n=0\n' in data, (data[:300], how))
        chunked = head + b'Transfer-Encoding: chunked\r\n\r\n'
        data, how = send(chunked, [size, size, b'0\r\n\r\n'])
        report('chunks of exactly the limit', statuses(data) == [200] and b'body_n=100000\n' in data, (data[:300], how))
        data, how = send(chunked, [size, size, b'1\r\nx\r\n0\r\n\r\n'])
        report('chunks over the limit', statuses(data) == [413] and b'too_large=1\nbody_n=0\n' in data, (data[:300], how))
        data, how = send(chunked, [size] * 60)
        report('chunks without end', statuses(data) == [413] and how == 'end', (data[:300], how))
        with s.connect() as c:
            c.sendall(b'GET /big?n=20000000 HTTP/1.1\r\n' + H + b'\r\n')
            report('a reply of 20 MB arrives whole', len(read_reply(c)[2]) == 20000000)


def budget(report):
    """All bodies in memory together: beyond bodies= 503, small ones excepted, and what is given back can be used again."""
    def post(n, path=b'/a'):
        return b'POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n' % (path, H, n)
    chunk = b'%x\r\n' % 100000 + b'x' * 100000 + b'\r\n'
    with Server('bodies=1000000') as s:
        half = [s.connect() for _ in range(3)]
        for c in half:
            c.sendall(post(400000) + b'x' * 300000)
        time.sleep(0.3)
        with s.connect() as c:
            c.sendall(post(400000))
            data, how = read_all(c, 5)
            report('budget: a length that finds no room is refused before it is sent', statuses(data) == [503] and b'Retry-After: 1' in data and how == 'end', (data, how))
        with s.connect() as c:
            c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Expect: 100-continue\r\nContent-Length: 400000\r\n\r\n')
            data, how = read_all(c, 5)
            report('budget: also where 100 is expected', statuses(data) == [503], (data, how))
        with s.connect() as c:
            try:
                c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n' + chunk * 4)
            except OSError:
                pass
            data, how = read_all(c, 5)
            report('budget: chunks are refused where they find none', statuses(data) == [503] and b'Retry-After: 1' in data and how == 'end', (data, how))
        with s.connect() as c:
            c.sendall(post(10000) + b'y' * 10000)
            report('budget: a small body is taken all the same', read_reply(c)[0] == 200)
        half[2].close()
        for c in half[:2]:
            c.sendall(b'x' * 100000)
            report('budget: who was first is served', read_reply(c)[0] == 200)
        # A body is given back when its reply has left, so whoever comes right behind it may have to ask again, as the reply says.
        refused = 3

        def taken():
            nonlocal refused
            for _ in range(500):
                with s.connect() as c:
                    try:
                        c.sendall(post(900000, b'/later') + b'z' * 900000)
                    except OSError:
                        pass  # refused while it was sent
                    data = read_all(c, 5)[0]
                if statuses(data)[:1] == [200]:
                    return True
                refused += 1
                time.sleep(0.01)
            return False
        report('budget: what was given back is used again', all([taken() for _ in range(5)]))
        for c in half:
            c.close()
        counters = s.stop()
        report('budget: nothing is left of it, refusals are counted', counters['bodies'] == 0 and counters['refused_bodies'] == refused, (refused, counters))


def slow(report):
    with Server('head_ms=400', 'idle_ms=1200') as s:
        def dribble(c, data, every):
            try:
                for byte in data:
                    c.sendall(bytes([byte]))
                    time.sleep(every)
            except OSError:
                pass

        def timed(name, raw, status, least, most, every=0.05, before=b''):
            with s.connect() as c:
                if before:
                    c.sendall(before)
                    read_reply(c)
                start = time.monotonic()
                if raw:
                    threading.Thread(target=dribble, args=(c, raw, every), daemon=True).start()
                data, how = read_all(c, 6)
                took = time.monotonic() - start
                good = statuses(data) == status and how != 'open' and least <= took <= most
                report('slow: ' + name, good, (data[:200], how, took))
        long_head = b'GET /tiny HTTP/1.1\r\n' + b'A: b\r\n' * 1000
        timed('a head byte by byte', long_head, [408], 0.3, 2.5)
        timed('a head after a keep-alive pause', long_head, [408], 0.3, 2.5, before=TINY)
        timed('a connection that says nothing', b'', [], 0.3, 2.5)
        timed('an idle keep-alive connection', b'', [], 0.9, 4, before=TINY)
        timed('a body byte by byte', b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 5000\r\n\r\n' + b'x' * 4000, [408], 1, 5, every=0.004)
        with Server('idle_ms=3000', 'body_ms=900') as t, t.connect() as c:
            c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 900000\r\n\r\n')
            threading.Thread(target=dribble, args=(c, b'x' * 4000, 0.002), daemon=True).start()
            start = time.monotonic()
            data, how = read_all(c, 8)
            took = time.monotonic() - start
            report('slow: a body that is never too slow has an end all the same', statuses(data) == [408] and how != 'open' and 0.7 <= took <= 2.5, (data, how, took))
        with s.connect() as c:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.sendall(b'GET /big?n=9000000 HTTP/1.1\r\n' + H + b'\r\n')
            time.sleep(0.2)
            before = s.descriptors()
            with s.connect() as d:
                d.sendall(b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
                report('slow: a deaf peer holds nobody up', read_reply(d)[0] == 200)
            report('slow: its reply is still waiting', s.descriptors() >= before, (before, s.descriptors()))
        counters = s.stop()
        report('slow: time-outs are counted', counters['timeouts'] >= 5, counters)


def deaf(report):
    """A peer that asks for much and never reads."""
    with Server('idle_ms=300') as s, socket.socket() as c:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.connect(('127.0.0.1', s.port))
        c.sendall(TINY)
        read_reply(c)
        before = s.descriptors()
        c.sendall(b'GET /big?n=30000000 HTTP/1.1\r\n' + H + b'\r\n')
        for _ in range(60):
            time.sleep(0.1)
            if s.descriptors() < before:
                break
        report('a peer that reads nothing is cut', s.descriptors() < before, (before, s.descriptors()))
    with Server('idle_ms=500') as s, s.connect() as c:
        c.sendall(b'GET /big?n=30000000 HTTP/1.1\r\n' + H + b'\r\n')
        got, end = 0, time.monotonic() + 20
        while got < 25000000 and time.monotonic() < end:  # ten times the idle time, always a little
            got += len(c.recv(700000))
            time.sleep(0.1)
        report('a peer that reads slowly is not', got >= 25000000, got)


def suspended(report):
    with Server() as s:
        opened = [s.connect() for _ in range(200)]
        for turn in range(3):
            for i, c in enumerate(opened):
                c.sendall(b'GET /later HTTP/1.1\r\n%sX-Request-Id: t%d-%d\r\n\r\n' % (H, turn, i))
            got = [read_reply(c)[1]['x-request-id'] for c in opened]
            report('200 suspended requests, turn %d' % turn, got == ['t%d-%d' % (turn, i) for i in range(200)])
        for c in opened:
            c.close()
        before = s.descriptors()
        held = [s.connect() for _ in range(60)]
        for i, c in enumerate(held):
            c.sendall(b'POST /hold HTTP/1.1\r\n' + H + b'Content-Length: 3\r\n\r\nabc' + (TINY if i % 3 == 0 else b''))
        time.sleep(0.3)
        for i, c in enumerate(held[:40]):
            if i % 2:
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))  # a reset
            c.close()
        time.sleep(0.1)
        with s.connect() as c:
            c.sendall(TINY)
            report('others are served while 60 are held', read_reply(c)[0] == 200)
        s.process.send_signal(signal.SIGUSR1)
        good = all(b'body=abc\n' in read_reply(c)[2] for c in held[40:])
        report('who stayed is answered, who left does no harm', good)
        for c in held[40:]:
            c.close()
        time.sleep(0.3)
        report('descriptors are as before', s.descriptors() <= before, (before, s.descriptors()))
        counters = s.stop()
        report('every request was completed once', counters['running'] == 0 and counters['done'] == counters['requests'], counters)


def stop_while_held(report):
    with Server() as s:
        held = [s.connect() for _ in range(20)]
        for c in held:
            c.sendall(b'GET /hold HTTP/1.1\r\n' + H + b'\r\n')
        idle = s.connect()
        idle.sendall(TINY)
        read_reply(idle)
        time.sleep(0.2)
        s.process.send_signal(signal.SIGTERM)
        got = [read_reply(c) for c in held]
        report('stop: held requests are answered, then closed', all(g[0] == 200 and g[1].get('connection') == 'close' for g in got))
        s.stop()


def abandon(report):
    """Never answered at all: http_stop waits ten seconds, answers 503 itself, and must not abort."""
    with Server(end=signal.SIGUSR2) as s:
        held = [s.connect() for _ in range(20)]
        for c in held:
            c.sendall(b'GET /hold HTTP/1.1\r\n' + H + b'\r\n')
        time.sleep(0.2)
        s.process.send_signal(signal.SIGUSR2)
        for c in held:
            c.settimeout(30)
        got = [read_reply(c)[0] for c in held]
        s.stop()
        report('abandoned requests get 503 and the stop is in order', got == [503] * 20, got)


def crowd(report):
    with Server('max=1100') as s:
        with s.connect() as c:
            c.sendall(TINY)
            read_reply(c)
        time.sleep(0.1)
        before = s.descriptors()
        opened = [s.connect() for _ in range(1000)]
        for turn in range(2):
            for c in opened:
                c.sendall(TINY)
            good = all(read_reply(c)[0] == 200 for c in opened)
            report('1,000 keep-alive connections, turn %d' % turn, good)
        for c in opened:
            c.close()
        for _ in range(50):
            time.sleep(0.1)
            if s.descriptors() <= before:
                break
        report('descriptors are flat after them', s.descriptors() <= before, (before, s.descriptors()))


def batches(report):
    """What is ready at once in batches of the size by which the library collects events, 128: its own threads would wait for a 129th."""
    for n in (127, 128, 129, 256):
        with Server('threads=1') as s, s.connect() as first:
            opened = [s.connect() for _ in range(n)]
            for c in opened:
                c.sendall(TINY)
                read_reply(c)
            first.sendall(b'GET /nap HTTP/1.1\r\n' + H + b'\r\n')
            time.sleep(0.1)
            for c in opened:
                c.settimeout(4)
                c.sendall(TINY)
            try:
                good = all(read_reply(c)[0] == 200 for c in opened)
            except OSError:
                good = False
            report('%d requests in one batch are answered' % n, good)


def limit(report):
    with Server('max=5') as s:
        opened = [s.connect() for _ in range(5)]
        for c in opened:
            c.sendall(TINY)
            read_reply(c)
        for say in (b'', TINY, TINY * 50):
            with s.connect() as c:
                if say:
                    c.sendall(say)
                data, how = read_all(c, 5)
                report('one too many gets 503, having said %d bytes' % len(say),
                       statuses(data) == [503] and b'Connection: close' in data and b'Retry-After: 1' in data and how == 'end', (data, how))
        opened.pop().close()
        time.sleep(0.2)
        with s.connect() as c:
            c.sendall(TINY)
            report('a place given back is taken', read_reply(c)[0] == 200)
        for c in opened:
            c.close()
        time.sleep(0.2)
        for _ in range(3):
            with s.connect() as c:
                c.sendall(TINY)
                good = read_reply(c)[0] == 200
        report('the count of connections does not drift', good)
        counters = s.stop()
        report('refused connections are counted', counters['over'] == 3, counters)


def listeners(report):
    with tempfile.TemporaryDirectory() as folder:
        path = folder + '/socket'
        left = socket.socket(socket.AF_UNIX)
        left.bind(path)
        left.close()  # a leftover: the file without anybody behind it
        listen = ['127.0.0.1:0', 'unix:' + path, 'localhost:0']
        if has_ipv6():
            listen.append('[::1]:0')
        with Server('head_ms=400', 'idle_ms=600', listen=listen) as s:
            report('each listener has its URL', s.urls[1] == 'unix:' + path and all(re.fullmatch(r'http://.+:[1-9]\d*', u) for u in s.urls[:1] + s.urls[2:]), s.urls)
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(path)
                c.sendall(b'GET /a HTTP/1.1\r\n' + H + b'\r\n' + TINY)
                got = read_reply(c)
                report('a unix socket', b'peer=unix\n' in got[2] and read_reply(c)[0] == 200, got)
                report('an idle unix connection is cut', read_all(c, 5) == (b'', 'end'))
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(path)
                c.sendall(b'GET /a HT')
                data, how = read_all(c, 5)
                report('a slow head on a unix socket', statuses(data) == [408] and how == 'end', (data, how))
            if has_ipv6():
                port = int(s.urls[3].rsplit(':', 1)[1])
                with socket.create_connection(('::1', port)) as c:
                    c.sendall(b'GET /a HTTP/1.1\r\n' + H + b'\r\n')
                    report('IPv6', b'peer=::1\n' in read_reply(c)[2])
        report('the socket file goes with the server', not os.path.exists(path))
    if has_ipv6():
        with Server(listen=['[::]:0']) as s, s.connect() as c:
            c.sendall(b'GET /a HTTP/1.1\r\n' + H + b'\r\n')
            report('[::] alone takes IPv4 too, shown as IPv4', b'peer=127.0.0.1\n' in read_reply(c)[2])
    with Server() as s:
        for where in ('127.0.0.1:%d' % s.port, '127.0.0.1', '127.0.0.1:99999', '[::1', 'unix:', 'unix:/nowhere/at/all', 'no.such.host.invalid:0', '::1:0'):
            got = subprocess.run([BINARY, where], capture_output=True, text=True, timeout=30)
            report('refuses to listen on ' + where.replace(str(s.port), 'a taken port'), got.returncode == 1 and 'listen ' + where in got.stderr, (got.returncode, got.stderr[-300:]))


def memory_fails(report):
    """Each allocation of a request fails once: the peer is answered or let go, the next one is served, nothing leaks (ASan sees to that)."""
    request = b'POST /later?a=b HTTP/1.1\r\n' + H + b'Connection: close\r\nContent-Length: 5\r\n\r\nhello'
    with Server() as s:
        answers, left_open = {}, 0
        if not has_faults(s):
            return report('memory fails: left out, this build has no fault points', True)
        for n in range(1, 60):
            with s.connect() as c:
                c.sendall(b'GET /arm?n=%d HTTP/1.1\r\n%sConnection: close\r\n\r\n' % (n, H))
                read_all(c, 2)
            with s.connect() as d:
                d.sendall(request)
                data, how = read_all(d, 2)
                left_open += how == 'open'
                for status in statuses(data) or [0]:
                    answers[status] = answers.get(status, 0) + 1
            with s.connect() as c:
                c.sendall(b'GET /arm?n=0 HTTP/1.1\r\n' + H + b'Connection: close\r\n\r\n')
                read_all(c, 2)
        with s.connect() as c:
            c.sendall(request)
            report('memory fails: the server lives on', read_reply(c)[0] == 200, answers)
        counters = s.stop()
        report('memory fails: every request was completed', counters['running'] == 0 and counters['done'] == counters['requests'], (counters, answers))
        report('memory fails: no connection hangs', left_open == 0, left_open)
        report('memory fails: both ends were seen', answers.get(200, 0) > 5 and answers.get(503, 0) + answers.get(0, 0) + answers.get(500, 0) > 3, answers)


def has_faults(s):
    with s.connect() as c:
        c.sendall(b'GET /arm?n=0 HTTP/1.1\r\n' + H + b'\r\n')
        return b'armed' in read_reply(c)[2]


def proxies(report):
    """X-Forwarded-* through a real connection: believed from the networks named, and from nobody else."""
    said = b'X-Forwarded-For: 127.0.0.1, 198.51.100.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example\r\n'
    plain = [b'peer=127.0.0.1\n', b'scheme=http\n', b'host=a\n']
    told = [b'peer=198.51.100.7\n', b'scheme=https\n', b'host=a.example\n']
    for name, options, want in (('nobody is trusted', [], plain), ('another network is', ['trust=10.0.0.0/8', 'trust=unix'], plain),
                                ('ours is', ['trust=10.0.0.0/8', 'trust=127.0.0.0/8'], told)):
        with Server(*options) as s, s.connect() as c:
            c.sendall(b'GET /a HTTP/1.1\r\n' + H + said + b'\r\nGET /a HTTP/1.1\r\n' + H + b'\r\n')
            got = read_reply(c)[2]
            report('proxies: ' + name, all(line in got for line in want), got)
            got = read_reply(c)[2]
            report('proxies: %s, the next request is its own' % name, all(line in got for line in plain), got)
    with tempfile.TemporaryDirectory() as folder:
        path = folder + '/socket'
        with Server('trust=unix', listen=['unix:' + path]), socket.socket(socket.AF_UNIX) as c:
            c.connect(path)
            c.sendall(b'GET /a HTTP/1.1\r\n' + H + said + b'\r\n')
            got = read_reply(c)[2]
            report('proxies: one behind a unix socket', all(line in got for line in told), got)
    got = subprocess.run([BINARY, 'trust=10.0.0.1/8', '127.0.0.1:0'], capture_output=True, text=True, timeout=30)
    report('proxies: what is no network stops the start', got.returncode == 1 and 'trusted proxy 10.0.0.1/8: not a network' in got.stderr, got.stderr[-300:])


def make_pair(folder, name, *kind):
    cert, key = '%s/%s.crt' % (folder, name), '%s/%s.key' % (folder, name)
    subprocess.run(['openssl', 'req', '-x509', '-nodes', '-newkey', *(kind or ('ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1')), '-keyout', key, '-out', cert,
                    '-days', '2', '-subj', '/CN=' + name, '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True)
    return cert, key


def tls_connect(server, cert, most=ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context(cafile=cert)
    context.maximum_version = most
    return context.wrap_socket(server.connect(), server_hostname='127.0.0.1')


def tls_refused(server, cert, **how):
    try:
        tls_connect(server, cert, **how).close()
    except (ssl.SSLError, OSError):
        return True
    return False


def tls(report):
    with tempfile.TemporaryDirectory() as folder:
        cert, key = make_pair(folder, 'one')
        with Server('cert=' + cert, 'key=' + key, 'max=50') as s:
            report('tls: the URL says https', s.urls[0].startswith('https://127.0.0.1:'), s.urls)
            with tls_connect(s, cert) as c:
                report('tls: 1.3', c.version() == 'TLSv1.3', c.version())
                c.sendall(b'GET /a HTTP/1.1\r\n' + H + b'\r\n')
                report('tls: the request is told so', b'scheme=https\n' in read_reply(c)[2])
                for path in (b'/a', b'/later'):
                    for n in (0, 1, 16383, 16384, 16385, 40000, 100000, 900000):
                        c.sendall(b'POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n' % (path, H, n) + b'x' * n + TINY + TINY)
                        got = [read_reply(c) for _ in range(3)]
                        report('tls: %d bytes to %s and two more requests behind them' % (n, path.decode()),
                               [g[0] for g in got] == [200] * 3 and b'body_n=%d\n' % n in got[0][2] and got[2][2] == b'ok\n')
                c.sendall(TINY * 1000)
                report('tls: 1,000 requests at once', all(read_reply(c)[0] == 200 for _ in range(1000)))
                c.sendall(b'GET /big?n=5000000 HTTP/1.1\r\n' + H + b'\r\n')
                report('tls: a reply of 5 MB arrives whole', len(read_reply(c)[2]) == 5000000)
                c.sendall(b'GET /later HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n')
                data, how = read_all(c, 5)
                report('tls: the gate refuses as ever', statuses(data) == [400] and how == 'end', (data, how))
            with tls_connect(s, cert) as c:
                c.sendall(b'GET /a?' + b'a=b&' * 600 + b' HTTP/1.1\r\n' + H + b'\r\n')
                data, how = read_all(c, 5)
                report('tls: the keeper\'s 400 is readable', statuses(data) == [400] and b'too many query' in data, (data, how))
            with tls_connect(s, cert, ssl.TLSVersion.TLSv1_2) as c:
                c.sendall(b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
                report('tls: 1.2', c.version() == 'TLSv1.2' and read_reply(c)[0] == 200)
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                report('tls: not 1.1', tls_refused(s, cert, most=ssl.TLSVersion.TLSv1_1))
            with s.connect() as c:
                c.sendall(TINY * 3)
                data, how = read_all(c, 5)
                report('tls: plain HTTP is not answered', b'HTTP/1.1' not in data and how != 'open', (data, how))
            with tls_connect(s, cert) as c:
                c.sendall(b'GET /big?n=20000000 HTTP/1.1\r\n' + H + b'\r\n')
                c.recv(1000)
            opened = [tls_connect(s, cert) for _ in range(40)]
            for turn in range(3):
                for c in opened:
                    c.sendall(b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
                good = all(read_reply(c)[0] == 200 for c in opened)
                report('tls: 40 connections, suspended, turn %d' % turn, good)
            crowd = [s.connect() for _ in range(30)]
            report('tls: one too many is closed', any(read_all(c, 3) == (b'', 'end') for c in reversed(crowd)))
            for c in opened + crowd:
                c.close()
            counters = s.stop()
            report('tls: every request was completed once', counters['running'] == 0 and counters['done'] == counters['requests'], counters)
        tls_slow(report, cert, key)
        tls_reload(report, folder)
        tls_wrong(report, folder)


def tls_slow(report, cert, key):
    with Server('cert=' + cert, 'key=' + key, 'head_ms=400', 'idle_ms=800') as s:
        for name, say in (('no handshake', b''), ('half a handshake', b'\x16\x03\x01\x02\x00\x01')):
            with s.connect() as c:
                c.sendall(say)
                data, how = read_all(c, 5)
                report('tls: %s is cut without plain words' % name, b'HTTP' not in data and how != 'open', (data, how))
        for name, before, say in (('half a head', b'', b'GET /a HT'), ('an idle connection', TINY, b''), ('half a head after a pause', TINY, b'GET /a HT')):
            with tls_connect(s, cert) as c:
                if before:
                    c.sendall(before)
                    read_reply(c)
                c.sendall(say) if say else None
                data, how = read_all(c, 6)
                report('tls: %s is cut' % name, data == b'' and how != 'open', (data, how))


def tls_reload(report, folder):
    first, second = make_pair(folder, 'first'), make_pair(folder, 'second', 'rsa:2048')
    cert, key = folder + '/live.crt', folder + '/live.key'

    def put(pair):
        shutil.copy(pair[0], cert)
        shutil.copy(pair[1], key)

    def hang_up():
        s.process.send_signal(signal.SIGHUP)
        return s.process.stdout.readline().strip()
    put(first)
    with Server('cert=' + cert, 'key=' + key) as s, tls_connect(s, first[0]) as old:
        waiting = s.connect()  # begun before, shaking hands after: either certificate would do
        put(second)
        report('tls: a reload', hang_up() == 'reload: good')
        with tls_connect(s, second[0]) as c:
            c.sendall(TINY)
            report('tls: new connections get the new certificate', read_reply(c)[0] == 200)
        report('tls: and nobody the old one', tls_refused(s, first[0]))
        old.sendall(TINY + b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
        report('tls: connections from before live on', read_reply(old)[0] == 200 and read_reply(old)[0] == 200)
        waiting.close()
        shutil.copy(first[1], key)
        report('tls: a pair that does not fit is refused', hang_up() == 'reload: tls.key %s: does not belong to the certificate in %s' % (key, cert))
        with tls_connect(s, second[0]) as c:
            c.sendall(TINY)
            report('tls: and the one before stays', read_reply(c)[0] == 200)
        for i in range(20):
            put((first, second)[i % 2])
            hang_up()
            with tls_connect(s, (first, second)[i % 2][0]) as c:
                c.sendall(TINY)
                good = read_reply(c)[0] == 200
        report('tls: 20 reloads', good)


def tls_wrong(report, folder):
    cert, key = make_pair(folder, 'a')
    _, other = make_pair(folder, 'b')
    ed_cert, _ = make_pair(folder, 'c', 'ed25519')
    _, ed_other = make_pair(folder, 'd', 'ed25519')
    sealed, empty, none = folder + '/sealed.key', folder + '/empty', folder + '/none'
    subprocess.run(['openssl', 'pkey', '-in', key, '-aes256', '-passout', 'pass:x', '-out', sealed], check=True, capture_output=True)
    open(empty, 'w').close()
    for name, c, k, said in (('no certificate file', none, key, 'tls.cert %s: No such file' % none), ('no key file', cert, none, 'tls.key %s: No such file' % none),
                             ('a folder', folder, key, 'tls.cert %s: Is a directory' % folder), ('an empty certificate', empty, key, 'tls.cert %s: holds no certificate' % empty),
                             ('the key as certificate', key, key, 'tls.cert %s: holds no certificate' % key), ('an empty key', cert, empty, 'tls.key %s: holds no private key' % empty),
                             ('a key with a password', cert, sealed, 'tls.key %s: holds no private key' % sealed),
                             ('another Edwards key', ed_cert, ed_other, 'tls.key %s: does not belong' % ed_other),
                             ('a key of another kind', ed_cert, key, 'tls.key %s: does not belong' % key),
                             ('another key', cert, other, 'tls.key %s: does not belong to the certificate in %s' % (other, cert))):
        got = subprocess.run([BINARY, 'cert=' + c, 'key=' + k, '127.0.0.1:0'], capture_output=True, text=True, timeout=30)
        report('tls: the start refuses ' + name, got.returncode == 1 and said in got.stderr, got.stderr[-300:])


def one_thread(report):
    with Server('threads=1') as s:
        with s.connect() as c:
            c.sendall(TINY + b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
            report('one I/O thread does as well', read_reply(c)[0] == 200 and read_reply(c)[0] == 200)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as c:
            c.bind(('::1', 0))
        return True
    except OSError:
        return False


TESTS = [table_refused, table_served, replies, ways_to_send, bodies, budget, slow, deaf, suspended, stop_while_held, abandon, crowd, batches, limit, listeners, proxies, tls, one_thread, memory_fails]


def main():
    global OLD
    passed, failed = 0, 0

    def report(name, good, seen=None):
        nonlocal passed, failed
        passed, failed = passed + bool(good), failed + (not good)
        print(('ok   ' if good else 'FAIL ') + name + ('' if good or seen is None else ': %r' % (seen,)), flush=True)
    with Server() as s:
        part = [int(x) for x in s.library.split()[1].split('.')[:3]]
        OLD = part < [0, 9, 77]
    word = sys.argv[2] if len(sys.argv) > 2 else ''
    for test in TESTS:
        if word not in test.__name__:
            continue
        try:
            test(report)
        except Exception as e:  # one test that falls over does not stop the next
            report(test.__name__, False, '%s: %s, line %d' % (type(e).__name__, e, e.__traceback__.tb_lineno))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    BINARY = sys.argv[1]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard != resource.RLIM_INFINITY else 8192, hard))
    sys.exit(main())
