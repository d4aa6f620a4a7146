#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The same programs on the kernel that Debian 12 has (6.1), older than that of many build machines.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { vm_setup && vm_image; }
teardown_file() { vm_teardown; }

@test "the root file system is an overlay, nothing is copied, nothing is said" {
	run -0 --separate-stderr rp run --rm --network none busybox grep ' / overlay ' /proc/mounts
	[ -z "$stderr" ]
	run -0 rp run --name keep --network none busybox touch /made
	rp start keep
	rp wait keep
	rp rm keep
	nothing_left
}

@test "a terminal, masked and read-only paths, read-only root, volumes" {
	mkdir "$DIR/v"
	run -0 --separate-stderr rp run --rm --network none --read-only --tmpfs /x -v "$DIR/v:/v" busybox sh -c \
		'touch /v/f /x/f; touch /bad 2>/dev/null && exit 1; ls /proc/acpi /sys/firmware; head -c1 /proc/kcore; id -u'
	[ "$output" = 0 ] || [ "${lines[-1]}" = 0 ]
	[ -z "$stderr" ]
	[ -e "$DIR/v/f" ]
	run -0 script -qec "rp run --rm -t --network none busybox tty" /dev/null
	[[ $output == */dev/pts/* ]]
}

@test "ctr-runtime: all of the default configuration, exec, a terminal" {
	sleeper one .
	run ctr-runtime exec one true
	echo "$output"
	[ "$status" = 0 ]
	run -0 ctr-runtime exec one sh -c 'ls /proc/self/fd | tail -1; echo $$'
	run -0 script -qec "ctr-runtime exec -t one tty" /dev/null
	[[ $output == */dev/pts/* ]]
	ctr-runtime delete -f one
	[ -z "$(ctr-runtime list -q)" ]
}
