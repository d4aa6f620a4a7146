#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make a small image in an OCI layout.

usage: mkimg.py [options] DIR [NAME...]

Each NAME becomes a name of the image in DIR's index.json. The first layer is busybox (from
--busybox) with links for its usual commands, unless --no-busybox; --layer KIB adds a layer with one
file of so many KiB of incompressible bytes; --config merges JSON into the image configuration;
--index wraps the manifest into an image index; --platform OS/ARCH[/VARIANT]. Output: the digest of
what the names point to. The same arguments make the same bytes.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import random
import tarfile

OCI = "application/vnd.oci.image."
COMMANDS = ("sh ash cat echo ls true false env id sleep mkdir rm touch ps kill wc head tail tr grep "
            "sed awk mount umount ip nc wget httpd hostname stat sort dd seq yes test printf").split()


def blob(root, data):
    name = hashlib.sha256(data).hexdigest()
    path = os.path.join(root, "blobs/sha256", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return "sha256:" + name


def tar_layer(entries):
    """entries: (name, mode, bytes | None for a folder | str for a link)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, mode, data in entries:
            info = tarfile.TarInfo(name)
            info.mode = mode
            if data is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(data, str):
                info.type, info.linkname = tarfile.SYMTYPE, data
            else:
                info.size = len(data)
            t.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return out.getvalue()


def busybox_layer(path):
    with open(path, "rb") as f:
        binary = f.read()
    entries = [(d, 0o755, None) for d in ("bin", "dev", "etc", "proc", "sys", "root", "var")]
    entries += [("tmp", 0o1777, None), ("bin/busybox", 0o755, binary)]
    entries += [("bin/" + c, 0o777, "busybox") for c in COMMANDS]
    entries += [("etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"),
                ("etc/group", 0o644, b"root:x:0:\nnogroup:x:65534:\n")]
    return tar_layer(entries)


def descriptor(media, digest, data, **more):
    return {"mediaType": media, "digest": digest, "size": len(data), **more}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("dir")
    p.add_argument("names", nargs="*")
    p.add_argument("--busybox", default="/bin/busybox")
    p.add_argument("--no-busybox", action="store_true")
    p.add_argument("--layer", type=int, action="append", default=[], metavar="KIB")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--config", default="{}")
    p.add_argument("--index", action="store_true")
    p.add_argument("--docker", action="store_true", help="Docker's schema 2")
    p.add_argument("--platform", default="linux/" + {"x86_64": "amd64", "aarch64": "arm64"}.get(
        os.uname().machine, os.uname().machine))
    a = p.parse_args()
    layers = [] if a.no_busybox else [busybox_layer(a.busybox)]
    for i, kib in enumerate(a.layer):
        data = random.Random(a.seed * 1000 + i).randbytes(kib * 1024)
        layers.append(tar_layer([("data%d-%d" % (a.seed, i), 0o644, data)]))

    os_, arch, *variant = a.platform.split("/")
    config = {"created": "2026-01-01T00:00:00Z", "os": os_, "architecture": arch,
              "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
              "rootfs": {"type": "layers",
                         "diff_ids": ["sha256:" + hashlib.sha256(x).hexdigest() for x in layers]},
              "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "mkimg"} for _ in layers]}
    if variant:
        config["variant"] = variant[0]
    config["config"].update(json.loads(a.config))

    docker = "application/vnd.docker."
    media = {"layer": OCI + "layer.v1.tar+gzip", "config": OCI + "config.v1+json",
             "manifest": OCI + "manifest.v1+json", "index": OCI + "index.v1+json"}
    if a.docker:
        media = {"layer": docker + "image.rootfs.diff.tar.gzip",
                 "config": docker + "container.image.v1+json",
                 "manifest": docker + "distribution.manifest.v2+json",
                 "index": docker + "distribution.manifest.list.v2+json"}
    packed = [gzip.compress(x, 6, mtime=0) for x in layers]
    conf = json.dumps(config).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": media["manifest"],
        "config": descriptor(media["config"], blob(a.dir, conf), conf),
        "layers": [descriptor(media["layer"], blob(a.dir, x), x) for x in packed]}).encode()
    top = descriptor(media["manifest"], blob(a.dir, manifest), manifest)
    if a.index:
        platform = dict(zip(("os", "architecture", "variant"), a.platform.split("/")))
        index = json.dumps({"schemaVersion": 2, "mediaType": media["index"], "manifests": [
            {**top, "platform": {"os": "linux", "architecture": "pdp11"}, "digest": "sha256:" + "0" * 64},
            {**top, "platform": platform}]}).encode()
        top = descriptor(media["index"], blob(a.dir, index), index)

    path = os.path.join(a.dir, "index.json")
    old = {"schemaVersion": 2, "manifests": []}
    if os.path.exists(path):
        with open(path) as f:
            old = json.load(f)
    note = "org.opencontainers.image.ref.name"
    for name in a.names or [None]:
        old["manifests"] = [m for m in old["manifests"]
                            if m.get("annotations", {}).get(note) != name]
        old["manifests"].append({**top, **({"annotations": {note: name}} if name else {})})
    with open(path, "w") as f:
        json.dump(old, f)
    with open(os.path.join(a.dir, "oci-layout"), "w") as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')
    print(top["digest"])


main()
