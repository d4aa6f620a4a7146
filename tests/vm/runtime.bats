#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime by itself with limits written directly, in a cgroup that was delegated: this file's
# unit has Delegate=yes, and the tests run in a leaf of it.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	vm_setup
	TREE=$(own_cgroup)
	export TREE
	mkdir "/sys/fs/cgroup$TREE/leaf"
	while read -r p; do
		echo "$p" >"/sys/fs/cgroup$TREE/leaf/cgroup.procs" || true
	done < <(cat "/sys/fs/cgroup$TREE/cgroup.procs")
}
teardown_file() { vm_teardown; }

LIMITS='.linux.resources = {
	memory: {limit: 67108864, swap: 134217728, reservation: 33554432},
	cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0", mems: "0"},
	pids: {limit: 20}, blockIO: {weight: 200,
		throttleReadBpsDevice: [{major: $major, minor: 0, rate: 1048576}],
		throttleWriteIOPSDevice: [{major: $major, minor: 0, rate: 100}]},
	unified: {"memory.high": "50331648", "memory.oom.group": "1"}}'

is() { # FILE VALUE
	[ "$(cgroup_file "$PID" "$1")" = "$2" ] || {
		echo "$1: $(cgroup_file "$PID" "$1"), not $2" >&2
		return 1
	}
}

@test "create: every limit stands in its file, beside the caller; delete removes the cgroup" {
	bundle all "$(stat -c %Hr /dev/vda) as \$major | $LIMITS | .process.args = [\"sleep\",\"1000\"]"
	ctr-runtime create -b "$DIR/all" --pid-file "$DIR/pid" all </dev/null >/dev/null 2>&1 3>&-
	PID=$(cat "$DIR/pid")
	path=$(own_cgroup "$PID")
	[ "$path" = "$TREE/all" ]
	is memory.max 67108864
	is memory.swap.max 67108864
	is memory.low 33554432
	is memory.high 50331648
	is memory.oom.group 1
	is cpu.weight 20
	is cpu.max "50000 100000"
	is cpuset.cpus 0
	is cpuset.mems 0
	is pids.max 20
	is io.weight "default 1920"
	is io.max "$(stat -c %Hr /dev/vda):0 rbps=1048576 wbps=max riops=max wiops=100"
	ctr-runtime start all
	ctr-runtime kill all KILL
	eventually eval '[ "$(ctr-runtime state all | jq -r .status)" = stopped ]'
	ctr-runtime delete all
	cgroup_gone "$path"
}

@test "cgroupsPath: a name, and an absolute path" {
	sleeper named '.linux.cgroupsPath = "my/name" | .linux.resources = {pids: {limit: 30}}'
	[ "$(own_cgroup "$PID")" = "$TREE/my/name" ]
	is pids.max 30
	ctr-runtime delete -f named
	cgroup_gone "$TREE/my/name"
	sleeper absolute ".linux.cgroupsPath = \"$TREE/here\" | .linux.resources = {pids: {limit: 31}}"
	[ "$(own_cgroup "$PID")" = "$TREE/here" ]
	is pids.max 31
	ctr-runtime delete -f absolute
	cgroup_gone "$TREE/here"
}

@test "update: single flags, a document, and what is wrong" {
	sleeper up '.linux.resources = {pids: {limit: 30}}'
	ctr-runtime update --memory 40m --memory-swap 80m --cpu-quota 20000 --cpu-period 50000 --cpu-shares 1024 \
		--pids-limit 40 --cpuset-cpus 0-1 --blkio-weight 10 up
	is memory.max 41943040
	is memory.swap.max 41943040
	is cpu.max "20000 50000"
	is cpu.weight 39
	is pids.max 40
	is cpuset.cpus 0-1
	is io.weight "default 1"
	echo '{"memory":{"limit":-1},"pids":{"limit":-1},"unified":{"cpu.max":"max 100000"}}' >"$DIR/r.json"
	ctr-runtime update --resources "$DIR/r.json" up
	is memory.max max
	is pids.max max
	is cpu.max "max 100000"
	ctr-runtime update -r - up <<<'{"cpu":{"quota":30000}}'
	is cpu.max "30000 100000"
	run ! ctr-runtime update -r - up <<<'{"unified":{"no.such":"1"}}'
	[[ $output == *"no.such"* ]]
	run ! ctr-runtime update -r - up <<<'{"unified":{"../x":"1"}}'
	[[ $output == *"is no file of a cgroup"* ]]
	run ! ctr-runtime update -r - up <<<'{"devices":[{"allow":true}]}'
	[[ $output == *devices* ]]
	ctr-runtime delete -f up
}

@test "pause, resume, ps, exec, kill --all, delete --force" {
	bundle life '.linux.resources = {pids: {limit: 30}} | .process.args = ["sh","-c","sleep 999 & while :; do echo x >>/tmp/ticks; sleep 0.1; done"]
		| .root.readonly = false'
	mkdir -p "$DIR/rootfs/tmp"
	ctr-runtime run -d -b "$DIR/life" --pid-file "$DIR/pid" life </dev/null >/dev/null 2>&1 3>&-
	PID=$(cat "$DIR/pid")
	path=$(own_cgroup "$PID")
	eventually [ -s "$DIR/rootfs/tmp/ticks" ]
	ctr-runtime pause life
	[ "$(ctr-runtime state life | jq -r .status)" = paused ]
	is cgroup.freeze 1
	before=$(wc -l <"$DIR/rootfs/tmp/ticks")
	sleep 0.5
	[ "$(wc -l <"$DIR/rootfs/tmp/ticks")" = "$before" ]
	run ! ctr-runtime exec life true
	[[ $output == *paused* ]]
	ctr-runtime resume life
	eventually eval '[ "$(wc -l <"$DIR/rootfs/tmp/ticks")" -gt "$before" ]'
	run -0 ctr-runtime exec life cat /proc/self/cgroup
	[ "$output" = "0::/" ]
	[ "$(ctr-runtime ps -f json life | jq length)" -ge 2 ]
	[[ $(ctr-runtime ps life) == *"$PID"* ]]
	ctr-runtime kill --all life KILL
	eventually eval '[ "$(ctr-runtime state life | jq -r .status)" = stopped ]'
	[ -z "$(cat "/sys/fs/cgroup$path/cgroup.procs")" ]
	ctr-runtime delete life
	cgroup_gone "$path"
	sleeper force '.linux.resources = {pids: {limit: 30}}'
	path=$(own_cgroup "$PID")
	ctr-runtime pause force
	ctr-runtime delete --force force
	cgroup_gone "$path"
}

@test "a container with a memory limit of 512 KiB starts" {
	bundle tiny '.linux.resources = {memory: {limit: 524288, swap: 524288}} | .process.args = ["true"]'
	run -0 ctr-runtime run -b "$DIR/tiny" tiny
	[ -z "$output" ]
	bundle tiny '.linux.resources = {memory: {limit: 524288, swap: 524288}} | .process.args = ["sh","-c","cat /sys/fs/cgroup/memory.max"]
		| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]'
	run -0 ctr-runtime run -b "$DIR/tiny" tiny
	[ "$output" = 524288 ]
}

@test "a failed create leaves no cgroup" {
	bundle bad '.linux.resources = {pids: {limit: 30}} | .process.args = ["/nosuch"]'
	run ! ctr-runtime run -b "$DIR/bad" bad
	cgroup_gone "$TREE/bad"
	bundle bad '.linux.resources = {pids: {limit: 30}, unified: {"no.such": "1"}} | .process.args = ["true"]'
	run ! ctr-runtime run -b "$DIR/bad" bad
	cgroup_gone "$TREE/bad"
	[ -z "$(ctr-runtime list -q)" ]
}

@test "a thousandfold fork is held, and cgroup.kill ends it" {
	bundle bomb '.linux.resources = {pids: {limit: 50}} | .process.args = ["sh","-c","(while :; do sleep 100 & done) 2>/dev/null & exec sleep 1000"]'
	ctr-runtime run -d -b "$DIR/bomb" --pid-file "$DIR/pid" bomb </dev/null >/dev/null 2>&1 3>&-
	path=$(own_cgroup "$(cat "$DIR/pid")")
	eventually eval '! grep -qx "max 0" "/sys/fs/cgroup$path/pids.events"'
	[ "$(cat "/sys/fs/cgroup$path/pids.current")" -le 50 ]
	ctr-runtime delete -f bomb
	cgroup_gone "$path"
}
