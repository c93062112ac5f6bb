#!/usr/bin/python3
"""What connections live through: slow, deaf, leaving and too many peers, replies that come later or never, memory that runs out.

test_connections.py ECHO_SERVER [only WORD]. Prints one line per test, "ok" or "FAIL"; exit 1 if one failed.
"""
import signal
import socket
import struct
import sys
import threading
import time

from raw_support import H, TINY, Server, read_all, read_reply, run, statuses, until


def budget(report):
    """All bodies in memory together: beyond bodies= 503, small ones excepted, and what is given back can be used again."""
    def post(n, path=b'/a'):
        return b'POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n' % (path, H, n)
    chunk = b'%x\r\n' % 100000 + b'x' * 100000 + b'\r\n'
    with Server('bodies=1000000') as s:
        half = [s.connect() for _ in range(3)]
        for c in half:
            c.sendall(post(400000) + b'x' * 300000)
        assert until(lambda: s.counters()['bodies'] > 600000)  # no room for another 400,000
        with s.connect() as c:
            c.sendall(post(400000))
            data, how = read_all(c)
            report('budget: a length that finds no room is refused before it is sent', statuses(data) == [503] and b'Retry-After: 1' in data and how == 'end', (data, how))
        with s.connect() as c:
            c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Expect: 100-continue\r\nContent-Length: 400000\r\n\r\n')
            data, how = read_all(c)
            report('budget: also where 100 is expected', statuses(data) == [503], (data, how))
        with s.connect() as c:
            try:
                c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n' + chunk * 4)
            except OSError:
                pass
            data, how = read_all(c)
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
                    if read_reply(c)[0] == 200:
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

        def timed(name, raw, status, least, every=0.05, before=b''):
            start = time.monotonic()
            with s.connect() as c:
                if before:
                    c.sendall(before)
                    read_reply(c)
                if raw:
                    threading.Thread(target=dribble, args=(c, raw, every), daemon=True).start()
                data, how = read_all(c)
                took = time.monotonic() - start
                good = statuses(data) == status and how != 'open' and took >= least
                report('slow: ' + name, good, (data[:200], how, took))
        long_head = b'GET /tiny HTTP/1.1\r\n' + b'A: b\r\n' * 1000
        timed('a head byte by byte', long_head, [408], 0.3)
        timed('a head after a keep-alive pause', long_head, [408], 0.3, before=TINY)
        timed('a connection that says nothing', b'', [], 0.3)
        timed('an idle keep-alive connection', b'', [], 0.9, before=TINY)
        timed('a body byte by byte', b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 5000\r\n\r\n' + b'x' * 4000, [408], 1, every=0.004)
        with Server('idle_ms=3000', 'body_ms=900') as t, t.connect() as c:
            start = time.monotonic()
            c.sendall(b'POST /a HTTP/1.1\r\n' + H + b'Content-Length: 900000\r\n\r\n')
            threading.Thread(target=dribble, args=(c, b'x' * 4000, 0.002), daemon=True).start()
            data, how = read_all(c)
            took = time.monotonic() - start
            report('slow: a body that is never too slow has an end all the same', statuses(data) == [408] and how != 'open' and took >= 0.7, (data, how, took))
        counters = s.stop()
        report('slow: time-outs are counted', counters['timeouts'] >= 5, counters)
    with Server() as s:
        with s.connect() as c:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.sendall(b'GET /big?n=9000000 HTTP/1.1\r\n' + H + b'\r\n')
            assert until(lambda: s.counters()['running'] == 2)  # that of the counters is one
            with s.connect() as d:
                d.sendall(b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
                report('slow: a deaf peer holds nobody up', read_reply(d)[0] == 200)
            report('slow: its reply is still waiting', until(lambda: s.counters()['running'] == 2), s.counters())


def deaf(report):
    """A peer that asks for much and never reads."""
    with Server('idle_ms=300') as s, socket.socket() as c:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.connect(('127.0.0.1', s.port))
        c.sendall(TINY)
        read_reply(c)
        before = s.descriptors()
        c.sendall(b'GET /big?n=30000000 HTTP/1.1\r\n' + H + b'\r\n')
        report('a peer that reads nothing is cut', until(lambda: s.descriptors() < before), (before, s.descriptors()))
    with Server('idle_ms=1500') as s, s.connect() as c:
        c.sendall(b'GET /big?n=30000000 HTTP/1.1\r\n' + H + b'\r\n')
        got = 0
        while got < 25000000 and (piece := c.recv(700000)):  # several times the idle time, always a little
            got += len(piece)
            time.sleep(0.15)
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
        assert until(lambda: s.counters()['held'] == 60)
        for i, c in enumerate(held[:40]):
            if i % 2:
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))  # a reset
            c.close()
        with s.connect() as c:
            c.sendall(TINY)
            report('others are served while 60 are held', read_reply(c)[0] == 200)
        s.process.send_signal(signal.SIGUSR1)
        good = all(b'body=abc\n' in read_reply(c)[2] for c in held[40:])
        report('who stayed is answered, who left does no harm', good)
        for c in held[40:]:
            c.close()
        report('descriptors are as before', until(lambda: s.descriptors() <= before), (before, s.descriptors()))
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
        assert until(lambda: s.counters()['held'] == 20)
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
        assert until(lambda: s.counters()['held'] == 20)
        s.process.send_signal(signal.SIGUSR2)
        got = [read_reply(c)[0] for c in held]
        s.stop()
        report('abandoned requests get 503 and the stop is in order', got == [503] * 20, got)


def crowd(report):
    with Server('max=1100') as s:
        with s.connect() as c:
            c.sendall(TINY)
            read_reply(c)
        before = s.descriptors()
        opened = [s.connect() for _ in range(1000)]
        for turn in range(2):
            for c in opened:
                c.sendall(TINY)
            good = all(read_reply(c)[0] == 200 for c in opened)
            report('1,000 keep-alive connections, turn %d' % turn, good)
        for c in opened:
            c.close()
        report('descriptors are flat after them', until(lambda: s.descriptors() <= before), (before, s.descriptors()))


def batches(report):
    """What is ready at once in batches of the size by which the library collects events, 128: its own threads would wait for a 129th."""
    for n in (127, 128, 129, 256):
        with Server('threads=1') as s, s.connect() as first:
            opened = [s.connect() for _ in range(n)]
            for c in opened:
                c.sendall(TINY)
                read_reply(c)
            first.sendall(b'GET /nap HTTP/1.1\r\n' + H + b'\r\n')
            time.sleep(0.1)  # for it to begin: all others come while it lasts
            for c in opened:
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
                data, how = read_all(c)
                report('one too many gets 503, having said %d bytes' % len(say),
                       statuses(data) == [503] and b'Connection: close' in data and b'Retry-After: 1' in data and how == 'end', (data, how))
        refused = 3

        def taken():
            nonlocal refused
            with s.connect() as c:
                c.sendall(TINY)
                good = read_reply(c)[0] == 200
            refused += not good
            return good
        opened.pop().close()  # the server sees that in its own time
        report('a place given back is taken', until(taken))
        for c in opened:
            c.close()
        report('the count of connections does not drift', all([until(taken) for _ in range(10)]))
        counters = s.stop()
        report('refused connections are counted', counters['over'] == refused, (refused, counters))


def one_thread(report):
    with Server('threads=1') as s:
        with s.connect() as c:
            c.sendall(TINY + b'GET /later HTTP/1.1\r\n' + H + b'\r\n')
            report('one I/O thread does as well', read_reply(c)[0] == 200 and read_reply(c)[0] == 200)


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
                read_all(c)
            with s.connect() as d:
                d.sendall(request)
                data, how = read_all(d)
                left_open += how == 'open'
                for status in statuses(data) or [0]:
                    answers[status] = answers.get(status, 0) + 1
            with s.connect() as c:
                c.sendall(b'GET /arm?n=0 HTTP/1.1\r\n' + H + b'Connection: close\r\n\r\n')
                read_all(c)
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


if __name__ == '__main__':
    sys.exit(run([budget, slow, deaf, suspended, stop_while_held, abandon, crowd, batches, limit, one_thread, memory_fails]))
