#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input: full disks, hostile images, broken stores. One line that names what and where, the
# documented status, nothing half-made left, nothing lost.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	mkdir "$DIR/canary" "$DIR/full"
	echo precious >"$DIR/canary/file"
}
teardown_file() { file_teardown; }
setup() { canary_before=$(canary); }
teardown() {
	rp rm -f -v -t 0 --all >/dev/null
	eventually nothing_left 2>/dev/null || nothing_left || return 1
	[ "$(canary)" = "$canary_before" ]
}

canary() { find "$DIR/canary" -printf '%p %i %m %U %T@ %C@ %s\n' | sort; }
c() { rp run --rm --network none "$@"; }

# image NAME KEY=JSON...: an image of busybox with these members in its configuration
image() {
	"$top/contrib/mkimage" "$DIR/image" "$@"
	rp pull -q "oci:$DIR/image:$1" >/dev/null
}

# STATUS PATTERN COMMAND...: fails in one line, and leaves nothing
fails() {
	local want=$1 pattern=$2
	shift 2
	run "-$want" --separate-stderr timeout -k 1 10 "$@" </dev/null
	[ "${#stderr_lines[@]}" = 1 ] || [[ ${stderr_lines[1]} == "See 'rp run --help'" ]] || { echo "lines: $stderr"; return 1; }
	[[ $stderr =~ $pattern ]] || { echo "says: $stderr"; return 1; }
	[ -z "$(rp ps -aq)" ]
	eventually nothing_left 2>/dev/null || nothing_left || return 1
}

# A script with a store of SIZE on a tmpfs of its own.
on_small_disk() {
	local size=$1
	shift
	ns-enter-pause --private sh -euc '
		size=$1; shift
		mount -t tmpfs -o "size=$size,mode=700" small "$DIR/full"
		export RP_STORE="$DIR/full/store"
		eval "$1"
	' sh "$size" "$@"
}

@test "disk full: a pull says where; with room again it goes through" {
	for size in 400k 1200k 2000k; do
		run -0 on_small_disk $size '
			if rp pull -q "oci:$DIR/image:busybox" 2>err >/dev/null; then echo "no failure at all"; exit 1; fi
			cat err
			[ "$(wc -l <err)" = 1 ]
			grep -qi "no space left" err
			[ -z "$(ls "$RP_STORE/layers/sha256" 2>/dev/null)" ]
			mount -o remount,size=20m "$DIR/full"
			rp pull -q "oci:$DIR/image:busybox" >/dev/null
			[ "$(rp run --rm --network none busybox echo again)" = again ]
			[ -z "$(ls -A "$RP_STORE/staging")" ]
		'
		[[ $output == *"o space left"* ]]
	done
}

@test "disk full: create and run say where and leave nothing; what is there stays usable" {
	run -0 on_small_disk 12m '
		rp pull -q "oci:$DIR/image:busybox" >/dev/null
		rp run -d --name before --network none busybox sleep 100 >/dev/null
		dd if=/dev/zero of="$DIR/full/fill" bs=64k 2>/dev/null || :
		dd if=/dev/zero of="$DIR/full/fill2" bs=1k 2>/dev/null || :
		for how in "run --rm" "run -d" create; do
			if rp $how --network none busybox true 2>err >/dev/null; then echo "no failure: $how"; exit 1; fi
			cat err
			[ "$(wc -l <err)" = 1 ]
			grep -qi "no space left" err
		done
		[ "$(rp ps -a --format "{{.Names}} {{.State}}")" = "before running" ]
		rp stop -t 0 before
		rp ps -a
		rp rm before
		[ -z "$(rp ps -aq)" ]
		[ -z "$(ls -A "$RP_STORE/containers" "$RP_STORE/staging" "$RP_STORE/trash" | grep -v :)" ]
		rm "$DIR/full/fill" "$DIR/full/fill2"
		[ "$(rp run --rm --network none busybox echo again)" = again ]
	'
}

@test "disk full: the log loses lines, the container does not notice, its status is kept" {
	run -0 on_small_disk 12m '
		rp pull -q "oci:$DIR/image:busybox" >/dev/null
		status=0
		rp run --name chatty --network none busybox sh -c "seq 1 3000000; exit 6" | tail -1 >last || status=$?
		[ "$(cat last)" = 3000000 ]
		rp run --name quiet --network none busybox sh -c "exit 6" || status=$?
		[ "$status" = 6 ] || [ "$status" = 125 ]
		rp logs chatty | head -3
		rp rm chatty
		rp run --rm --network none busybox echo again
	'
	[[ $output == *again ]]
}

@test "the container's own full disk is its own problem" {
	run -0 on_small_disk 12m '
		rp pull -q "oci:$DIR/image:busybox" >/dev/null
		rp run --rm --network none busybox sh -c "dd if=/dev/zero of=/x bs=64k 2>&1 | tail -1; echo on" | grep -q on
		[ -z "$(rp ps -aq)" ]
		rp run --rm --network none busybox echo again
	'
	[[ $output == *again ]]
}

@test "the runtime is missing, is no program, or fails" {
	fails 125 'nosuch.*not installed' rp run --rm --network none --runtime nosuch busybox true
	fails 125 '/nosuch/runtime' rp run --rm --network none --runtime /nosuch/runtime busybox true
	fails 125 '/etc/passwd' rp run --rm --network none --runtime /etc/passwd busybox true
	fails 126 'false.*status 1' rp run -d --rm --network none --runtime /bin/false busybox true
	# one that does nothing and says that all is well
	fails 126 '.' rp run -d --rm --network none --runtime /bin/true busybox true
	printf '#!/bin/sh\nsleep 0.1; kill -KILL $$\n' >"$DIR/dies"
	chmod +x "$DIR/dies"
	fails 126 'dies.*137' rp run -d --rm --network none --runtime "$DIR/dies" busybox true
	fails 126 'dies.*137' rp run --rm --network none --runtime "$DIR/dies" busybox true
}

@test "Env of an image never takes values from the host" {
	image env 'Env=["PATH=/bin","SECRET","*","AWS*","GOOD=1","EMPTY=","=x","=","A B=c"]'
	SECRET=s3cr3t AWS_KEY=s3cr3t run timeout -k 1 10 rp run --rm --network none env sh -c 'env; tr "\0" "\n" </proc/1/environ'
	[[ $output != *s3cr3t* ]]
	if [ "$status" = 0 ]; then
		[[ $output == *GOOD=1* ]]
	else
		[ "${#lines[@]}" = 1 ]
	fi
	# the user may ask for them
	[ "$(SECRET=s3cr3t rp run --rm --network none -e SECRET busybox sh -c 'echo $SECRET')" = s3cr3t ]
}

@test "a user's name that is a number of the image's passwd does not make root of it" {
	image named 'FILE:/etc/passwd=root:x:0:0::/root:/bin/sh
1000:x:0:0::/:/bin/sh
'
	[ "$(c -u 1000 named id -u)" = 1000 ]
}

@test "WORKDIR of an image: made inside, never through a link to the host" {
	image wd1 "LINK:/a=$DIR/canary" 'WorkingDir="/a/b"'
	run timeout -k 1 10 rp run --rm --network none wd1 pwd
	[ ! -e "$DIR/canary/b" ]
	image wd2 'WorkingDir="/made/for/it"'
	[ "$(c wd2 sh -c 'pwd; stat -c %u .')" = $'/made/for/it\n0' ]
	image wd3 'LINK:/a=/tmp' 'WorkingDir="/a/b"'
	c wd3 true
	for w in '"relative"' '"../../.."' '"/proc/self/fd/3"' '"/proc/self/fd/7"' '"/proc/1/root"' '"/\u0000"' '"a\nb"' '7' '"/etc/passwd"' '"/etc/passwd/x"'; do
		image wd4 "WorkingDir=$w" 2>/dev/null || continue # refused by the pull already
		run timeout -k 1 10 rp run --rm --network none wd4 sh -c 'pwd; ls /'
		[ "$status" != 124 ]
		[[ $output != *"$DIR"* ]] || [ "$status" != 0 ]
	done
	fails 125 'workdir' rp run --rm --network none -w relative busybox true
}

@test "/etc/passwd and /etc/group of an image: fifo, device, directory, huge" {
	image fifo FIFO:/etc/passwd= FIFO:/etc/group=
	[ "$(timeout -k 1 5 rp run --rm --network none fifo echo ok)" = ok ]
	fails 126 'find user' rp run --rm --network none -u somebody fifo true
	image zero LINK:/etc/passwd=/dev/zero LINK:/etc/group=/dev/zero
	[ "$(timeout -k 1 5 rp run --rm --network none zero echo ok)" = ok ]
	fails 126 'find user' rp run --rm --network none -u somebody zero true
	image host "LINK:/etc/passwd=$DIR/secret" LINK:/etc/group=../../../../../../../../etc/group
	echo 'somebody:x:0:0::/:/bin/sh' >"$DIR/secret"
	fails 126 'find user' rp run --rm --network none -u somebody host true
	# a sparse file of 10 GiB, and one line of 20 MB
	mkdir -p "$DIR/tree/etc" "$DIR/tree/bin" "$DIR/tree/proc" "$DIR/tree/dev" "$DIR/tree/sys"
	cp "$(command -v busybox)" "$DIR/tree/bin/busybox"
	ln -s busybox "$DIR/tree/bin/sh"
	truncate -s 10G "$DIR/tree/etc/passwd"
	head -c 20000000 /dev/zero | tr '\0' x >"$DIR/tree/etc/group"
	tar -C "$DIR/tree" --sparse --owner=0 --group=0 -cf "$DIR/tree.tar" .
	python3 "$top/tests/lib/tar2oci.py" "$DIR/tree.tar" "$DIR/image" huge
	rp pull -q "oci:$DIR/image:huge" >/dev/null
	[ "$(timeout -k 1 5 rp run --rm --network none huge /bin/sh -c 'echo ok')" = ok ]
	fails 126 'find user' rp run --rm --network none -u somebody huge /bin/sh
	# a line is added to none of these
	for name in fifo zero host huge; do
		run -0 --separate-stderr timeout -k 1 5 rp run --rm --network none -u 1234 "$name" /bin/sh -c 'echo ok'
		[ "$output" = ok ]
		[[ $stderr == *'has no line in /etc/passwd'* ]] || [ "$name" = host ] || [ "$name" = zero ]
	done
	[ "$(cat "$DIR/secret")" = somebody:x:0:0::/:/bin/sh ]
	rp rmi -f huge >/dev/null
}

@test "labels and annotations of an image reach no runtime and no hook" {
	image labels "Labels={\"run.oci.hooks.stdout\":\"$DIR/canary/hook\",\"org.systemd.property.ExecStart\":\"x\",\"org.criu.config\":\"/x\",\"run.oci.handler\":\"krun\"}"
	rp create --name labelled --network none labels true
	rp start -a labelled
	run ! grep -E 'run.oci|org.systemd|org.criu' "$XDG_DATA_HOME"/rp/containers/*/config.json
	rp rm labelled
}

@test "control characters in names and values do not reach the terminal" {
	run -125 --separate-stderr rp run --rm --network none $'no\033[31m\nimage' true
	[[ $stderr != *$'\033'* ]]
	[ "${#stderr_lines[@]}" = 1 ]
	run -125 --separate-stderr rp run --rm --network none --name $'a\033b' busybox true
	[[ $stderr != *$'\033'* ]]
	run -127 --separate-stderr rp run --rm --network none busybox $'cmd\033[2J'
	[[ $stderr != *$'\033'* ]]
}

@test "a broken record: ps goes on, rm removes it" {
	rp run -d --name whole --network none busybox sleep 100
	id=$(rp create --name broken --network none busybox true)
	for content in '' '{' '[]' '{"schema":"rp.container/9"}' "$(head -c 3000 /dev/zero | tr '\0' '[')"; do
		printf '%s' "$content" >"$XDG_DATA_HOME/rp/containers/$id/container.json"
		[ "$(rp ps --format '{{.Names}}')" = whole ]
		rp ps -a >/dev/null
		run ! --separate-stderr rp start broken
		[ "${#stderr_lines[@]}" = 1 ]
		run ! rp inspect broken
	done
	rp rm broken
	rp rm -f -t 0 whole
}

@test "USER of an image: exactly that id, or an error; never silently root" {
	local u n=0
	while read -r u want; do
		n=$((n + 1))
		image "user$n" "User=$u" 'FILE:/etc/passwd=root:x:0:0::/root:/bin/sh
toor:x:0:0::/:/bin/sh
1234567890:x:0:0::/:/bin/sh
7:x:0:0::/:/bin/sh
big:x:4294967296:0::/:/bin/sh
minus:x:-1:0::/:/bin/sh
word:x:zero:0::/:/bin/sh
octal:x:010:010::/:/bin/sh
short:x:0
'
		run timeout -k 1 10 rp run --rm --network none "user$n" sh -c 'echo $(id -u 2>/dev/null):$(id -g 2>/dev/null)'
		if [ "$want" = error ]; then
			[ "$status" -ge 125 ] && [ "$status" -le 126 ] && [ "${#lines[@]}" = 1 ] || { echo "$u: $status $output"; return 1; }
		else
			[ "$output" = "$want" ] || { echo "$u: $status $output"; return 1; }
		fi
	done <<-'END'
		"" 0:0
		"1" 1:0
		"1:" 1:0
		":1" 0:1
		"toor" 0:0
		"7" 7:0
		"-1" error
		"0x1" error
		"\u00200" error
		"0\u0020" error
		"0\n" error
		"+0" error
		"2147483648" error
		"4294967295" error
		"4294967296" error
		"18446744073709551616" error
		"1234567890" error
		"99999" error
		"nobody-here" error
		"big" error
		"minus" error
		"word" error
		"short" error
		"0:nogroup-here" error
		"0:-1" error
		"0:4294967296" error
		"0:0:0" error
		"../../etc/passwd" error
	END
	fails 126 '.' rp run --rm --network none -u 4294967296 busybox true
	fails 125 '.' rp run --rm --network none -u '' --group-add nosuch busybox true
}

@test "configurations of the wrong type are named, or do no harm" {
	local n=0 k
	for k in 'Cmd="sh"' 'Cmd=[1]' 'Cmd=[""]' 'Cmd=[]' 'Entrypoint="x"' 'Entrypoint={}' 'Env="A=1"' 'Env=[1]' 'User=0' 'User=["0"]' \
		'Volumes=["/a"]' 'Volumes={"relative":{}}' 'Volumes={"/a/../../x":{}}' 'Volumes={"/a\nb":{}}' 'Volumes={"":{}}' 'Volumes={"/":{}}' \
		'Volumes={"/proc":{}}' 'Volumes={"/proc/self":{}}' 'Volumes={"/sys":{}}' 'Volumes={"/dev":{}}' 'Labels=["a"]' 'Labels={"a":1}' 'StopSignal="SIGNOSUCH"' \
		'StopSignal=9' 'ExposedPorts=["80"]' 'ExposedPorts={"x/y":{}}' 'WorkingDir=[]' 'Healthcheck="x"' 'Shell=7'; do
		n=$((n + 1))
		"$top/contrib/mkimage" "$DIR/image" "type$n" "$k"
		if ! timeout -k 1 10 rp pull -q "oci:$DIR/image:type$n" >"$DIR/out" 2>&1; then
			[ "$(wc -l <"$DIR/out")" = 1 ] || { echo "$k: $(cat "$DIR/out")"; return 1; }
			continue
		fi
		run --separate-stderr timeout -k 1 10 rp run --rm --network none "type$n" stat -f -c %T /proc
		[ "$status" != 124 ]
		if [ "$status" = 0 ]; then
			[[ ${lines[0]} == proc ]] || { echo "$k: /proc is $output"; return 1; }
		else
			[ "${#stderr_lines[@]}" = 1 ] || { echo "$k: $stderr"; return 1; }
		fi
		[ -z "$(rp ps -aq)" ]
	done
}

@test "a broken or unreadable store is named" {
	cp -r "$XDG_DATA_HOME/rp" "$DIR/copy" 2>/dev/null || ns-enter-pause cp -a "$XDG_DATA_HOME/rp" "$DIR/copy"
	broken() {
		run ! --separate-stderr env RP_STORE="$DIR/copy" timeout -k 1 10 rp run --rm --network none --pull never busybox true
		[ "${#stderr_lines[@]}" = 1 ] || { echo "$stderr"; return 1; }
		[[ $stderr == *"$1"* ]] || { echo "$stderr"; return 1; }
	}
	mv "$DIR/copy/index.json" "$DIR/index.json"
	broken busybox
	for content in '' '{' '[]' '{"manifests":7}' '{"manifests":[7]}' '{"manifests":[{"digest":"sha256:../../x"}]}'; do
		printf '%s' "$content" >"$DIR/copy/index.json"
		broken ''
	done
	rm "$DIR/copy/index.json"
	mkfifo "$DIR/copy/index.json"
	broken index.json
	rm "$DIR/copy/index.json"
	cp "$DIR/index.json" "$DIR/copy/index.json"
	manifest=$(jq -r '[.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] // "" | test("busybox"))][0].digest' "$DIR/index.json")
	chmod u+w "$DIR/copy/blobs/sha256/${manifest#sha256:}"
	echo '{}' >"$DIR/copy/blobs/sha256/${manifest#sha256:}"
	broken ''
	ns-enter-pause rm -rf "$DIR/copy"
	run -125 --separate-stderr env RP_STORE=/proc/nosuch rp run --rm busybox true
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == */proc/nosuch* ]]
	run -125 --separate-stderr env RP_STORE=relative rp run --rm busybox true
	[[ $stderr == *relative*absolute* ]]
	run -125 --separate-stderr env -u HOME -u XDG_DATA_HOME -u RP_STORE rp run --rm busybox true
	[[ $stderr == *HOME* ]]
}

@test "odd options: 125, one line with the flag's name, nothing made" {
	local o
	while IFS='|' read -r o flag; do
		# shellcheck disable=SC2086
		fails 125 "$flag" rp run --rm --network none $o busybox true || { echo "with $o"; return 1; }
	done <<-'END'
		--nosuch|nosuch
		--name=../x|\.\./x
		--name=|name
		--name=-x|-x
		--memory=x|memory
		--memory=-5|memory
		--cpus=x|cpus
		--pids-limit=x|pids-limit
		--ulimit=x|ulimit
		--ulimit=nofile=2:1|ulimit
		--ulimit=nosuch=1|ulimit
		--cap-add=NOSUCH|NOSUCH
		--cap-drop=NOSUCH|NOSUCH
		--security-opt=nosuch|security-opt
		--security-opt=seccomp=/nosuch|/nosuch
		--security-opt=seccomp=/etc/passwd|/etc/passwd
		--device=/nosuch|/nosuch
		--device=/dev/null:x|device
		--log-driver=nosuch|nosuch
		--log-opt=nosuch=1|nosuch
		--stop-signal=NOSUCH|NOSUCH
		--stop-timeout=x|stop-timeout
		--env-file=/nosuch|/nosuch
		--env==x|env
		--workdir=x|workdir
		--pull=sometimes|pull
		--platform=x|platform
		--tmpfs=x|tmpfs
		--label==x|label
		--sysctl=kernel.core_pattern=x|core_pattern
		--sysctl=x|sysctl
		--umask=9|umask
		--shm-size=x|shm-size
		--cidfile=/nosuch/cid|/nosuch/cid
		--replace|replace
		--sig-proxy=maybe|sig-proxy
	END
	# known only when it starts
	fails 126 nobody-here rp run --rm --network none --user=nobody-here busybox true
	fails 126 /nosuch/pid rp run --rm --network none --pidfile=/nosuch/pid busybox true
	fails 126 /nosuch/pid rp run --rm --network none --conmon-pidfile=/nosuch/pid busybox true
}

@test "two hundred runs, sixteen at a time, with a reader of ps: no error, nothing left" {
	local pids=()
	: >"$DIR/errors"
	(
		while [ ! -e "$DIR/done" ]; do
			rp ps -a >/dev/null 2>>"$DIR/errors" || echo "ps failed" >>"$DIR/errors"
		done
	) 3>&- &
	reader=$!
	seq 1 200 | timeout 100 xargs -P 16 -I{} sh -c 'rp run --rm --network none busybox true >>"$DIR/errors" 2>&1 || echo "run {}: $?" >>"$DIR/errors"'
	touch "$DIR/done"
	wait $reader
	[ ! -s "$DIR/errors" ] || { sort "$DIR/errors" | uniq -c | head; return 1; }
	[ -z "$(rp ps -aq)" ]
	eventually no_processes_of "$DIR"
}
