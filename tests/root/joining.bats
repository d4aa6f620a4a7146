#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime as real root: a process that joins a container with CAP_SYS_PTRACE holds nothing of the
# host, where the container could look.
bats_require_minimum_version 1.5.0

load ../system/runtime.bash
load ../system/joining.bash

setup_file() {
	[ -n "${RP_PRIVATE_MOUNTS:-}" ] || {
		echo "not in a mount namespace of its own: use make check T=root" >&2
		return 1
	}
	runtime_setup
	export RP_RUN=$DIR/run IN=env
	joining_setup
}
teardown_file() {
	joining_teardown
	runtime_teardown
}
teardown() { untouched; }

@test "exec, 500 times under a racer: no descriptor, no directory, no secret of the host" {
	exec_rounds 500
}

@test "exec with a terminal, a user, a time and a cgroup namespace" {
	other_exec_rounds 60
}

@test "a created container that waits, seen by exec in it" {
	waiting_rounds 20
}

@test "create and run in the pid namespace of another container" {
	shared_pid_rounds 100
}
