# SPDX-License-Identifier: GPL-2.0-or-later
"""stack.py SOURCE DIR NAME TAR...: the busybox image of the OCI layout SOURCE with the archives as layers on
top, each as often as it is named, as NAME in DIR."""
import gzip, hashlib, json, os, shutil, sys

source, out, name, tars = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
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
for tar in tars:
    with open(tar, "rb") as f:
        raw = f.read()
    config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(raw).hexdigest())
    manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                               **put(gzip.compress(raw, mtime=0))})
manifest["config"].update(put(json.dumps(config).encode()))
entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **put(json.dumps(manifest).encode()),
         "annotations": {"org.opencontainers.image.ref.name": name}}
with open(os.path.join(out, "index.json"), "w") as f:
    json.dump({"schemaVersion": 2, "manifests": [entry]}, f)
