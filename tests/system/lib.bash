# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the bats files: a store of the test file's own, a small image in it, and the check that
# nothing is left behind.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
B=${B:-$top/build}
export B PATH="$B/bin:$PATH"

# Once a file: a directory with a short path (unix sockets), used as home.
file_setup() {
	DIR=$(mktemp -d /tmp/rpt.XXXXXX)
	export DIR HOME=$DIR XDG_RUNTIME_DIR=$DIR/r XDG_DATA_HOME=$DIR/d XDG_CONFIG_HOME=$DIR/c
	unset RP_STORE RP_RUN REGISTRY_AUTH_FILE CONTAINERS_CONF CONTAINERS_REGISTRIES_CONF
	mkdir -m 700 "$DIR/r" "$DIR/d" "$DIR/c"
	"$top/contrib/mkimage" "$DIR/image" "${1:-busybox}"
	rp pull -q "oci:$DIR/image:${1:-busybox}" >/dev/null
}

file_teardown() {
	local left
	rp system reset --force >/dev/null
	eventually no_processes_of "$DIR" || left=$(processes_of "$DIR")
	ns-enter-pause --stop
	rm -rf "$DIR" 2>/dev/null || { chmod -R u+rwX "$DIR" && rm -rf "$DIR"; }
	if [ -n "$left" ]; then
		echo "processes left behind: $left" >&2
		return 1
	fi
}

no_processes_of() { [ -z "$(processes_of "$1")" ]; }

# Processes that were started with this directory as their home, but for shells of the test itself.
processes_of() {
	local p name
	for p in /proc/[0-9]*; do
		[ "${p#/proc/}" != $$ ] || continue
		grep -qzx "HOME=$1" "$p/environ" 2>/dev/null || continue
		name=$(cat "$p/comm" 2>/dev/null) || continue
		case $name in bats* | bash | cat | grep | rp-pause | timeout) continue ;; esac
		printf '%s(%s) ' "$name" "${p#/proc/}"
	done
}

# No container, run directory, mount or staging directory is there.
nothing_left() {
	local d
	for d in "$XDG_DATA_HOME/rp/containers" "$XDG_DATA_HOME/rp/names" "$XDG_DATA_HOME/rp/staging" \
		"$XDG_DATA_HOME/rp/trash" "$XDG_RUNTIME_DIR/rp/containers"; do
		[ ! -d "$d" ] || [ -z "$(ls -A "$d")" ] || {
			echo "left in $d: $(ls -A "$d")" >&2
			return 1
		}
	done
	if ns-enter-pause cat /proc/self/mountinfo | grep -q "$DIR.*rootfs"; then
		echo "a mount is left" >&2
		return 1
	fi
}

# Waits, bounded, for a condition that another process brings about.
eventually() {
	local i
	for ((i = 0; i < 100; i++)); do
		if "$@"; then
			return 0
		fi
		sleep 0.1
	done
	echo "did not come true: $*" >&2
	return 1
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
