# SPDX-License-Identifier: GPL-2.0-or-later
"""many_layers SOURCE DIR N: the busybox image of the OCI layout SOURCE with N layers on top, as "many" in
DIR. Layer i adds the file /fI and whites the one of the layer below out, so only the last one shows."""
import gzip, hashlib, io, json, os, shutil, sys, tarfile

source, out, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
shutil.copytree(source, out)
blobs = os.path.join(out, "blobs", "sha256")


def load(digest):
    with open(os.path.join(blobs, digest.split(":")[1])) as f:
        return json.load(f)


def put(data):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(blobs, digest), "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


with open(os.path.join(out, "index.json")) as f:
    manifest = load(json.load(f)["manifests"][0]["digest"])
config = load(manifest["config"]["digest"])
for i in range(count):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        entry = tarfile.TarInfo(f"f{i}")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
        if i:
            tar.addfile(tarfile.TarInfo(f".wh.f{i - 1}"))
    config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(raw.getvalue()).hexdigest())
    manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                               **put(gzip.compress(raw.getvalue(), mtime=0))})
manifest["config"].update(put(json.dumps(config).encode()))
entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **put(json.dumps(manifest).encode()),
         "annotations": {"org.opencontainers.image.ref.name": "many"}}
with open(os.path.join(out, "index.json"), "w") as f:
    json.dump({"schemaVersion": 2, "manifests": [entry]}, f)
