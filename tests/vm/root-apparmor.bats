#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# .process.apparmorProfile, with a small profile that root loads.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	[ -d /sys/kernel/security/apparmor ] || return 1
	vm_setup
	cat >"$DIR/profile" <<-'P'
		profile rp-test flags=(attach_disconnected,mediate_deleted) {
			file,
			capability,
			signal,
			deny /etc/secret r,
		}
	P
	apparmor_parser -r "$DIR/profile"
	bundle first
	echo secret >"$DIR/rootfs/etc/secret"
	echo public >"$DIR/rootfs/etc/public"
}
teardown_file() {
	apparmor_parser -R "$DIR/profile"
	vm_teardown
}

in_container() {
	bundle a "$1 | .process.args = [\"sh\",\"-c\",\"cat /etc/public /etc/secret /proc/self/attr/current\"]"
	ctr-runtime run -b "$DIR/a" a
}

@test "without a profile the file can be read, with it not" {
	run -0 in_container .
	[ "${lines[1]}" = secret ]
	run in_container '.process.apparmorProfile = "rp-test"'
	echo "$output"
	[[ $output == *public* && $output != *secret$'\n'* ]]
	[[ $output == *"Permission denied"* ]]
	[[ $output == *"rp-test (enforce)"* ]]
}

@test "exec: the container's profile, and --apparmor" {
	bundle e '.process.args = ["sleep","1000"] | .process.apparmorProfile = "rp-test"'
	ctr-runtime run -d -b "$DIR/e" e </dev/null >/dev/null 2>&1 3>&-
	run ! ctr-runtime exec e cat /etc/secret
	[[ $output == *"Permission denied"* ]]
	ctr-runtime delete -f e
	sleeper f .
	run -0 ctr-runtime exec f cat /etc/secret
	run ! ctr-runtime exec --apparmor rp-test f cat /etc/secret
	ctr-runtime delete -f f
}

@test "an unknown profile is a clear error" {
	run ! in_container '.process.apparmorProfile = "nosuch"'
	echo "$output"
	[[ $output == *".process.apparmorProfile"*nosuch*"not loaded"* ]]
	[ -z "$(ctr-runtime list -q)" ]
}

@test "as a user as well" {
	run setpriv --reuid rptest --regid rptest --clear-groups env -i HOME=/home/rptest PATH="$PATH" XDG_RUNTIME_DIR=/run/user/1000 bash -c "
		. $top/tests/vm/lib.bash
		DIR=\$(mktemp -d /tmp/vm.XXXXXX)
		bundle a '.process.apparmorProfile = \"rp-test\" | .process.args = [\"cat\",\"/etc/secret\",\"/proc/self/attr/current\"]'
		echo secret >\$DIR/rootfs/etc/secret
		ctr-runtime run -b \$DIR/a a
		rm -rf \$DIR"
	echo "$output"
	[[ $output == *"Permission denied"* ]]
	[[ $output == *"rp-test (enforce)"* ]]
}
