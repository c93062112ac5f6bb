"""Of several requests that use one thing at the same moment exactly one wins: code, TOTP code, backup code, refresh token, second-factor session, OAuth state.

test_races.py BUILD/chancery [--postgres] [unittest options]; CHANCERY_TEST_SOAK=1: 100 rounds of each"""
import accounts_support as support
from accounts_support import Accounts, GitHub, totp

ROUNDS, RACERS = (100, 8) if support.SOAK else (4, 6)


class Races(Accounts):
    def rounds(self, once):
        """once(i): the statuses of one race."""
        for i in range(ROUNDS):
            statuses = once(i)
            self.assertEqual(statuses.count(200), 1, f"round {i}: {statuses}")
            self.assertLessEqual(set(statuses), {200, 400, 401})

    def test_one_code(self):
        self.start()

        def once(i):
            address = f"code{i}@example.com"
            code = self.code(address)
            return [r.status for r in self.at_once(RACERS, lambda _: self.verify(address, code))]
        self.rounds(once)

    def test_one_refresh_token(self):
        self.start()
        pair = self.login("refresh@example.com")

        def once(_):
            replies = self.at_once(RACERS, lambda _: self.ask("POST", "/cfg/accounts/token/refresh/", {"refresh": pair["refresh"]}))
            pair.update(next((r.json for r in replies if r.status == 200), {}))
            return [r.status for r in replies]
        self.rounds(once)

    def sessions(self, address, n):
        """Logins that wait for their second factor."""
        return [self.login(address)["session_id"] for _ in range(n)]

    def test_one_totp_code_at_several_logins(self):
        self.start()

        def once(i):
            address = f"totp{i}@example.com"
            secret, _ = self.second_factor(self.login(address)["access"])
            waiting, code = self.sessions(address, 3), totp(secret)
            return [r.status for r in self.at_once(3, lambda k: self.ask("POST", "/cfg/totp/verify/", {"session_id": waiting[k], "code": code}))]
        self.rounds(once)

    def test_one_backup_code_at_several_logins(self):
        self.start()

        def once(i):
            address = f"backup{i}@example.com"
            _, codes = self.second_factor(self.login(address)["access"])
            waiting = self.sessions(address, 3)
            return [r.status for r in self.at_once(3, lambda k: self.ask("POST", "/cfg/totp/verify/backup/", {"session_id": waiting[k], "backup_code": codes[0]}))]
        self.rounds(once)

    def test_one_session_and_several_codes(self):
        self.start()

        def once(i):
            address = f"session{i}@example.com"
            _, codes = self.second_factor(self.login(address)["access"])
            [waiting] = self.sessions(address, 1)
            return [r.status for r in self.at_once(4, lambda k: self.ask("POST", "/cfg/totp/verify/backup/", {"session_id": waiting, "backup_code": codes[k]}))]
        self.rounds(once)

    def test_one_oauth_state(self):
        hub = GitHub()
        self.addCleanup(hub.stop)
        self.start(*hub.settings(), "accounts.site_url=https://app.example.com")
        hub.users["code-of-race"] = ({"id": 5, "login": "race"}, [{"email": "race@example.com", "verified": True, "primary": True}])

        def once(_):
            state = self.good(200, "POST", "/cfg/accounts/oauth/github/authorize/")["state"]
            return [r.status for r in self.at_once(RACERS, lambda _: self.ask("POST", "/cfg/accounts/oauth/github/callback/", {"code": "code-of-race", "state": state}))]
        self.rounds(once)

    def test_one_first_request_for_an_address(self):
        """One account is made and one code is sent, however many ask at once."""
        self.start("limits.enabled=true", "trusted_proxies=[127.0.0.0/8]")
        for i in range(ROUNDS):
            body = {"identifier": f"first{i}@example.com"}
            replies = self.at_once(RACERS, lambda k: self.ask("POST", "/cfg/accounts/otp/request/", body, headers={"X-Forwarded-For": f"198.51.{i}.{k}"}))  # noqa: B023
            self.assertEqual(sorted(r.status for r in replies), [200] + [429] * (RACERS - 1))
            self.assertEqual({r["error_code"] for r in replies if r.status == 429}, {"cooldown"})
            self.assertEqual(self.command("user", "list").count(body["identifier"]), 1)

    def test_many_first_requests_for_many_addresses(self):
        """Nobody is sent away because others sign up in the same moment."""
        self.start()
        said = self.at_once(16, lambda i: [self.ask("POST", "/cfg/accounts/otp/request/", {"identifier": f"many{i}.{k}@example.com"}).status for k in range(8)])
        self.assertEqual({status for one in said for status in one}, {200})
        ids = [self.login(f"many{i}.0@example.com")["user"]["id"] for i in range(16)]
        self.assertEqual(len(set(ids)), 16)

    def test_five_guesses_of_one_code_are_not_more_by_haste(self):
        """Each wrong guess counts, however many come at once: the sixth finds no code any more."""
        self.start()
        for i in range(ROUNDS):
            address = f"guess{i}@example.com"
            code = self.code(address)
            wrong = [f"{(int(code) + k + 1) % 10000:04d}" for k in range(12)]
            self.assertEqual({r.status for r in self.at_once(12, lambda k: self.verify(address, wrong[k]))}, {401})  # noqa: B023
            self.assertEqual(self.verify(address, code).status, 401)


if __name__ == "__main__":
    support.main()
