"""The processes of a running server: its interview workers, what they hold."""
import pathlib


def children(pid):
    out = []
    try:
        for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
            out += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:
        pass
    return out


def workers(server):
    """Process ids of the interview processes: grandchildren of the server, whose child is the zygote."""
    return [grandchild for child in children(server.process.pid) for grandchild in children(child)]


def is_dead(pid):
    try:
        return pathlib.Path("/proc/%d/stat" % pid).read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def pss(pid):
    """Proportional share of memory, KiB; 0 if it is gone."""
    try:
        lines = pathlib.Path("/proc/%d/smaps_rollup" % pid).read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def cpu_ms(pids):
    """Processor time of these processes, all threads, so far."""
    total = 0
    for pid in pids:
        try:
            for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
                total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except OSError:
            pass
    return total / 1e6
