"""Ten thousand TOTP codes against oathtool (package oathtool): test_oathtool.py TOTP_CODES"""
import base64
import random
import shutil
import subprocess
import sys

if not shutil.which("oathtool"):
    print("skipped: no oathtool here")
    sys.exit(77)
chance, compared = random.Random(7), 0
for _ in range(20):
    secret = base64.b32encode(chance.randbytes(20)).decode()
    step = chance.randrange(1, 200_000_000)
    when = f"@{step * 30 + chance.randrange(30)}"
    theirs = subprocess.run(["oathtool", "--totp", "--base32", "--window=499", "--now=" + when, secret], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    ours = subprocess.run([sys.argv[1], secret, str(step), "500"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert ours == theirs, f"secret {secret}, step {step}"
    compared += len(ours)
print(f"{compared} codes are oathtool's")
sys.exit(compared != 10_000)
