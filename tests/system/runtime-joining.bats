#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: a process that joins a container, or waits in it, holds nothing of the host, where the
# container could look: with CAP_SYS_PTRACE in the user namespace that the runtime runs in as well, as
# rp and podman run it. tests/root/joining.bats has the same for real root.

load runtime.bash
load joining.bash
setup_file() {
	runtime_setup
	# the containers are root's of the namespace that the pause process holds
	export IN="ns-enter-pause --"
	$IN true
	joining_setup
}
teardown_file() {
	joining_teardown
	ns-enter-pause --stop
	runtime_teardown
}
teardown() { untouched; }

@test "exec, 500 times under a racer: no descriptor, no directory, no secret of the host" {
	exec_rounds 500
}

@test "exec with a terminal, a user, a time and a cgroup namespace, labels of the process" {
	other_exec_rounds 60
}

@test "a created container that waits, seen by exec in it" {
	waiting_rounds 20
}

@test "create and run in the pid namespace of another container" {
	shared_pid_rounds 100
}

@test "hooks of a container in the pid namespace of another one" {
	local pid kinds='["poststart","poststop"]'
	bundle one "$joinable | .process.args = [\"sleep\",\"1000\"]"
	$IN ctr-runtime run -d -b "$DIR/one" one </dev/null >/dev/null 2>&1 3>&-
	pid=$($IN ctr-runtime state one | jq .pid)
	bundle two "$joinable | .process.args = [\"true\"] | .linux.namespaces |= map(if .type == \"pid\"
		then .path = \"/proc/$pid/ns/pid\" else . end) | .hooks = ($kinds | map({key: ., value: [{path: \"/bin/sh\",
		args: [\"sh\", \"-c\", \"echo \\(.) >>$DIR/hooked\"]}]}) | from_entries)"
	$IN ctr-runtime create -b "$DIR/two" two </dev/null >/dev/null 2>&1 3>&-
	$IN ctr-runtime start two
	$IN ctr-runtime delete -f two
	$IN ctr-runtime delete -f one
	[ "$(xargs <"$DIR/hooked")" = "poststart poststop" ]
}
