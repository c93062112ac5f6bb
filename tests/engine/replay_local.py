#!/usr/bin/python3
"""Replays recorded sessions against the engine driver, without a server: the fastest way to find gaps.

replay_local.py --tool REPLAY_TOOL --driver DRIVER --library LIB --packages FOLDER --golden FOLDER [--tier N] [--only GLOB] [-v]

The comparison is that of the replay tool, loaded from its path; what the server adds around a call (status, prefixes of errors) is done here as
the reference dialect has it.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys

NEW = "DAException: create_new_interview: failure to assemble interview: "
QUESTION = "get_question_data: failure to assemble interview: "
STAGES = {3: "Error processing session: %s", 4: "Problem setting variables:Illegal value as variable name.", 5: "Problem setting variables:%s",
          6: "Problem marking question as completed", 7: "Problem deleting variables: %s", 8: "Illegal value as event name.",
          9: "Malformed file variable.", 2: "Insufficient permissions to run this interview."}
KINDS = {"sample.txt": ("text/plain", "txt"), "sample.png": ("image/png", "png"), "sample.pdf": ("application/pdf", "pdf")}


def load_tool(path):
    loader = importlib.machinery.SourceFileLoader("replay_tool", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("replay_tool", loader))
    loader.exec_module(module)
    return module


class Driver:
    """One process per package; started again if it ends."""

    def __init__(self, options, package):
        self.command = [options.driver, options.library, package, options.packages]
        self.process, self.files, self.times = None, 0, []

    def ask(self, request):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise OSError("the driver ended with %s" % self.process.wait())
        reply = json.loads(line)
        self.times.append((reply["us"], request["op"]))
        return reply

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def make_session(tool, driver, name):
    class Local(tool.Session):
        """A live session of the driver."""

        def __init__(self):
            super().__init__("http://localhost", "")
            self.failures = []      # whole texts: the comparison cuts them

        def send(self, request):
            status, kind, raw = getattr(self, request["method"].lower() + request["path"].replace("/api/session", "").replace("/", "_"))(request)
            return status, kind, self.body(status, kind, raw)

        def fail(self, text):
            self.failures.append(text)
            return 400, "application/json", json.dumps(text).encode()

        def shown(self, reply, prefix):
            outcome = reply["outcome"]
            if outcome == "error":
                return self.fail(prefix + reply["error"])
            if outcome == "response":
                return reply["status"], reply["type"].split(";")[0], reply["body"].encode()
            if outcome == "done":
                return 204, "text/html", b""
            return 200, "application/json", json.dumps(reply["json"]).encode()

        def ask(self, op, **more):
            return driver.ask({"op": op, "session": "s" * 32, "i": self.i, **more})

        def get_new(self, request):
            query = dict(request["query"])
            self.i = query.pop("i")
            query.pop("secret", None)
            reply = driver.ask({"op": "new", "session": "s" * 32, "i": self.i, "url_args": query})
            if reply["outcome"] == "error":
                return self.fail(("" if reply["stage"] == 1 else "DAException: " if reply["stage"] == 2 else NEW) + reply["error"])
            body = {"encrypted": not reply["multi_user"], "i": self.i, "session": "s" * 32, "secret": "k" * 16}
            if reply["multi_user"]:
                del body["secret"]
            self.learn(body)
            return 200, "application/json", json.dumps(body).encode()

        def get_question(self, request):
            return self.shown(self.ask("question"), QUESTION)

        def get_(self, request):
            return self.shown(self.ask("variables"), "")

        get = get_

        def post_back(self, request):
            if self.ask("check")["steps"] <= 1:
                return self.fail("Cannot go back.")
            reply = self.ask("back")
            return self.fail("Problem getting current question") if reply["outcome"] == "error" else self.shown(reply, "")

        def post_action(self, request):
            given = self.live(request.get("json", {}))
            reply = self.ask("action", action=given["action"], arguments=given.get("arguments") or {}, persistent=bool(given.get("persistent")),
                             overwrite=bool(given.get("overwrite")), read_only=bool(given.get("read_only")))
            if reply["outcome"] == "response":
                reply["status"] = 200
            return self.shown(reply, "api_session_action: failure to assemble interview: ")

        def uploads(self, request, given):
            files = []
            for part, sample in request.get("files", {}).items():
                driver.files += 1
                variable = (given.get("file_variables") or {}).get(part, part)
                files.append({"variable": variable, "files": [{"number": driver.files, "filename": sample, "mimetype": KINDS[sample][0],
                                                               "extension": KINDS[sample][1]}]})
            return files

        def post(self, request):
            given = self.live(request.get("json", {}))
            for key in ("variables", "delete_variables", "event_list", "file_variables"):
                if isinstance(given.get(key), str):
                    given[key] = json.loads(given[key])
            more = {"variables": given.get("variables") or {}, "delete": given.get("delete_variables") or [], "events": given.get("event_list") or [],
                    "want_question": given.get("question", 1) not in (0, "0", False), "advance": bool(given.get("advance_progress_meter")),
                    "overwrite": bool(given.get("overwrite")), "raw": bool(given.get("raw")), "files": self.uploads(request, given)}
            if "question_name" in given:
                more["question_name"] = given["question_name"]
            reply = self.ask("set", **more)
            if reply["outcome"] == "error" and reply["stage"] in STAGES:
                text = STAGES[reply["stage"]]
                return self.fail(text % reply["error"] if "%s" in text else text)
            return self.shown(reply, "Problem getting current question:" + QUESTION)

        def delete(self, request):
            return 204, "text/html", b""

        delete_ = delete
        post_ = post

    return Local()


def check(tool, options, driver, path, name):
    _, steps = tool.load(path)
    session, wrong = make_session(tool, driver, name), []
    for number, step in enumerate(steps, 1):
        volatile = set(step.get("volatile", ()))

        def skip(where, volatile=volatile):
            return where in volatile or tool.INTERNALS.match(where) or any(fnmatch.fnmatchcase(where, glob) for glob in options.ignore)
        try:
            status, kind, body = session.send(step["request"])
        except (OSError, ValueError, AttributeError, KeyError) as problem:
            wrong.append((number, ("(request)", step["status"], repr(problem))))
            continue
        if status != step["status"]:
            wrong.append((number, ("(status)", [step["status"], step["body"]], [status, body])))
        elif kind != step["type"] and status != 204:
            wrong.append((number, ("(content type)", step["type"], kind)))
        elif step["body"] is not None:
            wrong.extend((number, item) for item in tool.differences(tool.comparable(status, step["body"]), tool.comparable(status, body), skip))
    return wrong, session.failures


def brief(value, size=240):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= size else text[:size] + "…"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tool", "driver", "library", "packages", "golden"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--only")
    parser.add_argument("--tier", type=int, action="append")
    parser.add_argument("--ignore", action="append", default=[])
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--times", action="store_true", help="microseconds of engine time by operation")
    return parser.parse_args()


def main():
    options = arguments()
    tool = load_tool(options.tool)
    chosen = collections.defaultdict(list)
    for folder, _, names in os.walk(options.golden):
        for name in sorted(names):
            path = os.path.join(folder, name)
            short = os.path.relpath(path, options.golden)
            if not name.endswith(".jsonl") or options.only and not fnmatch.fnmatch(short, options.only):
                continue
            header, _ = tool.load(path)
            if header["usable"] and (not options.tier or header["tier"] in options.tier):
                chosen[header["interview"].split(":")[0]].append((short, path, header["tier"]))

    def run(package):
        driver = Driver(options, package)
        found = [(short, tier, *check(tool, options, driver, path, short[-60:])) for short, path, tier in sorted(chosen[package])]
        driver.close()
        return found, driver.times

    totals, times = collections.Counter(), collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found, took in pool.map(run, sorted(chosen)):
            for us, op in took:
                times[op].append(us)
            for short, tier, wrong, failures in found:
                totals[tier, not wrong] += 1
                if not wrong:
                    print("ok    %s" % short)
                for number, (where, want, got) in wrong[:None if options.verbose else 1]:
                    print("FAIL  %s at step %d: %s: expected %s got %s" % (short, number, where, brief(want), brief(got)))
                for text in failures if options.verbose and wrong else ():
                    print("      %s" % text)

    for tier in sorted({tier for tier, _ in totals}):
        print("tier %d: %d of %d whole" % (tier, totals[tier, True], totals[tier, True] + totals[tier, False]))
    for op, values in sorted(times.items()) if options.times else ():
        values.sort()
        print("%-10s %6d calls, median %d us, p99 %d us" % (op, len(values), values[len(values) // 2], values[len(values) * 99 // 100]))
    return 1 if any(not fine for _, fine in totals) else 0


if __name__ == "__main__":
    sys.exit(main())
