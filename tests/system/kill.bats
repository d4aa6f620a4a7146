#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL of each program at work: the next command works, and nothing is left.
#
# A program is killed between two of its system calls: strace(1) sends it the signal when it enters
# the Nth call of a kind. strace -D keeps the program where it is in the tree of processes.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	cp -r --preserve=links "$B/bin" "$DIR/bin"
	"$top/contrib/mkimage" "$DIR/image" volumes 'Volumes={"/data":{}}'
	rp pull -q "oci:$DIR/image:volumes" >/dev/null
}
teardown_file() { file_teardown; }
teardown() {
	local p
	for p in "$DIR"/bin/*; do
		[ ! -e "$p.real" ] || mv "$p.real" "$p"
	done
	rp rm -f -t 0 --all >/dev/null
	eventually nothing_at_all
}

# PROGRAM, used by $DIR/bin/rp, gets SIGNAL when it enters its Nth SYSCALL.
tamper() {
	local program=$DIR/bin/$1 signal=$2 call=$3 n=$4
	[ -e "$program.real" ] || mv "$program" "$program.real"
	cat >"$program" <<-END
		#!/bin/sh
		exec strace -D -qqq -o /dev/null -e trace=$call -e inject=$call:signal=$signal:when=$n $B/bin/$1 "\$@"
	END
	chmod +x "$program"
}

# Beside what lib.bash looks for: marks, volumes without an owner, network helpers, monitors.
nothing_at_all() {
	nothing_left 2>/dev/null || return 1
	[ -z "$(ls -A "$XDG_RUNTIME_DIR/rp/starting" 2>/dev/null)" ] || return 1
	[ -z "$(ls "$XDG_RUNTIME_DIR/rp/runtime" 2>/dev/null)" ] || return 1
	[ -z "$(ls -A "$XDG_DATA_HOME/rp/volumes" 2>/dev/null)" ] || return 1
	# a sandboxed helper hides its environment
	! pgrep -u "$(id -u)" -f "^[^ ]*(slirp4netns|pasta)[^ ]* .*$DIR/" >/dev/null || return 1
	no_processes_of "$DIR"
}

# The next command works without a word more than its own; the one after it finds nothing.
next_works() {
	run -0 --separate-stderr rp run --rm --network none busybox echo fine
	[ "$output" = fine ]
	[ -z "$stderr" ]
	[ -z "$(rp ps -aq 2>&1)" ]
	eventually nothing_at_all || {
		echo "after $*: $(nothing_left 2>&1) processes: $(processes_of "$DIR")" \
			"volumes: $(ls "$XDG_DATA_HOME/rp/volumes" 2>&1)"
		find "$XDG_RUNTIME_DIR/rp" "$XDG_DATA_HOME/rp/containers" -maxdepth 3
		return 1
	}
}

# A step that has nothing to do without a network of the container's own is not started then.
network_for() { [ "$1" = net-slirp-launch ] && echo slirp4netns || echo none; }

# Kills PROGRAM at each of the system calls, one run a point, while rp goes on.
kill_everywhere() {
	local program=$1 call n points=0
	shift
	for call in "$@"; do
		for ((n = 1; n <= 12; n++)); do
			tamper "$program" KILL "$call" "$n"
			if timeout 30 "$DIR/bin/rp" run --rm --network "$(network_for "$program")" volumes true </dev/null >"$DIR/out" 2>&1; then
				break
			fi
			points=$((points + 1))
			[ -s "$DIR/out" ] || { echo "$program killed at $call $n: not a word"; return 1; }
			next_works "$program killed at $call $n: $(cat "$DIR/out")"
		done
	done
	[ "$points" -gt 0 ]
	echo "# $program: $points points" >&3
}

@test "ctr-create" { kill_everywhere ctr-create mkdirat symlinkat renameat renameat2 unlinkat; }
@test "rootfs-mount" { kill_everywhere rootfs-mount fsopen fsmount move_mount; }
@test "net-slirp-launch" { kill_everywhere net-slirp-launch mkdirat renameat; }
@test "vol-prepare" { kill_everywhere vol-prepare mkdirat renameat renameat2; }
@test "spec-gen" { kill_everywhere spec-gen read write; }
@test "ctr-monitor, before it is split off" { kill_everywhere ctr-monitor bind renameat; }
@test "ctr-attach" { kill_everywhere ctr-attach recvfrom; }
@test "ctr-runtime, at the container's start" { kill_everywhere ctr-runtime mkdirat clone3 sendto write; }

@test "a program that is killed before it can say a word is named, at once" {
	local program
	for program in img-find ctr-create rootfs-mount net-slirp-launch vol-prepare spec-gen ctr-monitor ctr-attach; do
		mv "$DIR/bin/$program" "$DIR/bin/$program.real"
		printf '#!/bin/sh\nkill -KILL $$\n' >"$DIR/bin/$program"
		chmod +x "$DIR/bin/$program"
		# the monitor waits 30 s for somebody to attach
		run -125 timeout 8 "$DIR/bin/rp" run --rm --network "$(network_for "$program")" volumes true </dev/null
		[ "$output" = "Error: $program was killed by SIGKILL" ]
		mv "$DIR/bin/$program.real" "$DIR/bin/$program"
		next_works "$program killed"
	done
}

# "rp run ARGS" in the background, its PROGRAM stopped when it enters the Nth SYSCALL; then rp is
# killed, and with it all that it started.
kill_rp_at() {
	local program=$1 call=$2 n=$3 pid
	shift 3
	tamper "$program" STOP "$call" "$n"
	"$DIR/bin/rp" run "$@" </dev/null >"$DIR/out" 2>&1 &
	pid=$!
	eventually stopped_program "$program"
	kill -KILL $pid
	wait $pid || [ $? = 137 ]
	mv "$DIR/bin/$program.real" "$DIR/bin/$program"
	eventually no_program "$program"
}

stopped_program() {
	local p
	for p in $(pgrep -u "$(id -u)" -x "$(cut -c -15 <<<"$1")"); do
		grep -qzx "HOME=$DIR" "/proc/$p/environ" && grep -q '^State:.[Tt]' "/proc/$p/status" && return 0
	done
	return 1
}

no_program() { ! stopped_program "$1"; }

@test "rp, while it starts a container: what was made goes with the next command" {
	local at
	for at in "ctr-create renameat2 1" "rootfs-mount fsopen 1" "rootfs-mount move_mount 1" \
		"net-slirp-launch renameat 1" "vol-prepare renameat2 1" "spec-gen write 1" "ctr-monitor bind 1"; do
		# shellcheck disable=SC2086
		kill_rp_at $at --rm --network "$(network_for "${at%% *}")" volumes true
		next_works "rp killed, $at"
	done
}

@test "rp, while it starts a container that is to stay: the record stays, and can be used" {
	kill_rp_at spec-gen write 1 --name stays --network none volumes echo stayed
	[ "$(rp ps -a --format '{{.Names}} {{.State}}')" = "stays created" ]
	[ "$(rp start -a stays)" = stayed ]
	rp rm -v stays
	next_works
}

@test "a name whose claim was broken off can be claimed" {
	kill_rp_at ctr-create renameat2 1 --rm --name mine --network none busybox true
	[ "$(rp run --rm --name mine --network none busybox echo mine)" = mine ]
	next_works
}

@test "rp run in the foreground: the container goes on, ps shows it" {
	local pid
	rp run --rm --name front --network none busybox sh -c 'echo up; sleep 100' >"$DIR/out" &
	pid=$!
	eventually grep -q up "$DIR/out"
	kill -KILL $pid
	wait $pid || [ $? = 137 ]
	[ "$(rp ps --format '{{.Names}} {{.State}}')" = "front running" ]
	rp stop -t 0 front
	next_works
}

@test "ctr-attach of a running container: rp says 137, the container goes on" {
	local pid
	rp run --rm --name front --network none busybox sh -c 'echo up; sleep 100' >"$DIR/out" &
	pid=$!
	eventually grep -q up "$DIR/out"
	kill -KILL "$(pgrep -P $pid -x ctr-attach)"
	wait $pid || status=$?
	[ "$status" = 137 ]
	[ "$(rp ps --format '{{.Names}} {{.State}}')" = "front running" ]
	rp stop -t 0 front
	next_works
}

monitor_of() { jq .pid "$XDG_RUNTIME_DIR/rp/containers/$1/monitor.json"; }

@test "ctr-monitor of a detached container: ps is true, stop, wait, start, rm work" {
	local id
	id=$(rp run -d --name orphan --network none volumes sleep 100)
	kill -KILL "$(monitor_of "$id")"
	[ "$(rp ps --format '{{.Names}} {{.State}}')" = "orphan running" ]
	run -0 rp start orphan # it runs
	[ "$output" = orphan ]
	run ! timeout 10 rp attach orphan
	[[ $output == *monitor*gone* ]]
	rp stop -t 0 orphan
	[ "$(rp ps -a --format '{{.State}}')" = exited ]
	# nobody has seen its status
	[ "$(timeout 10 rp wait orphan)" = -1 ]
	[ -z "$(ls -A "$XDG_RUNTIME_DIR/rp/containers")" ]
	rp start orphan
	[ "$(rp ps --format '{{.State}}')" = running ]
	rp rm -f -v -t 0 orphan
	next_works
}

@test "ctr-monitor, then the container by itself: exited, with an unknown status" {
	local id
	id=$(rp run -d --name alone --network none busybox sh -c 'while [ ! -e /go ]; do sleep 0.05; done; exit 3')
	kill -KILL "$(monitor_of "$id")"
	timeout 10 rp wait alone >"$DIR/waited" &
	pid=$!
	touch "$XDG_DATA_HOME/rp/containers/$id/go" 2>/dev/null
	kill -KILL "$(jq .pid "$XDG_RUNTIME_DIR/rp/containers/$id/process.json")"
	wait $pid
	[ "$(cat "$DIR/waited")" = -1 ]
	[ "$(rp ps -a --format '{{.State}}')" = exited ]
	[ "$(rp ps -a --format '{{.Status}}')" != Created ]
	rp rm alone
	next_works
}

@test "ctr-monitor of a --rm container: stop removes it, so does the next command" {
	local id
	id=$(rp run -d --rm --network none volumes sleep 100)
	kill -KILL "$(monitor_of "$id")"
	rp stop -t 0 "$id"
	eventually nothing_at_all
	id=$(rp run -d --rm --network none volumes sleep 100)
	kill -KILL "$(monitor_of "$id")"
	kill -KILL "$(jq .pid "$XDG_RUNTIME_DIR/rp/containers/$id/process.json")"
	next_works
}

@test "ctr-monitor: rm -f and run --replace take an orphan over" {
	local id
	id=$(rp run -d --name twice --network none volumes sleep 100)
	kill -KILL "$(monitor_of "$id")"
	run -0 --separate-stderr rp run --rm --name twice --replace --network none busybox echo new
	[ "$output" = new ]
	id=$(rp run -d --name twice --network none volumes sleep 100)
	kill -KILL "$(monitor_of "$id")"
	rp rm -f -v -t 0 twice
	next_works
}

@test "ctr-monitor in the foreground: rp ends with 125 and says so" {
	local pid status=0
	rp run --rm --name front --network none busybox sh -c 'echo up; sleep 100' >"$DIR/out" 2>"$DIR/err" &
	pid=$!
	eventually grep -q up "$DIR/out"
	kill -KILL "$(monitor_of "$(rp ps -q --no-trunc)")"
	wait $pid || status=$?
	[ "$status" = 125 ]
	grep -q monitor "$DIR/err"
	[ "$(wc -l <"$DIR/err")" = 1 ]
	rp rm -f -t 0 front
	next_works
}

@test "ctr-monitor, while it starts the container: no process of it stays" {
	# -f: the monitor is a child of the program that strace starts
	local n
	for n in 1 2 3 4 5; do
		tamper ctr-monitor KILL renameat "$n"
		sed -i 's/strace -D/strace -f -D/' "$DIR/bin/ctr-monitor"
		timeout 60 "$DIR/bin/rp" run -d --rm --network none volumes sleep 100 </dev/null >"$DIR/out" 2>&1 || :
		rp rm -f -t 0 --all >/dev/null
		next_works "monitor killed at renameat $n: $(cat "$DIR/out")"
	done
}

@test "ctr-cleanup: the next command finishes its job" {
	local at
	for at in "unlinkat 1" "unlinkat 3" "renameat 1" "renameat 2" "umount2 1" "symlinkat 1" "flock 1"; do
		# shellcheck disable=SC2086
		tamper ctr-cleanup KILL $at
		run timeout 20 "$DIR/bin/rp" run --rm --network none volumes true
		mv "$DIR/bin/ctr-cleanup.real" "$DIR/bin/ctr-cleanup"
		next_works "ctr-cleanup killed at $at: $output"
	done
}

@test "ctr-cleanup of a container that stays: ps tells its status, rm removes it" {
	local at
	for at in "unlinkat 1" "umount2 1"; do
		# shellcheck disable=SC2086
		tamper ctr-cleanup KILL $at
		run -4 timeout 20 "$DIR/bin/rp" run --name stays --network slirp4netns busybox sh -c 'exit 4'
		mv "$DIR/bin/ctr-cleanup.real" "$DIR/bin/ctr-cleanup"
		[[ $(rp ps -a --format '{{.Status}}') == "Exited (4)"* ]]
		rp rm stays
		next_works "ctr-cleanup killed at $at"
	done
}

traced() { ! grep -q '^TracerPid:.0$' "/proc/$1/status"; }
gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

# A container that ends; its monitor is killed when it enters the Nth SYSCALL from there on.
kill_monitor_at() {
	local call=$1 n=$2 id monitor tracer
	shift 2
	id=$(rp run -d --network none "$@" busybox sleep 100)
	monitor=$(monitor_of "$id")
	ns-enter-pause strace -qqq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" -p "$monitor" &
	tracer=$!
	eventually traced "$monitor"
	kill -KILL "$(jq .pid "$XDG_RUNTIME_DIR/rp/containers/$id/process.json")"
	eventually gone "$monitor"
	wait $tracer || :
}

@test "ctr-monitor, while it takes a container down itself: the next command finishes its job" {
	local at
	for at in "renameat 1" "flock 1" "unlinkat 1" "unlinkat 2" "umount2 1" "flock 2" "renameat 2" "unlinkat 5" "unlinkat 8"; do
		# shellcheck disable=SC2086
		kill_monitor_at $at --rm
		run ! nothing_at_all
		next_works "monitor killed at $at"
	done
	for at in "flock 1" "umount2 1" "unlinkat 4"; do
		# shellcheck disable=SC2086
		kill_monitor_at $at --name stays
		[[ $(rp ps -a --format '{{.Status}}') == "Exited (137)"* ]]
		rp rm stays
		next_works "monitor of a container that stays killed at $at"
	done
}

@test "a network helper whose starter was killed ends" {
	local mode at
	for mode in slirp4netns pasta; do
		for at in "renameat 1" "mkdirat 1" "unlinkat 1" "sendto 1" "connect 1"; do
			# shellcheck disable=SC2086
			tamper net-slirp-launch KILL $at
			timeout 20 "$DIR/bin/rp" run --rm --network $mode -p 127.0.0.1::80 busybox true </dev/null >"$DIR/out" 2>&1 || :
			mv "$DIR/bin/net-slirp-launch.real" "$DIR/bin/net-slirp-launch"
			next_works "$mode, net-slirp-launch killed at $at: $(cat "$DIR/out")"
		done
		kill_rp_at net-slirp-launch renameat 2 --rm --network $mode busybox true
		next_works "$mode, rp killed"
	done
}

@test "a network helper ends with the container of a killed monitor" {
	local mode id
	for mode in slirp4netns pasta; do
		id=$(rp run -d --rm --network $mode busybox sleep 100)
		kill -KILL "$(monitor_of "$id")"
		rp stop -t 0 "$id"
		next_works "$mode"
	done
}

@test "rp pull, killed: the download goes on from there, and nothing else is left" {
	local pid
	"$top/contrib/mkimage" "$DIR/image" again FILE:/x=y
	tamper layer-unpack STOP renameat2 1
	"$DIR/bin/rp" pull -q "oci:$DIR/image:again" >/dev/null 2>&1 &
	pid=$!
	eventually stopped_program layer-unpack
	kill -KILL $pid
	wait $pid || [ $? = 137 ]
	mv "$DIR/bin/layer-unpack.real" "$DIR/bin/layer-unpack"
	eventually no_program layer-unpack
	rp pull -q "oci:$DIR/image:again"
	[ "$(rp run --rm --network none again cat /x)" = y ]
	next_works
}
