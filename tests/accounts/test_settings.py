"""What each setting of the family changes, and the sizes of bodies (django-cfg 1, 1.2, 4, 7, 9.2, 9.13).

test_settings.py BUILD/chancery [--postgres] [unittest options]"""
import http.client
import json
import re

import accounts_support as support
from accounts_support import Accounts, GitHub, Reply, totp


class SecondFactor(Accounts):
    def prompted(self, enforcement, address):
        self.server = self.restart(f"accounts.totp.enforcement={enforcement}") if self.server else self.start(f"accounts.totp.enforcement={enforcement}")
        return self.login(address)["should_prompt_2fa"]

    def test_who_is_told_to_set_one_up(self):
        """9.2: nobody by default, everybody, or who has a say; never who has one already."""
        for enforcement, anybody, staff in (("optional", False, False), ("encouraged", True, True), ("required", True, True), ("admin_only", False, True)):
            with self.subTest(enforcement):
                self.assertEqual(self.prompted(enforcement, "user@example.com"), anybody)
                self.assertEqual(self.login("admin@example.com")["should_prompt_2fa"], staff)
        secret, _ = self.second_factor(self.login("user@example.com")["access"])
        self.restart("accounts.totp.enforcement=required")
        waiting = self.login("user@example.com")
        self.assertEqual((waiting["requires_2fa"], waiting["should_prompt_2fa"]), (True, False))
        self.good(200, "POST", "/cfg/totp/verify/", {"session_id": waiting["session_id"], "code": totp(secret)})
        # 4: switched off, a device interrupts nobody, and nobody is told to set one up.
        self.restart("accounts.totp.enforcement=required", "accounts.totp.enabled=false")
        for address in ("user@example.com", "new@example.com"):
            reply = self.login(address)
            self.assertEqual((reply["requires_2fa"], reply["should_prompt_2fa"]), (False, False))
            self.assertTrue(reply["access"])

    def test_few_backup_codes_are_told(self):
        """9.18, 9.20: at three and below."""
        self.start()
        access = self.login("few@example.com")["access"]
        _, codes = self.second_factor(access)
        for left in range(9, -1, -1):
            waiting = self.login("few@example.com")["session_id"]
            reply = self.good(200, "POST", "/cfg/totp/verify/backup/", {"session_id": waiting, "backup_code": codes[left].upper()})
            warning = f"You have only {left} backup codes remaining. Consider regenerating." if left <= 3 else None
            self.assertEqual((reply["remaining_backup_codes"], reply.json.get("warning", "absent")), (left, warning or "absent"))
            status = self.good(200, "GET", "/cfg/totp/backup-codes/", token=access)
            self.assertEqual(status.json, {"remaining_count": left, "total_generated": 10, "warning": warning})


class Github(Accounts):
    def setUp(self):
        super().setUp()
        self.hub = GitHub()
        self.addCleanup(self.hub.stop)
        self.hub.users["code-of-hub"] = ({"id": 5, "login": "hub"}, [{"email": "hub@example.com", "verified": True, "primary": True}])

    def back(self):
        state = self.good(200, "POST", "/cfg/accounts/oauth/github/authorize/", {"redirect_uri": "https://app.example.com/a"})["state"]
        return self.ask("POST", "/cfg/accounts/oauth/github/callback/", {"code": "code-of-hub", "state": state, "redirect_uri": "https://app.example.com/a"})

    def test_nobody_is_made_or_linked_where_that_is_off(self):
        self.start(*self.hub.settings(), "accounts.github.auto_create=false")
        reply = self.back()
        self.assertEqual((reply.status, reply.json), (400, {"error": "oauth_error", "error_description": "User not found and auto-creation is disabled"}))
        self.assertNotIn("hub@example.com", self.command("user", "list"))
        one = self.login("hub@example.com")["user"]["id"]
        self.restart(*self.hub.settings(), "accounts.github.account_linking=false")
        reply = self.back()  # the address is somebody's, who is not to be found by it
        self.assertEqual((reply.status, reply["error"]), (400, "oauth_error"))
        self.restart(*self.hub.settings(), "accounts.github.auto_create=false")
        reply = self.back()
        self.assertEqual((reply["user"]["id"], reply["is_new_user"], reply["is_new_connection"]), (one, False, True))
        self.restart(*self.hub.settings(), "accounts.github.account_linking=false", "accounts.github.auto_create=false")
        self.assertEqual(self.back()["user"]["id"], one)  # by GitHub's number


class Tokens(Accounts):
    def test_their_lives(self):
        self.start("accounts.access_lifetime=7", "accounts.refresh_lifetime=70")
        made = self.login("life@example.com")
        for token, life in (("access", 7), ("refresh", 70)):
            claims = json.loads(support.base64.urlsafe_b64decode(made[token].split(".")[1] + "=="))
            self.assertEqual(claims["exp"] - claims["iat"], life)

    def test_a_life_of_a_second_ends(self):
        self.start("accounts.access_lifetime=1")
        access = self.login("brief@example.com")["access"]
        for _ in range(600):
            reply = self.ask("GET", "/cfg/accounts/profile/", token=access)
            if reply.status == 401:
                break
            support.time.sleep(0.1)
        self.assertEqual((reply.status, reply["messages"][0]["message"]), (401, "Token is expired"))


class Addresses(Accounts):
    """1.2: limits are the client's, whoever stands between, and nobody chooses his own address."""

    def statuses(self, name, addresses):
        return [self.ask("POST", "/cfg/accounts/otp/request/", {"identifier": f"{name}{i}@example.com"}, headers={"X-Forwarded-For": a}).status for i, a in enumerate(addresses)]

    def test_a_header_from_anybody_counts_for_nothing(self):
        self.start("limits.enabled=true")
        self.assertEqual(self.statuses("any", [f"198.51.100.{i}" for i in range(11)]), [200] * 10 + [429])

    def test_behind_a_proxy(self):
        self.start("limits.enabled=true", "trusted_proxies=[127.0.0.0/8]")
        self.assertEqual(self.statuses("many", [f"198.51.100.{i}" for i in range(12)]), [200] * 12)
        self.assertEqual(self.statuses("one", ["192.0.2.7"] * 11), [200] * 10 + [429])
        # What stands to the left of the address that our proxy saw, its client wrote.
        self.assertEqual(self.statuses("liar", [f"10.0.0.{i}, 192.0.2.8" for i in range(11)]), [200] * 10 + [429])
        # One network of IPv6 is one client, another is another.
        self.assertEqual(self.statuses("six", [f"2001:db8:0:1::{i:x}" for i in range(11)]), [200] * 10 + [429])
        self.assertEqual(self.statuses("other", ["2001:db8:0:2::1"]), [200])


class Bodies(Accounts):
    """1: JSON up to 2.5 MiB; a form is read past the picture's 5 MiB, and not for ever."""

    def json(self, size):
        head, tail = b'{"identifier":"x@example.com","otp":"', b'"}'
        return self.ask("POST", "/cfg/accounts/otp/verify/", raw=head + b"1" * (size - len(head) - len(tail)) + tail, headers={"Content-Type": "application/json"})

    def test_json(self):
        self.start()
        self.assertEqual((self.json(2621440).status, self.json(2621440)["otp"]), (400, ["Ensure this field has no more than 4 characters."]))
        reply = self.json(2621441)
        self.assertEqual((reply.status, list(reply.json)), (400, ["detail"]))

    def test_form(self):
        self.start()
        access = self.login("form@example.com")["access"]
        head = b'--BB\r\nContent-Disposition: form-data; name="avatar"; filename="blob"\r\nContent-Type: image/png\r\n\r\n'
        for size, status in ((5242881, 400), (10 << 20, 400), ((10 << 20) + 1, 413)):
            raw = head + bytes(size - len(head) - 10) + b"\r\n--BB--\r\n"
            if size == 5242881:
                raw = head + bytes(size) + b"\r\n--BB--\r\n"
            reply = self.ask("POST", "/cfg/accounts/profile/avatar/", raw=raw, token=access, headers={"Content-Type": "multipart/form-data; boundary=BB"})
            self.assertEqual(reply.status, status, reply.raw)
            if status == 400:
                self.assertEqual(reply.json, {"avatar": ["Avatar file size must be less than 5MB."]})

    def test_where_a_picture_is(self):
        """8.1: absolute, and where the setting says that this server is."""
        import base64
        dot = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
        raw = b'--BB\r\nContent-Disposition: form-data; name="avatar"; filename="blob"\r\nContent-Type: image/png\r\n\r\n' + dot + b"\r\n--BB--\r\n"
        head = {"Content-Type": "multipart/form-data; boundary=BB"}
        self.start("accounts.api_url=https://api.example.com/")
        one = self.login("where@example.com")
        reply = self.good(200, "POST", "/cfg/accounts/profile/avatar/", raw=raw, token=one["access"], headers=head)
        self.assertRegex(reply["avatar"], rf"^https://api\.example\.com/media/avatars/{one['user']['id']}/[A-Za-z0-9]+\.png$")
        self.restart("base_url=https://cfg.example.com")
        shown = self.good(200, "GET", "/cfg/accounts/profile/", token=one["access"])["avatar"]
        self.assertEqual(shown, reply["avatar"].replace("api.", "cfg."))
        self.restart()
        c = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        c.request("GET", "/cfg/accounts/profile/", headers={"Authorization": "Bearer " + one["access"], "Host": "front.example.com"})
        shown = Reply(c.getresponse())["avatar"]
        c.close()
        self.assertTrue(re.match(r"http://[^/]+/media/avatars/", shown), shown)


if __name__ == "__main__":
    support.main()
