"""Files that no row names any more go, on either store, and no others: contents of uploads whose sessions are deleted, shared ones, pictures of people.

test_files.py BUILD/chancery [--postgres] [unittest options]"""
import hashlib
import os
import threading
import time
import unittest

import accounts_support as support
from accounts_support import Accounts
from chancery_server import KEY
from test_accounts import part, picture

GREETING = "docassemble.chancery:data/questions/greeting.yml"


class Unnamed(Accounts):
    settings = ("retention.every=1", "retention.files=7200", "workers.min=1")

    def names(self):
        return {p.name for p in (self.folder / "data" / "files").glob("??/??/*")}

    def make_old(self):
        for p in (self.folder / "data" / "files").glob("??/??/*"):
            try:
                os.utime(p, (1000, 1000))
            except FileNotFoundError:
                pass

    def session(self):
        made = self.good(200, "GET", "/api/session/new?i=" + GREETING, headers={"X-API-Key": KEY})
        return {"i": GREETING, "session": made["session"], "secret": made["secret"]}

    def upload(self, session, contents):
        lines = [b"--BB", *[line for k, v in session.items() for line in (f'Content-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n--BB'.encode(),)],
                 b'Content-Disposition: form-data; name="paper"; filename="paper.txt"\r\nContent-Type: text/plain\r\n\r\n' + contents, b"--BB--", b""]
        return self.ask("POST", "/api/session", raw=b"\r\n".join(lines), headers={"X-API-Key": KEY, "Content-Type": "multipart/form-data; boundary=BB"})

    def delete(self, session):
        self.good(204, "DELETE", f"/api/session?i={GREETING}&session={session['session']}", headers={"X-API-Key": KEY})

    def rounds(self, n=2):
        """That many rounds of the job have begun and ended since now."""
        begun = time.time()
        end = time.monotonic() + 120
        while time.monotonic() < end:
            marker = self.folder / "data" / "files" / "lock"
            if marker.stat().st_mtime > begun + n:
                return
            time.sleep(0.2)
        raise AssertionError("the job does not run")

    def until(self, want):
        end = time.monotonic() + 120
        while self.names() != want and time.monotonic() < end:
            self.make_old()
            time.sleep(0.2)
        self.assertEqual(self.names(), want)

    def test_contents_go_with_the_last_session_that_names_them(self):
        self.start()
        one, two = self.session(), self.session()
        for session, contents in ((one, b"shared"), (two, b"shared"), (one, b"only here")):
            reply = self.upload(session, contents)
            self.assertIn(reply.status, (200, 204), reply.raw)
        token = self.login("face@example.com")["access"]
        body, head = part("avatar", picture())
        self.good(200, "POST", "/cfg/accounts/profile/avatar/", raw=body, headers=head, token=token)
        everything = self.names()
        self.assertEqual(len(everything), 3)
        self.make_old()
        self.rounds()
        self.assertEqual(self.names(), everything)  # all are named
        self.delete(one)
        self.rounds()
        self.make_old()
        end = time.monotonic() + 120
        while len(self.names()) == 3 and time.monotonic() < end:
            time.sleep(0.2)
        left = self.names()
        self.assertEqual(len(left), 2)
        shown = self.good(200, "GET", "/cfg/accounts/profile/", token=token)["avatar"]
        self.assertEqual(self.ask("GET", "/media/" + shown.partition("/media/")[2]).status, 200)
        self.delete(two)
        self.until({name for name in left if b"image/" in (self.folder / "data" / "files" / name[:2] / name[2:4] / name).read_bytes()[:6]})

    def test_a_young_file_waits_for_its_row(self):
        self.start()
        session = self.session()
        self.assertIn(self.upload(session, b"young").status, (200, 204))
        self.delete(session)
        self.rounds(3)
        self.assertEqual(len(self.names()), 1)

    def test_an_upload_to_no_session_leaves_no_row(self):
        self.start()
        session = dict(self.session(), session="a" * 32)
        self.assertGreaterEqual(self.upload(session, b"nobody's").status, 400)
        self.until(set())

    def test_uploads_of_the_same_contents_while_they_are_collected(self):
        """Each upload that was answered finds its contents there as long as its session is."""
        self.start()
        lost, over, gate, uploading = [], threading.Event(), threading.Lock(), [0]

        def age():
            """Whenever nobody counts on a file that is young."""
            while not over.is_set():
                with gate:
                    if not uploading[0]:
                        self.make_old()
                time.sleep(0.001)

        def again(i):
            for k in range(16):
                contents = b"the same for all %d" % (k % 2)
                name = hashlib.blake2b(contents, digest_size=32).hexdigest()
                session = self.session()
                with gate:
                    uploading[0] += 1
                reply = self.upload(session, contents)
                with gate:
                    uploading[0] -= 1
                for _ in range(5):
                    if reply.status not in (200, 204) or name not in self.names():
                        lost.append((i, k, reply.status))
                    time.sleep(0.02)
                self.delete(session)
                if k % 4 == 3:
                    time.sleep(1.1)
        aging = threading.Thread(target=age)
        aging.start()
        self.at_once(2, again)
        over.set()
        aging.join()
        self.assertEqual(lost, [])
        self.until(set())


if __name__ == "__main__":
    support.main()
