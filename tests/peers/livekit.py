"""A real LiveKit server on loopback, beside ours (hiring 5.4): livekit.py BUILD LIVEKIT_SERVER FOLDER_WITH_NODE_MODULES."""
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from chancery_server import Server  # noqa: E402

KEY, SECRET = "APIpeersOfChancery", "a secret of the tests, long enough for LiveKit"


def free_ports(n, kind):
    """Ports that nobody has at this moment; the server that gets them cannot pick its own."""
    held = [socket.socket(socket.AF_INET, kind) for _ in range(n)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


CONFIG = """port: {port}
bind_addresses: ["127.0.0.1"]
rtc:
  tcp_port: {tcp}
  udp_port: {udp}
  use_external_ip: false
  enable_loopback_candidate: true
  interfaces:
    includes: [lo]
keys:
  {key}: {secret}
webhook:
  api_key: {key}
  urls: ["{chancery}/api/v1/livekit/webhook", "http://127.0.0.1:{catcher}/"]
logging:
  level: warn
"""


def wait_ready(port, server):
    for _ in range(600):
        if server.poll() is not None:
            return False
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/" % port, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def main():
    build, program, node = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
    (port, tcp, catcher), (udp,) = free_ports(3, socket.SOCK_STREAM), free_ports(1, socket.SOCK_DGRAM)
    url = "http://127.0.0.1:%d" % port
    with Server(build, settings=["families=[hiring]", "livekit.url=" + url, "livekit.api_key=" + KEY, "livekit.api_secret=" + SECRET]) as ours, tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "livekit.yaml"
        chancery = "http://127.0.0.1:%d" % ours.port
        config.write_text(CONFIG.format(port=port, tcp=tcp, udp=udp, key=KEY, secret=SECRET, chancery=chancery, catcher=catcher))
        with open(pathlib.Path(folder) / "log", "w") as log:
            theirs = subprocess.Popen([program, "--config", config], stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        try:
            ready = wait_ready(port, theirs)
            done = subprocess.run(["node", "livekit.mjs", chancery, url, KEY, SECRET, str(catcher)], cwd=node, timeout=240, check=False) if ready else None
        finally:
            theirs.terminate()
            theirs.wait(30)
        said = (pathlib.Path(folder) / "log").read_text()
        good = ready and done.returncode == 0
        if not good:
            print("FAIL LiveKit\n" + said[-4000:], *ours.lines[-20:], sep="\n")
        if SECRET in "".join(ours.lines):
            good = print("FAIL the secret is in our log")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
