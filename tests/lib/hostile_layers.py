#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hostile layers, made by combination, each unpacked into a fresh store beside a canary tree.

usage: hostile_layers.py LAYER-UNPACK SCRATCH

A layer may be refused (exit 3, one line on standard error) or contained (exit 0). Whatever it is:
nothing outside the layer changes, staging is empty afterwards, the process ends in 10 seconds and
128 MiB. Prints "N archives, N contained, N refused" and what was wrong; exit 1 if anything was."""
import hashlib, itertools, json, os, resource, stat, struct, subprocess, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mklayers import (archive, compress, document, entry, layer, pax_header, put_blob, raw_header,
                      sha, TYPES)
import tarfile

NS = ['unshare', '--user', '--map-root-user', '--map-auto']
EITHER, REFUSED, CONTAINED = 'either', 'refused', 'contained'


def kinds(name, canary):
    """Each kind of entry under one name."""
    base, _, last = name.rstrip('/').rpartition('/')
    base = base + '/' if base else ('/' if name.startswith('/') else '')
    yield 'file', entry(name, data=b'evil', mode=0o777)
    yield 'dir', entry(name, 'dir', mode=0o777, pax={'SCHILY.xattr.user.evil': '1'})
    yield 'sym', entry(name, 'sym', link=canary)
    yield 'link', entry(name, 'link', link=canary + '/file')
    yield 'fifo', entry(name, 'fifo')
    yield 'whiteout', entry(base + '.wh.' + last)
    yield 'opaque', entry(base + last + '/.wh..wh..opq')


def escapes(canary):
    up = '../' * 12
    names = ['../x', '../../x', 'a/../../x', './../x', 'a/b/../../../x', up + canary[1:] + '/file',
             canary + '/file', '/' + canary + '/file', './/' + canary + '/file', '..', 'a/..']
    for name in names:
        for kind, e in kinds(name, canary):
            yield 'name %s as %s' % (name[:30], kind), archive(e), EITHER
    targets = ['..', '../..', '/', canary, up, up + canary[1:], '/proc/self/root' + canary,
               '/proc/self/cwd', '/proc/1/root', '.', 'l', 'l/l', '/dev/fd', '../root']
    for target in targets:
        for kind, e in kinds('l/file', canary):
            yield ('%s behind link to %s' % (kind, target[:30]),
                   archive(entry('l', 'sym', link=target), e), EITHER)
    for first, second in itertools.product(['..', '/', canary, 'm'], ['l', 'l/..', 'l/file']):
        yield ('two links %s %s' % (first, second),
               archive(entry('l', 'sym', link=first), entry('m', 'sym', link=second),
                       entry('m/file', data=b'evil'), entry('m', data=b'evil')), EITHER)


def replaced(canary):
    """A link, then another entry of the same name with content and attributes."""
    for target in (canary, canary + '/file', '../../../..', 'nowhere'):
        for kind, e in kinds('l', canary):
            yield ('%s in place of link to %s' % (kind, target[:20]),
                   archive(entry('l', 'sym', link=target), e,
                           entry('l', 'file', data=b'evil', mode=0o6777, uid=3, mtime=1,
                                 pax={'SCHILY.xattr.user.evil': '1'})), EITHER)
    for target in (canary + '/file', '../x', '/etc/passwd', 'l', 'l/file', '.', '', 'missing',
                   'd', '.wh.x', '/proc/self/exe'):
        yield ('hard link to %s' % target[:30],
               archive(entry('d', 'dir'), entry('l', 'sym', link=canary),
                       entry('h', 'link', link=target), entry('h', data=b'evil')), EITHER)
        yield ('hard link with content to %s' % target[:30],
               archive(raw_header(b'h', b'1', b'%011o\0' % 4, link=target.encode()[:99]) +
                       b'evil' + b'\0' * 508), EITHER)
    yield ('a link into a folder swapped for a link',
           archive(entry('d', 'dir'), entry('d/x', data=b'1'), entry('d', 'sym', link=canary),
                   entry('d/x', data=b'evil'), entry('d/.wh.file'), entry('d/.wh..wh..opq')),
           EITHER)


def roots():
    for name, kind in itertools.product(('.', './', '/', '', './/', '//', './.', '.wh.'), TYPES):
        expect = CONTAINED if kind == 'dir' and name != '.wh.' else EITHER
        if kind != 'dir' and name in ('.', '', './.') and kind not in ('chr', 'blk'):
            expect = REFUSED
        yield ('root %r as %s' % (name, kind),
               archive(entry(name, kind, link='/' if kind in ('sym', 'link') else '')), expect)


def whiteouts(canary):
    for name in ('.wh.', '.wh..', '.wh...', 'a/.wh.', 'a/.wh..', 'a/.wh...', '.wh./', '.wh../'):
        yield 'whiteout %s' % name, archive(entry('a', 'dir'), entry(name)), REFUSED
    for name in ('.wh..wh.', '.wh..wh.plnk', '.wh..wh.aufs', '.wh..wh.orph/x', 'a/.wh..wh.plnk'):
        yield 'bookkeeping %s' % name, archive(entry(name, data=b'x')), EITHER
    yield ('whiteout behind a whiteout', archive(entry('.wh.foo'), entry('foo/.wh.bar')), CONTAINED)
    yield ('file behind a whiteout', archive(entry('.wh.foo'), entry('foo/bar', data=b'1')),
           CONTAINED)
    yield ('device 0:0', archive(entry('x', 'chr', dev=(0, 0))), CONTAINED)
    yield ('device of any number', archive(raw_header(b'x', b'3', dev=b'\x80' + b'\xff' * 15)),
           EITHER)
    for x in ('user.overlay.opaque', 'user.overlay.redirect', 'user.overlay.metacopy',
              'user.overlay.whiteout', 'trusted.overlay.opaque', 'user.containers.override_stat',
              'user.fuseoverlayfs.opaque', 'user.rp.owner', 'security.selinux', 'security.ima',
              'system.posix_acl_access', 'security.capability', 'user.', '', 'x' * 300,
              'user.' + 'y' * 300):
        yield ('attribute %s' % x[:40],
               archive(entry('d', 'dir', pax={'SCHILY.xattr.' + x: 'y'}),
                       entry('f', data=b'1', pax={'SCHILY.xattr.' + x: 'y'})), EITHER)


def malformed():
    ok = entry('a', data=b'x' * 600)
    for cut in (1, 100, 511, 513, 1000, 1535):
        yield 'cut at %d' % cut, ok[:cut] if cut < 512 else ok[:cut], REFUSED
    yield 'rubbish', os.urandom(0) + bytes(range(256)) * 8, REFUSED
    yield 'wrong checksum', archive(raw_header(fix=False, name=b'y')), REFUSED
    for f in ('size', 'mode', 'uid', 'gid', 'mtime'):
        width = 12 if f in ('size', 'mtime') else 8
        for what, v in (('letters', b'zzzzzzz\0'), ('huge', b'\x80' + b'\x7f' * (width - 1)),
                        ('negative', b'\xff' * width), ('blank', b' ' * width),
                        ('sevens', b'7' * width)):
            yield '%s %s' % (f, what), archive(raw_header(b'x', **{f: v})), EITHER
    for t in (b'8', b'A', b'D', b'M', b'V', b'X', b'\xff'):
        yield 'type %r' % t, archive(raw_header(b'x', t)), REFUSED
    for rec in (b'5 a=\n', b'0 a=b\n', b'99 a=b\n', b'6 a=b', b'a=b\n', b'-6 a=b\n', b'6  a=b\n',
                b'999999999999999999999999 a=b\n', b'7 \0a=b\n', b'\xff' * 20, b'11 path=a\0b\n',
                b'13 size=-1\n\n', b'12 uid=1 2\n\n', b'14 mtime=1.x\n\n', b'14 mtime=--1\n\n'):
        yield ('PAX %r' % rec[:20],
               archive(raw_header(b'p', b'x', b'%011o\0' % len(rec)) + rec +
                       b'\0' * (-len(rec) % 512), ok), EITHER)
    big = b'%011o\0' % (1 << 32)
    yield 'PAX of 4 GiB', archive(raw_header(b'p', b'x', big)), REFUSED
    yield 'long name of 4 GiB', archive(raw_header(b'p', b'L', big)), REFUSED
    yield 'long link of 4 GiB', archive(raw_header(b'p', b'K', big)), REFUSED
    yield 'PAX without an entry', archive(pax_header(('path', 'x'))), EITHER
    yield '40 PAX headers', archive(*[pax_header(('path', 'x'))] * 40, ok), REFUSED
    yield 'name of 5000', archive(pax_header(('path', 'a/' * 2500)), ok), REFUSED
    yield 'component of 300', archive(pax_header(('path', 'b' * 300)), ok), REFUSED
    yield 'deep path', archive(pax_header(('path', 'a/' * 2000 + 'x')), ok), REFUSED
    yield 'link of 5000', archive(pax_header(('linkpath', 'a' * 5000)),
                                  entry('l', 'sym', link='x')), REFUSED
    yield 'link to nothing', archive(entry('l', 'sym', link='')), REFUSED
    yield 'owner out of range', archive(pax_header(('uid', str(1 << 32))), ok), REFUSED
    yield 'owner minus one', archive(pax_header(('uid', '4294967295')), ok), REFUSED
    yield 'control characters', archive(entry('a\x1b[2Jb\nc', data=b'1'), entry('../\x1b[2J\n')), REFUSED


def sparse():
    def pax(*records, data=b'', name=b'x'):
        return archive(pax_header(*records) + raw_header(name, b'0', b'%011o\0' % len(data)) +
                       data + b'\0' * (-len(data) % 512))
    one = [('GNU.sparse.major', '1'), ('GNU.sparse.minor', '0'), ('GNU.sparse.realsize', '1000')]
    for what, data in (('overlap', b'2\n0\n10\n5\n10\n'), ('beyond', b'1\n990\n20\n'),
                       ('count', b'99999999999\n'), ('no newline', b'1' * 600),
                       ('negative', b'1\n-1\n5\n'), ('overflow', b'1\n9223372036854775807\n9\n'),
                       ('short', b'3\n1\n'), ('more content', b'1\n0\n5000\n')):
        yield 'sparse 1.0 %s' % what, pax(*one, data=data + b'\0' * (-len(data) % 512)), REFUSED
    for m in ('0,10,5', '5,5,0,5', 'a,b', '0,99999', ',', '0,-1'):
        yield ('sparse 0.1 %s' % m,
               pax(('GNU.sparse.size', '100'), ('GNU.sparse.map', m), data=b'x' * 10), REFUSED)
    yield 'sparse without size', pax(('GNU.sparse.map', '0,10'), data=b'x' * 10), REFUSED
    yield ('sparse numbytes first',
           pax(('GNU.sparse.size', '100'), ('GNU.sparse.numbytes', '1'), data=b'x'), REFUSED)
    yield ('sparse of 8 EiB', pax(('GNU.sparse.size', str(2**63 - 1)), ('GNU.sparse.map', '0,1'),
                                  data=b'x'), EITHER)
    # the old format: a row of blocks that never ends, each with 21 pairs
    head = bytearray(raw_header(b's', b'S', b'%011o\0' % 0, magic=b'ustar  \0'))
    head[482] = 1
    head[483:495] = b'%011o\0' % (1 << 30)
    head[148:156] = b' ' * 8
    head[148:156] = b'%06o\0 ' % sum(head)
    blocks, at = [], 0
    for _ in range(13000):
        b = b''
        for _ in range(21):
            b += b'%011o\0' % at + b'%011o\0' % 0
            at += 1
        blocks.append(b + b'\1' + b'\0' * 7)
    yield 'sparse map without end', bytes(head) + b''.join(blocks), REFUSED


def blobs():
    """Whole blobs: name, blob, archive it stands for, further arguments, expectation."""
    zeros = b'\0' * (1 << 20)
    bomb = raw_header(b'z', b'0', b'\x80' + b'\0' * 3 + struct.pack('>Q', 1 << 33))
    z = __import__('zlib').compressobj(9, wbits=31)
    out = z.compress(bomb) + b''.join(z.compress(zeros) for _ in range(200)) + z.flush()
    yield 'gzip bomb', out, b'', [], 'gzip'
    yield 'larger than allowed', compress(archive(entry('a', data=zeros * 3)), 'gzip'), b'', [
        '--max-size=2m'], 'gzip'
    yield 'more entries than allowed', compress(archive(*[entry('a%d' % i) for i in range(50)]),
                                                'gzip'), b'', ['--max-entries=49'], 'gzip'
    good = archive(entry('a', data=b'1'))
    yield 'gzip with rubbish behind', compress(good, 'gzip') + b'rubbish', good, [], 'gzip'
    yield 'cut gzip', compress(good, 'gzip')[:-9], good, [], 'gzip'
    yield 'cut zstd', compress(good, 'zstd')[:-2], good, [], 'zstd'
    p = subprocess.run(['zstd', '-q', '-c', '--ultra', '--long=31', '--no-check'],
                       input=archive(entry('a', data=zeros * 4)), stdout=subprocess.PIPE)
    # the same frame, but its header asks for a window of 2 GiB
    frame = bytearray(p.stdout)
    if frame[4] & 0x20 == 0:
        frame[5] = 21 << 3
    yield 'zstd with a window of 2 GiB', bytes(frame), archive(entry('a', data=zeros * 4)), [
        '--max-ratio=100000'], 'zstd'


def snapshot(path):
    """Everything about a tree that an attack could change."""
    out = []
    for base, dirs, files in os.walk(path):
        dirs.sort()
        for n in ['.'] + sorted(files) + dirs:
            p = os.path.join(base, n)
            st = os.lstat(p)
            data = b''
            if stat.S_ISREG(st.st_mode):
                data = open(p, 'rb').read()
            x = [] if stat.S_ISLNK(st.st_mode) else [(k, os.getxattr(p, k)) for k in os.listxattr(p)]
            out.append((p, st.st_ino, st.st_mode, st.st_uid, st.st_gid, st.st_nlink, st.st_mtime_ns,
                        hashlib.sha256(data).hexdigest(), sorted(x)))
    return out


class Run:
    def __init__(self, program, scratch):
        self.program, self.scratch = program, scratch
        self.sanitized = b'__asan_init' in open(program, 'rb').read()
        self.home = os.path.join(scratch, 'home')
        self.store = os.path.join(self.home, 'data', 'rp')
        self.canary = os.path.join(scratch, 'canary')
        self.bad, self.count = [], {CONTAINED: 0, REFUSED: 0}
        os.makedirs(self.canary + '/sub')
        open(self.canary + '/file', 'w').write('canary')
        os.setxattr(self.canary + '/file', 'user.canary', b'1')
        os.makedirs(self.store, mode=0o700)
        os.makedirs(self.home + '/run', mode=0o700)
        self.before = snapshot(self.canary)
        self.env = {'PATH': os.environ['PATH'], 'HOME': self.home, 'USER': 'tester',
                    'XDG_DATA_HOME': self.home + '/data', 'XDG_RUNTIME_DIR': self.home + '/run'}
        if 'ASAN_OPTIONS' in os.environ:
            self.env['ASAN_OPTIONS'] = os.environ['ASAN_OPTIONS']

    def limits(self):
        if not self.sanitized:  # whose shadow memory takes terabytes of addresses
            resource.setrlimit(resource.RLIMIT_AS, (128 << 20, 128 << 20))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 33, 1 << 33))

    def one(self, what, doc, args, expect):
        try:
            p = subprocess.run(NS + [self.program, '--no-sync'] + args, input=doc.encode(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               timeout=60 if self.sanitized else 10,
                               env=self.env, preexec_fn=self.limits)
        except subprocess.TimeoutExpired:
            self.bad.append('%s: no end after 10 s' % what)
            return
        err = p.stderr.decode('utf-8', 'replace')
        result = CONTAINED if p.returncode == 0 else REFUSED
        self.count[result] += 1
        if p.returncode not in (0, 3):
            self.bad.append('%s: exit %d: %s' % (what, p.returncode, err))
        elif expect not in (EITHER, result):
            self.bad.append('%s: %s: %s' % (what, result, err))
        if p.returncode == 3 and (err.count('\n') != 1 or p.stdout or
                                  any(ord(c) < 32 for c in err[:-1])):
            self.bad.append('%s: says %r' % (what, err))
        if os.listdir(self.store + '/staging'):
            self.bad.append('%s: leaves %s' % (what, os.listdir(self.store + '/staging')))
        if snapshot(self.canary) != self.before:
            self.bad.append('%s: the canary has changed' % what)
            self.before = snapshot(self.canary)
        if p.returncode == 0:
            self.look(what, json.loads(p.stdout)['rootfs']['layers'])

    def look(self, what, layers):
        """No forged mark, no device but a whiteout, a folder as root."""
        code = ('import os,stat,sys\n'
                'for base, dirs, files in os.walk(sys.argv[1]):\n'
                '  for n in dirs + files + ["."]:\n'
                '    p = os.path.join(base, n); st = os.lstat(p)\n'
                '    if stat.S_ISBLK(st.st_mode) or (stat.S_ISCHR(st.st_mode) and st.st_rdev):\n'
                '      print("device", p)\n'
                '    if stat.S_ISCHR(st.st_mode) and sys.argv[2] == "device 0:0":\n'
                '      print("forged whiteout", p)\n'
                '    if stat.S_ISREG(st.st_mode) or stat.S_ISDIR(st.st_mode):\n'
                '      for x in os.listxattr(p):\n'
                '        if x not in ("user.evil", "user.overlay.opaque") or (\n'
                '           x != "user.evil" and sys.argv[2].startswith("attribute")):\n'
                '          print("attribute", x, p)\n')
        for root in layers:
            if not stat.S_ISDIR(os.lstat(root).st_mode):
                self.bad.append('%s: the root is no folder' % what)
        p = subprocess.run(NS + [sys.executable, '-c', code, layers[0], what],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if p.stdout:
            self.bad.append('%s: %s' % (what, p.stdout.decode()))


def main():
    r = Run(*sys.argv[1:3])
    for what, data, expect in itertools.chain(escapes(r.canary), replaced(r.canary), roots(),
                                              whiteouts(r.canary), malformed(), sparse()):
        r.one(what, document(layer(r.store, data, 'plain')), [], expect)
    for what, blob, data, args, how in blobs():
        r.one(what, document(layer(r.store, data, how, blob=blob)), args, REFUSED)
    for line in r.bad:
        print(line)
    print('%d archives, %d contained, %d refused, %d wrong' %
          (sum(r.count.values()), r.count[CONTAINED], r.count[REFUSED], len(r.bad)))
    return bool(r.bad)


if __name__ == '__main__':
    sys.exit(main())
