#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# SELinux enforcing for container_t (see container.cil): what the labels are for. Only root can
# switch it; the containers are a user's.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	DIR=$(mktemp -d /var/tmp/vm.XXXXXX)
	export DIR
	chown rptest "$DIR"
	as_rptest "rp pull -q oci:$top/image:busybox"
	setenforce 1
}
teardown_file() {
	setenforce 0
	as_rptest "rp system reset --force; ns-enter-pause --stop" >/dev/null
	rm -rf "$DIR"
}
teardown() { dmesg | grep 'avc:  denied.*container_t' | grep -v permissive=1 | tail -5; }

as_rptest() {
	setpriv --reuid rptest --regid rptest --init-groups env -i HOME=/home/rptest PATH="$PATH" DIR="$DIR" \
		XDG_RUNTIME_DIR=/run/user/1000 XDG_DATA_HOME="$DIR/d" bash -c "set -e; mkdir -p \$DIR/d; $1"
}

@test "a container reads and writes its own files, tmpfs, named volumes and those with z and Z" {
	run -0 as_rptest 'mkdir $DIR/z $DIR/Z
		rp run --rm --network none --tmpfs /t -v $DIR/z:/z:z -v $DIR/Z:/Z:Z -v named:/n busybox sh -ec "
			cat /proc/self/attr/current
			echo x >/etc/new; cat /etc/new /etc/hostname /etc/hosts >/dev/null; ls /bin >/dev/null
			for d in /t /z /Z /n /dev/shm /tmp; do echo \$d >\$d/file; cat \$d/file; done"'
	echo "$output"
	[[ $output == *container_t:s0:c* ]]
	[[ $output == */tmp ]]
}

@test "without z and Z it is denied, with label=disable not" {
	as_rptest 'mkdir $DIR/plain; echo secret >$DIR/plain/file'
	run ! as_rptest 'rp run --rm --network none -v $DIR/plain:/p busybox cat /p/file'
	[[ $output == *"Permission denied"* && $output != *secret* ]]
	run -0 as_rptest 'rp run --rm --network none --security-opt label=disable -v $DIR/plain:/p busybox cat /p/file'
	[ "$output" = secret ]
}

@test "a container cannot read what another has with Z, but what is shared" {
	as_rptest 'mkdir $DIR/own $DIR/all; echo secret >$DIR/own/file; echo shared >$DIR/all/file
		rp run -d --name holder --network none -v $DIR/own:/own:Z -v $DIR/all:/all:z busybox sleep 1000'
	run -0 as_rptest 'ctr-runtime exec "$(rp inspect --format "{{.Id}}" holder)" cat /own/file'
	[ "$output" = secret ]
	run as_rptest 'rp run --rm --network none -v $DIR/own:/own -v $DIR/all:/all busybox cat /all/file /own/file'
	[[ $output == *shared*"Permission denied"* && $output != *secret* ]]
	as_rptest 'rp rm -f -t 0 holder'
}
