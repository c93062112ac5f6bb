"""chancery backup and restore on the real binary (server.md 1): beside a server that writes, to another folder, from archives that are damaged or hostile.

test_backup.py BUILD/chancery [unittest options]"""
import hashlib
import io
import pathlib
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chancery_server import KEY, ROOT, Server  # noqa: E402
from temp_postgres import TempPostgres  # noqa: E402
from writers import I, PACKAGES, check, join_writers, sessions_of, start_writers  # noqa: E402

BINARY = None
PHRASE = "correct horse battery\n"
UPLOADS = ROOT / "tests" / "api" / "packages"
UPLOAD = "docassemble.cases:data/questions/upload.yml"


def command(*words, text=None, room=None):
    """room: bytes that a file may have; a disk that is full, for this command."""
    limit = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))) if room else None
    return subprocess.run([BINARY, *map(str, words)], input=text, capture_output=True, text=True, timeout=120, check=False, preexec_fn=limit)


def digest(data):
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def pack(path, members):
    """An archive of our own making: (name, bytes or TarInfo)."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members:
            info = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(data, bytes):
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    path.write_bytes(subprocess.run(["zstd", "-q", "-c"], input=raw.getvalue(), stdout=subprocess.PIPE, check=True).stdout)


def unpack(path):
    raw = subprocess.run(["zstd", "-q", "-d", "-c", path], stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        return [(info.name, tar.extractfile(info).read()) for info in tar]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chancery-backup-"))
        self.archive, self.new = self.folder / "one.backup", self.folder / "new"

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def done(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def refused(self, said, *words, text=None, room=None):
        result = command(*words, text=text, room=room)
        self.assertEqual((result.returncode, result.stdout), (1, ""), result.stderr)
        self.assertIn(said, result.stderr.splitlines()[-1])
        self.assertTrue(result.stderr.splitlines()[-1].startswith("chancery: "), result.stderr)

    def refuses_archive(self, said, archive=None, text=None):
        """Said so, and nothing is left."""
        self.refused(said, "restore", archive or self.archive, "--data", self.new, *(["--passphrase-stdin"] if text else []), text=text)
        self.assertFalse(self.new.exists())

    def left_beside(self):
        return sorted(p.name for p in self.archive.parent.iterdir() if ".part-" in p.name)


def upload(server, text):
    status, made = server.call("GET", "/api/session/new", {"i": UPLOAD})
    assert status == 200, made
    fields = {"i": UPLOAD, "session": made["session"], "secret": made["secret"]}
    body = "".join(f'--xx\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    body += f'--xx\r\nContent-Disposition: form-data; name="document"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--xx--\r\n'
    c = server.connect()
    c.request("POST", "/api/session", body.encode(), {"X-API-Key": KEY, "Content-Type": "multipart/form-data; boundary=xx"})
    reply = c.getresponse()
    answer = reply.read()
    assert reply.status == 200, answer
    c.close()


class Whole(Folder):
    def test_a_backup_under_load_restores_all_that_was_acknowledged_before(self):
        with Server(pathlib.Path(BINARY).parent, packages=[PACKAGES, UPLOADS]) as server:
            upload(server, "kept contents")
            writers = start_writers(server, 4)
            while not all(w.acknowledged > 10 for w in writers):
                self.assertFalse(any(w.problem for w in writers))
            before = [dict(own) for own in sessions_of(writers)]
            written = sum(w.acknowledged for w in writers)
            said = self.done(command("backup", self.archive, "--data", server.data, "--with-key", "--passphrase-stdin", text=PHRASE))
            self.assertGreater(sum(w.acknowledged for w in writers), written, "writes went on meanwhile")
            self.assertEqual(join_writers(writers), [])
            self.assertIn("rows, 1 files, master key", said)
            self.assertEqual(self.left_beside(), [])
            self.assertEqual(self.archive.stat().st_mode & 0o777, 0o600)
            key = (server.data / "master.key").read_bytes()
        self.assertNotIn(key, subprocess.run(["zstd", "-q", "-d", "-c", self.archive], stdout=subprocess.PIPE, check=True).stdout)
        self.done(command("restore", self.archive, "--data", self.new, "--passphrase-stdin", text=PHRASE))
        self.assertEqual((self.new / "master.key").read_bytes(), key)
        self.assertEqual(self.new.stat().st_mode & 0o777, 0o700)
        self.assertEqual((self.new / "chancery.db").stat().st_mode & 0o777, 0o600)
        with Server(pathlib.Path(BINARY).parent, data=self.new, packages=[PACKAGES, UPLOADS]) as again:
            c = again.connect()
            for own in before:
                status, reply = again.call("GET", "/api/session", {"i": I, "session": own["session"], "secret": own["secret"]}, connection=c)
                self.assertEqual(status, 200, reply)
                self.assertGreaterEqual(reply["_internal"]["steps"], own["steps"])
            c.close()
            writers = start_writers(again, 2)
            while not all(w.acknowledged > 3 for w in writers):
                self.assertFalse(any(w.problem for w in writers))
            self.assertEqual(join_writers(writers) + check(again, sessions_of(writers)), [])
        name = digest(b"kept contents")
        self.assertEqual((self.new / "files" / name[:2] / name[2:4] / name).read_bytes(), b"kept contents")

    def test_the_key_stays_out_unless_asked_for(self):
        with Server(pathlib.Path(BINARY).parent) as server:
            self.assertIn("The master key is not in it", self.done(command("backup", self.archive, "--data", server.data)))
            self.assertIn("The master key was not restored", self.done(command("restore", self.archive, "--data", self.new)))
            self.assertFalse((self.new / "master.key").exists())
            (self.new / "master.key").write_bytes((server.data / "master.key").read_bytes())
            (self.new / "master.key").chmod(0o600)
        with Server(pathlib.Path(BINARY).parent, data=self.new) as again:
            self.assertEqual(again.call("GET", "/api/user")[0], 200)

    def test_beside_postgresql_files_are_taken_and_the_rows_pointed_at(self):
        with TempPostgres() as postgres:
            with Server(pathlib.Path(BINARY).parent, packages=[UPLOADS], settings=["store.url=" + postgres.url]) as server:
                upload(server, "kept contents")
                taken = command("backup", self.archive, "--data", server.data, "--set", "store.url=" + postgres.url)
                self.assertEqual(taken.returncode, 0, taken.stderr)
                self.assertIn("pg_dump", taken.stderr)
            self.refuses_archive("holds no rows")
            back = command("restore", self.archive, "--data", self.new, "--set", "store.url=" + postgres.url)
            self.assertEqual(back.returncode, 0, back.stderr)
            self.assertIn("PostgreSQL's own tools", back.stderr)
        name = digest(b"kept contents")
        self.assertEqual((self.new / "files" / name[:2] / name[2:4] / name).read_bytes(), b"kept contents")


class Refusals(Folder):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="chancery-backup-"))
        with Server(pathlib.Path(BINARY).parent, data=cls.home / "data", packages=[UPLOADS]) as server:
            upload(server, "kept contents")
        assert command("backup", cls.home / "good", "--data", cls.home / "data", "--with-key", "--passphrase-stdin", text=PHRASE).returncode == 0
        cls.members = unpack(cls.home / "good")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home, ignore_errors=True)

    def manifest(self, *changes):
        text = self.members[0][1].decode()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        return ("manifest", text.encode())

    def test_a_backup_overwrites_nothing(self):
        self.archive.write_text("mine")
        self.refused("is there already", "backup", self.archive, "--data", self.home / "data")
        self.assertEqual(self.archive.read_text(), "mine")

    def test_a_backup_of_nothing_is_none(self):
        self.refused("no store here yet", "backup", self.archive, "--data", self.folder / "nowhere")

    def test_a_passphrase_is_needed_for_the_key(self):
        self.refused("at least 8 characters", "backup", self.archive, "--data", self.home / "data", "--with-key", "--passphrase-stdin", text="short\n")
        self.refused("no passphrase", "backup", self.archive, "--data", self.home / "data", "--with-key", "--passphrase-stdin", text="")
        self.assertFalse(self.archive.exists())
        self.refuses_archive("another passphrase", self.home / "good", text="another one entirely\n")

    def test_without_the_key_the_rest_is_restored(self):
        self.done(command("restore", self.home / "good", "--data", self.new, "--without-key"))
        self.assertFalse((self.new / "master.key").exists())

    def test_a_restore_overwrites_nothing(self):
        self.new.mkdir()
        (self.new / "file").write_text("mine")
        self.refused("is not empty", "restore", self.home / "good", "--data", self.new, "--without-key")
        self.assertEqual([p.name for p in self.new.iterdir()], ["file"])

    def test_a_file_that_a_row_names_must_be_there_and_whole(self):
        data = self.folder / "data"
        shutil.copytree(self.home / "data", data)
        kept = next((data / "files").glob("??/??/*"))
        kept.write_text("Kept contents")
        self.refused("the contents do not fit the name", "backup", self.archive, "--data", data)
        kept.unlink()
        self.refused("a row names this file", "backup", self.archive, "--data", data)
        self.assertFalse(self.archive.exists())
        self.assertEqual(self.left_beside(), [])

    def test_a_picture_of_a_profile_is_such_a_file(self):
        data = self.folder / "data"
        shutil.copytree(self.home / "data", data)
        with sqlite3.connect(data / "chancery.db") as db:
            db.execute("INSERT INTO accounts_profile (account_id, username, key_hash, key_head, key_tail, key_created_at_ms, avatar_file, avatar_content)"
                       " SELECT id, 'x', zeroblob(32), '', '', 0, 'x.png', ? FROM account LIMIT 1", ["f" * 64])
        db.close()
        self.refused("ffff: a row names this file", "backup", self.archive, "--data", data)

    def test_archives_of_somebody_s_making(self):
        head, rows, key, file = self.members
        bad = b"x" * 100
        hash_of = {name: digest(data) for name, data in self.members}
        link = tarfile.TarInfo(file[0])
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        hard = tarfile.TarInfo(file[0])
        hard.type, hard.linkname = tarfile.LNKTYPE, "store.db"
        claim = lambda name, data, path: (f"{len(data)} {hash_of[name]} {name}\n", f"{len(data)} {hash_of[name]} {path}\n")
        cases = [
            ("no backup at all", [("manifest", b"hello\n")], "no backup of this program"),
            ("another first member", [rows, head, key, file], "something else"),
            ("no manifest", [rows], "something else"),
            ("a newer format", [self.manifest(("chancery-backup 1", "chancery-backup 2")), rows, key, file], "newer program"),
            ("a newer schema", [self.manifest(("member", "schema 999999 999999_later\nmember")), rows, key, file], "newer program"),
            ("a schema of another name", [self.manifest(("0001_accounts", "0001_others")), rows, key, file], "newer program"),
            ("a path that climbs", [self.manifest(claim(*file, "../../../tmp/climbed")), rows, key, ("../../../tmp/climbed", file[1])], "damaged"),
            ("an absolute path", [self.manifest(claim(*file, "/tmp/absolute")), rows, key, ("/tmp/absolute", file[1])], "damaged"),
            ("a path beside files", [self.manifest(claim(*file, "master.key")), rows, key, ("master.key", file[1])], "damaged"),
            ("a member that climbs, unlisted", [head, rows, key, ("files/../../x", file[1])], "something else"),
            ("a symbolic link", [head, rows, key, (file[0], link)], "something else"),
            ("a hard link", [head, rows, key, (file[0], hard)], "something else"),
            ("a file of other contents", [head, rows, key, (file[0], b"Kept contents")], "does not fit its hash"),
            ("rows of other contents", [head, (rows[0], bad + rows[1][100:]), key, file], "does not fit its hash"),
            ("rows that are no database, well listed", [self.manifest((f"{len(rows[1])} {hash_of[rows[0]]}", f"100 {digest(bad)}")), (rows[0], bad), key, file], ""),
            ("a longer member", [head, rows, key, (file[0], file[1] + b"x")], "longer"),
            ("a shorter member", [head, rows, key, (file[0], file[1][:-1])], "shorter"),
            ("a member too few", [head, rows, key], "ends too early"),
            ("a member too many", [head, rows, key, file, ("files/more", b"x")], "more than"),
            ("the same twice", [head, rows, key, file, file], "more than"),
            ("more than the disk holds", [self.manifest((f"{len(file[1])} {hash_of[file[0]]}", f"999999999999999 {hash_of[file[0]]}")), rows, key, file], "not enough room"),
            ("sizes that overflow", [self.manifest((f"{len(file[1])} {hash_of[file[0]]}", f"9223372036854775807 {hash_of[file[0]]}")), rows, key, file], "damaged"),
            ("a negative size", [self.manifest((f"{len(file[1])} {hash_of[file[0]]}", f"-1 {hash_of[file[0]]}")), rows, key, file], "damaged"),
            ("a wrong count", [self.manifest(("end 3", "end 2")), rows, key, file], "damaged"),
            ("text behind the end", [self.manifest(("end 3", "end 3\nmore")), rows, key, file], "damaged"),
            ("a damaged key, well listed",
             [self.manifest((hash_of[key[0]], digest(key[1][:-1] + b"x"))), rows, (key[0], key[1][:-1] + b"x"), file], "does not open"),
            ("a key that asks for all memory",
             [self.manifest((hash_of[key[0]], digest(key[1][:1] + b"\xff" * 8 + key[1][9:]))), rows, (key[0], key[1][:1] + b"\xff" * 8 + key[1][9:]), file], "does not open"),
        ]
        for name, members, said in cases:
            with self.subTest(name):
                pack(self.archive, members)
                self.refuses_archive(said, text=PHRASE)
        self.assertFalse(pathlib.Path("/tmp/climbed").exists() or pathlib.Path("/tmp/absolute").exists())
        with self.subTest("and the same way of packing is good when nothing is wrong"):
            pack(self.archive, [head, rows, key, file])
            self.done(command("restore", self.archive, "--data", self.new, "--passphrase-stdin", text=PHRASE))

    def test_bytes_that_are_no_archive(self):
        whole = (self.home / "good").read_bytes()
        for name, data in (("empty", b""), ("text", b"hello\n" * 1000), ("half", whole[:len(whole) // 2]), ("without its end", whole[:-40]), ("zeros", bytes(100000))):
            with self.subTest(name):
                self.archive.write_bytes(data)
                self.refuses_archive("", text=PHRASE)
        self.refuses_archive("", self.folder / "not-there", text=PHRASE)

    def test_a_disk_that_is_full_leaves_nothing(self):
        data = self.folder / "data"
        shutil.copytree(self.home / "data", data)
        self.refused("", "backup", self.archive, "--data", data, room=20000)
        self.assertEqual((self.left_beside(), self.archive.exists()), ([], False))
        self.refused("File too large", "restore", self.home / "good", "--data", self.new, "--without-key", room=20000)
        self.assertFalse(self.new.exists())

    def test_a_damaged_byte_is_found_or_does_no_harm(self):
        whole = (self.home / "good").read_bytes()
        chance = random.Random(8)
        for _ in range(25):
            data = bytearray(whole)
            at = chance.randrange(len(data))
            data[at] ^= 1 << chance.randrange(8)
            self.archive.write_bytes(data)
            result = command("restore", self.archive, "--data", self.new, "--passphrase-stdin", text=PHRASE)
            if result.returncode == 0:  # a date, an owner: what nobody reads
                with sqlite3.connect(self.new / "chancery.db") as rows:
                    self.assertEqual(rows.execute("PRAGMA integrity_check").fetchone(), ("ok",))
                rows.close()
                shutil.rmtree(self.new)
            else:
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertFalse(self.new.exists())


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
