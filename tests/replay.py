#!/usr/bin/python3
"""replay.py BUILD SHARED FLOOR: plays the recorded transcripts of tier 1 against the release build; at least FLOOR of them must match whole."""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from chancery_server import KEY, Server  # noqa: E402

build, shared, floor = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])
with Server(build, packages=[shared / "corpus" / "docassemble"], settings=["interviews.dialect=reference", "log.level=warn"]) as server:
    result = subprocess.run(["/usr/bin/python3", str(shared / "tools" / "replay-interviews"), "--base", f"http://127.0.0.1:{server.port}", "--key", KEY,
                             "--tier", "1", "--jobs", "2"], capture_output=True, text=True, check=False)
lines = result.stdout.splitlines()
whole = int(re.match(r"(\d+) passed", lines[-1])[1]) if lines else 0
print("\n".join(lines[-4:-1]))
if whole < floor:
    print("\n".join(line for line in lines if line.startswith("FAIL"))[:6000], result.stderr[-2000:])
    print(f"only {whole} transcripts match whole, {floor} are wanted")
print("1 passed, 0 failed" if whole >= floor else "0 passed, 1 failed")
sys.exit(whole < floor)
