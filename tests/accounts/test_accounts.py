"""Accounts by the real binary, on either store: what cases cannot say: pictures, GitHub, Centrifugo, session cookies, one account in two families.

test_accounts.py BUILD/chancery [--postgres] [unittest options]"""
import base64
import hashlib
import hmac
import io
import json
import re
import unittest
import urllib.parse

import accounts_support as support
from accounts_support import Accounts, GitHub, totp

ANY = "http://localhost:3000"


def part(name, body, filename="blob", kind="image/png"):
    """(body, headers) of a multipart form with one part."""
    file = f'; filename="{filename}"' if filename is not None else ""
    type_ = f"Content-Type: {kind}\r\n" if kind else ""
    text = f'--BB\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{type_}\r\n'.encode() + body + b"\r\n--BB--\r\n"
    return text, {"Content-Type": "multipart/form-data; boundary=BB"}


def picture(kind="PNG", size=(40, 30), **more):
    from PIL import Image
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind, **more)
    return out.getvalue()


class Avatars(Accounts):
    def setUp(self):
        super().setUp()
        try:
            import PIL  # noqa: F401
        except ImportError:
            self.skipTest("no python3-pil here")
        self.start()
        self.access = self.login("picture@example.com")["access"]

    def put(self, *args, **more):
        raw, headers = part(*args, **more)
        return self.ask("POST", "/cfg/accounts/profile/avatar/", raw=raw, headers=headers, token=self.access)

    def get(self, url):
        return self.ask("GET", urllib.parse.urlsplit(url).path)

    def files(self):
        return [p for p in (self.folder / "data" / "files").rglob("*") if p.is_file() and p.name != "lock"]

    def test_each_kind_is_taken_and_shown_as_what_it_is(self):
        from PIL import Image
        for kind, media in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")):
            with self.subTest(kind):
                # The declared type is one of the four; the bytes decide.
                reply = self.put("avatar", picture(kind), kind="image/png")
                self.assertEqual(reply.status, 200, reply.raw)
                self.assertRegex(reply["avatar"], rf"^http://127\.0\.0\.1:\d+/media/avatars/{reply['id']}/[A-Za-z0-9]+\.[a-z]+$")
                shown = self.get(reply["avatar"])
                self.assertEqual((shown.status, shown.headers["Content-Type"], shown.headers["X-Content-Type-Options"]), (200, media, "nosniff"))
                self.assertIn("sandbox", shown.headers["Content-Security-Policy"])
                image = Image.open(io.BytesIO(shown.raw))
                image.load()
                self.assertEqual((image.format, image.size), (kind, (40, 30)))
        self.assertEqual(len(self.files()), 1)  # those before are gone

    def test_a_photograph_stands_upright_and_forgets_where_it_was_taken(self):
        from PIL import Image
        source = Image.new("RGB", (60, 20), "red")
        exif = source.getexif()
        exif[0x112], exif[0x10F] = 6, "Camera of somebody"
        out = io.BytesIO()
        source.save(out, "JPEG", exif=exif)
        reply = self.put("avatar", out.getvalue(), kind="image/jpeg")
        shown = self.get(reply["avatar"]).raw
        self.assertEqual(Image.open(io.BytesIO(shown)).size, (20, 60))
        self.assertNotIn(b"Camera", shown)

    def test_what_is_refused(self):
        good = picture()
        empty = "The submitted file is empty."
        kinds = "Avatar must be a valid image file (JPEG, PNG, GIF, or WebP)."
        broken = "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
        for name, args, more, want in (
                ("nothing in it", ("avatar", b""), {}, empty),
                ("a byte too many", ("avatar", b"\x89PNG\r\n\x1a\n" + bytes(5242881 - 8)), {}, "Avatar file size must be less than 5MB."),
                ("a text declared as one", ("avatar", b"hello"), {"kind": "text/plain"}, kinds),
                ("a text declared as a picture", ("avatar", b"hello"), {}, broken),
                ("a picture cut short", ("avatar", good[:-30]), {}, broken),
                ("a picture and a page", ("avatar", good + b"<script>alert(1)</script>"), {}, broken),
                ("a long name", ("avatar", good), {"filename": "x" * 101}, "Ensure this filename has at most 100 characters (it has 101).")):
            with self.subTest(name):
                reply = self.put(*args, **more)
                self.assertEqual((reply.status, reply.json), (400, {"avatar": [want]}))
        for name, args, more in (("another part", ("picture", good), {}), ("a text part", ("avatar", b"hello"), {"filename": None, "kind": None})):
            with self.subTest(name):
                reply = self.put(*args, **more)
                self.assertEqual((reply.status, reply.json), (400, {"error": "No avatar file provided"}))
        self.assertEqual(self.files(), [])
        # Five MiB exactly are not too many.
        self.assertEqual(self.put("avatar", b"\x89PNG\r\n\x1a\n" + bytes(5242880 - 8)).json, {"avatar": [broken]})

    def test_it_goes_with_the_account(self):
        url = self.put("avatar", picture())["avatar"]
        self.good(200, "POST", "/cfg/accounts/profile/delete/", token=self.access)
        self.assertEqual(self.get(url).status, 404)
        self.assertEqual(self.files(), [])


class Github(Accounts):
    def setUp(self):
        super().setUp()
        self.hub = GitHub()
        self.addCleanup(self.hub.stop)
        self.start(*self.hub.settings(), "accounts.site_url=https://app.example.com/")

    def state(self, **body):
        return self.good(200, "POST", "/cfg/accounts/oauth/github/authorize/", body)["state"]

    def back(self, code, state=None, **body):
        return self.ask("POST", "/cfg/accounts/oauth/github/callback/", {"code": code, "state": state or self.state(), **body})

    def person(self, code, number, login="Octo", emails=(), **profile):
        self.hub.users[code] = ({"id": number, "login": login, "name": None, "email": None, "avatar_url": "https://avatars.example.com/1", **profile},
                                [{"email": a, "verified": v, "primary": p} for a, v, p in emails] if emails is not None else None)

    def test_the_way_out(self):
        self.assertEqual(self.good(200, "GET", "/cfg/accounts/oauth/providers/").json, {"providers": [{"id": "github", "name": "GitHub", "icon": "github"}]})
        reply = self.good(200, "POST", "/cfg/accounts/oauth/github/authorize/")
        self.assertRegex(reply["state"], r"^[A-Za-z0-9_-]{43}$")
        self.assertEqual(reply["authorization_url"], f"{self.hub.url}/login/oauth/authorize?client_id=id-1&redirect_uri=https%3A%2F%2Fapp.example.com%2Fauth%3Fprovider%3Dgithub"
                         f"&scope=user%3Aemail+read%3Auser&state={reply['state']}")
        long = self.ask("POST", "/cfg/accounts/oauth/github/authorize/", {"redirect_uri": "https://example.com/" + "x" * 490})
        self.assertEqual((long.status, long["redirect_uri"]), (400, ["Ensure this field has no more than 500 characters."]))

    def test_new_then_known_then_linked_by_address(self):
        self.person("code-of-new-1", 7, "OctoCat", [("Octo@Example.com", True, True)], name="Octo Cat of Hub", email="octo@example.com")
        first = self.back("code-of-new-1")
        self.assertEqual(first.status, 200, first.raw)
        self.assertEqual((first["is_new_user"], first["is_new_connection"], first["requires_2fa"]), (True, True, False))
        self.assertEqual(set(first["user"]), {"id", "email", "username", "first_name", "last_name"})
        self.assertEqual((first["user"]["email"], first["user"]["first_name"], first["user"]["last_name"]), ("octo@example.com", "Octo", "Cat of Hub"))
        again = self.back("code-of-new-1")
        self.assertEqual((again["is_new_user"], again["is_new_connection"], again["user"]["id"]), (False, False, first["user"]["id"]))
        [row] = self.good(200, "GET", "/cfg/accounts/oauth/connections/", token=again["access"]).json
        self.assertEqual((row["provider"], row["provider_display"], row["provider_username"], row["provider_email"]), ("github", "GitHub", "octocat", "Octo@Example.com"))
        profile = self.good(200, "GET", "/cfg/accounts/profile/", token=again["access"]).json
        self.assertEqual(profile["avatar"], "https://avatars.example.com/1")
        known = self.login("known@example.com")["user"]
        self.person("code-of-known", 8, "Known", [("other@example.com", False, True), ("known@example.com", True, False)])
        linked = self.back("code-of-known")
        self.assertEqual((linked["is_new_user"], linked["is_new_connection"], linked["user"]["id"]), (False, True, known["id"]))
        gone = self.good(200, "POST", "/cfg/accounts/oauth/disconnect/", {"provider": "github"}, token=linked["access"])
        self.assertEqual(gone.json, {"message": "Github disconnected successfully"})
        none = self.ask("POST", "/cfg/accounts/oauth/disconnect/", {"provider": "github"}, token=linked["access"])
        self.assertEqual((none.status, none.json), (404, {"error": "not_found", "error_description": "No github connection found"}))
        other = self.ask("POST", "/cfg/accounts/oauth/disconnect/", {"provider": "google"}, token=linked["access"])
        self.assertEqual((other.status, other["provider"]), (400, ['"google" is not a valid choice.']))

    def test_an_unverified_address_opens_nobody_elses_account(self):
        victim = self.login("victim@example.com")["user"]["id"]
        self.person("code-of-thief", 9, "Thief", [("victim@example.com", False, True)], email="victim@example.com")
        reply = self.back("code-of-thief")
        self.assertEqual((reply.status, reply["user"]["email"]), (200, "thief@github.local"))
        self.assertNotEqual(reply["user"]["id"], victim)

    def test_a_list_that_fails_counts_as_empty(self):
        self.person("code-no-list", 10, "Quiet", None, email="quiet@example.com")
        reply = self.back("code-no-list")
        self.assertEqual((reply["user"]["email"], reply["is_new_user"]), ("quiet@github.local", True))
        [row] = self.good(200, "GET", "/cfg/accounts/oauth/connections/", token=reply["access"]).json
        self.assertEqual(row["provider_email"], "quiet@github.local")

    def test_a_state_is_good_once_and_for_its_uri(self):
        self.person("code-of-one-x", 11, "One", [("one@example.com", True, True)])
        invalid = {"error": "invalid_state", "error_description": "Invalid or expired state token"}
        self.assertEqual(self.back("code-of-one-x", "x" * 43).json, invalid)
        state = self.state(redirect_uri="https://app.example.com/a")
        self.assertEqual(self.back("code-of-one-x", state).json, invalid)  # the default URI is another one, and the state stays
        self.assertEqual(self.back("code-of-one-x", state, redirect_uri="https://app.example.com/a").status, 200)
        self.assertEqual(self.back("code-of-one-x", state, redirect_uri="https://app.example.com/a").json, invalid)
        state = self.state()
        self.hub.token_answer = (503, {})
        self.assertEqual(self.back("code-of-one-x", state).json, {"error": "oauth_error", "error_description": "Token exchange failed: 503"})
        self.hub.token_answer = None
        self.assertEqual(self.back("code-of-one-x", state).json, invalid)  # spent all the same

    def test_what_github_says_wrong(self):
        self.assertEqual(self.back("code-of-nobody").json, {"error": "oauth_error", "error_description": "The code passed is incorrect or expired."})
        self.person("code-of-two-x", 12)
        for answer, want in ((b"no JSON", 500), ({"access_token": "x"}, 400), ({"access_token": 7}, 500)):
            with self.subTest(answer):
                self.hub.token_answer = (200, answer)
                reply = self.back("code-of-two-x")
                self.assertEqual(reply.status, want, reply.raw)
        self.assertEqual(reply.json, {"error": "server_error", "error_description": "Authentication failed"})
        self.hub.token_answer = None
        self.person("code-odd-person", "not a number")
        self.assertEqual(self.back("code-odd-person").status, 500)

    def test_what_github_says_that_nobody_expects(self):
        """Whatever it is, the answer is one of the operation's own (django-cfg 9.13, steps 3, 7 and 11)."""
        failed = {"error": "server_error", "error_description": "Authentication failed"}
        for number, login in enumerate(("a b", "x" * 200, "x" * 5000, "dep[bot]", "dot.", "")):
            with self.subTest(login[:10]):
                self.person("code-of-odd-one", 100 + number, login)  # without an address, the login is all there is
                reply = self.back("code-of-odd-one")
                self.assertEqual((reply.status, reply.json), (500, failed))
        self.person("code-of-odd-two", 120, "a b", [("a.b@example.com", True, True)])
        self.assertEqual(self.back("code-of-odd-two").status, 200)
        self.hub.token_answer = (200, {"error": "e", "error_description": "ä" * 50000})
        reply = self.back("code-of-odd-two")
        self.assertEqual((reply.status, reply["error"], reply["error_description"]), (400, "oauth_error", "ä" * 500))
        self.hub.token_answer = None
        for number, url in enumerate((None, "", "javascript:alert(1)", "/1.png", 7, "https://example.com/" + "x" * 3000)):
            with self.subTest(url):
                self.person(f"code-of-pic-{number}", 130 + number, f"Pic{number}", avatar_url=url)
                reply = self.back(f"code-of-pic-{number}")
                [row] = self.good(200, "GET", "/cfg/accounts/oauth/connections/", token=reply["access"]).json
                self.assertEqual(row["provider_avatar_url"], f"https://github.com/identicons/pic{number}.png")

    def test_headers_that_github_needs(self):
        self.person("code-of-head-1", 13, "Head", [("head@example.com", True, True)])
        self.assertEqual(self.back("code-of-head-1").status, 200)
        token, user, emails = self.hub.calls[-3:]
        self.assertEqual({k: v[0] for k, v in token[2].items()}, {"client_id": "id-1", "client_secret": "secret-1", "code": "code-of-head-1",
                                                                   "redirect_uri": "https://app.example.com/auth?provider=github"})
        self.assertEqual((user[0], emails[0]), ("/user", "/user/emails"))
        for _, headers, _ in (user, emails):
            self.assertEqual((headers["Authorization"], headers["X-GitHub-Api-Version"], headers["Accept"]), ("Bearer gho_code-of-head-1", "2022-11-28", "application/json"))
            self.assertTrue(headers["User-Agent"])

    def test_a_second_factor_holds_here_too(self):
        self.person("code-of-2fa-x", 14, "Two", [("two@example.com", True, True)])
        first = self.back("code-of-2fa-x").json
        secret, _ = self.second_factor(first["access"])
        reply = self.back("code-of-2fa-x").json
        self.assertEqual((reply["requires_2fa"], reply["access"], reply["refresh"], reply["user"], reply["is_new_user"]), (True, None, None, None, False))
        self.good(200, "POST", "/cfg/totp/verify/", {"session_id": reply["session_id"], "code": totp(secret)})

    def test_a_deleted_account_frees_its_github_user(self):
        self.person("code-of-gone-x", 15, "Gone", [("gone@example.com", True, True)])
        first = self.back("code-of-gone-x").json
        self.good(200, "POST", "/cfg/accounts/profile/delete/", token=first["access"])
        second = self.back("code-of-gone-x").json
        self.assertEqual((second["is_new_user"], second["is_new_connection"]), (True, True))
        self.assertNotEqual(second["user"]["id"], first["user"]["id"])

    def test_an_inactive_owner_gets_nothing(self):
        self.person("code-of-idle-x", 16, "Idle", [("idle@example.com", True, True)])
        self.assertEqual(self.back("code-of-idle-x").status, 200)
        self.command("user", "deactivate", "idle@example.com")
        reply = self.back("code-of-idle-x")
        self.assertEqual((reply.status, reply["error"]), (400, "oauth_error"))


class Centrifugo(Accounts):
    settings = ("accounts.centrifugo.enabled=true", "accounts.centrifugo.secret=only a secret", "accounts.centrifugo.url=wss://push.example.com/connection/websocket")

    def test_a_token_that_centrifugo_takes(self):
        self.start()
        user = self.login("push@example.com")
        reply = self.good(200, "GET", "/cfg/centrifugo/auth/token/", token=user["access"]).json
        head, claims, signature = reply["token"].split(".")
        want = hmac.digest(b"only a secret", f"{head}.{claims}".encode(), "sha256")
        self.assertEqual(base64.urlsafe_b64encode(want).rstrip(b"=").decode(), signature)
        claims = json.loads(base64.urlsafe_b64decode(claims + "=="))
        number = str(user["user"]["id"])
        self.assertEqual(claims["channels"], [f"user#{number}", f"notifications#user#{number}", "broadcast"])
        self.assertEqual((claims["sub"], claims["channels"], set(claims)), (number, reply["channels"], {"sub", "exp", "iat", "channels"}))
        self.assertEqual(claims["exp"] - claims["iat"], 30 * 86400)
        self.assertEqual(reply["centrifugo_url"], "wss://push.example.com/connection/websocket")
        self.assertRegex(reply["expires_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(set(user["user"]["centrifugo"]), {"token", "centrifugo_url", "expires_at", "channels"})
        staff = self.login("admin@example.com")
        self.assertEqual(staff["user"]["centrifugo"]["channels"][2:], ["centrifugo#dashboard", "admin#notifications", "grpc#*", "broadcast"])

    def test_without_a_secret_it_says_so(self):
        self.settings = ("accounts.centrifugo.enabled=true",)
        self.start()
        user = self.login("push@example.com")
        self.assertIsNone(user["user"]["centrifugo"])
        reply = self.ask("GET", "/cfg/centrifugo/auth/token/", token=user["access"])
        self.assertEqual((reply.status, reply.json), (500, {"error": "Failed to generate token"}))


class Families(Accounts):
    """One account, two families (server.md 4)."""

    def test_registered_in_hiring_it_signs_in_here_by_code(self):
        self.start()
        made = self.ask("POST", "/api/v1/auth/register", {"email": "Two.Homes@Example.com", "username": "twohomes", "password": "a Passw0rd of hiring",
                                                          "full_name": "Two Homes"})
        self.assertIn(made.status, (200, 201), made.raw)
        form = urllib.parse.urlencode({"username": "Two.Homes@Example.com", "password": "a Passw0rd of hiring"}).encode()
        login = lambda: self.ask("POST", "/api/v1/auth/login", raw=form, headers={"Content-Type": "application/x-www-form-urlencoded"})  # noqa: E731
        before = login()
        self.assertEqual(before.status, 200, before.raw)
        self.good(200, "POST", "/cfg/accounts/otp/request/", {"identifier": "two.homes@example.com"})
        code = re.search(r"\d{4}", self.mail("Two.Homes@Example.com", "OTP code")[0])[0]
        here = self.verify("two.homes@example.com", code)
        self.assertEqual((here.status, here["user"]["email"]), (200, "two.homes@example.com"))
        # The first proof: the password that nobody had proven goes, and a link to choose another is mailed.
        self.assertEqual(login().status, 401)
        self.assertEqual(self.ask("GET", "/api/v1/users/me", token=before["access_token"]).status, 401)
        self.mail("Two.Homes@Example.com", "assword")
        # What changes here shows there.
        self.good(200, "PATCH", "/cfg/accounts/profile/update/", {"first_name": "Anna"}, token=here["access"])
        shown = json.loads(self.command("user", "show", "two.homes@example.com", "--json"))
        self.assertIn("Anna", json.dumps(shown))


class Asked(Accounts):
    """Whoever asks for a code: what is done for a known address so that it takes as long as for an unknown one leaves no trace."""

    def test_asking_for_a_known_address_makes_no_account(self):
        self.start()
        known = self.login("known@example.com")["user"]["id"]
        for _ in range(5):
            self.good(200, "POST", "/cfg/accounts/otp/request/", {"identifier": "known@example.com"}, headers={"Accept-Language": "de"})
        self.assertGreater(self.login("next@example.com")["user"]["id"], known)  # PostgreSQL's sequence leaves out what came to nothing
        self.assertEqual(self.command("user", "list", "--json").count("known@example.com"), 1)
        self.assertEqual(self.command("audit", "tail", "--json").count("account.create"), 3)  # the administrator's, and these two

    def test_language_is_kept_of_the_first_who_says_one(self):
        self.start()
        self.good(200, "POST", "/cfg/accounts/otp/request/", {"identifier": "tongue@example.com"}, headers={"Accept-Language": "*"})
        self.mail("tongue@example.com", "OTP code")
        for language in ("de-AT,en;q=0.8", "fr"):
            self.good(200, "POST", "/cfg/accounts/otp/request/", {"identifier": "tongue@example.com"}, headers={"Accept-Language": language})
        code = re.search(r"\d{4}", self.mail("tongue@example.com", "OTP code")[0])[0]
        self.assertEqual(self.verify("tongue@example.com", code)["user"]["language"], "de")
        self.good(200, "POST", "/cfg/accounts/otp/request/", {"identifier": "new@example.com"}, headers={"Accept-Language": "de-AT,en;q=0.8"})
        subject, text = self.mail("new@example.com", "OTP code")
        self.assertIn("Einmalcode", text)

    def test_five_wrong_tries_end_a_code_and_the_next_is_another_row(self):
        self.start()
        code = self.code("tries@example.com")
        wrong = f"{(int(code) + 1) % 10000:04d}"
        for _ in range(5):
            self.assertEqual(self.verify("tries@example.com", wrong).status, 401)
        self.assertEqual(self.verify("tries@example.com", code).status, 401)
        self.assertEqual(self.verify("tries@example.com", self.code("tries@example.com")).status, 200)


    def test_a_code_is_that_of_its_own_address(self):
        """A row is read for every address, a neighbour's where it has none."""
        self.start()
        code = self.code("middle@example.com")
        for other in ("middle@example.co", "middle@example.com.au", "middle@example.con", "a@example.com", "z@example.com"):
            self.assertEqual([self.verify(other, guess).status for guess in (code, "none", "0000")], [401, 400, 401], other)
        self.assertEqual(self.verify("middle@example.com", code).status, 200)


class Deletion(Accounts):
    def test_everything_ends_and_the_address_is_free(self):
        self.start()
        one = self.login("bye@example.com")
        key = self.good(200, "POST", "/cfg/accounts/api-key/regenerate/", token=one["access"])["key"]
        secret, _ = self.second_factor(one["access"])
        waiting = self.login("bye@example.com")["session_id"]
        code = self.code("bye@example.com")
        self.good(200, "POST", "/cfg/accounts/profile/delete/", token=one["access"])
        self.assertEqual(self.ask("GET", "/cfg/accounts/profile/", token=one["access"]).status, 401)
        refresh = self.ask("POST", "/cfg/accounts/token/refresh/", {"refresh": one["refresh"]})
        self.assertEqual((refresh.status, refresh["detail"]), (401, "No active account found for the given token."))
        self.assertEqual(self.ask("GET", "/cfg/accounts/oauth/connections/", headers={"X-API-Key": key}).status, 401)
        self.assertEqual(self.verify("bye@example.com", code).status, 401)
        self.assertEqual(self.ask("POST", "/cfg/totp/verify/", {"session_id": waiting, "code": totp(secret)}).json["code"], "SESSION_NOT_FOUND")
        two = self.login("bye@example.com")
        self.assertNotEqual(two["user"]["id"], one["user"]["id"])
        self.assertEqual(two["user"]["first_name"], "")

    def test_deactivation_acts_at_once_and_gives_nothing_back(self):
        self.start()
        one = self.login("pause@example.com")
        self.command("user", "deactivate", "pause@example.com")
        reply = self.ask("GET", "/cfg/accounts/profile/", token=one["access"])
        self.assertEqual((reply.status, reply["code"]), (401, "user_inactive"))
        code = self.code("pause@example.com")
        self.assertEqual(self.verify("pause@example.com", code).json, {"error": "Authentication failed"})
        self.command("user", "activate", "pause@example.com")
        self.assertEqual(self.ask("GET", "/cfg/accounts/profile/", token=one["access"]).status, 401)
        self.assertEqual(self.ask("POST", "/cfg/accounts/token/refresh/", {"refresh": one["refresh"]}).status, 401)
        self.login("pause@example.com")


class Operator(Accounts):
    """What the commands tell about second factors and who somebody is elsewhere."""

    def shown(self, address):
        one = json.loads(self.command("user", "show", address))
        return one["second_factor"], one["backup_codes_left"], [(i["issuer"], i["email"]) for i in one["identities"]]

    def test_a_second_factor_is_seen_and_reset(self):
        hub = GitHub()
        self.addCleanup(hub.stop)
        self.start(*hub.settings(), "accounts.site_url=https://app.example.com")
        hub.users["code-of-show"] = ({"id": 41, "login": "show"}, [{"email": "show@example.com", "verified": True, "primary": True}])
        state = self.good(200, "POST", "/cfg/accounts/oauth/github/authorize/")["state"]
        access = self.good(200, "POST", "/cfg/accounts/oauth/github/callback/", {"code": "code-of-show", "state": state})["access"]
        self.assertEqual(self.shown("show@example.com"), (False, 0, [("github", "show@example.com")]))
        self.good(200, "POST", "/cfg/totp/setup/", token=access)
        self.assertEqual(self.shown("show@example.com")[0], False)  # not before it is confirmed
        self.assertEqual(self.command("user", "reset-totp", "show@example.com"), "show@example.com: there was no second factor\n")
        _, codes = self.second_factor(access)
        self.assertEqual(self.shown("show@example.com")[:2], (True, 10))
        waiting = self.login("show@example.com")["session_id"]
        self.good(200, "POST", "/cfg/totp/verify/backup/", {"session_id": waiting, "backup_code": codes[0]})
        self.assertEqual(self.shown("show@example.com")[:2], (True, 9))
        waiting = self.login("show@example.com")["session_id"]
        self.assertEqual(self.command("user", "reset-totp", "show@example.com"), "show@example.com: the second factor is gone, and its backup codes\n")
        self.assertEqual(self.shown("show@example.com")[:2], (False, 0))
        self.assertEqual(self.ask("POST", "/cfg/totp/verify/backup/", {"session_id": waiting, "backup_code": codes[1]})["code"], "INVALID_CODE")
        self.assertFalse(self.login("show@example.com")["requires_2fa"])


class Audit(Accounts):
    """One audit log (server.md 4): what was done is in it, no secret is."""

    def setUp(self):
        super().setUp()
        self.hub = GitHub()
        self.addCleanup(self.hub.stop)
        self.start(*self.hub.settings(), "accounts.site_url=https://app.example.com/")
        self.secrets, self.codes = set(), set()

    def keep(self, *secrets):
        self.secrets.update(secrets)
        return secrets[0]

    def code(self, address):
        code = super().code(address)
        self.codes.add(code)
        return code

    def enter(self, answer):
        self.keep(answer.get("access") or answer["access_token"], answer.get("refresh") or answer["refresh_token"])
        return answer.get("access") or answer["access_token"]

    def enable(self, access):
        secret, backup = self.second_factor(access)
        self.keep(secret, *backup)
        self.codes.add(totp(secret, -1))
        return secret, backup

    def records(self):
        text = self.command("audit", "tail", "-n", "1000", "--json")
        for secret in self.secrets:
            self.assertNotIn(secret, text)
        all_ = json.loads(text)
        # Four digits are in many an id and time; in what else is told none may be.
        told = json.dumps([[r["action"], r["actor_email"], r["detail"]] for r in all_])
        for code in self.codes:
            self.assertNotIn(code, told)
        return all_

    def own(self, address):
        """(action, detail) of this family's records of that actor; each is whole."""
        mine = [r for r in self.records() if r["family"] == "accounts" and r["actor_email"] == address]
        self.assertEqual({(r["ip"], bool(r["actor_id"]), bool(r["request_id"]), bool(r["subject"])) for r in mine}, {("127.0.0.1", True, True, True)})
        return [(r["action"], r["detail"]) for r in mine]

    def test_the_tour_of_somebody_with_a_second_factor(self):
        access = self.enter(self.login("tour@example.com"))
        change = {"first_name": "Secretive", "company": "Analytical Engines"}
        self.keep(*change.values())
        for _ in range(2):  # what changes nothing is no record
            self.good(200, "PATCH", "/cfg/accounts/profile/update/", change, token=access)
        self.keep(self.good(200, "POST", "/cfg/accounts/api-key/regenerate/", token=access)["key"])
        secret, backup = self.enable(access)
        session = self.keep(self.login("tour@example.com")["session_id"])
        self.good(400, "POST", "/cfg/totp/verify/", {"session_id": session, "code": "000000"})
        now, next_ = totp(secret), totp(secret, 1)
        self.codes.update((now, next_))
        # Whose login it is counts, not which other credentials came with it.
        other = self.enter(self.login("other@example.com"))
        access = self.enter(self.good(200, "POST", "/cfg/totp/verify/", {"session_id": session, "code": now}, token=other).json)
        self.good(400, "POST", "/cfg/totp/backup-codes/regenerate/", {"code": "000000"}, token=access)
        backup = self.good(200, "POST", "/cfg/totp/backup-codes/regenerate/", {"code": next_}, token=access)["backup_codes"]
        self.keep(*backup)
        session = self.keep(self.login("tour@example.com")["session_id"])
        self.good(400, "POST", "/cfg/totp/verify/backup/", {"session_id": session, "backup_code": "00000000"})
        access = self.enter(self.good(200, "POST", "/cfg/totp/verify/backup/", {"session_id": session, "backup_code": backup[0]}).json)
        self.good(200, "POST", "/cfg/accounts/profile/delete/", token=access)
        by = lambda method: {"method": method}  # noqa: E731
        self.assertEqual(self.own("tour@example.com"), [
            ("login", by("otp")), ("profile.update", {"fields": ["first_name", "company"]}), ("api_key.create", {}), ("totp.enable", {}),
            ("login.first_factor", by("otp")), ("login.failed", by("totp")), ("login", by("totp")), ("backup_codes.create", {}),
            ("login.first_factor", by("otp")), ("login.failed", by("backup_code")), ("login", by("backup_code"))])
        self.assertEqual(self.own("other@example.com"), [("login", by("otp"))])
        core = [r["action"] for r in self.records() if r["family"] == "core" and r["detail"].get("email") == "tour@example.com"]
        self.assertEqual(core[-1], "account.delete")

    def test_github_pictures_and_the_end_of_second_factors(self):
        dot = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
        self.hub.users["code-of-audit"] = ({"id": 31, "login": "Hub"}, [{"email": "hub@example.com", "verified": True, "primary": True}])
        self.keep("code-of-audit")

        def back():
            state = self.keep(self.good(200, "POST", "/cfg/accounts/oauth/github/authorize/", {})["state"])
            return self.good(200, "POST", "/cfg/accounts/oauth/github/callback/", {"code": "code-of-audit", "state": state}).json
        access = self.enter(back())
        raw, headers = part("avatar", dot)
        self.good(200, "POST", "/cfg/accounts/profile/avatar/", raw=raw, headers=headers, token=access)
        for end in ("disable", "devices"):
            secret, _ = self.enable(access)
            self.keep(back()["session_id"])
            device = self.good(200, "GET", "/cfg/totp/devices/", token=access)["devices"][0]["id"]
            code = totp(secret)
            self.codes.add(code)
            if end == "disable":
                self.good(200, "POST", "/cfg/totp/disable/", {"code": code}, token=access)
            else:
                self.good(204, "DELETE", f"/cfg/totp/devices/{device}/", {"code": code}, token=access)
        github = {"method": "github"}
        self.assertEqual(self.own("hub@example.com"), [
            ("login", github), ("avatar.update", {}), ("totp.enable", {}), ("login.first_factor", github), ("totp.disable", {}),
            ("totp.enable", {}), ("login.first_factor", github), ("totp.remove", {})])
        self.assertIn(device, [r["subject"] for r in self.records() if r["action"] == "totp.remove"])

    def test_what_is_refused_is_no_change(self):
        access = self.enter(self.login("no@example.com"))
        before = self.own("no@example.com")
        self.assertEqual(before, [("login", {"method": "otp"})])
        self.good(400, "PATCH", "/cfg/accounts/profile/update/", {"first_name": "No", "phone": "x"}, token=access)
        self.good(400, "POST", "/cfg/totp/disable/", {"code": "000000"}, token=access)
        setup = self.good(200, "POST", "/cfg/totp/setup/", token=access)
        self.good(400, "POST", "/cfg/totp/setup/confirm/", {"device_id": setup["device_id"], "code": "000000"}, token=access)
        self.good(401, "POST", "/cfg/accounts/api-key/regenerate/", token=access + "x")
        self.assertEqual(self.own("no@example.com"), before)


class Mails(Accounts):
    settings = ("accounts.site_url=https://app.example.com", "accounts.project_name=Shop <& Co>")

    def test_a_code_is_readable_everywhere_and_has_a_link(self):
        import email
        self.start()
        self.good(200, "POST", "/cfg/accounts/otp/request/", {"identifier": "read@example.com"}, headers={"Accept-Language": "de-AT,en;q=0.8"})
        subject, text = self.mail("read@example.com")
        code = re.fullmatch(r"Your OTP code: (\d{4})", subject)[1]
        self.assertIn(f"https://app.example.com/auth/?otp={code}", text)
        self.assertIn("10 Minuten", text)  # the account's language
        self.assertIn("Shop <& Co>", text)
        [path] = (self.folder / "mail").glob("*.eml")
        html = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body(("html",)).get_content()
        self.assertIn("Shop &lt;&amp; Co&gt;", html)
        self.assertIn(code, html)


if __name__ == "__main__":
    support.main()
