#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime as real root, who may make device nodes: a /dev of the host that is bound into a container
# is left as it is, and can be used. The host's is a copy of ours: a tmpfs with nodes and a devpts.
bats_require_minimum_version 1.5.0

load ../system/runtime.bash

setup_file() {
	[ -n "${RP_PRIVATE_MOUNTS:-}" ] || {
		echo "not in a mount namespace of its own: use make check T=root" >&2
		return 1
	}
	runtime_setup
	export RP_RUN=$DIR/run
	mkdir "$DIR/dev"
	mount -t tmpfs none "$DIR/dev"
	mkdir "$DIR/dev/pts" "$DIR/dev/shm"
	mknod -m 666 "$DIR/dev/null" c 1 3
	mknod -m 666 "$DIR/dev/ptmx" c 5 2
	mount -t devpts -o newinstance,ptmxmode=000 devpts "$DIR/dev/pts"
	ln -s elsewhere "$DIR/dev/stdin"
}
teardown_file() {
	umount -R "$DIR/dev"
	runtime_teardown
}
teardown() { untouched; }

picture() { (cd "$DIR/dev" && find . -xdev -printf '%p %y %m %s %l %T@\n' | sort && stat -c '%n %t:%T' null ptmx); }

with_dev() {
	echo 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user" and .type != "cgroup")) |
		.mounts |= map(select((.destination | test("^/dev") | not) and .type != "cgroup")) |
		.mounts += [{destination: "/dev", type: "bind", source: "'"$DIR/dev"'", options: ["rbind"]}]'
}

@test "a bound /dev is left alone by who may make nodes" {
	picture >"$DIR/before"
	run in_container "$(with_dev) | .linux.devices = [{path: \"/dev/fuse\", type: \"c\", major: 10, minor: 229}]" sh -c 'echo x >/dev/null; echo /dev/*'
	[ "$status" = 0 ]
	[[ $output == *"/dev/null /dev/ptmx /dev/pts /dev/shm /dev/stdin"* ]]
	[[ $output == *"/dev/fuse is not made"* ]]
	picture >"$DIR/after"
	diff "$DIR/before" "$DIR/after"
}

@test "a terminal in a bound /dev whose devpts keeps its ptmx shut" {
	picture >"$DIR/before"
	bundle tty "$(with_dev) | .process.terminal = true | .process.args = [\"echo\",\"good\"]"
	run ctr-runtime run -b "$DIR/tty" tty </dev/null
	[ "$output" = good ]
	picture >"$DIR/after"
	diff "$DIR/before" "$DIR/after"
}
