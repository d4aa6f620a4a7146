#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each program that can has shut itself in before it reads what others wrote. What the filters of
# confine() do in the kernel is tried in its unit test; here each program's own filter is taken from
# the running program and asked for the calls that its man page forbids.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	rp run --name c --network none busybox echo x
	rp run -d --name up --network none busybox sleep 300
	echo '{"schema":"rp.container/1","request":{"image":"busybox","remove":true,"network":{"mode":"none"}}}' >"$DIR/req"
}
teardown_file() { file_teardown; }

NEVER='ptrace=deny bpf=deny io_uring=deny process_vm_readv=deny pidfd_getfd=deny keyctl=deny
	init_module=deny'
NO_NET='inet=deny vsock=deny netlink=deny'
NO_START='execve=deny fork=deny clone=deny newuser=deny'
NO_MOUNT='mount=deny umount=deny unshare=deny setns=deny'
READER="$NEVER $NO_NET $NO_START $NO_MOUNT unix=deny caps=0"

traced() { strace -f -v -s 64 -e trace=seccomp,capset,openat,openat2,read,connect,execve -o "$DIR/strace" "$@"; }

# PROGRAM's filter was there before TEXT came up in the log, and says what the words say.
says() { # TEXT WORDS
	local text=$1
	shift
	# shellcheck disable=SC2048,SC2086
	python3 "$top/tests/lib/filter.py" "$DIR/strace" "$text" $*
}

# In the user's namespaces, with the pipeline's steps before it.
stage() { # STEPS PROGRAM
	ns-enter-pause --private -- sh -c "$1 strace -v -s 64 -e trace=seccomp,capset,openat,openat2,read,connect -o $DIR/strace $2 >$DIR/doc"
}

@test "ctr-list, ctr-inspect, ctr-load: readers, before a container's record is read" {
	traced ctr-list --all >/dev/null
	says container.json "$READER"
	traced ctr-inspect c >/dev/null
	says container.json "$READER"
	traced ctr-load c >/dev/null
	says container.json "$READER"
}

@test "ctr-logs: a reader, before the log is read" {
	traced ctr-logs c >/dev/null
	says ctr.log "$READER"
}

@test "img-list, img-inspect, img-find: readers, before the index is read" {
	traced img-list >/dev/null
	says index.json "$READER"
	traced img-inspect busybox >/dev/null
	says index.json "$READER"
	traced img-find busybox </dev/null >/dev/null
	says index.json "$READER"
}

@test "json-format, spec-gen, doc-schema: nothing but their pipes" {
	local pipes="$READER open=deny unlink=deny kill=deny read=allow write=allow"
	echo '{"a":1}' >"$DIR/in"
	traced json-format <"$DIR/in" >/dev/null
	says 'read(0' "$pipes"
	traced doc-schema >/dev/null
	says - "$pipes"
	stage "img-find <$DIR/req |" "spec-gen -- true"
	says - "$pipes"
	jq -e .spec "$DIR/doc" >/dev/null
}

@test "ctr-create: a reader that writes our own folders, before it reads its document" {
	stage "img-find <$DIR/req |" ctr-create
	says 'read(0' "$READER"
	ns-enter-pause ctr-cleanup --remove "$(jq -r .container.id "$DIR/doc")"
}

@test "rootfs-mount: before its document, and more before the image's passwd is read" {
	stage "img-find <$DIR/req | ctr-create |" rootfs-mount
	local early=$NO_START
	if [ -e /sys/fs/selinux/enforce ]; then early=; fi
	says 'read(0' "$NEVER $NO_NET unix=deny $early"
	grep -q 'capset(.*permitted=1<<CAP_CHOWN|1<<CAP_DAC_OVERRIDE|.*1<<CAP_SYS_ADMIN|1<<CAP_MKNOD|1<<CAP_SETFCAP,' "$DIR/strace"
	says etc/passwd "$NEVER $NO_NET $NO_START unix=deny"
	ns-enter-pause ctr-cleanup --remove "$(jq -r .container.id "$DIR/doc")"
}

@test "net-slirp-launch: no network and no programs once the helper runs" {
	local mode
	for mode in none slirp4netns pasta; do
		jq ".request.network.mode = \"$mode\"" "$DIR/req" >"$DIR/req.$mode"
		stage "img-find <$DIR/req.$mode | ctr-create | rootfs-mount |" net-slirp-launch
		says 'read(0' "$NEVER vsock=deny"
		run ! says 'read(0' 'caps=none'
		says - "$NEVER $NO_NET $NO_START unix=deny caps=1<<CAP_KILL|1<<CAP_SYS_ADMIN"
		ns-enter-pause ctr-cleanup --remove "$(jq -r .container.id "$DIR/doc")"
	done
}

@test "vol-prepare: no network, mounts or, without SELinux, programs" {
	jq '.request.mounts = [{"type":"volume","source":"vc","destination":"/etc"}]' "$DIR/req" >"$DIR/req.v"
	stage "img-find <$DIR/req.v | ctr-create | rootfs-mount |" vol-prepare
	if [ -e /sys/fs/selinux/enforce ]; then NO_START='newuser=deny'; fi
	says '"vc' "$NEVER $NO_NET $NO_START $NO_MOUNT unix=deny"
	ns-enter-pause ctr-cleanup --remove "$(jq -r .container.id "$DIR/doc")"
}

@test "ctr-attach, ctr-wait: the monitor's socket and nothing else" {
	traced ctr-attach --no-start --no-stdin < <(ctr-load --running up) >/dev/null &
	local attach=$!
	eventually grep -qs 'connect(.*= 0' "$DIR/strace"
	says 'connect(' "$NEVER $NO_NET $NO_START $NO_MOUNT unix=allow caps=0"
	rp stop -t 0 up
	wait "$attach" || true
	rp start up
	rm "$DIR/strace"
	traced ctr-wait up >/dev/null &
	attach=$!
	eventually grep -qs 'connect(.*= 0' "$DIR/strace"
	rp kill up
	wait "$attach"
	says 'connect(' "$NEVER $NO_NET $NO_START $NO_MOUNT unix=allow caps=0"
	rp start up
}

@test "ctr-kill: signals, no programs" {
	traced ctr-kill --signal WINCH up >/dev/null
	says - "$NEVER $NO_NET $NO_START $NO_MOUNT unix=deny"
}

@test "img-remove: files, no programs, no network" {
	traced img-remove --prune >/dev/null
	says index.json "$NEVER $NO_NET $NO_START $NO_MOUNT unix=deny"
}

@test "host-info, selinux-label: before anything is read" {
	traced host-info >/dev/null
	says subuid "$NEVER $NO_NET $NO_MOUNT unix=deny caps=0"
	echo '{"schema":"rp.label/1"}' >"$DIR/in"
	traced selinux-label <"$DIR/in" >/dev/null
	says 'read(0' "$NEVER $NO_NET $NO_START $NO_MOUNT unix=deny"
}

@test "layer-unpack: no network, no programs, before its document is read" {
	img-fetch "oci:$DIR/image:busybox" >"$DIR/fetched"
	ns-enter-pause rm -rf "$XDG_DATA_HOME/rp/layers"
	ns-enter-pause strace -f -v -s 64 -e trace=seccomp,capset,openat,read -o "$DIR/strace" layer-unpack <"$DIR/fetched" >/dev/null
	says 'read(0' "$NEVER $NO_NET execve=deny newuser=deny $NO_MOUNT unix=deny"
	# each layer's own process can start nothing at all
	grep -v "^$(head -1 "$DIR/strace" | cut -d' ' -f1) " "$DIR/strace" >"$DIR/layer"
	mv "$DIR/layer" "$DIR/strace"
	says - "$NEVER $NO_NET $NO_START $NO_MOUNT unix=deny"
}

@test "img-fetch: no programs, no mounts, no privileges, before an index is read" {
	traced img-fetch --policy always "oci:$DIR/image:busybox" >/dev/null
	says '"blobs/sha256' "$NEVER $NO_START $NO_MOUNT $NO_NET unix=deny caps=0"
	# what it needs for configuration and credential helpers stays until then, but no more
	traced img-fetch --policy always "oci:$DIR/image:busybox" </dev/null >/dev/null
	says index.json "$NEVER vsock=deny"
}

@test "cgroup-scope: unix sockets alone, before its input is read" {
	traced cgroup-scope stop <<<'{"schema":"rp.scope/1","unit":"a.scope"}' >/dev/null 2>&1 || true
	says 'read(0' "$NEVER $NO_NET $NO_START $NO_MOUNT unix=allow caps=0"
}
