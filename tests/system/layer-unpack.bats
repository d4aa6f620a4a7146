#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# layer-unpack: what comes out of an archive, what goes wrong, its confinement.
bats_require_minimum_version 1.5.0

B=${B:-$(cd "$BATS_TEST_DIRNAME/../../build" && pwd)}
LIB=$BATS_TEST_DIRNAME/../lib

setup() {
	# a sanitizer cannot look for leaks inside a filter, nor come first before a preloaded library
	export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
	T=$BATS_TEST_TMPDIR
	unset RP_STORE RP_RUN
	export HOME=$T XDG_DATA_HOME=$T/data XDG_RUNTIME_DIR=$T/run USER=tester
	export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$LIB STORE=$T/data/rp
	mkdir -p "$STORE" "$XDG_RUNTIME_DIR"
	chmod 0700 "$STORE" "$XDG_RUNTIME_DIR"
	cd "$T" || return 1
}

teardown() {
	# files of other owners can only be removed inside the namespace
	ns rm -rf "$T/data" || true
}

ns() {
	unshare --user --map-root-user --map-auto "$@"
}

unpack() {
	ns "$B/bin/layer-unpack" "$@"
}

# Python that prints a document, with mklayers imported and STORE in st.
doc() {
	{
		echo 'import os, sys; from mklayers import *; st = os.environ["STORE"]'
		cat
	} | python3 - >doc.json
}

# The folder of the first layer.
root() {
	jq -r '.rootfs.layers[0]' out.json
}

@test "hostile archives are contained or refused, all of them" {
	mkdir h
	run python3 "$LIB/hostile_layers.py" "$B/bin/layer-unpack" "$T/h"
	ns rm -rf "$T/h"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"420 archives, "* ]]
}

@test "owners, modes, times, links, attributes, capabilities" {
	doc <<-'END'
		v2 = b'\x01\x00\x00\x02\x00\x04\x00\x00' + b'\0' * 12
		v3 = b'\x01\x00\x00\x03\x00\x04\x00\x00' + b'\0' * 12 + b'\x10\x27\0\0'
		def cap(v):
		    return pax_header(('SCHILY.xattr.security.capability', v))
		a = archive(
		    entry('./', 'dir', mtime=11),
		    entry('d/', 'dir', mode=0o1777, uid=7, gid=8, mtime=22),
		    entry('d/suid', data=b'x' * 70000, mode=0o6755, uid=1000, gid=1000,
		          pax={'mtime': '1234.567891234', 'SCHILY.xattr.user.a': 'b'}),
		    entry('d/hard', 'link', link='./d/suid'),
		    entry('d/sym', 'sym', link='../../x', uid=9, gid=9, mtime=33),
		    entry('d/fifo', 'fifo', mode=0o640),
		    entry('d/setfifo', 'fifo', mode=0o6640, uid=7, gid=7),
		    entry('old', data=b'', mtime=0, pax={'mtime': '-1.5'}),
		    cap(v2) + entry('cap2', data=b'1', fmt=tarfile.USTAR_FORMAT),
		    cap(v3) + entry('cap3', data=b'1', fmt=tarfile.USTAR_FORMAT),
		    entry('dev', 'chr', dev=(1, 3)),
		    entry('d/' + 'n' * 120, data=b'long', fmt=tarfile.GNU_FORMAT),
		    entry('implied/below/file', data=b'1'))
		print(document(layer(st, a)))
	END
	unpack <doc.json >out.json 2>err
	grep -q '1 device nodes' err
	ns python3 - "$(root)" <<-'END'
		import os, stat, sys
		r = sys.argv[1] + '/'
		def is_(a, b):
		    assert a == b, (a, b)
		s = lambda p: os.lstat(r + p)
		is_(s('').st_mtime, 11)
		is_((oct(s('d').st_mode), s('d').st_uid, s('d').st_gid, s('d').st_mtime), ('0o41777', 7, 8, 22))
		is_((oct(s('d/suid').st_mode), s('d/suid').st_uid, s('d/suid').st_nlink), ('0o106755', 1000, 2))
		is_(s('d/suid').st_mtime_ns, 1234567891234)
		is_(s('d/hard').st_ino, s('d/suid').st_ino)
		is_(os.getxattr(r + 'd/suid', 'user.a'), b'b')
		is_((os.readlink(r + 'd/sym'), s('d/sym').st_uid, s('d/sym').st_mtime), ('../../x', 9, 33))
		is_(oct(s('d/fifo').st_mode), '0o10640')
		is_(oct(s('d/setfifo').st_mode), '0o16640')
		is_(s('old').st_mtime_ns, -1500000000)
		for f in 'cap2', 'cap3':
		    v = os.getxattr(r + f, 'security.capability')
		    is_(v[:8], b'\x01\x00\x00\x02\x00\x04\x00\x00')
		assert not os.path.lexists(r + 'dev')
		is_(open(r + 'd/' + 'n' * 120).read(), 'long')
		is_(oct(s('implied/below').st_mode), '0o40755')
	END
}

@test "sparse files in each format come out with their holes" {
	mkdir -p src
	python3 - <<-'END'
		for n, parts in (('a', [(0, 5000), (3 << 20, 100)]), ('b', [(1 << 20, 4096)]),
		                 ('c', [(i << 17, 10) for i in range(60)])):
		    with open('src/' + n, 'wb') as f:
		        f.truncate(5 << 20)
		        for at, n in parts:
		            f.seek(at)
		            f.write(b'D' * n)
	END
	tar -C src -S --format=gnu -cf gnu.tar .
	for v in 0.0 0.1 1.0; do
		tar -C src -S --format=pax --sparse-version=$v -cf "pax$v.tar" .
	done
	doc <<-'END'
		print(document(*[layer(st, open(n, 'rb').read(), how) for n, how in
		      (('gnu.tar', 'gzip'), ('pax0.0.tar', 'zstd'), ('pax0.1.tar', 'plain'), ('pax1.0.tar', 'gzip'))]))
	END
	unpack <doc.json >out.json
	[ "$(jq '.rootfs.layers | length' out.json)" = 4 ]
	for r in $(jq -r '.rootfs.layers[]' out.json); do
		for f in a b c; do
			cmp "src/$f" "$r/$f"
			[ "$(stat -c %b "$r/$f")" -lt 2000 ]
		done
	done
}

@test "whiteouts and opaque folders hide what lower layers have" {
	doc <<-'END'
		low = archive(entry('gone', data=b'1'), entry('kept', data=b'1'), entry('opq/a', data=b'1'),
		              entry('both/a', data=b'1'), entry('late/a', data=b'1'), entry('deep/a', data=b'1'))
		up = archive(entry('.wh.gone'), entry('opq', 'dir'), entry('opq/.wh..wh..opq'), entry('opq/b', data=b'2'),
		             entry('.wh.both'), entry('both', 'dir'), entry('both/b', data=b'2'),
		             entry('late', 'dir'), entry('late/b', data=b'2'), entry('.wh.late'),
		             entry('.wh.deep'), entry('deep/b', data=b'2'), entry('.wh.never'),
		             entry('gone2', data=b'1'))
		print(document(layer(st, low), layer(st, up)))
	END
	for form in auto node xattr; do
		ns rm -rf "$STORE/layers"
		unpack --whiteouts=$form <doc.json >out.json
		mapfile -t l < <(jq -r '.rootfs.layers[]' out.json)
		[ "$form" = xattr ] || [ -c "${l[1]}/gone" ]
		[ "$form" != xattr ] || [ -f "${l[1]}/gone" ]
		run ns --mount sh -c "mkdir -p $T/m && mount -t overlay -o userxattr,lowerdir=${l[1]}:${l[0]} o $T/m &&
			cd $T/m && find . ! -name . | sort | tr '\n' ' '"
		echo "$form: $output"
		[ "$output" = "./both ./both/b ./deep ./deep/b ./gone2 ./kept ./late ./late/b ./opq ./opq/b " ]
	done
}

@test "gzip members in a row, and bytes behind the end of the archive, count for the digest" {
	doc <<-'END'
		a = archive(entry('a', data=b'1' * 3000)) + b'behind' * 100
		blob = compress(a[:1000], 'gzip') + compress(a[1000:], 'gzip')
		print(document(layer(st, a, blob=blob)))
	END
	unpack <doc.json >out.json
	[ "$(stat -c %s "$(root)/a")" = 3000 ]
}

# All that is in the store, but for the folders that are made empty and kept.
stored() {
	ns find "$STORE" ! -type d | sort | grep -vE '/(layers/lock|run)$'
}

refused() {
	before=$(stored)
	run unpack <doc.json
	echo "$output"
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	[ -z "$(ls "$STORE/staging")" ]
	[ -z "$(ls "$STORE/layers/sha256")" ]
	[ "$before" = "$(stored)" ]
}

@test "a wrong diffID, digest or size is refused and leaves nothing" {
	doc <<<'print(document(layer(st, archive(entry("a")), diff_id="sha256:" + "0" * 64)))'
	refused
	[[ "$output" == *"diffID is sha256:"* ]]
	# only bytes behind the archive's end differ
	doc <<<'a = archive(entry("a")); print(document(layer(st, a + b"x" * 512, diff_id=sha(a))))'
	refused
	[[ "$output" == *"diffID is sha256:"* ]]
	doc <<<'l = layer(st, archive(entry("a"))); l["size"] += 1; print(document(l))'
	refused
	[[ "$output" == *"has not the size"* ]]
	doc <<-'END'
		l = layer(st, archive(entry("a", data=b"7" * 50000)))
		p = st + "/blobs/sha256/" + l["digest"][7:]
		b = bytearray(open(p, "rb").read())
		b[len(b) // 2] ^= 0xff
		open(p, "wb").write(b)
		print(document(l))
	END
	refused
	[[ "$output" == *"digest of the blob is sha256:"* ]]
}

@test "a digest that is a path is refused" {
	for d in 'sha256:../../x' 'sha256:ABC' 'md5:00' '../x' "sha256:$(printf '%063d' 0)" "sha512:$(printf '%0128d' 0)"; do
		for k in digest diffId; do
			doc <<<'print(document(layer(st, archive(entry("a")))))'
			jq --arg d "$d" ".image.layers[0].$k = \$d" doc.json >bad.json
			run unpack <bad.json
			[ "$status" -eq 3 ]
			[[ "$output" == *".image.layers[0].$k: "* ]]
		done
	done
}

@test "a blob that is missing is named" {
	doc <<<'print(document(layer(st, archive(entry("a")))))'
	rm "$STORE"/blobs/sha256/*
	run unpack <doc.json
	[ "$status" -eq 4 ]
	[[ "$output" == *"is not in the store"*img-fetch* ]]
}

@test "all ids that are not mapped are named at once, with the lines that map them" {
	doc <<-'END'
		print(document(layer(st, archive(entry('a', uid=70000, gid=3), entry('b', uid=70001, gid=80000))),
		               layer(st, archive(entry('c', uid=5, gid=90000))), layer(st, archive(entry('d')))))
	END
	run unpack <doc.json
	echo "$output"
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"uids 70000 70001; gids 80000 90000"* ]]
	[[ "$output" =~ \"tester:[0-9]+:70001\"\ in\ /etc/subuid\ and\ \"tester:[0-9]+:90000\"\ in\ /etc/subgid ]]
	# the layer without such files is there, the others are not
	[ "$(ns ls "$STORE/layers/sha256" | wc -l)" = 1 ]
	unpack --squash-ids <doc.json >out.json
	[ "$(stat -c %s "$(root)/a")" = 0 ]
	ns python3 - "$(root)" <<-'END'
		import os, sys
		p = sys.argv[1]
		assert os.getxattr(p + "/b", "user.rp.owner") == b"70001:80000"
		assert os.stat(p + "/b").st_uid == 0 and os.stat(p + "/a").st_gid == 3
	END
}

@test "with one id mapped, the same message, and squashing works" {
	doc <<<'print(document(layer(st, archive(entry("a", uid=33, gid=33)))))'
	run unshare --user --map-root-user "$B/bin/layer-unpack" <doc.json
	echo "$output"
	[ "$status" -eq 3 ]
	[[ "$output" == *"uids 33; gids 33"*'"tester:100000:65536"'* ]]
	unshare --user --map-root-user "$B/bin/layer-unpack" --squash-ids <doc.json >out.json
	[ -O "$(root)/a" ]
}

@test "outside a user namespace the message says what to do" {
	[ "$(id -u)" != 0 ] || skip "root needs no user namespace"
	doc <<<'print(document(layer(st, archive(entry("a")))))'
	run "$B/bin/layer-unpack" <doc.json
	[ "$status" -eq 8 ]
	[[ "$output" == *ns-enter-pause* ]]
}

@test "layers that are there cost nothing and need no namespace" {
	doc <<<'a = layer(st, archive(entry("a"))); print(document(a, a))'
	unpack <doc.json >out.json
	rm -r "$STORE/blobs"
	"$B/bin/layer-unpack" --no-sync <doc.json >again.json
	cmp out.json again.json
	[ "$(jq '.rootfs.layers | length' out.json)" = 2 ]
}

@test "a layer becomes durable, beside the critical path or on request" {
	doc <<<'print(document(layer(st, archive(entry("a")))))'
	unpack --no-sync <doc.json >out.json
	meta=$(dirname "$(root)")/meta.json
	[ "$(jq -r .state "$meta")" = unsynced ]
	[ "$(jq -r .bootId "$meta")" = "$(cat /proc/sys/kernel/random/boot_id)" ]
	unpack <doc.json >out.json
	for _ in $(seq 500); do
		[ "$(jq -r .state "$meta")" != durable ] || break
		sleep 0.02
	done
	[ "$(jq -r .state "$meta")" = durable ]
	doc <<<'print(document(layer(st, archive(entry("b")))))'
	unpack --wait-sync <doc.json >out.json
	[ "$(jq -r .state "$(dirname "$(root)")/meta.json")" = durable ]
}

@test "an unsynced layer of another boot is made anew" {
	doc <<<'print(document(layer(st, archive(entry("a", data=b"whole")))))'
	unpack --no-sync <doc.json >out.json
	dir=$(dirname "$(root)")
	jq -c '.bootId = "00000000-0000-0000-0000-000000000000"' "$dir/meta.json" >m
	cp m "$dir/meta.json"
	: >"$dir/root/a"
	unpack --no-sync <doc.json >out.json
	[ "$(cat "$(root)/a")" = whole ]
	[ -z "$(ls "$STORE/trash")" ]
}

@test "a full disk is a clean error and leaves nothing" {
	doc <<<'print(document(layer(st, archive(*[entry("f%d" % i, data=b"x" * 300000) for i in range(30)]))))'
	run ns --mount sh -c "mkdir -p $T/full && mount -t tmpfs -o size=2m,mode=0700 t $T/full &&
		mkdir -m 0700 $T/full/rp && cp -r $STORE/blobs $T/full/rp/ &&
		XDG_DATA_HOME=$T/full $B/bin/layer-unpack <doc.json; echo status \$?;
		find $T/full/rp/staging $T/full/rp/layers/sha256 -mindepth 1"
	echo "$output"
	[[ "${lines[0]}" == *"No space left on device"* ]]
	[ "${lines[1]}" = "status 1" ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "SIGKILL at work: the next run works and removes the rest" {
	doc <<<'print(document(layer(st, archive(*[entry("d%d/f" % i, data=b"x" * 9000) for i in range(6000)]), "plain")))'
	for delay in 0.01 0.03 0.06 0.1; do
		(exec unshare --user --map-root-user --map-auto "$B/bin/layer-unpack" --no-sync) \
			<doc.json >/dev/null 2>&1 &
		pid=$!
		sleep $delay
		kill -KILL $pid 2>/dev/null || true
		wait $pid || true
		# the worker dies with its parent, and lets go of its folder; it may take a moment
		for d in "$STORE"/staging/*; do
			[ ! -d "$d" ] || flock -w 5 "$d" true
		done
		ns rm -rf "$STORE/layers"
	done
	unpack --no-sync <doc.json >out.json
	[ "$(ns find "$(root)" -type f | wc -l)" = 6000 ]
	[ -z "$(ls "$STORE/staging")" ]
}

@test "a tree deeper than descriptors last can be removed" {
	doc <<-'END'
		deep = [entry("a/" * 500 + "x", data=b"1"), entry("l", "sym", link="a/" * 500),
		        entry("l/" + "a/" * 500 + "y", data=b"1")]
		print(document(layer(st, archive(*deep), diff_id="sha256:" + "0" * 64)))
	END
	run sh -c "ulimit -n 256; exec unshare --user --map-root-user --map-auto $B/bin/layer-unpack <doc.json"
	[ "$status" -eq 3 ]
	[[ "$output" == *"diffID is"* ]]
	[ -z "$(ls "$STORE/staging")" ]
}

@test "two at once agree" {
	doc <<<'print(document(*[layer(st, archive(*[entry("%d/%d" % (k, i), data=b"x" * 900) for i in range(500)])) for k in range(5)]))'
	unpack --no-sync <doc.json >a.json &
	pa=$!
	unpack --no-sync <doc.json >b.json &
	pb=$!
	wait $pa
	wait $pb
	cmp a.json b.json
	[ "$(ls "$STORE/layers/sha256" | wc -l)" = 5 ]
	[ -z "$(ls "$STORE/staging")" ]
}

@test "the walker for kernels without openat2 contains as well" {
	command -v gcc
	cat >no.c <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <stdarg.h>
		#include <dlfcn.h>
		#include <sys/syscall.h>
		long syscall(long nr, ...)
		{
			static long (*real)(long, ...);
			va_list ap;
			long a[6];
			va_start(ap, nr);
			for (int i = 0; i < 6; i++)
				a[i] = va_arg(ap, long);
			va_end(ap);
			if (nr == SYS_openat2) {
				errno = ENOSYS;
				return -1;
			}
			if (!real)
				real = dlsym(RTLD_NEXT, "syscall");
			return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		}
	END
	gcc -shared -fPIC -o no.so no.c
	doc <<-'END'
		print(document(layer(st, archive(entry('usr/lib', 'dir'), entry('lib', 'sym', link='/usr/lib'),
		      entry('lib/x', data=b'1'), entry('up', 'sym', link='../../../..'), entry('up/y', data=b'2')))))
	END
	ns env LD_PRELOAD="$T/no.so" "$B/bin/layer-unpack" --no-sync <doc.json >out.json
	[ "$(cat "$(root)/usr/lib/x")" = 1 ]
	[ "$(cat "$(root)/y")" = 2 ]
}

@test "the bytes of a layer decide how it is inflated, not its media type" {
	doc <<-'END'
		a = archive(entry('a', data=b'1' * 2000))
		types = [OCI, OCI + '+gzip', OCI + '+zstd', OCI + '+xz', 'application/vnd.docker.image.rootfs.diff.tar', '']
		print(document(*[layer(st, archive(entry('f%d%s' % (i, how), data=b'x')), how, media_type=t)
		      for i, t in enumerate(types) for how in ('plain', 'gzip', 'zstd')]))
	END
	unpack --no-sync <doc.json >out.json
	[ "$(jq '.rootfs.layers | length' out.json)" = 18 ]
	for how in bz2 xz; do
		HOW=$how doc <<-'END'
			import bz2, lzma
			how = os.environ['HOW']
			a = archive(entry('a' + how, data=b'1' * 2000))
			print(document(layer(st, a, blob={'bz2': bz2, 'xz': lzma}[how].compress(a), media_type=OCI)))
		END
		status=0
		unpack <doc.json 2>err || status=$?
		[ "$status" -eq 6 ]
		grep -Eq "the blob is (bzip2|xz), which is not supported .its media type is application/vnd.oci.image.layer.v1.tar\)" err
	done
	jq '.image.layers[0].mediaType += "+encrypted"' doc.json >enc.json
	run -6 unpack <enc.json
}

@test "extended headers: the last one counts, unknown keys may hold anything, an empty value takes back" {
	doc <<-'END'
		def f(name, data=b'1'):
		    return entry(name, data=data, fmt=tarfile.USTAR_FORMAT)
		x = lambda *r: pax_header(*r)
		g = lambda *r: pax_header(*r, typeflag=b'g')
		print(document(layer(st, archive(
		    x(('path', 'first'), ('mtime', '77')) + x(('uid', '5')) + f('last'),
		    x(('VENDOR.thing', b'a\0b')) + x(('comment', b'\0')) + f('unknown'),
		    x(('uid', '3'), ('uid', '')) + f('back'),
		    g(('mtime', '5000')) + f('global'),
		    x(('mtime', '')) + f('notglobal'),
		    g(('mtime', '')) + f('after'),
		    x(('path', 'pax')) + entry('g' * 120, data=b'1', fmt=tarfile.GNU_FORMAT)))))
	END
	unpack --no-sync <doc.json >out.json
	ns python3 - "$(root)" <<-'END'
		import os, sys
		r = sys.argv[1] + '/'
		def is_(a, b):
		    assert a == b, (a, b)
		is_(sorted(os.listdir(r)), sorted(['last', 'unknown', 'back', 'global', 'notglobal', 'after', 'g' * 120]))
		is_((os.lstat(r + 'last').st_uid, os.lstat(r + 'last').st_mtime), (5, 1000))
		is_(os.lstat(r + 'back').st_uid, 0)
		is_([os.lstat(r + n).st_mtime for n in ('global', 'notglobal', 'after')], [5000, 1000, 1000])
	END
	doc <<<'print(document(layer(st, archive(pax_header(("path", b"a\0b")) + entry("n", fmt=tarfile.USTAR_FORMAT)))))'
	run -3 unpack <doc.json
}

@test "access control lists are left out with a word, a root without an entry is marked" {
	doc <<-'END'
		print(document(layer(st, archive(entry('a', data=b'1', pax={'SCHILY.acl.access': 'user::rw-,user:7:r--'})))))
	END
	unpack --no-sync <doc.json >out.json 2>err
	grep -q 'access control lists of 1 files of the image were left out' err
	[ "$(stat -c %a "$(root)")" = 1555 ]
}

takeover() { # CALL [NAME=VALUE...]
	local call=$1
	shift
	[ -e takeover.so ] || gcc -D_GNU_SOURCE -shared -fPIC -o takeover.so "$LIB/preload/takeover.c"
	ns env TAKEOVER="$call" TAKEOVER_CANARY="$T/canary" TAKEOVER_OUT=/takeover "$@" LD_PRELOAD="$T/takeover.so" \
		"$B/bin/layer-unpack" --no-sync <doc.json >out.json 2>err
}

@test "who takes over the process that parses finds no file, socket, program, executable memory" {
	echo canary >canary
	doc <<<'print(document(layer(st, archive(entry("a", data=b"1")))))'
	takeover futimens || { cat err; false; }
	cat "$(root)/takeover"
	[ "$(cat "$(root)/takeover")" = nothing ]
	[ "$(cat canary)" = canary ]
}

@test "who takes over a process cannot vouch for a layer" {
	local victim call
	doc <<-'END'
		good, bad = archive(entry('a', data=b'good')), archive(entry('a', data=b'bad'))
		print(document(layer(st, bad, diff_id=sha(good))))
	END
	victim=$(jq -r '.image.layers[0].diffId' doc.json)
	for call in futimens isal_inflate; do
		run takeover "$call" TAKEOVER_LIE=1
		cat err
		[ "$status" -ne 0 ]
		[ ! -e "$STORE/layers/sha256/${victim#sha256:}" ]
	done
	run takeover none
	[ "$status" -eq 3 ]
	grep -q 'the diffID is' err
}

@test "a process of a layer that is killed ends the work with its name" {
	doc <<<'print(document(layer(st, archive(entry("a", data=b"1")))))'
	cat >die.c <<-'END'
		#include <stdlib.h>
		#include <time.h>
		int futimens(int fd, const struct timespec t[2]) { abort(); }
	END
	gcc -shared -fPIC -o die.so die.c
	run ns env LD_PRELOAD="$T/die.so" "$B/bin/layer-unpack" --no-sync <doc.json
	[ "$status" -eq 1 ]
	[[ "$output" == *"its process was ended by signal 6"* ]]
	[ -z "$(ls -A "$STORE/staging")" ]
}
