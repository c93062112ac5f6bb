"""Plays interviews over HTTP as a client would: starts a session, finds an answer to any screen, sends it, goes back. Standard library only."""
import json

I_AM_HERE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\1\0\0\5\0\1\r\n-\xb4\0\0\0\0IEND\xaeB`\x82"
ENDS = {"deadend", "exit", "leave", "logout", "exit_logout", "restart", "new_session", "signin", "register", "redirect", "refresh", "undefined_variable"}
FILES = {"file", "files", "camera", "user", "environment", "camcorder", "microphone"}
CHECKS = {"checkboxes", "multiselect"}
WORDS = "apple brick Cäsar dune 'eight' \"five\" gale Ann O’Neill <hill> & 7".split(" ")


class Refused(Exception):
    """The server did not answer with a question: status, body."""


class Answer:
    """What is sent for one screen. independent: names of fields that do not depend on each other."""

    def __init__(self):
        self.variables, self.uploads, self.independent = {}, {}, []


def number(field, rng):
    low = float(field.get("min") or 0)
    high = float(field.get("max") or low + 9)
    value = rng.randint(int(low), max(int(low), int(high)))
    return value if field["datatype"] in ("integer", "range") else value + rng.choice((0, 0, 0.5)) if value + 0.5 <= high else value


def plain_value(field, rng):
    kind = field.get("datatype")
    if kind in ("integer", "number", "currency", "float", "range"):
        return number(field, rng)
    if kind == "boolean":
        return rng.random() < 0.6
    if kind == "threestate":
        return rng.choice((True, False, None))
    if kind == "email":
        return rng.choice(("ann@example.com", "bob@example.org"))
    if kind == "date":
        return rng.choice(("2024-02-29", "1999-12-31", "2031-07-04"))
    if kind == "time":
        return rng.choice(("13:45:00", "00:00:00"))
    if kind == "datetime":
        return rng.choice(("2024-02-29T13:45:00", "1999-12-31T23:59:59"))
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 3)))
    return text.ljust(int(field.get("minlength") or 0), "x")[:int(field.get("maxlength") or 100)]


def checked(field, rng):
    name, elements = field["variable_name"], {}
    for choice in field["choices"]:
        own = choice.get("variable_name", "")
        if own.startswith(name + "["):
            elements[own[len(name) + 2:-2]] = rng.random() < 0.5
    return {"_class": "docassemble.base.util.DADict", "instanceName": name, "elements": elements, "auto_gather": False, "gathered": True}


def answer(question, rng):
    """An answer to any screen; None if the screen wants what this player cannot give."""
    made = Answer()
    for field in question.get("fields", ()):
        name, kind, choices = field.get("variable_name"), field.get("datatype"), field.get("choices")
        if field.get("active") is False or kind in ("note", "html", "button"):
            continue
        if choices and not name:
            choice = rng.choice(choices)
            made.variables[choice["variable_name"]] = choice["value"]
        elif not name:
            continue
        elif kind in FILES or question["questionType"] == "signature":
            made.uploads[name] = ("paper.png", I_AM_HERE)
        elif kind in CHECKS and choices:
            made.variables[name] = checked(field, rng)
        elif kind and kind.startswith("object"):
            return None
        elif choices is not None:
            values = [choice["value"] for choice in choices if "value" in choice]
            if values:
                made.variables[name] = rng.choice(values)
        elif not kind:
            made.variables[name] = True
        else:
            made.variables[name] = plain_value(field, rng)
        if name in made.variables and not field.get("show_if_var") and not field.get("show_if_js"):
            made.independent.append(name)
    if question.get("question_variable_name"):
        made.variables.setdefault(question["question_variable_name"], True)
    return made


def form(members, uploads):
    """(Content-Type, body) of a multipart form."""
    mark, parts = "propertiesboundary", []
    members = dict(members, file_variables={"file%d" % i: name for i, name in enumerate(uploads)})
    for key, value in members.items():
        parts.append('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark, key, value if isinstance(value, str) else json.dumps(value)))
    whole = "".join(parts).encode()
    for i, (filename, content) in enumerate(uploads.values()):
        whole += ('--%s\r\nContent-Disposition: form-data; name="file%d"; filename="%s"\r\n\r\n' % (mark, i, filename)).encode() + content + b"\r\n"
    return "multipart/form-data; boundary=" + mark, whole + b"--%s--\r\n" % mark.encode()


class Session:
    """One session of an interview on a Server of chancery_server.py."""

    def __init__(self, server, interview, connection=None):
        self.server, self.interview, self.connection = server, interview, connection
        status, reply = self.call("GET", "/api/session/new", {"i": interview})
        if status != 200 or not isinstance(reply, dict):
            raise Refused(status, reply)
        self.key = {"i": interview, "session": reply["session"]}
        if "secret" in reply:
            self.key["secret"] = reply["secret"]

    def call(self, method, path, query=None, body=None, raw=None):
        if raw:
            c = self.connection or self.server.connect()
            c.request(method, path, raw[1], {"X-API-Key": self.server_key(), "Content-Type": raw[0]})
            reply = c.getresponse()
            data = reply.read()
            if not self.connection:
                c.close()
            is_json = (reply.headers.get("Content-Type") or "").startswith("application/json") and data
            return reply.status, json.loads(data) if is_json else data
        return self.server.call(method, path, query, body, connection=self.connection)

    @staticmethod
    def server_key():
        from chancery_server import KEY
        return KEY

    def wanted(self, status, reply):
        if status != 200 or not isinstance(reply, dict) or "questionType" not in reply:
            raise Refused(status, reply)
        return reply

    def question(self):
        return self.wanted(*self.call("GET", "/api/session/question", self.key))

    def variables(self):
        status, reply = self.call("GET", "/api/session", self.key)
        if status != 200:
            raise Refused(status, reply)
        return reply

    def back(self):
        return self.wanted(*self.call("POST", "/api/session/back", body=self.key))

    def members(self, question, variables, **more):
        members = dict(self.key, variables=variables, **more)
        if not any(name.startswith("_internal") for name in variables):
            members["question_name"] = question["questionName"]
        if question.get("event_list"):
            members["event_list"] = question["event_list"]
        return members

    def send(self, question, made, variables=None):
        """(status, reply) of the answer, or of a part of it: only these variables, without a look at the next question."""
        if variables is not None:
            return self.call("POST", "/api/session", body=dict(self.key, variables=variables, question=0))
        members = self.members(question, made.variables)
        if made.uploads:
            return self.call("POST", "/api/session", raw=form(members, made.uploads))
        return self.call("POST", "/api/session", body=members)

    def post(self, question, made):
        return self.wanted(*self.send(question, made))


def is_end(question):
    return question["questionType"] in ENDS
