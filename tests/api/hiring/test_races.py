#!/usr/bin/python3
"""What holds when everybody does it at once (hiring 9), on both stores, and over restarts.

usage: test_races.py BUILD [ROUNDS [STORE…]]      STORE: sqlite, postgresql; both if none is named
"""
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

from support import *  # noqa: F403
from support import EMAIL, PASSWORD, Checks, LiveKit, Server, call, details, ended, interview, login, stores, until, user  # noqa: E402
from test_livekit import event, send

check = Checks()


def at_once(n, act):
    """Results of act(i, connection) for i < n, begun together."""
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(act, range(n)))


def count(answers, status, detail=None):
    return sum(1 for s, body in answers if s == status and (detail is None or body.get("detail") == detail))


def registrations(server, n):
    body = {"email": f"many{n}@example.com", "username": f"many{n}", "password": "longenough"}
    answers = at_once(64, lambda i: call(server, "POST", "/auth/register", body=body))
    busy = count(answers, 503)
    check("64 registrations of one address give one account", count(answers, 200) == 1 and count(answers, 400, "Email already registered") == 63 - busy, answers[:3])
    folder = pathlib.Path(server.data, "mail")

    def letters():
        return [f for f in folder.glob("*.eml") if f"many{n}@example.com" in f.read_text(errors="replace")]
    until(letters, "a proof mail")
    check("and one mail that proves it", len(letters()) == 1, len(letters()))


def keys(server, n):
    _, token = user(server, f"keys{n}")
    answers = at_once(20, lambda i: call(server, "POST", "/api-keys/", token, {"name": f"k{i}"}))
    check("20 creations give exactly 10 keys", count(answers, 200) == 10 and count(answers, 400, "Maximum number of API keys reached") == 10,
          [s for s, _ in answers])
    listed = call(server, "GET", "/api-keys/", token)[1]
    check("which are the ones that are listed", len(listed) == 10, len(listed))
    gone = next(b["id"] for s, b in answers if s == 200)
    call(server, "DELETE", f"/api-keys/{gone}", token)
    check("one that is switched off makes room for one", call(server, "POST", "/api-keys/", token, {"name": "again"})[0] == 200)
    check("for one only", call(server, "POST", "/api-keys/", token, {"name": "again"})[0] == 400)
    return token


def use(server, key, times):
    connection = server.connect()
    answers = [call(server, "POST", "/interviews/api/create", key, {}, connection=connection)[0] for _ in range(times)]
    connection.close()
    return answers


def uses(server, n):
    """Over a clean restart; returns the token that still works."""
    _, token = user(server, f"uses{n}")
    key = call(server, "POST", "/api-keys/", token, {"name": "busy"})[1]
    statuses = sum(at_once(20, lambda i: use(server, key["key"] if i % 2 else key["secret"], 50)), [])
    check("1,000 uses are answered", statuses.count(422) == 1000, {s: statuses.count(s) for s in set(statuses)})
    listed = call(server, "GET", "/api-keys/", token)[1][0]
    check("and counted", listed["usage_count"] == 1000, listed["usage_count"])
    at_once(10, lambda i: use(server, key["key"], 10))
    check("a clean end", server.stop() == 0)
    server.start()
    listed = call(server, "GET", "/api-keys/", token)[1][0]
    check("those just before the end too", listed["usage_count"] == 1100, listed["usage_count"])
    # Switched off while in use: each use is before, and counted, or after, and refused.
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        running = [pool.submit(use, server, key["key"], 30) for _ in range(8)]
        call(server, "DELETE", f"/api-keys/{key['id']}", token)
        over = pool.submit(use, server, key["key"], 5).result()
        statuses = sum((r.result() for r in running), [])
    listed = call(server, "GET", "/api-keys/", token)[1][0]
    check("a use that begins after the key was switched off is refused", over == [401] * 5, over)
    check("a use is before or after, and counted if it is before", set(statuses) <= {422, 401} and listed["usage_count"] == 1100 + statuses.count(422),
          (listed["usage_count"], statuses.count(422)))
    return token


def logout(server, n):
    name = f"leaving{n}"
    _, token = user(server, name)
    other = login(server, name)
    answers = []

    def knock(_):
        connection = server.connect()
        for _ in range(20):
            began = time.monotonic()
            answers.append((began, call(server, "GET", "/users/me", token, connection=connection)[0]))
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(33) as pool:
        running = [pool.submit(knock, i) for i in range(32)]
        status = call(server, "POST", "/auth/logout", token)[0]
        over = time.monotonic()
        for r in running:
            r.result()
    late = [s for began, s in answers if began > over]
    check("logged out", status == 200)
    check("whatever begins after the answer is refused", set(late) <= {401}, late)
    check("whatever began before it is one or the other", {s for _, s in answers} <= {200, 401}, {s for _, s in answers})
    check("the other token goes on", call(server, "GET", "/users/me", other)[0] == 200)
    return token


def interviews(server, n):
    _, token = user(server, f"both{n}")
    body = {"title": "T", "candidate_name": "N", "candidate_email": "n@example.com", "position": "P"}
    answers = at_once(16, lambda i: call(server, "POST", "/interviews/", token, body, {"Idempotency-Key": "one"}))
    made = {b.get("id") for s, b in answers if s == 200}
    check("16 repeats make one interview", len(made) == 1 and count(answers, 200) + count(answers, 503) == 16, answers[:3])
    one = interview(server, token)
    path = f"/interviews/{one['id']}"
    parts = [{"title": "new"}, {"position": "new"}, {"candidate_name": "new"}, {"technical_score": 50}, {"behavioral_score": 60}, {"overall_feedback": "new"},
             {"interview_config": {"n": 1}}, {"scheduled_at": "2030-01-01"}]
    answers = at_once(len(parts), lambda i: call(server, "PUT", path, token, parts[i]))
    now = details(server, token, one["id"])
    check("changes of different members are all there", count(answers, 200) == len(parts) and
          (now["title"], now["position"], now["candidate_name"], now["technical_score"], now["behavioral_score"], now["overall_feedback"], now["interview_config"],
           now["status"]) == ("new", "new", "new", 50, 60, "new", {"n": 1}, "scheduled"), now)
    answers = at_once(8, lambda i: call(server, "PUT", path, token, {"title": f"t{i}"}, {"If-Match": '"9"'}))
    check("of those who mean the same state one wins", count(answers, 200) == 1 and count(answers, 412) == 7, [s for s, _ in answers])


def webhooks(server, n):
    _, token = user(server, f"events{n}")
    one = interview(server, token)
    now = int(time.time())
    joined = event("participant_joined", one["room_name"], f"EV_{n}", now, "candidate-" + one["id"])
    answers = at_once(8, lambda i: send(server, joined) if i else call(server, "PUT", f"/interviews/{one['id']}", token, {"status": "completed"}))
    check("events are taken while the status is set", count(answers, 200) == 8, answers)
    check("and the one who owns it wins", details(server, token, one["id"])["status"] == "completed")
    two = interview(server, token)
    joined = event("participant_joined", two["room_name"], f"EV_{n}b", now, "candidate-" + two["id"])
    at_once(8, lambda i: send(server, joined))
    connection = server.connect()
    connection.request("GET", f"/api/v1/interviews/{two['id']}", headers={"Authorization": "Bearer " + token})
    tag = connection.getresponse().headers["ETag"]
    connection.close()
    check("one event has one effect", tag == '"2"', tag)


def command(server, *words, text=None):
    return subprocess.run([str(server.build / "chancery"), *words, "--data", str(server.data), *[w for s in server.settings for w in ("--set", s)]],
                          input=text, capture_output=True, text=True, check=False, env=server.env)


def at_a_stroke(server, n):
    """What an operator does holds with the next request, and what was ended stays so over a restart."""
    name = f"stroke{n}"
    _, token = user(server, name)
    key = call(server, "POST", "/api-keys/", token, {"name": "k"})[1]["key"]
    done = command(server, "user", "set-password", f"{name}@example.com", "--password-stdin", text="another password\n")
    check("a password by command", done.returncode == 0, done.stderr)
    check("ends the tokens", call(server, "GET", "/users/me", token)[0] == 401)
    fresh = login(server, name, "another password")
    done = command(server, "hiring", "rotate")
    check("a new secret by command", done.returncode == 0, done.stderr)
    until(lambda: login(server, name, "another password").split(".")[0] != fresh.split(".")[0], "the new secret signs")
    check("what the old one signed stays good", call(server, "GET", "/users/me", fresh)[0] == 200)
    done = command(server, "hiring", "rotate", "--end-tokens")
    check("a new secret instead of all", done.returncode == 0 and "good no longer" in done.stdout, done.stdout + done.stderr)
    until(lambda: call(server, "GET", "/users/me", fresh) == (401, {"detail": "Could not validate credentials"}), "what the old ones signed ends")
    fresh = login(server, name, "another password")
    check("whoever logs in again is in", call(server, "GET", "/users/me", fresh)[0] == 200)
    done = command(server, "user", "deactivate", f"{name}@example.com")
    check("deactivated by command", done.returncode == 0, done.stderr)
    check("the user is told so", call(server, "GET", "/users/me", fresh) == (400, {"detail": "Inactive user"}))
    check("his key is nobody's", call(server, "POST", "/interviews/api/create", key, {})[0] == 401)


def leftovers(server, n):
    """What lets somebody in ends with his password, also what he asks for at that very moment."""
    name = f"leftover{n}"
    _, token = user(server, name)

    def make_and_drop(_):
        connection, made = server.connect(), 0
        while True:
            status, key = call(server, "POST", "/api-keys/", token, {"name": "k"}, connection=connection)
            if status not in (200, 400):
                connection.close()
                return status, made
            made += status == 200
            if status == 200:
                call(server, "DELETE", "/api-keys/" + key["id"], token, connection=connection)

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        running = [pool.submit(make_and_drop, i) for i in range(24)]
        done = command(server, "user", "set-password", f"{name}@example.com", "--password-stdin", text="another password\n")
        answers = [r.result() for r in running]
    check("a password that proves the address first", done.returncode == 0, done.stderr)
    check("signs out who makes keys", {s for s, _ in answers} == {401} and sum(made for _, made in answers) > 0, answers)
    listed = call(server, "GET", "/api-keys/", login(server, name, "another password"))[1]
    check("and none of his keys is left", listed and not [k for k in listed if k["is_active"]], len([k for k in listed if k["is_active"]]))


def networks(server):
    """Whoever has one address of IPv6 has a network of them; and whatever a stranger types, little of it is kept."""
    def sender(n):
        return {"X-Forwarded-For": f"2001:db8:0:1::{n:x}"}
    answers = [call(server, "POST", "/auth/register", body={}, headers=sender(n))[0] for n in range(22)]
    check("20 registrations of a network in an hour", answers == [422] * 20 + [429] * 2, answers)
    other = call(server, "POST", "/auth/register", body={}, headers={"X-Forwarded-For": "2001:db8:0:2::1"})[0]
    check("another network has its own", other == 422, other)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [server.call("POST", "/account/forgot", form=f"email=n{n}%40example.com".encode(), headers={**form, **sender(n)}, key=None)[0] for n in range(22)]
    check("20 forgotten passwords of a network in an hour", answers == [200] * 20 + [429] * 2, answers)
    typed = b"username=" + b"long" * 100000 + b"&password=wrong"
    answers = [call(server, "POST", "/auth/login", raw=(form["Content-Type"], b"username=n%d&password=wrong" % n), headers=sender(n))[0] for n in range(99)]
    answers.append(call(server, "POST", "/auth/login", raw=(form["Content-Type"], typed), headers=sender(99))[0])
    check("100 guesses of a network are answered", answers == [401] * 100, answers)
    late = call(server, "POST", "/auth/login", raw=(form["Content-Type"], b"username=late&password=wrong"), headers=sender(100))[0]
    check("the next one is too many", late == 429, late)
    told = command(server, "audit", "tail", "--json")
    kept = max(len(record["actor_email"] or "") for record in json.loads(told.stdout))
    check("of a name that nobody can have little is kept", 100 < kept <= 600, (kept, told.stderr))


def throttles(build, settings):
    server = Server(build, settings=[*settings, "limits.enabled=true", "hiring.api_keys.per_minute=5", 'trusted_proxies=["127.0.0.1"]'])
    _, token = user(server, "slow")

    def guess(_):
        form = ("application/x-www-form-urlencoded", b"username=slow%40example.com&password=wrong")
        return call(server, "POST", "/auth/login", raw=form)
    answers = at_once(30, guess)
    check("of 30 guesses at once 10 are told apart", count(answers, 401) == 10 and count(answers, 429, "Too many requests") == 20, [s for s, _ in answers])
    form = ("application/x-www-form-urlencoded", b"username=slow&password=longenough")
    check("then the right password is too many as well", call(server, "POST", "/auth/login", raw=form)[0] == 429)
    form = ("application/x-www-form-urlencoded", b"username=nobody%40example.com&password=wrong")
    answers = [call(server, "POST", "/auth/login", raw=form)[0] for _ in range(12)]
    check("an address that is nobody's is no different", answers == [401] * 10 + [429] * 2, answers)
    key = call(server, "POST", "/api-keys/", token, {"name": "k"})[1]
    answers = [call(server, "POST", "/interviews/api/create", key["secret"], {})[0] for _ in range(8)]
    check("5 requests of a key in a minute", answers == [422] * 5 + [429] * 3, answers)
    check("those that were too many are no uses", call(server, "GET", "/api-keys/", token)[1][0]["usage_count"] == 5)
    answers = [call(server, "POST", "/auth/register", body={})[0] for _ in range(22)]
    check("20 registrations of an address in an hour, and that is said before what is wrong", answers == [422] * 19 + [429] * 3, answers)
    connection = server.connect()
    connection.request("POST", "/api/v1/auth/register", b"{}")
    reply = connection.getresponse()
    check("which tells when to come again", reply.status == 429 and 3000 < int(reply.headers["Retry-After"]) <= 3600, reply.headers["Retry-After"])
    connection.close()
    networks(server)
    ended(check, "throttles", server)
    server.remove()


def expiry(build):
    """A token that is over is none (hiring 3), and it is for that server alone that made it."""
    server, other = Server(build, settings=["hiring.access_token_ttl=3"]), Server(build)
    _, token = user(server, "brief")
    check("a token of another server is none", call(other, "GET", "/users/me", token) == (401, {"detail": "Could not validate credentials"}))
    check("a token is good", call(server, "GET", "/users/me", login(server, "brief"))[0] == 200)
    until(lambda: call(server, "GET", "/users/me", token)[0] == 401, "the end of a token")
    check("one that is over cannot even be ended", call(server, "POST", "/auth/logout", token) == (401, {"detail": "Could not validate credentials"}))
    for one in (server, other):
        ended(check, "expiry", one)
        one.remove()


def secrets_at_rest(build):
    """Neither passwords nor keys nor tokens in the files of the store or the log (hiring 12.9)."""
    server = Server(build)
    _, token = user(server, "atrest")
    key = call(server, "POST", "/api-keys/", token, {"name": "k"})[1]
    call(server, "POST", "/auth/register", body={"email": "x", "username": "y", "password": "never-to-be-seen"})
    call(server, "POST", "/interviews/api/create", key["key"] + ":" + key["secret"], {})
    secrets = [token, key["key"], key["secret"], key["key"][3:], key["secret"][3:], "longenough", "never-to-be-seen", token.split(".")[2]]
    for stopped in (False, True):
        if stopped:
            ended(check, "at rest", server, secrets)
        files = [f for f in server.data.rglob("*") if f.is_file() and f.suffix != ".eml"]
        found = [(f.name, s) for f in files for s in secrets if s.encode() in f.read_bytes()]
        check("no secret in the files", not found and files, found)
    server.remove()


def main():
    build, rounds, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2, sys.argv[3:] or ["sqlite", "postgresql"]
    livekit = LiveKit()
    secrets_at_rest(build)
    expiry(build)
    with stores(wanted) as here:
        for name, settings in here:
            print(f"      {name}, {rounds} rounds", flush=True)
            throttles(build, settings())
            server = Server(build, settings=[*settings(), *livekit.settings(), "argon2.memory_kib=8192", "argon2.passes=1"])
            for n in range(rounds):
                registrations(server, n)
                keys(server, n)
                dead = logout(server, n)
                uses(server, n)
                check("a token that was ended stays so over a restart", call(server, "GET", "/users/me", dead)[0] == 401)
                interviews(server, n)
                webhooks(server, n)
                at_a_stroke(server, n)
                leftovers(server, n)
            ended(check, name, server)
            server.remove()
    livekit.stop()
    return check.end()


if __name__ == "__main__":
    sys.exit(main())
