#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers that are prepared for systemd: a program of the tests stands for it.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	"$top/contrib/mkimage" "$DIR/image" init Cmd='["/sbin/init"]' >/dev/null
	"$top/contrib/mkimage" "$DIR/image" signal Cmd='["/sbin/init"]' StopSignal='"SIGTERM"' >/dev/null
	"$top/contrib/mkimage" "$DIR/image" entry Entrypoint='["/lib/systemd/systemd"]' >/dev/null
	local name
	for name in init signal entry; do rp pull -q "oci:$DIR/image:$name" >/dev/null; done
	cp "$B/tests/fakeinit" "$DIR/fakeinit"
	chmod 755 "$DIR/fakeinit"
}
teardown_file() { file_teardown; }
teardown() {
	rp rm -f -t 0 --all >/dev/null
	eventually nothing_left 2>/dev/null || nothing_left
}

ready() { rp logs "$1" | grep -qx ready; }
# NAME OPTION...: what it said by the time it was ready
start() {
	local name=$1
	shift
	rp run -d --name "$name" --network none -v "$DIR/fakeinit:/sbin/init:ro" -v "$DIR/fakeinit:/usr/sbin/init:ro" \
		-v "$DIR/fakeinit:/lib/systemd/systemd:ro" "$@" >/dev/null
	eventually ready "$name"
	rp logs "$name"
}
prepared='pid 1
/run tmpfs
/run/lock tmpfs
/tmp tmpfs
/var/log/journal tmpfs
cgroup writable
uuid yes
container podman
ready'

@test "/sbin/init and systemd get what they need, and SIGRTMIN+3 to stop" {
	[ "$(start a init)" = "$prepared" ]
	run -0 --separate-stderr timeout 20 rp stop -t 15 a
	[ -z "$stderr" ]
	[ "$(rp inspect a -f '{{.State.ExitCode}} {{.Config.StopSignal}} {{.Config.SystemdMode}}')" = "0 SIGRTMIN+3 true" ]
	[ "$(start b entry)" = "$prepared" ]
	[ "$(start c busybox /usr/sbin/init)" = "$prepared" ]
	# at a later start as well, and with a read-only root
	rp start a >/dev/null
	eventually eval '[ "$(rp logs a | grep -cx ready)" = 2 ]'
	[ "$(start d --read-only init)" = "$prepared" ]
}

@test "a signal of the image, or of the user, is the one to stop by" {
	start a signal
	rp stop -t 15 a
	[ "$(rp inspect a -f '{{.State.ExitCode}}')" = 15 ]
	start b --stop-signal TERM init
	rp stop -t 15 b
	[ "$(rp inspect b -f '{{.State.ExitCode}}')" = 15 ]
}

@test "--systemd=false and other commands: an ordinary container; always: any command" {
	said=$(start a --systemd=false init)
	[[ $said == *'cgroup read-only'*'uuid no'* ]]
	[[ $said != *'/run tmpfs'* ]]
	run -1 rp run --rm --network none busybox sh -c 'grep -c " /run tmpfs" /proc/mounts'
	[ "$(head -n 1 <<<"$output")" = 0 ]
	run -0 rp run --rm --network none --systemd=always --name x busybox grep ' /run tmpfs ' /proc/mounts
	run -125 rp run --rm --network none --systemd=bogus busybox true
	run -0 rp run --rm --network none --systemd=always --shm-size-systemd 1m busybox grep -E ' /run(/lock)? tmpfs ' /proc/mounts
	[ "$(grep -c size=1024k <<<"$output")" = 2 ]
}

@test "the user's own mounts take the place of those for systemd" {
	mkdir "$DIR/mine"
	said=$(start a -v "$DIR/mine:/tmp" --tmpfs /run:size=2m init)
	[[ $said == *'/tmp no tmpfs'* ]]
	[[ $said == *'/run tmpfs'* ]]
}
