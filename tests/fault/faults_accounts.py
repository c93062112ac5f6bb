#!/usr/bin/python3
"""The fault loop over the accounts family: faults_accounts.py BUILD (a sanitizer build). Each allocation or store call of a request fails once; there is an answer each time, it
is one that the operation has or 5xx, and what the answer said is what the store holds."""
import base64
import email
import hmac
import pathlib
import re
import sys
import tempfile
import time

from faults import Loop

BAD = (500, 503)


class Accounts:
    def __init__(self, build):
        self.mails = tempfile.TemporaryDirectory(prefix="chancery-fault-mail-", ignore_cleanup_errors=True)
        self.loop = Loop(build, ["mail.url=dir:" + self.mails.name, "accounts.centrifugo.enabled=true", "accounts.centrifugo.secret=s", "accounts.github.enabled=true",
                                 "accounts.github.client_id=i", "accounts.github.client_secret=s", "accounts.site_url=https://app.example.com"])
        self.server = self.loop.server

    def call(self, method, path, body=None, token=None, **more):
        headers = dict(more.pop("headers", {}), **({"Authorization": "Bearer " + token} if token else {}))
        if body is None and method == "POST" and "form" not in more:
            headers["Content-Length"] = "0"
        return self.server.call(method, "/cfg/" + path, body=body, key=None, headers=headers, **more)

    def code(self, address):
        old = set(pathlib.Path(self.mails.name).glob("*.eml"))
        assert self.call("POST", "accounts/otp/request/", {"identifier": address})[0] == 200
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for path in set(pathlib.Path(self.mails.name).glob("*.eml")) - old:
                letter = email.message_from_bytes(path.read_bytes())
                if letter["To"] == address and "OTP code" in letter["Subject"]:
                    return re.search(r"\d{4}", letter["Subject"])[0]
            time.sleep(0.02)
        raise RuntimeError("no mail")

    def login(self, address):
        status, answer = self.call("POST", "accounts/otp/verify/", {"identifier": address, "otp": self.code(address)})
        assert status == 200, answer
        return answer


def totp(secret, steps=0):
    mac = hmac.digest(base64.b32decode(secret), (int(time.time()) // 30 + steps).to_bytes(8, "big"), "sha1")
    return f"{(int.from_bytes(mac[mac[-1] & 15:][:4], 'big') & 0x7fffffff) % 10**6:06d}"


def main():
    a = Accounts(sys.argv[1])
    over, call = a.loop.over, a.call
    me = a.login("fault@example.com")
    token = me["access"]
    over("profile", lambda: call("GET", "accounts/profile/", token=token), lambda s, b: s in (200, 401, *BAD))
    over("profile, another time zone", lambda: call("GET", "accounts/profile/", token=token, headers={"X-Timezone": ("Asia/Seoul", "Asia/Tokyo")[a.loop.number % 2]}),
         lambda s, b: s in (200, *BAD))

    assert call("PATCH", "accounts/profile/update/", {"first_name": "Name 0"}, token=token)[0] == 200

    def change():
        name = f"Name {a.loop.number}"
        status, body = call("PATCH", "accounts/profile/update/", {"first_name": name, "phone": "+1 555 123 4567"}, token=token)
        a.loop.arm(0)
        stored = call("GET", "accounts/profile/", token=token)[1]["first_name"]
        # A reply may be lost behind its commit; what is stored is whole.
        return status, (name, stored)
    over("profile change", change, lambda s, b: (s == 200 and b[0] == b[1]) or (s in BAD and b[1].startswith("Name ")))
    over("code asked for", lambda: call("POST", "accounts/otp/request/", {"identifier": f"new{a.loop.number}@example.com"}), lambda s, b: s in (200, *BAD))
    over("wrong code", lambda: call("POST", "accounts/otp/verify/", {"identifier": "nobody@example.com", "otp": "0000"}), lambda s, b: s in (401, *BAD))
    pair = {"refresh": me["refresh"]}

    def renew():  # not spent, unless the answer was lost behind the commit
        a.loop.arm(0)
        again = call("POST", "accounts/token/refresh/", {"refresh": pair["refresh"]})
        pair["refresh"] = again[1]["refresh"] if again[0] == 200 else a.login("fault@example.com")["refresh"]

    def refresh():
        try:
            status, body = call("POST", "accounts/token/refresh/", {"refresh": pair["refresh"]})
        except OSError:  # the connection was lost
            renew()
            raise
        a.loop.arm(0)
        if status == 200:
            pair["refresh"] = body["refresh"]
        else:
            renew()
        return status, body
    over("refresh", refresh, lambda s, b: s in (200, *BAD))
    over("key", lambda: call("POST", "accounts/api-key/regenerate/", token=token), lambda s, b: s in (200, *BAD))
    over("key test", lambda: call("POST", "accounts/api-key/test/", {"key": "5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7"}, token=token), lambda s, b: s in (200, *BAD))
    over("devices", lambda: call("GET", "totp/devices/", token=token), lambda s, b: s in (200, *BAD))
    over("setup", lambda: call("POST", "totp/setup/", token=token), lambda s, b: s in (200, *BAD))
    over("Centrifugo", lambda: call("GET", "centrifugo/auth/token/", token=token), lambda s, b: s in (200, *BAD))
    over("GitHub, out", lambda: call("POST", "accounts/oauth/github/authorize/"), lambda s, b: s in (200, *BAD))
    over("GitHub, back", lambda: call("POST", "accounts/oauth/github/callback/", {"code": "x" * 10, "state": "x" * 43}), lambda s, b: s in (400, *BAD))
    over("connections", lambda: call("GET", "accounts/oauth/connections/", token=token), lambda s, b: s in (200, *BAD))
    over("second factor, no session", lambda: call("POST", "totp/verify/", {"session_id": "5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7", "code": "000000"}), lambda s, b: s in (400, *BAD))
    over("wrong method", lambda: call("DELETE", "accounts/profile/", token=token), lambda s, b: s in (405, *BAD))
    dot = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
    form = b'--BB\r\nContent-Disposition: form-data; name="avatar"; filename="blob"\r\nContent-Type: image/png\r\n\r\n' + dot + b"\r\n--BB--\r\n"

    def avatar():
        status, body = call("POST", "accounts/profile/avatar/", token=token, form=form, headers={"Content-Type": "multipart/form-data; boundary=BB"})
        a.loop.arm(0)
        shown = call("GET", "accounts/profile/", token=token)[1]["avatar"]
        seen = a.server.call("GET", shown.split("/", 3)[3].join(["/", ""]), key=None)[0] if shown else 200
        return (status if seen == 200 else 0.5), body
    over("avatar", avatar, lambda s, b: s in (200, *BAD))

    # Once it is gone the token opens nothing: the loop ends with the three quiet rounds behind that.
    over("deletion", lambda: call("POST", "accounts/profile/delete/", token=token), lambda s, b: s in (200, 401, *BAD))
    failed = a.loop.end()
    a.mails.cleanup()
    return failed


if __name__ == "__main__":
    sys.exit(main())
