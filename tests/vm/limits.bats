#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rp's limits where cgroup v2 with all controllers is to be had.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { vm_setup && vm_image; }
teardown_file() { vm_teardown; }

limited() { # NAME OPTION...
	local name=$1
	shift
	run -0 --separate-stderr rp run -d --name "$name" --network none --memory 64m --cpus 0.5 --pids-limit 20 \
		"$@" busybox sleep 1000
	[ -z "$stderr" ]
	PID=$(rp inspect --format '{{.State.Pid}}' "$name")
}

has_limits() { # PID
	[ "$(cgroup_file "$1" memory.max)" = 67108864 ]
	[ "$(cgroup_file "$1" cpu.max)" = "50000 100000" ]
	[ "$(cgroup_file "$1" pids.max)" = 20 ]
}

@test "run: the values stand in the container's cgroup, nothing is said, nothing is left" {
	limited one
	has_limits "$PID"
	path=$(own_cgroup "$PID")
	rp rm -f -t 0 one
	cgroup_gone "$path"
	nothing_left
}

@test "run: systemd's own work does not take the limits away" {
	limited busy
	systemd-run --quiet --user --wait true
	systemctl --user daemon-reload
	systemd-run --quiet --user --wait -p MemoryMax=50M true
	has_limits "$PID"
	rp rm -f -t 0 busy
}

@test "run in a unit with Delegate=yes: written directly, beside the caller" {
	cat >"$DIR/script" <<-'S'
		set -e
		own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
		mkdir "$own/leaf"
		echo 0 >"$own/leaf/cgroup.procs"
		rp run -d --name direct --network none --memory 64m --cpus 0.5 --pids-limit 20 busybox sleep 1000 >/dev/null
		rp inspect --format '{{.State.Pid}}' direct
		sed -n 's/^0:://p' "/proc/$(rp inspect --format '{{.State.Pid}}' direct)/cgroup"
		cat "$own"/*/{memory.max,cpu.max,pids.max} | sort -u
		rp rm -f -t 0 direct
		ls -d "$own"/*/
	S
	run -0 systemd-run --quiet --user --pipe --wait --collect -p Delegate=yes --unit=delegated-test \
		--setenv=PATH="$PATH" --setenv=HOME="$HOME" --setenv=XDG_DATA_HOME="$XDG_DATA_HOME" bash "$DIR/script"
	echo "$output"
	[[ ${lines[1]} == */delegated-test.service/* ]]
	[[ $output == *67108864* ]]
	[[ $output == *"50000 100000"* ]]
	[[ ${lines[-1]} == */leaf/ ]]
	[[ $output != *warning* ]]
}

@test "a fork bomb of 50 is held at 20" {
	run rp run --rm --network none --pids-limit 20 busybox sh -c \
		'for i in $(seq 50); do sleep 3 & done; cat /sys/fs/cgroup/pids.current /sys/fs/cgroup/pids.events'
	[[ $output == *"can't fork"* ]]
	run -0 rp run --rm --network none --pids-limit 20 busybox sh -c \
		'(for i in $(seq 50); do sleep 3 & done) 2>/dev/null; n=$(cat /sys/fs/cgroup/pids.current); [ "$n" -le 20 ] && [ "$n" -ge 15 ]'
}

@test "2048 processes where nothing is said, none of systemd's work for it; more where asked for" {
	run -0 systemd-run --quiet --user --pipe --wait --collect --setenv=PATH="$PATH" --setenv=HOME="$HOME" \
		--setenv=XDG_DATA_HOME="$XDG_DATA_HOME" rp run --rm --network none busybox sh -c \
		'cat /sys/fs/cgroup/pids.max; sed -n s/^0::// /proc/self/cgroup'
	[ "${lines[0]}" = 2048 ]
	[[ $output != *.scope* ]]
	run -0 systemd-run --quiet --user --pipe --wait --collect --setenv=PATH="$PATH" --setenv=HOME="$HOME" \
		--setenv=XDG_DATA_HOME="$XDG_DATA_HOME" rp run --rm --network none --pids-limit -1 busybox cat /sys/fs/cgroup/pids.max
	[ "$output" = max ]
}

@test "out of memory: exit 137, the record says why, the monitor lives outside" {
	run -0 --separate-stderr rp create --name oom --network none --memory 16m --tmpfs /t busybox \
		sh -c 'cat /sys/fs/cgroup/memory.max; mkfifo /t/go; read x </t/go; exec tail -c 100m /dev/zero'
	rp start oom
	pid=$(rp inspect --format '{{.State.Pid}}' oom)
	monitor=$(rp inspect --format '{{.State.ConmonPid}}' oom)
	container=$(own_cgroup "$pid")
	[ "$(own_cgroup "$monitor")" != "$container" ]
	[[ $(own_cgroup "$monitor") != "$container"/* ]]
	[ "$(cgroup_file "$pid" memory.max)" = 16777216 ]
	rp kill -s KILL oom
	rp rm -f -t 0 oom
	run -137 rp run --name oom --network none --memory 16m busybox tail -c 100m /dev/zero
	[ "$(rp inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' oom)" = "true 137" ]
	rp rm oom
	# a child alone is killed: the command lives on and the record tells of it all the same
	run -0 rp run --name child --network none --memory 16m busybox sh -c 'tail -c 100m /dev/zero; true'
	[ "$(rp inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' child)" = "true 0" ]
	rp rm child
	run -0 rp run --name fine --network none --memory 16m busybox true
	[ "$(rp inspect --format '{{.State.OOMKilled}}' fine)" = false ]
	rp rm fine
	nothing_left
}

@test "crun in place of ctr-runtime: the same values, and out of memory is told" {
	limited two --runtime crun
	has_limits "$PID"
	path=$(own_cgroup "$PID")
	rp rm -f -t 0 two
	eventually cgroup_gone "$path"
	run -137 rp run --name oom --runtime crun --network none --memory 16m busybox tail -c 100m /dev/zero
	[ "$(rp inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' oom)" = "true 137" ]
	rp rm oom
}

@test "without limits no scope is made and nothing is asked" {
	run -0 rp run --rm --network none busybox cat /proc/self/cgroup
	run -0 rp run -d --name plain --network none busybox sleep 1000
	pid=$(rp inspect --format '{{.State.Pid}}' plain)
	[[ $(own_cgroup "$pid") != *.scope ]]
	rp rm -f -t 0 plain
}
