#!/usr/bin/python3
"""Raw bytes against tests/http/echo_server: every case of docs/http.md, how replies look and how bodies come.

test_raw.py ECHO_SERVER [only WORD]. Prints one line per test, "ok" or "FAIL"; exit 1 if one failed.
"""
import re
import socket
import sys

from raw_support import H, TINY, Server, read_all, read_reply, run, statuses, until

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
    ('a Host whose port is none', b'GET /e HTTP/1.1\r\nHost: a:b\r\n\r\n', 400),
    ('a Host with two ports', b'GET /e HTTP/1.1\r\nHost: a:80:80\r\n\r\n', 400),
    ('a Host whose bracket does not close', b'GET /e HTTP/1.1\r\nHost: [::1\r\n\r\n', 400),
    ('a Host that is a port alone', b'GET /e HTTP/1.1\r\nHost: :80\r\n\r\n', 400),
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
                data, how = read_all(c)
                all_of = statuses(data)
                first = all_of[0] if all_of else None
                good = wanted(first, status) and how == 'end' and 200 not in all_of and data.lower().count(b'connection: close') == len(all_of)
                report('refused: ' + name, good, (data[:300], how))
        until(lambda: s.descriptors() <= before)  # the peer sees the end a little before the server has closed
        counters = s.stop()
        report('refused: nothing is left open', counters['connections'] <= 1 and counters['running'] == 0, counters)


def table_served(report):
    with Server() as s:
        old = s.library < [0, 9, 77]
        for name, raw, part in SERVED:
            with s.connect() as c:
                c.sendall(raw + TINY)
                status, headers, body = read_reply(c)
                closes = 'ransfer-' in raw.decode('latin1') and old
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
        report('a reply may end the connection', got[1]['connection'] == 'close' and read_all(c) == (b'', 'end'), got)


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
                data, how = read_all(c)
                report('a half-closed peer is answered, ' + path.decode(), statuses(data) == [200] and how == 'end', (data, how))
        with s.connect() as c:
            c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 5\r\n\r\nhe')
            c.shutdown(socket.SHUT_WR)
            data, how = read_all(c)
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
                return read_all(c)
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


if __name__ == '__main__':
    sys.exit(run([table_refused, table_served, replies, ways_to_send, bodies]))
