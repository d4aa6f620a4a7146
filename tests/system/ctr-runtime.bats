#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: the life of a container by its commands.

bats_require_minimum_version 1.5.0
load runtime.bash
setup_file() { runtime_setup; }
teardown_file() { runtime_teardown; }
teardown() { untouched; }

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
	[ "$status" = 255 ]
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
	[ "$status" = 255 ]
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

@test "hooks: three descriptors, output apart from the container's, an environment" {
	printf '#!/bin/sh\necho said; echo complained >&2\nls /proc/self/fd | xargs >%s\nenv >%s\n' \
		"$DIR/hook-fds" "$DIR/hook-env" >"$DIR/hook"
	chmod 755 "$DIR/hook"
	for kind in prestart createRuntime createContainer poststart poststop; do
		bundle hooks ".process.args = [\"echo\",\"container\"] | .hooks.$kind = [{path: \"$DIR/hook\"}]"
		rm -f "$DIR/hook-fds"
		run -0 env MARK=here ctr-runtime run -b "$DIR/hooks" hooks 7</dev/null 8>/dev/null
		[ "$output" = container ]
		[ "$(cat "$DIR/hook-fds")" = "0 1 2 3" ] # 3 is the directory that ls reads
		grep -qx MARK=here "$DIR/hook-env"
		bundle hooks ".process.args = [\"true\"] | .hooks.$kind = [{path: \"$DIR/hook\", env: []}]"
		run -0 env MARK=here ctr-runtime run -b "$DIR/hooks" hooks
		run ! grep -q MARK "$DIR/hook-env"
	done
	# inside the container: its own, nothing of the host's
	bundle hooks '.process.args = ["true"] | .process.env = ["PATH=/bin","OWN=1"] | .root.readonly = false |
		.hooks.startContainer = [{path: "/bin/busybox", args: ["sh","-c","busybox env >/tmp/env"]}]'
	run -0 env MARK=here ctr-runtime run -b "$DIR/hooks" hooks
	grep -qx OWN=1 "$DIR/rootfs/tmp/env"
	run ! grep -q MARK "$DIR/rootfs/tmp/env"
	rm "$DIR/rootfs/tmp/env"
	# what it said last tells why it failed
	bundle hooks '.process.args = ["true"] |
		.hooks.createRuntime = [{path: "/bin/sh", args: ["sh","-c","echo first; echo because >&2; exit 3"]}]'
	run -1 ctr-runtime run -b "$DIR/hooks" hooks
	[[ $output == *"createRuntime hook /bin/sh: it ended with status 3 (because)"* ]]
	nothing_left
}

@test "hooks that fail: the container is stopped, all poststop hooks run, each failure is said" {
	poststop='.hooks.poststop = [{path: "/bin/false"}, {path: "/bin/sh", args: ["sh","-c","cat >>'"$DIR/stopped"'; echo >>'"$DIR/stopped"'"]}]'
	for kind in prestart createRuntime createContainer startContainer poststart; do
		path=/bin/false
		rm -f "$DIR/stopped"
		bundle hooks ".process.args = [\"sleep\",\"1000\"] | .hooks.$kind = [{path: \"$path\"}] | $poststop"
		run -1 ctr-runtime run -b "$DIR/hooks" hooks
		[[ $output == *"$kind hook /bin/false"* ]]
		[[ $output == *"warning: poststop hook /bin/false"* ]]
		[ "$(jq -r .status "$DIR/stopped")" = stopped ]
		nothing_left
	done
	# by create and start: delete is still to come
	bundle hooks ".process.args = [\"sleep\",\"1000\"] | .hooks.poststart = [{path: \"/bin/false\"}] | $poststop"
	rm -f "$DIR/stopped"
	ctr-runtime create -b "$DIR/hooks" hooks </dev/null >/dev/null 2>&1 3>&-
	run -1 ctr-runtime start hooks
	[[ $output == *"poststart hook /bin/false"* ]]
	[ "$(ctr-runtime state hooks | jq -r .status)" = stopped ]
	[ ! -e "$DIR/stopped" ]
	run -0 ctr-runtime delete hooks
	[ "$(jq -r .status "$DIR/stopped")" = stopped ]
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
