#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A registry that misbehaves, for the tests of img-fetch.

usage: chaos_registry.py LOG [--tls CERT KEY]

Serves on a free port of 127.0.0.1 (server A, the registry) and of 127.0.0.2 (server B, somebody
else), prints "PORT_A PORT_B" when both are ready, and appends one JSON line a request to LOG:
{server, method, path, auth, cookie, range, body}. The first part of the repository name says how A
misbehaves; the code below is the list. Each repository has one small image "latest".
"""
import gzip
import hashlib
import io
import json
import random
import ssl
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OCI = "application/vnd.oci.image."
PASSWORD = "Basic dXNlcjpzZWNyZXQ="  # user:secret
state = {}
lock = threading.Lock()


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        data = random.Random(1).randbytes(600000)
        info = tarfile.TarInfo("data")
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    return out.getvalue()


TAR = layer()
LAYER = gzip.compress(TAR, 1, mtime=0)


def image(mode, b_url):
    """The config and the manifest of a repository, with the mistakes that its name asks for."""
    config = {"os": "linux", "architecture": "amd64", "config": {"Cmd": ["sh"]},
              "rootfs": {"type": "layers", "diff_ids": [sha(TAR)]}}
    if mode == "diffids":
        config["rootfs"]["diff_ids"] = []
    if mode == "baddiffid":
        config["rootfs"]["diff_ids"] = ["sha256:../../../../etc/passwd"]
    conf = json.dumps(config).encode()
    manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                "config": {"mediaType": OCI + "config.v1+json", "digest": sha(conf), "size": len(conf)},
                "layers": [{"mediaType": OCI + "layer.v1.tar+gzip", "digest": sha(LAYER),
                            "size": len(LAYER)}]}
    first = manifest["layers"][0]
    if mode == "baddigest":
        first["digest"] = "sha256:../../../../../../tmp/rp-escaped"
    if mode == "badconfig":
        manifest["config"]["digest"] = "sha256:" + "A" * 64
    if mode == "md5":
        first["digest"] = "md5:d41d8cd98f00b204e9800998ecf8427e"
    if mode == "sha512":
        first["digest"] = "sha512:" + "a" * 128
    if mode in ("nested", "hidden", "noplatform", "otherarm"):
        entry = {"mediaType": OCI + "manifest.v1+json", "digest": "sha256:" + "1" * 64, "size": 100}
        if mode in ("nested", "hidden"):
            text = json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": []}).encode()
            state["nested"] = text
            entry.update(mediaType=OCI + ("index" if mode == "nested" else "manifest") + ".v1+json", digest=sha(text), size=len(text),
                         platform={"os": "linux", "architecture": "amd64"})
        entries = [dict(entry, platform={})] if mode == "noplatform" else [entry]
        if mode == "otherarm":
            entries = [dict(entry, platform={"os": "linux", "architecture": "arm", "variant": v}) for v in ("v6", "v7")]
        return conf, json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries}).encode()
    if mode == "both":
        manifest["manifests"] = []
    if mode == "schema1":
        manifest["schemaVersion"] = 1
    if mode == "negative":
        first["size"] = -5
    if mode == "urls":
        first["mediaType"] = OCI + "layer.nondistributable.v1.tar+gzip"
        first["urls"] = [b_url + "/foreign"]
    if mode == "huge":
        manifest["annotations"] = {"x": "x" * (5 << 20)}
    text = json.dumps(manifest)
    if mode == "dupkeys":
        text = text.replace('"schemaVersion"', '"schemaVersion": 1, "schemaVersion"', 1)
    if mode == "deep":
        text = text[:-1] + ', "x": ' + "[" * 1000 + "]" * 1000 + "}"
    if mode == "badutf8":
        return conf, text.encode()[:-1] + b', "x": "\xff\xfe"}'
    return conf, text.encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def record(self, body=""):
        h = self.headers
        with lock, open(self.server.log, "a") as f:
            f.write(json.dumps({"server": self.server.label, "method": self.command,
                                "path": self.path, "auth": h.get("Authorization"),
                                "cookie": h.get("Cookie"), "range": h.get("Range"),
                                "body": body}) + "\n")

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def count(self, what):
        """How often this was asked before."""
        with lock:
            n = state.get((self.path, what), 0)
            state[(self.path, what)] = n + 1
        return n

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.record(body)
        self.answer(200, b'{"access_token":"tok"}')

    def do_GET(self):
        self.record()
        if self.path.startswith("/token"):
            return self.token()
        if self.server.label == "B":
            return self.answer(200, LAYER)
        parts = self.path.split("/")
        if len(parts) < 5 or parts[1] != "v2":
            return self.answer(404)
        mode, kind = parts[2], parts[-2]
        try:
            if not self.gate(mode, kind):
                self.document(mode, parts[-1]) if kind == "manifests" else self.blob(mode, parts[-1])
        except (BrokenPipeError, ConnectionResetError):
            pass

    def token(self):
        if self.server.label == "A" and self.headers.get("Authorization") not in (PASSWORD,):
            return self.answer(401, b'{"errors":[{"message":"wrong password"}]}')
        self.answer(200, b'{"token":"tok"}')

    def challenge(self, text):
        self.answer(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
                    Set_Cookie="evil=1", WWW_Authenticate=text)
        return True

    def gate(self, mode, kind):
        """True if the request was answered."""
        auth, a, b = self.headers.get("Authorization"), self.server.url, self.server.other
        if mode == "basic" and auth != PASSWORD:
            return self.challenge('Basic realm="here"')
        if mode == "bearer" and auth != "Bearer tok":
            return self.challenge('Bearer realm="%s/token",service="s, t",scope="registry:catalog:*"' % a)
        if mode == "realm" and auth != "Bearer tok":
            return self.challenge('Bearer realm="%s/token",service="s"' % b)
        if mode == "manyschemes" and auth != "Bearer tok":
            return self.challenge('Negotiate, Basic realm="x, Bearer realm=y", Bearer realm="%s/token",service="s, t"' % a)
        if mode == "loop401":
            return self.challenge('Bearer realm="%s/token"' % b)
        if mode == "injection" and auth is None:
            return self.challenge('Bearer realm="file:///etc/passwd"')
        if mode == "redirect" and auth != PASSWORD:
            return self.challenge('Basic realm="here"')
        if mode == "redirect" and self.path.endswith(sha(LAYER)):
            self.answer(307, Location=b + "/elsewhere", Set_Cookie="evil=1")
            return True
        if mode == "redirectloop":
            self.answer(302, Location=self.path)
            return True
        if mode == "redirectfile":
            self.answer(302, Location="file:///etc/passwd")
            return True
        if mode == "nowhere":
            self.answer(302)
            return True
        if mode == "oddbusy" and self.count("busy") < 2:
            self.answer(429, Retry_After="-5")
            return True
        if mode == "busy" and self.count("busy") < 2:
            self.answer(429, Retry_After="0")
            return True
        if mode == "down":
            self.answer(503, b'{"errors":[{"message":"tired\\u001b[2J"}]}')
            return True
        if mode == "headers":
            self.send_response(200)
            for i in range(3000):
                self.send_header("X-%d" % i, "y" * 100)
            self.end_headers()
            return True
        if mode == "reset" and self.count("reset") < 2:
            self.close_connection = True
            self.connection.close()
            return True
        return False

    def document(self, mode, what):
        conf, text = image(mode, self.server.other)
        kind = OCI + "manifest.v1+json"
        if mode in ("nested", "hidden", "noplatform", "otherarm"):
            kind = OCI + "index.v1+json"
            text = state["nested"] if what.startswith("sha256:") else text
        if mode == "mime":
            kind = OCI + "index.v1+json"
        if mode == "endless":
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            while True:
                self.wfile.write(b"[" * 65536)
        if mode == "cutmanifest" and self.count("cut") < 2:
            return self.cut(text, len(text) // 2)
        if mode == "dripmanifest":
            return self.drip(text)
        if mode == "liardigest":
            return self.answer(200, text, Content_Type=kind,
                               Docker_Content_Digest="sha256:" + "0" * 64)
        self.answer(200, text, Content_Type=kind)

    def drip(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        for i in range(len(data)):
            self.wfile.write(data[i:i + 1])
            time.sleep(0.1)

    def cut(self, data, sent):
        """All headers, half of the bytes, and the end."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:sent])
        self.wfile.flush()
        self.close_connection = True

    def partial(self, data, first, claim=None):
        self.answer(206, data[first:], Content_Range="bytes %d-%d/%d" % (
            first if claim is None else claim, len(data) - 1, len(data)))

    def blob(self, mode, digest):
        conf, _ = image(mode, self.server.other)
        if digest == sha(conf):
            if mode == "wrongconfig":
                return self.answer(200, conf.replace(b"linux", b"linuz"))
            if mode == "cutconfig" and self.count("cut") < 2:
                return self.cut(conf, len(conf) // 2)
            return self.answer(200, conf)
        if digest != sha(LAYER) or mode == "urls":
            return self.answer(404, b'{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}')
        asked = self.headers.get("Range")
        first = int(asked[6:].rstrip("-")) if asked else 0
        if mode == "wrongdigest":
            return self.answer(200, LAYER[:-1] + bytes([LAYER[-1] ^ 1]))
        if mode == "longer":
            return self.answer(200, LAYER + b"more")
        if mode == "shorter":
            return self.answer(200, LAYER[:-4])
        if mode == "drip":
            return self.drip(LAYER)
        if mode == "alwayscut":
            return self.cut(LAYER, 1000)
        if mode in ("truncate", "norange", "liar", "evilrange", "resume416") and not self.count("cut"):
            return self.cut(LAYER, len(LAYER) // 2)
        if mode == "truncate" and first:
            return self.partial(LAYER, first)
        if mode == "liar" and first:
            return self.partial(LAYER, first - 100)
        if mode == "evilrange" and first:
            return self.partial(bytes(len(LAYER)), first)
        if mode == "resume416" and first:
            return self.answer(416)
        self.answer(200, LAYER)


def serve(label, host, log):
    s = ThreadingHTTPServer((host, 0), Handler)
    s.daemon_threads = True
    s.label, s.log = label, log
    return s


def main():
    log = sys.argv[1]
    a, b = serve("A", "127.0.0.1", log), serve("B", "127.0.0.2", log)
    scheme = "http"
    if "--tls" in sys.argv:
        i = sys.argv.index("--tls")
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(sys.argv[i + 1], sys.argv[i + 2])
        for s in (a, b):
            s.socket = ctx.wrap_socket(s.socket, server_side=True)
        scheme = "https"
    a.url = "%s://127.0.0.1:%d" % (scheme, a.server_address[1])
    b.url = "%s://127.0.0.2:%d" % (scheme, b.server_address[1])
    a.other, b.other = b.url, a.url
    for s in (a, b):
        threading.Thread(target=s.serve_forever, daemon=True).start()
    print(a.server_address[1], b.server_address[1], flush=True)
    time.sleep(600)  # its starter ends it much earlier


main()
