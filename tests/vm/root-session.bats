#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Users in other places than their systemd's tree: a login session, whose cgroup is root's, and a user
# without a systemd of his own. Root makes these.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	DIR=$(mktemp -d /tmp/vm.XXXXXX)
	export DIR
	chmod 755 "$DIR"
}
teardown_file() { rm -rf "$DIR"; }

# A session as sshd or login make it: by pam_systemd. USER SCRIPT
in_session() {
	cat >"$DIR/script"
	systemd-run --quiet --pipe --wait --collect -p PAMName=login -p User="$1" -p Environment="PATH=$B/bin:$PATH" \
		bash "$DIR/script"
}

@test "rp in a login session: its limits are asked of the user's systemd" {
	run -0 in_session rptest <<-S
		. $top/tests/vm/lib.bash
		set -e
		own_cgroup
		vm_setup
		vm_image
		rp run -d --name one --network none --memory 64m --cpus 0.5 --pids-limit 20 busybox sleep 1000 >/dev/null
		pid=\$(rp inspect --format '{{.State.Pid}}' one)
		own_cgroup \$pid
		cgroup_file \$pid memory.max
		ctr-runtime --root "\$XDG_RUNTIME_DIR/rp/runtime" exec "\$(rp inspect --format '{{.Id}}' one)" cat /proc/self/cgroup
		rp rm -f -t 0 one >/dev/null
		vm_teardown
	S
	echo "$output"
	[[ ${lines[0]} == */session-*.scope ]]
	[[ ${lines[1]} == */user@1000.service/user.slice/ctr-*.scope ]]
	[ "${lines[2]}" = 67108864 ]
	[ "${lines[3]}" = "0::/" ]
	[ "${#lines[@]}" = 4 ]
}

@test "a user without delegation: the error names the controller and the fix, and without limits it runs" {
	run -0 setpriv --reuid other --regid other --clear-groups env -i HOME="$DIR" PATH="$PATH" bash -c "
		. $top/tests/vm/lib.bash
		DIR=\$(mktemp -d /tmp/vm.XXXXXX); export XDG_RUNTIME_DIR=\$DIR
		bundle none '.process.args = [\"echo\",\"ran\"]'
		ctr-runtime run -b \$DIR/none none
		for l in 'memory: {limit: 67108864}' 'cpu: {quota: 1000}' 'pids: {limit: 5}'; do
			bundle none \".process.args = [\\\"true\\\"] | .linux.resources = {\$l}\"
			ctr-runtime run -b \$DIR/none none && exit 1
		done
		rm -rf \$DIR"
	echo "$output"
	[ "${lines[0]}" = ran ]
	[[ ${lines[1]} == *"memory.limit"*"controller memory"*Delegate=yes* ]]
	[[ ${lines[2]} == *"cpu.quota"*"controller cpu"*Delegate=yes* ]]
	[[ ${lines[3]} == *"pids.limit"*"controller pids"*Delegate=yes* ]]
}

@test "root: systemd's system manager makes the scope" {
	vm_setup
	sleeper one '.linux.cgroupsPath = "system.slice:ctr:root" | .linux.resources = {memory: {limit: 67108864}, pids: {limit: 20}}' --systemd-cgroup
	[ "$(own_cgroup "$PID")" = /system.slice/ctr-root.scope ]
	[ "$(cgroup_file "$PID" memory.max)" = 67108864 ]
	ctr-runtime delete -f one
	cgroup_gone /system.slice/ctr-root.scope
	sleeper two '.linux.resources = {memory: {limit: 67108864}}'
	[ "$(own_cgroup "$PID")" = /ctr-runtime/two ]
	[ "$(cgroup_file "$PID" memory.max)" = 67108864 ]
	ctr-runtime delete -f two
	cgroup_gone /ctr-runtime/two
}
