"""schemathesis over our own documents: no 500, 502, 504, no status, media type or shape that the document does not name (server.md 1, hiring 2).

documents.py BUILD VENV [cases per operation]. Prints a line per run and `N passed, N failed`."""
import json
import pathlib
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
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
    token, key = bearer(server)
    by_key, public = "^/interviews/api/", "^/(auth/(register|login)|livekit/webhook)$"
    yield "with a user's token", [token], ["--exclude-path-regex", by_key, "--exclude-path-regex", public, "--exclude-operation-id", "logout"]
    yield "with an API key", [key], ["--include-path-regex", by_key]
    yield "without anything", [], []
    yield "logging out", [token], ["--include-operation-id", "logout"]


def interviews(server):
    del server
    yield "with the administrator's key", [], []


FAMILIES = {
    "hiring": (hiring, ["families=[hiring]", "livekit.url=http://127.0.0.1:9", "livekit.api_key=APIpeer", "livekit.api_secret=" + "s" * 40]),
    "interviews": (interviews, ["families=[interviews]"]),
}


def run(venv, server, family, name, authorization, filters, cases):
    headers = [w for value in authorization for w in ("-H", "Authorization: " + value)]
    if family == "interviews":
        headers = ["-H", "X-API-Key: " + KEY]
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
    results = []
    for family, (runs, settings) in FAMILIES.items():
        with Server(build, settings=settings) as server:
            for name, authorization, filters in runs(server):
                results.append(run(venv, server, family, name, authorization, filters, cases))
            ended = server.stop()
            wrong = [line for line in server.lines if '"level":"error"' in line]
            results.append(ended == 0 and not wrong)
            if not results[-1]:
                print("FAIL %s: the server ended with %d, and said" % (family, ended), *wrong[:10], sep="\n")
    print("%d passed, %d failed" % (sum(results), len(results) - sum(results)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
