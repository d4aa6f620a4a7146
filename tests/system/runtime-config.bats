#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: each property of config.json is applied, or is an error that names it and leaves nothing.

load runtime.bash
setup_file() { runtime_setup; }
teardown_file() { runtime_teardown; }
teardown() {
	untouched
	nothing_left
}

# applied FILTER EXPECTED SCRIPT: what the script inside prints, blanks and newlines as one.
applied() {
	run in_container "$1" sh -c "$3"
	echo "$1: $output"
	[ "$(xargs <<<"$output")" = "$2" ]
}

# refused FILTER PROPERTY: the error names the property.
refused() {
	run in_container "$1" true
	echo "$1: $output"
	[ "$status" = 1 ]
	[[ $output == *ctr-runtime:*"$2"* ]]
	nothing_left
}

# Applied, or refused with its name where this user or machine may not.
either() {
	run in_container "$1" sh -c "$4"
	echo "$1: $output"
	if [ "$status" = 0 ]; then
		[ "$(xargs <<<"$output")" = "$3" ]
	else
		[[ $output == *ctr-runtime:*"$2"* ]]
	fi
	nothing_left
}

@test "process: user, umask, environment, directory, limits, oom score" {
	applied "$full"' | .process.user = {uid: 3, gid: 4, additionalGids: [5], umask: 18}' "3 4 4 5 0022" 'id -u; id -g; id -G; umask'
	applied '.process.env = ["PATH=/bin","X=1","HOME=/x"]' "1/x" 'echo $X$HOME'
	applied '.process.cwd = "/tmp"' /tmp pwd
	refused '.process.cwd = "tmp"' .process.cwd
	applied '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0},{type: "RLIMIT_NOFILE", soft: 64, hard: 65}]' "0 64 65" \
		'ulimit -c; ulimit -n; ulimit -Hn'
	refused '.process.rlimits = [{type: "RLIMIT_X", soft: 0, hard: 0}]' '.process.rlimits[0].type'
	refused '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0},{type: "RLIMIT_CORE", soft: 0, hard: 0}]' '.process.rlimits[1].type'
	refused '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 100000000}]' RLIMIT_NOFILE
	applied '.process.oomScoreAdj = 700' 700 'cat /proc/self/oom_score_adj'
	refused '.process.oomScoreAdj = -1000' oomScoreAdj
	refused '.process.oomScoreAdj = 2000' oomScoreAdj
	applied '.process.noNewPrivileges = true' "NoNewPrivs: 1" 'grep NoNewPrivs /proc/self/status'
	applied '.process.noNewPrivileges = false' "NoNewPrivs: 0" 'grep NoNewPrivs /proc/self/status'
	bundle one '.process.args = []'
	run ctr-runtime run -b "$DIR/one" one
	[ "$status" = 1 ]
	[[ $output == *.process.args* ]]
	refused '.process.user.uid = 1' "user 1"
	refused '.process.user.gid = 1' "group 1"
	refused '.process.user.umask = 512' .process.user.umask
	refused '.process.consoleSize = {height: 70000, width: 1}' .process.consoleSize.height
}

@test "process: HOME is the user's in the container's /etc/passwd where the environment has none, in run and exec" {
	local env='.process.env = ["PATH=/bin"]'
	applied "$env" / 'echo $HOME'
	printf 'root:x:0:0::/my/root:/bin/sh\nfive:x:5:5::/home/five:/bin/sh\nsix:x:6:6::relative:/bin/sh\nbad:x:7:7::/a\tb:/bin/sh\n' \
		>"$DIR/rootfs/etc/passwd"
	applied "$env" /my/root 'echo $HOME'
	applied "$full | $env | .process.user = {uid: 5, gid: 0}" /home/five 'echo $HOME'
	for id in 6 7 8; do
		applied "$full | $env | .process.user = {uid: $id, gid: 0}" / 'echo $HOME'
	done
	sleeper home "$full | $env"
	[ "$(ctr-runtime exec home sh -c 'echo $HOME')" = /my/root ]
	[ "$(ctr-runtime exec -u 5 home sh -c 'echo $HOME')" = /home/five ]
	[ "$(ctr-runtime exec -u 9 home sh -c 'echo $HOME')" = / ]
	[ "$(ctr-runtime exec -u 5 -e HOME=/own home sh -c 'echo $HOME')" = /own ]
	# what is there must not hold anybody up
	rm "$DIR/rootfs/etc/passwd"
	mkfifo "$DIR/rootfs/etc/passwd"
	[ "$(timeout 10 ctr-runtime exec home sh -c 'echo $HOME')" = / ]
	rm "$DIR/rootfs/etc/passwd"
	gone home
}

@test "process: a pipe can be opened by its path by the user, a file of the caller stays his" {
	local script='read x </dev/stdin; echo $x >/dev/stdout; echo err >/proc/self/fd/2; id -u >/dev/fd/1'
	for user in 0 5; do
		bundle one "$full | .process.user = {uid: $user, gid: $user} | .process.args = [\"sh\",\"-c\",\"$script\"]"
		[ "$(echo word | ctr-runtime run -b "$DIR/one" one 2>&1 | cat)" = $'word\nerr\n'$user ]
		sleeper pipes "$full"
		[ "$(echo word | ctr-runtime exec -u "$user" pipes sh -c "$script" 2>&1 | cat)" = $'word\nerr\n'$user ]
		gone pipes
	done
	bundle one "$full | .process.user = {uid: 5, gid: 5} | .process.args = [\"echo\",\"word\"]"
	ctr-runtime run -b "$DIR/one" one >"$DIR/file" </dev/null
	[ "$(cat "$DIR/file")" = word ]
	[ -O "$DIR/file" ]
	# with a single id there is nobody to give it to
	[ "$(in_container . sh -c 'echo out >/dev/stdout' | cat)" = out ]
	rm "$DIR/file"
}

@test "process: signals at their defaults, whatever the caller ignores or blocks" {
	local ignore='trap "" INT QUIT PIPE HUP TERM USR1 CHLD RTMIN; exec python3 -c "
import ctypes, os, sys
# 32 and 33, which signal(2) of the C library does not know, by the system call
for s in 32, 33:
    ctypes.CDLL(None).syscall(13 if os.uname().machine == '"'"'x86_64'"'"' else 134, s, ctypes.byref((ctypes.c_ulong * 4)(1, 0, 0, 0)), None, 8)
os.execvp(sys.argv[1], sys.argv[1:])" ctr-runtime'
	bundle one '.process.args = ["cat","/proc/self/status"]'
	run bash -c "$ignore run -b $DIR/one one"
	[ "$(grep -c '^Sig\(Ign\|Blk\):[[:blank:]]*0*$' <<<"$output")" = 2 ]
	sleeper signals
	run bash -c "$ignore exec signals cat /proc/self/status"
	[ "$(grep -c '^Sig\(Ign\|Blk\):[[:blank:]]*0*$' <<<"$output")" = 2 ]
	gone signals
}

@test "process: sockets that were passed to the runtime go on to the command" {
	local show='echo $LISTEN_FDS $((LISTEN_PID == $$)) $LISTEN_FDNAMES; cat <&3; cat <&4'
	echo three >"$DIR/three"
	echo four >"$DIR/four"
	bundle one ".process.args = $(args sh -c "$show")"
	sleeper listen
	for c in "run -b $DIR/one one" "exec listen sh -c '$show'"; do
		run bash -c "exec 3<$DIR/three 4<$DIR/four 5</dev/null; export LISTEN_PID=\$\$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b; exec ctr-runtime $c"
		echo "$output"
		[ "$output" = $'2 1 a:b\nthree\nfour' ]
	done
	# behind them those of --preserve-fds, and no more
	bundle one '.process.args = ["/bin/probe","fds"]'
	run bash -c "exec 3<$DIR/three 4<$DIR/four 5</dev/null; export LISTEN_PID=\$\$ LISTEN_FDS=1; exec ctr-runtime run --preserve-fds 1 -b $DIR/one one"
	[ "$output" = "0 1 2 3 4 " ]
	# they were for somebody else
	run bash -c "exec 3<$DIR/three; export LISTEN_PID=1 LISTEN_FDS=1; exec ctr-runtime run -b $DIR/one one"
	[ "$output" = "0 1 2 " ]
	gone listen
	rm "$DIR/three" "$DIR/four"
}

@test "process: capabilities that cannot be had are named; exec gives an inheritable one as an ambient one" {
	bundle one '.process.args = ["true"] | .process.capabilities.ambient = ["CAP_KILL","CAP_CHOWN"] |
		.process.capabilities.permitted = ["CAP_KILL","CAP_CHOWN"] | .process.capabilities.inheritable = ["CAP_KILL"]'
	run ctr-runtime run -b "$DIR/one" one
	[ "$status" = 0 ]
	[ "$output" = "ctr-runtime: warning: CAP_CHOWN cannot be ambient: it is not both permitted and inheritable" ]
	# without a user namespace of its own nothing can be given that the caller lacks
	bundle two 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user")) |
		.linux.seccomp = null | .process.args = ["true"] | .process.capabilities |= map_values(["CAP_KILL","CAP_SYS_TIME"]) |
		.process.capabilities.inheritable = [] | .process.capabilities.ambient = []'
	run unshare --user --map-root-user --mount bash -c 'mount --make-rprivate / &&
		exec capsh --drop=cap_sys_time -- -c "ctr-runtime --root $DIR/r run -b $DIR/two two"'
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "ctr-runtime: warning: CAP_SYS_TIME cannot be granted: this process does not have it" ]
	rm -rf "$DIR/r"
	sleeper amb "$full | .process.capabilities.inheritable = [\"CAP_KILL\"]"
	[ "$(ctr-runtime exec -u 5 -c CAP_KILL amb grep CapAmb /proc/self/status | xargs)" = "CapAmb: 0000000000000020" ]
	[ "$(ctr-runtime exec -u 5 -c CAP_CHOWN amb grep CapAmb /proc/self/status | xargs)" = "CapAmb: 0000000000000000" ]
	gone amb
}

@test "process: the caller's supplementary groups stay where the annotation says so, in run and exec" {
	keep='.annotations = {"run.oci.keep_original_groups": "1"}'
	bundle one "$full | $keep | .process.user = {uid: 5, gid: 6, additionalGids: [7]} | .process.args = [\"/bin/probe\",\"groups\"]"
	run ctr-runtime run -b "$DIR/one" one
	[ "$status" = 0 ]
	[ "$(wc -w <<<"$output")" = "$(id -G | wc -w)" ]
	[[ " $(xargs <<<"$output") " != *" 7 "* ]]
	sleeper keep "$full | $keep | .process.user = {uid: 5, gid: 6, additionalGids: [7]}"
	run ctr-runtime exec keep /bin/probe groups
	[[ " $(xargs <<<"$output") " != *" 7 "* ]]
	gone keep
	ctr-runtime features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.keep_original_groups")'
}

@test "exec: a process from a fifo or from standard input, 255 for an error, no cgroup outside" {
	sleeper ex
	jq '.process | .args = ["echo","read"]' "$DIR/ex/config.json" >"$DIR/process"
	[ "$(ctr-runtime exec --process /dev/stdin ex <"$DIR/process")" = read ]
	[ "$(ctr-runtime exec --process <(cat "$DIR/process") ex)" = read ]
	run ctr-runtime exec ex nosuch
	[ "$status" = 255 ]
	run ctr-runtime exec nosuch true
	[ "$status" = 255 ]
	run ctr-runtime exec ex false
	[ "$status" = 1 ]
	for at in ../../x .. a/../../b /../x; do
		run ctr-runtime exec --cgroup "$at" ex true
		[ "$status" = 255 ]
		[[ $output == *"not below the container's cgroup"* ]]
	done
	gone ex
	rm "$DIR/process"
}

@test "readiness: READY=1 and nothing else of what the command says reaches NOTIFY_SOCKET; run -d and start wait for it" {
	command -v socat >/dev/null || skip "no socat"
	socat -u "UNIX-RECV:$DIR/manager" "CREATE:$DIR/heard" 3>&- &
	manager=$!
	until [ -S "$DIR/manager" ]; do sleep 0.05; done
	# the probe of the container: what it says, one message a word
	bundle one "$full | .root.readonly = false | .process.user = {uid: 5, gid: 5} |
		.process.args = [\"sh\",\"-c\",\"echo \$NOTIFY_SOCKET; until [ -e /tmp/go ]; do sleep 0.1; done; /bin/probe notify MAINPID=1 STATUS=x READY=1; sleep 1000\"]"
	export NOTIFY_SOCKET=$DIR/manager
	ctr-runtime run -d -b "$DIR/one" one >"$DIR/out" </dev/null 3>&- &
	runtime=$!
	runs one
	sleep 0.3
	kill -0 "$runtime" # still waiting
	[ ! -s "$DIR/heard" ]
	touch "$DIR/rootfs/tmp/go"
	wait "$runtime"
	[ "$(cat "$DIR/out")" = /run/notify/notify ]
	[ "$(cat "$DIR/heard")" = READY=1 ]
	gone one
	# by create and start
	: >"$DIR/heard"
	ctr-runtime create -b "$DIR/one" one >"$DIR/out" </dev/null 3>&-
	timeout 20 ctr-runtime start one
	[ "$(tr -d '\0' <"$DIR/heard")" = READY=1 ]
	gone one
	# one that ends without a word keeps nobody waiting
	bundle one '.root.readonly = false | .process.args = ["true"]'
	timeout 20 ctr-runtime run -d -b "$DIR/one" one </dev/null >/dev/null 3>&-
	gone one
	timeout 20 ctr-runtime run -b "$DIR/one" one </dev/null >/dev/null 3>&-
	unset NOTIFY_SOCKET
	run in_container '.root.readonly = false' sh -c 'echo .$NOTIFY_SOCKET.; ls /run'
	kill "$manager"
	rm -rf "$DIR/rootfs/tmp/go" "$DIR/rootfs/run" "$DIR/heard" "$DIR/manager" "$DIR/out"
	[[ $output == ..* ]]
	nothing_left
}

@test "devices: by their number, whatever the container calls them" {
	applied '.linux.devices = [{path: "/dev/nothing", type: "c", major: 1, minor: 3, fileMode: 438},
		{path: "/dev/sub/zero", type: "c", major: 1, minor: 5}, {path: "/dev/full", type: "c", major: 1, minor: 8}]' \
		"1:3 1:5 1:8 gone 1" 'stat -c %t:%T /dev/nothing /dev/sub/zero /dev/full; echo gone >/dev/nothing && echo gone; head -c 1 /dev/sub/zero | wc -c'
	refused '.linux.devices = [{path: "/dev/nosuch", type: "c", major: 4000, minor: 1}]' "/dev/nosuch"
}

@test "warnings go to the log, where there is one" {
	bundle one '.process.args = ["true"] | .process.capabilities.bounding += ["CAP_NO_SUCH"]'
	run ctr-runtime --log "$DIR/log" --log-format json run -b "$DIR/one" one
	[ "$status" = 0 ]
	[ "$output" = "" ]
	jq -e 'select(.level == "warning") | .msg | test("CAP_NO_SUCH")' "$DIR/log"
	rm "$DIR/log"
	run ctr-runtime run -b "$DIR/one" one
	[[ $output == *"warning: unknown capability CAP_NO_SUCH"* ]]
	sleeper warned '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
	run ctr-runtime --log "$DIR/log" exec warned true
	[ "$output" = "" ]
	rm "$DIR/log"
	gone warned
}

@test "process: scheduler, ioPriority, execCPUAffinity, personality, memoryPolicy" {
	applied '.process.scheduler = {policy: "SCHED_BATCH", nice: 5}' "3 5" \
		'IFS=" "; set -- $(cat /proc/self/stat); echo ${41}; echo ${19}'
	applied '.process.scheduler = {policy: "SCHED_IDLE"}' 5 'IFS=" "; set -- $(cat /proc/self/stat); echo ${41}'
	refused '.process.scheduler = {policy: "SCHED_NONE"}' .process.scheduler.policy
	refused '.process.scheduler = {policy: "SCHED_OTHER", nice: 20}' .process.scheduler.nice
	refused '.process.scheduler = {policy: "SCHED_OTHER", flags: ["X"]}' .process.scheduler.flags
	either '.process.scheduler = {policy: "SCHED_FIFO", priority: 1}' .process.scheduler 1 'IFS=" "; set -- $(cat /proc/self/stat); echo ${41}'
	applied '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}' "best-effort: prio 6" 'busybox ionice -p $$'
	applied '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}' idle 'busybox ionice -p $$'
	refused '.process.ioPriority = {class: "IOPRIO_CLASS_NEW"}' .process.ioPriority.class
	refused '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}' .process.ioPriority.priority
	applied '.linux.personality = {domain: "LINUX32"}' i686 'busybox uname -m'
	refused '.linux.personality = {domain: "BSD"}' .linux.personality.domain
	refused '.linux.memoryPolicy = {mode: "MPOL_X"}' .linux.memoryPolicy.mode
	refused '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "x"}' .linux.memoryPolicy.nodes
	refused '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["X"]}' .linux.memoryPolicy.flags
	either '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}' .linux.memoryPolicy yes \
		'grep -q bind:0 /proc/self/numa_maps && echo yes'
	sleeper aff '.process.execCPUAffinity = {initial: "0", final: "0"}'
	[ "$(ctr-runtime exec aff grep Cpus_allowed_list /proc/self/status | xargs)" = "Cpus_allowed_list: 0" ]
	gone aff
	sleeper aff '.process.execCPUAffinity = {final: "x"}'
	run ctr-runtime exec aff true
	[ "$status" = 255 ]
	[[ $output == *execCPUAffinity.final* ]]
	gone aff
}

@test "process: labels of modules that are not there are named" {
	if [ ! -e /sys/fs/selinux/enforce ]; then
		refused '.process.selinuxLabel = "system_u:system_r:x_t:s0"' .process.selinuxLabel
	fi
	if [ ! -e /sys/kernel/security/apparmor/profiles ]; then
		refused '.process.apparmorProfile = "x"' .process.apparmorProfile
	fi
}

@test "mounts: access, atime, recursion, propagation" {
	mkdir -p "$DIR/src/sub"
	bind() { printf '.mounts += [{destination: "/tmp/m", type: "bind", source: "%s", options: %s}] | .root.readonly = false' "$DIR/src" "$1"; }
	flags='grep " /tmp/m " /proc/self/mountinfo | busybox cut -d" " -f6'
	# the kernel locks the kind of atime of a mount that another user namespace has made
	either "$(bind '["rbind","noatime"]')" "operation not permitted" rw,noatime "$flags"
	for o in ro nosuid nodev noexec nosymfollow; do
		run in_container "$(bind "[\"rbind\",\"$o\"]")" sh -c "$flags"
		echo "$o: $output"
		[[ ,$output, == *",$o,"* ]]
		run in_container "$(bind "[\"rbind\",\"r$o\"]")" sh -c "$flags"
		[[ ,$output, == *",$o,"* ]]
	done
	applied "$(bind '["rbind","ro","rw"]')" rw "$flags | busybox cut -d, -f1"
	for o in private slave shared unbindable; do
		run in_container "$(bind "[\"rbind\",\"$o\"]")" grep " /tmp/m " /proc/self/mountinfo
		case $o in
		private) [[ $output != *shared:* && $output != *master:* ]] ;;
		shared) [[ $output == *shared:* ]] ;;
		unbindable) [[ $output == *unbindable* ]] ;;
		esac
	done
	refused '.mounts += [{destination: "/tmp/m", type: "bind", source: "/nosuchdir", options: ["bind"]}]' /nosuchdir
	refused '.mounts += [{destination: "/tmp/m", type: "tmpfs", source: "tmpfs", options: ["nosuchoption"]}]' nosuchoption
	refused '.mounts += [{destination: "/tmp/m", source: "x"}]' /tmp/m
	refused '.mounts += [{type: "tmpfs"}]' '.mounts[7].destination'
	rm -rf "$DIR/rootfs/tmp/m" "$DIR/src"
	for p in private rprivate slave rslave; do
		applied ".linux.rootfsPropagation = \"$p\"" ok 'echo ok'
	done
	run in_container '.linux.rootfsPropagation = "shared"' grep ' / / \| / ' /proc/self/mountinfo
	[ "$status" = 0 ]
	refused '.linux.rootfsPropagation = "some"' .linux.rootfsPropagation
}

@test "mounts: tmpcopyup and id maps" {
	applied '.mounts += [{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}] | .root.readonly = false' \
		"x" 'busybox rm -f /etc/y; echo x >/etc/y; cat /etc/y'
	[ ! -e "$DIR/rootfs/etc/y" ]
	mkdir -p "$DIR/idsrc"
	: >"$DIR/idsrc/f"
	local map='uidMappings: [{containerID: 0, hostID: 5, size: 10}], gidMappings: [{containerID: 0, hostID: 5, size: 10}]'
	for o in idmap ridmap; do
		# a user does not own the host's file system
		either "$full | .mounts += [{destination: \"/tmp/i\", type: \"bind\", source: \"$DIR/idsrc\", options: [\"bind\",\"$o\"], $map}] | .root.readonly = false" \
			"mount $DIR/idsrc on /tmp/i" 5 'stat -c %u /tmp/i/f'
		# but one that the container has made: a tmpfs
		either "$full | .mounts += [{destination: \"/tmp/i\", type: \"tmpfs\", source: \"tmpfs\", options: [\"$o\"], $map}] | .root.readonly = false" \
			"mount tmpfs on /tmp/i" 5 'stat -c %u /tmp/i'
	done
	refused '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings) |
		.mounts += [{destination: "/tmp/i", type: "tmpfs", source: "tmpfs", options: ["idmap"]}]' ''
	rm -rf "$DIR/rootfs/tmp/i" "$DIR/idsrc"
}

@test "linux: namespaces, maps, names, sysctl, time" {
	refused '.linux.namespaces += [{type: "moon"}]' '.linux.namespaces[7].type'
	refused '.linux.namespaces += [{type: "uts"}]' '.linux.namespaces[7].type'
	refused '.linux.namespaces |= map(if .type == "network" then .path = "/nosuch" else . end)' /nosuch
	refused '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/ipc" else . end)' "not a network namespace"
	refused '.linux.namespaces |= map(select(.type != "uts"))' .hostname
	refused '.linux.uidMappings = [{containerID: 0, hostID: 7, size: 1}]' "user namespace"
	refused '.linux.namespaces |= map(select(.type != "user"))' .linux.uidMappings
	applied '.hostname = "h1" | .domainname = "d1"' "h1 d1" 'busybox hostname; cat /proc/sys/kernel/domainname'
	applied '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 5000000}, monotonic: {secs: 10, nanosecs: 5}}' later \
		'[ $(cut -d. -f1 /proc/uptime 2>/dev/null || busybox cut -d. -f1 /proc/uptime) -gt 5000000 ] && echo later'
	refused '.linux.timeOffsets = {boottime: {secs: 1}}' .linux.timeOffsets
	refused '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: "1"}}' timeOffsets.boottime.secs
	refused '.linux.sysctl = {"kernel.sysrq": "1"}' .linux.sysctl
	refused '.linux.sysctl = {"net.nosuch": "1"}' net.nosuch
}

@test "linux: devices, masks, resources, seccomp" {
	either '.linux.devices = [{path: "/dev/full2", type: "c", major: 1, minor: 7}]' /dev/full2 1:7 'stat -c %t:%T /dev/full2'
	applied '.linux.devices = [{path: "/dev/full", type: "c", major: 1, minor: 7}]' 1:7 'stat -c %t:%T /dev/full'
	refused '.linux.devices = [{path: "/dev/full", type: "c", major: 1, minor: 200}]' /dev/full
	refused '.linux.devices = [{path: "dev/x", type: "c"}]' '.linux.devices[0].path'
	refused '.linux.devices = [{path: "/dev/x", type: "z"}]' '.linux.devices[0].type'
	applied '.linux.devices = [{path: "/dev/pipe", type: "p", fileMode: 384}]' "fifo 600" 'stat -c "%F %a" /dev/pipe'
	applied '.linux.maskedPaths += ["/etc"]' "" 'ls /etc; cat /etc/x 2>/dev/null'
	applied '.linux.readonlyPaths += ["/tmp"] | .root.readonly = false' no 'touch /tmp/x 2>/dev/null || echo no'
	applied '.root.readonly = true' no 'touch /x 2>/dev/null || echo no'
	for limit in '{memory: {limit: 100000000}}' '{pids: {limit: 50}}' '{cpu: {shares: 100}}' '{unified: {"memory.high": "1000000000"}}'; do
		run in_container ".linux.resources = $limit" true
		[ "$status" = 0 ] || [[ $output == *.linux.resources.* ]]
	done
	refused '.linux.seccomp = {defaultAction: "SCMP_ACT_X"}' .linux.seccomp.defaultAction
	refused '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}' listenerPath
	refused '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nosuch", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}' /nosuch
	applied '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]} | .root.readonly = false' \
		refused 'mkdir /tmp/z 2>&1 | grep -q "not supported" && echo refused'
}

@test "linux: what is not supported is named" {
	refused '.linux.intelRdt = {closID: "x"}' .linux.intelRdt
	refused '.linux.intelRdt = {enableMonitoring: true}' .linux.intelRdt
	refused '.linux.netDevices = {"nosuch0": {}}' .linux.netDevices
	refused '.linux.netDevices = {"lo": {"name": "moved"}}' .linux.netDevices.lo
	refused '.linux.namespaces |= map(select(.type != "network")) | .linux.netDevices = {"lo": {}}' .linux.netDevices
	refused '.ociVersion = "2.0.0"' .ociVersion
}

@test "linux.netDevices: a device is moved, named, up, and has its addresses" {
	bundle net '.linux.netDevices = {"va": {"name": "eth7"}} | .hostname = null |
		.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings) |
		.process.args = ["busybox","ip","-o","addr","show","eth7"]'
	run unshare --user --map-root-user --net --mount bash -c 'ip link add va type veth peer name vb &&
		ip addr add 10.9.8.7/24 brd + dev va && ip addr add fd00::7/64 dev va && ip link set vb up &&
		ctr-runtime run -b "$DIR/net" net && ! ip link show va 2>/dev/null' 3>&-
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"10.9.8.7/24 brd 10.9.8.255"* ]]
	[[ $output == *"fd00::7/64"* ]]
	run unshare --user --map-root-user --net --mount bash -c 'ip link add va type veth peer name vb &&
		jq ".process.args = [\"busybox\",\"ip\",\"link\",\"show\",\"eth7\"]" "$DIR/net/config.json" >"$DIR/net/c" &&
		ctr-runtime run -f "$DIR/net/c" -b "$DIR/net" net' 3>&-
	[[ $output == *"UP"* ]]
}

@test "the hooks get a state of any size" {
	bundle big '.process.args = ["true"] | .annotations = {big: ("x" * 300000)} |
		.hooks.createRuntime = [{path: "/bin/true"}] | .hooks.poststop = [{path: "/bin/sh",
		args: ["sh","-c","wc -c >'"$DIR"'/big/size"]}]'
	timeout 20 ctr-runtime run -b "$DIR/big" big
	[ "$(cat "$DIR/big/size")" -gt 300000 ]
}
