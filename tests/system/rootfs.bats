#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Root file systems: many layers, kernels without the new mount calls, copying instead of overlayfs.
bats_require_minimum_version 1.5.0
load lib.bash

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
	[[ $stderr == *"copying the image instead"* ]]
	run -0 --separate-stderr rp run --rm --network none busybox echo quiet
	[ "$output" = quiet ]
	[ -z "$stderr" ]
	rm "$XDG_RUNTIME_DIR/rp/no-overlay"
}

@test "a whole run on a kernel without openat2, close_range, pidfd calls of later kernels" {
	[ "$("$B/tests/enosys" openat2,close_range,mount_setattr,open_tree,move_mount,fsopen,clone3 rp run --rm --network none busybox echo old 2>&1 | tail -1)" = old ]
}

@test "vfs: what a container does to its own root file system stays, whatever it deletes" {
	tr -d "\n" </proc/sys/kernel/random/boot_id >"$XDG_RUNTIME_DIR/rp/no-overlay"
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
