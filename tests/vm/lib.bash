# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the tests in the virtual machine: see guest.

# shellcheck source=tests/system/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/../system/lib.bash"

# A store with the image busybox in it, which came along.
vm_setup() {
	DIR=$(mktemp -d /tmp/vm.XXXXXX)
	export DIR HOME=$DIR XDG_DATA_HOME=$DIR/d XDG_CONFIG_HOME=$DIR/c
	mkdir "$DIR/d" "$DIR/c"
}

vm_image() {
	rp pull -q "oci:$top/image:busybox" >/dev/null
}

vm_teardown() {
	if [ -d "$XDG_DATA_HOME/rp" ]; then
		rp system reset --force >/dev/null
		ns-enter-pause --stop
	fi
	rm -rf "$DIR"
}

own_cgroup() { sed -n 's/^0:://p' "/proc/${1:-self}/cgroup"; }

# The file of the cgroup that a process is in.
cgroup_file() { # PID FILE
	cat "/sys/fs/cgroup$(own_cgroup "$1")/$2"
}

# bundle NAME [FILTER]: a bundle of a small root file system, .process.args is to be given.
bundle() {
	local link
	if [ ! -d "$DIR/rootfs" ]; then
		mkdir -p "$DIR"/rootfs/{bin,dev,etc,proc,sys,tmp}
		cp "$(command -v busybox)" "$B/tests/probe" "$DIR/rootfs/bin/"
		for link in sh sleep cat true echo mknod ls rm mkdir tail tty; do
			ln -s busybox "$DIR/rootfs/bin/$link"
		done
		mkdir "$DIR/base"
		# shellcheck disable=SC2046 # one word or none
		ctr-runtime spec $([ "$(id -u)" = 0 ] || echo --rootless) --bundle "$DIR/base"
	fi
	mkdir -p "$DIR/$1"
	jq --arg root "$DIR/rootfs" ".root.path = \$root | .process.terminal = false | ${2:-.}" \
		"$DIR/base/config.json" >"$DIR/$1/config.json"
}

args() { jq -nc '$ARGS.positional' --args -- "$@"; }

# A container that sleeps: sleeper NAME FILTER [GLOBAL OPTION...]
sleeper() {
	local name=$1
	bundle "$name" "$2 | .process.args = [\"sleep\",\"1000\"]"
	shift 2
	ctr-runtime "$@" run -d -b "$DIR/$name" --pid-file "$DIR/$name/pid" "$name" \
		</dev/null >"$DIR/$name/out" 2>&1 3>&- || { cat "$DIR/$name/out" >&2; return 1; }
	PID=$(cat "$DIR/$name/pid")
}

cgroup_gone() { [ ! -e "/sys/fs/cgroup$1" ]; }
