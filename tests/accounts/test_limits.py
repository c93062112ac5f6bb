"""Limits and lockouts with their documented defaults, across restarts and under a clock that jumps (django-cfg 6, 7, 9.17).

test_limits.py BUILD/chancery [--postgres] [unittest options]"""
import os
import pathlib
import struct
import subprocess
import time
import unittest

import accounts_support as support
from accounts_support import Accounts, totp


def preloaded(program, library):
    """A sanitized program wants its own library to be the first."""
    listed = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    asan = [line.split()[2] for line in listed.splitlines() if "libasan" in line]
    return " ".join([*asan, str(library)])


class Limited(Accounts):
    settings = ("limits.enabled=true",)

    def request(self, address):
        return self.ask("POST", "/cfg/accounts/otp/request/", {"identifier": address})


class Addresses(Limited):
    def test_ten_requests_a_minute_from_one_network_wrong_ones_too(self):
        self.start()
        replies = [self.request(f"a{i}@example.com" if i % 2 else "nope") for i in range(11)]
        self.assertEqual([r.status for r in replies], [400, 200] * 5 + [429])
        self.assertEqual(replies[-1].json, {"error": "Too many requests", "error_code": "rate_limited"})
        self.restart()
        self.assertEqual(self.request("b@example.com").status, 429)

    def test_twenty_verifications(self):
        self.start()
        replies = [self.verify(f"a{i}@example.com", "0000") for i in range(21)]
        self.assertEqual([r.status for r in replies], [401] * 20 + [429])
        self.assertEqual(replies[-1].json, {"error": "Too many requests", "error_code": "rate_limited"})

    def test_twenty_ways_to_github_and_ten_back(self):
        self.start()
        self.assertEqual([self.ask("POST", "/cfg/accounts/oauth/github/authorize/").status for _ in range(21)], [503] * 20 + [429])
        back = [self.ask("POST", "/cfg/accounts/oauth/github/callback/", {}) for _ in range(11)]
        self.assertEqual([r.status for r in back], [400] * 10 + [429])
        self.assertEqual(back[-1].json, {"error": "Too many requests"})


class Cooldown(Limited):
    def test_a_code_is_not_sent_again_at_once(self):
        self.start()
        self.assertEqual(self.request("slow@example.com").status, 200)
        reply = self.request("SLOW@example.com")
        self.assertEqual((reply.status, reply["error_code"], reply["error"]), (429, "cooldown", "Please wait before requesting another code"))
        self.assertIsInstance(reply["retry_after"], int)
        self.assertIn(reply["retry_after"], range(25, 31))
        self.restart()
        self.assertEqual(self.request("slow@example.com")["error_code"], "cooldown")

    def test_a_refused_request_starts_no_cooldown(self):
        self.start()
        self.assertEqual(self.ask("POST", "/cfg/accounts/otp/request/", {"identifier": "x@example.com", "source_url": "nope"}).status, 400)
        self.assertEqual(self.request("x@example.com").status, 200)


class Guesses(Limited):
    def test_the_fifth_failure_locks_and_the_lock_survives_a_restart(self):
        self.start()
        code = self.code("lock@example.com")
        wrong = f"{(int(code) + 1) % 10000:04d}"
        for _ in range(5):
            self.assertEqual(self.verify("lock@example.com", wrong).json, {"error": "Authentication failed"})
        self.assertEqual(self.verify("lock@example.com", code).json, {"error": "Authentication failed"})
        self.restart()
        self.assertEqual(self.verify("lock@example.com", code).status, 401)

    def test_while_locked_nothing_counts_and_nothing_is_used_up(self):
        self.start()
        code = self.code("held@example.com")
        for _ in range(5):
            self.assertEqual(self.verify("held@example.com", f"{(int(code) + 1) % 10000:04d}").status, 401)
        self.restart("limits.enabled=false")
        code = self.code("held@example.com")
        self.restart()
        for typed in (code, *[f"{(int(code) + 1) % 10000:04d}"] * 6, code):
            self.assertEqual(self.verify("held@example.com", typed).status, 401)
        self.restart("limits.enabled=false")
        self.assertEqual(self.verify("held@example.com", code).status, 200)

    def test_nobody_guesses_longer_from_more_networks_or_by_other_spellings(self):
        self.start("trusted_proxies=[127.0.0.0/8]")
        code = self.code("wide@example.com")

        def guess(otp, network, address="wide@example.com"):
            return self.ask("POST", "/cfg/accounts/otp/verify/", {"identifier": address, "otp": otp}, headers={"X-Forwarded-For": f"203.0.113.{network}"}).status
        spellings = ("wide@example.com", "WIDE@example.com", " Wide@EXAMPLE.com ")
        for k in range(5):
            self.assertEqual(guess(f"{(int(code) + k + 1) % 10000:04d}", k, spellings[k % 3]), 401)
        for k, spelling in enumerate(spellings):
            self.assertEqual(guess(code, 100 + k, spelling), 401)

    def test_a_success_clears_the_count(self):
        self.start("limits.enabled=false")
        self.restart()
        code = self.code("clear@example.com")
        wrong = f"{(int(code) + 1) % 10000:04d}"
        for _ in range(4):
            self.assertEqual(self.verify("clear@example.com", wrong).status, 401)
        self.assertEqual(self.verify("clear@example.com", code).status, 200)

    def test_a_logged_in_guesser_of_totp_codes_is_stopped(self):
        self.start()
        access = self.login("totp@example.com")["access"]
        secret, _ = self.second_factor(access)
        for _ in range(5):
            self.assertEqual(self.ask("POST", "/cfg/totp/disable/", {"code": "000000"}, token=access)["code"], "INVALID_CODE")
        self.assertEqual(self.ask("POST", "/cfg/totp/disable/", {"code": totp(secret)}, token=access)["code"], "INVALID_CODE")
        self.restart()
        self.assertEqual(self.ask("POST", "/cfg/totp/disable/", {"code": totp(secret)}, token=access)["code"], "INVALID_CODE")


class WithoutLimits(Accounts):
    def test_five_tries_of_a_code_stay(self):
        self.start()
        code = self.code("five@example.com")
        for k in range(5):
            self.assertEqual(self.verify("five@example.com", f"{(int(code) + k + 1) % 10000:04d}").status, 401)
        self.assertEqual(self.verify("five@example.com", code).status, 401)
        second = self.code("five@example.com")
        self.assertEqual(self.verify("five@example.com", second).status, 200)  # the next request makes a new one

    def test_five_tries_of_a_login_stay(self):
        self.start()
        secret, codes = self.second_factor(self.login("two@example.com")["access"])
        session = self.login("two@example.com")["session_id"]
        for left in (4, 3, 2, 1, 0):
            reply = self.ask("POST", "/cfg/totp/verify/", {"session_id": session, "code": "000000"})
            self.assertEqual((reply.status, reply.json), (400, {"error": "Invalid verification code", "code": "INVALID_CODE", "attempts_remaining": left}))
        locked = {"error": "Too many failed attempts. Please login again.", "code": "MAX_ATTEMPTS_EXCEEDED"}
        reply = self.ask("POST", "/cfg/totp/verify/", {"session_id": session, "code": totp(secret)})
        self.assertEqual((reply.status, reply.json), (403, locked))
        reply = self.ask("POST", "/cfg/totp/verify/backup/", {"session_id": session, "backup_code": codes[0]})
        self.assertEqual((reply.status, reply.json), (400, {"error": "Invalid backup code", "code": "INVALID_CODE"}))
        unknown = self.ask("POST", "/cfg/totp/verify/", {"session_id": "5a92b9a5-4b54-4b05-9f3c-0a5a3ecdf1a7", "code": "000000"})
        self.assertEqual((unknown.status, unknown.json), (400, {"error": "2FA session not found", "code": "SESSION_NOT_FOUND"}))


class Clock(Limited):
    """A server whose clock this test turns."""

    def at(self, seconds):
        """Seconds from now; the server sees it with its next look at the clock."""
        file = os.open(self.folder / "clock", os.O_WRONLY | os.O_CREAT, 0o644)
        os.pwrite(file, struct.pack("=q", seconds), 0)
        os.close(file)

    def clocked(self, *settings):
        self.at(0)
        shim = self.folder / "clock_shim.so"
        if not shim.exists():
            subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, pathlib.Path(__file__).with_name("clock_shim.c"), "-ldl"], check=True)
        return self.start(*settings, env={"LD_PRELOAD": preloaded(support.BUILD / "chancery", shim), "CLOCK_SHIM": str(self.folder / "clock")})

    def test_codes_cooldowns_and_lockouts_end_in_their_time(self):
        self.clocked()
        code = self.code("time@example.com")
        self.at(31)
        self.assertEqual(self.code("time@example.com"), code)  # the same, its end unchanged
        self.at(599)
        wrong = f"{(int(code) + 1) % 10000:04d}"
        self.assertEqual(self.verify("time@example.com", wrong).status, 401)
        self.at(601)
        self.assertEqual(self.verify("time@example.com", code).status, 401)  # ten minutes are over
        self.at(700)
        code = self.code("time@example.com")
        for _ in range(5):
            self.verify("time@example.com", f"{(int(code) + 1) % 10000:04d}")
        self.at(700 + 890)
        code = self.code("time@example.com")
        self.assertEqual(self.verify("time@example.com", code).status, 401)
        self.at(700 + 905)
        self.assertEqual(self.verify("time@example.com", code).status, 200)

    def test_hourly_and_daily_limits(self):
        self.clocked()
        for k in range(10):
            self.at(40 * k)
            self.assertEqual(self.request("often@example.com").status, 200)
        self.at(40 * 10)
        reply = self.request("often@example.com")
        self.assertEqual((reply.status, reply["error_code"]), (429, "hourly_limit"))
        self.assertIn(reply["retry_after"], range(3600 - 440, 3601))
        for k in range(10):
            self.at(3700 + 40 * k)
            self.assertEqual(self.request("often@example.com").status, 200)
        self.at(3 * 3600)
        reply = self.request("often@example.com")
        self.assertEqual((reply.status, reply["error_code"]), (429, "daily_limit"))
        self.at(86400 + 60)
        self.assertEqual(self.request("often@example.com").status, 200)

    def test_wrong_second_factors_of_an_account_are_twenty_an_hour_over_all_logins(self):
        self.clocked()
        self.second_factor(self.login("calm@example.com")["access"])
        secret, codes = self.second_factor(self.login("many@example.com")["access"])
        locked = {"error": "Too many failed attempts. Please login again.", "code": "MAX_ATTEMPTS_EXCEEDED"}

        def waiting(seconds, address="many@example.com"):
            self.at(seconds)
            return self.login(address)["session_id"]

        def second(session, seconds):
            reply = self.ask("POST", "/cfg/totp/verify/", {"session_id": session, "code": totp(secret, at=time.time() + seconds)})
            return reply.status, reply.json

        def backup(session, code):
            reply = self.ask("POST", "/cfg/totp/verify/backup/", {"session_id": session, "backup_code": code})
            return reply.status, reply.json
        for k in range(1, 5):
            session = waiting(40 * k)
            for _ in range(3):
                self.assertEqual(self.ask("POST", "/cfg/totp/verify/", {"session_id": session, "code": "000000"})["code"], "INVALID_CODE")
            for _ in range(2 if k < 4 else 1):
                self.assertEqual(backup(session, "00000000")[1]["code"], "INVALID_CODE")
        session = waiting(200)
        self.assertEqual(second(session, 200)[0], 200)  # nineteen are not too many, and a good one makes none of them undone
        session = waiting(240)
        self.assertEqual(backup(session, "00000000")[1]["code"], "INVALID_CODE")
        self.assertEqual(second(session, 240), (403, locked))
        self.assertEqual(backup(session, codes[0]), (400, {"error": "Invalid backup code", "code": "INVALID_CODE"}))
        session = waiting(280)
        self.assertEqual(second(session, 280), (403, locked))
        self.assertEqual(second(waiting(280, "calm@example.com"), 280)[1]["code"], "INVALID_CODE")  # it is nobody else's
        self.assertEqual(self.server.stop(), 0)
        self.clocked()
        self.at(280)
        self.assertEqual(backup(session, codes[0]), (400, {"error": "Invalid backup code", "code": "INVALID_CODE"}))
        self.assertEqual(self.server.stop(), 0)
        self.clocked("limits.enabled=false")
        self.at(280)
        self.assertEqual(backup(session, codes[0])[0], 200)
        self.assertEqual(self.server.stop(), 0)
        self.clocked()
        self.assertEqual(second(waiting(3700), 3700)[0], 200)

    def test_tokens_setups_and_waiting_logins_end_in_their_time(self):
        self.clocked("limits.enabled=false")
        one = self.login("setup@example.com")
        setup = self.good(200, "POST", "/cfg/totp/setup/", token=one["access"]).json
        self.at(602)
        late = self.ask("POST", "/cfg/totp/setup/confirm/", {"device_id": setup["device_id"], "code": totp(setup["secret"], at=time.time() + 602)}, token=one["access"])
        self.assertEqual((late.status, late.json), (400, {"error": "Setup has expired. Please start again.", "code": "SETUP_EXPIRED"}))
        setup = self.good(200, "POST", "/cfg/totp/setup/", token=one["access"]).json
        self.good(200, "POST", "/cfg/totp/setup/confirm/", {"device_id": setup["device_id"], "code": totp(setup["secret"], at=time.time() + 602)}, token=one["access"])
        session = self.login("setup@example.com")["session_id"]
        self.at(602 + 301)
        late = self.ask("POST", "/cfg/totp/verify/", {"session_id": session, "code": totp(setup["secret"], at=time.time() + 903)})
        self.assertEqual((late.status, late["code"]), (400, "SESSION_EXPIRED"))
        # From here on only forward: what is done at the far end, housekeeping too, must not meet what is young.
        start = 1000
        self.at(start)
        one = self.login("token@example.com")
        self.at(start + 1790)
        self.good(200, "GET", "/cfg/accounts/profile/", token=one["access"])
        self.at(start + 1801)
        reply = self.ask("GET", "/cfg/accounts/profile/", token=one["access"])
        self.assertEqual((reply.status, reply["code"], reply["messages"][0]["message"]), (401, "token_not_valid", "Token is expired"))
        self.at(start + 89 * 86400)
        pair = self.good(200, "POST", "/cfg/accounts/token/refresh/", {"refresh": one["refresh"]}).json
        self.at(start + (89 + 91) * 86400)
        late = self.ask("POST", "/cfg/accounts/token/refresh/", {"refresh": pair["refresh"]})
        self.assertEqual((late.status, late.json), (401, {"detail": "Token is expired", "code": "token_not_valid"}))

    def test_a_state_of_oauth_lives_five_minutes(self):
        self.clocked("limits.enabled=false", "accounts.github.enabled=true", "accounts.github.client_id=i", "accounts.github.client_secret=s",
                     "accounts.github.token_url=http://127.0.0.1:9/", "accounts.site_url=https://app.example.com")
        back = lambda state: self.ask("POST", "/cfg/accounts/oauth/github/callback/", {"code": "x" * 10, "state": state})  # noqa: E731
        young, old = (self.good(200, "POST", "/cfg/accounts/oauth/github/authorize/")["state"] for _ in range(2))
        self.at(290)
        self.assertEqual(back(young)["error"], "server_error")  # good, and then nobody answers at that address
        self.at(301)
        self.assertEqual(back(old)["error"], "invalid_state")
        self.at(0)
        self.assertEqual(back(old)["error"], "invalid_state")  # gone, whatever the clock says later

    def test_the_last_login_is_refreshed_every_five_minutes_at_most(self):
        self.clocked("limits.enabled=false")
        one = self.login("seen@example.com")
        self.assertIsNone(one["user"]["last_login"])

        def seen(seconds, other_than=None):
            self.at(seconds)
            end = time.monotonic() + 60
            while time.monotonic() < end:
                shown = self.good(200, "GET", "/cfg/accounts/profile/", token=one["access"])["last_login"]
                if shown != other_than:
                    return shown
                time.sleep(0.05)
            return shown
        first = seen(0)  # written beside the first answer
        self.assertEqual(seen(290), first)
        self.assertNotEqual(seen(310, first), first)

    def test_a_clock_that_goes_back_opens_nothing_twice(self):
        self.clocked("limits.enabled=false")
        one = self.login("back@example.com")
        setup = self.good(200, "POST", "/cfg/totp/setup/", token=one["access"]).json
        code = totp(setup["secret"])
        self.good(200, "POST", "/cfg/totp/setup/confirm/", {"device_id": setup["device_id"], "code": code}, token=one["access"])
        self.at(3600)
        session = self.login("back@example.com")["session_id"]
        self.good(200, "POST", "/cfg/totp/verify/", {"session_id": session, "code": totp(setup["secret"], at=time.time() + 3600)})
        self.at(0)
        session = self.login("back@example.com")["session_id"]
        self.assertEqual(self.ask("POST", "/cfg/totp/verify/", {"session_id": session, "code": code}).status, 400)


if __name__ == "__main__":
    support.main()
