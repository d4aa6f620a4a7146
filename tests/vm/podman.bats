#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime under Podman with systemd as its cgroup manager, which is Podman's own default.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	vm_setup
	RUNTIME=$B/bin/ctr-runtime
	export RUNTIME
	podman pull -q "oci:$top/image" >/dev/null
}
teardown_file() {
	podman rm -fa -t 0 >/dev/null
	podman rmi -fa >/dev/null
	systemctl --user stop 'podman-pause-*.scope'
	rm -rf "$DIR"
}

# one that failed does not take the others with it
teardown() { [ -n "$BATS_TEST_COMPLETED" ] || podman rm -fa -t 0 >/dev/null; }

podman() {
	command podman --root "$DIR/root" --runroot "$DIR/run" --tmpdir "$DIR/tmp" --storage-driver vfs \
		--runtime "$RUNTIME" --cgroup-manager "${MANAGER:-systemd}" --events-backend file "$@"
}

pod_run() { podman run --network none "$@"; }
image() { echo "localhost$top/image"; }
pid_of() { podman inspect --format '{{.State.Pid}}' "$1"; }
status_of() { podman inspect --format '{{.State.Status}}' "$1"; }
property() { systemctl --user show --value -p "$1" "$2"; }
no_unit() { [ "$(property LoadState "$1")" = not-found ]; }

# Nothing of Podman's containers in systemd, the cgroups and our state; cached filters may stay.
nothing_of_podman() {
	local left
	left=$(systemctl --user list-units --all --plain --no-legend 'libpod-*' 'user-libpod*'
		find /sys/fs/cgroup/user.slice -name '*libpod-*' -o -name '*libpod_*'
		ctr-runtime list -q)
	[ -z "$left" ] || {
		echo "left: $left" >&2
		return 1
	}
}

@test "run -d with limits, exec, update, pause, stats, top, stop, start, rm" {
	id=$(pod_run -d --name one --memory 64m --pids-limit 20 --cpus 0.5 "$(image)" \
		sh -c 'trap "exit 3" TERM; sleep 1000 & wait')
	pid=$(pid_of one)
	path=$(own_cgroup "$pid")
	unit=libpod-$id.scope
	[[ $path == */user@1000.service/user.slice/$unit ]]
	[ "$(podman inspect --format '{{.State.CgroupPath}}' one)" = "$path" ]
	[ "$(cgroup_file "$pid" memory.max)" = 67108864 ]
	[ "$(cgroup_file "$pid" pids.max)" = 20 ]
	[ "$(cgroup_file "$pid" cpu.max)" = "50000 100000" ]
	[ "$(property Delegate "$unit")" = yes ]
	[ "$(property MemoryMax "$unit")" = 67108864 ]
	[ "$(property TasksMax "$unit")" = 20 ]
	[ "$(property CPUQuotaPerSecUSec "$unit")" = 500ms ]
	run -0 podman exec one sh -c 'cat /proc/self/cgroup; tty || true'
	[ "$output" = "0::/"$'\n'"not a tty" ]
	run -5 podman exec one sh -c 'exit 5'
	run -0 script -qec "$(declare -f podman); podman exec -it one sh -c 'tty; cat /sys/fs/cgroup/pids.max'" /dev/null </dev/null
	[[ $output == *"/dev/pts/0"*20* ]]
	podman update --memory 32m --cpus 0.2 one
	[ "$(cgroup_file "$pid" memory.max)" = 33554432 ]
	[ "$(cgroup_file "$pid" cpu.max)" = "20000 100000" ]
	[ "$(property MemoryMax "$unit")" = 33554432 ]
	podman pause one
	[ "$(status_of one)" = paused ]
	[ "$(cgroup_file "$pid" cgroup.freeze)" = 1 ]
	podman unpause one
	[ "$(status_of one)" = running ]
	run -0 podman stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' one
	[[ $output == "2 "*" / "*MB ]]
	run -0 podman top one args
	[[ $output == *"sleep 1000"* ]]
	podman stop -t 30 one
	[ "$(podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' one)" = "exited 3" ]
	no_unit "$unit"
	cgroup_gone "$path"
	# once more under the name of the scope that is gone
	podman start one
	[ "$(own_cgroup "$(pid_of one)")" = "$path" ]
	podman rm -f -t 0 one
	nothing_of_podman
}

@test "a pod: two containers in its slice, each with a scope, and its limit around them" {
	id=$(podman pod create --name pp --network none --infra-image "$(image)" --infra-command "sleep 1000" --memory 128m)
	pod_run -d --pod pp --name a --memory 64m "$(image)" sleep 1000
	podman run -d --pod pp --name b "$(image)" sleep 1000
	pid=$(pid_of a)
	path=$(own_cgroup "$pid")
	slice=user-libpod_pod_$id.slice
	[[ $path == */user.slice/$slice/libpod-*.scope ]]
	[[ $(own_cgroup "$(pid_of b)") == */user.slice/$slice/libpod-*.scope ]]
	[ "$(cgroup_file "$pid" memory.max)" = 67108864 ]
	[ "$(cat "/sys/fs/cgroup$path/../memory.max")" = 134217728 ]
	podman pod pause pp
	[ "$(status_of a) $(status_of b)" = "paused paused" ]
	podman pod unpause pp
	podman pod rm -f -t 0 pp
	nothing_of_podman
}

@test "--cgroups=split, as in a unit of Quadlet: beside Podman in the unit" {
	cat >"$DIR/split" <<-S
		set -e
		. $top/tests/vm/lib.bash
		$(declare -f podman pod_run pid_of)
		pod_run -d --cgroups=split --name split --memory 64m $(image) sleep 1000
		own_cgroup \$(pid_of split)
		cgroup_file \$(pid_of split) memory.max
		podman rm -f -t 0 split
	S
	run -0 systemd-run --quiet --user --pipe --wait --collect -p Delegate=yes --unit=split-test \
		--setenv=PATH="$PATH" --setenv=HOME="$HOME" --setenv=DIR="$DIR" --setenv=RUNTIME="$RUNTIME" bash "$DIR/split"
	[[ ${lines[1]} == */split-test.service/libpod-payload-* ]]
	[ "${lines[2]}" = 67108864 ]
	nothing_of_podman
}

@test "a command that fails, one out of memory, and systemd's tree for a container that wants it" {
	run -7 pod_run --rm "$(image)" sh -c 'exit 7'
	run -127 pod_run --rm "$(image)" /nosuch
	run -137 pod_run --rm --memory 16m "$(image)" tail -c 100m /dev/zero
	run -0 pod_run --rm --systemd=always "$(image)" sh -c 'mkdir /sys/fs/cgroup/x && rmdir /sys/fs/cgroup/x && echo made'
	[ "$output" = made ]
	# the container's root is not the user who owns the scope
	pod_run -d --name other --systemd=always --userns=nomap "$(image)" sh -c \
		'mkdir -p /sys/fs/cgroup/x/y && mkfifo /go && read x </go'
	path=$(own_cgroup "$(pid_of other)")
	run -0 podman exec other sh -c \
		'stat -c %u /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory.max && cat /proc/self/cgroup'
	[ "${lines[*]}" = "0 0 65534 0::/" ]
	eventually [ -d "/sys/fs/cgroup$path/x/y" ]
	podman kill -s KILL other
	podman wait other >/dev/null
	eventually cgroup_gone "$path"
	podman rm other
	nothing_of_podman
}

@test "--cgroup-manager cgroupfs: the limits stand all the same, in a scope that we ask for" {
	MANAGER=cgroupfs pod_run -d --name fs --memory 64m "$(image)" sleep 1000
	pid=$(MANAGER=cgroupfs pid_of fs)
	path=$(own_cgroup "$pid")
	[[ $path == */ctr-*.scope ]]
	[ "$(cgroup_file "$pid" memory.max)" = 67108864 ]
	MANAGER=cgroupfs podman exec fs true
	MANAGER=cgroupfs podman rm -f -t 0 fs
	cgroup_gone "$path"
	nothing_of_podman
}
