#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The user's namespaces and the process that holds them: ns-enter-pause, ns-pause.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	# programs of its own, by whose path its pause processes are told from those of other tests
	mkdir "$DIR/bin"
	cp "$B"/bin/* "$DIR/bin/"
	export B=$DIR PATH=$DIR/bin:$PATH
}
teardown_file() { file_teardown; }
setup() {
	record=$XDG_RUNTIME_DIR/rp/pause.json
	ns-enter-pause --start
	pause=$(jq .pid "$record")
}
teardown() {
	rp rm -f -t 0 --all >/dev/null
	ns-enter-pause --stop
	eventually no_pause
}

# All pause processes that are in the run directory's own user namespace or any other one of ours.
# Their environment is empty, so the children of this test's shell are known by their executable.
pauses() { pgrep -u "$(id -u)" -x rp-pause -a | grep -F "$DIR/bin/ns-pause" | cut -d' ' -f1; }
one_pause() { [ "$(pauses | wc -l)" = 1 ]; }
no_pause() { [ -z "$(pauses)" ]; }
userns() { ns-enter-pause readlink /proc/self/ns/user; }

@test "the map is 0 UID 1, then 1 START COUNT of the subordinate ids" {
	start=$(awk -F: -v u="$(id -un)" '$1 == u { print $2; exit }' /etc/subuid)
	count=$(awk -F: -v u="$(id -un)" '$1 == u { print $3; exit }' /etc/subuid)
	run -0 ns-enter-pause sh -c 'id -u; cat /proc/self/uid_map; cat /proc/self/setgroups'
	[ "${lines[0]}" = 0 ]
	[ "$(tr -s ' ' <<<"${lines[1]}")" = " 0 $(id -u) 1" ]
	[ "$(tr -s ' ' <<<"${lines[2]}")" = " 1 $start $count" ]
	[ "${lines[3]}" = allow ]
}

@test "working directory, arguments, descriptors and status are passed on" {
	cd "$DIR/d"
	[ "$(ns-enter-pause pwd)" = "$DIR/d" ]
	[ "$(ns-enter-pause -- printf '%s|' 'a b' '' '$x')" = 'a b||$x|' ]
	run -42 ns-enter-pause sh -c 'exit 42'
	run -127 ns-enter-pause no-such-program
	[ "${#lines[@]}" = 1 ]
	run -126 ns-enter-pause /etc/passwd
	run -2 ns-enter-pause --no-such-option
	[ "$(SHELL=/bin/pwd ns-enter-pause)" = "$DIR/d" ]
}

@test "eight starts at once make one pause process" {
	ns-enter-pause --stop
	for _ in 1 2 3 4 5; do
		for _ in 1 2 3 4 5 6 7 8; do
			userns &
		done | sort -u >"$DIR/all"
		wait
		[ "$(wc -l <"$DIR/all")" = 1 ]
		[ "$(pauses | wc -l)" = 1 ]
		ns-enter-pause --stop
		eventually no_pause
	done
}

@test "a killed pause process is replaced without a word" {
	kill -KILL "$pause"
	run -0 --separate-stderr userns
	[ -z "$stderr" ]
	[ "$(jq .pid "$record")" != "$pause" ]
}

@test "killed while containers run: the same namespace again, by way of a monitor" {
	old=$(userns)
	rp run -d --name going --network none busybox sleep 100
	kill -KILL "$pause"
	run -0 --separate-stderr userns
	[ "$output" = "$old" ]
	[ -z "$stderr" ]
	[ "$(rp ps --format '{{.Names}}')" = going ]
	# the killed one may take its time to go
	eventually one_pause
	rp stop -t 0 going
	rp start going
	rp stop -t 0 going
	rp rm going
}

@test "killed just before the first of its starts is recorded: no pause process stays" {
	ns-enter-pause --stop
	eventually no_pause
	for at in "renameat 1" "write 1" "write 2" "write 3" "vfork 1" "setresuid 1" "mount 1"; do
		strace -qqq -o /dev/null -e "trace=${at% *}" -e "inject=${at% *}:signal=KILL:when=${at#* }" \
			ns-enter-pause --start || :
		run -0 --separate-stderr userns
		[ -z "$stderr" ]
		# the one that lost its starter ends by itself, as soon as it has noticed
		eventually one_pause
		ns-enter-pause --stop
		eventually no_pause
	done
}

@test "a record that leads to another process, boot or nowhere is replaced without a word" {
	local bad boot start
	boot=$(cat /proc/sys/kernel/random/boot_id)
	start=$(jq .startTime "$record")
	sleep 100 &
	other=$!
	for bad in \
		"{\"schema\":\"rp.pause/1\",\"pid\":$other,\"startTime\":$start,\"bootId\":\"$boot\"}" \
		"{\"schema\":\"rp.pause/1\",\"pid\":1,\"startTime\":$start,\"bootId\":\"$boot\"}" \
		"{\"schema\":\"rp.pause/1\",\"pid\":$pause,\"startTime\":$((start - 1)),\"bootId\":\"$boot\"}" \
		"{\"schema\":\"rp.pause/1\",\"pid\":$pause,\"startTime\":$start,\"bootId\":\"00000000-0000-0000-0000-000000000000\"}" \
		"{\"schema\":\"rp.pause/1\",\"pid\":99999999,\"startTime\":$start,\"bootId\":\"$boot\"}" \
		"{\"schema\":\"rp.pause/1\",\"pid\":$pause,\"sta" '{}' '[]' '' 'null' '{"pid":"1"}' '{"pid":-1}' \
		"{\"pid\":$pause,\"startTime\":$start}"; do
		kill -KILL "$(jq .pid "$record")"
		eventually no_pause
		printf '%s' "$bad" >"$record"
		run -0 --separate-stderr userns
		[ -z "$stderr" ]
		[ "$(jq .pid "$record")" = "$(pauses)" ]
	done
	kill -0 "$other"
	kill "$other"
}

@test "--stop ends it; twice is fine; the next command makes another" {
	ns-enter-pause --stop
	eventually no_pause
	[ ! -e "$record" ]
	ns-enter-pause --stop
	userns
	[ "$(pauses | wc -l)" = 1 ]
}

@test "it ignores what a terminal sends, holds no descriptor and little memory" {
	for sig in HUP INT QUIT TSTP TTIN TTOU PIPE USR1 USR2; do
		kill -$sig "$pause"
	done
	grep -q '^State:.S' "/proc/$pause/status"
	[ -z "$(ls "/proc/$pause/fd")" ]
	[ "$(readlink "/proc/$pause/cwd")" = / ]
	[ -z "$(tr '\0' '\n' <"/proc/$pause/environ")" ]
	private=$(awk '/^Private/ { kb += $2 } END { print kb }' "/proc/$pause/smaps_rollup")
	[ "$private" -lt 200 ]
	# a session of its own: no terminal can reach it
	[ "$(ps -o sid= -p "$pause" | tr -d ' ')" = "$pause" ]
	kill -TERM "$pause"
	eventually test ! -d "/proc/$pause"
}

@test "--private: mounts end with the command" {
	ns-enter-pause --private sh -c 'mount -t tmpfs private /mnt && grep -q "private" /proc/self/mountinfo'
	run ! ns-enter-pause grep -q ' - tmpfs private ' /proc/self/mountinfo
}

@test "inside the namespace the same one is entered again, and rp works" {
	[ "$(ns-enter-pause ns-enter-pause readlink /proc/self/ns/user)" = "$(userns)" ]
	[ "$(rp unshare rp run --rm --network none busybox echo inside)" = inside ]
	run -0 --separate-stderr ns-enter-pause ns-enter-pause --start
	[ "$(pauses | wc -l)" = 1 ]
}

@test "without newuidmap: one line with the package's name" {
	ns-enter-pause --stop
	mkdir -p "$DIR/path"
	run ! --separate-stderr env PATH="$DIR/path" "$B/bin/ns-enter-pause" true
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *newuidmap*package\ uidmap* ]]
	eventually no_pause
	# the same by way of rp, which adds nothing but its own line
	run -125 --separate-stderr env PATH="$DIR/path" "$B/bin/rp" run --rm busybox true
	[[ ${stderr_lines[0]} == *newuidmap*package\ uidmap* ]]
	[ ! -e "$record" ]
}

@test "newuidmap that refuses or dies is an error, not a half-mapped namespace" {
	ns-enter-pause --stop
	mkdir -p "$DIR/refuse"
	for body in 'echo "newuidmap: uid range not allowed" >&2; exit 1' 'exit 1' 'kill -KILL $$'; do
		printf '#!/bin/sh\n%s\n' "$body" >"$DIR/refuse/newuidmap"
		chmod +x "$DIR/refuse/newuidmap"
		PATH=$DIR/refuse:$PATH run ! --separate-stderr ns-enter-pause true
		[[ $stderr == *newuidmap* ]]
		[ "${#stderr_lines[@]}" = 1 ]
		eventually no_pause
	done
}

# Runs a command as this user on a machine whose /etc/subuid and /etc/subgid have TEXT: in a user
# namespace, where both can be covered, and another one that gives the user's own id back.
with_subids() {
	local text=$1
	shift
	printf '%s' "$text" >"$DIR/subids"
	unshare -rm sh -c 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift &&
		exec unshare -U --map-user="$1" --map-group="$2" sh -c "shift 2; exec \"\$@\"" sh "$@"' \
		sh "$DIR/subids" "$(id -u)" "$(id -g)" "$@"
}

@test "no subordinate ids: one warning with the line to add, and containers of root's files run" {
	ns-enter-pause --stop
	python3 "$top/tests/lib/mkimg.py" "$DIR/rootsown" rootsown
	mkdir -p "$DIR/single/r" "$DIR/single/d"
	export XDG_RUNTIME_DIR=$DIR/single/r XDG_DATA_HOME=$DIR/single/d
	with_subids 'somebody:1:2
	' sh -euc '
		id -u >"$DIR/single/id"
		ns-enter-pause cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups >"$DIR/single/maps" 2>"$DIR/single/err"
		rp pull -q "oci:$DIR/rootsown:rootsown" 2>"$DIR/single/pull" || :
		rp run --rm --network none rootsown sh -c "echo works; id -u" >"$DIR/single/run" 2>"$DIR/single/runerr" || :
		rp run --rm --network none -t rootsown sh -c "test -t 0 && echo tty" >"$DIR/single/tty" 2>&1 || :
		rp run --rm --network slirp4netns rootsown echo net >"$DIR/single/net" 2>&1 || :
		rp ps -aq >"$DIR/single/ps"
		ns-enter-pause --stop
	'
	[ "$(cat "$DIR/single/id")" = "$(id -u)" ]
	[ "$(awk '{ print $1, $2, $3 }' "$DIR/single/maps" | head -2 | sort -u)" = "0 $(id -u) 1" ]
	tail -1 "$DIR/single/maps" | grep -q deny
	[ "$(wc -l <"$DIR/single/err")" = 1 ]
	grep -q "no subordinate ids.*$(id -un):100000:65536.*/etc/subuid" "$DIR/single/err"
	# once: not with the commands that follow
	cat "$DIR/single/pull" "$DIR/single/runerr"
	run ! grep -q "no subordinate ids" "$DIR/single/pull" "$DIR/single/runerr"
	[ "$(cat "$DIR/single/run")" = $'works\n0' ]
	[ "$(cat "$DIR/single/tty")" = $'tty\r' ]
	[ "$(cat "$DIR/single/net")" = net ]
	[ -z "$(cat "$DIR/single/ps")" ]
}

@test "malformed and overlapping subordinate ids are named with their line" {
	local me bad
	me=$(id -un)
	ns-enter-pause --stop
	mkdir -p "$DIR/single/r" "$DIR/single/d"
	export XDG_RUNTIME_DIR=$DIR/single/r XDG_DATA_HOME=$DIR/single/d
	for bad in "$me:x:65536" "$me:100000" "$me:4294967295:10" "$me:100000:0" "$me:-1:10" "$me:100000:65536:1"; do
		run ! --separate-stderr with_subids $'# comment\n\n'"$bad"$'\n' ns-enter-pause true
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == *"/etc/subuid line 3:"*"\"$bad\""* ]]
	done
	run ! --separate-stderr with_subids "$me:100000:65536"$'\n'"$me:165535:10"$'\n' ns-enter-pause true
	[[ $stderr == *"/etc/subuid line 2:"*overlap* ]]
}

@test "XDG_RUNTIME_DIR of somebody else is not used" {
	XDG_RUNTIME_DIR=/proc run -0 ns-enter-pause sh -c 'echo ok'
	[ "$output" = ok ]
	XDG_RUNTIME_DIR=/proc ns-enter-pause --stop
}
