#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Options of run and create, each seen from inside of the container or in its configuration.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	"$top/contrib/mkimage" "$DIR/image" place WorkingDir='"/srv/app"' User='"1000"' >/dev/null
	"$top/contrib/mkimage" "$DIR/image" colon User='"1:"' >/dev/null
	"$top/contrib/mkimage" "$DIR/image" group User='":1"' >/dev/null
	"$top/contrib/mkimage" "$DIR/image" bare FILE:/etc/shells=x ExposedPorts='{"81/tcp":{},"53/udp":{}}' \
		Volumes='{"/vol":{}}' Healthcheck='{"Test":["CMD","true"]}' >/dev/null
	local name
	for name in place colon group bare; do rp pull -q "oci:$DIR/image:$name" >/dev/null; done
}
teardown_file() { file_teardown; }
teardown() {
	rp rm -f -t 0 --all >/dev/null
	eventually nothing_left 2>/dev/null || nothing_left
}

alone() { rp run --rm --network none "$@"; }
spec() { cat "$XDG_DATA_HOME"/rp/containers/*/config.json; }

@test "--workdir: what is not there is refused, what is mounted is not looked at; the image's own is made" {
	run -126 alone -w /not/there busybox true
	[[ $output == *'workdir "/not/there" does not exist on container '* ]]
	run -126 alone -w /etc/passwd busybox true
	[[ $output == *'exists on container '*', but is not a directory'* ]]
	[ "$(alone -w /v -v here:/v busybox pwd)" = /v ]
	[ "$(alone -w /dev/shm busybox pwd)" = /dev/shm ]
	[ "$(alone -w /t --tmpfs /t busybox pwd)" = /t ]
	run -0 alone place sh -c 'pwd; stat -c %u:%g .'
	[ "$output" = $'/srv/app\n1000:1000' ]
	run -126 alone -w /srv/other place true
}

@test "a user that the image does not know has a name, in the container's own layer alone" {
	run -0 alone -u 1234 busybox sh -c 'tail -n 1 /etc/passwd; tail -n 1 /etc/group; whoami; echo $HOME'
	[ "$output" = $'1234:*:1234:0:container user:/:/bin/sh\n1234:x:1234:1234\n1234\n/' ]
	run -0 alone -u 1234:55 -w /tmp busybox sh -c 'tail -n 1 /etc/passwd; tail -n 1 /etc/group; echo $HOME'
	[ "$output" = $'1234:*:1234:55:container user:/tmp:/bin/sh\n55:x:55:1234\n/tmp' ]
	# known ones, and root, add nothing
	[ "$(alone busybox cat /etc/passwd)" = "$(alone -u 1000 busybox cat /etc/passwd)" ]
	[ "$(alone -u user:staff busybox tail -n 1 /etc/group)" = staff:x:50:user ]
	# the layer of the image is as it was
	run ! grep -r 1234 "$XDG_DATA_HOME"/rp/layers/sha256/*/root/etc
	# at each start once
	rp create --name again --network none -u 1234 busybox cat /etc/passwd >/dev/null
	first=$(rp start -a again)
	[ "$(rp start -a again)" = "$first" ]
	# a read-only root, and a file that is not there
	[ "$(alone --read-only -u 1234 busybox whoami)" = 1234 ]
	run -126 alone -u nosuch busybox true
	[[ $output == *'unable to find user nosuch: no matching entries in passwd file'* ]]
}

@test "--passwd=false, --passwd-entry, --group-entry, --hostuser; mounts of the user's are left alone" {
	run -1 alone --passwd=false -u 1234 busybox sh -c 'grep -c 1234 /etc/passwd /etc/group'
	[ "$output" = $'/etc/passwd:0\n/etc/group:0' ]
	run -0 alone -u 1234:5 --passwd-entry '$USERNAME:x:$UID:$GID:$NAME:$HOME:/bin/x' \
		--group-entry 'g$GROUPNAME:x:$GID:$USERLIST,me' busybox sh -c 'tail -n 1 /etc/passwd; tail -n 1 /etc/group'
	[ "$output" = $'1234:x:1234:5:container user:/:/bin/x\ng5:x:5:1234,me' ]
	run -0 alone --hostuser "$(id -un)" busybox tail -n 1 /etc/passwd
	[ "$output" = "$(id -un):*:$(id -u):$(id -g)::/:/bin/sh" ]
	run -0 alone --hostuser "$(id -un)" -u "$(id -un)" busybox id -u
	[ "$output" = "$(id -u)" ]
	run -126 alone --hostuser nosuch busybox true
	[[ $output == *'no user nosuch'* ]]
	echo mine >"$DIR/passwd"
	[ "$(alone -v "$DIR/passwd:/etc/passwd" -u 1234 busybox cat /etc/passwd)" = mine ]
	[ "$(cat "$DIR/passwd")" = mine ]
}

@test "users without a group, groups without a user, of an image and of the command line" {
	[ "$(alone colon id -u)$(alone colon id -G)" = 10 ]
	[ "$(alone group id -u)$(alone group id -G)" = 01 ]
	[ "$(alone -u 1000: busybox id -G)" = 1000 ]
	[ "$(alone -u 1000 busybox id -G)" = "1000 50" ]
	[ "$(alone -u :staff busybox id -G)" = 50 ]
}

@test "/run/.containerenv says nothing, but to a privileged container" {
	[ "$(alone busybox wc -c /run/.containerenv)" = "0 /run/.containerenv" ]
	run -0 alone --privileged --name priv busybox cat /run/.containerenv
	[[ $output == *'name="priv"'*'rootless=1'* ]]
}

@test "what Podman only warns of: ports without a network for them, -it without a terminal" {
	for net in none host; do
		run -0 --separate-stderr rp run --rm --network $net -p 8080:80 busybox true
		[[ $stderr == *'Port mappings have been discarded as one of the Host, Container, Pod, and None network modes are in use' ]]
	done
	run -0 --separate-stderr alone -it busybox echo hi </dev/null
	[[ $output == hi* ]]
	[ "$stderr" = 'rp: warning: The input device is not a TTY. The --tty and --interactive flags might not work properly' ]
	run -0 --separate-stderr alone -i busybox echo hi </dev/null
	[ -z "$stderr" ]
}

@test "a start that fails keeps the container as Podman does; a wrong request leaves none" {
	kept() { # STATUS OPTION...
		local want=$1
		shift
		run -"$want" rp run --name kept "$@" busybox true
		[ "$(rp ps -a --format '{{.Names}}')" = kept ] || return 1
		rp rm kept >/dev/null
		nothing_left || return 1
		run -"$want" rp run --rm "$@" busybox true
		nothing_left || return 1
		run -"$want" rp run -d --name kept "$@" busybox true
		rp rm kept >/dev/null
	}
	refused() {
		run -125 rp run --name none "$@" busybox true
		nothing_left || return 1
	}
	kept 126 --network none -u nosuch
	kept 126 --network none -u 0:nosuch
	kept 126 --network none -w /nosuch
	kept 126 --network slirp4netns:bogus=1
	refused --network none -v "$DIR/nosuch:/x"
	refused --network none --sysctl kernel.foo=1
	refused --network none --cap-add NOSUCH
	refused --network none --runtime "$DIR/nosuch"
	refused --network none --volumes-from nosuch
	refused --network none --requires nosuch
	refused --network container:nosuch
	refused --network none --hostname -x
	run -127 rp run -d --name kept --network none busybox nosuch
	rp rm kept >/dev/null
}

@test "a port in use: create goes on, run ends with 126 and keeps the container, which can start later" {
	python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' >"$DIR/port" &
	holder=$!
	eventually test -s "$DIR/port"
	port=$(cat "$DIR/port")
	run -126 rp run --name one -p "127.0.0.1:$port:80" busybox true
	[[ $output == *"cannot publish 127.0.0.1 port $port/tcp"* ]]
	rp create --name two -p "127.0.0.1:$port:80" busybox true >/dev/null
	kill $holder
	wait $holder || true
	run -0 rp start -a one
}

@test "the streams of a detached container with ports are not held open by a helper" {
	run -0 timeout 20 bash -c 'rp run -d --name held -p 127.0.0.1::80 busybox sleep 60 2>&1 | cat'
	[ "$(rp ps -q)" != "" ]
}

@test "--dns none leaves the image's resolv.conf; options that contradict each other" {
	run -1 rp run --rm --network slirp4netns --dns none busybox cat /etc/resolv.conf
	says() { # TEXT OPTION...
		local text=$1
		shift
		run -125 rp create "$@" busybox true
		[[ $output == *"$text"* ]] || { echo "$output"; return 1; }
	}
	says 'conflicting options: dns and the network mode: none' --network none --dns none
	says '--dns none and other servers' --dns none --dns 192.0.2.1
	says '--no-hosts and --add-host cannot be set together' --no-hosts --add-host a:192.0.2.1
	says "the '--group-add keep-groups' option is not allowed with any other" --group-add keep-groups --group-add 5
	says 'cannot set hostname when running in the host UTS namespace' --uts host --hostname a
	says 'is not a valid host name' --hostname 'a b'
	says 'cgroup v2 has no realtime' --cpu-rt-runtime 5
	says 'cgroup v2 has no swappiness' --memory-swappiness 5
	says 'cannot switch the OOM killer off' --oom-kill-disable
	rp create --oom-kill-disable=false --network none busybox true >/dev/null
	says '--rmi is for a container that runs in the foreground' --rmi
	rp create --disable-content-trust --network none busybox true >/dev/null
}

@test "--group-add keep-groups: the caller's groups are kept" {
	rp create --name keep --network none --group-add keep-groups busybox true >/dev/null
	rp start -a keep
	[ "$(spec | jq -r '.annotations["run.oci.keep_original_groups"]')" = 1 ]
	[ "$(spec | jq -c '.process.user.additionalGids')" = '[0]' ]
	if command -v runc >/dev/null; then
		run -125 alone --runtime runc --group-add keep-groups busybox true
		[[ $output == *"does not keep the caller's groups"* ]]
	fi
}

@test "--hosts-file, and the host's own entries" {
	printf '192.0.2.7 seven\n' >"$DIR/hosts"
	run -0 alone --hosts-file "$DIR/hosts" busybox cat /etc/hosts
	[[ $output == *'192.0.2.7 seven'* ]]
	run -0 alone --hosts-file none --add-host eight:192.0.2.8 busybox cat /etc/hosts
	[[ $output == *192.0.2.8*eight* ]]
	[ "$(grep -cvE 'localhost|eight|host.containers.internal|127.0.0.1' <<<"$output")" = 0 ]
	run -0 alone busybox cat /etc/hosts
	while read -r ip name _; do
		case $ip$name in '#'* | *localhost* | *ip6-loopback* | '') continue ;; esac
		[[ $output == *"$ip"*"$name"* ]] || { echo "missing $ip $name"; return 1; }
	done </etc/hosts
	run -125 alone --hosts-file "$DIR/nosuch" busybox true
}

@test "--mount type=devpts, ramfs, image, glob, tmpfs without copy" {
	run -0 alone -t --mount type=devpts,destination=/dev/pts,mode=600 busybox sh -c 'grep " /dev/pts " /proc/mounts; tty'
	[[ $output == *mode=600*/dev/pts/0* ]]
	run -0 alone --mount type=ramfs,dst=/r busybox sh -c 'grep " /r " /proc/mounts; touch /r/x'
	[[ $output == *'/r ramfs '* ]]
	run -1 alone --mount type=image,source=busybox,destination=/i busybox sh -c 'ls /i/bin/busybox; touch /i/x'
	[[ $output == */i/bin/busybox*'Read-only file system'* ]]
	rp create --name change --network none --mount type=image,source=busybox,destination=/i,rw=true busybox \
		sh -c 'test ! -e /i/x && touch /i/x && ls /i/x' >/dev/null
	[ "$(rp start -a change)" = /i/x ]
	[ "$(rp start -a change)" = /i/x ] # new at each start
	run ! test -e "$XDG_DATA_HOME"/rp/layers/sha256/*/root/x
	run -125 alone --mount type=image,source=nosuch,destination=/i busybox true
	[[ $output == *'image nosuch: no such image'* ]]
	# an image that is mounted is in use
	"$top/contrib/mkimage" "$DIR/image" tool FILE:/etc/tool=x >/dev/null
	rp pull -q "oci:$DIR/image:tool" >/dev/null
	rp create --name user --network none --mount type=image,source=tool,destination=/i busybox cat /i/etc/tool >/dev/null
	run -2 rp rmi tool
	[[ $output == *'is used by container'* ]]
	[ "$(rp start -a user)" = x ]
	rp rm user >/dev/null
	rp rmi tool >/dev/null
	touch "$DIR/g1" "$DIR/g2"
	[ "$(alone --mount "type=glob,source=$DIR/g?,destination=/g,ro" busybox ls /g | xargs)" = "g1 g2" ]
	run -125 alone --mount "type=glob,source=$DIR/nosuch*,destination=/g" busybox true
	[[ $output == *'no file matches the glob'* ]]
	[ -z "$(alone --mount type=tmpfs,destination=/home,notmpcopyup busybox ls /home)" ]
	[ "$(alone --mount type=tmpfs,destination=/home busybox ls /home)" = user ]
	run -125 alone --mount type=bogus,destination=/x busybox true
	run -125 alone --mount type=tmpfs,destination=/x,bind-propagation=shared busybox true
	[[ $output == *'a mount of type tmpfs has no option bind-propagation'* ]]
}

@test "-v SRC:DST:O: changes are the container's own and go with it; the source stays" {
	mkdir "$DIR/o"
	echo old >"$DIR/o/file"
	rp create --name over --network none -v "$DIR/o:/o:O" busybox \
		sh -c 'cat /o/file; echo new >/o/file; rm /o/file; touch /o/more; ls /o' >/dev/null
	[ "$(rp start -a over | xargs)" = "old more" ]
	[ "$(rp start -a over | xargs)" = "old more" ]
	[ "$(ls "$DIR/o")$(cat "$DIR/o/file")" = fileold ]
	rp run --rm --network none -v named:/n busybox touch /n/a
	[ "$(alone -v named:/n:O busybox sh -c 'touch /n/b; ls /n' | xargs)" = "a b" ]
	[ "$(alone -v named:/n busybox ls /n)" = a ]
	run -1 alone -v "$DIR/o:/o:O,ro" busybox touch /o/x
	run -125 alone -v "$DIR/o:/o:O,U" busybox true
	run -125 alone -v "$DIR/o:/o:bogus" busybox true
	[[ $output == *'unknown volume option "bogus"'* ]]
}

@test "--security-opt systempaths=, proc-opts=, mask= and unmask= more than once, apparmor=" {
	[ "$(alone busybox sh -c 'grep -c " /proc/" /proc/mounts')" -gt 0 ]
	run -1 alone --security-opt systempaths=unconfined busybox sh -c 'grep -c " /proc/" /proc/mounts'
	[ "$output" = 0 ]
	run -0 alone --security-opt proc-opts=hidepid=2 busybox grep ' /proc ' /proc/mounts
	[[ $output == *hidepid=* ]]
	rp create --name masks --network none --security-opt mask=/etc/shells --security-opt mask=/a:/b \
		--security-opt unmask=/proc/kcore --security-opt apparmor=unconfined busybox true >/dev/null
	rp start -a masks
	[ "$(spec | jq -c '[.linux.maskedPaths[] | select(. == "/a" or . == "/b" or . == "/etc/shells" or . == "/proc/kcore")]')" = '["/etc/shells","/a","/b"]' ]
	[ "$(spec | jq '.process | has("apparmorProfile")')" = false ]
	run -125 alone --security-opt systempaths=x busybox true
	run -125 alone --security-opt bogus=x busybox true
}

@test "--attach: only the streams that are named" {
	[ "$(alone -a stdout busybox sh -c 'echo o; echo e >&2' 2>&1)" = o ]
	[ "$(alone -a stderr busybox sh -c 'echo o; echo e >&2' 2>&1)" = e ]
	[ "$(alone -a stdout,stderr busybox sh -c 'echo o; echo e >&2' 2>&1 | sort | xargs)" = "e o" ]
	run -7 bash -c 'echo 7 | rp run --rm --network none -a stdin busybox sh -c "read x; echo no; exit \$x"'
	[ -z "$output" ]
	run -125 alone -a bogus busybox true
}

@test "--tz, --umask, --personality, --uts, --cgroupns, --timeout" {
	[ "$(alone --tz Asia/Tokyo busybox date +%Z)" = JST ]
	[ "$(alone --tz local busybox date +%z)" = "$(date +%z)" ]
	run -125 alone --tz No/Where busybox true
	run -125 alone --tz ../../etc/passwd busybox true
	[ "$(alone --umask 077 busybox sh -c umask)" = 0077 ]
	if [ "$(uname -m)" = x86_64 ]; then
		[ "$(alone --personality LINUX32 busybox uname -m)" = i686 ]
	fi
	[ "$(alone --uts host busybox hostname)" = "$(hostname)" ]
	[ "$(alone --cgroupns host busybox readlink /proc/self/ns/cgroup)" = "$(readlink /proc/self/ns/cgroup)" ]
	[ "$(alone busybox readlink /proc/self/ns/cgroup)" != "$(readlink /proc/self/ns/cgroup)" ]
	run -255 timeout 20 rp run --rm --network none --timeout 1 busybox sleep 60
	run -0 alone --timeout 60 busybox true
}

@test "--preserve-fds: the caller's descriptors, and no others" {
	echo three >"$DIR/three"
	run -0 bash -c 'rp run --rm --network none --preserve-fds 1 busybox sh -c "cat <&3; ls /proc/self/fd" 3<"$DIR/three" 4<"$DIR/three"'
	[ "$(xargs <<<"$output")" = "three 0 1 2 3 4" ] # 4 is that of ls itself
	run -0 bash -c 'rp run -d --name fds --network none --preserve-fds 2 busybox sh -c "cat <&4; sleep 60" 3<"$DIR/three" 4<"$DIR/three"'
	eventually grep -q three <(rp logs fds)
	run -125 bash -c 'rp run --rm --network none --preserve-fds 2 busybox true 3<"$DIR/three" 4<&-'
	[[ $output == *'descriptor 4 is not open'* ]]
	# they are not kept for a later start, nor open in the monitor
	pid=$(jq .pid "$XDG_RUNTIME_DIR"/rp/containers/*/monitor.json)
	run ! bash -c "readlink /proc/$pid/fd/* | grep -x '$DIR/three'"
	rp stop -t 0 fds >/dev/null
	rp start fds >/dev/null
}

@test "--conmon-pidfile, --pidfile" {
	rp run -d --name pids --network none --conmon-pidfile "$DIR/monitor" --pidfile "$DIR/first" busybox sleep 60 >/dev/null
	[ "$(cat "$DIR/first")" = "$(rp inspect pids -f '{{.State.Pid}}')" ]
	[ "$(cat "$DIR/monitor")" = "$(rp inspect pids -f '{{.State.ConmonPid}}')" ]
	[ "$(cat "/proc/$(cat "$DIR/monitor")/comm")" = ctr-monitor ]
}

@test "--expose and --publish-all: each exposed port on a free one of the host" {
	rp run -d --name all -P --expose 8000-8001 --expose 81 --network slirp4netns bare sleep 60 >/dev/null
	run -0 rp port all
	[ "$(cut -d' ' -f1 <<<"$output" | sort | xargs)" = "53/udp 8000/tcp 8001/tcp 81/tcp" ]
	[ "$(rp inspect all -f '{{json .Config.ExposedPorts}}' | jq -c 'keys')" = '["53/udp","8000/tcp","8001/tcp","81/tcp"]' ]
	[ "$(rp inspect all -f '{{.HostConfig.PublishAllPorts}}')" = true ]
	before=$output
	rp stop -t 0 all >/dev/null
	rp start all >/dev/null
	[ "$(rp port all)" = "$before" ]
	run -125 alone --expose foo busybox true
	run -0 alone -P --expose 80 busybox true
}

@test "--image-volume: an anonymous volume, a tmpfs, or nothing" {
	mounted() { alone "$@" bare sh -c 'grep " /vol " /proc/mounts || echo none'; }
	[[ $(mounted) != *tmpfs* ]]
	[[ $(mounted) == *'/vol '* ]]
	[[ $(mounted --image-volume tmpfs) == 'tmpfs /vol tmpfs '* ]]
	[ "$(mounted --image-volume ignore)" = none ]
	run -125 alone --image-volume bogus bare true
}

@test "--no-healthcheck, and the image's check in inspect" {
	rp create --name one --network none bare true >/dev/null
	rp create --name two --network none --no-healthcheck bare true >/dev/null
	[ "$(rp inspect one -f '{{json .Config.Healthcheck.Test}}')" = '["CMD","true"]' ]
	[ "$(rp inspect two -f '{{json .Config.Healthcheck.Test}}')" = '["NONE"]' ]
}

@test "--env-merge, --chrootdirs, --init-path" {
	run -0 alone -e A=1 --env-merge 'PATH=${PATH}:/x' --env-merge 'A=$A${A}b' --env-merge 'C=-$NOPE-$' busybox \
		sh -c 'echo $PATH; echo $A; echo $C'
	[[ ${lines[0]} == /*:/x ]]
	[ "${lines[1]}" = 11b ]
	[ "${lines[2]}" = '--$' ]
	run -0 alone --chrootdirs /home busybox sh -c 'grep -c "^[^ ]* /home/etc/" /proc/mounts; cmp /etc/hosts /home/etc/hosts || cat /home/etc/hosts'
	[ "${lines[0]}" = 2 ]
	run -125 alone --init --init-path "$DIR/nosuch" busybox true
	cp "$(command -v catatonit || echo /usr/libexec/podman/catatonit)" "$DIR/init"
	rp create --name init --network none --init --init-path "$DIR/init" busybox true >/dev/null
	rp start -a init
	[ "$(spec | jq -r '.mounts[] | select(.destination == "/run/podman-init").source')" = "$DIR/init" ]
}

@test "limits of I/O, files of the cgroup, its parent: in the configuration of the runtime" {
	rp create --name io --network none --blkio-weight 200 --blkio-weight-device /dev/null:300 --device-read-bps /dev/null:1mb \
		--device-write-iops /dev/zero:9 --cgroup-conf memory.high=1000000 --cgroup-parent /mine busybox true >/dev/null
	doc() { RP_STORE= ; ctr-load io | jq -c "$1"; }
	[ "$(doc .request.resources.deviceReadBps)" = '[{"path":"/dev/null","major":1,"minor":3,"rate":1048576}]' ]
	spec=$(ctr-load io | jq '.network = {"mode": "none"} | .rootfs.user = {"uid": 0, "gid": 0, "home": "/"}' | spec-gen | jq -c .spec.linux)
	[ "$(jq -c .resources.blockIO <<<"$spec")" = '{"weight":200,"weightDevice":[{"major":1,"minor":3,"weight":300}],"throttleReadBpsDevice":[{"major":1,"minor":3,"rate":1048576}],"throttleWriteIOPSDevice":[{"major":1,"minor":5,"rate":9}]}' ]
	[ "$(jq -c .resources.unified <<<"$spec")" = '{"memory.high":"1000000"}' ]
	[ "$(jq -r .cgroupsPath <<<"$spec")" = "/mine/rp-$(rp inspect io -f '{{.Id}}')" ]
	[ "$(rp inspect io -f '{{json .HostConfig.BlkioDeviceReadBps}} {{.HostConfig.BlkioWeight}} {{.HostConfig.CgroupParent}}')" = \
		'[{"Path":"/dev/null","Rate":1048576}] 200 /mine' ]
	run -125 rp create --device-read-bps "$DIR:1" busybox true
	run -125 rp create --blkio-weight 5 busybox true
	run -125 rp create --cgroup-conf nosuch busybox true
}

@test "--cgroups=disabled: the cgroup is the caller's" {
	[ "$(alone --cgroups disabled --cgroupns host busybox cat /proc/self/cgroup | tail -n 1)" = "$(tail -n 1 /proc/self/cgroup)" ]
	[ "$(alone --cgroups no-conmon busybox echo hi)" = hi ]
	run -125 alone --cgroups bogus busybox true
}

@test "--rmi: the image goes with the container, unless others use it" {
	"$top/contrib/mkimage" "$DIR/image" gone FILE:/etc/gone=x >/dev/null
	rp pull -q "oci:$DIR/image:gone" >/dev/null
	run -3 rp run --rmi --network none gone sh -c 'exit 3'
	run -1 rp image exists gone
	nothing_left
	rp pull -q "oci:$DIR/image:gone" >/dev/null
	rp create --name user --network none gone true >/dev/null
	run -0 rp run --rmi --network none gone true
	rp image exists gone
}

@test "--rootfs: a directory as it is, or with a layer on top; --arch, --os, --variant" {
	mkdir -p "$DIR/root/bin"
	cp /bin/busybox "$DIR/root/bin/sh"
	cd "$DIR"
	[ "$(alone --rootfs ./root:O /bin/sh -c 'echo x >/new; exec sh -c "echo hi"')" = hi ]
	[ "$(ls root)" = bin ]
	[ "$(alone -u 1234 --rootfs root /bin/sh -c 'echo hi')" = hi ]
	run ! test -e root/etc/passwd
	run -125 alone --rootfs ./nosuch /bin/sh
	rp create --name dir --network none --rootfs root /bin/sh -c 'echo again' >/dev/null
	[ "$(rp start -a dir)" = again ]
	[ "$(rp inspect dir -f '{{.Rootfs}}')" = "$DIR/root" ]
	run -125 alone --pull never --arch s390x busybox true
	[[ $output == *'not for platform linux/s390x'* ]]
	alone --pull never --os linux busybox true
}

@test "--volumes-from: what another mounts, at the same places" {
	mkdir "$DIR/from"
	rp run -d --name src --network none -v /data -v "$DIR/from:/bind:ro" -v shared:/s busybox \
		sh -c 'echo hi >/data/x; exec sleep 60' >/dev/null
	eventually rp run --rm --network none --volumes-from src busybox test -s /data/x
	run -0 alone --volumes-from src busybox sh -c 'cat /data/x; touch /s/y; touch /bind/z 2>/dev/null || echo ro'
	[ "$output" = $'hi\nro' ]
	run -1 alone --volumes-from src:ro busybox touch /data/y
	[ "$(alone --volumes-from src --tmpfs /data busybox ls /data)" = "" ]
	# they stay when it goes, as long as somebody has them
	rp create --name heir --network none --volumes-from src busybox cat /data/x >/dev/null
	rp rm -f -t 0 -v src >/dev/null
	[ "$(rp start -a heir)" = hi ]
	rp create --name never --network none -v /data busybox true >/dev/null
	run -125 alone --volumes-from never busybox true
	[[ $output == *'start it before others use them'* ]]
}

@test "containers that need others: started first, removed last" {
	rp create --name p --network none busybox sleep 60 >/dev/null
	rp create --name b --network container:p busybox sleep 60 >/dev/null
	rp create --name c --requires b --network none busybox sleep 60 >/dev/null
	[ "$(rp inspect c -f '{{index .Dependencies 0}}')" = "$(rp inspect b -f '{{.Id}}')" ]
	for force in '' -f; do
		run -125 rp rm $force p
		[[ $output == *"has dependent containers which must be removed before it: $(rp inspect b -f '{{.Id}}' | cut -c1-12)"* ]]
	done
	[ "$(rp start c)" = c ]
	[ "$(rp ps --format '{{.Names}}' | sort | xargs)" = "b c p" ]
	rp rm -f -t 0 --depend p >/dev/null
	[ -z "$(rp ps -aq)" ]
	# run starts what it needs as well, and an old record without the list is as good
	rp create --name p --network none busybox sleep 60 >/dev/null
	[ "$(rp run --rm --network container:p busybox echo hi)" = hi ]
	[ "$(rp ps --format '{{.Names}}')" = p ]
	rp create --name old --network container:p busybox true >/dev/null
	record=$XDG_DATA_HOME/rp/containers/$(rp inspect old -f '{{.Id}}')/container.json
	jq 'del(.container.dependencies)' "$record" >"$DIR/record"
	cat "$DIR/record" >"$record"
	run -125 rp rm -f p
	rp rm -f -t 0 p old >/dev/null
}

@test "start of a running container is 0, with --attach it is attached to; rm of one that is starting is refused" {
	rp run -d --name up --network none busybox sh -c 'sleep 1; echo late; exit 5' >/dev/null
	[ "$(rp start up)" = up ]
	run -5 timeout 20 rp start -a up
	[ "$output" = late ]
	rp rm up >/dev/null
	# the driver of a start that goes on
	rp create --name slow --network none busybox true >/dev/null
	id=$(rp inspect slow -f '{{.Id}}')
	mkdir -p "$XDG_RUNTIME_DIR/rp/starting"
	sleep 60 &
	starter=$!
	ln -s "$starter $(cut -d' ' -f22 /proc/$starter/stat) $(cat /proc/sys/kernel/random/boot_id)" "$XDG_RUNTIME_DIR/rp/starting/$id"
	run -2 rp rm slow
	[[ $output == *'is being started'* ]]
	kill $starter
	wait $starter || true
	rp rm slow >/dev/null
}

@test "a name in use: in Podman's words" {
	rp create --name taken --network none busybox true >/dev/null
	id=$(rp inspect taken -f '{{.Id}}')
	run -125 rp create --name taken --network none busybox true
	[[ $output == *"the container name \"taken\" is already in use by $id. You have to remove that container to be able to reuse that name: that name is already in use"* ]]
}

@test "/etc/mtab, TERM, signals that the caller ignores; --runtime by its path" {
	[ "$(alone busybox readlink /etc/mtab)" = /proc/mounts ]
	[ "$(alone busybox sh -c 'echo $TERM')" = xterm ]
	[ "$(alone -e TERM=vt100 busybox sh -c 'echo $TERM')" = vt100 ]
	ignored=$(bash -c 'trap "" INT QUIT TERM; rp run --rm --network none busybox grep SigIgn /proc/self/status')
	[ "$ignored" = $'SigIgn:\t0000000000000000' ]
	rp create --name rt --runtime "$B/bin/ctr-runtime" --network none busybox true >/dev/null
	[ "$(rp inspect rt -f '{{.OCIRuntime}}')" = "$B/bin/ctr-runtime" ]
	rp start -a rt
	[ "$(rp inspect rt -f '{{.OCIRuntime}}')" = "$B/bin/ctr-runtime" ]
}

@test "--cpus 0 is no limit; registries' options reach img-fetch" {
	run -0 --separate-stderr alone --cpus 0 busybox true
	[ -z "$stderr" ]
	run -0 rp --dry-run run --pull always --retry 7 --retry-delay 2s --cert-dir "$DIR" busybox true
	[[ $output == *img-fetch*--cert-dir*"$DIR"*--retry-delay*2s*--retry=7* ]]
}
