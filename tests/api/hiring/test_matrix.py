#!/usr/bin/python3
"""Who may what: every operation of the printed document, times everybody who may knock (hiring 2.3, 3, 4). An operation that has no row here fails.

usage: test_matrix.py BUILD
"""
import subprocess
import sys

from support import *  # noqa: F403
from support import INTERVIEW, PASSWORD, Checks, LiveKit, Server, call, interview, login, user  # noqa: E402

check = Checks()

# Of each operation: how it is called, and the statuses of those who are let in: owner, another user, superuser. {i}: the owner's interview, {k}: a key of his.
OWN, FOREIGN_INTERVIEW, FOREIGN_KEY = (200, 200, 200), (200, 403, 200), (200, 404, 404)
ROWS = {
    "register": ("public", None, {}, 422),
    "login": ("public", None, {}, 422),
    "livekitWebhook": ("public", None, {}, 401),
    "logout": ("user", None, None, OWN),
    "authMe": ("user", None, None, OWN),
    "usersMe": ("user", None, None, OWN),
    "updateMe": ("user", None, {}, OWN),
    "createApiKey": ("user", None, {"name": "k"}, OWN),
    "listApiKeys": ("user", None, None, OWN),
    "deactivateApiKey": ("user", "{k}", None, FOREIGN_KEY),
    "createInterview": ("user", None, INTERVIEW, OWN),
    "listInterviews": ("user", None, None, OWN),
    "getInterview": ("user", "{i}", None, FOREIGN_INTERVIEW),
    "updateInterview": ("user", "{i}", {"title": "new"}, FOREIGN_INTERVIEW),
    "createToken": ("user", "{i}", None, FOREIGN_INTERVIEW),
    "createInterviewByKey": ("key", None, INTERVIEW, (200, 200, 200)),
    "createTokenByKey": ("key", "{i}", None, (200, 404, 404)),
}
TEXTS = {"anonymous": "Not authenticated", "user": "Could not validate credentials", "key": "Invalid or inactive API key"}


class World:
    def __init__(self, server):
        self.server = server
        self.owner, self.token = user(server, "owner")
        _, self.other = user(server, "other")
        self.superuser = login(server, "admin@example.com", PASSWORD)
        self.inactive, self.inactive_key = self.user_with_key("inactive")
        self.revoked = self.user_with_key("revoked")[1]
        self.owner_key, self.other_key, self.super_key = (self.key(t)["key"] for t in (self.token, self.other, self.superuser))
        keys = call(server, "GET", "/api-keys/", login(server, "revoked"))[1]
        call(server, "DELETE", f"/api-keys/{keys[0]['id']}", login(server, "revoked"))
        command = [str(server.build / "chancery"), "user", "deactivate", "inactive@example.com", "--data", str(server.data), "--quiet"]
        subprocess.run(command, check=True, env=server.env)
        self.interview = interview(server, self.token)["id"]

    def user_with_key(self, name):
        _, token = user(self.server, name)
        return token, self.key(token)["key"]

    def key(self, token):
        return call(self.server, "POST", "/api-keys/", token, {"name": "k"})[1]

    def ask(self, method, path, body, credentials):
        spare = self.key(self.token)["id"] if "{k}" in path else ""
        answer = call(self.server, method, path.replace("{i}", self.interview).replace("{k}", spare), credentials, body)
        if spare:
            call(self.server, "DELETE", f"/api-keys/{spare}", self.token)
        return answer


def judge(name, who, answer, status, text=None):
    good = answer[0] == status and (text is None or answer[1] == {"detail": text})
    check(f"{name} × {who}", good, f"{answer}, wanted {status} {text or ''}")


def row(world, name, method, path):
    kind, _, body, let_in = ROWS[name]
    bad = {"user": "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "key": "pk_" + "a" * 32, "public": "x"}[kind]
    ask = lambda credentials: world.ask(method, path, body, credentials)  # noqa: E731
    if kind == "public":
        for who, credentials in {"anonymous": None, "bad token": bad, "user": world.token, "other user": world.other, "superuser": world.superuser,
                                 "inactive": world.inactive, "API key": world.owner_key, "revoked key": world.revoked}.items():
            judge(name, who, ask(credentials), let_in)
        return
    judge(name, "anonymous", ask(None), 401, TEXTS["anonymous"])
    judge(name, "bad token", ask(bad), 401, TEXTS[kind])
    fits, misfits = (world.token, world.other, world.superuser), (world.owner_key, world.other_key, world.super_key)
    if kind == "key":
        fits, misfits = misfits, fits
    for who, credentials, status in zip(("owner", "other user", "superuser"), fits, let_in):
        if name == "logout":  # with a token of its own: it ends
            credentials = login(world.server, "admin@example.com" if who == "superuser" else who.split()[0], PASSWORD if who == "superuser" else "longenough")
        judge(name, who, ask(credentials), status)
    for who, credentials in zip(("owner", "other user", "superuser"), misfits):
        judge(name, f"the wrong kind of the {who}", ask(credentials), 401, TEXTS[kind])
    judge(name, "revoked key", ask(world.revoked), 401, TEXTS[kind])
    judge(name, "key of the inactive", ask(world.inactive_key), 401, TEXTS[kind])
    if kind == "key":
        judge(name, "inactive", ask(world.inactive), 401, TEXTS[kind])
    elif name != "logout":
        judge(name, "inactive", ask(world.inactive), 400, "Inactive user")


def main():
    livekit = LiveKit()
    server = Server(sys.argv[1], settings=[*livekit.settings(), "argon2.memory_kib=8192", "argon2.passes=1", "hiring.api_keys.max_active=1000"])
    document = server.call("GET", "/openapi/hiring.json")[1]
    operations = {op["operationId"]: (method.upper(), path) for path, item in document["paths"].items() for method, op in item.items() if "operationId" in op}
    check("every operation has a row", set(operations) == set(ROWS), set(operations) ^ set(ROWS))
    world = World(server)
    for name, (method, path) in operations.items():
        path = path.removeprefix("/api/v1")
        row(world, name, method, path.replace("{interview_id}", "{i}").replace("{key_id}", "{k}"))
    # Last, since it ends the token; it works for the inactive too.
    judge("logout", "inactive", world.ask("POST", "/auth/logout", None, world.inactive), 200)
    ended(check, "matrix", server, [world.token, world.owner_key, world.inactive_key])  # noqa: F405
    server.remove()
    livekit.stop()
    return check.end()


if __name__ == "__main__":
    sys.exit(main())
