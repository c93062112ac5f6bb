#!/usr/bin/python3
"""replay.py BUILD SHARED FLOORS: plays the recorded transcripts against the release build, tier by tier; of each at least as many as FLOORS says (a line
`TIER NUMBER` each) must match whole. Ends with `N passed, N failed`, counting tiers."""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from chancery_server import KEY, Server  # noqa: E402

build, shared = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
floors = [line.split() for line in pathlib.Path(sys.argv[3]).read_text().splitlines() if line and not line.startswith("#")]


def replay(tier):
    """(how many match whole, lines of the tool, what it complained of). Each tier has a server of its own: what interviews store is seen by later ones."""
    with Server(build, packages=[shared / "corpus" / "docassemble"], settings=["interviews.dialect=reference", "log.level=warn"]) as server:
        result = subprocess.run(["/usr/bin/python3", str(shared / "tools" / "replay-interviews"), "--base", f"http://127.0.0.1:{server.port}", "--key", KEY,
                                 "--tier", tier, "--jobs", "2"], capture_output=True, text=True, check=False)
    lines = result.stdout.splitlines()
    found = re.match(r"(\d+) passed", lines[-1] if lines else "")
    return int(found[1]) if found else 0, lines, result.stderr[-2000:]


failed = 0
for tier, floor in floors:
    whole, lines, complaints = replay(tier)
    print(f"tier {tier}: {lines[-1] if lines else 'nothing'}, at least {floor} wanted")
    if whole < int(floor):
        failed += 1
        print("\n".join(line for line in lines if line.startswith("FAIL"))[:6000], complaints)
print(f"{len(floors) - failed} passed, {failed} failed")
sys.exit(failed > 0)
