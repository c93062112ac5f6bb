"""Whether an answer's time tells one sort of request from another: samples of both in random order over one connection, so that both meet the same machine, and Welch's t test."""
import json
import math
import os
import random
import secrets
import socket
import statistics
import time

SAMPLES = int(os.environ.get("BENCH_SAMPLES", "2000"))
T_MAX = 3  # beyond it by chance once in 370 runs


def address():
    """Of a length, and a place in an index, that tell nothing."""
    return secrets.token_hex(6) + "@example.com"


class Wire:
    """Bytes out, the status of one reply back; as little of Python in between as can be."""

    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def took(self, request):
        start = time.perf_counter()
        self.s.sendall(request)
        got = self.s.recv(65536)
        seconds = time.perf_counter() - start
        while True:
            head, end, body = got.partition(b"\r\n\r\n")
            if end and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
                return int(head.split()[1]), seconds
            got += self.s.recv(65536)

    def close(self):
        self.s.close()


def request(path, body, kind="application/json"):
    body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def welch(a, b):
    """(t, difference of the means and its standard error in milliseconds)"""
    error = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    difference = statistics.fmean(a) - statistics.fmean(b)
    return difference / error, difference * 1000, error * 1000


def compare(row, name, port, known, unknown, want):
    """known, unknown: as many requests each; want: the statuses that either may get."""
    wire, times = Wire(port), {True: [], False: []}
    work = [(True, r) for r in known] + [(False, r) for r in unknown]
    random.shuffle(work)
    for mine, text in work:
        status, seconds = wire.took(text)
        assert status in want, (status, text)
        times[mine].append(seconds)
    wire.close()
    # The slowest hundredth is the machine's, not the server's.
    for v in times.values():
        v.sort()
        del v[len(v) - len(v) // 100:]
    t, difference, error = welch(times[True], times[False])
    row(f"{name}: known - unknown, Welch's t", f"{t:+.1f}", f"|t| < {T_MAX}", abs(t) < T_MAX, f"  {difference:+.4f} ms, standard error {error:.4f}, {len(known)} each")
