#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What users meet in a day's work, from public reports about engines of this kind.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { file_setup; }
teardown_file() { file_teardown; }
teardown() {
	rp rm -f -t 0 --all >/dev/null
	eventually nothing_left 2>/dev/null || nothing_left
}

alone() { rp run --rm --network none "$@"; }

@test "logs -f ends with the container, also where its monitor was killed" {
	rp run -d --name a --network none busybox sh -c 'sleep 0.5; echo DONE' >/dev/null
	run -0 timeout 10 rp logs -f a
	[ "$output" = DONE ]
	run -0 timeout 10 rp logs -f a
	rp run -d --name b --network none busybox sh -c 'sleep 2; echo DONE' >/dev/null
	kill -KILL "$(jq .pid "$XDG_RUNTIME_DIR"/rp/containers/"$(rp ps -q --no-trunc)"/monitor.json)"
	run -0 timeout 10 rp logs -f b
}

@test "logs -f says nothing when its reader goes away, and ends by a signal as one" {
	rp run -d --name a --network none busybox sh -c 'while :; do echo x; sleep 0.02; done' >/dev/null
	run -0 timeout 10 bash -o pipefail -c 'rp logs -f a 2>&1 | head -1'
	[ "$output" = x ]
	run timeout -s TERM 1 rp logs -f a
	[[ $output != *rp:* ]] || { echo "$output" | grep rp:; false; }
}

@test "logs of both streams read as one are in the order in which they were written" {
	rp run --name a --network none busybox sh -c \
		'for i in 1 2 3 4; do echo o$i; sleep 0.05; echo e$i >&2; sleep 0.05; done' >/dev/null 2>&1
	[ "$(rp logs a 2>&1 | tr '\n' ' ')" = "o1 e1 o2 e2 o3 e3 o4 e4 " ]
	[ "$(rp logs a 2>/dev/null | tr '\n' ' ')" = "o1 o2 o3 o4 " ]
}

@test "logs --tail counts lines, however long, and across a rotation" {
	rp run --name a --network none busybox sh -c \
		'echo first; head -c 300000 /dev/zero | tr "\0" x; echo; head -c 70000 /dev/zero | tr "\0" y; echo; printf end' >/dev/null
	[ "$(rp logs --tail 1 a)" = end ]
	[ "$(rp logs --tail 2 a | wc -c)" = 70004 ]
	[ "$(rp logs --tail 3 a | wc -c)" = 370005 ]
	[ "$(rp logs --tail 4 a | head -1)" = first ]
	[ "$(rp logs --tail 9 a | head -1)" = first ]
	[ "$(rp logs --tail 0 a | wc -c)" = 0 ]
	rp run --name b --network none --log-opt max-size=4k busybox seq 1 200 >/dev/null
	[ "$(rp logs --tail 60 b | head -1)" = 141 ]
}

@test "the caller's proxies are passed on, weaker than what the image and the user say" {
	proxies() { env http_proxy=http://p:1 NO_PROXY=n rp run --rm --network none "$@" busybox \
		sh -c 'echo "$http_proxy $NO_PROXY"'; }
	[ "$(proxies)" = "http://p:1 n" ]
	[ "$(proxies -e http_proxy=mine)" = "mine n" ]
	[ "$(proxies --http-proxy=false)" = " " ]
	rp create --name a --network none busybox true
	rp rm a
}

@test "the host name is the host's where the network is, the id's beginning elsewhere" {
	[ "$(rp run --rm --network host busybox hostname)" = "$(hostname)" ]
	[ "$(rp run --rm --network host --hostname own busybox hostname)" = own ]
	[[ $(alone busybox hostname) =~ ^[0-9a-f]{12}$ ]]
}

@test "the same mount twice is one, two different ones name both" {
	mkdir "$DIR/x" "$DIR/y"
	alone -v "$DIR/x:/d" -v "$DIR/x:/d" -v "$DIR/x:/d/" busybox ls /d
	run -125 alone -v "$DIR/x:/d" -v "$DIR/y:/d" busybox true
	[[ $output == *"$DIR/x"*"$DIR/y"* ]]
}

@test "a new volume belongs to the image's owner of the place, else to the container's user" {
	[ "$(alone -u 1000:1001 -v one:/new/place busybox stat -c %u:%g:%a /new/place)" = 1000:1001:755 ]
	[ "$(alone -u 1000 -v two:/new/place:nocopy busybox stat -c %u /new/place)" = 1000 ]
	[ "$(alone -u 1000 -v /anonymous busybox sh -c 'touch /anonymous/x; stat -c %u /anonymous')" = 1000 ]
	[ "$(alone -u 1000 -v three:/tmp busybox stat -c %u:%a /tmp)" = "$(alone busybox stat -c %u:%a /tmp)" ]
	# one that is there stays as it is
	[ "$(alone -u 7 -v one:/new/place busybox stat -c %u:%g /new/place)" = 1000:1001 ]
}

@test "ps: a state that does not exist is refused, Podman's states are known" {
	run -125 rp ps -a --filter status=bogus
	[[ $output == *bogus* ]]
	for state in created configured running paused exited stopped stopping removing unknown initialized; do
		rp ps -a --filter status=$state
	done
}

@test "a session without XDG_RUNTIME_DIR finds what one with it has started" {
	rp run -d --name a --network none busybox sleep 100 >/dev/null
	[ "$(env -u XDG_RUNTIME_DIR rp ps --format '{{.Names}}')" = a ]
	env -u XDG_RUNTIME_DIR rp stop -t 0 a
	[ "$(rp inspect a --format '{{.State.Status}}')" = exited ]
	# what one that was killed had begun is in nobody's way, and does not stay
	rm "$XDG_DATA_HOME/rp/run"
	ln -s nowhere "$XDG_DATA_HOME/rp/.run.next"
	rp ps -q
	[ "$(readlink "$XDG_DATA_HOME/rp/run")" = "$XDG_RUNTIME_DIR/rp" ]
	[ ! -L "$XDG_DATA_HOME/rp/.run.next" ]
}

@test "--mount type=tmpfs,notmpcopyup is empty" {
	[ -z "$(alone --mount type=tmpfs,target=/etc,notmpcopyup busybox sh -c 'ls -A /etc | grep -vE "^(hosts|hostname|resolv.conf|mtab)$"')" ]
	[ -n "$(alone --mount type=tmpfs,target=/etc busybox ls -A /etc)" ]
}

@test "variables and labels from files, from the caller, and left out" {
	printf '# comment\n\nA=1\n  B=2\n' >"$DIR/env"
	[ "$(alone --env-file "$DIR/env" busybox sh -c 'echo $A$B')" = 12 ]
	[ "$(alone --env-file <(echo A=3) busybox sh -c 'echo $A')" = 3 ]
	[ "$(echo A=4 | alone --env-file /dev/stdin busybox sh -c 'echo $A')" = 4 ]
	printf 'one=1\n#two=2\nthree\n' >"$DIR/labels"
	rp create --name a --network none --label-file "$DIR/labels" busybox true
	[ "$(rp inspect a --format '{{json .Config.Labels}}')" = '{"one":"1","three":""}' ]
	[ "$(OWN=x alone --env-host busybox sh -c 'echo $OWN')" = x ]
	[ -z "$(OWN=x alone busybox sh -c 'echo $OWN')" ]
	[ "$(alone --unsetenv container -e A=1 busybox env | grep -cE '^(container|A)=')" = 1 ]
	[ "$(alone --unsetenv-all -e A=1 busybox env | sort | tr '\n' ' ')" = "A=1 HOME=/root " ] ||
		[ "$(alone --unsetenv-all -e A=1 busybox env | sort | tr '\n' ' ')" = "A=1 " ]
	[ "$(alone --oom-score-adj 700 busybox cat /proc/self/oom_score_adj)" = 700 ]
}

@test "a container that a stop waits for is stopping" {
	rp run -d --name slow --network none busybox sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	rp stop -t 3 slow >/dev/null &
	eventually eval '[ "$(rp inspect slow --format "{{.State.Status}} {{.State.Running}}")" = "stopping true" ]'
	[ "$(rp ps --format '{{.State}}')" = stopping ]
	# it runs still: a start has nothing to do, and does not try
	run -0 rp start slow
	[ "$output" = slow ]
	[ "$(rp inspect slow --format '{{.State.Running}}')" = true ]
	wait $!
	[ "$(rp inspect slow --format '{{.State.Status}}')" = exited ]
	rp rm slow
}
