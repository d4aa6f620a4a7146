#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime mounts: into and out of a container that exists, by a user without any privilege and
# by root of a user namespace.
bats_require_minimum_version 1.5.0

setup_file() {
	export B=${B:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}
	export DIR
	DIR=$(mktemp -d /tmp/rpm.XXXXXX)
	export HOME=$DIR XDG_RUNTIME_DIR=$DIR/run PATH=$B/bin:$PATH
	mkdir -m 700 "$DIR/run"
	mkdir -p "$DIR"/rootfs/{bin,tmp,proc,sys,dev,mnt} "$DIR/source/below"
	cp /bin/busybox "$DIR/rootfs/bin/"
	for x in sh true cat ls id sleep grep touch mkdir rm ln; do ln -s busybox "$DIR/rootfs/bin/$x"; done
	echo content >"$DIR/source/file"
	(cd "$DIR" && ctr-runtime spec --rootless && jq --arg root "$DIR/rootfs" '.root.path = $root | .root.readonly = false |
		.process.terminal = false | .process.args = ["sleep","1000"]' config.json >base.json)
}

setup() {
	cd "$DIR" || return
	cp base.json config.json
	outside=$(cat /proc/self/mounts; find "$DIR/source")
}

# Nothing of it may be seen outside, and nothing may stay in the root file system but mount points.
teardown() {
	ctr-runtime delete -f c
	[ "$outside" = "$(cat /proc/self/mounts; find "$DIR/source")" ] || return 1
	find "$DIR/rootfs" -mindepth 1 -empty ! -type l -delete
	mkdir -p "$DIR"/rootfs/{tmp,proc,sys,dev,mnt}
}

teardown_file() {
	ns-enter-pause --stop
	rm -rf "$DIR"
}

start() { ctr-runtime run -d c </dev/null >/dev/null 2>&1 3>&-; }
inside() { ctr-runtime exec c sh -c "$1"; }
# options_of DESTINATION: as the container sees them
options_of() { inside 'cat /proc/self/mountinfo' | awk -v at="$1" '$5 == at { print $6 }'; }
add() { ctr-runtime mounts add c -; }
remove() { ctr-runtime mounts remove c -; }

@test "a directory, a file and a tmpfs are added with their options, and removed" {
	start
	jq -n --arg s "$DIR/source" '{mounts: [
		{type: "bind", source: $s, destination: "/new/rw", options: ["bind", "nosuid"]},
		{type: "bind", source: $s, destination: "/new/ro", options: ["rbind", "ro", "noexec"]},
		{type: "bind", source: "\($s)/file", destination: "/new/etc/file", options: ["bind", "ro"]},
		{type: "tmpfs", source: "tmpfs", destination: "/new/tmpfs", options: ["size=64k", "mode=1700", "nodev"]}]}' >list
	ctr-runtime mounts add c list
	[ "$(inside 'cat /new/rw/file /new/ro/file /new/etc/file')" = "$(printf 'content\ncontent\ncontent')" ]
	inside 'touch /new/rw/made && rm /new/rw/made && touch /new/tmpfs/x'
	run inside 'touch /new/ro/made'
	[[ $output == *"ead-only"* ]]
	run inside 'echo >/new/etc/file'
	[[ $output == *"ead-only"* ]]
	[[ ,$(options_of /new/rw), == *,nosuid,* ]]
	[[ ,$(options_of /new/ro), == *,ro,* && ,$(options_of /new/ro), == *,noexec,* ]]
	[[ ,$(options_of /new/tmpfs), == *,nodev,* ]]
	inside 'grep " /new/tmpfs tmpfs .*size=64k" /proc/mounts' >/dev/null
	[[ $(inside 'ls -ld /new/tmpfs') == drwx-----T* ]]
	# root of the container owns the mount points that were missing
	[ "$(stat -c %u "$DIR/rootfs/new")" = "$(id -u)" ]
	ctr-runtime mounts remove c list
	[ "$(inside 'grep -c /new /proc/mounts; ls /new/rw /new/ro /new/tmpfs; cat /new/etc/file')" = "$(
		printf '0\n/new/ro:\n\n/new/rw:\n\n/new/tmpfs:')" ]
}

@test "an array alone will do; a source is relative to the bundle" {
	start
	echo '[{"type": "bind", "source": "source", "destination": "mnt", "options": ["bind"]}]' >list
	(cd / && ctr-runtime mounts add c "$DIR/list")
	[ "$(inside 'cat /mnt/file')" = content ]
	remove <list
}

@test "links of the container do not lead out of it" {
	start
	mkdir "$DIR/target"
	inside "ln -s '$DIR/target' /tmp/abs; ln -s ../../../../../../../../$DIR/target /tmp/rel; mkdir -p '/$DIR/target'"
	for link in abs rel; do
		echo '[{"type": "tmpfs", "destination": "/tmp/'$link'"}]' >list
		add <list
		[[ -n $(options_of "$DIR/target") ]]
		inside "touch /tmp/$link/x"
		[ -z "$(ls "$DIR/target")" ]
		remove <list
		[ -z "$(options_of "$DIR/target")" ]
	done
	inside 'rm -rf /tmp/abs /tmp/rel'
	rmdir "$DIR/target"
}

@test "what is no mount point, the root and what is masked cannot be removed" {
	jq '.linux.maskedPaths = ["/sys/kernel"] | .linux.readonlyPaths = ["/proc/sys"]' base.json >config.json
	start
	before=$(inside 'cat /proc/mounts')
	run -1 remove <<<'[{"destination": "/mnt"}]'
	[[ $output == *"unmount /mnt: it is not a mount point"* ]]
	run -1 remove <<<'[{"destination": "/nosuch"}]'
	[[ $output == *"unmount /nosuch: "*"o such file"* ]]
	run -1 remove <<<'[{"destination": "/"}]'
	[[ $output == *"unmount /: it is the root"* ]]
	# a link that the container has put in place of the destination
	inside 'ln -s /proc/sys /tmp/way'
	for path in /sys/kernel /proc/sys /tmp/way; do
		run -1 remove <<<'[{"destination": "'$path'"}]'
		[[ $output == *"unmount $path: config.json masks"* ]]
	done
	inside 'rm /tmp/way'
	[ "$before" = "$(inside 'cat /proc/mounts')" ]
}

@test "an error names the mount and its cause" {
	start
	run -1 add <<<'[{"type": "bind", "source": "/nosuch", "destination": "/mnt", "options": ["bind"]}]'
	[[ $output == *"cannot open /nosuch, the source of the mount on /mnt: no such file"* ]]
	run -1 add <<<'[{"type": "tmpfs", "destination": "/proc/fs"}]'
	[[ $output == *"mount tmpfs on /proc/fs: nothing may be mounted inside /proc"* ]]
	run -1 add <<<'[{"type": "tmpfs", "destination": "/mnt", "options": ["nosuch=1"]}]'
	[[ $output == *"mount tmpfs on /mnt: option nosuch=1"* ]]
	for type in proc sysfs cgroup2; do
		run -1 add <<<'[{"type": "'$type'", "destination": "/mnt"}]'
		[[ $output == *"mount $type on /mnt: a file system of this type is made with the container"* ]]
	done
	run -1 add <<<'{"mount": []}'
	[[ $output == *"standard input: .mounts"* ]]
	run -1 add <<<'[{"type": "tmpfs"}]'
	[[ $output == *".mounts[0].destination"* ]]
	run -1 add </dev/null
	[[ $output == *"there is nothing in it"* ]]
	run -1 ctr-runtime mounts change c list
	[[ $output == *'"change" is not add or remove'* ]]
	[ -z "$(options_of /mnt)" ]
	ctr-runtime kill c KILL
	while [ "$(ctr-runtime state c | jq -r .status)" != stopped ]; do sleep 0.05; done
	run -1 add <<<'[{"type": "tmpfs", "destination": "/mnt"}]'
	[[ $output == *"container c is not running"* ]]
}

@test "a kernel without mounts by descriptor is told so" {
	start
	run -1 "$B/tests/enosys" open_tree ctr-runtime mounts add c - <<<'[{"type": "bind", "source": "source",
		"destination": "/mnt", "options": ["bind"]}]'
	[[ $output == *"mount source on /mnt: this kernel has no mounts by descriptor"* ]]
}

@test "in a created container, then started" {
	ctr-runtime create c </dev/null >/dev/null 2>&1 3>&-
	add <<<'[{"type": "bind", "source": "source", "destination": "/mnt", "options": ["bind"]}]'
	[ "$(ctr-runtime state c | jq -r .status)" = created ]
	ctr-runtime start c
	[ "$(inside 'cat /mnt/file')" = content ]
	remove <<<'[{"destination": "/mnt"}]'
	[ -z "$(inside 'ls /mnt')" ]
}

@test "by root of a user namespace, into a container without one of its own" {
	jq '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)' base.json >config.json
	ns-enter-pause -- ctr-runtime run -d c </dev/null >/dev/null 2>&1 3>&-
	echo '[{"type": "bind", "source": "source", "destination": "/mnt", "options": ["bind", "ro"]},
		{"type": "tmpfs", "destination": "/tmp"}]' >list
	ns-enter-pause -- ctr-runtime mounts add c list
	[ "$(ns-enter-pause -- ctr-runtime exec c sh -c 'cat /mnt/file; touch /tmp/x && ls /tmp')" = "$(printf 'content\nx')" ]
	[ "$(ns-enter-pause -- cat /proc/self/mountinfo | grep -c "$DIR/source")" = 0 ]
	ns-enter-pause -- ctr-runtime mounts remove c list
	[ "$(ns-enter-pause -- ctr-runtime exec c ls /mnt /tmp)" = "$(printf '/mnt:\n\n/tmp:')" ]
	ns-enter-pause -- ctr-runtime delete -f c
}
