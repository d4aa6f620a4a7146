#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Attacks by an image, by a running container, or by what lies around on the host.

bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
}

teardown_file() { file_teardown; }

teardown() {
	rp rm -f -t 0 --all >/dev/null
	nothing_left
}

@test "removing a container does not reach into a bind mount, of the same file system either" {
	id=$(rp create --name a busybox true)
	mkdir "$DIR/canary"
	echo precious >"$DIR/canary/file"
	upper=$XDG_DATA_HOME/rp/containers/$id/upper
	run ns-enter-pause --private sh -c "mkdir '$upper/x' && mount --bind '$DIR/canary' '$upper/x' &&
		ctr-cleanup --remove a"
	[ "$status" -ne 0 ]
	[[ $output == *"mount point"* ]]
	[ "$(cat "$DIR/canary/file")" = precious ]
	rp run --rm --network none busybox true # sweeps, outside of that mount namespace
}

@test "a symbolic link in /tmp is not taken for the run directory" {
	link=/tmp/rp-run-$(id -u)
	if [ -e "$link" ] || [ -d "/run/user/$(id -u)" ]; then
		skip "this user has a run directory there"
	fi
	mkdir -m 755 "$DIR/victim"
	ln -s "$DIR/victim" "$link"
	run env -u XDG_RUNTIME_DIR ctr-list
	rm "$link"
	[ "$status" -ne 0 ]
	[ "$(stat -c %a "$DIR/victim")" = 755 ]
	[ -z "$(ls -A "$DIR/victim")" ]
}

@test "a fifo in the place of the log does not hold the monitor" {
	mkdir "$DIR/logs"
	mkfifo "$DIR/logs/log"
	run timeout 10 rp run --rm --network none --log-opt "path=$DIR/logs/log" busybox true
	[ "$status" -eq 126 ]
}

@test "a log with a long name is the one that logs reads" {
	mkdir -p "$DIR/logs"
	name=$(printf 'x%.0s' {1..100})
	rp run --name a --network none --log-opt "path=$DIR/logs/$name" busybox echo words
	[ "$(rp logs a)" = words ]
}

@test "many empty lines do not grow the monitor" {
	rp run -d --name a --network none busybox sh -c 'yes "" | head -c 5000000; sleep 60'
	m=$(jq .pid "$XDG_RUNTIME_DIR"/rp/containers/*/monitor.json)
	lines() { [ "$(rp logs a | wc -l)" -eq 5000000 ]; }
	eventually lines
	rss=$(awk '/VmHWM/ { print $2 }' "/proc/$m/status")
	echo "monitor: $rss kB"
	[ "$rss" -lt 4096 ] || [ -n "$ASAN_OPTIONS" ]
}

@test "an image cannot forge rows of a table or steer the terminal" {
	"$top/contrib/mkimage" "$DIR/evil" evil 'Cmd=["sh","\u001b]0;title\u0007\u009b2J\nforged"]'
	rp pull -q "oci:$DIR/evil:evil"
	rp create --name a evil
	run rp ps -a --no-trunc
	[ "${#lines[@]}" -eq 2 ]
	LC_ALL=C run grep -c $'[\x01-\x09\x0b-\x1f\x7f]\|\xc2\x9b' <<<"$output"
	[ "$output" = 0 ]
}

@test "the trace is not written through a link, nor into a stranger's folder" {
	mkdir -p "$DIR/trace/01-img-find" "$DIR/aim"
	ln -s "$DIR/aim/file" "$DIR/trace/01-img-find/stdout.json"
	run rp "--trace=$DIR/trace" run --rm --network none -e SECRET=1 busybox true
	[ "$status" -ne 0 ]
	[ ! -e "$DIR/aim/file" ]
	rm -r "$DIR/trace/01-img-find"
	ln -s / "$DIR/trace/01-img-find"
	run rp "--trace=$DIR/trace" run --rm --network none busybox true
	[ "$status" -ne 0 ]
}

@test "signals reach a container that does not read its input" {
	yes | timeout -s INT -k 5 2 rp run -i --rm --name a --network none busybox \
		sh -c 'trap "echo caught; exit" INT; while :; do sleep 0.2; done' >"$DIR/out" || true
	[ "$(cat "$DIR/out")" = caught ]
	yes | timeout -s INT -k 5 2 rp run -i --rm --name a --network none busybox \
		sh -c 'exec <&-; trap "echo caught; exit" INT; while :; do sleep 0.2; done' >"$DIR/out" || true
	[ "$(cat "$DIR/out")" = caught ]
}

@test "descriptors and variables of the caller do not reach container or network helper" {
	exec 7<"$DIR/image/index.json"
	SECRET=1 rp run -d --name a busybox sh -c 'env; ls /proc/self/fd; sleep 60'
	helper=$(jq .helper.pid "$XDG_RUNTIME_DIR"/rp/containers/*/network.json)
	exec 7<&-
	[ -d "/proc/$helper" ]
	run ls -l "/proc/$helper/fd"
	[[ $output != *index.json* ]]
	said() { rp logs a | grep -qx 3; } # ls's own descriptor comes last
	eventually said
	[ "$(rp logs a | grep -cx '[0-9]*')" -eq 4 ]
	[[ $(rp logs a) != *SECRET* ]]
}
