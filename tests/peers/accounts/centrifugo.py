"""A server of ours, a server on Centrifugo's library, Centrifugo's client: centrifugo.py BUILD PROGRAM FOLDER_WITH_NODE_MODULES."""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "support"))
from chancery_server import Server  # noqa: E402

peer = subprocess.Popen([sys.argv[2], "shared between the two"], stdout=subprocess.PIPE, text=True)
try:
    port = peer.stdout.readline().strip()
    with tempfile.TemporaryDirectory() as mails, \
            Server(sys.argv[1], settings=[f"mail.url=dir:{mails}", "accounts.centrifugo.enabled=true", "accounts.centrifugo.secret=shared between the two",
                                          f"accounts.centrifugo.url=ws://127.0.0.1:{port}/connection/websocket"]) as server:
        done = subprocess.run(["npx", "--no-install", "tsx", "centrifugo.ts", f"http://127.0.0.1:{server.port}", port, mails], cwd=sys.argv[3], timeout=120, check=False)
finally:
    peer.kill()
    peer.wait()
    peer.stdout.close()
sys.exit(done.returncode)
