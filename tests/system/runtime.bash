# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of ctr-runtime share: a root file system of busybox and the probe, bundles made from
# one base by jq, a canary file and an empty directory outside that nothing may touch, racers.

runtime_setup() {
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

runtime_teardown() {
	local id left
	for id in $(ctr-runtime list -q); do ctr-runtime delete -f "$id"; done
	left=$(pgrep -c -f "ctr-runtime.*$DIR" || true)
	chmod -R u+rwX "$DIR"
	rm -rf "$DIR"
	[ "$left" = 0 ]
}

# For teardown: there bats looks at the last command only.
untouched() {
	[ "$(cat "$DIR/canary")" = canary ] && [ -z "$(ls -A "$DIR/outside")" ]
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
	jq --arg root "$root" --arg uid "$(id -u)" --arg gid "$(id -g)" ".root.path = \$root | .process.terminal = false | $2" \
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

# swapping A B [C D ...]: from here on to swapped, the names of each pair trade places without end.
swapping() {
	"$B/tests/swap" "$@" 3>&- &
	swapper=$!
}

swapped() {
	kill "$swapper"
	wait "$swapper" || true
}

# rounds N BUNDLE [WORD]: runs the bundle N times. Of those whose start succeeded, the output must be
# WORD; starts that the racer made impossible must have said why. Sets $good to how many succeeded.
rounds() {
	local i out status
	good=0
	for ((i = 0; i < $1; i++)); do
		status=0
		out=$(ctr-runtime run -b "$DIR/$2" "$2" 2>"$DIR/$2/err") || status=$?
		if [ "$status" = 0 ]; then
			good=$((good + 1))
			[ "$out" = "${3:-}" ] || {
				echo "round $i of $2: $out"
				return 1
			}
		else
			grep -q ctr-runtime: "$DIR/$2/err" || {
				echo "round $i of $2 failed without a word: $out"
				return 1
			}
		fi
	done
	echo "# $2: $good of $1 started" >&3
}

# The container of a bundle in the background, its output in BUNDLE/out. Ends at SIGUSR1.
in_background() {
	ctr-runtime run -b "$DIR/$1" "$1" >"$DIR/$1/out" 2>"$DIR/$1/err" </dev/null 3>&- &
	background=$!
	runs "$1"
	sleep 0.2
}

# Waits, at most 20 s, until the container runs.
runs() {
	local i
	for ((i = 0; i < 1000; i++)); do
		[ "$(ctr-runtime state "$1" 2>/dev/null | jq -r .status)" != running ] || return 0
		sleep 0.02
	done
	echo "$1 does not run: $(cat "$DIR/$1/err")"
	return 1
}

end_background() {
	ctr-runtime kill "$1" USR1
	wait "$background"
}

# The full map of subordinate ids in place of the single one of the base.
full='del(.linux.uidMappings, .linux.gidMappings)'
# No mount on /dev or below: the image's own directory is used.
nodev='.mounts |= map(select(.destination | test("^/dev") | not)) | .root.readonly = false'
