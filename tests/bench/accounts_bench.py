"""The accounts family: how often in a second, on either store, beside what the bare primitives cost; and whether an address that is known can be told by the clock."""
import email
import hashlib
import hmac
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

from chancery_server import Server
from timing import SAMPLES, address, compare, request

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS, CODES = 16, 400


def post(server, path, body, connection):
    return server.call("POST", "/cfg/accounts/" + path, body=body, connection=connection, key=None)


def codes(mails, n):
    """Address to code, from the folder; waited for."""
    end = time.monotonic() + 120
    while len(list(mails.glob("*.eml"))) < n and time.monotonic() < end:
        time.sleep(0.05)
    found = {}
    for path in mails.glob("*.eml"):
        head = email.message_from_bytes(path.read_bytes())
        if "OTP code" in head["Subject"]:
            found[head["To"]] = re.search(r"\d{4}", head["Subject"])[0]
    return found


def spread(work, run):
    """work over CLIENTS threads with a connection each: how many in a second."""
    def one(share):
        for item in share:
            run(item)
    threads = [threading.Thread(target=one, args=(work[i::CLIENTS],)) for i in range(CLIENTS)]
    start = time.perf_counter()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return len(work) / (time.perf_counter() - start)


def logins(server, mails, names):
    """Codes asked for and verified; (pairs of tokens, verifications in a second)."""
    local, pairs = threading.local(), {}

    def connection():
        if not hasattr(local, "c"):
            local.c = server.connect()
        return local.c

    def patient(path, body):
        """PostgreSQL refuses who loses too many races, such as for the next account number."""
        while (reply := post(server, path, body, connection()))[0] == 503:
            time.sleep(0.05)
        return reply

    def ask(name):
        assert patient("otp/request/", {"identifier": name})[0] == 200

    def verify(name):
        status, pairs[name] = patient("otp/verify/", {"identifier": name, "otp": known[name]})
        assert status == 200, pairs[name]
    spread(names, ask)
    known = codes(mails, len(names))
    return pairs, spread(names, verify)


def refreshes(server, pairs, seconds):
    done, stop = [], time.monotonic() + seconds

    def run(pair):
        c, n = server.connect(), 0
        while time.monotonic() < stop:
            status, pair = post(server, "token/refresh/", {"refresh": pair["refresh"]}, c)
            assert status == 200
            n += 1
        done.append(n)
    threads = [threading.Thread(target=run, args=(pair,)) for pair in list(pairs.values())[:CLIENTS]]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(done) / seconds


def profiles(server, access, seconds):
    text = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "-H", "Authorization: Bearer " + access, f"http://127.0.0.1:{server.port}/cfg/accounts/profile/"],
                          capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def primitives(row):
    key, text, start, n = b"k" * 32, b"x" * 200, time.perf_counter(), 0
    while time.perf_counter() - start < 0.5:
        hmac.digest(key, text, "sha256")
        n += 1
    row("bare HMAC-SHA-256 of a token, one core", f"{n / 0.5:,.0f}/s")
    with tempfile.TemporaryFile(dir=HERE) as f:
        start, n = time.perf_counter(), 0
        while time.perf_counter() - start < 0.5:
            f.write(hashlib.sha256(text).digest() * 128)
            f.flush()
            os.fdatasync(f.fileno())
            n += 1
    row("bare write and sync of 4 KiB, one after the other", f"{n / 0.5:,.0f}/s")


def rates(row, server, mails, seconds, store):
    # Each known address is asked for once only: a code that waits is sent again, which writes less, whoever's it is.
    pairs, verified = logins(server, mails, [address() for _ in range(max(CODES, SAMPLES))])
    row(f"{store}: GET profile, 64 connections", f"{profiles(server, next(iter(pairs.values()))['access'], seconds):,.0f}/s")
    row(f"{store}: POST token/refresh, {CLIENTS} clients", f"{refreshes(server, pairs, seconds):,.0f}/s", note="  the client is Python on the same cores")
    row(f"{store}: POST otp/verify, {CLIENTS} clients", f"{verified:,.0f}/s", note="  likewise")
    return list(pairs)


def asked(path, names, **more):
    return [request("/cfg/accounts/" + path, {"identifier": name, **more}) for name in names]


def timing(row, server, known, store):
    known = known[:SAMPLES]
    for what, path, more, want in (("otp/request", "otp/request/", {}, {200}), ("otp/verify, wrong code", "otp/verify/", {"otp": "0000"}, {401, 200})):
        # Once in 10,000 the wrong code is the right one.
        compare(row, f"{store}: {what}", server.port, asked(path, known, **more), asked(path, [address() for _ in known], **more), want)


def run(row, build, seconds):
    primitives(row)
    for store in ("sqlite", "postgresql"):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-bench-"))
        os.chmod(folder, 0o755)
        script, settings = HERE.parent / "unit" / "store" / "pg-temp.sh", ["families=[accounts]", "log.level=error", f"mail.url=dir:{folder}/mail", "workers.min=1"]
        started = None
        if store == "postgresql":
            started = subprocess.run([script, "start", folder / "pg"], stdout=subprocess.PIPE, text=True, check=False, env=dict(os.environ, PG_TEMP_DURABLE="1"))
            if started.returncode:
                print("postgresql: accounts not measured, no server here")
                shutil.rmtree(folder, ignore_errors=True)
                return
            settings.append("store.url=" + started.stdout.strip())
        try:
            with Server(build, settings=settings) as server:
                known = rates(row, server, folder / "mail", seconds, store)
                timing(row, server, known, store)
        finally:
            if started:
                subprocess.run([script, "stop", folder / "pg"], check=False)
            shutil.rmtree(folder, ignore_errors=True)
