#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The real systemd as the first process of a rootless container, on cgroup v2 that is delegated. Its
# files are copied from the machine's own root, so that they belong to the container's root.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	vm_setup
	mkdir -p "$DIR/root"
	(
		cd / && tar -c --ignore-failed-read --exclude=usr/lib/modules --exclude=usr/share --exclude='usr/bin/podman*' \
			--exclude=usr/lib/podman --exclude=usr/lib/selinux --exclude=etc/selinux --exclude='usr/bin/crun*' \
			bin sbin lib lib64 usr etc 2>/dev/null | tar -x -C "$DIR/root" 2>/dev/null
	) || true
	mkdir -p "$DIR/root"/{proc,sys,dev,run,tmp,var/log/journal,var/lib,root}
	rm -rf "$DIR/root/etc/systemd/system"/*.wants "$DIR/root/etc/fstab"
	rm -f "$DIR/root/etc/machine-id"
	: >"$DIR/root/etc/machine-id"
	mkdir -p "$DIR/root/etc/systemd/system"
	cat >"$DIR/root/etc/systemd/system/told.service" <<-'END'
		[Unit]
		DefaultDependencies=no
		After=sysinit.target
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/sh -c 'echo "pid1 $(cat /proc/1/comm)"; echo "virt $(systemd-detect-virt)"; cat /proc/self/cgroup; echo told'
		StandardOutput=file:/out/told
	END
	printf '[Unit]\nRequires=told.service\nAfter=told.service\nAllowIsolate=yes\n' >"$DIR/root/etc/systemd/system/small.target"
	ln -sf small.target "$DIR/root/etc/systemd/system/default.target"
	mkdir -p "$DIR/out"
}
teardown_file() { vm_teardown; }

@test "systemd comes up in its own cgroups, and ends by SIGRTMIN+3" {
	rp run -d --name sd --network none -v "$DIR/out:/out" --rootfs "$DIR/root" /sbin/init
	for ((i = 0; i < 300; i++)); do
		! grep -qx told "$DIR/out/told" 2>/dev/null || break
		sleep 0.2
	done
	cat "$DIR/out/told" || { rp logs sd; rp ps -a; false; }
	grep -qx 'pid1 systemd' "$DIR/out/told"
	grep -qx 'virt podman' "$DIR/out/told"
	grep -q '^0::/system.slice/told.service$' "$DIR/out/told"
	[ "$(rp inspect sd -f '{{.Config.StopSignal}}')" = SIGRTMIN+3 ]
	run -0 --separate-stderr rp stop -t 60 sd
	[ -z "$stderr" ]
	[ "$(rp inspect sd -f '{{.State.ExitCode}}')" != 137 ]
	rp rm sd
}
