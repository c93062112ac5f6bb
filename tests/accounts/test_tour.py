"""The tour of the accounts family, with curl and oathtool: test_tour.py BUILD/chancery"""
import io
import pathlib
import shutil
import subprocess
import sys

import accounts_support as support
from accounts_support import Accounts


class Tour(Accounts):
    def test_it_works_as_written(self):
        from PIL import Image
        self.start()
        out = io.BytesIO()
        Image.linear_gradient("L").save(out, "PNG")
        (self.folder / "me.png").write_bytes(out.getvalue())
        done = subprocess.run([pathlib.Path(__file__).with_name("tour.sh"), f"http://127.0.0.1:{self.server.port}", self.folder / "mail", self.folder / "me.png"],
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)
        lines = done.stdout.splitlines()
        self.assertEqual((lines[0], lines[1], lines[-1]), ('{"message":"OTP sent to your email address"}', "Analytical Engines", "9"))


if __name__ == "__main__":
    missing = [tool for tool in ("curl", "oathtool") if not shutil.which(tool)]
    try:
        import PIL  # noqa: F401
    except ImportError:
        missing.append("python3-pil")
    if missing:
        print("skipped: no " + ", ".join(missing) + " here")
        sys.exit(77)
    support.main()
