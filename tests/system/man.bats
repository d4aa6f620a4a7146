#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each line under EXAMPLES of a man page is run as it stands there, in a home with the image busybox
# and the containers "web", which runs, and "job", which has ended. Left out are those that need a
# registry in the internet or another tool's files.

load lib.bash

setup_file() {
	file_setup
}
teardown_file() {
	file_teardown
}

setup() {
	cd "$DIR" || return
	rp run -d --name web --label k=v --network none busybox sleep 1000 >/dev/null
	rp run --name job --network none busybox sh -c 'echo out; echo err >&2'
	mkdir -p leftover
}

teardown() {
	rm -rf trace leftover
	rp rm -af -t 0 >/dev/null
}

# The .Dl lines of a page's EXAMPLES, as a reader sees them.
examples() {
	awk '/^\.Sh EXAMPLES/ {on = 1; next} /^\.Sh / {on = 0} on && /^\.Dl / {print substr($0, 5)}' "$1" |
		sed 's/\\e/\\/g; s/\\(dq/"/g'
}

run_page() {
	local line n=0
	while IFS= read -r line; do
		echo "$ $line"
		bash -o pipefail -c "$line" </dev/null
		n=$((n + 1))
	done < <(examples "$top/man/$1")
	[ "$n" -gt 0 ]
}

@test "examples of ctr-attach(1)" {
	run_page ctr-attach.1
}

@test "examples of ctr-cleanup(1)" {
	run_page ctr-cleanup.1
}

@test "examples of ctr-create(1)" {
	run_page ctr-create.1
}

@test "examples of ctr-inspect(1)" {
	run_page ctr-inspect.1
}

@test "examples of ctr-kill(1)" {
	run_page ctr-kill.1
}

@test "examples of ctr-list(1)" {
	run_page ctr-list.1
}

@test "examples of ctr-load(1)" {
	run_page ctr-load.1
}

@test "examples of ctr-logs(1)" {
	run_page ctr-logs.1
}

@test "examples of ctr-monitor(1)" {
	run_page ctr-monitor.1
}

@test "examples of ctr-remove(1)" {
	run_page ctr-remove.1
}

@test "examples of ctr-stop(1)" {
	run_page ctr-stop.1
}

@test "examples of ctr-wait(1)" {
	run_page ctr-wait.1
}

@test "examples of host-info(1)" {
	run_page host-info.1
}

@test "examples of img-list(1)" {
	run_page img-list.1
}

@test "examples of json-format(1)" {
	run_page json-format.1
}

@test "examples of net-slirp-launch(1)" {
	run_page net-slirp-launch.1
}

@test "examples of ns-enter-pause(1)" {
	run_page ns-enter-pause.1
}

@test "examples of ns-pause(1)" {
	run_page ns-pause.1
}

@test "examples of rootfs-mount(1)" {
	run_page rootfs-mount.1
}

@test "examples of selinux-label(1)" {
	run_page selinux-label.1
}

@test "examples of vol-prepare(1)" {
	run_page vol-prepare.1
}

@test "examples of rp(1)" {
	run_page rp.1
}

@test "examples of rp-run(1)" {
	local port line
	port=$(free_port)
	while IFS= read -r line; do
		echo "$ $line"
		bash -c "${line//8080/$port}" </dev/null
	done < <(examples "$top/man/rp-run.1")
}

@test "examples of store-reset(1)" {
	run_page store-reset.1
	[ -z "$(rp ps -aq)" ]
	rp pull -q "oci:$DIR/image:busybox" >/dev/null
}
