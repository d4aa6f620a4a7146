#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Root file systems: many layers, kernels without the new mount calls, copying instead of overlayfs.
bats_require_minimum_version 1.5.0
load lib.bash
export top

setup_file() {
	file_setup
	python3 "$top/tests/lib/many_layers.py" "$DIR/image" "$DIR/many" 200
	rp pull -q "oci:$DIR/many:many"
}
teardown_file() { file_teardown; }
teardown() {
	rp rm -f -t 0 --all >/dev/null
	nothing_left
}

by_hand() { # IMAGE ROOTFS-MOUNT-WORDS COMMAND...
	echo '{"schema":"rp.container/1","request":{"image":"'"$1"'","remove":true,"network":{"mode":"none"}}}' |
		ns-enter-pause --private -- sh -c "img-find | ctr-create | $2 | net-slirp-launch | vol-prepare | spec-gen -- $3 | ctr-monitor | ctr-attach"
}

@test "200 layers: whiteouts of each are honoured" {
	[ "$(rp run --rm --network none many sh -c 'ls -d /f*')" = /f199 ]
}

@test "a kernel without fsopen takes the old mount call, also for 200 layers by descriptor" {
	[ "$(by_hand many "$B/tests/enosys fsopen rootfs-mount" "sh -c 'ls -d /f*'")" = /f199 ]
}

@test "the vfs driver copies, whiteouts applied, and the copy is kept for the next start" {
	[ "$(by_hand many 'rootfs-mount --driver vfs' "sh -c 'ls -d /f*; echo kept'")" = $'/f199\nkept' ]
}

@test "where overlayfs is refused, copying is chosen, said once, and remembered for this boot" {
	# ENOSYS for both ways to mount is what a kernel without them answers
	run -0 --separate-stderr by_hand busybox "$B/tests/enosys fsopen,mount rootfs-mount" "echo copied"
	[ "$output" = copied ]
	[[ $stderr == *"cannot mount overlayfs: Function not implemented; copying the image instead"* ]]
	run -0 --separate-stderr rp run --rm --network none busybox echo again
	[ "$output" = again ]
	[[ $stderr == *"Function not implemented; copying the image instead"* ]]
	[ "$(rp info --format json | jq -r .store.graphDriverName)" = vfs ]
	rm "$XDG_RUNTIME_DIR/rp/no-overlay"
}

# An image of folders of the test, one a layer.
stack() { # NAME FOLDER...
	local name=$1 tars=() f
	shift
	for f; do
		tar -C "$BATS_TEST_TMPDIR" --owner=0 --group=0 --sort=name --mtime=@1000 -cf "$BATS_TEST_TMPDIR/$f.tar" -C "$f" .
		tars+=("$BATS_TEST_TMPDIR/$f.tar")
	done
	python3 "$top/tests/lib/stack.py" "$DIR/image" "$BATS_TEST_TMPDIR/$name" "$name" "${tars[@]}"
	rp pull -q "oci:$BATS_TEST_TMPDIR/$name:$name"
}

@test "a layer that comes more than once, and several empty ones: mounted, with the result of their order" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p one/d two/d none
	echo 1 >one/a
	echo 1 >one/d/one
	touch two/.wh.a two/d/.wh..wh..opq
	echo 2 >two/b
	stack twice one none two none one none
	run -0 --separate-stderr rp run --rm --network none twice sh -c 'cat a b; ls d'
	[ "$output" = $'1\n2\none' ]
	[ -z "$stderr" ]
	stack once one none two none
	[ "$(rp run --rm --network none once sh -c 'cat b; ls -d a d/* 2>/dev/null')" = 2 ]
	[ ! -e "$XDG_RUNTIME_DIR/rp/no-overlay" ]
	# the copy has the same result
	[ "$(by_hand twice 'rootfs-mount --driver vfs' "sh -c 'cat a b; ls d'")" = $'1\n2\none' ]
}

@test "an image that overlayfs refuses is copied, with a word why, and others are not" {
	python3 "$top/tests/lib/many_layers.py" "$DIR/image" "$BATS_TEST_TMPDIR/many" 520
	rp pull -q "oci:$BATS_TEST_TMPDIR/many:many"
	run -0 --separate-stderr rp run --rm --network none many sh -c 'ls -d /f*'
	[ "$output" = /f519 ]
	[[ $stderr == *"copying the image instead"* ]]
	[ ! -e "$XDG_RUNTIME_DIR/rp/no-overlay" ]
	run -0 --separate-stderr rp run --rm --network none busybox echo quick
	[ -z "$stderr" ]
}

@test "a layer that is gone is an error, not a reason to copy" {
	rp create --name gone --network none busybox true
	run -4 --separate-stderr ns-enter-pause --private -- sh -c 'ctr-load gone | jq ".rootfs.layers[0] += \"x\"" | rootfs-mount'
	[[ $stderr == *"cannot open layer"* ]]
	[ ! -e "$XDG_RUNTIME_DIR/rp/no-overlay" ]
}

@test "vfs: hard links, holes, attributes, capabilities, times are kept" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p one/d/e two/d
	echo data >one/first
	ln one/first one/d/e/second
	ln -s target one/link
	ln one/link one/d/samelink
	echo deleted >one/d/old
	python3 - <<-'END'
		with open('one/sparse', 'wb') as f:
		    f.seek(5 << 20); f.write(b'x'); f.truncate(9 << 20)
	END
	touch two/d/.wh.old
	tar -C one --owner=0 --group=0 -S --mtime=@1000.25 --format=posix -cf one.tar .
	tar -C two --owner=0 --group=0 --mtime=@2000 -cf two.tar .
	python3 - <<-'END'
		import io, sys, os, tarfile
		sys.path.insert(0, os.environ['top'] + '/tests/lib')
		import mklayers as m
		v2 = b'\x01\x00\x00\x02\x00\x04\x00\x00' + b'\0' * 12
		open('cap.tar', 'wb').write(m.archive(m.pax_header(('SCHILY.xattr.security.capability', v2), ('SCHILY.xattr.user.kept', b'yes')) +
		    m.entry('cap', data=b'1', mode=0o6755, fmt=tarfile.USTAR_FORMAT)))
	END
	python3 "$top/tests/lib/stack.py" "$DIR/image" img vfs cap.tar one.tar two.tar
	rp pull -q "oci:$PWD/img:vfs"
	rp create --name v --network none vfs true
	ns-enter-pause --private -- sh -c 'ctr-load v | rootfs-mount --driver vfs >doc && jq -r .rootfs.path doc >path && python3 - "$(cat path)"' <<-'END'
		import os, sys
		r = sys.argv[1] + '/'
		s = lambda p: os.lstat(r + p)
		def is_(a, b):
		    assert a == b, (a, b)
		is_(s('first').st_ino, s('d/e/second').st_ino)
		is_(s('link').st_ino, s('d/samelink').st_ino)
		is_(open(r + 'first').read(), 'data\n')
		is_(s('sparse').st_size, 9 << 20)
		assert s('sparse').st_blocks * 512 < 1 << 20, s('sparse').st_blocks
		is_(open(r + 'sparse', 'rb').read(), b'\0' * (5 << 20) + b'x' + b'\0' * ((4 << 20) - 1))
		is_(os.getxattr(r + 'cap', 'user.kept'), b'yes')
		is_(s('first').st_mtime_ns, 1000250000000)
		is_((s('d').st_mtime, s('').st_mtime), (2000, 2000))
		assert not os.path.lexists(r + 'd/old')
		is_(oct(s('cap').st_mode), '0o106755')
		is_(os.getxattr(r + 'cap', 'security.capability')[:8], b'\x01\x00\x00\x02\x00\x04\x00\x00')
	END
}

@test "a whole run on a kernel without openat2, close_range, pidfd calls of later kernels" {
	[ "$("$B/tests/enosys" openat2,close_range,mount_setattr,open_tree,move_mount,fsopen,clone3 rp run --rm --network none busybox echo old 2>&1 | tail -1)" = old ]
}

@test "vfs: what a container does to its own root file system stays, whatever it deletes" {
	{ cat /proc/sys/kernel/random/boot_id && echo "a test"; } >"$XDG_RUNTIME_DIR/rp/no-overlay"
	rp create --name own --network none busybox sh -c 'cat /mine; echo data >>/mine; rm -rf /.[a-z]*'
	rp start -a own || true
	[ "$(rp start -a own)" = data ]
	[ "$(rp inspect own --format '{{.GraphDriver.Name}}')" = vfs ]
	rm "$XDG_RUNTIME_DIR/rp/no-overlay"
}

@test "a --rm container that was cut off can be started again: the volatile mark is cleared" {
	rp create --rm --name cut --network none busybox echo again
	id=$(rp ps -aq --no-trunc)
	# overlayfs keeps its mark in a directory of its own inside of workdir
	cd "$XDG_DATA_HOME/rp/containers/$id/work"
	ns-enter-pause mkdir -p work/incompat/volatile/dirty
	cd "$DIR"
	run -0 --separate-stderr rp start -a cut
	[ "$output" = again ]
	[ -z "$stderr" ] # no falling back to a copy
}

@test "the root directory has the mode of the last layer that says one, 0555 where none does" {
	cd "$BATS_TEST_TMPDIR"
	local d=$BATS_TEST_TMPDIR
	python3 - <<-'END'
		import os, sys
		sys.path.insert(0, os.environ['top'] + '/tests/lib')
		import mklayers as m
		open('none.tar', 'wb').write(m.archive(m.entry('x', data=b'1')))
		open('also.tar', 'wb').write(m.archive(m.entry('y', data=b'1')))
		open('some.tar', 'wb').write(m.archive(m.entry('./', 'dir', mode=0o750, uid=3, gid=4)))
	END
	python3 "$top/tests/lib/stack.py" "$DIR/image" "$d/a" bare0 none.tar also.tar
	python3 "$top/tests/lib/stack.py" "$DIR/image" "$d/b" some some.tar none.tar
	rp pull -q "oci:$d/a:bare0"
	rp pull -q "oci:$d/b:some"
	[ "$(rp run --rm --network none bare0 stat -c '%a %u %g' /)" = '555 0 0' ]
	[ "$(rp run --rm --network none some stat -c '%a %u %g' /)" = '750 3 4' ]
	[ "$(by_hand some 'rootfs-mount --driver vfs' "stat -c '%a %u %g' /")" = '750 3 4' ]
	[ "$(by_hand bare0 'rootfs-mount --driver vfs' "stat -c '%a %u %g' /")" = '555 0 0' ]
	# what the container makes of it stays
	rp create --name chmod --network none some chmod 711 /
	rp start -a chmod
	rp start -a chmod
	ns-enter-pause sh -c 'stat -c %a "$XDG_DATA_HOME"/rp/containers/*/upper' | grep -qx 711
}

@test "rp --storage-driver vfs copies, without a word" {
	run -0 --separate-stderr rp --storage-driver vfs run --name copied --network none busybox stat -f -c %T /
	[ -z "$stderr" ]
	[[ $output != overlay* ]]
	[ "$(rp inspect copied --format '{{.Driver}}')" = vfs ]
	rp rm copied
	run -125 rp --storage-driver zfs ps
}
