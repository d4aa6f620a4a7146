#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: attacks of an image or of a container on the runtime, by what is planted before a start;
# runtime-races.bats has what is swapped while it starts. Each was seen to succeed on a runtime without the guard.

load runtime.bash
setup_file() { runtime_setup; }
teardown_file() { runtime_teardown; }
teardown() { untouched; }

@test "no working directory through a descriptor" {
	local fd
	sleeper cwd
	for fd in $(seq 3 64); do
		for at in "/proc/self/fd/$fd" "/proc/self/fd/$fd/.." "/proc/1/fd/$fd" "/dev/fd/$fd"; do
			run in_container ".process.cwd = \"$at\"" true
			[ "$status" = 1 ]
			run ctr-runtime exec --cwd "$at" cwd true
			[ "$status" = 255 ]
		done
	done
	for at in /proc/self/cwd /proc/1/root /proc/self/root; do
		run ctr-runtime exec --cwd "$at" cwd true
		[ "$status" = 255 ]
	done
	gone cwd
	nothing_left
}

@test "the working directory need not be open to the user, and is entered with the user's rights where root has none" {
	local dirs='.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}] | .process.capabilities |= map_values(["CAP_CHOWN"])'
	sleeper cwd "$full | $dirs"
	ctr-runtime exec cwd sh -c 'mkdir /tmp/d; echo x >/tmp/d/f; busybox chmod 700 /tmp/d; busybox chown 7:7 /tmp/d'
	run ctr-runtime exec -u 5:5 --cwd /tmp/d cwd sh -c 'pwd; ls . 2>&1'
	[ "${lines[0]}" = /tmp/d ]
	[[ ${lines[1]} == *"ermission denied"* ]]
	gone cwd
	mkdir -p "$DIR/rootfs/root"
	chmod 700 "$DIR/rootfs/root"
	run in_container "$full | .process.cwd = \"/root\" | .process.user = {uid: 5, gid: 5}" sh -c pwd
	rmdir "$DIR/rootfs/root"
	[ "$output" = /root ]
	# a directory of somebody who has no id in the container, open to a group that has one
	mkdir "$DIR/theirs"
	chmod 770 "$DIR/theirs"
	chmod 755 "$DIR"
	run in_container ".linux.uidMappings = [{containerID: 0, hostID: $(sed -n "s/^$(id -un)://p" /etc/subuid | cut -d: -f1), size: 100}]
		| .linux.gidMappings = [{containerID: 0, hostID: $(sed -n "s/^$(id -un)://p" /etc/subgid | cut -d: -f1), size: 7},
			{containerID: 7, hostID: $(id -g), size: 1}]
		| .mounts += [{destination: \"/tmp\", type: \"bind\", source: \"$DIR/theirs\", options: [\"rbind\"]}]
		| .process.cwd = \"/tmp\" | .process.user = {uid: 5, gid: 7}" sh -c pwd
	chmod 700 "$DIR"
	rmdir "$DIR/theirs"
	echo "$output"
	[ "$output" = /tmp ]
	nothing_left
}

@test "behind the filter the runtime does nothing but to execute the command" {
	local nnp user f out
	# whatever a runtime could want to call, and neither busybox nor the kernel need
	f='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{action: "SCMP_ACT_KILL_PROCESS", names: ["close_range","fchdir","chdir","getcwd","fcntl","capget","capset","setgroups",
			"setresuid","setresgid","openat2","fstat","fchown","umask","sendmsg","recvmsg","dup3","setsid","ioctl","socket",
			"seccomp","futex","clone","clone3","rt_sigaction","rt_sigprocmask","getpid","gettid","keyctl","statx","access",
			"faccessat","faccessat2","wait4","waitid"]},
		{action: "SCMP_ACT_ERRNO", names: ["prctl","close","mmap","munmap"]}]} | .process.capabilities.bounding = ["CAP_KILL"]'
	for nnp in true false; do
		for user in 0 5; do
			sleeper filter "$full | $f | .process.noNewPrivileges = $nnp | .process.user = {uid: $user, gid: $user}"
			ctr-runtime exec filter busybox sleep 0
			# what the filter needed is gone
			out=$(sed -n 's/^\(Cap[A-Z].*\|Seccomp\|NoNewPrivs\):[[:blank:]]*//p' "/proc/$(cat "$DIR/filter/pid")/status" | xargs)
			echo "$nnp $user: $out"
			[[ $out == *" $([ $nnp = true ] && echo 1 || echo 0) 2" ]]
			[[ $out == "0000000000000000 00000000000000$([ $user = 0 ] && echo "20" || echo "00") "* ]]
			gone filter
		done
	done
	nothing_left
}

@test "no descriptor of the runtime or of its caller reaches a container" {
	run in_container . /bin/probe fds
	[ "$output" = "0 1 2 " ]
	run in_container . /bin/probe fds 7</etc/hostname 40</dev/null
	[ "$output" = "0 1 2 " ]
	sleeper fds
	run ctr-runtime exec fds /bin/probe fds 7</etc/hostname 40</dev/null
	[ "$output" = "0 1 2 " ]
	run ctr-runtime exec --preserve-fds 1 fds /bin/probe fds 3</dev/null 4</dev/null
	[ "$output" = "0 1 2 3 " ]
	run ctr-runtime exec fds sh -c 'ls /proc/1/fd | xargs'
	[ "$output" = "0 1 2" ]
	gone fds
	bundle one '.process.args = ["/bin/probe","fds"]'
	run ctr-runtime run --preserve-fds 2 -b "$DIR/one" one 3</dev/null 4</dev/null 5</dev/null
	[ "$output" = "0 1 2 3 4 " ]
	nothing_left
}

@test "a process that joins cannot be looked into: descriptors, memory, ptrace" {
	local i
	bundle peek '.process.args = ["/bin/probe","peek"] | .linux.seccomp = null |
		.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE","CAP_DAC_OVERRIDE","CAP_SYS_ADMIN"])'
	in_background peek
	for ((i = 0; i < 1000; i++)); do
		ctr-runtime exec peek true
	done
	end_background peek
	sort "$DIR/peek/out" "$DIR/peek/err" | uniq -c
	[ "$(cat "$DIR/peek/out")" = "0 seen" ]
	nothing_left
}

all_masked='[.linux.maskedPaths[], "/proc/keys", "/proc/kcore", "/proc/timer_list", "/sys/firmware"] | unique'

@test "masked paths are the host's null and empty read-only directories, whatever /dev/null is" {
	local paths
	# all that spec masks, and more of both kinds
	paths=$(jq -c "$all_masked + [\"/proc/version\",\"/proc/tty\",\"/sys/kernel\"]" "$DIR/base.json")
	bundle mask "$nodev | .linux.maskedPaths = $paths | .process.args = [\"/bin/probe\",\"masked\"] + $paths" --own
	run ctr-runtime run -b "$DIR/mask" mask
	[ "$output" = "looked" ]
	# the probe can see what is not masked
	bundle mask "$nodev | .linux.maskedPaths = [] | .process.args = [\"/bin/probe\",\"masked\"] + $paths" --own
	run ctr-runtime run -b "$DIR/mask" mask
	[[ $output == */proc/version*/sys/kernel* ]]
	for target in /proc/sysrq-trigger /proc/sys/kernel/core_pattern "$DIR/canary" zero; do
		bundle mask "$nodev | .linux.maskedPaths = $paths | .process.args = [\"/bin/probe\",\"masked\"] + $paths" --own
		rm -rf "$DIR/mask/rootfs/dev"
		mkdir "$DIR/mask/rootfs/dev"
		ln -s "$target" "$DIR/mask/rootfs/dev/null"
		run ctr-runtime run -b "$DIR/mask" mask
		[ "$output" = "looked" ] || [[ $output == ctr-runtime:* ]]
	done
	nothing_left
}

@test "planted terminals are not used" {
	local root=$DIR/planted/rootfs i
	bundle planted '.process.terminal = true | .process.args = ["/bin/probe","console"]' --own
	mkdir -p "$root/dev/pts"
	for i in 0 1 2 ptmx; do ln -sf "$DIR/canary" "$root/dev/pts/$i"; done
	ln -sf "$DIR/canary" "$root/dev/console"
	run ctr-runtime run -b "$DIR/planted" planted </dev/null
	[[ $output == same* ]]
	bundle planted "$nodev"' | .process.terminal = true | .process.args = ["/bin/probe","console"] | .mounts += [
		{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance","ptmxmode=0666"]}]' --own
	run ctr-runtime run -b "$DIR/planted" planted </dev/null
	[[ $output == same* ]] || [[ $output == *ctr-runtime:* ]]
	# no devpts at all
	bundle planted "$nodev"' | .process.terminal = true | .process.args = ["/bin/probe","console"]' --own
	run ctr-runtime run -b "$DIR/planted" planted </dev/null
	[ "$status" = 1 ]
	[[ $output == *"is no devpts"* ]]
	nothing_left
}

@test "proc and sysfs are the real ones: links, covers and foreign mounts are refused" {
	local name at
	for name in proc sys; do
		for target in "$DIR/outside" ../../../outside tmp; do
			bundle "link$name" '.process.args = ["true"]' --own
			rm -rf "$DIR/link$name/rootfs/$name"
			ln -s "$target" "$DIR/link$name/rootfs/$name"
			run ctr-runtime run -b "$DIR/link$name" link
			[ "$status" = 1 ]
			[[ $output == *"symbolic link"* ]]
		done
	done
	run in_container '.mounts += [{destination: "/proc", type: "tmpfs", source: "tmpfs"}]' true
	[ "$status" = 1 ]
	for at in /proc /proc/ //proc proc /./proc /tmp/../proc /proc/. ; do
		run in_container ".mounts |= [{destination: \"$at\", type: \"tmpfs\", source: \"tmpfs\"}] + ." true
		[ "$status" = 1 ]
	done
	for at in /proc/self/attr /proc/sys /proc/1 /proc/self/../sys /proc/cpuinfo/.. ; do
		run in_container ".mounts += [{destination: \"$at\", type: \"tmpfs\", source: \"tmpfs\"}]" true
		[ "$status" = 1 ]
		run in_container ".mounts += [{destination: \"$at\", type: \"bind\", source: \"$DIR/outside\", options: [\"bind\"]}]" true
		[ "$status" = 1 ]
	done
	nothing_left
}

# planted_dev PATH TARGET: the bundle "link" with PATH of its root file system a link to TARGET.
planted_dev() {
	bundle link "${3:-.}"' | .process.args = ["true"]' --own
	rm -rf "$DIR/link/rootfs$1"
	mkdir -p "$(dirname "$DIR/link/rootfs$1")"
	ln -s "$2" "$DIR/link/rootfs$1"
}

@test "a /dev or /dev/pts that is a link stays inside, by run and by create and start" {
	local path target filter
	for path in /dev /dev/pts /dev/shm /dev/mqueue; do
		for target in "$DIR/outside" ../../outside ../../../outside ../../../../../../../.."$DIR/outside" \
			/proc/self/cwd /proc/1/root/tmp; do
			for filter in . "$nodev"; do
				planted_dev "$path" "$target" "$filter"
				ctr-runtime run -b "$DIR/link" link || true
				[ -z "$(ls -A "$DIR/outside")" ]
				ctr-runtime create -b "$DIR/link" link </dev/null >/dev/null 2>&1 3>&- || true
				ctr-runtime start link || true
				ctr-runtime delete -f link
				[ -z "$(ls -A "$DIR/outside")" ]
				chmod -R u+w "$DIR/link/rootfs"
				rm -rf "$DIR/link/rootfs/dev"
			done
		done
	done
	nothing_left
}

@test "a root file system that is a link: one of the caller's is followed, others are refused" {
	local target path how
	bundle rootlink '.process.args = ["echo","ran"]'
	ln -s "$DIR/rootfs" "$DIR/second"
	for target in "$DIR/rootfs" ../rootfs "$DIR/second"; do
		ln -sfn "$target" "$DIR/rootlink/rootfs"
		for path in rootfs "$DIR/rootlink/rootfs" rootfs/ ./rootfs//; do
			jq --arg p "$path" '.root.path = $p' "$DIR/rootlink/config.json" >"$DIR/rootlink/c"
			run ctr-runtime run -f "$DIR/rootlink/c" -b "$DIR/rootlink" rootlink
			echo "$target $path: $output"
			[ "$output" = ran ]
		done
	done
	# where others may write, and one that leads nowhere
	ln -sfn "$DIR/outside" "$DIR/rootlink/rootfs"
	for how in 777 775; do
		chmod "$how" "$DIR/rootlink"
		run ctr-runtime run -f "$DIR/rootlink/c" -b "$DIR/rootlink" rootlink
		[ "$status" = 1 ]
		[[ $output == *"symbolic link"* ]]
		run ctr-runtime create -f "$DIR/rootlink/c" -b "$DIR/rootlink" rootlink
		[ "$status" = 1 ]
		[ -z "$(ls -A "$DIR/outside")" ]
	done
	chmod 755 "$DIR/rootlink"
	for target in /nosuch rootfs; do
		ln -sfn "$target" "$DIR/rootlink/rootfs"
		run ctr-runtime run -f "$DIR/rootlink/c" -b "$DIR/rootlink" rootlink
		[ "$status" = 1 ]
		[[ $output == *"cannot open the root file system"* ]]
	done
	rm "$DIR/second"
	nothing_left
}

@test "without a cgroup namespace the cgroup tree is read-only, unless it is asked for otherwise" {
	[ -d /sys/fs/cgroup ] || skip "no cgroups here"
	run in_container '.linux.namespaces |= map(select(.type != "cgroup")) |
		.mounts |= map(if .type == "cgroup" then .options = ["nosuid","rw"] else . end)' \
		grep " /sys/fs/cgroup " /proc/self/mountinfo
	[[ $output == *" /sys/fs/cgroup rw,"* ]]
	for options in '[]' '["ro"]' '["nosuid","ro"]'; do
		run in_container ".linux.namespaces |= map(select(.type != \"cgroup\")) |
			.mounts |= map(if .type == \"cgroup\" then .options = $options else . end)" \
			sh -c 'mkdir /sys/fs/cgroup/x; grep " /sys/fs/cgroup" /proc/self/mountinfo | grep -v " ro,\| ro "'
		[[ $output == *"ead-only"* ]]
		if echo "$output" | grep -q " /sys/fs/cgroup.* rw,"; then return 1; fi
	done
}

# The sets of /proc/self/status: bounding, effective, permitted, inheritable and ambient.
cap_sets() { sed -n 's/^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):\t/\1=/p' | xargs; }

# caps_are OUTPUT BOUNDING UID: nothing is inherited, and only root has any.
caps_are() {
	local own=$2
	[ "$3" = 0 ] || own=0000000000000000
	[ "$(cap_sets <<<"$1")" = "Inh=0000000000000000 Prm=$own Eff=$own Bnd=$2 Amb=0000000000000000" ] || {
		cap_sets <<<"$1"
		return 1
	}
}

@test "capabilities are exact in run and exec, for root and others" {
	local uid set mask names caps
	local podman='["CHOWN","DAC_OVERRIDE","FOWNER","FSETID","KILL","NET_BIND_SERVICE","SETFCAP","SETGID","SETPCAP","SETUID","SYS_CHROOT"]'
	local -A want=([default]=00000000800405fb [added]=00000000800c15fb [none]=0000000000000000
		[all]=$(printf %016x $(((1 << ($(cat /proc/sys/kernel/cap_last_cap) + 1)) - 1))))
	for set in default added none all; do
		case $set in
		default) names=$podman ;;
		added) names="$podman + [\"NET_ADMIN\",\"SYS_PTRACE\"]" ;;
		none) names='[]' ;;
		all) names=$(ctr-runtime features | jq -c .linux.capabilities) ;;
		esac
		for uid in 0 1000; do
			caps="$full | .process.user = {uid: $uid, gid: $uid} | .process.noNewPrivileges = false |
				($names) as \$n | .process.capabilities = {bounding: \$n, effective: \$n, permitted: \$n}"
			caps=${caps//'("CHOWN'/'("CHOWN'}
			run in_container "$caps" grep ^Cap /proc/self/status
			[ "$status" = 0 ]
			mask=${want[$set]}
			caps_are "$output" "$mask" $uid
			sleeper caps "$caps"
			caps_are "$(ctr-runtime exec caps grep ^Cap /proc/self/status)" "$mask" $uid
			# another user than the container's
			caps_are "$(ctr-runtime exec -u $((1000 - uid)) caps grep ^Cap /proc/self/status)" "$mask" $((1000 - uid))
			caps_are "$(ctr-runtime exec -c CAP_NET_RAW caps grep ^Cap /proc/self/status)" \
				"$(printf %016x $((16#$mask | 1 << 13)))" $uid
			gone caps
		done
	done
	run in_container '.process.capabilities.bounding += ["CAP_FLY"]' true
	[ "$status" = 0 ]
	[[ $output == *"unknown capability CAP_FLY"* ]]
}

@test "users are exactly the numbers, never root by mistake" {
	local user value
	# names of the image that look like numbers
	printf '%s\n' root:x:0:0:::/bin/sh 2147483648:x:0:0:::/bin/sh 4294967296:x:0:0:::/bin/sh \
		1234567890:x:0:0:::/bin/sh 1:x:0:0:::/bin/sh >"$DIR/rootfs/etc/passwd"
	cp "$DIR/rootfs/etc/passwd" "$DIR/rootfs/etc/group"
	sleeper ids "$full"
	[ "$(ctr-runtime exec -u 1 ids id -u)" = 1 ]
	[ "$(ctr-runtime exec -u 1:2 ids id -g)" = 2 ]
	[ "$(ctr-runtime exec -u 65535:65535 ids id -u)" = 65535 ]
	for user in 1: :1 : -1 0x1 " 0" 0x0 +0 00x 0. 1e0 4294967295 4294967296 18446744073709551616 root "1 " 1:-1 1:x \
		1:0x0 1:4294967296 1:2:0 "" 2147483648 1234567890 1:2147483648; do
		run ctr-runtime exec -u "$user" ids id -u
		echo "user '$user': $output"
		[ "$status" = 255 ]
		[[ $output == *ctr-runtime:* ]]
	done
	for value in -1 4294967295 4294967296 2147483648 1234567890 1.5 1e3 '"0"' '"1"' true '[]' 18446744073709551616; do
		for key in uid gid; do
			jq -c ".process | .args = [\"id\"] | .user = {uid: 1, gid: 1} | .user.$key = 77777" "$DIR/ids/config.json" |
				sed "s/:77777/:$value/" >"$DIR/ids/process"
			run ctr-runtime exec --process "$DIR/ids/process" ids
			echo "$key $value: $output"
			[ "$status" = 255 ]
			bundle one "$full | .process.args = [\"id\"] | .process.user = {uid: 1, gid: 1} | .process.user.$key = 77777"
			sed -i "s/: 77777/: $value/" "$DIR/one/config.json"
			run ctr-runtime run -b "$DIR/one" one
			[ "$status" = 1 ]
		done
	done
	gone ids
	rm "$DIR/rootfs/etc/passwd" "$DIR/rootfs/etc/group"
	nothing_left
}

@test "supplementary groups are exact, and keep out whom a group is to keep out" {
	run in_container "$full | .process.user = {uid: 5, gid: 6, additionalGids: [7, 8]}" sh -c 'id -G; /bin/probe groups'
	[ "$(echo "$output" | xargs)" = "6 7 8 7 8" ]
	run in_container "$full | .process.user = {uid: 5, gid: 6}" sh -c 'id -G; /bin/probe groups'
	[ "$(echo "$output" | xargs)" = 6 ]
	# everybody but group 7 may read it
	sleeper acl "$full | .mounts += [{destination: \"/tmp\", type: \"tmpfs\", source: \"tmpfs\"}] |
		.process.capabilities |= map_values([\"CAP_CHOWN\"])"
	ctr-runtime exec acl sh -c 'echo secret >/tmp/f; busybox chmod 0707 /tmp/f; busybox chown 0:7 /tmp/f'
	[ "$(ctr-runtime exec -u 5:6 acl cat /tmp/f)" = secret ]
	run ctr-runtime exec -u 5:6 -g 7 acl cat /tmp/f
	[ "$status" = 1 ]
	run ctr-runtime exec -u 5:6 -g 8 -g 7 acl /bin/probe groups
	[ "$(xargs <<<"$output" | tr ' ' '\n' | sort | xargs)" = "6 7 8" ]
	# the primary group as well: who changes it must not reach what is shut to it
	run ctr-runtime exec -u 5:7 acl /bin/probe groups
	[ "$(xargs <<<"$output")" = 7 ]
	run ctr-runtime exec -u 5:7 -g 7 -g 8 acl /bin/probe groups
	[ "$(xargs <<<"$output" | tr ' ' '\n' | sort | xargs)" = "7 8" ]
	run ctr-runtime exec -u 5:7 acl cat /tmp/f
	[ "$status" = 1 ]
	jq '.process | .args = ["cat","/tmp/f"] | .user = {uid: 5, gid: 6, additionalGids: [7]}' "$DIR/acl/config.json" >"$DIR/acl/p"
	run ctr-runtime exec --process "$DIR/acl/p" acl
	[ "$status" = 1 ]
	[[ $output == *"ermission denied"* ]]
	gone acl
	# a single id: groups cannot be given up, and cannot be changed
	run in_container . cat /proc/self/setgroups
	[ "$output" = deny ]
	run in_container '.process.user.additionalGids = [0]' true
	[ "$status" = 0 ]
	run in_container '.process.user.additionalGids = [1]' true
	[ "$status" = 1 ]
	[[ $output == *additionalGids* ]]
	sleeper acl
	[ "$(ctr-runtime exec acl cat /proc/self/setgroups)" = deny ]
	run ctr-runtime exec -g 1 acl true
	[ "$status" = 255 ]
	gone acl
	nothing_left
}

@test "nothing of the image is executed, loaded or read but the command" {
	local x root=$DIR/marks/rootfs
	bundle marks '.process.args = ["sleep","1000"] | .root.readonly = false' --own
	for x in ps nsenter tar unpigz xz gzip newuidmap newgidmap busctl mount runc crun ctr-runtime; do
		rm -f "$root/bin/$x"
		printf '#!/bin/busybox sh\necho %s >>/marker\n' $x >"$root/bin/$x"
		chmod 755 "$root/bin/$x"
	done
	mkdir -p "$root/lib/x86_64-linux-gnu/gconv"
	for x in libnss_files.so.2 libnss_compat.so.2 libc.so.6 libseccomp.so.2 libcap.so.2 gconv/gconv-modules; do
		mkfifo "$root/lib/x86_64-linux-gnu/$x"
	done
	# whoever opened these would hang
	for x in passwd group nsswitch.conf ld.so.cache ld.so.preload localtime resolv.conf hosts subuid subgid; do
		mkfifo "$root/etc/$x"
	done
	timeout 10 ctr-runtime run -d -b "$DIR/marks" marks </dev/null >/dev/null 2>&1 3>&-
	timeout 2 ctr-runtime exec -u 0 marks true
	timeout 2 ctr-runtime exec -u 0 --cwd /tmp -e HOME=/x marks echo 2>/dev/null
	timeout 2 ctr-runtime ps marks
	timeout 2 ctr-runtime ps --format json marks
	timeout 2 ctr-runtime state marks
	timeout 5 ctr-runtime delete -f marks
	timeout 10 ctr-runtime create -b "$DIR/marks" marks </dev/null >/dev/null 2>&1 3>&-
	timeout 2 ctr-runtime start marks
	timeout 5 ctr-runtime delete -f marks
	[ ! -e "$root/marker" ]
	if [ -z "$ASAN_OPTIONS" ]; then
		if ldd "$B/bin/ctr-runtime"; then return 1; fi
	fi
	nothing_left
}

@test "sysctls: only those of namespaces that the container has" {
	local key
	run in_container '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "80", "kernel/shm_rmid_forced": "1"}' \
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced
	[ "$(echo "$output" | xargs)" = "80 1" ]
	for key in kernel.core_pattern kernel.sysrq kernel.modprobe kernel.yama.ptrace_scope vm.swappiness fs.file-max \
		fs.binfmt_misc.register kernel.hostname/../core_pattern net/../kernel/core_pattern net..kernel \
		net.ipv4.conf.../x kernel. "" . / net.ipv4/../../kernel/core_pattern 'net.ipv4.x\\ny' 'net.*'; do
		run in_container ".linux.sysctl = {\"$key\": \"1\"}" true
		echo "$key: $output"
		[ "$status" = 1 ]
		[[ $output == *sysctl* ]]
	done
	for pair in network:net.ipv4.ip_forward ipc:kernel.msgmax ipc:fs.mqueue.msg_max uts:kernel.domainname; do
		run in_container ".linux.namespaces |= map(select(.type != \"${pair%%:*}\")) | .hostname = null |
			.linux.sysctl = {\"${pair#*:}\": \"1\"}" true
		[ "$status" = 1 ]
		[[ $output == *"not in a namespace"* ]]
		# one that is joined by path and is the host's all the same
		ns=${pair%%:*}
		ns=${ns/network/net}
		run in_container ".linux.namespaces |= map(if .type == \"${pair%%:*}\" then
			.path = \"/proc/self/ns/$ns\" else . end) | .hostname = null |
			.linux.sysctl = {\"${pair#*:}\": \"1\"}" true
		[ "$status" = 1 ]
		[[ $output == *"not in a namespace"* ]]
	done
	run in_container '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "80+kernel.core_pattern=x"}' true
	[ "$status" = 1 ]
	run in_container '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "80\n1"}' true
	[ "$status" = 1 ]
}

# What the newest engines mask and protect.
newest_masked='["/proc/acpi","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/sched_debug","/proc/scsi",
	"/proc/timer_list","/proc/timer_stats","/proc/interrupts","/sys/firmware","/sys/fs/selinux",
	"/sys/devices/virtual/powercap"]'
newest_readonly='["/proc/asound","/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]'

@test "the paths that are masked and read-only are at least the newest engines', in spec-gen and in spec" {
	local spec=$DIR/generated.json cpu
	printf '%s' '{"schema":"rp.container/1","request":{"command":["true"]},"rootfs":{"user":{"uid":0,"gid":0,"home":"/root"}},
		"container":{"hostname":"h","directory":"/d"}}' | spec-gen --host-cpus 2 >"$spec"
	jq -e --argjson want "$newest_masked" '$want - .spec.linux.maskedPaths == []' "$spec"
	jq -e --argjson want "$newest_readonly" '$want - .spec.linux.readonlyPaths - .spec.linux.maskedPaths == []' "$spec"
	jq -e '.spec.linux.maskedPaths | index("/sys/devices/system/cpu/cpu0/thermal_throttle")' "$spec"
	jq -e --argjson want "$newest_masked" '$want - .linux.maskedPaths == []' "$DIR/base.json"
	jq -e --argjson want "$newest_readonly" '$want - .linux.readonlyPaths - .linux.maskedPaths == []' "$DIR/base.json"
}

@test "what is masked cannot be read, what is read-only cannot be written, by root of the container" {
	local all='.linux.maskedPaths = $m | .linux.readonlyPaths = $r | .process.capabilities |= map_values(["CAP_DAC_OVERRIDE","CAP_SYS_ADMIN"])'
	local pre="$newest_masked as \$m | $newest_readonly as \$r"
	for how in '' '| .root.readonly = false'; do
		bundle one "$pre | $all | .process.args = [\"sleep\",\"1000\"] $how"
		ctr-runtime run -d -b "$DIR/one" one </dev/null >/dev/null 2>&1 3>&-
		mapfile -t paths < <(jq -r '.[]' <<<"$newest_masked")
		run ctr-runtime exec one /bin/probe masked "${paths[@]}"
		[ "$output" = looked ]
		mapfile -t paths < <(jq -r '.[]' <<<"$newest_readonly")
		run ctr-runtime exec one /bin/probe readonly "${paths[@]}"
		[ "$output" = looked ]
		run ctr-runtime exec one sh -c 'for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/ns_last_pid /proc/sysrq-trigger \
			/proc/irq/default_smp_affinity /proc/bus/x /proc/fs/x /proc/sys/kernel/sysrq; do
			[ -e ${f%/*} ] || continue; { echo x >$f; } 2>/dev/null && echo written $f; done; true'
		[ "$output" = "" ]
		gone one
	done
	nothing_left
}

@test "masks hold wherever the configuration has its proc, and however it spells that" {
	local paths proc
	paths=$(jq -c .linux.maskedPaths "$DIR/base.json")
	for proc in /proc /proc/ //proc; do
		run in_container ".mounts |= map(if .type == \"proc\" then .destination = \"$proc\" else . end)" \
			sh -c "/bin/probe masked $(jq -r 'join(" ")' <<<"$paths"); grep -c ' /proc/sys ro,' /proc/self/mountinfo"
		[ "$output" = "looked
1" ]
	done
	# one more on top of it, with options of its own
	run in_container '.mounts += [{destination: "/proc", type: "proc", source: "proc", options: ["hidepid=2"]}]' \
		sh -c "/bin/probe masked $(jq -r 'join(" ")' <<<"$paths")"
	[ "$output" = looked ]
	[ "$(in_container '.linux.maskedPaths = ["/proc/self/../keys", "/proc/./sys", "/proc/version"] | .linux.readonlyPaths = ["/proc/net"]' \
		sh -c 'cat /proc/keys /proc/version; ls /proc/sys')" = "" ]
	# nothing but a procfs covers it
	run in_container '.mounts += [{destination: "/proc", type: "sysfs", source: "sysfs"}]' true
	[ "$status" = 1 ]
}

@test "signals that the caller ignores are not ignored by the command, by run, exec and start" {
	local ignoring="trap '' INT QUIT USR2 PIPE CHLD RTMIN RTMIN+3 RTMAX; exec"
	bundle one '.process.args = ["grep","SigIgn","/proc/self/status"]'
	run bash -c "$ignoring grep SigIgn /proc/self/status"
	# and perhaps more, which who runs the tests ignores
	(((0x${output##*[[:blank:]]} & 0x8000001200011806) == 0x8000001200011806))
	run bash -c "$ignoring ctr-runtime run -b $DIR/one one"
	[ "$output" = "SigIgn:	0000000000000000" ]
	sleeper two
	run bash -c "$ignoring ctr-runtime exec two grep SigIgn /proc/self/status"
	[ "$output" = "SigIgn:	0000000000000000" ]
	gone two
	bash -c "$ignoring ctr-runtime create -b $DIR/one one" </dev/null >"$DIR/said" 2>&1 3>&-
	ctr-runtime start one
	while [ ! -s "$DIR/said" ]; do sleep 0.05; done
	gone one
	[ "$(cat "$DIR/said")" = "SigIgn:	0000000000000000" ]
}

@test "each container has a session keyring of its own, unless asked for the caller's" {
	sleeper keys '.linux.seccomp = null'
	[ "$(ctr-runtime exec keys /bin/probe key-add rptest-key)" = ok ] || skip "no keys here"
	run in_container '.linux.seccomp = null' /bin/probe key-find rptest-key
	[ "$output" = ENOKEY ]
	run "$B/tests/probe" key-find rptest-key
	[ "$output" = ENOKEY ]
	gone keys
	[ "$("$B/tests/probe" key-add rptest-own)" = ok ]
	run in_container '.linux.seccomp = null' /bin/probe key-find rptest-own
	[ "$output" = ENOKEY ]
	bundle one '.linux.seccomp = null | .process.args = ["/bin/probe","key-find","rptest-own"]'
	run ctr-runtime run --no-new-keyring -b "$DIR/one" one
	[ "$output" = ok ]
}

@test "the default profile refuses AF_ALG, AF_VSOCK and io_uring by every entry" {
	run in_container . sh -c 'for f in 38 40; do for c in socket socket32 socketcall32 socketx32; do
		/bin/probe $c $f; done; done; /bin/probe io-uring'
	[ "$status" = 0 ]
	if echo "$output" | grep -qv 'EPERM\|ENOSYS'; then return 1; fi
	[ "$(echo "$output" | wc -l)" = 9 ]
	# io_uring_setup, _enter, _register have the same numbers everywhere; unknown ones are unknown
	run in_container . sh -c 'for c in call call32 callx32; do for n in 425 426 427 9999; do /bin/probe $c $n; done; done'
	[ "$(echo "$output" | sort -u)" = ENOSYS ] || [ "$(echo "$output" | sort -u | xargs)" = "ENOSYS EPERM" ]
	# add_key, request_key, userfaultfd, bpf, perf_event_open, kexec_load, init_module, open_by_handle_at
	run in_container . sh -c 'for n in 248 249 323 321 298 246 175 304; do /bin/probe call $n; done;
		for n in 286 287 374 357 336 283 128 342; do /bin/probe call32 $n; done'
	[ "$(echo "$output" | grep -cv 'EPERM\|ENOSYS')" = 0 ]
	# in exec as well
	sleeper filter
	[[ $(ctr-runtime exec filter /bin/probe socket 38) == E* ]]
	[[ $(ctr-runtime exec filter /bin/probe socketcall32 40) == E* ]]
	gone filter
	# without a filter it is the kernel that answers
	run in_container '.linux.seccomp = null' /bin/probe socket 40
	[ "$output" != EPERM ]
	run in_container '.linux.seccomp = null' /bin/probe call 425
	[ "$output" != EPERM ]
	[ "$output" != ENOSYS ]
}

@test "no way into the caller's terminal, by run and by exec" {
	bundle sti '.process.args = ["/bin/probe","tiocsti"]'
	run script -qec "ctr-runtime run -b $DIR/sti sti" /dev/null </dev/null
	[[ $output == *refused* ]]
	sleeper sti2
	run script -qec "ctr-runtime exec sti2 /bin/probe tiocsti" /dev/null </dev/null
	[[ $output == *refused* ]]
	gone sti2
}

@test "annotations do not reach hooks, loggers or systemd" {
	run in_container ".annotations = {\"run.oci.hooks.stdout\": \"$DIR/outside/x\", \"run.oci.hooks.stderr\": \"$DIR/outside/y\",
		\"org.systemd.property.ExecStart\": \"x\", \"org.criu.config\": \"$DIR/outside/z\", \"run.oci.handler\": \"krun\",
		\"run.oci.keep_original_groups\": \"1\", \"run.oci.delegate-cgroup\": \"../../x\"}
		| .hooks.createRuntime = [{path: \"/bin/echo\", args: [\"echo\",\"hook\"]}]" true
	[ "$status" = 0 ]
	[ -z "$(ls -A "$DIR/outside")" ]
}

# A process that has got the number of a container that has ended: nobody may signal it.
@test "a number that was used again is not taken for the container" {
	bundle reuse '.process.args = ["true"] |
		.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
	cat >"$DIR/reuse/loop" <<-'END'
		# in a pid namespace of its own, whose next number root of it can choose
		hit=0 tried=0
		for i in $(seq "$1"); do
			ctr-runtime run --keep -b "$DIR/reuse" --pid-file "$DIR/reuse/pid" reuse || exit 1
			pid=$(cat "$DIR/reuse/pid")
			echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
			sleep 100 &
			victim=$!
			[ $victim != "$pid" ] || tried=$((tried + 1))
			[ "$(ctr-runtime state reuse | jq -r .status)" = stopped ] || hit=$((hit + 1))
			ctr-runtime kill reuse KILL 2>/dev/null && hit=$((hit + 1))
			ctr-runtime kill --all reuse KILL 2>/dev/null && hit=$((hit + 1))
			ctr-runtime exec reuse true 2>/dev/null && hit=$((hit + 1))
			ctr-runtime delete -f reuse
			kill -0 $victim || hit=$((hit + 1))
			kill -KILL $victim
			wait $victim
		done 2>/dev/null
		echo "$hit hits, $tried tried"
	END
	run unshare --user --map-root-user --pid --fork --mount-proc bash "$DIR/reuse/loop" 200 3>&-
	echo "$output"
	[[ $output == "0 hits, "* ]]
	[[ $output != *", 0 tried" ]]
	nothing_left
}

@test "after the last container nothing pins a namespace or its shared memory" {
	local before pid ns
	before=$(readlink /proc/[0-9]*/ns/ipc 2>/dev/null | sort -u)
	sleeper pod "$full | .linux.seccomp = null"
	pid=$(cat "$DIR/pod/pid")
	ns=$(readlink "/proc/$pid/ns/ipc")
	[ "$ns" != "$(readlink /proc/self/ns/ipc)" ]
	ctr-runtime exec pod sh -c 'echo x >/dev/shm/file'
	gone pod
	run readlink /proc/[0-9]*/ns/ipc
	[[ $output != *"$ns"* ]]
	if grep -qs "${ns//[!0-9]/}" /proc/self/mountinfo; then return 1; fi
	run in_container "$full" sh -c 'ls /dev/shm'
	[ "$output" = "" ]
	nothing_left
}

# by_name TRACE: what was opened by a name below /proc with AT_FDCWD, but for those reads of the
# runtime itself that find out who a process is.
by_name() { grep -E '(open|openat|openat2)\((AT_FDCWD, )?"/proc/' "$1" | grep -v execve; }

@test "procfs is written through descriptors of a verified procfs, never by a name" {
	command -v strace >/dev/null || skip "no strace"
	local child
	bundle traced '.process.args = ["true"] | .process.oomScoreAdj = 500 |
		.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "80"} |
		.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 1000}}'
	strace -f -qq -s 200 -o "$DIR/traced/log" -e trace=open,openat,openat2,write,clone3,setns ctr-runtime run -b "$DIR/traced" traced
	# nothing is opened for writing by a name
	if by_name "$DIR/traced/log" | grep -E 'O_WRONLY|O_RDWR'; then return 1; fi
	# the writes did happen
	grep -q 'write(.*"deny"' "$DIR/traced/log"
	grep -q 'boottime 1000' "$DIR/traced/log" || [ "$(grep -c 'self/timens_offsets' "$DIR/traced/log")" -ge 1 ] ||
		[ "$(grep -c 'write(' "$DIR/traced/log")" -ge 5 ]
	# and the container's process opens nothing there by a name, whatever for, but for the loader of the command
	child=$(awk '!/clone3/ { if (!first) first = $1; if ($1 != first) { print $1; exit } }' "$DIR/traced/log")
	[ -n "$child" ]
	grep "^$child " "$DIR/traced/log" >"$DIR/traced/child"
	run by_name "$DIR/traced/child"
	echo "$output"
	[ "$output" = "" ]
	# exec: nothing by a name once the container's namespaces are joined
	sleeper traced2 '.process.oomScoreAdj = 500'
	strace -f -qq -o "$DIR/traced/log2" -e trace=open,openat,openat2,write,setns ctr-runtime exec traced2 true
	if by_name "$DIR/traced/log2" | grep -E 'O_WRONLY|O_RDWR'; then return 1; fi
	child=$(awk '/setns/ { print $1; exit }' "$DIR/traced/log2")
	[ -n "$child" ]
	awk '/setns/ { on = 1 } on' "$DIR/traced/log2" | grep -v "^$(head -1 "$DIR/traced/log2" | cut -d' ' -f1) " >"$DIR/traced/child2"
	run by_name "$DIR/traced/child2"
	echo "$output"
	[ "$output" = "" ]
	gone traced2
	nothing_left
}
