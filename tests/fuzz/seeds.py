#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Seeds for the fuzz targets, from what the tests have: seeds.py TARGET FOLDER

Each seed is a file that the target reads as one input: documents and configurations of tests/cases,
the texts between quotes of the unit tests, archives in the formats of tar.
"""
import glob
import hashlib
import io
import json
import os
import re
import sys
import tarfile

top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
target, folder = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
count = 0


def seed(data):
    global count
    if isinstance(data, str):
        data = data.encode()
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as f:
        f.write(data)
    count += 1


def documents():
    for path in glob.glob(top + "/tests/cases/*/*/std*.json"):
        try:
            yield json.load(open(path, encoding="utf-8"))
        except ValueError:
            pass


def texts(path):
    """C strings of a unit test, as they stand in memory."""
    source = open(os.path.join(top, path), encoding="utf-8").read()
    for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', source):
        yield literal.encode().decode("unicode_escape", "replace")


def archives():
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as t:
            for name, kind in (("d", b"5"), ("d/f", b"0"), ("d/l", b"2"), ("d/h", b"1"), ("d/p", b"6"), ("d/c", b"3"),
                               ("d/" + "long" * 20, b"0")):
                info = tarfile.TarInfo(name)
                info.type, info.linkname, info.size = kind, "d/f", 5 if kind == b"0" else 0
                if form == tarfile.PAX_FORMAT:
                    info.pax_headers = {"SCHILY.xattr.user.a": "b", "mtime": "1.5"}
                t.addfile(info, io.BytesIO(b"hello"))
        yield out.getvalue()


if target == "tar":
    for a in archives():
        for step in (0, 1, 255):
            seed(bytes([step]) + a)
elif target == "runtime_config":
    for doc in documents():
        spec = doc.get("spec") if isinstance(doc, dict) else None
        if spec:
            seed(json.dumps(spec))
            seed(json.dumps(spec.get("process", {})))
elif target in ("manifest", "imageconfig"):
    for doc in documents():
        image = doc.get("image") if isinstance(doc, dict) else None
        if isinstance(image, dict):
            seed(json.dumps(image))
            seed(json.dumps({"config": image.get("config"), "rootfs": {"type": "layers", "diff_ids": []}}))
    for text in texts("tests/unit/image.c"):
        seed(text)
elif target == "reference":
    for text in texts("tests/unit/ref.c"):
        seed(text)
elif target == "registries_conf":
    for text in texts("tests/unit/registries.c"):
        seed(text)
    for text in texts("tests/unit/toml.c"):
        seed(text)
else:
    sys.exit(f"seeds.py: no seeds for {target}: say here where they come from")
if not count:
    sys.exit(f"seeds.py: {target}: nothing was found")
