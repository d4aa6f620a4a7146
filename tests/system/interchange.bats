#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime under engines that were written for others: Podman with conmon, Buildah. And the other
# way round: ctr-monitor with crun and runc. RUNTIME=/usr/sbin/runc runs the file with another one.
bats_require_minimum_version 1.5.0

load lib

setup_file() {
	file_setup
	export RUNTIME=${RUNTIME:-$B/bin/ctr-runtime}
	printf '[engine]\nruntime_supports_nocgroup = ["%s"]\n' "${RUNTIME##*/}" >"$DIR/containers.conf"
	export CONTAINERS_CONF=$DIR/containers.conf
	cd "$DIR" || return
	engine pull -q oci:image:busybox >/dev/null
	engine tag localhost/image busybox
}

# Ends the processes that keep Podman's user namespace, one for each of its --tmpdir.
end_pause() {
	local file
	find "$DIR" -name pause.pid | while read -r file; do kill "$(cat "$file")" || true; done
}

teardown_file() {
	end_pause
	podman unshare rm -rf "$DIR/p"
	end_pause
	file_teardown
}

teardown() {
	[ -z "${SERVER:-}" ] || kill "$SERVER"
	engine rm -a -f -t 0 >/dev/null
	engine pod rm -a -f -t 0 >/dev/null
	# the record of no container is left
	[ -z "$(ctr-runtime list -q)" ]
}

# Podman with a storage of its own. Descriptor 3 is bats' own, which conmon would keep.
engine() {
	podman --root "$DIR/p/root" --runroot "$DIR/p/run" --tmpdir "$DIR/p/tmp" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend file --log-level error \
		--runtime "$RUNTIME" "$@" 3>&-
}

# A container without a network, the usual case here.
alone() { engine run --rm --network none "$@"; }
sleeper() { engine run -d --network none --name "$1" "${@:2}" busybox sleep 1000 >/dev/null; }
status_of() { engine inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$1"; }

# Runs a command of the engine on a terminal of 33 by 77; the engine sets that after the start.
SIZE='until busybox stty size 2>/dev/null | grep 77; do sleep 0.05; done'
on_terminal() {
	declare -fx engine
	SHELL=/bin/bash timeout 60 script -qec "stty rows 33 cols 77; engine $*" /dev/null </dev/null 3>&-
}

@test "podman run: output, both streams, input, status, environment, directory" {
	run -7 --separate-stderr alone -e A='b c' -w /tmp busybox sh -c 'echo "$A"; pwd; echo no >&2; exit 7'
	[ "$output" = $'b c\n/tmp' ]
	[ "$stderr" = no ]
	[ "$(echo text | alone -i busybox cat)" = text ]
	[ "$(alone -u 7:8 --group-add 9 busybox sh -c 'id -u; id -G')" = $'7\n8 9' ]
}

@test "podman run, exec: 127 for a command that is not there, 126 for one that cannot be executed" {
	run -127 alone busybox nosuch
	run -127 alone busybox /nosuch
	run -126 alone busybox /etc/passwd
	run -126 alone busybox /etc
	sleeper a
	run -127 engine exec a nosuch
	run -126 engine exec a /etc/passwd
	run -127 engine exec -w /nosuch a true
}

@test "podman run -d, exec: status, user, directory, environment; ps and inspect see it" {
	sleeper a -e BOTH=run
	[ "$(status_of a)" = "running 0" ]
	[[ $(engine ps --format '{{.Names}} {{.Status}}') == "a Up"* ]]
	run -3 engine exec a sh -c 'exit 3'
	run -137 engine exec a sh -c 'kill -9 $$'
	[ "$(engine exec -u 7:8 -w /tmp -e B=exec a sh -c 'id -u; id -g; pwd; echo $BOTH $B')" = \
		$'7\n8\n/tmp\nrun exec' ]
	[ "$(echo in | engine exec -i a cat)" = in ]
	engine exec -d a touch /tmp/made >/dev/null
	eventually engine exec a test -e /tmp/made
	[[ $(engine top a pid comm) == *sleep* ]]
	[ "$(engine exec a sh -c 'grep CapEff /proc/1/status')" = "$(engine exec a sh -c 'grep CapEff /proc/self/status')" ]
	run -125 engine exec nosuch true
}

@test "podman run -it, exec -it: a terminal of the caller's size" {
	out=$(on_terminal run --rm -it --network none busybox sh -c "'tty; $SIZE; exit 4'") || [ $? = 4 ]
	[[ $out == */dev/pts/0*"33 77"* ]]
	sleeper a
	out=$(on_terminal exec -it a sh -c "'tty; $SIZE; exit 5'") || [ $? = 5 ]
	[[ $out == */dev/pts/0*"33 77"* ]]
	# with it and without, a command has the terminal as its own
	out=$(on_terminal exec -it a sh -c "'ps -o pid,tty,args; sleep 0 >/dev/tty && echo own'")
	[[ $out == *own* ]]
}

@test "podman stop: SIGTERM heeded, and not; kill; start again" {
	engine run -d --network none --name heeds busybox \
		sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done' >/dev/null
	eventually sh -c "$(declare -f engine); engine logs heeds | grep -q ready"
	engine stop -t 10 heeds
	[ "$(status_of heeds)" = "exited 5" ]
	sleeper deaf
	engine stop -t 1 deaf
	[ "$(status_of deaf)" = "exited 137" ]
	engine start deaf
	[ "$(status_of deaf)" = "running 0" ]
	engine kill deaf
	[ "$(engine wait deaf)" = 137 ]
	engine start heeds
	# only what came after the second start counts
	eventually sh -c "$(declare -f engine); [ \$(engine logs heeds | grep -c ready) = 2 ]"
	engine kill -s TERM heeds
	[ "$(engine wait heeds)" = 5 ]
	engine restart -t 0 deaf
	[ "$(status_of deaf)" = "running 0" ]
}

@test "podman create, init, start -a, attach" {
	engine create --name c --network none busybox sh -c 'echo out; exit 6' >/dev/null
	[ "$(status_of c)" = "created 0" ]
	engine init c
	[ "$(status_of c)" = "initialized 0" ]
	[ "$(ctr-runtime state "$(engine inspect -f '{{.Id}}' c)" | jq -r .status)" = created ]
	run -6 engine start -a c
	[ "$output" = out ]
	[ "$(status_of c)" = "exited 6" ]
	engine rm c
	[ -z "$(engine ps -aq)" ]
}

@test "podman pods: network, IPC and hostname are shared, and end with it" {
	engine pod create --name p --network none --hostname podhost >/dev/null
	engine run -d --pod p --name one busybox sh -c 'httpd -p 127.0.0.1:80 -h /etc; touch /dev/shm/seen; sleep 1000' >/dev/null
	eventually engine exec one test -e /dev/shm/seen
	out=$(engine run --rm --pod p busybox sh -c 'ls /dev/shm; hostname; wget -qO- http://127.0.0.1/group | head -1; ls /proc | grep -c "^[0-9]*$"')
	[[ $out == $'seen\npodhost\nroot:x:0:\n'* ]]
	[ "$(engine pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}')" = "p Running 2" ]
	infra=$(engine pod inspect p | jq -r .InfraContainerID)
	pid=$(engine inspect -f '{{.State.Pid}}' "$infra")
	engine pod stop -t 0 p >/dev/null
	[ "$(engine pod ps --format '{{.Status}}')" = Exited ]
	[ ! -e "/proc/$pid" ]
	engine pod start p >/dev/null
	[ "$(status_of one)" = "running 0" ]
	engine pod rm -f -t 0 p >/dev/null
	[ -z "$(engine ps -aq)" ]
}

@test "podman run: namespaces of another container" {
	sleeper a --ipc shareable
	for ns in net ipc pid; do
		flag=--$ns
		[ $ns != net ] || flag=--network
		[ "$(engine run --rm "$flag" container:a busybox readlink /proc/self/ns/$ns)" = \
			"$(engine exec a readlink /proc/self/ns/$ns)" ]
	done
	[ "$(engine run --rm --network host --uts host busybox hostname)" = "$(uname -n)" ]
	[[ $(alone --pid host busybox sh -c 'cat /proc/1/comm') == "$(cat /proc/1/comm)" ]]
}

@test "podman run --privileged, --read-only" {
	out=$(alone --privileged busybox sh -c 'grep CapEff /proc/self/status; mount -t tmpfs none /tmp && echo mounted; ls /dev/fuse; grep -q " /proc/sys " /proc/mounts || echo open')
	[[ $out == *"000001ffffffffff"*mounted*/dev/fuse*open ]]
	out=$(alone busybox sh -c 'mount -t tmpfs none /tmp || echo refused' 2>/dev/null)
	[ "$out" = refused ]
	out=$(alone --read-only busybox sh -c 'touch /x || echo refused; touch /tmp/x && echo tmp' 2>/dev/null)
	[ "$out" = $'refused\ntmp' ]
	run -1 alone --read-only --read-only-tmpfs=false busybox touch /tmp/x
}

@test "podman run -v, --mount, --tmpfs, --device" {
	mkdir -p "$DIR/bound"
	echo text >"$DIR/bound/file"
	[ "$(alone -v "$DIR/bound:/b:ro" busybox sh -c 'cat /b/file; touch /b/no || echo refused' 2>/dev/null)" = $'text\nrefused' ]
	alone -v "$DIR/bound:/b" busybox touch /b/made
	[ -e "$DIR/bound/made" ]
	alone -v named:/v busybox touch /v/kept
	alone -v named:/v busybox test -e /v/kept
	engine volume rm named >/dev/null
	out=$(alone --mount "type=bind,src=$DIR/bound,dst=/m,ro" --tmpfs /t:size=1m,mode=700 --shm-size 2m busybox \
		sh -c 'grep -E " (/m|/t|/dev/shm) " /proc/mounts; stat -c %a /t')
	[[ $out == *" /m "*ro* && $out == *" /t tmpfs "*size=1024k* && $out == *" /dev/shm "*size=2048k* && $out == *700 ]]
	[ "$(alone --device /dev/fuse:/dev/other busybox stat -c %t:%T /dev/other)" = a:e5 ]
}

@test "podman run --userns: keep-id, uidmap, auto" {
	mkdir -p "$DIR/bound"
	[ "$(alone --userns keep-id busybox sh -c 'id -u; id -g')" = "$(id -u; id -g)" ]
	alone --userns keep-id -v "$DIR/bound:/b" busybox touch /b/mine
	[ "$(stat -c %u "$DIR/bound/mine")" = "$(id -u)" ]
	[[ $(alone --uidmap 0:1:1000 --gidmap 0:1:1000 busybox cat /proc/self/uid_map) =~ ^\ *0\ +1\ +1000$ ]]
	[[ $(alone --userns auto busybox cat /proc/self/uid_map) =~ ^\ *0\ +1\ +1024$ ]]
}

@test "podman run: capabilities, seccomp, limits, sysctl, hostname" {
	[ "$(alone --cap-drop all --cap-add net_raw busybox sh -c 'grep -E "Cap(Prm|Eff|Bnd)" /proc/self/status' | cut -f2 | uniq)" = 0000000000002000 ]
	[ "$(alone busybox sh -c 'grep ^Seccomp: /proc/self/status' | cut -f2)" = 2 ]
	[ "$(alone --security-opt seccomp=unconfined busybox sh -c 'grep ^Seccomp: /proc/self/status' | cut -f2)" = 0 ]
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":17}]}' >"$DIR/seccomp.json"
	run -1 alone --security-opt "seccomp=$DIR/seccomp.json" busybox mkdir /d
	[[ $output == *"File exists"* ]]
	[ "$(alone --security-opt no-new-privileges busybox sh -c 'grep NoNewPrivs /proc/self/status' | cut -f2)" = 1 ]
	[ "$(alone --ulimit nofile=100:200 busybox sh -c 'ulimit -n; ulimit -Hn')" = $'100\n200' ]
	[ "$(alone --hostname somewhere --sysctl net.ipv4.ip_forward=1 --umask 027 --oom-score-adj 500 busybox \
		sh -c 'hostname; cat /proc/sys/net/ipv4/ip_forward; umask; cat /proc/self/oom_score_adj')" = $'somewhere\n1\n0027\n500' ]
	[ -z "$(alone --security-opt mask=/etc busybox ls /etc)" ]
}

@test "podman run --init, --cgroups disabled" {
	out=$(alone --init busybox sh -c 'cat /proc/1/comm; echo $$')
	[ "$out" = $'podman-init\n2' ]
	[ "$(alone --cgroups disabled busybox echo out)" = out ]
}

@test "podman with slirp4netns: a published port" {
	port=$(free_port)
	engine run -d --name web --network slirp4netns -p "127.0.0.1:$port:80" busybox \
		sh -c 'ip addr show tap0 >/tmp/addr && httpd -f -p 80 -h /etc' >/dev/null
	eventually curl -sf -o "$BATS_TEST_TMPDIR/got" "http://127.0.0.1:$port/group"
	grep -q '^root:' "$BATS_TEST_TMPDIR/got"
	[[ $(engine exec web cat /tmp/addr) == *10.0.2.100* ]]
}

@test "podman pause, update without a delegated cgroup: told why, and the container runs on" {
	[ -e /sys/fs/cgroup/cgroup.controllers ] && skip "needs a host without cgroup v2"
	sleeper a
	run -125 engine pause a
	run -125 engine update --memory 64m a
	[[ $output == *"no memory controller"*"cgroup v2 must be delegated"* ]]
	[ "$(status_of a)" = "running 0" ]
}

@test "buildah bud, from, run with it" {
	buildah() {
		command buildah --root "$DIR/p/root" --runroot "$DIR/p/run" --storage-driver vfs "$@" 3>&-
	}
	# the runtime that does the work, and the proof that it was this one
	printf '#!/bin/sh\necho "$@" >>"%s"\nexec "%s" "$@"\n' "$DIR/called" "$RUNTIME" >"$DIR/runtime"
	chmod +x "$DIR/runtime"
	mkdir "$DIR/context"
	printf 'FROM busybox\nRUN echo built >/made && id -u >>/made\nUSER 7\nRUN id -u >/tmp/user\n' >"$DIR/context/Containerfile"
	buildah bud --isolation oci --runtime "$DIR/runtime" --network none -q -t built "$DIR/context"
	[ "$(grep -c '^create\| create ' "$DIR/called")" = 2 ]
	[ "$(alone built cat /made /tmp/user)" = $'built\n0\n7' ]
	printf 'FROM busybox\nRUN exit 9\n' >"$DIR/context/Containerfile"
	run -9 buildah bud --isolation oci --runtime "$DIR/runtime" --network none "$DIR/context"
	buildah from --name work built
	run -5 buildah run --isolation oci --runtime "$DIR/runtime" --network none work sh -c 'cat /made; exit 5'
	[[ $output == built* ]]
	buildah rm work
	engine rmi -f built >/dev/null
}

# With each runtime that was not written for it.
life_under_monitor() {
	[ "$(rp run --rm --network none --runtime "$1" busybox sh -c 'echo out; exit 3'; echo $?)" = $'out\n3' ]
	rp run -d --name life --network none --runtime "$1" busybox sleep 1000 >/dev/null 3>&-
	[ "$(rp inspect -f '{{.State.Status}}' life)" = running ]
	rp stop -t 0 life >/dev/null
	[ "$(rp inspect -f '{{.State.Status}} {{.State.ExitCode}}' life)" = "exited 137" ]
	rp rm life >/dev/null
}

@test "ctr-monitor with runc: run, stop, status" {
	life_under_monitor runc
	nothing_left
}

@test "ctr-monitor with crun below a cgroup v2 mount: run, stop, status" {
	declare -fx life_under_monitor
	ns-enter-pause --private -- unshare -C bash -ec \
		'mount -t cgroup2 none /sys/fs/cgroup && life_under_monitor crun'
	nothing_left
}
