# SPDX-License-Identifier: GPL-2.0-or-later
"""tar2oci FILE.tar DIR NAME: the archive as the one gzip layer of an image in an OCI layout."""
import gzip, hashlib, json, os, shutil, sys

source, out, name = sys.argv[1:4]
blobs = os.path.join(out, "blobs", "sha256")
os.makedirs(blobs, exist_ok=True)


def put(data, media):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(blobs, digest), "wb") as f:
        f.write(data)
    return {"mediaType": media, "digest": "sha256:" + digest, "size": len(data)}


class Hashing:
    def __init__(self, f):
        self.f, self.h, self.n = f, hashlib.sha256(), 0

    def write(self, data):
        self.h.update(data)
        self.n += len(data)
        return self.f.write(data)

    def flush(self):
        self.f.flush()


diff = hashlib.sha256()
part = os.path.join(out, "part")
with open(source, "rb") as src, open(part, "wb") as f:
    packed = Hashing(f)
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as z:
        while chunk := src.read(1 << 20):
            diff.update(chunk)
            z.write(chunk)
shutil.move(part, os.path.join(blobs, packed.h.hexdigest()))
oci = "application/vnd.oci.image."
layer = {"mediaType": oci + "layer.v1.tar+gzip", "digest": "sha256:" + packed.h.hexdigest(), "size": packed.n}
machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
image = {"created": "2023-11-14T22:13:20Z", "architecture": machine, "os": "linux", "config": {
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["bash"]},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff.hexdigest()]}}
manifest = {"schemaVersion": 2, "mediaType": oci + "manifest.v1+json",
            "config": put(json.dumps(image).encode(), oci + "config.v1+json"), "layers": [layer]}
entry = put(json.dumps(manifest).encode(), oci + "manifest.v1+json")
entry["annotations"] = {"org.opencontainers.image.ref.name": name}
with open(os.path.join(out, "index.json"), "w") as f:
    json.dump({"schemaVersion": 2, "manifests": [entry]}, f)
with open(os.path.join(out, "oci-layout"), "w") as f:
    f.write('{"imageLayoutVersion":"1.0.0"}')
