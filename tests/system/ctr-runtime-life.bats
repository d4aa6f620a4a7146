#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: commands that meet a container while it is made, waits, or is in the foreground.
bats_require_minimum_version 1.5.0

setup_file() {
	export B=${B:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}
	export DIR
	DIR=$(mktemp -d /tmp/rpl.XXXXXX)
	export HOME=$DIR XDG_RUNTIME_DIR=$DIR/run PATH=$B/bin:$PATH
	mkdir -m 700 "$DIR/run"
	mkdir -p "$DIR"/rootfs/{bin,tmp,proc,sys,dev,mnt}
	cp /bin/busybox "$DIR/rootfs/bin/"
	for x in sh true cat ls id sleep readlink grep touch mkdir rm; do ln -s busybox "$DIR/rootfs/bin/$x"; done
	echo canary >"$DIR/canary"
	(cd "$DIR" && ctr-runtime spec --rootless && mv config.json base.json)
}

teardown_file() {
	local id
	for id in $(ctr-runtime list -q); do ctr-runtime delete -f "$id"; done
	ns-enter-pause --stop
	rm -rf "$DIR"
}

# bundle FILTER: the base through a jq filter, with a command that sleeps.
bundle() {
	mkdir -p "$DIR/b"
	jq --arg root "$DIR/rootfs" ".root.path = \$root | .process.terminal = false |
		.process.args = [\"sleep\",\"1000\"] | $1" "$DIR/base.json" >"$DIR/b/config.json"
}

status_is() { [ "$(ctr-runtime state "$1" | jq -r .status)" = "$2" ]; }

eventually() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" 2>/dev/null && return 0
		sleep 0.05
	done
	return 1
}

# Until the root is changed the first process is in the host's file system.
@test "exec during create is refused and reaches no file of the host" {
	printf '#!/bin/sh\ncat >/dev/null\nctr-runtime state c\nctr-runtime exec c cat %s\necho "exec $?"\n' \
		"$DIR/canary" >"$DIR/hook"
	chmod +x "$DIR/hook"
	bundle '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings) |
		.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "'"$DIR/hook >$DIR/said 2>&1"'"],
		env: ["PATH='"$PATH"'", "XDG_RUNTIME_DIR='"$XDG_RUNTIME_DIR"'"]}]'
	ns-enter-pause -- ctr-runtime create -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	cat "$DIR/said"
	grep -q '"status": "creating"' "$DIR/said"
	grep -q 'being created' "$DIR/said"
	grep -q 'exec 255' "$DIR/said"
	[ "$(grep -c canary "$DIR/said")" = 0 ]
	status_is c created
	ns-enter-pause -- ctr-runtime delete -f c
}

@test "delete -f and pause of a container in the foreground do not wait for its end" {
	bundle .
	ctr-runtime run -b "$DIR/b" c </dev/null >/dev/null 2>"$DIR/err" 3>&- &
	eventually status_is c running
	run timeout 10 ctr-runtime pause c
	[ "$status" = 0 ] || [[ $output == *"no cgroup of its own"* ]]
	timeout 10 ctr-runtime delete -f c
	wait $! || [ $? = 137 ]
	[ ! -s "$DIR/err" ]
	[ -z "$(ctr-runtime list -q)" ]
}

# The runtime's own copy of the pipe whose end says "executed" kept it waiting for ever.
@test "run returns where the user and pid namespaces of another container are joined" {
	bundle .
	ctr-runtime run -d -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	bundle 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |=
		map(if .type == "user" or .type == "pid" then .path = "/proc/'"$(ctr-runtime state c | jq .pid)"'/ns/\(.type)" else . end)'
	timeout 10 ctr-runtime run -d -b "$DIR/b" d </dev/null >/dev/null 2>"$DIR/err" 3>&- || { cat "$DIR/err"; false; }
	status_is d running
	ctr-runtime delete -f d
	ctr-runtime delete -f c
}

# Its first process is a copy of the runtime, whose /proc files are shut to this user.
@test "exec in a created container by a user without a namespace of the runtime; then start" {
	bundle .
	ctr-runtime create -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	status_is c created
	pid=$(ctr-runtime state c | jq .pid)
	[ ! -r "/proc/$pid/ns/" ]
	run -0 --separate-stderr ctr-runtime exec c sh -c 'id -u; cat /proc/self/uid_map; readlink /proc/self/ns/mnt; ls /'
	[ -z "$stderr" ]
	[ "${lines[0]}" = 0 ]
	read -r inside outside _ <<<"${lines[1]}"
	[ "$inside $outside" = "0 $(id -u)" ]
	[ "${lines[2]}" != "$(readlink /proc/self/ns/mnt)" ]
	[[ $output == *mnt* && $output != *home* ]]
	# what exec starts cannot look into the waiting process either
	run ctr-runtime exec c sh -c 'ls /proc/1/fd/ && echo reached'
	[[ $output != *reached* ]]
	status_is c created
	ctr-runtime start c
	status_is c running
	ctr-runtime exec c sh -c 'cat /proc/1/cmdline' | grep -qa sleep
	ctr-runtime delete -f c
}

@test "a client of a created container that says nothing does not keep start waiting" {
	bundle .
	ctr-runtime create -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	(cd "$XDG_RUNTIME_DIR/rp/runtime/c" && exec python3 -c 'if True:
		import socket, time
		s = socket.socket(socket.AF_UNIX)
		s.connect("start")
		open("connected", "w")
		time.sleep(30)') 3>&- &
	eventually [ -e "$XDG_RUNTIME_DIR/rp/runtime/c/connected" ]
	timeout 10 ctr-runtime start c
	status_is c running
	kill $!
	ctr-runtime delete -f c
}

# The profile is not in the record: exec has the filter of the container's own file, or does not run.
@test "exec has the filter that the container was made with, and does not run without it" {
	state=$XDG_RUNTIME_DIR/rp/runtime
	bundle '.root.readonly = false'
	ctr-runtime run -d -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	[ "$(jq '.config.linux | has("seccomp")' "$state/c/state.json")" = false ]
	run -0 ctr-runtime exec c sh -c 'grep Seccomp_filters: /proc/1/status /proc/self/status | cut -d: -f3 | uniq -c'
	[ "$(xargs <<<"$output")" = "2 1" ]
	rm -r "$state/.seccomp"
	run -0 ctr-runtime exec c grep Seccomp: /proc/self/status
	[ "$(xargs <<<"$output")" = "Seccomp: 2" ]
	[ ! -e "$state/.seccomp" ]
	truncate -s -8 "$state/c/seccomp"
	run -255 ctr-runtime exec c sh -c 'touch /tmp/ran'
	[[ $output == *"the state of c: seccomp is damaged"* ]]
	rm "$state/c/seccomp"
	run -255 ctr-runtime exec c sh -c 'touch /tmp/ran'
	[[ $output == *"the state of c: cannot open seccomp"* ]]
	[ ! -e "$DIR/rootfs/tmp/ran" ]
	ctr-runtime delete -f c
	[ -z "$(ls -A "$state")" ]
	# without a profile there is none
	bundle 'del(.linux.seccomp)'
	ctr-runtime run -d -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	[ "$(ctr-runtime exec c grep Seccomp: /proc/self/status | xargs)" = "Seccomp: 0" ]
	ctr-runtime delete -f c
}

@test "exec is in each namespace of the container, with its own time as well" {
	bundle '.linux.namespaces += [{"type": "time"}] | .linux.timeOffsets = {"boottime": {"secs": 1000000}}'
	ctr-runtime run -d -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	run -0 ctr-runtime exec c sh -c 'for n in user ipc uts net pid cgroup time mnt; do
		[ "$(readlink /proc/1/ns/$n)" = "$(readlink /proc/self/ns/$n)" ] || echo "$n"
	done; [ "$(cut -d. -f1 /proc/uptime)" -gt 1000000 ] && echo later'
	[ "$output" = later ]
	ctr-runtime delete -f c
}

@test "exec hands oomScoreAdj and the initial affinity down, and keeps its own" {
	bundle '.root.readonly = false | .process.oomScoreAdj = 700 | .process.execCPUAffinity = {"initial": "0"}'
	ctr-runtime run -d -b "$DIR/b" c </dev/null >/dev/null 2>&1 3>&-
	own=$(cat /proc/self/oom_score_adj)
	run -0 ctr-runtime exec c sh -c 'cat /proc/self/oom_score_adj; grep Cpus_allowed_list /proc/self/status'
	[ "${lines[0]}" = 700 ]
	[ "$(xargs <<<"${lines[1]}")" = "Cpus_allowed_list: 0" ]
	ctr-runtime exec c sh -c 'touch /tmp/in; while [ -e /tmp/in ]; do sleep 0.05; done' 3>&- &
	eventually [ -e "$DIR/rootfs/tmp/in" ]
	[ "$(cat "/proc/$!/oom_score_adj")" = "$own" ]
	[ "$(grep Cpus_allowed: "/proc/$!/status")" = "$(grep Cpus_allowed: /proc/self/status)" ]
	rm "$DIR/rootfs/tmp/in"
	wait $!
	ctr-runtime delete -f c
}
