"""schemathesis over our own documents: no 500, 502, 504, no status, media type or shape that the document does not name (server.md 1, hiring 2).

documents.py BUILD VENV [cases per operation]. Prints a line per run and `N passed, N failed`."""
import email
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "accounts")]
from accounts_support import GitHub  # noqa: E402
from chancery_server import KEY, Server  # noqa: E402

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,allow_header_conformance"


def bearer(server):
    """A user of hiring, its token and an API key."""
    user = {"email": "peer@example.com", "username": "peer", "password": "correct horse battery"}
    assert server.call("POST", "/api/v1/auth/register", body=user, key=None)[0] == 200
    form = urllib.parse.urlencode({"username": user["email"], "password": user["password"]})
    c = server.connect()
    c.request("POST", "/api/v1/auth/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
    token = "Bearer " + json.loads(c.getresponse().read())["access_token"]
    key = server.call("POST", "/api/v1/api-keys/", body={"name": "peer"}, headers={"Authorization": token}, key=None)[1]
    return token, "Bearer " + key["key"]


def hiring(server):
    """Name, headers, filters of each run. Logout comes last: it ends the token that the others use."""
    token, key = ("Authorization: " + value for value in bearer(server))
    by_key, public = "^/interviews/api/", "^/(auth/(register|login)|livekit/webhook)$"
    yield "with a user's token", [token], ["--exclude-path-regex", by_key, "--exclude-path-regex", public, "--exclude-operation-id", "logout"]
    yield "with an API key", [key], ["--include-path-regex", by_key]
    yield "without anything", [], []
    yield "logging out", [token], ["--include-operation-id", "logout"]


def interviews(server):
    del server
    yield "with the administrator's key", ["X-API-Key: " + KEY], []


def signed_in(server):
    """A user of accounts by a code from the mail folder, its access token and API key."""
    assert server.call("POST", "/cfg/accounts/otp/request/", body={"identifier": "peer@example.com"}, key=None)[0] == 200
    end, found = time.monotonic() + 30, []
    while not found and time.monotonic() < end:
        time.sleep(0.05)
        found = [email.message_from_bytes(path.read_bytes())["Subject"] for path in (server.data / "mail").glob("*.eml")]
    code = re.search(r"[0-9]{4}", found[0])[0]
    token = server.call("POST", "/cfg/accounts/otp/verify/", body={"identifier": "peer@example.com", "otp": code}, key=None)[1]["access"]
    key = server.call("POST", "/cfg/accounts/api-key/regenerate/", body={}, headers={"Authorization": "Bearer " + token}, key=None)[1]["key"]
    return token, key


def accounts(server):
    """The key is tried first, because a new one ends it; the deletion comes last, because it ends the token."""
    access, secret = signed_in(server)
    token, key = "Authorization: Bearer " + access, "X-API-Key: " + secret
    gone = "cfg_accounts_profile_delete_create"
    group_b = "^/cfg/(accounts/(profile/avatar|oauth/(connections|disconnect))|totp/(setup|devices|disable|backup-codes)|centrifugo)"
    yield "with an API key", [key], ["--include-path-regex", group_b]
    yield "with a user's token", [token], ["--exclude-operation-id", gone]
    yield "without anything", [], []
    yield "deleting the account", [token], ["--include-operation-id", gone]


FAMILIES = {
    "hiring": (hiring, ["families=[hiring]", "livekit.url=http://127.0.0.1:9", "livekit.api_key=APIpeer", "livekit.api_secret=" + "s" * 40]),
    "interviews": (interviews, ["families=[interviews]"]),
    "accounts": (accounts, ["families=[accounts]", "accounts.site_url=https://app.example.com", "accounts.centrifugo.enabled=true", "accounts.centrifugo.secret=" + "s" * 40]),
}


def run(venv, server, family, name, headers, filters, cases):
    headers = [w for line in headers for w in ("-H", line)]
    url = "http://127.0.0.1:%d/openapi/%s.json" % (server.port, family)
    command = [str(venv / "bin/schemathesis"), "--config-file", str(HERE / "schemathesis.toml"), "run", url, "-c", CHECKS, "-n", str(cases), "--phases", "examples,coverage,fuzzing", "--seed", "1",
               "--continue-on-failure", "--max-redirects", "0", "--request-timeout", "60", "--suppress-health-check", "all", "--no-color", *headers, *filters]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=server.data)
    print("%s %s, %s" % ("ok  " if done.returncode == 0 else "FAIL", family, name), flush=True)
    if done.returncode:
        print(done.stdout[-int(12000):], done.stderr[-2000:], sep="\n", flush=True)
    else:
        print("\n".join(line for line in done.stdout.splitlines() if "generated" in line or "passed" in line or "Operations" in line), flush=True)
    return done.returncode == 0


def main():
    build, venv = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    cases = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    results, github = [], GitHub()
    for family, (runs, settings) in FAMILIES.items():
        with Server(build, settings=settings + (github.settings() if family == "accounts" else [])) as server:
            for name, headers, filters in runs(server):
                results.append(run(venv, server, family, name, headers, filters, cases))
            ended = server.stop()
            wrong = [line for line in server.lines if '"level":"error"' in line]
            results.append(ended == 0 and not wrong)
            if not results[-1]:
                print("FAIL %s: the server ended with %d, and said" % (family, ended), *wrong[:10], sep="\n")
    github.stop()
    print("%d passed, %d failed" % (sum(results), len(results) - sum(results)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
