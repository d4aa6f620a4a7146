#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime and Podman with it in a cgroup v2 tree that is delegated to the unprivileged user: in a
# private view, so that a host with cgroup v1 beside it will do. Such a tree can freeze and kill; the
# controllers that v1 holds are missing in it.
bats_require_minimum_version 1.5.0

# These tests change mounts: tests/run starts them in namespaces of their own, and says so.
private_mounts() {
	[ -z "${RP_PRIVATE_MOUNTS:-}" ] || return 0
	echo "not in a mount namespace of its own: use make check T=root" >&2
	return 1
}

setup_file() {
	private_mounts
	export TOP
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export B=${B:-$TOP/build}
	if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
		umount -R /sys/fs/cgroup
		mount -t cgroup2 none /sys/fs/cgroup
	fi
	export TREE=/sys/fs/cgroup/rp-test-$$
	mkdir "$TREE"
	"$TOP/tests/as-user" true
	chown -R "${RP_TEST_USER:-rptest}:" "$TREE"
	# on a host that has them here, the tests of missing ones have nothing to look for
	export HAVE
	HAVE=$(cat "$TREE/cgroup.controllers")
}

teardown_file() { rmdir "$TREE"; }

# Whatever a failed test left is killed and removed.
teardown() {
	local kill
	for kill in "$TREE"/*/cgroup.kill; do
		[ ! -e "$kill" ] || echo 1 >"$kill"
	done
	while grep -q "populated 1" "$TREE/cgroup.events"; do sleep 0.05; done
	find "$TREE" -mindepth 1 -depth -type d -exec rmdir {} +
}

# Runs the script on standard input as the user, in the delegated tree, in a home of its own. The
# cgroup is new each time: Linux 6.14 and later kill what other programs start by
# clone3(CLONE_INTO_CGROUP) from a cgroup that was ever killed.
delegated() {
	local script status=0
	script=$(cat)
	mkdir "$TREE/session"
	chown -R "${RP_TEST_USER:-rptest}:" "$TREE/session"
	(
		echo "$BASHPID" >"$TREE/session/cgroup.procs"
		timeout 120 "$TOP/tests/as-user" bash -euo pipefail -c 'PATH=$B/bin:$PATH
			die() { echo "$@"; exit 1; }
			trap "echo \"line \$LINENO: \$BASH_COMMAND\"" ERR
			'"$script" </dev/null 3>&-
	) || status=$?
	echo 1 >"$TREE/session/cgroup.kill"
	while grep -q "populated 1" "$TREE/session/cgroup.events"; do sleep 0.05; done
	rmdir "$TREE/session"
	return $status
}

nothing_left() { [ -z "$(find "$TREE" -mindepth 1 -type d)" ]; }

@test "podman pause, unpause, pods; a limit that cannot be given is refused by its controller" {
	delegated <<-'S'
		engine() {
			podman --root "$HOME/p/root" --runroot "$HOME/p/run" --tmpdir "$HOME/p/tmp" --storage-driver vfs \
				--cgroup-manager cgroupfs --events-backend file --log-level error --runtime "$B/bin/ctr-runtime" "$@"
		}
		status_is() { [ "$(engine inspect -f '{{.State.Status}}' "$1")" = "$2" ]; }
		python3 "$(dirname "$B")/tests/lib/mkimg.py" busybox busybox >/dev/null
		engine pull -q oci:busybox:busybox >/dev/null
		engine run -d --network none --name a busybox sh -c 'while :; do echo x >>/tmp/x; sleep 0.02; done' >/dev/null
		group=/sys/fs/cgroup$(grep ^0:: "/proc/$(engine inspect -f '{{.State.Pid}}' a)/cgroup" | cut -d: -f3)
		[ "$group" != "/sys/fs/cgroup$(grep ^0:: /proc/self/cgroup | cut -d: -f3)" ]
		engine pause a >/dev/null
		status_is a paused
		[ "$(ctr-runtime state "$(engine inspect -f '{{.Id}}' a)" | jq -r .status)" = paused ]
		grep -qx "frozen 1" "$group/cgroup.events"
		if engine exec a true 2>/dev/null; then die "exec in a paused container"; fi
		engine unpause a >/dev/null
		status_is a running
		engine exec a true
		for limit in memory=64m cpus=1; do
			controller=${limit%%=*}
			controller=${controller%s}
			! grep -qw "$controller" "$group/../cgroup.controllers" || continue
			if engine update "--${limit%=*}" "${limit#*=}" a >said 2>&1; then die "update $limit"; fi
			grep -q "the $controller controller is missing" said || die "$(cat said)"
			if engine run --rm --network none "--${limit%=*}" "${limit#*=}" busybox true >said 2>&1; then die "run $limit"; fi
			grep -q "the $controller controller is missing" said || die "$(cat said)"
		done
		status_is a running
		engine rm -f -t 0 a >/dev/null
		[ ! -e "$group" ]
		engine pod create --name p --network none >/dev/null
		engine run -d --pod p --name one busybox sleep 1000 >/dev/null
		engine pod pause p >/dev/null
		status_is one paused
		engine pod unpause p >/dev/null
		status_is one running
		engine pod rm -f -t 0 p >/dev/null
		podman unshare rm -rf "$HOME/p/root" "$HOME/p/run"
	S
	nothing_left
}

bundle='
	mkdir -p b/rootfs/{bin,proc,sys,dev}
	cp /bin/busybox b/rootfs/bin/
	for x in sh sleep cat true; do ln -s busybox "b/rootfs/bin/$x"; done
	(cd b && ctr-runtime spec --rootless)
	config() { jq ".process.terminal = false | $1" b/config.json >b/c && mv b/c b/config.json; }
	config ".process.args = [\"sh\", \"-c\", \"sleep 1000 & sleep 1001\"]"
	run() { ctr-runtime run -d -b b "$@" </dev/null >/dev/null 2>said || { cat said; return 1; }; }
	tree=/sys/fs/cgroup$(grep ^0:: /proc/self/cgroup | cut -d: -f3)
	tree=${tree%/session}
'

@test "pause, resume, ps, kill --all; what was made above the cgroup goes with it" {
	delegated <<-S
		$bundle
		config ".linux.cgroupsPath = \"\${tree#/sys/fs/cgroup}/above/below/c\""
		run c
		until [ "\$(ctr-runtime ps --format json c | jq length)" -ge 2 ]; do sleep 0.05; done
		ctr-runtime pause c
		grep -qx "frozen 1" "\$tree/above/below/c/cgroup.events"
		if ctr-runtime exec c true 2>said; then die "exec in a paused container"; fi
		grep -q paused said
		ctr-runtime resume c
		ctr-runtime exec c cat /proc/self/cgroup | grep -q ::/
		ctr-runtime kill --all c KILL
		while [ "\$(ctr-runtime state c | jq -r .status)" != stopped ]; do sleep 0.05; done
		ctr-runtime delete c
		[ ! -e "\$tree/above" ]
		# a failed create leaves nothing either
		config '.process.args = ["/nosuch"]'
		if run c; then die "ran"; fi
		[ ! -e "\$tree/above" ]
		# what somebody else made stays
		mkdir "\$tree/above"
		config '.process.args = ["true"]'
		ctr-runtime run -b b c
		[ -z "\$(find "\$tree/above" -mindepth 1 -type d)" ]
		rmdir "\$tree/above"
	S
	nothing_left
}

@test "a cgroup with processes of somebody else is refused, and they live on" {
	delegated <<-S
		$bundle
		mkdir "\$tree/other"
		sleep 1000 &
		echo \$! >"\$tree/other/cgroup.procs"
		config ".linux.cgroupsPath = \"\${tree#/sys/fs/cgroup}/other\""
		if run c; then die "ran"; fi
		grep -q "processes of somebody else" said
		ctr-runtime delete -f c
		kill -0 \$!
		kill -KILL \$!
		wait \$! || true
		# empty, it may be used
		run c
		ctr-runtime delete -f c
		[ ! -e "\$tree/other" ]
	S
	nothing_left
}

@test "a cgroup that is frozen, itself or from above, is refused, and nobody waits for it" {
	delegated <<-S
		$bundle
		mkdir "\$tree/ice" "\$tree/ice/sub"
		echo 1 >"\$tree/ice/cgroup.freeze"
		for at in ice ice/sub ice/new; do
			config ".linux.cgroupsPath = \"\${tree#/sys/fs/cgroup}/\$at\""
			if timeout 10 ctr-runtime run -b b c >said 2>&1 </dev/null; then die "ran"; fi
			grep -q "/\$at is frozen" said || die "\$(cat said)"
			[ ! -e "\$tree/ice/new" ] || die "left"
		done
		echo 0 >"\$tree/ice/cgroup.freeze"
		config ".process.args = [\"true\"] | .linux.cgroupsPath = \"\${tree#/sys/fs/cgroup}/ice/sub\""
		timeout 10 ctr-runtime run -b b c </dev/null || die thawed
		[ ! -e "\$tree/ice/sub" ]
		rmdir "\$tree/ice"
	S
	nothing_left
}

@test "a pids limit of 0 is none before 1.3.0; update takes the container's own devices for no change" {
	delegated <<-S
		$bundle
		config ".ociVersion = \"1.2.0\" | .process.args = [\"sleep\",\"1000\"] | .linux.resources = {pids: {limit: 0},
			devices: [{allow: false, access: \"rwm\"}, {allow: true, type: \"c\", major: 1, minor: 3, access: \"r\"}]}"
		run c || die "\$(cat said)"
		jq .linux.resources b/config.json >resources
		ctr-runtime update -r resources c || die "the same"
		jq ".devices |= .[:1]" resources | ctr-runtime update -r - c 2>said && die "others"
		grep -q "devices: what devices container c may use" said || die "\$(cat said)"
		ctr-runtime delete -f c
		config ".ociVersion = \"1.3.0\" | .linux.resources = {pids: {limit: 0}}"
		if [ -n "$HAVE" ]; then exit 0; fi
		if run c; then die "ran"; fi
		grep -q "pids" said || die "\$(cat said)"
	S
	nothing_left
}

# Where the kernel counts kills, a child that is started straight into a cgroup is killed at birth
# unless its parent's was killed as often.
@test "a container and exec from a cgroup that was killed before are in the container's cgroup" {
	delegated <<-S
		$bundle
		mkdir "\$tree/killed"
		echo 1 >"\$tree/killed/cgroup.kill"
		echo \$\$ >"\$tree/killed/cgroup.procs"
		config ".process.args = [\"sleep\", \"1000\"] | .linux.cgroupsPath = \"\${tree#/sys/fs/cgroup}/c\""
		run c || die "run"
		ctr-runtime exec c sleep 1002 &
		until [ "\$(wc -l <"\$tree/c/cgroup.procs")" -ge 2 ]; do
			kill -0 \$! || die "exec: \$(cat said)"
			sleep 0.05
		done
		grep -q . "\$tree/killed/cgroup.procs"
		ctr-runtime exec c cat /proc/self/cgroup >in
		grep -qx "0::/" in || die "\$(cat in)"
		# the intermediate process of joined namespaces as well
		pid=\$(ctr-runtime state c | jq .pid)
		config ".linux.cgroupsPath += \"d\" | del(.linux.uidMappings, .linux.gidMappings) |
			.linux.namespaces |= map(if .type == \"user\" or .type == \"pid\" then .path = \"/proc/\$pid/ns/\(.type)\" else . end)"
		run d || die "run with namespaces to join"
		grep -q . "\$tree/cd/cgroup.procs"
		ctr-runtime delete -f d
		ctr-runtime delete -f c
		wait \$! || [ \$? = 137 ]
		[ ! -e "\$tree/c" ]
		echo \$\$ >"\$tree/session/cgroup.procs"
		rmdir "\$tree/killed"
	S
	nothing_left
}

@test "limits without their controller are refused by its name, and leave nothing" {
	for limit in memory.limit=67108864=memory cpu.quota=50000=cpu pids.limit=10=pids; do
		IFS='=' read -r path value controller <<<"$limit"
		[[ " $HAVE " != *" $controller "* ]] || continue
		delegated <<-S
			$bundle
			config ".linux.resources.$path = $value"
			if run c; then die "ran"; fi
			grep -q "the $controller controller is missing" said || die "\$(cat said)"
			[ -z "\$(ctr-runtime list -q)" ]
		S
	done
	# what containerd always writes is what every cgroup has
	delegated <<-S
		$bundle
		config '.linux.resources.cpu.shares = 1024'
		run c
		ctr-runtime delete -f c
	S
	nothing_left
}

# Not the user but root: no user namespace holds its containers back.
@test "rp as root: no device can be used but the usual ones and those that were asked for" {
	local dir
	dir=$(mktemp -d /tmp/rp-root.XXXXXX)
	run env HOME="$dir" XDG_RUNTIME_DIR="$dir/r" XDG_DATA_HOME="$dir/d" PATH="$B/bin:$PATH" bash -c '
		set -e
		mkdir -m 700 "$HOME/r" "$HOME/d"
		"'"$TOP"'/contrib/mkimage" "$HOME/image" busybox >/dev/null
		rp pull -q "oci:$HOME/image:busybox" >/dev/null
		try() {
			rp run --rm --network none --cap-add MKNOD "$@" busybox sh -c \
				"head -c 1 /dev/zero | wc -c; { mknod /dev/x c 10 229 && true <>/dev/x; } 2>/dev/null && echo opened || echo refused" 3>&-
		}
		try
		try --device /dev/fuse
		try --privileged'
	XDG_DATA_HOME=$dir/d XDG_RUNTIME_DIR=$dir/r HOME=$dir PATH=$B/bin:$PATH rp system reset -f
	XDG_RUNTIME_DIR=$dir/r HOME=$dir "$B/bin/ns-enter-pause" --stop
	rm -rf "$dir"
	echo "$output"
	[ "$output" = $'1\nrefused\n1\nopened\n1\nopened' ]
}

@test "update as root: a list of devices takes the place of the one before; without cgroup v2 one is refused" {
	local dir c
	dir=$(mktemp -d /tmp/rp-root.XXXXXX)
	c() { "$B/bin/ctr-runtime" --root "$dir/state" "$@"; }
	mkdir -p "$dir"/b/rootfs/{bin,proc,sys,dev}
	cp /bin/busybox "$dir/b/rootfs/bin/"
	ln -s busybox "$dir/b/rootfs/bin/sh"
	(cd "$dir/b" && c spec)
	config() {
		jq ".process.terminal = false | .root.readonly = false | .process.args = [\"/bin/busybox\",\"sleep\",\"1000\"] |
			.process.capabilities |= map_values(. + [\"CAP_MKNOD\"]) | .linux.cgroupsPath = \"${TREE#/sys/fs/cgroup}/dev\" |
			.linux.resources.devices = $1" "$dir/b/config.json" >"$dir/b/new"
		mv "$dir/b/new" "$dir/b/config.json"
	}
	opens() { c exec dev sh -c ': <>/dev/x' 2>/dev/null; }
	config '[{"allow":false,"access":"rwm"}]'
	c run -d -b "$dir/b" dev </dev/null >/dev/null 2>&1 3>&-
	c exec dev /bin/busybox mknod /dev/x c 10 229
	run ! opens
	c exec dev sh -c ': >/dev/null'
	jq -n '{devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}]}' | c update -r - dev
	opens
	jq -n '{devices: [{allow: false, access: "rwm"}]}' | c update -r - dev
	run ! opens
	c delete -f dev
	run unshare -m bash -c "mount -t tmpfs none /sys/fs/cgroup && '$B/bin/ctr-runtime' --root '$dir/state' run -b '$dir/b' dev"
	rm -rf "$dir"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"cannot apply .linux.resources.devices"* ]]
}
