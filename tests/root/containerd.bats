#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime under containerd with its runc.v2 shim, as root. tests/run starts this in private mount
# and network namespaces.
bats_require_minimum_version 1.5.0

# These tests change mounts: tests/run starts them in namespaces of their own, and says so.
private_mounts() {
	[ -z "${RP_PRIVATE_MOUNTS:-}" ] || return 0
	echo "not in a mount namespace of its own: use make check T=root" >&2
	return 1
}

setup_file() {
	private_mounts
	export B=${B:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}
	export DIR PATH=$B/bin:$PATH
	DIR=$(mktemp -d /tmp/rpr.XXXXXX)
	# the shim keeps its sockets and the runtime's state in /run/containerd whatever it is told
	mount -t tmpfs none /run
	ip link set lo up
	python3 "$BATS_TEST_DIRNAME/../lib/mkimg.py" "$DIR/image" busybox:latest >/dev/null
	tar -C "$DIR/image" -cf "$DIR/image.tar" .
	mkdir "$DIR/bound"
	echo text >"$DIR/bound/file"
	echo text >"$DIR/bound/text"
	chmod 755 "$DIR/bound/text"
	cat >"$DIR/config.toml" <<-C
		version = 2
		root = "$DIR/c/root"
		state = "$DIR/c/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt",
			"io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
			"io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
		[grpc]
		  address = "$DIR/s"
	C
}

teardown_file() { rm -rf "$DIR"; }

start_containerd() {
	containerd --config "$DIR/config.toml" >"$DIR/log" 2>&1 3>&- &
	DAEMON=$!
	eventually [ -S "$DIR/s" ]
	c images import "$DIR/image.tar" >/dev/null
	IMAGE=$(c images ls -q)
}

# Ends it by its pid; then no process, mount or cgroup may be left.
stop_containerd() {
	[ -z "$(c task ls -q)" ]
	eventually no_shim
	kill "$DAEMON"
	wait "$DAEMON" || true
	[ "$(grep -c "$DIR/c" /proc/self/mountinfo)" = 0 ]
	[ -z "$(find /sys/fs/cgroup -type d -path '*/default*')" ]
	[ -z "$(ctr-runtime --root /run/containerd/runc/default list -q)" ]
	rm -rf "$DIR/c"
}

# After a failure as well: the tasks are killed, then the daemon.
teardown() {
	local id
	[ -n "${DAEMON:-}" ] && [ -e "/proc/$DAEMON" ] || return 0
	for id in $(c task ls -q); do
		c task rm -f "$id" || true
	done
	eventually no_shim
	kill "$DAEMON"
	wait "$DAEMON" || true
	rm -rf "$DIR/c"
}

# No process has the address of this containerd as an argument; the brackets keep grep from itself.
no_shim() { ! grep -lsxz "[/]${DIR#/}/s" /proc/[0-9]*/cmdline | grep -q .; }

eventually() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

c() { timeout 60 ctr --address "$DIR/s" "$@" 3>&-; }
# run_one ARGUMENT...: options, then "--", then the command.
run_one() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	c run --rm --runc-binary "$B/bin/ctr-runtime" "${options[@]}" "$IMAGE" one "${@:2}"
}
task_is() { [ "$(c task ls | awk '$1 == "long" { print $3 }')" = "$1" ]; }

life() {
	local out
	start_containerd
	run -7 run_one --env A=b --cwd /tmp -- sh -c 'echo $A; pwd; exit 7'
	[ "$output" = $'b\n/tmp' ]
	run run_one -- nosuch
	[ "$status" != 0 ]
	[[ $output == *"OCI runtime create failed"*'not found in $PATH'* ]]
	c run -d --runc-binary "$B/bin/ctr-runtime" --pid-file "$DIR/pid" \
		--mount "type=bind,src=$DIR/bound,dst=/bound,options=rbind:ro" "$IMAGE" long sleep 1000
	task_is RUNNING
	run -3 c task exec --exec-id e1 --cwd /bound long sh -c 'cat file; touch file 2>/dev/null || exit 3'
	[ "$output" = text ]
	run -0 c task exec --exec-id e2 --user 7:8 long id
	[[ $output == "uid=7 gid=8"* ]]
	# the words that engines look for
	local n=0 words
	while IFS=: read -r file words; do
		n=$((n + 1))
		run c task exec --exec-id "w$n" long "$file"
		echo "$file: $output"
		[ "$status" != 0 ]
		[[ $output == *"$words"* ]]
	done <<-'WORDS'
		nosuch:executable file `nosuch` not found in $PATH
		/nosuch:no such file or directory
		/bound/file:permission denied
		/bound/text:exec format error
	WORDS
	# the client sends the size after the start, and leaves with the end, whatever it has not read
	out=$(script -qec "stty rows 33 cols 77; timeout --foreground 60 ctr --address $DIR/s task exec -t --exec-id e3 long \
		sh -c 'tty; until busybox stty size 2>/dev/null | grep 77; do sleep 0.05; done; sleep 0.5'" \
		/dev/null </dev/null 3>&-)
	echo "$out"
	[[ $out == */dev/pts/*"33 77"* ]]
	[[ $(c task ps long) == *"$(cat "$DIR/pid")"* ]]
	c task pause long
	task_is PAUSED
	c task resume long
	task_is RUNNING
	c task kill -s 9 long
	eventually task_is STOPPED
	[ ! -e "/proc/$(cat "$DIR/pid")" ]
	c task delete long 2>/dev/null || true # its status is that of the task
	c container delete long
	stop_containerd
}

# Engines send a list of devices, which only cgroup v2 can enforce.
@test "containerd without cgroup v2: what may not be enforced is refused, a privileged container runs" {
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || skip "needs a host without cgroup v2"
	start_containerd
	run run_one -- true
	[ "$status" != 0 ]
	[[ $output == *"cannot apply .linux.resources.devices"* ]]
	run -7 run_one --privileged -- sh -c 'exit 7'
	stop_containerd
}

@test "containerd: ctr run, task exec, pause, kill, delete; nothing is left" {
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		life
		return
	fi
	umount -R /sys/fs/cgroup
	mount -t cgroup2 none /sys/fs/cgroup
	life
	# a limit that cannot be given is refused by the controller's name
	if ! grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
		start_containerd
		run run_one --memory-limit 67108864 -- true
		[ "$status" != 0 ]
		[[ $output == *"the memory controller is missing"* ]]
		stop_containerd
	fi
	umount /sys/fs/cgroup
}
