#!/usr/bin/python3
"""Rooms, join tokens and events (hiring 5) against a LiveKit that is played: good, refused, hanging, 401 in plain text, 500, none at all.

usage: test_livekit.py BUILD
"""
import concurrent.futures
import json
import sys
import time

from support import *  # noqa: F403

check = Checks()


def cancelled_and_wanted_again(server, livekit, token):
    one = interview(server, token, scheduled_at=int(time.time()) + 7200)
    livekit.wait("CreateRoom", 1)
    method, body, bearer, kind = livekit.asked[-1]
    grant = claims_of(bearer)
    check("a room is made for an interview", body["name"] == one["room_name"] and kind == "application/json", body)
    check("kept until an hour after its time", 10700 <= body["empty_timeout"] <= 10800, body)
    check("with the limits of the specification", (body["departure_timeout"], body["max_participants"]) == (60, 10), body)
    check("its metadata names the interview", json.loads(body["metadata"])["interview_id"] == one["id"], body)
    check("the token may make rooms, for a minute", grant["video"] == {"roomCreate": True} and grant["iss"] == KEY and grant["exp"] - time.time() <= 61, grant)
    check("the room is known as made", until(lambda: details(server, token, one["id"])["room_state"] == "created", "room_state"))
    call(server, "PUT", f"/interviews/{one['id']}", token, {"status": "cancelled"})
    livekit.wait("DeleteRoom", 1)
    check("cancelled: the room goes", until(lambda: one["room_name"] not in livekit.rooms, "room removed"))
    status, answer = call(server, "POST", f"/interviews/{one['id']}/token", token)
    check("no token for a cancelled interview", (status, answer) == (409, {"detail": "Interview is cancelled"}), (status, answer))
    call(server, "PUT", f"/interviews/{one['id']}", token, {"status": "pending"})
    check("opened again: the room comes back", until(lambda: one["room_name"] in livekit.rooms, "room made again"))


def tokens(server, livekit, me, token):
    one = interview(server, token, interview_config={"duration": 45})
    status, answer = call(server, "POST", f"/interviews/{one['id']}/token", token)
    check("a token needs no body", status == 200 and list(answer) == ["token", "room_name", "participant_name"], (status, answer))
    c = claims_of(answer["token"])
    check("it is the candidate's", c["sub"] == "candidate-" + one["id"] and c["name"] == "Jane Doe" == answer["participant_name"], c)
    check("for the room, to speak and to listen", c["video"] == {"room": one["room_name"], "roomJoin": True, "canPublish": True, "canSubscribe": True,
                                                                 "canPublishData": True}, c)
    check("for six hours, from ten seconds ago", c["exp"] - c["iat"] == 21600 and c["iat"] - c["nbf"] == 10 and c["iss"] == KEY and c["jti"], c)
    check("its metadata holds no address", json.loads(c["metadata"]) == {"interview_id": one["id"], "role": "candidate", "position": "Engineer"} and
          "jane.doe@" not in json.dumps(c), c)
    check("an agent is dispatched with the interview's configuration", c["roomConfig"] ==
          {"agents": [{"agentName": "interviewer", "metadata": '{"duration":45}'}]}, c)
    status, answer = call(server, "POST", f"/interviews/{one['id']}/token?include=details", token, {"role": "interviewer"})
    c = claims_of(answer["token"])
    check("the interviewer administers the room under his own name", c["sub"] == "interviewer-" + me["id"] and c["video"]["roomAdmin"] is True and
          c["name"] == me["username"] and answer["identity"] == c["sub"] and answer["server_url"] == "wss://rooms.example", answer)
    check("when it ends is told", answer["expires_at"].endswith("Z") and ".000" in answer["expires_at"], answer)
    status, answer = call(server, "POST", f"/interviews/{one['id']}/token", token, {"role": "observer", "participant_name": "Somebody"})
    c = claims_of(answer["token"])
    check("an observer is neither seen nor heard", c["video"]["canPublish"] is False and c["video"]["hidden"] is True and c["name"] == "Somebody", c)
    status, answer = call(server, "POST", f"/interviews/{one['id']}/token", token, {"role": "owner"})
    check("there are no other roles", status == 422 and answer["detail"][0]["type"] == "enum", answer)
    key = call(server, "POST", "/api-keys/", token, {"name": "k"})[1]
    status, answer = call(server, "POST", f"/interviews/api/{one['id']}/token", key["secret"], {"role": "interviewer"})
    c = claims_of(answer["token"])
    check("a key makes candidates only", status == 200 and c["sub"] == "candidate-" + one["id"] and "roomAdmin" not in c["video"], answer)
    _, other = user(server, "other")
    theirs = interview(server, other)
    status, answer = call(server, "POST", f"/interviews/api/{theirs['id']}/token", key["key"])
    check("to a key somebody else's interview is none", (status, answer) == (404, {"detail": "Interview not found"}), answer)
    status, answer = call(server, "POST", f"/interviews/{theirs['id']}/token", token)
    check("to a user it is forbidden", (status, answer) == (403, {"detail": "Not enough permissions"}), answer)
    join = call(server, "POST", f"/interviews/{one['id']}/token", token)[1]["token"]
    check("a join token opens nothing here", call(server, "GET", "/users/me", join)[0] == 401)
    check("nor is it an event", call(server, "POST", "/livekit/webhook", headers={"Authorization": join}, raw=("application/webhook+json", b"{}"))[0] == 401)
    call(server, "PUT", f"/interviews/{one['id']}", token, {"status": "completed"})
    check("a completed interview can be entered again", call(server, "POST", f"/interviews/{one['id']}/token", token)[0] == 200)
    before = details(server, token, one["id"])
    check("a token changes nothing of the interview", before["status"] == "completed" and before["started_at"] is None, before)
    return key


# Events

def send(server, event, secret=SECRET, iss=KEY, exp=60, body=None, prefix="", sha=None):
    raw = json.dumps(event).encode()
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()  # noqa: F405
    token = sign({"iss": iss, "exp": int(time.time()) + exp, "nbf": int(time.time()) - 10, "sha256": sha or digest}, secret)
    return call(server, "POST", "/livekit/webhook", headers={"Authorization": prefix + token}, raw=("application/webhook+json", body or raw))


def event(name, room, number, at, identity=None):
    out = {"event": name, "id": number, "createdAt": str(at), "room": {"name": room, "sid": "RM_x", "numParticipants": 1}, "unknown": {"a": [1]}}
    if identity:
        out["participant"] = {"identity": identity, "sid": "PA_x"}
    return out


def events(server, token):
    now = int(time.time())
    one = interview(server, token)
    room, candidate = one["room_name"], "candidate-" + one["id"]

    def look():
        return details(server, token, one["id"])

    joined = event("participant_joined", room, "EV_1", now - 50, candidate)
    for name, kind in [("another secret", {"secret": "another secret"}), ("another issuer", {"iss": "APIother"}), ("expired", {"exp": -120}),
                       ("another body", {"body": json.dumps(dict(joined, id="EV_9")).encode()}), ("another hash", {"sha": "AAAA"})]:
        status, answer = send(server, joined, **kind)
        check(f"an event is refused: {name}", (status, answer) == (401, {"detail": "Could not validate credentials"}), (status, answer))
    check("and has no effect", look()["status"] == "pending")
    check("one without a signature is refused", call(server, "POST", "/livekit/webhook", raw=("application/webhook+json", b"{}"))[0] == 401)
    check("an unknown event is taken", send(server, event("ingress_started", room, "EV_a", now))[0] == 200)
    check("one of a room that is not ours too", send(server, event("participant_joined", "interview-000000000000", "EV_b", now, candidate))[0] == 200)
    check("one of nobody is recorded only", send(server, event("participant_joined", room, "EV_c", now - 60, "interviewer-x"))[0] == 200 and
          look()["status"] == "pending")
    check("a minute late is fine", send(server, event("room_started", room, "EV_d", now), exp=-30)[0] == 200 and look()["room_state"] == "created")
    check("the candidate came", send(server, joined, prefix="Bearer ")[0] == 200)
    seen = look()
    check("the interview is in progress", seen["status"] == "in_progress" and seen["started_at"], seen)
    finished = event("room_finished", room, "EV_2", now - 10)
    check("the room ended", send(server, finished)[0] == 200)
    seen = look()
    check("the interview is completed", seen["status"] == "completed" and seen["ended_at"] > seen["started_at"], seen)
    call(server, "PUT", f"/interviews/{one['id']}", token, {"status": "in_progress"})
    check("the same event twice has one effect", send(server, finished)[0] == 200 and look()["status"] == "in_progress")
    call(server, "PUT", f"/interviews/{one['id']}", token, {"status": "cancelled"})
    send(server, event("participant_joined", room, "EV_3", now, candidate))
    send(server, event("room_finished", room, "EV_4", now))
    check("what was cancelled stays so", look()["status"] == "cancelled")
    check("an event of the year 10000 is one of now", send(server, event("room_finished", room, "EV_7", 253402300800))[0] == 200 and
          look()["ended_at"] < "2100", look()["ended_at"])
    check("signed nonsense is told so", send(server, [1])[0] == 400)
    late = interview(server, token)
    send(server, event("room_finished", late["room_name"], "EV_5", now))
    send(server, event("participant_joined", late["room_name"], "EV_6", now - 100, "candidate-" + late["id"]))
    seen = details(server, token, late["id"])
    check("in the wrong order it comes out the same", seen["status"] == "completed" and seen["started_at"] < seen["ended_at"], seen)


def good(build):
    livekit = LiveKit()
    server = Server(build, settings=livekit.settings("livekit.agent_name=interviewer"))
    me, token = user(server, "livekit")
    cancelled_and_wanted_again(server, livekit, token)
    key = tokens(server, livekit, me, token)
    events(server, token)
    done = subprocess.run([str(server.build / "chancery"), "livekit", "check", *[w for s in livekit.settings() for w in ("--set", s)]], capture_output=True,
                          text=True, check=False)
    check("livekit check makes and removes a room", done.returncode == 0 and livekit.asked[-1][0] == "DeleteRoom" and livekit.asked[-2][1]["name"] ==
          livekit.asked[-1][1]["room"] and not any(r.startswith("probe-") for r in livekit.rooms), done.stdout + done.stderr)
    livekit.mode = "plain 401"
    done = subprocess.run([str(server.build / "chancery"), "livekit", "check", *[w for s in livekit.settings() for w in ("--set", s)]], capture_output=True,
                          text=True, check=False)
    check("or says what is wrong", done.returncode == 1 and "CreateRoom" in done.stderr and "401" in done.stderr and livekit.asked[-1][2] not in done.stderr, done.stderr)
    metrics = server.call("GET", "/metrics", key=None)[1].decode()
    check("tokens and refusals are counted", "chancery_hiring_join_tokens_total 6" in metrics and "chancery_hiring_webhooks_refused_total 7" in metrics, metrics)
    bearers = [a[2] for a in livekit.asked]
    ended(check, "a good LiveKit", server, [SECRET, key["key"], key["secret"], token, *bearers[:3]])
    server.remove()
    livekit.stop()


def trouble(build, mode, state):
    """The interview is there at once, whatever LiveKit does; the job says what became of it."""
    livekit = LiveKit()
    livekit.mode = mode
    server = Server(build, settings=livekit.settings("livekit.timeout=1"))
    _, token = user(server, "trouble")
    one = interview(server, token)
    livekit.wait("CreateRoom", 1)
    check(f"{mode}: the interview was there before LiveKit was asked", call(server, "GET", f"/interviews/{one['id']}", token)[0] == 200)
    if state == "failed":
        check(f"{mode}: given up", until(lambda: details(server, token, one["id"])["room_state"] == "failed", "failed"))
    else:
        asked = len(livekit.asked)
        livekit.mode = "good"
        livekit.free.set()
        check(f"{mode}: tried again and made", until(lambda: details(server, token, one["id"])["room_state"] == "created", "created", 60), asked)
        livekit.mode = mode
        livekit.free.clear()
    status, answer = call(server, "POST", f"/interviews/{one['id']}/token", token)
    check(f"{mode}: a token all the same", status == 200 and claims_of(answer["token"])["sub"], (status, answer))
    secrets = [a[2] for a in livekit.asked] + [SECRET]
    ended(check, mode, server, secrets)
    server.remove()
    livekit.stop()


def crossing(build):
    """Cancelled while LiveKit is asked for the room, because somebody wants to join."""
    livekit = LiveKit()
    server = Server(build, settings=livekit.settings("livekit.timeout=60"))
    _, token = user(server, "crossing")
    one = interview(server, token)
    until(lambda: details(server, token, one["id"])["room_state"] == "created", "room made")
    livekit.mode = "hang"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        joining = pool.submit(call, server, "POST", f"/interviews/{one['id']}/token", token)
        livekit.wait("CreateRoom", 2)
        livekit.mode = "good"
        call(server, "PUT", f"/interviews/{one['id']}", token, {"status": "cancelled"})
        livekit.wait("DeleteRoom", 1)
        livekit.free.set()
        check("crossing: who asked before it was cancelled has a token", joining.result()[0] == 200)
    check("crossing: the room that came after is removed, too", len(livekit.wait("DeleteRoom", 2)) == 2)
    ended(check, "crossing", server, [SECRET])
    server.remove()
    livekit.stop()


def nobody(build):
    livekit = LiveKit()
    livekit.stop()  # the port is free: connections are refused
    server = Server(build, settings=livekit.settings("livekit.require_room=true"))
    _, token = user(server, "nobody")
    one = interview(server, token)
    check("refused: the interview is there, its room is not", details(server, token, one["id"])["room_state"] == "pending")
    status, answer = call(server, "POST", f"/interviews/{one['id']}/token", token)
    check("refused: with require_room no token without a room", (status, answer) == (503, {"detail": "LiveKit is not available"}), (status, answer))
    ended(check, "refused", server, [SECRET])
    server.remove()


def quiet(build):
    server = Server(build, settings=[f"livekit.api_key={KEY}", f"livekit.api_secret={SECRET}", "livekit.webhook=false"])
    _, token = user(server, "quiet")
    one = interview(server, token)
    check("without a server a token is made all the same", call(server, "POST", f"/interviews/{one['id']}/token", token)[0] == 200)
    check("and there is no room", details(server, token, one["id"])["room_state"] == "unconfigured")
    check("events that are switched off are at no address", send(server, event("room_started", "r", "EV_0", 1))[0] == 404)
    ended(check, "no server", server, [SECRET])
    server.remove()


def main():
    build = sys.argv[1]
    good(build)
    for mode in ("plain 401", "refused"):
        trouble(build, mode, "failed")
    for mode in ("hang", "500", "noise"):
        trouble(build, mode, "again")
    crossing(build)
    nobody(build)
    quiet(build)
    return check.end()


if __name__ == "__main__":
    sys.exit(main())
