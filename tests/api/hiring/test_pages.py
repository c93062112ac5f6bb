#!/usr/bin/python3
"""What a page of interviews reads and how large it may be (hiring 2.4, 6.10, 6.16), on both stores.

usage: test_pages.py BUILD [STORE…]      STORE: sqlite, postgresql; both if none is named
"""
import json
import sys

from support import *  # noqa: F403
from support import INTERVIEW, Checks, Server, call, ended, interview, stores, user  # noqa: E402

check = Checks()
LARGE = 64 << 10  # what the configuration and the feedback of one interview may be, each
BOUND = 8 << 20   # what they may be of a page
MANY = 150        # more than are read at once


def page(server, token, query, connection):
    """(status, JSON, headers)."""
    connection.request("GET", "/api/v1/interviews/?" + query, headers={"Authorization": "Bearer " + token})
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read()), reply.headers


def order(server, connection):
    """Pages with details are put together of several readings: none is lost, none is there twice."""
    _, token = user(server, "order")
    for n in range(MANY):
        interview(server, token, title=f"t{n}", interview_config={"n": n}, **({"scheduled_at": "2030-01-01"} if n % 3 == 0 else {}))
    for part in ("", "&status=scheduled", "&status=no_show"):
        brief = page(server, token, "limit=1000" + part, connection)
        status, all_, headers = page(server, token, "include=details&limit=1000" + part, connection)
        wanted = {"": MANY, "&status=scheduled": MANY // 3}.get(part, 0)
        check(f"all are listed{part}", (status, len(all_), headers["X-Total-Count"]) == (200, wanted, str(wanted)), (status, len(all_), headers["X-Total-Count"]))
        check(f"in the same order with details{part}", [i["id"] for i in all_] == [i["id"] for i in brief[1]])
        check(f"each with its own configuration{part}", all(i["title"] == f"t{i['interview_config']['n']}" for i in all_))
        check(f"no details but for those who ask{part}", not any("interview_config" in i or "overall_feedback" in i for i in brief[1]))
        for skip, limit in ((0, 64), (0, 65), (1, 128), (63, 2), (len(all_) - 1, 10), (len(all_), 10), (1000, 1000), (9223372036854775807, 1000), (0, 0)):
            if skip < 0:
                continue
            got = [page(server, token, f"{more}skip={skip}&limit={limit}{part}", connection)[1] for more in ("", "include=details&")]
            check(f"skip {skip}, limit {limit}{part}", got == [brief[1][skip:skip + limit], all_[skip:skip + limit]], [len(g) for g in got])


def too_large(server, connection):
    """A page of more than 8 MiB of configuration and feedback is refused for what it is, and one of as much is not."""
    _, token = user(server, "large")
    config = {"t": "c" * (LARGE - len('{"t":""}'))}
    fit = BOUND // (2 * LARGE)
    for _ in range(fit + 1):
        body = json.dumps(dict(INTERVIEW, interview_config=config), separators=(",", ":")).encode()
        status, one = call(server, "POST", "/interviews/", token, raw=("application/json", body))
        check("a configuration as large as may be", status == 200, one)
        # A control character is six bytes of JSON: the largest answer there is.
        status, _ = call(server, "PUT", f"/interviews/{one['id']}", token, {"overall_feedback": "\x01" * LARGE})
        check("feedback as large as may be", status == 200, status)
    body = json.dumps(dict(INTERVIEW, interview_config={"t": config["t"] + "c"}), separators=(",", ":")).encode()
    status, answer = call(server, "POST", "/interviews/", token, raw=("application/json", body))
    check("a byte more of configuration is too much", (status, answer["detail"][0]["loc"]) == (422, ["body", "interview_config"]), str(answer)[:200])
    for kind, text in (("characters", "x" * (LARGE + 1)), ("bytes", "\u00e9" * (LARGE // 2 + 1))):
        status, answer = call(server, "PUT", f"/interviews/{one['id']}", token, {"overall_feedback": text})
        check(f"and too many {kind} of feedback", (status, answer["detail"][0]["loc"]) == (422, ["body", "overall_feedback"]), str(answer)[:200])
    status, answer, headers = page(server, token, "limit=1000", connection)
    check("without details the page is small", (status, len(answer)) == (200, fit + 1), (status, len(answer)))
    used = headers["X-Arena-Used"]  # of sanitizer builds
    check("and costs what is shown of it", used is None or int(used) < 1 << 20, used)
    status, answer, headers = page(server, token, "limit=1000&include=details", connection)
    check("with details it is too large", (status, answer) == (400, {"detail": "This page is too large; ask for fewer with limit"}), (status, str(answer)[:200]))
    check("which is found out before all of it is read", "X-Arena-Used" not in headers or int(headers["X-Arena-Used"]) < 3 * BOUND, headers["X-Arena-Used"])
    status, answer, _ = page(server, token, f"limit={fit}&include=details", connection)
    check("as many as fit are answered", (status, len(answer)) == (200, fit), (status, str(answer)[:200]))
    check("whole", all(i["interview_config"] == config and i["overall_feedback"] == "\x01" * LARGE for i in answer))
    status, answer, _ = page(server, token, "skip=1&limit=1000&include=details", connection)
    check("and so are the rest", (status, len(answer)) == (200, fit), (status, str(answer)[:200]))
    # The newest is {}, of two bytes; the page has it and as many large ones as fit.
    interview(server, token, interview_config={})
    status, answer, _ = page(server, token, f"limit={fit + 1}&include=details", connection)
    check("two bytes beyond the bound are beyond it", status == 400, (status, str(answer)[:200]))


def main():
    build, wanted = sys.argv[1], sys.argv[2:] or ["sqlite", "postgresql"]
    with stores(wanted) as here:
        for name, settings in here:
            server = Server(build, settings=[*settings(), "argon2.memory_kib=8192", "argon2.passes=1"])
            connection = server.connect()
            order(server, connection)
            too_large(server, connection)
            connection.close()
            ended(check, name, server)
            server.remove()
    return check.end()


if __name__ == "__main__":
    sys.exit(main())
