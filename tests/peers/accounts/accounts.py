"""Two servers, a GitHub of our own and the generated client: accounts.py BUILD FOLDER_WITH_CLIENT."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "accounts"))
sys.path.insert(0, str(HERE.parent.parent / "support"))
from accounts_support import GitHub  # noqa: E402
from chancery_server import Server  # noqa: E402

hub = GitHub()
hub.users["code-of-octocat"] = ({"id": 1, "login": "octocat", "name": "Octo Cat", "email": None, "avatar_url": "https://avatars.example.com/1"},
                                [{"email": "octocat@example.com", "verified": True, "primary": True}])
hub.users["code-of-ann-lee"] = ({"id": 2, "login": "annlee", "name": "Ann Lee", "email": "ann@example.com", "avatar_url": ""},
                                [{"email": "ann@example.com", "verified": True, "primary": True}])
with tempfile.TemporaryDirectory() as mails:
    common = ["accounts.site_url=https://app.example.com", *hub.settings(), "accounts.centrifugo.enabled=true", "accounts.centrifugo.secret=peer"]
    for name in ("free", "limited"):
        pathlib.Path(mails, name).mkdir()
    with Server(sys.argv[1], settings=[*common, f"mail.url=dir:{mails}/free"]) as free, \
            Server(sys.argv[1], settings=[*common, f"mail.url=dir:{mails}/limited", "limits.enabled=true", "accounts.access_lifetime=2"]) as limited:
        done = subprocess.run(["npx", "--no-install", "tsx", "accounts.ts", f"http://127.0.0.1:{free.port}", f"http://127.0.0.1:{limited.port}", f"{mails}/free", f"{mails}/limited"],
                              cwd=sys.argv[2], timeout=300, check=False)
hub.stop()
sys.exit(done.returncode)
