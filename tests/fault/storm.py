#!/usr/bin/python3
"""The power goes in a write storm: what was answered 2xx is there after the next start, nothing twice, nothing half done.

usage: storm.py BUILD [ROUNDS] [sqlite|postgresql|restart]
Clients start sessions and set variables as fast as they can; the server is killed at a random moment; started again, each acknowledged
value must be read back, each unacknowledged one may be there or not, but whole. The same store goes through all rounds.
"restart": PostgreSQL ends as in a crash and comes back, the server lives: writes are refused with 503 meanwhile, and it recovers by itself.
"""
import pathlib
import random
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import Server  # noqa: E402
from temp_postgres import TempPostgres  # noqa: E402
from writers import PACKAGES, check, join_writers, sessions_of, start_writers  # noqa: E402

CLIENTS = 8
back = []  # seconds from the start to ready


def killed(server, postgres):
    writers = start_writers(server, CLIENTS)
    time.sleep(random.uniform(0.2, 0.6))
    server.kill()
    wrong = join_writers(writers)
    start = time.monotonic()
    server.start()
    back.append(time.monotonic() - start)
    return writers, wrong


def restarted(server, postgres):
    writers = start_writers(server, CLIENTS, patient=True)
    time.sleep(random.uniform(0.2, 0.6))
    postgres.restart()
    start, before = time.monotonic(), sum(w.acknowledged for w in writers)
    # Recovery by itself: writes are acknowledged again, with nothing done about it.
    while sum(w.acknowledged for w in writers) < before + CLIENTS and time.monotonic() < start + 60:
        time.sleep(0.02)
    back.append(time.monotonic() - start)
    again = sum(w.acknowledged for w in writers) >= before + CLIENTS
    wrong = join_writers(writers)
    return writers, wrong if again else wrong + ["after PostgreSQL came back nothing was acknowledged any more"]


def main():
    build, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    how = sys.argv[3] if len(sys.argv) > 3 else "sqlite"
    postgres = TempPostgres() if how != "sqlite" else None
    settings = ["store.url=" + postgres.url] if postgres else []
    wrong, sessions, total, refused = [], [], 0, 0
    try:
        server = Server(build, packages=[PACKAGES], settings=settings)
        for _ in range(rounds):
            writers, problems = (restarted if how == "restart" else killed)(server, postgres)
            wrong += problems + check(server, sessions_of(writers))
            total += sum(w.acknowledged for w in writers)
            refused += sum(w.refused for w in writers)
            sessions += sessions_of(writers)
            if wrong:
                break
        wrong += check(server, random.sample(sessions, min(300, len(sessions))))
        if server.stop() != 0:
            wrong.append(f"the last stop ended with {server.process.returncode}")
        server.remove()
    finally:
        if postgres:
            postgres.stop()
    for line in wrong[:20]:
        print("FAIL", line)
    if wrong:
        print("\n".join(line for line in server.lines[-400:] if "status=2" not in line and "request finished" not in line))
    print(f"{how}: {rounds} rounds, {len(sessions)} sessions, {total} acknowledged writes, {refused} refused;"
          f" back after {statistics.median(back):.2f} s (median), {max(back):.2f} s (most)")
    print("1 passed, 0 failed" if not wrong else "0 passed, 1 failed")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
