"""A server for the hiring tour of npm/tour.ts: tour.py BUILD FOLDER."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import Server  # noqa: E402

# LiveKit is not there: tokens are made without it.
SETTINGS = ["families=[hiring]", "livekit.url=http://127.0.0.1:9", "livekit.api_key=APIpeer", "livekit.api_secret=" + "s" * 40]

with Server(sys.argv[1], settings=SETTINGS) as server:
    sys.exit(subprocess.run(["node", "out/tour.js", "http://127.0.0.1:%d" % server.port], cwd=sys.argv[2], timeout=120, check=False).returncode)
