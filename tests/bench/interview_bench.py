"""Interview steps per second and how long they take, what they cost in memory, and where the time goes; over a mix of interviews by strangers (the corpus beside the
project), or of our own where there is none. Called by tools/bench."""
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from chancery_server import KEY, Server
from interview_player import Refused, Session, answer, is_end
from interview_processes import cpu_ms, is_dead, pss, workers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT.parent / "shared" / "corpus" / "docassemble"
OWN = [ROOT / "demo", ROOT / "tests" / "api" / "packages"]
MIX, STEPS = 20, 8
SETTINGS = ["interviews.dialect=reference", "log.level=warn"]


def names(folders):
    return ["%s:%s" % (file.relative_to(folder).parts[0], file.relative_to(folder / file.relative_to(folder).parts[0]))
            for folder in folders for file in sorted(folder.glob("docassemble.*/data/questions/**/*.yml"))]


def record(server, name):
    """What a client posts from the first screen to the last, without names of session and secret; [] if it cannot be played without uploads or objects."""
    bodies, rng = [], random.Random(name)
    try:
        session = Session(server, name)
        question = session.question()
        while not is_end(question) and len(bodies) < STEPS:
            made = answer(question, rng)
            if made is None or made.uploads:
                break
            members = session.members(question, made.variables)
            then = session.post(question, made)
            if then["questionType"] == "undefined_variable" or then.get("questionName") == question["questionName"] and then.get("event_list") == question.get("event_list"):
                break
            bodies.append({key: value for key, value in members.items() if key not in session.key})
            question = then
    except Refused:
        return []
    return bodies


def choose(server, folders):
    """[(name, bodies)]: those with the most steps, of as many kinds as there are."""
    rng, found = random.Random(1), []
    every = names(folders)
    rng.shuffle(every)
    for name in every:
        bodies = record(server, name)
        if len(bodies) >= 2:
            found.append((name, bodies))
        if len(found) == MIX:
            break
    return found


class Client:
    """Plays the mix over one connection, and notes the seconds of every step."""

    def __init__(self, server, mix, seed):
        self.server, self.mix, self.rng = server, mix, random.Random(seed)
        self.connection, self.times = server.connect(), []
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, method, path, body=None):
        head = {"X-API-Key": KEY}
        if body is not None:
            head["Content-Type"] = "application/json"
        start = time.perf_counter()
        self.connection.request(method, path, body, head)
        reply = self.connection.getresponse()
        data = reply.read()
        taken = time.perf_counter() - start
        if reply.status != 200:
            raise RuntimeError("%s %s: %d %s" % (method, path, reply.status, data[:200]))
        return taken, data

    def begin(self, name):
        data = json.loads(self.request("GET", "/api/session/new?i=" + name.replace(" ", "%20"))[1])
        return {"i": name, "session": data["session"], "secret": data.get("secret", "")}

    def step(self, own, body):
        text = json.dumps(dict(own, **body))
        self.times.append(self.request("POST", "/api/session", text)[0])

    def play_one(self):
        name, bodies = self.rng.choice(self.mix)
        own = self.begin(name)
        for body in bodies:
            self.step(own, body)

    def play(self, until):
        while time.monotonic() < until:
            self.play_one()


def quantile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def floor_of(server):
    """Milliseconds that the same client needs for a request that does nothing."""
    client = Client(server, [], 0)
    return statistics.median(client.request("GET", "/healthz")[0] for _ in range(300)) * 1000


def warm(row, server, mix, seconds, clients):
    players = [Client(server, mix, seed) for seed in range(clients)]
    for player in players:
        player.play_one()
        player.times.clear()
    counted, before = pids_of(server), cpu_ms(pids_of(server))
    until, start = time.monotonic() + seconds, time.monotonic()
    threads = [threading.Thread(target=player.play, args=(until,)) for player in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = [taken for player in players for taken in player.times]
    aim = ("p50 <= 1 ms", quantile(times, 0.5) <= 1) if clients == 1 else (None, None)
    row("interview steps, warm, %d client%s: per second" % (clients, "s" if clients > 1 else ""), "%.0f" % (len(times) / (time.monotonic() - start)), *aim,
        note="  p50 %.2f ms, p99 %.1f ms%s" % (quantile(times, 0.5), quantile(times, 0.99), "" if clients == 1 else "; the clients are Python on the same cores"))
    if clients == 1:    # what does not depend on who else uses the machine
        row("  processor time of such a step, all processes: ms", "%.2f" % ((cpu_ms(counted) - before) / len(times)), note="  new sessions included")


def cold_sessions(row, server, mix):
    """The worker has the interview, but no longer the session: it is read, opened, expanded, unpickled."""
    client, begun = Client(server, mix, 1), []
    for _ in range(max(1, 300 // len(mix))):
        begun += [(client.begin(name), bodies) for name, bodies in mix]
    client.times.clear()
    for own, bodies in begun:
        client.step(own, bodies[0])
    row("interview step, cold session: p50 ms", "%.2f" % quantile(client.times, 0.5), "<= 5 ms", quantile(client.times, 0.5) <= 5,
        note="  p99 %.1f ms; %d sessions in turn" % (quantile(client.times, 0.99), len(begun)))


def other_of(mix, name):
    """Another interview of the same package; itself if there is none."""
    package = name.partition(":")[0] + ":"
    return next((other for other, _ in mix if other != name and other.startswith(package)), name)


def end_workers(server):
    old = workers(server)
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    while not all(map(is_dead, old)):
        time.sleep(0.002)


def cold_workers(row, server, mix):
    """A worker that has done something, but never read this interview; and none at all, so that one must be started."""
    client = Client(server, mix, 1)
    own = [(client.begin(name), bodies) for name, bodies in mix]
    fresh, none, spent = [], [], []
    for key, bodies in own:
        end_workers(server)
        client.begin(other_of(mix, key["i"]))
        before = cpu_ms(workers(server))
        client.step(key, bodies[0])
        spent.append(cpu_ms(workers(server)) - before)
        fresh.append(client.times.pop())
    own = [(client.begin(name), bodies) for name, bodies in mix]
    for key, bodies in own:
        end_workers(server)
        client.step(key, bodies[0])
        none.append(client.times.pop())
    row("interview step, worker that never saw it: p50 ms", "%.2f" % quantile(fresh, 0.5), "<= 5 ms", quantile(fresh, 0.5) <= 5,
        note="  p99 %.1f ms; reads and compiles the interview: %.1f ms of the workers' processor time" % (quantile(fresh, 0.99), statistics.median(spent)))
    row("interview step, no worker there: p50 ms", "%.2f" % quantile(none, 0.5), note="  p99 %.1f ms; forks one, which reads and compiles" % quantile(none, 0.99))


def largest(folders):
    return max((file for folder in folders for file in folder.glob("docassemble.*/data/questions/**/*.yml")), key=lambda file: file.stat().st_size)


def compile_largest(row, server, folders):
    """An interview is read once per version of its files: what the first session after a change takes beyond the next."""
    file = largest(folders)
    with tempfile.TemporaryDirectory(prefix="chancery-bench-") as folder:
        package = pathlib.Path(folder) / "docassemble.bench"
        shutil.copytree(file.parents[2] if file.parent.name == "questions" else file.parents[3], package / "data" if file.parents[1].name == "data" else package)
        copy = next(package.rglob(file.name))
        copy.write_text(copy.read_text(encoding="utf-8") + "\n---\nmandatory: True\nquestion: |\n  Begun\n", encoding="utf-8")
        with Server(server.build, packages=[folder], settings=SETTINGS) as own:
            client, name, first, again = Client(own, [], 0), "docassemble.bench:" + str(copy.relative_to(package)), [], []
            path = "/api/session/new?i=" + name
            client.request("GET", path)
            for n in range(15):
                os.utime(copy, (time.time() + n + 1, time.time() + n + 1))
                first.append(client.request("GET", path)[0])
                again.append(min(client.request("GET", path)[0] for _ in range(3)))
            spent = (statistics.median(first) - statistics.median(again)) * 1000
    lines = file.read_text(encoding="utf-8").count("\n")
    row("read and compile the largest interview, ms", "%.1f" % spent, note="  %s, %d lines" % (file.name, lines))


def memory(row, server, mix):
    """By one worker: what it holds when it has read the mix, and what a further session adds while it is warm."""
    with Server(server.build, packages=server.folders, settings=SETTINGS + ["workers.min=1", "workers.max=1"]) as own:
        package = mix[0][0].partition(":")[0]
        client = Client(own, [(name, bodies) for name, bodies in mix if name.startswith(package + ":")], 2)
        for name, _ in client.mix:
            client.begin(name)
        held = [pss(pid) for pid in workers(own)]
        row("memory of a worker that has read %d interviews" % len(client.mix), "%.1f MB" % (max(held) / 1024), note="  proportional share")
        before, count = max(held), 60
        for n in range(count):
            key = client.begin(client.mix[n % len(client.mix)][0])
            client.step(key, client.mix[n % len(client.mix)][1][0])
        after = max(pss(pid) for pid in workers(own))
        row("memory of a warm session", "%.0f KB" % max(0, (after - before) / count), note="  over %d sessions" % count)


# Where the time goes

# The first that fits names the share. (comm of the thread, shared object, symbol)
SHARES = [
    ("Python", lambda comm, dso, symbol: comm == "chancery-worker" and ("libpython" in dso or "python3" in dso or ".cpython-" in dso)),
    ("our C in the worker", lambda comm, dso, symbol: comm == "chancery-worker" and "chancery-worker" in dso),
    ("kernel for the worker", lambda comm, dso, symbol: comm == "chancery-worker" and "kernel" in dso),
    ("libraries of the worker", lambda comm, dso, symbol: comm == "chancery-worker"),
    ("store", lambda comm, dso, symbol: comm.startswith("store") or "sqlite" in dso or symbol.startswith(("sqlite", "store_", "db_"))),
    ("HTTP", lambda comm, dso, symbol: comm.startswith("http") or "microhttpd" in dso),
    ("rooms, routes, crypto", lambda comm, dso, symbol: True),
]


def samples(text):
    """Of `perf script -F comm,ip,sym,dso` without call chains."""
    for line in text.splitlines():
        head, _, dso = line.rpartition("(")
        words = head.split()
        if len(words) >= 2 and dso:
            at = next((i for i in range(len(words) - 1, 0, -1) if all(c in "0123456789abcdef" for c in words[i])), None)
            if at:
                yield " ".join(words[:at]), dso.rstrip(") "), " ".join(words[at + 1:])


def pids_of(server):
    own = [server.process.pid]
    return own + [int(child) for task in pathlib.Path("/proc/%d/task" % own[0]).iterdir() for child in (task / "children").read_text().split()] + workers(server)


def profile(row, server, mix, seconds):
    """perf's clock samples of the server and its workers while one client plays."""
    if not shutil.which("perf"):
        row("where the time goes", "-", note="  perf is not installed")
        return
    client = Client(server, mix, 3)
    client.play_one()
    player = threading.Thread(target=client.play, args=(time.monotonic() + seconds,))
    player.start()
    with tempfile.TemporaryDirectory(prefix="chancery-bench-") as folder:
        data = folder + "/perf.data"
        done = subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-p", ",".join(map(str, pids_of(server))), "-o", data, "--", "sleep",
                               str(max(1, seconds - 1))], capture_output=True, text=True, check=False)
        player.join()
        text = subprocess.run(["perf", "script", "-F", "comm,ip,sym,dso", "-i", data], capture_output=True, text=True, check=False).stdout
    counts = collections.Counter(next(name for name, fits in SHARES if fits(*sample)) for sample in samples(text))
    total = sum(counts.values())
    if done.returncode or total < 100:
        row("where the time goes", "-", note="  perf does not work here: %s" % (done.stderr.strip().splitlines() or ["too few samples"])[-1][:80])
        return
    for name, _ in SHARES:
        row("  share of processor time: " + name, "%.0f %%" % (100 * counts[name] / total), note="  perf, %d samples" % total if name == "Python" else "")


def run(row, build, seconds):
    folders = OWN + ([CORPUS] if CORPUS.exists() else [])
    with Server(build, packages=folders, settings=SETTINGS) as server:
        server.folders = folders
        mix = choose(server, [CORPUS] if CORPUS.exists() else OWN)
        row("interviews in the mix", str(len(mix)), note="  %d steps; %s" % (sum(len(bodies) for _, bodies in mix), "by strangers" if CORPUS.exists() else "our own: no corpus here"))
        row("a request that does nothing, the same client: ms", "%.2f" % floor_of(server))
        warm(row, server, mix, seconds, 1)
        warm(row, server, mix, seconds, 8)
        cold_sessions(row, server, mix)
        cold_workers(row, server, mix)
        compile_largest(row, server, [CORPUS] if CORPUS.exists() else OWN)
        memory(row, server, mix)
        profile(row, server, mix, seconds)
