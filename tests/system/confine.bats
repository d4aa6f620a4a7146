#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that read what images and containers wrote have shut themselves in by then. What the
# filters forbid is tried in the unit test of confine; here, that they are in place.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	rp run --name c --network none busybox echo x
}
teardown_file() { file_teardown; }

# The filter is installed before the file that is given is opened.
confined_before() { # FILE PROGRAM...
	local file=$1
	shift
	strace -f -e trace=seccomp,openat,openat2,execve -o "$DIR/strace" "$@" </dev/null >/dev/null
	awk -v file="$file" '/seccomp\(SECCOMP_SET_MODE_FILTER/ && / = 0/ {filter = NR}
		index($0, file) && !open {open = NR}
		END {exit !(filter && open && filter < open)}' "$DIR/strace"
}

@test "ctr-list, ctr-inspect, ctr-load: before a container's record is read" {
	confined_before container.json ctr-list --all
	confined_before container.json ctr-inspect c
	confined_before container.json ctr-load c
}

@test "ctr-logs: before the log is read" {
	confined_before ctr.log ctr-logs c
}

@test "img-list, img-inspect: before the index is read" {
	confined_before index.json img-list
	confined_before index.json img-inspect busybox
}

@test "json-format: before its input is read, and it can open nothing" {
	echo '{"a":1}' >"$DIR/in"
	strace -e trace=seccomp,read -o "$DIR/strace" json-format <"$DIR/in" >/dev/null
	awk '/seccomp\(SECCOMP_SET_MODE_FILTER/ {filter = NR} /read\(0/ && !r {r = NR} END {exit !(filter && r && filter < r)}' \
		"$DIR/strace"
}

@test "rootfs-mount: before the image's passwd is read" {
	echo '{"schema":"rp.container/1","request":{"image":"busybox","remove":true,"network":{"mode":"none"}}}' >"$DIR/req"
	ns-enter-pause --private -- sh -c "img-find <$DIR/req | ctr-create | strace -e trace=seccomp,openat2 -o $DIR/strace rootfs-mount >$DIR/doc"
	awk '/seccomp\(SECCOMP_SET_MODE_FILTER/ {filter = NR} /etc\/passwd/ && !r {r = NR} END {exit !(filter && r && filter < r)}' \
		"$DIR/strace"
	ns-enter-pause ctr-cleanup --remove "$(jq -r .container.id "$DIR/doc")"
}
