#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --systemd-cgroup: scopes of the user's systemd, made by cgroup-scope.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { vm_setup; }
teardown_file() { vm_teardown; }

property() { systemctl --user show --value -p "$1" "$2"; }
no_unit() { [ "$(property LoadState "$1")" = not-found ]; }

LIMITS='.linux.cgroupsPath = "user-test.slice:pre:fix" | .linux.resources = {
	memory: {limit: 67108864}, cpu: {shares: 512, quota: 50000, cpus: "0"}, pids: {limit: 20},
	unified: {"memory.high": "50331648"}}'

@test "slice:prefix:name becomes a delegated scope with the limits as properties" {
	sleeper one "$LIMITS" --systemd-cgroup
	path=$(own_cgroup "$PID")
	[[ $path == */user.slice/user-test.slice/pre-fix.scope ]] || [[ $path == */user-test.slice/pre-fix.scope ]]
	[ "$(property Delegate pre-fix.scope)" = yes ]
	[ "$(property MemoryMax pre-fix.scope)" = 67108864 ]
	[ "$(property MemoryHigh pre-fix.scope)" = 50331648 ]
	[ "$(property TasksMax pre-fix.scope)" = 20 ]
	[ "$(property CPUQuotaPerSecUSec pre-fix.scope)" = 500ms ]
	[ "$(property CPUWeight pre-fix.scope)" = 20 ]
	[ "$(property AllowedCPUs pre-fix.scope)" = 0 ]
	[ "$(cgroup_file "$PID" memory.max)" = 67108864 ]
	[ "$(cgroup_file "$PID" cpu.max)" = "50000 100000" ]
	[ "$(cgroup_file "$PID" pids.max)" = 20 ]
	# systemd writes what it knows again; it must know what was asked for
	systemctl --user daemon-reload
	[ "$(cgroup_file "$PID" memory.max)" = 67108864 ]
	ctr-runtime update --memory 32m --pids-limit 30 --cpu-quota 20000 one
	[ "$(property MemoryMax pre-fix.scope)" = 33554432 ]
	[ "$(property TasksMax pre-fix.scope)" = 30 ]
	systemctl --user daemon-reload
	[ "$(cgroup_file "$PID" memory.max)" = 33554432 ]
	[ "$(cgroup_file "$PID" pids.max)" = 30 ]
	[ "$(cgroup_file "$PID" cpu.max)" = "20000 100000" ]
	ctr-runtime pause one
	[ "$(ctr-runtime state one | jq -r .status)" = paused ]
	ctr-runtime resume one
	run -0 ctr-runtime exec one cat /proc/self/cgroup
	[ "$output" = "0::/" ]
	ctr-runtime delete -f one
	no_unit pre-fix.scope
	cgroup_gone "$path"
}

@test "the scope ends with its last process, and its name is free after delete" {
	for _ in 1 2 3; do
		bundle short "$LIMITS | .process.args = [\"true\"]"
		ctr-runtime --systemd-cgroup run -b "$DIR/short" short
		no_unit pre-fix.scope
	done
}

@test "without cgroupsPath; two with one name; a wrong path" {
	sleeper plain '.linux.resources = {pids: {limit: 20}}' --systemd-cgroup
	[[ $(own_cgroup "$PID") == */user.slice/ctr-plain.scope ]]
	run ! sleeper other '.linux.cgroupsPath = "user.slice:ctr:plain"' --systemd-cgroup
	[[ $output == *"ctr-plain.scope"* ]]
	[ "$(ctr-runtime list -q)" = plain ]
	ctr-runtime delete -f plain
	run ! sleeper path '.linux.cgroupsPath = "/a/b"' --systemd-cgroup
	[[ $output == *"SLICE:PREFIX:NAME"* ]]
	[ -z "$(ctr-runtime list -q)" ]
}

@test "no bus: one clear error, nothing left" {
	run ! env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR="$DIR" bash -c "
		. $top/tests/vm/lib.bash; sleeper nobus '.linux.resources = {pids: {limit: 20}}' --systemd-cgroup"
	[[ $output == *"cannot reach the bus of systemd's user manager"*enable-linger* ]]
	[ -z "$(ctr-runtime list -q)" ]
}

@test "cgroup-scope: set, attach and stop by hand; what is wrong" {
	sleep 1000 3>&- &
	pid=$!
	echo "{\"schema\":\"rp.scope/1\",\"unit\":\"hand.scope\",\"pid\":$pid,\"properties\":{\"TasksMax\":9}}" |
		cgroup-scope start >"$DIR/doc"
	[ "$(own_cgroup $pid)" = "$(jq -r .cgroup "$DIR/doc")" ]
	[ "$(cgroup_file $pid pids.max)" = 9 ]
	jq '.properties = {TasksMax: 8, AllowedCPUs: "0-1", MemoryMax: "infinity"}' "$DIR/doc" | cgroup-scope set
	[ "$(cgroup_file $pid pids.max)" = 8 ]
	sleep 1000 3>&- &
	second=$!
	jq ".pid = $second | .below = \"\"" "$DIR/doc" | cgroup-scope attach
	[ "$(own_cgroup $second)" = "$(jq -r .cgroup "$DIR/doc")" ]
	run -3 cgroup-scope set <<<'{"schema":"rp.scope/1","unit":"hand.scope","properties":{"NoSuch":1}}'
	[[ $output == *".properties.NoSuch: unknown property"* ]]
	run -3 cgroup-scope set <<<'{"schema":"rp.scope/1","unit":"hand.scope","properties":{"AllowedCPUs":"x"}}'
	[[ $output == *AllowedCPUs* ]]
	run ! cgroup-scope start <<<"{\"schema\":\"rp.scope/1\",\"unit\":\"not a unit\",\"pid\":$pid}"
	[[ $output == *"refused the scope"* ]]
	run ! cgroup-scope start <<<'{"schema":"rp.scope/1","unit":"init.scope","pid":1}'
	cgroup-scope stop <"$DIR/doc"
	no_unit hand.scope
	run ! kill -0 $pid
	# again: it is gone, as was asked for
	cgroup-scope stop <"$DIR/doc"
}

@test "the example of cgroup-scope(1)" {
	line=$(awk '/^\.Sh EXAMPLES/ {on = 1} on && /^\.Dl / {print substr($0, 5)}' "$top/man/cgroup-scope.1")
	[ -n "$line" ]
	bash -o pipefail -c "$line" </dev/null >"$DIR/out" 3>&-
	[ "$(property TasksMax job.scope)" = 100 ]
	systemctl --user stop job.scope
}
