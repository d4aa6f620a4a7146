#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# SELinux switched on, permissive: who gets which label.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	vm_setup
	# a file system that overlayfs can use
	XDG_DATA_HOME=$(mktemp -d /var/tmp/vm.XXXXXX)
	export XDG_DATA_HOME
	vm_image
	mkdir "$DIR/plain"
	chcon -t user_home_t "$DIR/plain"
}
teardown_file() {
	vm_teardown
	rm -rf "$XDG_DATA_HOME"
}

context() { stat -c %C "$1"; }
in_ns() { ns-enter-pause stat -c %C "$1"; }
labels() { selinux-label <<<"{\"schema\":\"rp.label/1\"$1}"; }
exec_in() { ctr-runtime exec "$(rp inspect --format '{{.Id}}' "$1")" "${@:2}"; }
root_of() { echo "/proc/$(rp inspect --format '{{.State.Pid}}' "$1")/root"; }
run_one() { rp run --rm --network none "$@"; }
inspect_dir() { echo "$XDG_DATA_HOME/rp/containers/$(rp inspect --format '{{.Id}}' "$1")"; }
config() { jq -r "$2" "$(inspect_dir "$1")/config.json"; }

SHARED=system_u:object_r:container_file_t:s0
OWN="^system_u:object_r:container_file_t:s0:c[0-9]+,c[0-9]+\$"

# A directory with a file, a directory and a link that leads out of it.
tree() {
	mkdir -p "$DIR/$1/sub" "$DIR/outside"
	touch "$DIR/$1/file" "$DIR/$1/sub/file"
	ln -sf "$DIR/outside" "$DIR/$1/link"
	chcon -Rh -t user_home_t "$DIR/$1" "$DIR/outside"
}

# All of a tree has this label, what the link leads to has not.
tree_is() {
	local f
	for f in . file sub sub/file link; do
		[ "$(context "$DIR/$1/$f")" = "$2" ] || {
			echo "$f: $(context "$DIR/$1/$f"), not $2" >&2
			return 1
		}
	done
	[[ $(context "$DIR/outside") == *:user_home_t:* ]]
}

@test "it is on, and host-info says so" {
	selinuxenabled
	[ "$(getenforce)" = Permissive ]
	[ "$(rp info --format '{{.host.security.selinuxEnabled}}')" = true ]
}

@test "selinux-label: a process and a file label with the same two categories, each time others" {
	run -0 labels ""
	first=$(jq -r .selinux.mountLabel <<<"$output")
	[[ $first =~ $OWN ]]
	[ "$(jq -r .selinux.processLabel <<<"$output")" = "system_u:system_r:container_t:${first#*_t:}" ]
	[ "$(labels "" | jq -r .selinux.mountLabel)" != "$first" ]
	[ "$(labels ',"security":{"labelDisable":true}' | jq -c .selinux)" = "{}" ]
	run -0 labels ',"security":{"labelType":"other_t","labelLevel":"s0:c5,c6"}'
	[ "$(jq -r .selinux.processLabel <<<"$output")" = system_u:system_r:other_t:s0:c5,c6 ]
	[ "$(jq -r .selinux.mountLabel <<<"$output")" = "$SHARED:c5,c6" ]
	given='"selinux":{"processLabel":"system_u:system_r:container_t:s0:c7,c8","mountLabel":"'$SHARED:c7,c8'"}'
	[ "$(labels ",$given" | jq -c .selinux)" = "{${given#*\{}" ]
	tree a
	labels ",$given,\"relabel\":[{\"source\":\"$DIR/a\",\"shared\":false}]"
	tree_is a "$SHARED:c7,c8"
	labels ",$given,\"relabel\":[{\"source\":\"$DIR/a\",\"shared\":true}]"
	tree_is a "$SHARED"
	run -3 labels ',"selinux":{"processLabel":"x","mountLabel":"y"}'
	[[ $output == *".selinux.processLabel"* ]]
}

@test "run -v: z shares, Z is for this container alone, without either nothing changes" {
	for d in z Z none; do tree $d; done
	run -0 run_one -v "$DIR/z:/z:z" -v "$DIR/Z:/Z:Z" -v "$DIR/none:/none" busybox cat /proc/self/attr/current
	label=$output
	[[ $label =~ ^system_u:system_r:container_t:s0:c[0-9]+,c[0-9]+$ ]]
	tree_is z "$SHARED"
	tree_is Z "$SHARED${label#*container_t:s0}"
	tree_is none "$(context "$DIR/plain")"
}

@test "the label inside is the spec's; its files have it, tmpfs and devpts by context=" {
	run -0 rp run -d --name one --network none --tmpfs /t -v named:/named busybox sleep 1000
	run -0 rp run -d --name two --network none busybox sleep 1000
	process=$(config one .process.selinuxLabel)
	mount=$(config one .linux.mountLabel)
	[[ $mount =~ $OWN ]]
	[ "$(exec_in one cat /proc/1/attr/current | tr -d '\0')" = "$process" ]
	[ "$(exec_in one cat /proc/self/attr/current | tr -d '\0')" = "$process" ]
	[ "$(config two .linux.mountLabel)" != "$mount" ]
	for point in /t /dev /dev/pts /dev/shm /; do
		exec_in one cat /proc/mounts | grep -E "^[a-z]+ $point (tmpfs|devpts|overlay) .*context=\"?$mount"
	done
	dir=$(inspect_dir one)
	[ "$(in_ns "$(root_of one)/bin/busybox")" = "$mount" ]
	exec_in one touch /new
	[ "$(in_ns "$(root_of one)/new")" = "$mount" ]
	[ "$(context "$dir/hostname")" = "$mount" ]
	[ "$(context "$dir/hosts")" = "$mount" ]
	# what containers share is for all of them
	[ "$(in_ns "$XDG_DATA_HOME/rp/volumes/named/_data")" = "$SHARED" ]
	# programs are mapped from the layer, which must be readable for all of them
	layer=$(echo "$XDG_DATA_HOME"/rp/layers/sha256/*/root)
	[ "$(in_ns "$layer/bin/busybox")" = system_u:object_r:container_ro_file_t:s0 ]
	rp stop -t 0 one
	rp start one
	[ "$(config one .linux.mountLabel)" = "$mount" ]
	[ "$(exec_in one cat /proc/1/attr/current | tr -d '\0')" = "$process" ]
	rp rm -f -t 0 one two
}

@test "a layer that was unpacked while it was off gets the label of images at the next start" {
	layer=$(img-find busybox | jq -r '.rootfs.layers[0]')
	ns-enter-pause chcon -Rh -t user_home_t "$layer"
	run -0 --separate-stderr run_one busybox echo up
	[ "$output" = up ]
	[[ $stderr == *"1 layers were unpacked while SELinux was off"* ]]
	[ "$(in_ns "$layer")" = system_u:object_r:container_ro_file_t:s0 ]
	[ "$(in_ns "$layer/bin/busybox")" = system_u:object_r:container_ro_file_t:s0 ]
	run -0 --separate-stderr run_one busybox echo again
	[ -z "$stderr" ]
}

@test "a root file system that is a copy has the label as well" {
	rp create --name copied --network none busybox sleep 1000
	dir=$(inspect_dir copied)
	run -0 ns-enter-pause --private -- bash -o pipefail -c 'ctr-load copied | rootfs-mount --driver vfs >"$DIR/doc"
		stat -c %C "$(jq -r .rootfs.path "$DIR/doc")/bin/busybox" "$(jq -r .rootfs.path "$DIR/doc")"'
	mount=$(jq -r .selinux.mountLabel "$DIR/doc")
	[[ $mount =~ $OWN ]]
	[ "$(jq -r .rootfs.driver "$DIR/doc")" = vfs ]
	[ "${lines[0]}" = "$mount" ]
	[ "${lines[1]}" = "$mount" ]
	rp rm -f -t 0 copied
}

@test "--security-opt label=: disable, type, level; --privileged" {
	none=$(tr -d "\0" </proc/self/attr/current)
	[ "$(run_one --security-opt label=disable busybox cat /proc/self/attr/current | tr -d '\0')" = "$none" ]
	[ "$(run_one --privileged busybox cat /proc/self/attr/current | tr -d '\0')" = "$none" ]
	run -0 run_one --security-opt label=type:other_t busybox cat /proc/self/attr/current
	[[ $output == system_u:system_r:other_t:s0:c* ]]
	tree level
	run -0 run_one --security-opt label=level:s0:c100,c200 -v "$DIR/level:/l:Z" busybox cat /proc/self/attr/current
	[[ $output == system_u:system_r:container_t:s0:c100,c200* ]]
	tree_is level "$SHARED:c100,c200"
	run ! run_one --security-opt label=type:no_such_t busybox true
	[[ $output == *selinuxLabel* ]]
}

@test "the directories of the system and the user's home are never relabelled" {
	for d in / /usr /etc /home /usr/share "$HOME"; do
		before=$(context "$d")
		run -125 run_one -v "$d:/x:Z" busybox true
		echo "$output"
		[[ $output == *"relabelling of $d is not allowed"* ]]
		[ "$(context "$d")" = "$before" ]
	done
	nothing_left
}

@test "ctr-runtime: selinuxLabel, mountLabel, exec --process-label, and a label that the policy has not" {
	P=system_u:system_r:container_t:s0:c1,c2
	M=system_u:object_r:container_file_t:s0:c1,c2
	FILTER=".process.selinuxLabel = \"$P\" | .linux.mountLabel = \"$M\""
	sleeper plain "$FILTER"
	[ "$(tr -d '\0' <"/proc/$PID/attr/current")" = "$P" ]
	for point in /dev /dev/pts /dev/shm /sys/firmware; do
		grep -E "^[a-z]+ $point (tmpfs|devpts) .*context=\"?$M" "/proc/$PID/mounts"
	done
	[ "$(ctr-runtime exec plain cat /proc/self/attr/current | tr -d '\0')" = "$P" ]
	[ "$(ctr-runtime exec --process-label "${P/container_t/other_t}" plain cat /proc/self/attr/current | tr -d '\0')" = \
		"${P/container_t/other_t}" ]
	[ "$(nsenter -U --preserve-credentials -t "$PID" stat -c %C "/proc/$PID/root/dev/mqueue")" = "$M" ]
	echo '[{"type":"tmpfs","source":"tmpfs","destination":"/tmp"}]' | ctr-runtime mounts add plain -
	grep -E "^tmpfs /tmp tmpfs .*context=\"?$M" "/proc/$PID/mounts"
	ctr-runtime delete -f plain
	run ! sleeper bad '.process.selinuxLabel = "system_u:system_r:no_such_t:s0"'
	[[ $output == *".process.selinuxLabel"* ]]
	run ! sleeper bad '.linux.mountLabel = "system_u:object_r:no_such_t:s0"'
	[ -z "$(ctr-runtime list -q)" ]
}

@test "Podman chooses the labels, ctr-runtime applies them" {
	mkdir "$DIR/podman" "$DIR/volume"
	podman() {
		command podman --root "$DIR/podman/root" --runroot "$DIR/podman/run" --tmpdir "$DIR/podman/tmp" \
			--storage-driver vfs --runtime "$B/bin/ctr-runtime" --events-backend file "$@"
	}
	podman pull -q "oci:$top/image"
	run -0 podman run --rm --network none -v "$DIR/volume:/v:Z" "localhost$top/image" cat /proc/self/attr/current
	label=$(tr -d '\0' <<<"$output")
	[[ $label == system_u:system_r:container_t:s0:c*,c* ]]
	[ "$(context "$DIR/volume")" = "$SHARED${label#*container_t:s0}" ]
	podman rmi -fa >/dev/null
	systemctl --user stop 'podman-pause-*.scope'
}
