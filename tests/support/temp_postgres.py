"""A private PostgreSQL server for a test, by tests/unit/store/pg-temp.sh."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "unit" / "store" / "pg-temp.sh"


class TempPostgres:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="chancery-pg-")
        started = subprocess.run([SCRIPT, "start", self.dir], stdout=subprocess.PIPE, text=True, check=False)
        if started.returncode != 0:
            shutil.rmtree(self.dir, ignore_errors=True)
            print("skipped: no PostgreSQL here")
            sys.exit(77 if started.returncode == 77 else 1)
        self.url = started.stdout.strip()

    def restart(self):
        """As after a crash: what was not on the disk is gone, every connection is lost."""
        subprocess.run([SCRIPT, "restart", self.dir], check=True)

    def stop(self):
        subprocess.run([SCRIPT, "stop", self.dir], check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
