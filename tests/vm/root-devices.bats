#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# .linux.resources.devices as real root: by eBPF. The containers keep CAP_MKNOD.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { vm_setup; }
teardown_file() { vm_teardown; }

MKNOD='.process.capabilities[] |= (. + ["CAP_MKNOD"] | unique) | .root.readonly = false'

# RULES COMMAND [GLOBAL OPTION...]
in_container() {
	bundle d "$MKNOD | .linux.resources = {devices: $1} | .process.args = [\"sh\",\"-c\",$(jq -nc --arg c "$2" '$c')]"
	shift 2
	ctr-runtime "$@" run -b "$DIR/d" d
}

DENY='{"allow":false,"access":"rwm"}'

# /dev/console and the disk: opening them needs no capability, so that a refusal is the filter's
TRY='mknod /tmp/con c 5 1 && echo made; true </tmp/console && echo read; true >>/tmp/console && echo write; true </tmp/disk && echo disk
	mknod /tmp/null c 1 3 && echo x >/tmp/null && true </dev/zero && echo null; rm -f /tmp/con /tmp/null'

words() { # what worked
	run in_container "$1" "$TRY"
	echo "$output"
	[ "$(grep -xE 'made|read|write|disk|null' <<<"$output" | xargs)" = "$2" ]
}

@test "without a list everything may be used, so that the refusals below are the list's" {
	bundle first
	mknod -m 666 "$DIR/rootfs/tmp/console" c 5 1
	mknod -m 666 "$DIR/rootfs/tmp/disk" b "$(stat -c %Hr /dev/vda)" 0
	words '[]' "made read write disk null"
}

@test "all denied but null: others can be made and not opened" {
	words "[$DENY,{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"}]" "made null"
	[ "$(grep -c 'Operation not permitted' <<<"$output")" = 3 ]
}

@test "kinds of access, wildcards, and the order of rules" {
	words "[$DENY,{\"allow\":true,\"type\":\"c\",\"major\":5,\"minor\":1,\"access\":\"r\"}]" "made read null"
	words "[$DENY,{\"allow\":true,\"type\":\"c\",\"access\":\"m\"}]" "made null"
	words "[$DENY,{\"allow\":true,\"type\":\"b\",\"access\":\"rw\"}]" "made disk null"
	words "[$DENY,{\"allow\":true,\"type\":\"a\"},{\"allow\":false,\"type\":\"c\",\"major\":5,\"minor\":1,\"access\":\"w\"}]" \
		"made read disk null"
	words "[{\"allow\":false,\"type\":\"c\",\"major\":5,\"access\":\"w\"},{\"allow\":true,\"type\":\"c\",\"minor\":-1}]" \
		"made read write null"
}

@test "with systemd's scope as well; a terminal works; wrong rules are named" {
	run in_container "[$DENY]" 'mknod /tmp/new c 1 11; true </tmp/new; rm /tmp/new' --systemd-cgroup
	[[ $output == *"Operation not permitted"* ]]
	bundle d ".linux.resources = {devices: [$DENY]} | .process.terminal = true | .process.args = [\"tty\"]"
	run script -qec "ctr-runtime run -b $DIR/d d" /dev/null
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == */dev/* ]]
	run ! in_container '[{"allow":true,"type":"x"}]' true
	[[ $output == *".linux.resources"*".devices[0].type"* ]]
	run ! in_container '[{"allow":true,"access":"rx"}]' true
	[[ $output == *".devices[0].access"* ]]
	run ! in_container '[{"type":"c"}]' true
	[[ $output == *".devices[0].allow"* ]]
	[ -z "$(ctr-runtime list -q)" ]
}
