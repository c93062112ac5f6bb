#!/usr/bin/python3
"""Where connections come in: addresses, unix sockets, proxies and TLS with its reloads.

test_listeners.py ECHO_SERVER [only WORD]. Prints one line per test, "ok" or "FAIL"; exit 1 if one failed.
"""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import warnings

from raw_support import GENEROUS, H, TINY, Server, binary, read_all, read_reply, run, statuses


def listeners(report):
    with tempfile.TemporaryDirectory() as folder:
        path = folder + '/socket'
        left = socket.socket(socket.AF_UNIX)
        left.bind(path)
        left.close()  # a leftover: the file without anybody behind it
        listen = ['127.0.0.1:0', 'unix:' + path, 'localhost:0']
        if has_ipv6():
            listen.append('[::1]:0')
        with Server('head_ms=2000', 'idle_ms=2500', listen=listen) as s:
            report('each listener has its URL', s.urls[1] == 'unix:' + path and all(re.fullmatch(r'http://.+:[1-9]\d*', u) for u in s.urls[:1] + s.urls[2:]), s.urls)
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(path)
                c.sendall(b'GET /a HTTP/1.1\r\n' + H + b'\r\n' + TINY)
                got = read_reply(c)
                report('a unix socket', b'peer=unix\n' in got[2] and read_reply(c)[0] == 200, got)
                report('an idle unix connection is cut', read_all(c) == (b'', 'end'))
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(path)
                c.sendall(b'GET /a HT')
                data, how = read_all(c)
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
            got = subprocess.run([binary(), where], capture_output=True, text=True, timeout=GENEROUS)
            report('refuses to listen on ' + where.replace(str(s.port), 'a taken port'), got.returncode == 1 and 'listen ' + where in got.stderr, (got.returncode, got.stderr[-300:]))


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as c:
            c.bind(('::1', 0))
        return True
    except OSError:
        return False


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
    got = subprocess.run([binary(), 'trust=10.0.0.1/8', '127.0.0.1:0'], capture_output=True, text=True, timeout=GENEROUS)
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
                data, how = read_all(c)
                report('tls: the gate refuses as ever', statuses(data) == [400] and how == 'end', (data, how))
            with tls_connect(s, cert) as c:
                c.sendall(b'GET /a?' + b'a=b&' * 600 + b' HTTP/1.1\r\n' + H + b'\r\n')
                data, how = read_all(c)
                report('tls: the keeper\'s 400 is readable', statuses(data) == [400] and b'too many query' in data, (data, how))
            with tls_connect(s, cert, ssl.TLSVersion.TLSv1_2) as c:
                c.sendall(b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
                report('tls: 1.2', c.version() == 'TLSv1.2' and read_reply(c)[0] == 200)
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                report('tls: not 1.1', tls_refused(s, cert, most=ssl.TLSVersion.TLSv1_1))
            with s.connect() as c:
                c.sendall(TINY * 3)
                data, how = read_all(c)
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
            report('tls: one too many is closed', any(read_all(c, 5) == (b'', 'end') for c in reversed(crowd)))
            for c in opened + crowd:
                c.close()
            counters = s.stop()
            report('tls: every request was completed once', counters['running'] == 0 and counters['done'] == counters['requests'], counters)
        tls_slow(report, cert, key)
        tls_reload(report, folder)
        tls_wrong(report, folder)


def tls_slow(report, cert, key):
    with Server('cert=' + cert, 'key=' + key, 'head_ms=2000', 'idle_ms=2500') as s:
        for name, say in (('no handshake', b''), ('half a handshake', b'\x16\x03\x01\x02\x00\x01')):
            with s.connect() as c:
                c.sendall(say)
                data, how = read_all(c)
                report('tls: %s is cut without plain words' % name, b'HTTP' not in data and how != 'open', (data, how))
        for name, before, say in (('half a head', b'', b'GET /a HT'), ('an idle connection', TINY, b''), ('half a head after a pause', TINY, b'GET /a HT')):
            with tls_connect(s, cert) as c:
                if before:
                    c.sendall(before)
                    read_reply(c)
                c.sendall(say) if say else None
                data, how = read_all(c)
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
        got = subprocess.run([binary(), 'cert=' + c, 'key=' + k, '127.0.0.1:0'], capture_output=True, text=True, timeout=GENEROUS)
        report('tls: the start refuses ' + name, got.returncode == 1 and said in got.stderr, got.stderr[-300:])


if __name__ == '__main__':
    sys.exit(run([listeners, proxies, tls]))
