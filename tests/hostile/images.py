"""Pictures that mean harm, against the release build's chancery-image: refused within a second and 64 MiB, and nothing but read, write and exit is ever called.

images.py CHANCERY_IMAGE [ROUNDS]"""
import io
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

try:
    from PIL import Image
except ImportError:
    print("skipped: no python3-pil here")
    sys.exit(77)
PROGRAM, ROUNDS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400
WALL_S, MEMORY_KIB = 1.0, 64 * 1024
worst = [0.0, 0]


def remake(data):
    """(exit status, answer); measured."""
    # The peak of a child of ours is that of the child alone: each has a shell's own process between.
    start = time.monotonic()
    p = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        out, _ = p.communicate(data, timeout=60)
    except BrokenPipeError:
        out = b""
    worst[0] = max(worst[0], time.monotonic() - start)
    return p.returncode, out


def save(image, kind, **more):
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def png(width, height, packed, colour=2, depth=8, interlace=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def text_bomb():
    """A compressed text that unpacks to 100 MB."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    good = save(Image.new("RGB", (4, 4)), "PNG")
    return good[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000), 9)) + good[33:]


def gif(width, height, frames, data=b"\x02\x02\x44\x01\x00"):
    """Frames that say they are that large."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + data
    return head + frame * frames + b";"


base = Image.linear_gradient("L").resize((64, 48)).convert("RGB")
GOOD = {"PNG": save(base, "PNG"), "interlaced PNG": save(base.convert("P"), "PNG"), "JPEG": save(base, "JPEG"), "progressive JPEG": save(base, "JPEG", progressive=True),
        "GIF": save(base, "GIF"), "animated GIF": save(base, "GIF", save_all=True, append_images=[base.rotate(90)], duration=50, loop=0),
        "WebP": save(base, "WEBP"), "lossless WebP": save(base, "WEBP", lossless=True)}
BOMBS = {
    "a PNG of 16384 x 16384": png(16384, 16384, zlib.compress(bytes(20_000_000), 9)),
    "a PNG of 2^31 - 1 pixels a side": png(2**31 - 1, 2**31 - 1, zlib.compress(b"", 9)),
    "a PNG of 5000 x 5000 in 73 KB": png(5000, 5000, zlib.compress(bytes((5000 * 3 + 1) * 5000), 9)),
    "an interlaced PNG of 4000 x 4000": png(4000, 4000, zlib.compress(bytes((4000 * 3 + 1) * 4000), 9), interlace=1),
    "a PNG with no pixels": png(0, 10, zlib.compress(b"", 9)),
    "a text of 100 MB": text_bomb() + b"x",
    "a GIF of 65535 x 65535": gif(65535, 65535, 1),
    "a GIF of 500 frames of 4096 x 4096": gif(4096, 4096, 500),
    "a JPEG that says 65500 x 65500": GOOD["JPEG"].replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 65500, 65500)),
    "a JPEG that says 16000 x 3000": GOOD["JPEG"].replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 3000, 16000)),
    "a progressive JPEG that says 8000 x 6000": GOOD["progressive JPEG"].replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 6000, 8000)),
    "a WebP that says 16383 x 16383": GOOD["WebP"][:26] + struct.pack("<HH", 16383, 16383) + GOOD["WebP"][30:],
    "nothing": b"", "a text": b"hello", "a script": b"#!/bin/sh\necho\n", "a lone beginning": b"\x89PNG\r\n\x1a\n", "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a TIFF": save(base, "TIFF"), "a BMP": save(base, "BMP"), "more than 5 MiB": b"\x89PNG\r\n\x1a\n" + bytes(6 << 20),
}
failed = 0


def check(name, good):
    global failed
    if not good:
        failed += 1
        print("FAIL", name)


for name, data in GOOD.items():
    status, out = remake(data)
    check(f"{name} is made anew", status == 0 and Image.open(io.BytesIO(out.split(b"\n", 1)[1])).size == (64, 48))
    for n in {1, 2, 10, len(data) // 2, len(data) - 8}:
        check(f"{name} without its last {n} bytes", remake(data[:-n])[0] != 0)
    for tail in (b"PK\x03\x04 an archive", b"<html><script>alert(1)</script>", b"\xff\xd8\xff", b"MZ"):
        check(f"{name} and {tail!r}", remake(data + tail)[0] != 0)
for name, data in BOMBS.items():
    before = time.monotonic()
    check(name, remake(data)[0] != 0)
    check(f"{name} takes {time.monotonic() - before:.2f} s", time.monotonic() - before < WALL_S * 3)  # three: the machine has other work, too; CPU is limited to one
# Broken here and there: whatever comes of it, it ends, and what it says is one of the four or nothing.
chance = random.Random(11)
for i in range(ROUNDS):
    data = bytearray(chance.choice(list(GOOD.values())))
    for _ in range(chance.randrange(1, 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    status, out = remake(bytes(data))
    check(f"round {i}: {status}", status != 0 or out.split(b"\n", 1)[0] in (b"image/png", b"image/jpeg", b"image/gif", b"image/webp"))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
check(f"{peak} KiB at the most", peak <= MEMORY_KIB)
if shutil.which("strace") and "SKIP_STRACE" not in os.environ:
    with tempfile.NamedTemporaryFile() as log:
        traced = subprocess.run(["strace", "-o", log.name, PROGRAM], input=GOOD["JPEG"], stdout=subprocess.PIPE, check=False)
        if traced.returncode == 0:
            calls = open(log.name, encoding="utf-8").read().split("SECCOMP_MODE_STRICT", 1)[1].splitlines()[1:]
            check("calls after the cage closed: " + repr(calls), all(c.startswith(("read(0,", "write(1,", "exit(", "+++")) for c in calls))
print(f"{len(GOOD)} kinds, {len(BOMBS)} bombs, {ROUNDS} broken ones: slowest {worst[0]:.2f} s, peak {peak} KiB")
sys.exit(failed > 0)
