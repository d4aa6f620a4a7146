#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: attacks on the runtime that are a race: what is swapped while a container starts, and its
# own file while it enters one. Each was seen to succeed on a runtime without the guard.

load runtime.bash
setup_file() { runtime_setup; }
teardown_file() { runtime_teardown; }
teardown() { untouched; }

# Starts of each race; make check-long has the full number.
ROUNDS=${ROUNDS:-300}

all_masked='[.linux.maskedPaths[], "/proc/keys", "/proc/kcore", "/proc/timer_list", "/sys/firmware"] | unique'

# overwritten NAME: half as many pairs of exec as rounds while a process inside opens all it can see.
overwritten() {
	local sum i name=$1 own=$DIR/own/ctr-runtime
	sum=$(sha256sum <"$own")
	bundle "$name" '.process.args = ["/bin/probe","overwrite"] | .root.readonly = false |
		.linux.uidMappings[0].hostID = ($uid | tonumber) | .linux.gidMappings[0].hostID = ($gid | tonumber)' --own
	printf '#!/proc/self/exe\n' >"$DIR/$name/rootfs/bin/self"
	chmod 755 "$DIR/$name/rootfs/bin/self"
	"$own" run -b "$DIR/$name" "$name" >"$DIR/$name/out" 2>"$DIR/$name/err" </dev/null 3>&- &
	background=$!
	runs "$name"
	for ((i = 0; i < ROUNDS / 2; i++)); do
		"$own" exec "$name" /bin/self >/dev/null 2>&1 || true
		"$own" exec "$name" true
	done
	end_background "$name"
	[ "$(cat "$DIR/$name/out")" = 0 ]
	[ "$(sha256sum <"$own")" = "$sum" ]
}

@test "the runtime's own file cannot be overwritten through /proc/PID/exe" {
	mkdir -p "$DIR/own"
	cp "$B/bin/ctr-runtime" "$DIR/own/ctr-runtime"
	overwritten sealed
	nothing_left
}

@test "the runtime's own file cannot be overwritten, as root of a namespace" {
	mkdir -p "$DIR/own"
	cp "$B/bin/ctr-runtime" "$DIR/own/ctr-runtime"
	ROUNDS=$((ROUNDS / 5)) # the other way of protection: a read-only mount
	export -f overwritten
	ROUNDS=$ROUNDS unshare --user --map-root-user --mount \
		bash -ec '. "$1"; overwritten mounted' bash "$BATS_TEST_DIRNAME/runtime.bash" 3>&-
	nothing_left
}

@test "masked paths while /dev/null is swapped for a link" {
	local dev=$DIR/swapnull/rootfs/dev paths
	paths=$(jq -c "$all_masked" "$DIR/base.json")
	bundle swapnull "$nodev | .process.args = [\"/bin/probe\",\"masked\"] + $paths" --own
	: >"$dev/null"
	echo forged >"$DIR/swapnull/rootfs/forged"
	ln -s /forged "$dev/evil"
	swapping "$dev/null" "$dev/evil"
	rounds "$ROUNDS" swapnull looked
	swapped
	[ "$good" -gt 0 ]
	nothing_left
}

# terminal_race NAME: /dev/NAME of the image is swapped for a link while a container with a terminal starts.
terminal_race() {
	local name=swap$1 root=$DIR/swap$1/rootfs i
	bundle "$name" "$nodev"' | .process.terminal = true | .process.args = ["/bin/probe","console"] | .mounts += [
		{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance","ptmxmode=0666"]}]' --own
	mkdir -p "$root/dev/pts" "$root$DIR/outside"
	for i in 0 1 2 ptmx; do echo planted | tee "$root/dev/pts/$i" >"$root$DIR/outside/$i"; done
	: >"$root/dev/console"
	echo inside >"$root$DIR/canary"
	ln -s "$DIR/outside" "$root/dev/pts.evil"
	ln -s "$DIR/canary" "$root/dev/console.evil"
	swapping "$root/dev/$1" "$root/dev/$1.evil"
	good=0 other=0
	for ((i = 0; i < ROUNDS / 2; i++)); do
		ctr-runtime run -b "$DIR/$name" "$name" >"$DIR/$name/out" 2>"$DIR/$name/err" </dev/null || continue
		case $(tr -d '\r' <"$DIR/$name/out") in
		same) good=$((good + 1)) ;;
		other) other=$((other + 1)) ;;
		*) return 1 ;;
		esac
	done
	swapped
	echo "# $name: $good same, $other other of $((ROUNDS / 2))" >&3
	[ "$good" -gt 0 ]
	[ "$(cat "$root$DIR/canary")" = inside ]
	[ "$(cat "$root$DIR/outside/0")" = planted ]
	nothing_left
}

@test "the console is ours while /dev/pts is swapped for a link to planted terminals" {
	terminal_race pts
	[ "$other" = 0 ]
}

# By the time when the probe looks, the link may have the name again; what counts is the canary.
@test "nothing is made through /dev/console while it is swapped for a link" {
	terminal_race console
}

@test "sysctls go to the kernel while /proc is swapped for a link" {
	local root=$DIR/swapproc/rootfs
	bundle swapproc '.linux.sysctl = {"kernel.msgmax": "7777"} | .process.args = ["/bin/probe","msgmax"] |
		.root.readonly = false' --own
	mkdir -p "$root/fake/sys/kernel" "$root/fake/self/attr" "$root/fakesys"
	for f in sys/kernel/msgmax self/attr/exec self/oom_score_adj; do echo untouched >"$root/fake/$f"; done
	ln -s /fake "$root/proc.evil"
	ln -s "$DIR/outside" "$root/sys.evil"
	swapping "$root/proc" "$root/proc.evil" "$root/sys" "$root/sys.evil"
	rounds "$ROUNDS" swapproc 7777
	swapped
	[ "$good" -gt 0 ]
	for f in sys/kernel/msgmax self/attr/exec self/oom_score_adj; do
		[ "$(cat "$root/fake/$f")" = untouched ]
	done
	nothing_left
}

@test "mount targets below a shared volume that are swapped for links stay inside" {
	local before shared=$DIR/shared out=../../../../../../..$DIR/outside i
	mkdir -p "$shared"/{a,c,e,g} "$DIR/src" "$DIR/volrace"
	: >"$DIR/srcfile"
	for i in b d f h; do ln -s "$out" "$shared/$i"; done
	# four mounts a start, each below a directory of its own that is swapped all the time
	bundle volrace ".process.args = [\"true\"] | .root.readonly = false | .mounts += [
		{destination: \"/tmp/m\", type: \"bind\", source: \"$shared\", options: [\"rbind\"]},
		{destination: \"/tmp/m/a/x/y\", type: \"bind\", source: \"$DIR/src\", options: [\"rbind\"]},
		{destination: \"/tmp/m/c/file\", type: \"bind\", source: \"$DIR/srcfile\", options: [\"bind\"]},
		{destination: \"/tmp/m/e/t\", type: \"tmpfs\", source: \"tmpfs\"},
		{destination: \"/tmp/m/g\", type: \"bind\", source: \"$DIR/src\", options: [\"rbind\",\"ro\"]}]" --own
	mkdir -p "$DIR/volrace/rootfs$DIR/outside"
	before=$(md5sum </proc/self/mountinfo)
	swapping "$shared/a" "$shared/b" "$shared/c" "$shared/d" "$shared/e" "$shared/f" "$shared/g" "$shared/h"
	rounds "$((ROUNDS / 2))" volrace
	swapped
	[ "$good" -gt 0 ]
	[ -z "$(ls -A "$DIR/outside")" ]
	[ -z "$(ls -A "$DIR/src")" ]
	[ "$(md5sum </proc/self/mountinfo)" = "$before" ]
	nothing_left
}

@test "/dev stays inside while it is swapped for a link" {
	local root=$DIR/swapdev/rootfs
	bundle swapdev "$nodev"' | .process.args = ["true"]' --own
	mkdir -p "$root$DIR/outside"
	ln -s "$DIR/outside" "$root/dev.evil"
	swapping "$root/dev" "$root/dev.evil"
	rounds "$ROUNDS" swapdev
	swapped
	[ "$good" -gt 0 ]
	[ -z "$(ls -A "$DIR/outside")" ]
	nothing_left
}
