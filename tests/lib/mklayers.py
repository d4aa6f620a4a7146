# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers for tests: archives made entry by entry, put as blobs into a store, and the container
document that names them. Import it, or use the functions of the script that does."""
import gzip, hashlib, io, json, os, subprocess, tarfile

TYPES = {'file': tarfile.REGTYPE, 'dir': tarfile.DIRTYPE, 'sym': tarfile.SYMTYPE,
         'link': tarfile.LNKTYPE, 'fifo': tarfile.FIFOTYPE, 'chr': tarfile.CHRTYPE,
         'blk': tarfile.BLKTYPE}
OCI = 'application/vnd.oci.image.layer.v1.tar'


def entry(name, kind='file', data=b'', link='', mode=None, uid=0, gid=0, mtime=1000, pax=None,
          dev=(0, 0), size=None, fmt=tarfile.PAX_FORMAT):
    """One entry as bytes, header as given even where it makes no sense."""
    t = tarfile.TarInfo(name)
    t.type = TYPES.get(kind, kind if isinstance(kind, bytes) else None)
    t.size = len(data) if size is None else size
    t.linkname = link
    t.mode = mode if mode is not None else (0o755 if kind == 'dir' else 0o644)
    t.uid, t.gid, t.mtime = uid, gid, mtime
    t.devmajor, t.devminor = dev
    t.pax_headers = {k: v for k, v in (pax or {}).items()}
    head = t.tobuf(fmt, 'utf-8', 'surrogateescape')
    return head + data + b'\0' * (-len(data) % 512)


def archive(*entries):
    return b''.join(entries) + b'\0' * 1024


def raw_header(name=b'x', typeflag=b'0', size=b'00000000000\0', mode=b'0000644\0',
               uid=b'0000000\0', gid=b'0000000\0', mtime=b'00000000000\0', link=b'',
               magic=b'ustar\x0000', dev=b'0000000\0' * 2, tail=b'', fix=True):
    """A header of 512 bytes from its raw fields, with the right checksum unless fix is false."""
    h = bytearray(512)
    fields = ((0, name), (100, mode), (108, uid), (116, gid), (124, size), (136, mtime),
              (148, b' ' * 8), (156, typeflag), (157, link), (257, magic), (329, dev), (345, tail))
    for at, value in fields:
        h[at:at + len(value)] = value
    if fix:
        h[148:156] = b'%06o\0 ' % sum(h)
    return bytes(h[:512])


def pax_record(key, value):
    key = key if isinstance(key, bytes) else key.encode()
    value = value if isinstance(value, bytes) else value.encode()
    body = b' ' + key + b'=' + value + b'\n'
    n = len(body) + 1
    while len(str(n)) + len(body) != n:
        n = len(str(n)) + len(body)
    return str(n).encode() + body


def pax_header(*records, typeflag=b'x'):
    data = b''.join(pax_record(k, v) for k, v in records)
    return (raw_header(b'pax', typeflag, b'%011o\0' % len(data)) + data +
            b'\0' * (-len(data) % 512))


def sha(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def compress(data, how):
    if how == 'gzip':
        return gzip.compress(data, 6, mtime=0)
    if how == 'zstd':
        return subprocess.run(['zstd', '-q', '-c'], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    return data


def put_blob(store, blob):
    path = os.path.join(store, 'blobs', 'sha256')
    os.makedirs(path, mode=0o700, exist_ok=True)
    os.chmod(store, 0o700)
    with open(os.path.join(path, sha(blob)[7:]), 'wb') as f:
        f.write(blob)


def layer(store, data, how='gzip', blob=None, diff_id=None, media_type=None):
    """Stores an archive and returns its line of image.layers."""
    blob = compress(data, how) if blob is None else blob
    put_blob(store, blob)
    suffix = '' if how == 'plain' else '+' + how
    return {'digest': sha(blob), 'diffId': diff_id or sha(data), 'size': len(blob),
            'mediaType': OCI + suffix if media_type is None else media_type}


def document(*layers):
    return json.dumps({'schema': 'rp.container/1', 'request': {}, 'image': {'layers': layers}})
