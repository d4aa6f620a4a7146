#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: what is not the container's own is not changed. A directory of the user's that a
# configuration binds on /dev, or anywhere else, is after a run what it was before.

load runtime.bash
setup_file() { runtime_setup; }
teardown_file() { runtime_teardown; }
teardown() { untouched; }

# A directory with everything in it that a runtime might replace.
user_dir() {
	rm -rf "$DIR/user"
	mkdir -p "$DIR/user/sub" "$DIR/user/pts" "$DIR/user/shm"
	echo mine >"$DIR/user/ptmx"
	echo mine >"$DIR/user/null"
	ln -s elsewhere "$DIR/user/fd"
	ln -s /proc/self/fd/0 "$DIR/user/stdin"
	echo mine >"$DIR/user/sub/zero"
	picture "$DIR/user" >"$DIR/before"
}

picture() { (cd "$1" && find . -printf '%p %y %m %s %l %T@\n' | sort && cat ptmx null sub/zero); }

is_as_before() {
	picture "$DIR/user" >"$DIR/after"
	diff "$DIR/before" "$DIR/after"
}

on() { echo ".mounts += [{destination: \"$1\", type: \"bind\", source: \"$DIR/${2:-user}\", options: [\"rbind\"]}]"; }

# As root of a namespace with one more than its own id, where mknod is tried as well: --fork as a container would.
as_root() { unshare --user --map-root-user --mount "$@"; }

@test "a bound /dev is left alone: links, ptmx, nodes, console" {
	user_dir
	for extra in . '.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 3}, {path: "/dev/x/full", type: "c", major: 1, minor: 7},
		{path: "/dev/pipe", type: "p"}]'; do
		run in_container "$nodev | $(on /dev) | $extra" sh -c 'cat /dev/ptmx; ls -a /dev | wc -l'
		[ "$status" = 0 ]
		# what was asked for and is not made is said
		if [ "$extra" = . ]; then [ "$output" = "mine
9" ]; else [[ $output == *"/dev/x/full is not made"* ]]; fi
		is_as_before
	done
}

@test "a bound /dev is left alone by create and start, and with a terminal" {
	user_dir
	bundle one "$nodev | $(on /dev) | .process.args = [\"true\"]"
	ctr-runtime create -b "$DIR/one" one </dev/null >/dev/null 2>&1 3>&-
	ctr-runtime start one
	ctr-runtime delete -f one
	is_as_before
	bundle one "$nodev | $(on /dev) | .process.terminal = true | .process.args = [\"true\"] |
		.mounts += [{destination: \"/dev/pts\", type: \"devpts\", source: \"devpts\", options: [\"newinstance\",\"ptmxmode=0666\"]}]"
	run ctr-runtime run -b "$DIR/one" one </dev/null
	[ "$status" = 0 ]
	is_as_before
}

@test "directories below a /dev of the container's own that are bound are left alone" {
	user_dir
	for at in /dev/sub /dev/net /dev/shm; do
		run in_container "$(on $at) | .linux.devices = [{path: \"$at/sub/tun\", type: \"c\", major: 1, minor: 3},
			{path: \"$at/null\", type: \"c\", major: 1, minor: 3}]" sh -c 'cat /dev/null; [ -c /dev/null ] && [ -L /dev/ptmx ]'
		[ "$status" = 0 ]
		[[ $output == *"$at/sub/tun is not made"* ]]
		is_as_before
	done
	# a file of the user's in the place of a device stays what the user wanted
	run in_container ".mounts += [{destination: \"/dev/full\", type: \"bind\", source: \"$DIR/user/null\", options: [\"bind\"]}]" head -c 100 /dev/full
	[ "$output" = mine ]
	is_as_before
}

@test "root of a namespace leaves a bound /dev alone" {
	user_dir
	bundle one "del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != \"user\")) |
		.mounts |= map(select(.type != \"cgroup\")) | $nodev | $(on /dev) | .process.args = [\"true\"]"
	as_root ctr-runtime run -b "$DIR/one" one
	is_as_before
}

@test "a working directory is made in the image, not in a bound directory" {
	user_dir
	run in_container "$(on /vol) | .process.cwd = \"/vol/new/dir\"" true
	[ "$status" = 1 ]
	[[ $output == *"/vol/new"*"somebody else"* ]]
	is_as_before
	run in_container "$(on /vol) | .process.cwd = \"/vol/sub\"" true
	[ "$status" = 0 ]
	bundle cwd '.process.cwd = "/new/dir" | .root.readonly = false | .process.args = ["true"]' --own
	ctr-runtime run -b "$DIR/cwd" cwd
	[ -d "$DIR/cwd/rootfs/new/dir" ]
	# nor through a link of the image
	bundle cwd "$(on /vol) | .process.cwd = \"/link/dir\" | .root.readonly = false | .process.args = [\"true\"]" --own
	ln -s /vol/other "$DIR/cwd/rootfs/link"
	run ctr-runtime run -b "$DIR/cwd" cwd
	[ "$status" = 1 ]
	is_as_before
}

@test "links that an image has in /dev lead no device into a bound directory" {
	user_dir
	bundle link "$nodev | $(on /vol) | .process.args = [\"true\"]" --own
	ln -s /vol/made "$DIR/link/rootfs/dev/full"
	ln -s /vol/sub "$DIR/link/rootfs/dev/x"
	jq '.linux.devices = [{path: "/dev/x/made", type: "c", major: 1, minor: 3}]' "$DIR/link/config.json" >"$DIR/c"
	mv "$DIR/c" "$DIR/link/config.json"
	ctr-runtime run -b "$DIR/link" link || true
	is_as_before
	# the image's own links stay, but for ptmx
	bundle link "$nodev | .process.args = [\"true\"]" --own
	rm "$DIR/link/rootfs/dev/full" "$DIR/link/rootfs/dev/x"
	ln -sfn other "$DIR/link/rootfs/dev/stdin"
	ln -sfn other "$DIR/link/rootfs/dev/ptmx"
	ctr-runtime run -b "$DIR/link" link
	[ "$(readlink "$DIR/link/rootfs/dev/stdin")" = other ]
	[ "$(readlink "$DIR/link/rootfs/dev/ptmx")" = pts/ptmx ]
}

@test "what a link of the image mounts onto /dev is what the container has" {
	local filter
	bundle link . --own
	ln -s dev "$DIR/link/rootfs/d"
	for filter in . '.linux.devices = [{path: "/dev/x", type: "p"}]'; do
		rm -rf "$DIR/bound"
		mkdir "$DIR/bound"
		touch "$DIR/bound/mine"
		bundle link "$filter | $(on /d bound) | .mounts += [{destination: \"/dev/late\", type: \"tmpfs\", source: \"late\"}] |
			.process.args = [\"sh\",\"-c\",\"echo /dev/*; grep -c ' /dev/late ' /proc/self/mountinfo\"]" --own
		run ctr-runtime run -b "$DIR/link" link
		# the mount point was asked for by name; nothing else comes into the bound directory
		[ "${output%$'\n'*}" = "/dev/late /dev/mine" ] || [[ $output == *"/dev/x is not made"*"/dev/late /dev/mine"* ]]
		[ "${output##*$'\n'}" = 1 ]
		[ "$(ls "$DIR/bound")" = "late
mine" ]
	done
}

@test "a /dev that is hidden by what is mounted above it is made anew" {
	bundle hidden '.mounts += [{destination: "/foo", type: "tmpfs", source: "tmpfs"}] |
		.process.args = ["sh","-c","ls -ld /dev; echo /foo/dev/*"]' --own
	rmdir "$DIR/hidden/rootfs/dev"
	mkdir -p "$DIR/hidden/rootfs/foo/dev"
	ln -s foo/dev "$DIR/hidden/rootfs/dev"
	run ctr-runtime run -b "$DIR/hidden" hidden
	[[ $output == *"/dev -> foo/dev"*"/foo/dev/null "* ]]
}

@test "masked and read-only paths, tmpcopyup and mounts below change nothing in a bound directory" {
	user_dir
	run in_container "$(on /vol) | .linux.maskedPaths += [\"/vol/ptmx\", \"/vol/sub\", \"/vol/none\"] | .linux.readonlyPaths += [\"/vol/pts\", \"/vol/gone\"] |
		.mounts += [{destination: \"/vol/shm\", type: \"tmpfs\", source: \"tmpfs\", options: [\"tmpcopyup\",\"mode=1777\"]}]" \
		sh -c 'cat /vol/ptmx; ls /vol/sub; touch /vol/shm/x; cat /vol/null'
	[ "$output" = mine ]
	is_as_before
}

@test "nobody else decides where the records are, and nothing is removed that is no container" {
	local root
	mkdir -m 1777 "$DIR/shared"
	mkdir -p "$DIR/home/documents" "$DIR/home/x"
	echo mine >"$DIR/home/documents/file"
	# a link in a directory where everybody may make some
	ln -s "$DIR/home" "$DIR/shared/link"
	mkdir "$DIR/shared/real"
	ln -s "$DIR/home" "$DIR/shared/real/runtime"
	for root in "$DIR/shared/link" "$DIR/shared/link/rp/runtime"; do
		run ctr-runtime --root "$root" delete --force documents
		[ "$status" = 1 ]
		[[ $output == *"symbolic link"* ]]
		run ctr-runtime --root "$root" list
		[ "$status" = 1 ]
	done
	[ -e "$DIR/home/documents/file" ]
	# a directory of another user there
	ns-enter-pause -- sh -c "mkdir '$DIR/shared/other' && chown 7:7 '$DIR/shared/other'"
	run ctr-runtime --root "$DIR/shared/other/rp" list
	[ "$status" = 1 ]
	[[ $output == *"another user"* ]]
	ns-enter-pause -- rmdir "$DIR/shared/other"
	ns-enter-pause --stop
	# what is no container stays, also below a root that was asked for
	for word in "delete --force documents" "create -b $DIR/one documents"; do
		bundle one '.process.args = ["true"]'
		# shellcheck disable=SC2086
		run ctr-runtime --root "$DIR/home" $word
		[ "$status" = 1 ]
		[[ $output == *"not the directory of a container"* ]]
		[ "$(cat "$DIR/home/documents/file")" = mine ]
	done
	# what a killed create has left is removed
	touch "$DIR/home/x/creating" "$DIR/home/x/state.json.tmp.77"
	ctr-runtime --root "$DIR/home" delete --force x
	[ ! -e "$DIR/home/x" ]
	# a record in a directory that others may write to is not believed
	mkdir -m 777 "$DIR/home/x"
	chmod 777 "$DIR/home/x"
	run ctr-runtime --root "$DIR/home" delete x
	[ "$status" = 1 ]
	[[ $output == *"writable for others"* ]]
	rm -rf "${DIR:?}/home" "${DIR:?}/shared"
}
