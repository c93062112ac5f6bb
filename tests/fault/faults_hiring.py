#!/usr/bin/python3
"""The fault loop over every operation of hiring: the 1st, 2nd, 3rd … allocation or store call of a request fails, until it runs through without.

usage: faults_hiring.py BUILD      (a sanitizer build: fault points are compiled in)
Each time there is an answer, the server lives, and what is stored is as before or as after, never between: what was answered 200 is there, what was refused
is not. Leaks are the sanitizer's to report at the end.
"""
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support"), str(HERE.parent / "api" / "hiring")]
from faults import Loop  # noqa: E402
from support import INTERVIEW, LiveKit, call, details, interview, login, user  # noqa: E402
from test_livekit import event, send  # noqa: E402

REFUSED = (500, 503)
COVERED = set()


class Story:
    def __init__(self, build):
        self.livekit = LiveKit()
        self.loop = Loop(build, settings=self.livekit.settings("livekit.timeout=5", "argon2.memory_kib=8192", "argon2.passes=1"))
        self.server, self.n = self.loop.server, 0
        self.me, self.token = user(self.server, "faulty")
        self.key = call(self.server, "POST", "/api-keys/", self.token, {"name": "k"})[1]
        self.one = interview(self.server, self.token)

    def over(self, name, act, allowed=(200,)):
        COVERED.add(name)
        self.loop.over(name, act, lambda status, body: status in tuple(allowed) + REFUSED)

    def quiet(self):
        self.loop.arm(0)

    def name(self):
        self.n += 1
        return f"fault{self.n}"

    def total(self):
        connection = self.server.connect()
        connection.request("GET", "/api/v1/interviews/?limit=1", headers={"Authorization": "Bearer " + self.token})
        reply = connection.getresponse()
        reply.read()
        connection.close()
        return int(reply.headers["X-Total-Count"])

    # -- each returns (status, body); 599 is never allowed

    def register(self):
        name = self.name()
        body = {"email": f"{name}@example.com", "username": name, "password": "longenough"}
        status, answer = call(self.server, "POST", "/auth/register", body=body)
        self.quiet()
        again, _ = call(self.server, "POST", "/auth/register", body=body)
        return (status, answer) if (status == 200) == (again == 400) else (599, f"register answered {status}, once more {again}")

    def log_in(self):
        form = ("application/x-www-form-urlencoded", b"username=faulty&password=longenough")
        status, answer = call(self.server, "POST", "/auth/login", raw=form)
        self.quiet()
        if status == 200 and call(self.server, "GET", "/users/me", answer["access_token"])[0] != 200:
            return 599, "the token is not good"
        return status, answer

    def wrong_password(self):
        form = ("application/x-www-form-urlencoded", b"username=faulty&password=wrong")
        return call(self.server, "POST", "/auth/login", raw=form)

    def log_out(self):
        self.quiet()
        token = login(self.server, "faulty")
        self.loop.arm(self.loop.number)
        status, answer = call(self.server, "POST", "/auth/logout", token)
        self.quiet()
        after, _ = call(self.server, "GET", "/users/me", token)
        return (status, answer) if (status == 200) == (after == 401) else (599, f"logout answered {status}, then {after}")

    def update_me(self):
        wanted = self.name()
        status, answer = call(self.server, "PUT", "/users/me", self.token, {"full_name": wanted})
        self.quiet()
        now = call(self.server, "GET", "/users/me", self.token)[1]["full_name"]
        return (status, answer) if (status == 200) == (now == wanted) else (599, f"{status}, and the name is {now}")

    def create_key(self):
        """Of an answer that was lost on its way nobody knows whether the key is there: so the others go first."""
        def keys():
            self.quiet()
            return [k["id"] for k in call(self.server, "GET", "/api-keys/", self.token)[1] if k["is_active"]]
        for extra in keys():
            if extra != self.key["id"]:
                call(self.server, "DELETE", f"/api-keys/{extra}", self.token)
        self.loop.arm(self.loop.number)
        status, answer = call(self.server, "POST", "/api-keys/", self.token, {"name": "k"})
        now = len(keys())
        return (status, answer) if now == (2 if status == 200 else 1) else (599, f"{status}, and there are {now} keys")

    def list_keys(self):
        return call(self.server, "GET", "/api-keys/", self.token)

    def deactivate_key(self):
        self.quiet()
        fresh = call(self.server, "POST", "/api-keys/", self.token, {"name": "k"})[1]
        self.loop.arm(self.loop.number)
        status, answer = call(self.server, "DELETE", f"/api-keys/{fresh['id']}", self.token)
        self.quiet()
        after, _ = call(self.server, "POST", "/interviews/api/create", fresh["key"], {})
        call(self.server, "DELETE", f"/api-keys/{fresh['id']}", self.token)
        return (status, answer) if (status == 200) == (after == 401) else (599, f"{status}, then {after}")

    def create(self, path="/interviews/", token=None):
        self.quiet()
        before = self.total()
        self.loop.arm(self.loop.number)
        status, answer = call(self.server, "POST", path, token or self.token, dict(INTERVIEW, interview_config={"a": 1}), {"Idempotency-Key": self.name()})
        self.quiet()
        now = self.total()
        return (status, answer) if now - before == (status == 200) else (599, f"{status}, and {now - before} more")

    def change(self):
        self.quiet()
        before = details(self.server, self.token, self.one["id"])
        wanted = {"title": self.name(), "technical_score": self.n % 100, "status": "cancelled" if before["status"] != "cancelled" else "pending"}
        self.loop.arm(self.loop.number)
        status, answer = call(self.server, "PUT", f"/interviews/{self.one['id']}", self.token, wanted)
        self.quiet()
        now = details(self.server, self.token, self.one["id"])
        changed = [now[k] == v for k, v in wanted.items()]
        good = all(changed) if status == 200 else all(now[k] == before[k] for k in wanted)
        return (status, answer) if good else (599, f"{status}: {before} became {now}")

    def webhook(self):
        self.quiet()
        number = f"EV_{self.name()}"
        fresh = interview(self.server, self.token)
        joined = event("participant_joined", fresh["room_name"], number, int(time.time()), "candidate-" + fresh["id"])
        self.loop.arm(self.loop.number)
        status, answer = send(self.server, joined)
        self.quiet()
        now = details(self.server, self.token, fresh["id"])["status"]
        return (status, answer) if (status == 200) == (now == "in_progress") else (599, f"{status}, and it is {now}")

    def tell(self):
        one, key, server = self.one["id"], self.key["key"], self.server
        self.over("register", self.register, (200, 400))
        self.over("login", self.log_in)
        self.over("a login that fails", self.wrong_password, (401,))
        self.over("logout", self.log_out)
        self.over("authMe", lambda: call(server, "GET", "/auth/me", self.token))
        self.over("usersMe", lambda: call(server, "GET", "/users/me", self.token))
        self.over("updateMe", self.update_me)
        self.over("createApiKey", self.create_key)
        self.over("listApiKeys", self.list_keys)
        self.over("deactivateApiKey", self.deactivate_key)
        self.over("createInterview", self.create)
        self.over("listInterviews", lambda: call(server, "GET", "/interviews/?include=details", self.token))
        self.over("getInterview", lambda: call(server, "GET", f"/interviews/{one}?include=details", self.token))
        self.over("updateInterview", self.change)
        call(server, "PUT", f"/interviews/{one}", self.token, {"status": "pending"})
        self.over("createToken", lambda: call(server, "POST", f"/interviews/{one}/token?include=details", self.token, {"role": "observer"}))
        self.over("createInterviewByKey", lambda: self.create("/interviews/api/create", key))
        self.over("createTokenByKey", lambda: call(server, "POST", f"/interviews/api/{one}/token", key, {}))
        self.over("livekitWebhook", self.webhook)
        self.over("a report", lambda: call(server, "POST", "/interviews/", self.token, {"title": 5, "scheduled_at": "soon", "interview_config": []}), (422,))
        self.over("a redirect", lambda: call(server, "POST", "/interviews", self.token, {}), (307,))


def main():
    story = Story(sys.argv[1])
    loop = story.loop
    document = loop.server.call("GET", "/openapi/hiring.json")[1]
    story.tell()
    missing = {op["operationId"] for item in document["paths"].values() for op in item.values() if "operationId" in op} - COVERED
    if missing:
        loop.wrong.append(f"operations without a loop: {sorted(missing)}")
    status = loop.end()
    story.livekit.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
