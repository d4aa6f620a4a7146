#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: the life of a container, and the attacks on programs of its kind.

# Rounds of the races; more where there is time.
ROUNDS=${ROUNDS:-300}

setup_file() {
	export B=${B:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}
	export DIR
	DIR=$(mktemp -d /tmp/rpc.XXXXXX)
	export HOME=$DIR XDG_RUNTIME_DIR=$DIR/run PATH=$B/bin:$PATH
	mkdir -m 700 "$DIR/run"
	rootfs "$DIR/rootfs"
	echo canary >"$DIR/canary"
	mkdir "$DIR/outside"
	(cd "$DIR" && ctr-runtime spec --rootless)
	mv "$DIR/config.json" "$DIR/base.json"
}

teardown_file() {
	local id left
	for id in $(ctr-runtime list -q); do ctr-runtime delete -f "$id"; done
	left=$(pgrep -c -f "ctr-runtime.*$DIR" || true)
	chmod -R u+rwX "$DIR"
	rm -rf "$DIR"
	[ "$left" = 0 ]
}

teardown() {
	[ "$(cat "$DIR/canary")" = canary ]
	[ -z "$(ls -A "$DIR/outside")" ]
}

# An empty root file system with busybox and the probe.
rootfs() {
	local x
	mkdir -p "$1/bin" "$1/etc" "$1/tmp" "$1/proc" "$1/sys" "$1/dev"
	cp /bin/busybox "$1/bin/"
	cp "$B/tests/probe" "$1/bin/" 2>/dev/null || true
	for x in sh true false cat ls id sleep echo stat mount tty head wc grep test kill touch mkdir seq; do
		ln -sf busybox "$1/bin/$x"
	done
}

# bundle NAME FILTER [--own]: a bundle whose config.json is the base through a jq filter.
bundle() {
	local root=$DIR/rootfs
	mkdir -p "$DIR/$1"
	if [ "${3:-}" = --own ]; then
		root=$DIR/$1/rootfs
		[ -d "$root" ] || rootfs "$root"
	fi
	jq --arg root "$root" ".root.path = \$root | .process.terminal = false | $2" \
		"$DIR/base.json" >"$DIR/$1/config.json"
}

args() { jq -nc '$ARGS.positional' --args -- "$@"; }

# in_container FILTER CMD...: runs a command to its end.
in_container() {
	local filter=$1
	shift
	bundle one "$filter | .process.args = $(args "$@")"
	ctr-runtime run -b "$DIR/one" one
}

# A container that sleeps.
sleeper() {
	bundle "$1" "${2:-.} | .process.args = [\"sleep\",\"1000\"]"
	# nothing of bats may be kept open by it
	ctr-runtime run -d -b "$DIR/$1" --pid-file "$DIR/$1/pid" "$1" </dev/null >/dev/null 2>&1 3>&-
}

gone() {
	ctr-runtime delete -f "$1"
}

nothing_left() {
	[ -z "$(ctr-runtime list -q)" ]
	[ -z "$(ls "$XDG_RUNTIME_DIR/rp/runtime")" ]
	[ "$(grep -c "$DIR" /proc/self/mountinfo)" = 0 ]
}

@test "run passes the status, the output and the environment" {
	run in_container '.process.env += ["A=b c"]' sh -c 'echo "$A"; exit 7'
	[ "$status" = 7 ]
	[ "$output" = "b c" ]
	run in_container . sh -c 'kill -9 $$; sleep 5'
	[ "$status" = 0 ] || [ "$status" = 137 ]
	nothing_left
}

@test "run --hold-fd: nothing is made before the word, and nothing when it does not come" {
	local pid
	bundle held '.process.args = ["echo", "went on"]'
	mkfifo "$DIR/go"
	ctr-runtime run --hold-fd 4 -b "$DIR/held" held 4<>"$DIR/go" >"$DIR/out" 3>&- &
	pid=$!
	sleep 0.3
	kill -0 "$pid"
	nothing_left
	echo >"$DIR/go"
	wait "$pid"
	[ "$(cat "$DIR/out")" = "went on" ]
	run ctr-runtime run --hold-fd 4 -b "$DIR/held" held 4</dev/null
	[ "$status" = 1 ]
	[[ $output == *"called off"* ]]
	nothing_left
}

@test "create, start, state, kill, delete in order, and out of it" {
	bundle life '.process.args = ["sleep","1000"]'
	ctr-runtime create -b "$DIR/life" --pid-file "$DIR/pid" life </dev/null >/dev/null 2>&1 3>&-
	[ "$(ctr-runtime state life | jq -r .status)" = created ]
	[ "$(ctr-runtime state life | jq -r .pid)" = "$(cat "$DIR/pid")" ]
	run ctr-runtime create -b "$DIR/life" life
	[ "$status" = 1 ]
	[[ $output == *"exists already"* ]]
	# the record does not follow the file
	echo '{}' >"$DIR/life/config.json"
	ctr-runtime start life
	[ "$(ctr-runtime state life | jq -r .status)" = running ]
	run ctr-runtime start life
	[ "$status" = 1 ]
	[[ $output == *"running, not created"* ]]
	run ctr-runtime delete life
	[ "$status" = 1 ]
	ctr-runtime kill life KILL
	while [ "$(ctr-runtime state life | jq -r .status)" != stopped ]; do sleep 0.05; done
	run ctr-runtime kill life TERM
	[ "$status" = 1 ]
	run ctr-runtime exec life true
	[ "$status" = 1 ]
	ctr-runtime delete life
	run ctr-runtime state life
	[ "$status" = 1 ]
	[[ $output == *"does not exist"* ]]
	nothing_left
}

@test "the words that engines look for" {
	run in_container . nosuchcommand
	[ "$status" = 1 ]
	[[ $output == *'executable file `nosuchcommand` not found in $PATH'* ]]
	run in_container . /nosuchfile
	[[ $output == *"no such file or directory"* ]]
	run in_container . /etc
	[[ $output == *"permission denied"* ]]
	bundle log '.process.args = ["/nosuchfile"]'
	run ctr-runtime --log "$DIR/log.json" --log-format json run -b "$DIR/log" log
	[ "$status" = 1 ]
	[ "$(jq -r .level "$DIR/log.json")" = error ]
	[[ $(jq -r .msg "$DIR/log.json") == *"no such file or directory"* ]]
	nothing_left
}

@test "exec: status, environment, user, directory, detached" {
	sleeper ex
	run ctr-runtime exec -e X=y --cwd /tmp ex sh -c 'echo "$X $PWD"; exit 3'
	[ "$status" = 3 ]
	[ "$output" = "y /tmp" ]
	run ctr-runtime exec ex nosuchcommand
	[ "$status" = 1 ]
	[[ $output == *"not found in"* ]]
	ctr-runtime exec -d --pid-file "$DIR/ex/pid2" ex sleep 500 </dev/null >/dev/null 2>&1 3>&-
	[ "$(ctr-runtime ps --format json ex | jq length)" = 2 ]
	jq '.process.args = ["echo","by process"] | .process' "$DIR/ex/config.json" >"$DIR/ex/p.json"
	run ctr-runtime exec --process "$DIR/ex/p.json" ex
	[ "$output" = "by process" ]
	gone ex
	nothing_left
}

@test "hooks run in order with the state on standard input" {
	cat >"$DIR/hook" <<-'EOF'
		#!/bin/sh
		echo "$1 $(/usr/bin/jq -r .status)" >>"$2"
	EOF
	chmod 755 "$DIR/hook"
	bundle hooks ".process.args = [\"true\"] | .hooks = ([\"prestart\",\"createRuntime\",\"createContainer\",
		\"poststart\",\"poststop\"] | map({key: ., value: [{path: \"$DIR/hook\",
		args: [\"hook\", ., \"$DIR/hooks/log\"], env: [\"PATH=/bin:/usr/bin\"]}]}) | from_entries)"
	ctr-runtime run -b "$DIR/hooks" hooks
	[ "$(cut -d' ' -f1 "$DIR/hooks/log" | xargs)" = "prestart createRuntime createContainer poststart poststop" ]
	[ "$(tail -n1 "$DIR/hooks/log")" = "poststop stopped" ]
	bundle hooks '.process.args = ["true"] | .hooks.createRuntime = [{path: "/bin/false"}]'
	run ctr-runtime run -b "$DIR/hooks" hooks
	[ "$status" = 1 ]
	[[ $output == *"createRuntime hook /bin/false: it ended with status 1"* ]]
	bundle hooks '.process.args = ["true"] |
		.hooks.createContainer = [{path: "/bin/sleep", args: ["sleep","60"], timeout: 1}]'
	run timeout 10 ctr-runtime run -b "$DIR/hooks" hooks
	[ "$status" = 1 ]
	[[ $output == *"longer than 1 s"* ]]
	nothing_left
}

@test "properties of the process" {
	run in_container '.process.user.umask = 63 | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]
		| .process.oomScoreAdj = 500 | .hostname = "name" | .domainname = "domain"
		| .linux.personality.domain = "LINUX32"' \
		sh -c 'umask; ulimit -n; cat /proc/self/oom_score_adj /proc/sys/kernel/hostname /proc/sys/kernel/domainname'
	[ "$status" = 0 ]
	[ "$(echo "$output" | xargs)" = "0077 100 500 name domain" ]
	run in_container '.process.cwd = "/made/here"' sh -c 'echo $PWD'
	[ "$output" = /made/here ]
	rmdir "$DIR/rootfs/made/here" "$DIR/rootfs/made"
	run in_container '.linux.namespaces += [{type: "time"}] |
		.linux.timeOffsets = {boottime: {secs: 1000000}}' cat /proc/uptime
	[ "${output%%.*}" -gt 1000000 ]
	run in_container '.linux.intelRdt = {closID: "x"}' true
	[ "$status" = 1 ]
	[[ $output == *".linux.intelRdt"* ]]
	run in_container '.linux.resources = {memory: {limit: 100000000}}' true
	[ "$status" = 0 ] || [[ $output == *".linux.resources.memory.limit"* ]]
}

@test "mounts: options, tmpcopyup, recursive read-only, files, relative destination" {
	mkdir -p "$DIR/vol/sub"
	echo data >"$DIR/vol/file"
	run in_container ".mounts += [
		{destination: \"tmp/v\", type: \"bind\", source: \"$DIR/vol\", options: [\"rbind\", \"rro\", \"nosuid\"]},
		{destination: \"/tmp/f\", type: \"bind\", source: \"$DIR/vol/file\", options: [\"bind\", \"ro\"]},
		{destination: \"/bin\", type: \"tmpfs\", source: \"tmpfs\", options: [\"tmpcopyup\", \"ro\"]}]
		| .root.readonly = false" \
		sh -c 'cat /tmp/v/file /tmp/f; grep -c " /bin ro" /proc/self/mountinfo; touch /tmp/v/x 2>&1; touch /bin/x 2>&1'
	[ "$status" = 1 ]
	[[ $output == *"data"*"data"*"1"*"ead-only"*"ead-only"* ]]
	rm -rf "$DIR/rootfs/tmp/v" "$DIR/rootfs/tmp/f"
	run in_container '.mounts += [{destination: "/x", type: "nosuchfs", source: "x"}]' true
	[ "$status" = 1 ]
	[[ $output == *"mount nosuchfs on /x"* ]]
	nothing_left
}

@test "spec, features, list, checkpoint" {
	ctr-runtime features | jq -e '.ociVersionMax == "1.3.0" and (.linux.namespaces | index("time") != null)'
	run ctr-runtime checkpoint --image-path /x some
	[ "$status" = 1 ]
	[[ $output == *"unsupported here"* ]]
	ctr-runtime list --format json | jq -e 'length == 0'
	run ctr-runtime delete nosuch
	[ "$status" = 1 ]
	ctr-runtime delete --force nosuch
	for id in ../x . .. "" a/b "a b"; do
		run ctr-runtime run -b "$DIR/one" "$id"
		[ "$status" = 1 ]
	done
	sleeper reg1
	sleeper reg2
	ctr-runtime kill --regex '^reg[12]$' KILL
	ctr-runtime delete --force --regex '^reg'
	nothing_left
}

@test "a terminal through the console socket" {
	cat >"$DIR/console.py" <<-'EOF'
		import array, os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		s.bind(sys.argv[1])
		s.listen(1)
		print("ready", flush=True)
		c, _ = s.accept()
		_, anc, _, _ = c.recvmsg(100, socket.CMSG_SPACE(4))
		fd = array.array("i", anc[0][2])[0]
		out = b""
		try:
		    while d := os.read(fd, 4096):
		        out += d
		except OSError:
		    pass
		sys.stdout.write(out.decode())
	EOF
	bundle tty '.process.terminal = true | .process.consoleSize = {height: 33, width: 77} |
		.process.args = ["sh","-c","tty; stat -L -c %t:%T /dev/console /proc/self/fd/0; busybox stty size"]'
	python3 "$DIR/console.py" "$DIR/tty/sock" >"$DIR/tty/out" &
	while [ ! -s "$DIR/tty/out" ]; do sleep 0.05; done
	ctr-runtime run -d -b "$DIR/tty" --console-socket "$DIR/tty/sock" tty
	wait $!
	run cat "$DIR/tty/out"
	[[ $output == *"/dev/pts/0"* ]]
	[[ $output == *"88:0"*"88:0"* ]]
	[[ $output == *"33 77"* ]]
	gone tty
	run ctr-runtime run -d -b "$DIR/tty" tty
	[ "$status" = 1 ]
	nothing_left
}

@test "the runtime's own file cannot be overwritten" {
	mkdir -p "$DIR/own"
	cp "$B/bin/ctr-runtime" "$DIR/own/ctr-runtime"
	local sum before=$DIR/own/ctr-runtime
	sum=$(sha256sum <"$before")
	bundle over '.root.readonly = false' --own
	printf '#!/proc/self/exe\n' >"$DIR/over/rootfs/bin/self"
	chmod 755 "$DIR/over/rootfs/bin/self"
	bundle over '.process.args = ["/bin/probe","overwrite","1500"]' --own
	"$before" run -b "$DIR/over" over >"$DIR/over/out" 3>&- &
	for _ in $(seq 30); do
		"$before" exec over /bin/self >/dev/null 2>&1 || true
		"$before" exec over true >/dev/null 2>&1 || true
	done
	wait $!
	[ "$(cat "$DIR/over/out")" = 0 ]
	[ "$(sha256sum <"$before")" = "$sum" ]
	nothing_left
}

@test "no descriptor leaks, no working directory through one, no process to look into" {
	run in_container . /bin/probe fds
	[ "$output" = "0 1 2 " ]
	for fd in $(seq 3 40); do
		run in_container ".process.cwd = \"/proc/self/fd/$fd\"" true
		[ "$status" = 1 ]
	done
	bundle peek '.process.args = ["/bin/probe","peek","12000"]'
	ctr-runtime run -b "$DIR/peek" peek >"$DIR/peek/out" 3>&- &
	for fd in $(seq 3 40); do
		run ctr-runtime exec --cwd "/proc/self/fd/$fd" peek true
		[ "$status" = 1 ]
	done
	run ctr-runtime exec peek /bin/probe fds
	[ "$output" = "0 1 2 " ] || [[ $output == *"not running"* || $output == *"does not exist"* ]]
	wait $!
	[[ $(cat "$DIR/peek/out") == "0 "* ]]
	bundle one '.process.args = ["/bin/probe","fds"]'
	run ctr-runtime run --preserve-fds 2 -b "$DIR/one" one 3</dev/null 4</dev/null 5</dev/null
	[ "$output" = "0 1 2 3 4 " ]
}

@test "masked paths are the host's null and empty read-only directories" {
	bundle mask '.mounts |= map(select(.destination != "/dev"
		and (.destination | startswith("/dev/") | not))) | .root.readonly = false
		| .process.args = ["sh","-c","for f in /proc/keys /proc/timer_list /proc/kcore; do
			if [ -e $f ]; then stat -c %t:%T $f; fi; done; ls -A /sys/firmware /proc/scsi 2>/dev/null; touch /sys/firmware/x 2>&1; cat /proc/kcore | wc -c"]' --own
	rm -rf "$DIR/mask/rootfs/dev"
	mkdir "$DIR/mask/rootfs/dev"
	ln -s /proc/sysrq-trigger "$DIR/mask/rootfs/dev/null"
	run ctr-runtime run -b "$DIR/mask" mask
	[[ $output != *sysrq* ]]
	[ "$status" != 0 ] || ! echo "$output" | grep -E '^[0-9a-f]+:' | grep -qv '^1:3$'
	run in_container . sh -c 'for f in /proc/keys /proc/timer_list /proc/kcore; do [ ! -e $f ] || stat -c %t:%T $f; done;
		touch /sys/firmware/x 2>&1; echo x 2>&1 >/proc/sysrq-trigger; echo x 2>&1 >/proc/sys/kernel/core_pattern'
	[[ $output == *"1:3"*"1:3"* ]]
	if echo "$output" | grep -E '^[0-9a-f]+:[0-9a-f]+$' | grep -qv '^1:3$'; then return 1; fi
	[[ $output == *"ead-only"*"ead-only"* ]]
	nothing_left
}

@test "proc and sysfs are the real ones: links, covers and foreign mounts are refused" {
	for name in proc sys; do
		bundle "link$name" '.process.args = ["true"]' --own
		rm -rf "$DIR/link$name/rootfs/$name"
		ln -s "$DIR/outside" "$DIR/link$name/rootfs/$name"
		run ctr-runtime run -b "$DIR/link$name" link
		[ "$status" = 1 ]
		[[ $output == *"symbolic link"* ]]
	done
	run in_container '.mounts += [{destination: "/proc", type: "tmpfs", source: "tmpfs"}]' true
	[ "$status" = 1 ]
	run in_container '.mounts |= [{destination: "/proc/", type: "tmpfs", source: "tmpfs"}] + .' true
	[ "$status" = 1 ]
	for at in /proc/self/attr /proc/sys /proc/1; do
		run in_container ".mounts += [{destination: \"$at\", type: \"tmpfs\", source: \"tmpfs\"}]" true
		[ "$status" = 1 ]
		run in_container ".mounts += [{destination: \"$at\", type: \"bind\", source: \"$DIR/outside\", options: [\"bind\"]}]" true
		[ "$status" = 1 ]
	done
	nothing_left
}

@test "a /dev that is a link stays inside" {
	local target
	for target in "$DIR/outside" ../../outside ../../../outside /proc/self/cwd; do
		bundle devlink '.process.args = ["true"]' --own
		rm -rf "$DIR/devlink/rootfs/dev"
		ln -s "$target" "$DIR/devlink/rootfs/dev"
		ctr-runtime run -b "$DIR/devlink" devlink || true
		[ -z "$(ls -A "$DIR/outside")" ]
		ctr-runtime create -b "$DIR/devlink" devlink </dev/null >/dev/null 2>&1 3>&- || true
		ctr-runtime delete -f devlink
		[ -z "$(ls -A "$DIR/outside")" ]
		rm "$DIR/devlink/rootfs/dev"
	done
	# pts and console planted
	bundle devlink '.process.terminal = true | .process.args = ["true"]' --own
	mkdir -p "$DIR/devlink/rootfs/dev"
	ln -sfn "$DIR/outside" "$DIR/devlink/rootfs/dev/pts"
	ln -sfn "$DIR/canary" "$DIR/devlink/rootfs/dev/console"
	script -qec "ctr-runtime run -b $DIR/devlink devlink" /dev/null </dev/null
	nothing_left
}

@test "a mount target that is swapped for a link stays inside" {
	mkdir -p "$DIR/shared/a" "$DIR/src"
	ln -sfn "../../../../../..$DIR/outside" "$DIR/shared/b"
	"$B/tests/probe" swap "$DIR/shared/a" "$DIR/shared/b" 3>&- &
	local swapper=$!
	bundle race ".process.args = [\"true\"] | .root.readonly = false | .mounts += [
		{destination: \"/tmp/m\", type: \"bind\", source: \"$DIR/shared\", options: [\"rbind\"]},
		{destination: \"/tmp/m/a/b/c\", type: \"bind\", source: \"$DIR/src\", options: [\"rbind\"]}]"
	for _ in $(seq "$ROUNDS"); do
		ctr-runtime run -b "$DIR/race" race 2>/dev/null || true
	done
	kill $swapper
	wait $swapper || true
	[ -z "$(ls -A "$DIR/outside")" ]
	nothing_left
}

@test "without a cgroup namespace the cgroup tree is read-only" {
	[ -d /sys/fs/cgroup ] || skip "no cgroups here"
	run in_container '.linux.namespaces |= map(select(.type != "cgroup")) |
		.mounts |= map(if .type == "cgroup" then .options = [] else . end)' \
		sh -c 'mkdir /sys/fs/cgroup/x; grep " /sys/fs/cgroup" /proc/self/mountinfo | grep -v " ro,\| ro "'
	[[ $output == *"ead-only"* ]]
	if echo "$output" | grep -q " /sys/fs/cgroup.* rw,"; then return 1; fi
}

@test "capabilities are exact in run and exec, for root and others" {
	local uid want=00000000a80425fb filter
	for uid in 0 1000; do
		filter=".process.user = {uid: $uid, gid: $uid} | .process.noNewPrivileges = false
			| .process.capabilities = ([\"bounding\",\"effective\",\"permitted\"] | map({key: ., value:
			[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",
			\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",
			\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP_AUDIT_WRITE\"]}) | from_entries)
			| del(.linux.uidMappings, .linux.gidMappings)"
		run in_container "$filter" grep ^Cap /proc/self/status
		[ "$status" = 0 ]
		[[ $output == *"CapInh:	0000000000000000"* ]]
		[[ $output == *"CapBnd:	$want"* ]]
		[[ $output == *"CapAmb:	0000000000000000"* ]]
		if [ $uid = 0 ]; then
			[[ $output == *"CapEff:	$want"* ]]
		else
			[[ $output == *"CapEff:	0000000000000000"* ]]
			[[ $output == *"CapPrm:	0000000000000000"* ]]
		fi
		sleeper caps "$filter"
		[ "$(ctr-runtime exec caps grep ^Cap /proc/self/status)" = "$output" ]
		gone caps
	done
	run in_container '.process.capabilities.bounding += ["CAP_FLY"]' true
	[ "$status" = 0 ]
	[[ $output == *"unknown capability CAP_FLY"* ]]
}

@test "users and groups are exactly the numbers, never root by mistake" {
	local full='del(.linux.uidMappings, .linux.gidMappings)' user
	run in_container "$full | .process.user = {uid: 5, gid: 6, additionalGids: [7, 8]}" id
	[ "$output" = "uid=5 gid=6 groups=7,8" ] || [ "$output" = "uid=5 gid=6 groups=6,7,8" ]
	run in_container "$full | .process.user = {uid: 5, gid: 6}" sh -c 'id -G'
	[ "$output" = 6 ]
	# a single id: groups cannot be given up, and cannot be changed
	run in_container . cat /proc/self/setgroups
	[ "$output" = deny ]
	run in_container '.process.user.additionalGids = [1]' true
	[ "$status" = 1 ]
	[[ $output == *additionalGids* ]]
	sleeper ids "$full"
	[ "$(ctr-runtime exec -u 1 ids id -u)" = 1 ]
	[ "$(ctr-runtime exec -u 1:2 ids id -g)" = 2 ]
	for user in 1: :1 -1 0x1 " 0" 0x0 4294967295 4294967296 root "1 " 1:-1 1:x ""; do
		run ctr-runtime exec -u "$user" ids id -u
		[ "$status" = 1 ]
	done
	run ctr-runtime exec -u 2147483648 ids id -u
	[ "$status" = 1 ]
	gone ids
}

@test "sysctls: only those of namespaces that the container has" {
	run in_container '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "80", "kernel/shm_rmid_forced": "1"}' \
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced
	[ "$(echo "$output" | xargs)" = "80 1" ]
	for key in kernel.core_pattern kernel.sysrq vm.swappiness fs.file-max kernel.hostname/../core_pattern \
		net/../kernel/core_pattern net..kernel net.ipv4.conf.../x kernel.; do
		run in_container ".linux.sysctl = {\"$key\": \"1\"}" true
		[ "$status" = 1 ]
	done
	run in_container '.linux.namespaces |= map(select(.type != "network")) |
		.linux.sysctl = {"net.ipv4.ip_forward": "1"}' true
	[ "$status" = 1 ]
	[[ $output == *"not in a namespace"* ]]
	run in_container '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "80+kernel.core_pattern=x"}' true
	[ "$status" = 1 ]
}

@test "each container has a session keyring of its own" {
	[ -x "$DIR/rootfs/bin/probe" ] || skip "no probe"
	sleeper keys '.linux.seccomp = null'
	[ "$(ctr-runtime exec keys /bin/probe key-add rptest-key)" = ok ] || skip "no keys here"
	run in_container '.linux.seccomp = null' /bin/probe key-find rptest-key
	[ "$output" = ENOKEY ]
	run "$B/tests/probe" key-find rptest-key
	[ "$output" = ENOKEY ]
	gone keys
}

@test "the default profile refuses AF_ALG, AF_VSOCK and io_uring by every entry" {
	run in_container . sh -c 'for f in 38 40; do for c in socket socket32 socketcall32 socketx32; do
		/bin/probe $c $f; done; done; /bin/probe io-uring'
	[ "$status" = 0 ]
	if echo "$output" | grep -qv 'EPERM\|ENOSYS'; then return 1; fi
	[ "$(echo "$output" | wc -l)" = 9 ]
	run in_container . /bin/probe key-add x
	[ "$output" = ENOSYS ]
	# without a filter it is the kernel that answers
	run in_container '.linux.seccomp = null' /bin/probe socket 40
	[ "$output" != EPERM ]
}

@test "no way into the caller's terminal" {
	bundle sti '.process.args = ["/bin/probe","tiocsti"]'
	run script -qec "ctr-runtime run -b $DIR/sti sti" /dev/null </dev/null
	[[ $output == *refused* ]]
}

@test "kernels without newer system calls" {
	local calls
	for calls in openat2 clone3 fsopen open_tree move_mount mount_setattr pidfd_open close_range memfd_create \
		openat2,clone3,fsopen,open_tree,move_mount,mount_setattr,close_range,memfd_create; do
		bundle old '.process.args = ["sh","-c","id -u; echo x 2>&1 >/proc/sys/kernel/hostname"]'
		run "$B/tests/enosys" "$calls" ctr-runtime run -b "$DIR/old" old
		echo "$calls: $output"
		[ "$status" != 0 ]
		[[ $output == 0*"ead-only"* ]]
	done
	nothing_left
}

@test "a failing system call at any place of create is reported and leaves nothing" {
	command -v strace >/dev/null || skip "no strace"
	local call n errno
	bundle inject '.process.args = ["true"]'
	for call in clone3 mount open_tree move_mount mount_setattr fsopen fsconfig fsmount pivot_root umount2 \
		openat openat2 mkdirat symlinkat setresuid capset prctl seccomp execve sethostname pipe2 \
		socketpair renameat sendto recvfrom keyctl prlimit64 setsid fchdir close_range; do
		for errno in ${ERRNOS:-EPERM}; do
			for n in ${PLACES:-1 2 4 9}; do
				run timeout -k 5 20 strace -f -qq -o /dev/null -e "trace=$call" \
					-e "inject=$call:error=$errno:when=$n" ctr-runtime run -b "$DIR/inject" inject
				# a call that may fail, or is not made so often, is no failure; a sanitizer
				# speaks for itself when one of its own calls fails
				[ "$status" = 0 ] || [[ -n ${ASAN_OPTIONS:-} && $output == *Sanitizer*failed* ]] ||
					[[ $output == *ctr-runtime:* ]] || { echo "$call $n: $output"; return 1; }
				ctr-runtime delete -f inject
				nothing_left || { echo "$call $n: left"; return 1; }
			done
		done
	done
}

@test "SIGKILL at any place leaves nothing that the next one cannot use" {
	command -v strace >/dev/null || skip "no strace"
	local call n
	bundle killed '.process.args = ["true"]'
	for call in mkdirat flock clone3 renameat sendto recvfrom read close; do
		for n in 1 2 4; do
			run timeout -k 5 20 strace -qq -o /dev/null -e "trace=$call" \
				-e "inject=$call:signal=SIGKILL:when=$n" ctr-runtime run -b "$DIR/killed" killed
			ctr-runtime run -b "$DIR/killed" killed2
			if ctr-runtime list -q | grep -qx killed; then
				while [ "$(ctr-runtime state killed | jq -r .status)" != stopped ]; do sleep 0.05; done
				ctr-runtime delete -f killed
			fi
			ctr-runtime run -b "$DIR/killed" killed
		done
	done
	nothing_left
}
