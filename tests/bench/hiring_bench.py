"""Hiring under load, each figure beside what the same machine does bare, by turns: the profile against nginx, creations by 64 connections against a bare group-commit loop
(a small row without indexes; and the rows and indexes that a creation has), logins against bare Argon2id; on both stores. Called by tools/bench."""
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import urllib.parse

from chancery_server import EMAIL, Server
from timing import SAMPLES, address, compare, request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONNECTIONS = 64
PASSWORD = "correct horse battery"  # of the administrator
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# No LiveKit: tokens are made without it.
SETTINGS = ["families=[hiring]", "log.level=warn", "livekit.api_key=APIbench", "livekit.api_secret=" + "s" * 40, "livekit.public_url=wss://rooms.example"]
CREATION = json.dumps({"title": "Software Engineer Interview", "candidate_name": "Jane Doe", "candidate_email": "jane.doe.%d@example.com", "position": "Software Engineer",
                       "interview_config": {"duration": 60, "difficulty": "medium"}})
LOGIN = urllib.parse.urlencode({"username": EMAIL, "password": PASSWORD})


class Load:
    """What is asked again and again of one server, with the credentials of its administrator."""

    def __init__(self, server):
        self.port = server.port
        status, reply = server.call("POST", "/api/v1/auth/login", headers={"Content-Type": FORM}, form=LOGIN, key=None)
        assert status == 200, (status, reply)
        self.token = reply["access_token"]
        self.key = self.made(server, "/api/v1/api-keys/", {"name": "bench"})["key"]
        self.interview = self.made(server, "/api/v1/interviews/", json.loads(CREATION))["id"]

    def made(self, server, path, body):
        status, reply = server.call("POST", path, body=body, headers={"Authorization": "Bearer " + self.token}, key=None)
        assert status == 200, (status, reply)
        return reply

    def wrk(self, seconds, method, path, credential=None, kind=None, body=None, pause=0, connections=CONNECTIONS):
        """(requests per second, p99 in ms)"""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "30s", "-s", str(HERE / "load.lua")]
        for name, value in (("Authorization", credential and "Bearer " + credential), ("Content-Type", kind)):
            command += ["-H", f"{name}: {value}"] if value else []
        command += [f"http://127.0.0.1:{self.port}{path}", "--", method, str(pause)] + ([body] if body else [])
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in text or "Socket errors" in text:
            raise RuntimeError(f"{method} {path}\n{text}")
        number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
        return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    def me(self, seconds, pause=0, connections=CONNECTIONS):
        return self.wrk(seconds, "GET", "/api/v1/users/me", self.token, pause=pause, connections=connections)

    def create(self, seconds, pause=0, connections=CONNECTIONS):
        return self.wrk(seconds, "POST", "/api/v1/interviews/api/create", self.key, JSON, CREATION, pause, connections)

    def mint(self, seconds, pause=0, connections=CONNECTIONS):
        return self.wrk(seconds, "POST", f"/api/v1/interviews/api/{self.interview}/token", self.key, JSON, "{}", pause, connections)

    def login(self, seconds, pause=0, connections=16):
        return self.wrk(seconds, "POST", "/api/v1/auth/login", None, FORM, LOGIN, pause, connections)


def at_half(ask, seconds, rate):
    """(part of the full load, p99 in ms): as many connections pause as long as half of the full rate leaves them time to; at least some ms, which is all that wrk can count."""
    connections = max(CONNECTIONS, math.ceil(rate / 2 * 0.005))
    got, p99 = ask(seconds, max(1, round(2000 * connections / rate)), connections)
    return got / rate, p99


def against(row, name, peers, ask, seconds, rounds):
    """peers: (name, aim or None, function that measures it once). The median of what was asked."""
    found, base = [], [[] for _ in peers]
    for _ in range(rounds):
        for taken, peer in zip(base, peers):
            taken.append(peer[2]())
        found.append(ask(seconds)[0])
    value = statistics.median(found)
    for taken, (peer, aim, _) in zip(base, peers):
        ratio = value / statistics.median(taken)
        row(f"{name} / {peer}", f"{ratio:.2f}", f">= {aim}" if aim else None, ratio >= aim if aim else None, f"  {value:,.0f}/s of {statistics.median(taken):,.0f}/s")
    return value


def half(row, name, ask, seconds, rate):
    part, p99 = at_half(ask, seconds, rate)
    row(name + ": p99 at half load", f"{p99:.1f} ms", note=f"  at {part:.2f} of the full load")


def measure(row, where, load, peers, seconds, rounds):
    for name, peer, ask in (("GET /users/me", "me", load.me), ("creations by key", "create", load.create), ("tokens minted", "mint", load.mint)):
        half(row, where + name, ask, seconds, against(row, where + name, peers[peer], ask, seconds, rounds))
    against(row, where + "logins", peers["login"], load.login, seconds, rounds)


def timing(row, where, build, data, settings):
    """Wrong passwords of known and unknown addresses; with little to hash, so that it does not drown the rest."""
    path = "/api/v1/auth/"
    with Server(build, data=data, settings=settings + ["argon2.memory_kib=8192", "argon2.passes=1"]) as server:
        known = [address() for _ in range(200)]
        for name in known:
            status, reply = server.call("POST", path + "register", body={"email": name, "username": name.partition("@")[0], "password": PASSWORD}, key=None)
            assert status == 200, (status, reply)

        def asked(names):
            return [request(path + "login", urllib.parse.urlencode({"username": name, "password": "wrong horse battery"}), FORM) for name in names]
        compare(row, where + "login, wrong password", server.port, asked(known[i % len(known)] for i in range(SAMPLES)), asked(address() for _ in range(SAMPLES)), {401})


def number(command):
    return float(re.search(r"([\d.]+)/s", subprocess.run(command, capture_output=True, text=True, check=True).stdout)[1])


def run(row, build, seconds, rounds, nginx, postgres):
    """nginx: a context manager whose value has a port; postgres: the same, whose value is the URL of a server that syncs, or None."""
    programs = {name: str(build / "tests" / "bench" / name) for name in ("bench_store", "bench_pg", "bench_argon2")}
    subprocess.run(["ninja", "-C", str(build), "--quiet"] + ["tests/bench/" + name for name in programs], check=True)
    # In the folder of the project: the same disk for both, which a folder for temporary files may not be.
    with nginx as peer, postgres as url, tempfile.TemporaryDirectory(prefix="chancery-bench-", dir=ROOT) as folder:
        logins = [("bare Argon2id", 0.9, lambda: number([programs["bench_argon2"], str(seconds)]))]
        loop = [programs["bench_store"], folder, str(seconds), "0"]
        empty = empty_store(build, folder)
        writes = [("bare loop, small row", 0.5, lambda: number(loop)), ("bare loop, the same rows", None, lambda: number(loop + [empty]))]
        with Server(build, data=folder + "/data", settings=SETTINGS) as server:
            measure(row, "", Load(server), {"me": [("nginx return 200", 0.5, lambda: nginx_rate(peer.port, seconds))], "create": writes, "mint": [(writes[0][0], None, writes[0][2])], "login": logins},
                    seconds, rounds)
        timing(row, "", build, folder + "/data-timing", SETTINGS)
        if not url:
            return
        libpq = [("bare libpq, small row", None, lambda: number([programs["bench_pg"], url, str(seconds), "0"]))]
        with Server(build, data=folder + "/data-pg", settings=SETTINGS + ["store.url=" + database(url)]) as server:
            measure(row, "postgresql: ", Load(server), {"me": [("nginx return 200", None, lambda: nginx_rate(peer.port, seconds))], "create": libpq, "mint": libpq, "login": logins},
                    seconds, rounds)
        timing(row, "postgresql: ", build, folder + "/data-pg-timing", SETTINGS + ["store.url=" + database(url, "timing")])


def empty_store(build, folder):
    """The path of a store with the server's tables and its administrator."""
    with Server(build, data=folder + "/empty", settings=SETTINGS) as server:
        server.stop()
        return next(str(p) for p in (server.data).iterdir() if p.suffix in (".db", ".sqlite"))


def database(url, name="hiring"):
    """Another one on the same server: the bare loop's has its own ledger of migrations."""
    subprocess.run(["psql", "--no-psqlrc", "--quiet", "--dbname", url, "--command", "CREATE DATABASE " + name], check=True)
    return re.sub(r"^(postgresql://[^/]*/)[^?]*", rf"\g<1>{name}", url)


def nginx_rate(port, seconds):
    text = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
