#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The driver and the life of a container, as a user sees them.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { file_setup; }
teardown_file() { file_teardown; }
teardown() {
	rp rm -f -t 0 --all >/dev/null
	nothing_left
}

@test "run: output, errors and status are the container's" {
	run --separate-stderr -7 rp run --rm --network none busybox sh -c 'echo out; echo err >&2; exit 7'
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "run: as many open files as the user may have, unless asked otherwise" {
	hard=$(ulimit -Hn)
	[ "$hard" != unlimited ] && [ "$hard" -le 1048576 ] || hard=1048576
	run -0 bash -c 'ulimit -Sn 256; rp run --rm --network none busybox sh -c "ulimit -Sn; ulimit -Hn"'
	[ "${lines[0]}" = "$hard" ]
	run -0 rp run --rm --network none --ulimit nofile=100:200 busybox sh -c 'ulimit -Sn; ulimit -Hn'
	[ "$output" = $'100\n200' ]
}

@test "run: 32768 processes at most, or as many as the user may have, unless asked otherwise" {
	hard=$(ulimit -Hu)
	[ "$hard" != unlimited ] && [ "$hard" -le 32768 ] || hard=32768
	run -0 rp run --rm --network none busybox sh -c 'ulimit -Su; ulimit -Hu'
	[ "$output" = "$hard"$'\n'"$hard" ]
	run -0 bash -c 'ulimit -u 5000; rp run --rm --network none busybox sh -c "ulimit -Su; ulimit -Hu"'
	[ "$output" = $'5000\n5000' ]
	run -0 rp run --rm --network none --ulimit nproc=100:200 busybox sh -c 'ulimit -Su; ulimit -Hu'
	[ "$output" = $'100\n200' ]
	# at a later start as well
	run -0 rp create --name limits --network none busybox sh -c 'ulimit -Hu'
	run -0 rp start -a limits
	[ "$output" = "$hard" ]
	rp rm limits
}

@test "run: 127 for a command that is not there, 126 for one that cannot be executed, whatever the reason" {
	mkdir -p "$DIR/exec"
	cd "$DIR/exec" || return 1
	printf 'echo hi\n' >text && chmod 755 text
	printf '#!/no/such\n' >interpreter && chmod 755 interpreter
	: >plain
	ln -s loop loop
	ends() { # STATUS COMMAND...
		local want=$1
		shift
		run -"$want" rp run --rm --network none -v "$DIR/exec:/x" busybox "$@"
	}
	ends 127 nosuch
	ends 127 /x/nosuch
	ends 127 /x/interpreter
	ends 126 /x/text
	ends 126 /x/plain
	ends 126 /x
	ends 126 /x/text/below
	ends 126 /x/loop
	ends 126 "/x/$(printf '%0300d' 0)"
	ends 126 /bin/busybox true "$(printf '%0200000d' 0)"
	# another runtime's words
	if command -v crun >/dev/null; then
		run rp run --rm --runtime crun --network none -v "$DIR/exec:/x" busybox /x/text
		echo "$output"
		[ "$status" = 126 ] || [[ $output == *hybrid* ]]
	fi
}

@test "run: /dev/stdin, /dev/stdout, /dev/stderr by their paths, for root and another user, attached and detached" {
	local script='read x </dev/stdin; echo $x >/dev/stdout; echo err >/dev/stderr; echo fd >/proc/self/fd/1'
	for user in 0 1000 user; do
		run -0 bash -c 'echo word | rp run --rm -i --network none -u "$1" busybox sh -c "$2"' - "$user" "$script"
		[ "$(sort <<<"$output" | xargs)" = "err fd word" ]
		run -0 rp run -d --name paths --network none -u "$user" busybox sh -c 'read x </dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr'
		run -0 rp wait paths
		[ "$output" = 0 ]
		[ "$(rp logs paths 2>&1 | sort | xargs)" = "err out" ]
		rp rm paths
		run -0 script -qec "rp run --rm -t --network none -u $user busybox sh -c 'echo word >/dev/stdout'" /dev/null
		[[ $output == word* ]]
	done
}

@test "run: a service manager's socket in the environment keeps nobody waiting" {
	NOTIFY_SOCKET=$DIR/nobody run -0 timeout 30 rp run --rm --network none busybox sh -c 'echo .$NOTIFY_SOCKET.'
	[ "$output" = .. ]
}

@test "run: no byte of a short burst is lost, however short the container's life" {
	for _ in 1 2 3 4 5; do
		[ "$(rp run --rm --network none busybox seq 1 20000 | md5sum)" = "$(seq 1 20000 | md5sum)" ]
	done
}

@test "run -i: standard input arrives whole, its end too" {
	head -c 3000000 /dev/urandom >"$DIR/in"
	rp run -i --rm --network none busybox cat <"$DIR/in" >"$DIR/out"
	cmp "$DIR/in" "$DIR/out"
	# without -i the container has no input
	[ -z "$(echo x | rp run --rm --network none busybox cat)" ]
}

@test "run: 127 for a missing command, 126 for one that cannot be executed, 125 for us" {
	run -127 rp run --rm --network none busybox nosuch
	[[ $output == *nosuch*"not found"* ]]
	run -126 rp run --rm --network none busybox /etc/passwd
	[[ $output == *ermission\ denied* ]]
	run -125 rp run --rm --network none nosuch:image true
	run -125 rp run --rm --nosuch busybox true
	[ "${lines[0]}" = "Error: unknown flag: --nosuch" ]
	[ "${lines[1]}" = "See 'rp run --help'" ]
	[ "${#lines[@]}" = 2 ]
}

@test "run: a signal's status is 128 and its number" {
	rp run --rm --name dies --network none busybox sleep 60 &
	eventually rp kill dies
	wait $! || status=$?
	[ "$status" = 137 ]
}

@test "run: signals to rp reach the container" {
	rp run --rm --network none --name sig busybox sh -c 'trap "exit 42" TERM; echo ready; while :; do sleep 0.1; done' >"$DIR/sig" &
	pid=$!
	eventually grep -q ready "$DIR/sig"
	kill -TERM $pid
	wait $pid || status=$?
	[ "$status" = 42 ]
}

@test "run -t: a terminal, with carriage returns" {
	out=$(rp run --rm -t --network none busybox sh -c 'tty; test -t 0 && test -t 1 && echo yes' </dev/null)
	[ "$out" = $'/dev/pts/0\r\nyes\r' ]
}

@test "run -it: typed text, window size and detach keys" {
	python3 "$top/tests/lib/terminal.py"
}

@test "run: user, group, working directory, environment, hostname, ulimit" {
	run -0 rp run --rm --network none -u user -w /tmp -e A=1 -e B --hostname box --ulimit nofile=100:200 busybox \
		sh -c 'id -u; id -g; pwd; echo $A; hostname; ulimit -n; echo $container'
	[ "$output" = $'1000\n1000\n/tmp\n1\nbox\n100\npodman' ]
	run -0 rp run --rm --network none -u 77:88 busybox id
	[[ $output == *uid=77*gid=88* ]]
	run -126 rp run --rm --network none -u nobody-here busybox id
}

@test "run: the image's supplementary groups are the user's, and no others" {
	[ "$(rp run --rm --network none -u user busybox id -G)" = "1000 50" ]
	[ "$(rp run --rm --network none -u 1234:5 busybox id -G)" = "5" ]
	# the primary one is among them, so that it stays when the process takes another
	groups() { rp run --rm --network none "$@" busybox grep Groups: /proc/self/status | xargs; }
	[ "$(groups -u 1234:5)" = "Groups: 5" ]
	[ "$(groups)" = "Groups: 0" ]
	[ "$(groups -u user)" = "Groups: 50 1000" ]
	[ "$(groups -u 1234:5 --group-add 5 --group-add 9)" = "Groups: 5 9" ]
}

@test "run: entrypoint and command" {
	[ "$(rp run --rm --network none --entrypoint echo busybox a b)" = "a b" ]
	[ "$(rp run --rm --network none --entrypoint '["echo","x"]' busybox y)" = "x y" ]
}

@test "run: env-file, and names taken from the host" {
	printf '# comment\nX=1\nFROM_HOST\n' >"$DIR/env"
	[ "$(FROM_HOST=h rp run --rm --network none --env-file "$DIR/env" busybox sh -c 'echo $X$FROM_HOST')" = 1h ]
}

@test "run --read-only: only the tmpfs places can be written" {
	run -0 rp run --rm --network none --read-only busybox sh -c 'touch /x 2>/dev/null && echo bad; touch /tmp/x /run/x && echo ok'
	[ "$output" = ok ]
}

@test "run: capabilities are the eleven, and those that were asked for" {
	caps() { rp run --rm --network none "$@" busybox grep CapBnd /proc/self/status | awk '{print $2}'; }
	[ "$(caps)" = 00000000800405fb ]
	[ "$(caps --cap-drop ALL)" = 0000000000000000 ]
	[ "$(caps --cap-drop ALL --cap-add NET_BIND_SERVICE)" = 0000000000000400 ]
	[ "$(rp run --rm --network none -u user busybox grep CapEff /proc/self/status | awk '{print $2}')" = 0000000000000000 ]
}

@test "run: seccomp is on, no-new-privileges where asked for" {
	run -0 rp run --rm --network none busybox grep -E 'Seccomp:|NoNewPrivs' /proc/self/status
	[[ $output == *NoNewPrivs:*0*Seccomp:*2* ]]
	run -0 rp run --rm --network none --security-opt no-new-privileges --security-opt seccomp=unconfined busybox \
		grep -E 'Seccomp:|NoNewPrivs' /proc/self/status
	[[ $output == *NoNewPrivs:*1*Seccomp:*0* ]]
}

@test "run: only descriptors 0, 1, 2 reach the container" {
	exec 7</etc/hostname
	[ "$(rp run --rm --network none busybox sh -c 'ls /proc/self/fd | tr "\n" " "')" = "0 1 2 3 " ]
	exec 7<&-
}

@test "run: a working directory behind /proc/self/fd is refused" {
	for n in 3 4 5 6 7 8 9 10 11 12; do
		run rp run --rm --network none -w /proc/self/fd/$n busybox pwd
		[ "$status" != 0 ]
	done
}

@test "run: the name is taken; --replace takes it over" {
	rp run -d --name one --network none busybox sleep 60
	run -125 rp run --rm --name one --network none busybox true
	[[ $output == *'"one"'*in\ use* ]]
	run -0 rp run --rm --replace --name one --network none busybox echo new
	[ "${lines[-1]}" = new ]
}

@test "run: cidfile and pidfile" {
	id=$(rp run -d --cidfile "$DIR/cid" --pidfile "$DIR/pid" --network none busybox sleep 60)
	[ "$(cat "$DIR/cid")" = "$id" ]
	grep -q sleep "/proc/$(cat "$DIR/pid")/cmdline"
	run -125 rp run --rm --cidfile "$DIR/cid" --network none busybox true
	rp rm -f -t 0 "$id"
	[ ! -e "$DIR/cid" ]
}

@test "detached: ps, logs, wait, stop, rm" {
	id=$(rp run -d --name web --label a=b --network none busybox sh -c 'echo started; sleep 60')
	[ "${#id}" = 64 ]
	run -0 rp ps
	[[ ${lines[0]} == "CONTAINER ID"*IMAGE*COMMAND*CREATED*STATUS*PORTS*NAMES ]]
	[[ ${lines[1]} == "${id:0:12}"*"Up "*web ]]
	eventually test "$(rp logs web)" = started
	[ "$(rp ps -q)" = "${id:0:12}" ]
	[ "$(rp ps --format '{{.Names}} {{.State}}')" = "web running" ]
	[ "$(rp ps -a --filter label=a=b --format json | jq -r '.[0].Id')" = "$id" ]
	[ -z "$(rp ps -q --filter label=a=c)" ]
	rp stop -t 0 web
	[ "$(rp wait web)" = 137 ]
	[ -z "$(rp ps -q)" ]
	[[ $(rp ps -a --format '{{.Status}}') == "Exited (137)"* ]]
	run -1 rp rm nosuch
	rp rm web
	[ -z "$(rp ps -aq)" ]
}

@test "rm: 2 for a container that runs, 0 with --force or --ignore" {
	rp run -d --name busy --network none busybox sleep 60
	run -2 rp rm busy
	run -0 rp rm -f -t 0 busy
	run -0 rp rm -f nosuch
	run -0 rp rm --ignore nosuch
}

@test "create, start -a, start again; the read-write layer stays" {
	rp create --name again --network none busybox sh -c 'echo x >>/file; cat /file'
	[ "$(rp ps -a --format '{{.State}}')" = created ]
	[ "$(rp start -a again)" = x ]
	[ "$(rp start -a again)" = $'x\nx' ]
	rp start again
	[ "$(rp wait again)" = 0 ]
	run -0 rp logs --tail 3 again
	[ "${#lines[@]}" = 3 ]
}

@test "attach: a second client sees the output; a third may send input" {
	rp run -d -i --name att --network none busybox cat
	rp attach att >"$DIR/att" < <(echo hello; sleep 1) &
	pid=$!
	eventually grep -q hello "$DIR/att"
	rp kill att
	wait $pid || status=$?
	[ "$status" = 137 ]
}

@test "logs -f ends with the container and misses nothing" {
	rp run -d --name noisy --network none busybox sh -c 'for i in 1 2 3 4 5; do seq 1 1000; sleep 0.05; done'
	[ "$(timeout 20 rp logs -f noisy | wc -l)" = 5000 ]
	[ "$(rp logs --tail 1 noisy)" = 1000 ]
	[[ $(rp logs -t --tail 1 noisy) == 20*T*Z\ 1000 ]]
}

@test "inspect: containers and images in one call, the missing ones named" {
	rp create --name one --network none busybox true
	[ "$(rp inspect one busybox --format '{{.Id}}' | wc -l)" = 2 ]
	run -125 --separate-stderr rp inspect nosuch one --format '{{.Name}}'
	[ "$output" = one ]
	[ "$stderr" = 'Error: no such object: "nosuch"' ]
	run -125 rp inspect --type image one
	run -125 rp image inspect one
}

@test "kill: by name and number; wait says 128+n" {
	rp run -d --name k --network none busybox sh -c 'trap "exit 9" USR1; while :; do sleep 0.1; done'
	sleep 0.3
	rp kill -s USR1 k
	[ "$(rp wait k)" = 9 ]
	run -125 rp kill k
	run -125 rp kill -s NOSUCH k
}

@test "wait: also for a container that removes itself" {
	rp run -d --rm --name gone --network none busybox sh -c 'sleep 1; exit 5'
	[ "$(rp wait gone)" = 5 ]
}

@test "log options: none, a path of one's own, rotation" {
	rp run --rm --name n --log-driver none --network none busybox echo x
	rp run --name p --log-opt "path=$DIR/my.log" --network none busybox echo x
	grep -qE '^[0-9T:.-]+Z stdout F x$' "$DIR/my.log"
	rp run --name m --log-opt max-size=10k --network none busybox seq 1 5000
	[ "$(stat -c %s "$XDG_DATA_HOME"/rp/containers/*/ctr.log | sort -n | tail -1)" -lt 300000 ]
	rm -f "$DIR/my.log"
}

@test "--dry-run: touches nothing, and what it prints can be run" {
	rp --dry-run run --rm --network none busybox echo by hand >"$DIR/script"
	[ -z "$(rp ps -aq)" ]
	[ "$(cd "$DIR" && sh script 2>&1)" = "by hand" ]
	# twice, and where the image must be fetched first
	rp --dry-run run --rm --network none "oci:$DIR/image:busybox" echo fetched >"$DIR/script"
	[ "$(cd "$DIR" && sh script 2>/dev/null)" = fetched ]
	[ "$(cd "$DIR" && sh script 2>/dev/null)" = fetched ]
}

@test "--trace: each step is kept and can be replayed" {
	[ "$(rp --trace="$DIR/trace" run --rm --network none busybox echo traced)" = traced ]
	ls "$DIR"/trace/*-spec-gen/{argv,stdin.json,stdout.json,exit,times.json}
	rp replay "$DIR"/trace/*-spec-gen >"$DIR/replayed"
	cmp "$DIR/replayed" "$DIR"/trace/*-spec-gen/stdout.json
}

@test "--timings: one row a program" {
	run -0 --separate-stderr rp --timings run --rm --network none busybox true
	[[ $stderr == *ctr-monitor*ctr-attach* ]]
}

@test "the same request and image give the same configuration" {
	for i in 1 2; do
		rp --trace="$DIR/t$i" run --rm --network none --name same --hostname h busybox true
	done
	for i in 1 2; do
		jq -S 'del(.spec) | .' "$DIR"/t$i/*-spec-gen/stdin.json >/dev/null
		jq -S .spec "$DIR"/t$i/*-spec-gen/stdout.json | sed 's/[0-9a-f]\{64\}/ID/g; s/[0-9a-f]\{12\}/ID/g' >"$DIR/spec$i"
	done
	cmp "$DIR/spec1" "$DIR/spec2"
}

@test "other runtimes: runc; crun below a cgroup v2 mount" {
	[ "$(rp run --rm --network none --runtime runc busybox echo runc)" = runc ]
	out=$(ns-enter-pause --private -- unshare -C sh -c \
		'mount -t cgroup2 none /sys/fs/cgroup && rp run --rm --network none --runtime crun busybox echo crun')
	[ "$out" = crun ]
	run -125 rp run --rm --network none --runtime nosuch busybox true
	[[ $output == *nosuch*"not installed"* ]]
}

@test "the hardening options of the documents work together" {
	cat >"$DIR/seccomp.json" <<-'J'
		{"defaultAction":"SCMP_ACT_ALLOW","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]}],
		 "syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}
	J
	run -0 rp run --rm --network none --security-opt no-new-privileges:true --security-opt "seccomp=$DIR/seccomp.json" \
		--cap-drop ALL --cap-add NET_BIND_SERVICE --read-only --read-only-tmpfs \
		--tmpfs /tmp:noexec,nosuid,nodev,size=100m --ulimit nofile=1024:2048 --ulimit nproc=50:100 \
		busybox sh -c 'mkdir /tmp/d 2>&1; grep " /tmp " /proc/mounts'
	[[ $output == *"Operation not permitted"* ]]
	[[ $output == *noexec* ]]
}

@test "limits without delegated controllers: one warning, the container runs" {
	[ -e /sys/fs/cgroup/cgroup.controllers ] && skip "needs a host without cgroup v2"
	run -0 --separate-stderr rp run --rm --network none --memory 64m --cpus 1 --pids-limit 50 busybox echo ran
	[ "$output" = ran ]
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "XDG_RUNTIME_DIR missing or unwritable: works all the same" {
	run -0 env XDG_RUNTIME_DIR= rp run --rm --network none busybox echo ok
	[ "${lines[-1]}" = ok ]
	env XDG_RUNTIME_DIR= ns-enter-pause --stop
	mkdir -m 500 "$DIR/ro"
	run -0 env XDG_RUNTIME_DIR="$DIR/ro" rp run --rm --network none busybox echo ok
	[ "${lines[-1]}" = ok ]
	env XDG_RUNTIME_DIR="$DIR/ro" ns-enter-pause --stop
	rmdir "$DIR/ro"
}

@test "version, info, help, completion need no namespace or say what they need" {
	run -0 rp version
	[[ $output == *Version:* ]]
	run -0 rp help
	[[ $output == *run* ]]
	run -0 rp run --help
	[[ $output == *--read-only-tmpfs* ]]
	rp completion bash | bash -n
	run -125 rp nosuch
}

@test "a pipeline written by hand runs a container" {
	out=$(echo '{"schema":"rp.container/1","request":{"image":"busybox","remove":true,"network":{"mode":"none"}}}' |
		ns-enter-pause --private -- sh -c \
			'img-find | ctr-create | rootfs-mount | net-slirp-launch | vol-prepare | spec-gen -- echo by hand | ctr-monitor | ctr-attach')
	[ "$out" = "by hand" ]
}

@test "any program can be taken away: only what needs it breaks" {
	cp -r "$B/bin" "$DIR/bin"
	rm "$DIR/bin/ctr-logs" "$DIR/bin/img-fetch"
	run -0 "$DIR/bin/rp" run --rm --network none busybox echo ok
	run -125 "$DIR/bin/rp" logs x
	[[ $output == *ctr-logs* ]]
	rm -rf "${DIR:?}/bin"
}

@test "an image by name, tag, digest, id, the beginning of an id; one without a name by its id" {
	local id digest w
	id=$(rp images -q --no-trunc | head -1)
	id=${id#sha256:}
	digest=$(rp image inspect busybox --format '{{.Digest}}')
	for w in busybox busybox:latest localhost/busybox localhost/busybox:latest "busybox@$digest" "localhost/busybox@$digest" \
		"$digest" "sha256:$id" "$id" "${id:0:12}" "${id:0:5}" "${digest:7:9}"; do
		[ "$(rp run --rm --network none "$w" echo "$w")" = "$w" ]
		rp image exists "$w"
		[ "$(rp image inspect "$w" --format '{{.Id}}')" = "$id" ]
		rp create --name c "$w" true
		run -2 rp rmi "$w"
		rp rm c
	done
	# no name any more
	rp pull -q "oci:$DIR/image:busybox"
	python3 - <<-'END'
		import json, os
		p = os.environ['XDG_DATA_HOME'] + '/rp/index.json'
		i = json.load(open(p))
		for m in i['manifests']:
		    m['annotations'].pop('org.opencontainers.image.ref.name', None)
		json.dump(i, open(p, 'w'))
	END
	for w in "$digest" "sha256:$id" "$id" "${id:0:5}"; do
		[ "$(rp run --rm --network none "$w" echo "$w")" = "$w" ]
		rp create --name c --network none "$w" echo again
		[ "$(rp ps -a --format '{{.Image}}')" = "$w" ]
		[ "$(rp inspect c --format '{{.ImageName}} {{.Config.Image}}')" = "$w $w" ]
		[ "$(rp start -a c)" = again ]
		rp rm c
	done
	rp rmi "${id:0:7}"
	rp pull -q "oci:$DIR/image:busybox"
}

@test "rmi: -a names what is in use and ends with 2, -f and --ignore are quiet about what is not there" {
	rp create --name user busybox true
	run -2 --separate-stderr rp rmi -a
	[[ $stderr == *"used by container"* ]]
	run -0 --separate-stderr rp rmi -f nosuch
	[ -z "$output$stderr" ]
	run -0 --separate-stderr rp rmi --ignore nosuch
	[ -z "$output$stderr" ]
	run -1 rp rmi nosuch
	rp rm user
}

@test "an image whose configuration is spelled as other readers take it, and /etc/mtab" {
	cp -r "$DIR/image" "$BATS_TEST_TMPDIR/odd"
	cd "$BATS_TEST_TMPDIR"
	python3 - <<-'END'
		import hashlib, json
		blobs = 'odd/blobs/sha256/'
		def get(digest):
		    return json.load(open(blobs + digest[7:]))
		def put(value):
		    text = json.dumps(value).encode()
		    digest = hashlib.sha256(text).hexdigest()
		    open(blobs + digest, 'wb').write(text)
		    return {'digest': 'sha256:' + digest, 'size': len(text)}
		index = json.load(open('odd/index.json'))
		manifest = get(index['manifests'][0]['digest'])
		config = get(manifest['config']['digest'])
		config['Config'] = {'env': ['A=lower', 'PATH=/bin'], 'VOLUMES': {'/a/../b': {}, '/c//d/': {}},
		                    'cmd': ['sh', '-c', 'echo $A; ls -d /a /b /c/d 2>/dev/null; readlink /etc/mtab']}
		config.pop('config', None)
		manifest['config'].update(put(config))
		index['manifests'][0].update(put(manifest))
		json.dump(index, open('odd/index.json', 'w'))
	END
	rp pull -q oci:odd
	[ "$(rp run --rm --network none odd)" = $'lower\n/b\n/c/d\n/proc/mounts' ]
	rp rmi odd
}

# The programs of "rp run ARGS", one a line, in their order.
steps_of() {
	rm -rf "$DIR/trace"
	rp --trace="$DIR/trace" run --rm "$@" >/dev/null || return 1
	ls "$DIR/trace" | sed 's/^[0-9]*-//'
}

@test "a step that has nothing to do is not started: no network, no volumes" {
	local all="img-find ctr-create rootfs-mount spec-gen ctr-monitor ctr-attach"
	"$top/contrib/mkimage" "$DIR/image" volumes 'Volumes={"/data":{}}'
	rp pull -q "oci:$DIR/image:volumes"
	[ "$(steps_of --network none busybox true | xargs)" = "$all" ]
	[ "$(steps_of --network host busybox true | xargs)" = "$all" ]
	[ "$(steps_of --network none volumes true | xargs)" = "${all/spec-gen/vol-prepare spec-gen}" ]
	[ "$(steps_of --network none -v "$DIR:/x" busybox true | xargs)" = "${all/spec-gen/vol-prepare spec-gen}" ]
	[ "$(steps_of --network none --tmpfs /x busybox true | xargs)" = "${all/spec-gen/vol-prepare spec-gen}" ]
	[ "$(steps_of --network slirp4netns busybox true | xargs)" = "${all/spec-gen/net-slirp-launch spec-gen}" ]
	# without a trace the same ones run, as those in the waterfall
	run -0 rp --timings run --rm --network none busybox true
	[ "$(sed -n 's/^\([a-z-]*\) .*ms*$//p; s/^\([a-z-]*\) *[0-9].*/\1/p' <<<"$output" | xargs)" = "$all" ]
	run -0 rp --timings run --rm --network none volumes true
	[[ $output == *vol-prepare* ]]
	rp rmi -f volumes
}

@test "what the steps left out would have done is there" {
	[ "$(rp run --rm --network none --name me --hostname box --add-host a:10.9.8.7 busybox sh -c 'cat /etc/hosts; hostname' |
		grep -c -e 'box me$' -e '^10.9.8.7.a$' -e '^box$')" = 3 ]
	[ "$(rp run --rm --network host --dns 10.9.8.7 --dns-search x.example busybox cat /etc/resolv.conf | head -2 | xargs)" = "search x.example nameserver 10.9.8.7" ]
	[ "$(rp run --rm --network host busybox hostname)" = "$(hostname)" ]
	run -125 rp run --rm --network host --dns nonsense busybox true
	[[ $output == *"not an IP address"* ]]
	run -0 rp ps -aq
	[ -z "$output" ]
	# a document that says so itself, for the steps behind
	id=$(rp create --network none busybox true)
	[ "$(jq -c '[.network.mode, .network.namespace, .network.ports, (.network.hosts | sub(".*/"; ""))]' \
		"$XDG_DATA_HOME/rp/containers/$id/container.json")" = '["none","",[],"hosts"]' ]
	[ "$(rp inspect "$id" --format '{{.HostConfig.NetworkMode}}')" = none ]
	rp start -a "$id"
	rp rm "$id"
}

@test "img-find and ctr-load tell on --status-fd what there is to do" {
	ns-enter-pause -- sh -c 'img-find --status-fd=3 busybox 3>"$0" >/dev/null' "$DIR/events"
	[ "$(jq -c . "$DIR/events")" = '{"work":[],"event":"ready"}' ]
	rp create --name c --network none -v "$DIR:/x" busybox true
	ns-enter-pause -- sh -c 'ctr-load --status-fd=3 c 3>"$0" >/dev/null' "$DIR/events"
	[ "$(jq -c .work "$DIR/events")" = '["volumes"]' ]
	rp rm c
	# a program of the user's in its place that says nothing: all steps run
	cp -r --preserve=links "$B/bin" "$DIR/bin"
	mv "$DIR/bin/img-find" "$DIR/bin/img-find.real"
	printf '#!/bin/sh\nexec "%s/bin/img-find"\n' "$B" >"$DIR/bin/img-find"
	chmod +x "$DIR/bin/img-find"
	[ "$("$DIR/bin/rp" run --rm --network none busybox echo quiet)" = quiet ]
	"$DIR/bin/rp" --timings run --rm --network none busybox true >"$DIR/out" 2>&1
	grep -q vol-prepare "$DIR/out"
	rm -rf "${DIR:?}/bin"
}

@test "a plain container is taken down without another program, one with a network by ctr-cleanup" {
	cp -r --preserve=links "$B/bin" "$DIR/bin"
	printf '#!/bin/sh\necho "$@" >>"%s/called"\nexec "%s/bin/ctr-cleanup" "$@"\n' "$DIR" "$B" >"$DIR/bin/script"
	chmod +x "$DIR/bin/script"
	mv "$DIR/bin/script" "$DIR/bin/ctr-cleanup"
	"$DIR/bin/rp" run --rm --network none busybox true
	"$DIR/bin/rp" run --name stays --network none busybox true
	[ ! -e "$DIR/called" ]
	[ -z "$(find "$XDG_RUNTIME_DIR/rp/containers" "$XDG_RUNTIME_DIR/rp/runtime" -mindepth 1 -maxdepth 1 ! -name .seccomp)" ]
	"$DIR/bin/rp" start stays
	"$DIR/bin/rp" wait stays
	rp rm stays
	[ ! -e "$DIR/called" ]
	"$DIR/bin/rp" run --rm --network slirp4netns busybox true
	[ "$(wc -l <"$DIR/called")" = 1 ]
	"$DIR/bin/rp" run --rm --network none --runtime crun busybox true || : # where crun takes this host
	[ "$(wc -l <"$DIR/called")" -ge 2 ]
	rm -rf "${DIR:?}/bin" "$DIR/called"
}

@test "one file under several names: each is a program, a link finds its own, another name is told" {
	local d="$DIR/names"
	[ "$(stat -c %h "$B/bin/rp")" -gt 1 ] || skip "a sanitizer's build has a file for each program"
	mkdir "$d"
	cp "$B/bin/rp" "$d/img-find"
	cp "$B/bin/rp" "$d/odd"
	ln -s "$B/bin/rp" "$d/podman"
	"$d/img-find" --help | grep -q '^usage: img-find'
	"$d/podman" version
	run -2 "$d/odd"
	[[ $output == *"must have the name"*spec-gen* ]]
	rm -r "$d"
}
