#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: what a new file system begins with: mode, owner, depth, what can be made in one that is
# read-only; nothing depends on the caller's umask.

load runtime.bash
setup_file() { runtime_setup; }
teardown_file() { runtime_teardown; }
teardown() { untouched; }

tmpfs() { echo ".mounts += [{destination: \"$1\", type: \"tmpfs\", source: \"tmpfs\", options: [${2:-}]}]"; }

@test "a tmpfs has mode and owner of the directory that it covers, and 1777 where there is none" {
	local umask options
	for umask in 022 077; do
		umask $umask
		bundle look "$full | $(tmpfs /have) | $(tmpfs /new/dir) | $(tmpfs /given '"mode=0711"') | $(tmpfs /copy '"tmpcopyup"') |
			.root.readonly = false | .process.args = [\"stat\",\"-c\",\"%a %u %n\",\"/have\",\"/new\",\"/new/dir\",\"/given\",\"/copy\"]" --own
		mkdir -p "$DIR/look/rootfs/have" "$DIR/look/rootfs/copy"
		chmod 2750 "$DIR/look/rootfs/have"
		chmod 1700 "$DIR/look/rootfs/copy"
		# the same when it starts again
		for _ in 1 2; do
			run ctr-runtime run -b "$DIR/look" look
			[ "$output" = "2750 0 /have
755 0 /new
1777 0 /new/dir
711 0 /given
1700 0 /copy" ]
		done
		chmod -R u+w "$DIR/look/rootfs"
		rm -rf "$DIR/look/rootfs"
	done
	umask 022
}

@test "a tmpfs has the owner of the directory that it covers" {
	bundle owner "$full | $(tmpfs /have) | $(tmpfs /copy '"tmpcopyup"') | $(tmpfs /given '"uid=3","mode=0700"') | .process.args =
		[\"stat\",\"-c\",\"%u:%g\",\"/have\",\"/copy\",\"/given\"]" --own
	mkdir "$DIR/owner/rootfs/have" "$DIR/owner/rootfs/copy" "$DIR/owner/rootfs/given"
	ns-enter-pause -- chown 7:8 "$DIR/owner/rootfs/have" "$DIR/owner/rootfs/copy"
	run ctr-runtime run -b "$DIR/owner" owner
	[ "$output" = "7:8
7:8
3:0" ]
	ns-enter-pause -- chown -R 0:0 "$DIR/owner/rootfs"
	ns-enter-pause --stop
}

@test "a read-only tmpfs is filled before it becomes so: /dev, and places of other mounts" {
	run in_container '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)' \
		sh -c 'echo x >/dev/null && [ -L /dev/ptmx ] && [ -c /dev/zero ] && ! touch /dev/x 2>/dev/null && echo good'
	[ "$output" = good ]
	run in_container "$(tmpfs /tmp '"ro"') | .mounts += [{destination: \"/tmp/a/b\", type: \"bind\", source: \"$DIR/canary\", options: [\"bind\"]}]" \
		sh -c 'cat /tmp/a/b; touch /tmp/x 2>/dev/null || echo good'
	[ "$output" = "canary
good" ]
	sleeper ro
	echo '[{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}]' | ctr-runtime mounts add ro -
	run ctr-runtime exec ro touch /tmp/x
	[ "$status" = 1 ]
	gone ro
}

@test "tmpcopyup of a tree of 300 levels" {
	local i path=
	for ((i = 0; i < 300; i++)); do path+=/d; done
	bundle deep "$(tmpfs /deep '"tmpcopyup"') | .process.args = [\"cat\",\"/deep$path/file\"]" --own
	mkdir -p "$DIR/deep/rootfs/deep$path"
	echo bottom >"$DIR/deep/rootfs/deep$path/file"
	run ctr-runtime run -b "$DIR/deep" deep
	[ "$output" = bottom ]
}

@test "the caller's umask reaches nothing: mount points, directories above files, devices, the working directory" {
	umask 077
	bundle mask "$full | .root.readonly = false | .process.cwd = \"/w/x\" | .process.user.umask = 18 |
		.mounts += [{destination: \"/p/dir\", type: \"bind\", source: \"$DIR/outside\", options: [\"bind\"]},
			{destination: \"/q/r/file\", type: \"bind\", source: \"$DIR/canary\", options: [\"bind\"]}] |
		.process.args = [\"stat\",\"-c\",\"%a %n\",\"/p\",\"/q\",\"/q/r\",\"/w\",\"/w/x\",\"/dev/pts\"]" --own
	chmod 755 "$DIR/mask/rootfs"
	run ctr-runtime run -b "$DIR/mask" mask
	umask 022
	[ "$output" = "755 /p
755 /q
755 /q/r
755 /w
755 /w/x
755 /dev/pts" ]
}

@test "devices of the host that are bound are neither setuid nor programs" {
	run in_container . sh -c 'grep " /dev/null " /proc/self/mountinfo'
	[[ $output == *nosuid* ]]
	[[ $output == *noexec* ]]
}

@test "a read-only path is the mount alone; what is mounted below it can be written to" {
	run in_container '.linux.readonlyPaths += ["/dev"]' sh -c 'touch /dev/shm/x && ! touch /dev/x 2>/dev/null && echo good'
	[ "$output" = good ]
}

@test "a host name that is said twice is refused" {
	run in_container '.hostname = "a" | .linux.sysctl = {"kernel.hostname": "b"}' true
	[ "$status" = 1 ]
	[[ $output == *"kernel.hostname beside .hostname"* ]]
	run in_container '.domainname = "a" | .linux.sysctl = {"kernel/domainname": "a"}' true
	[ "$status" = 1 ]
	[[ $output == *"kernel.domainname beside .domainname"* ]]
	run in_container 'del(.hostname) | .linux.sysctl = {"kernel.hostname": "b"}' true
	[[ $output != *beside* ]]
}

@test "a terminal whose output goes to a pipe has lines that end with LF, by run and exec; on a terminal with CR" {
	bundle tty '.process.terminal = true | .process.args = ["echo","line"]'
	[ "$(ctr-runtime run -b "$DIR/tty" tty </dev/null | od -An -tx1 | xargs)" = '6c 69 6e 65 0a' ]
	sleeper tty2
	[ "$(ctr-runtime exec --tty tty2 echo line </dev/null | od -An -tx1 | xargs)" = '6c 69 6e 65 0a' ]
	gone tty2
	[[ "$(script -qec "ctr-runtime run -b $DIR/tty tty" /dev/null </dev/null | od -An -tx1 | xargs)" == *'6c 69 6e 65 0d'* ]]
}
