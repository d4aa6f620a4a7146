#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime where the kernel says no: each system call in turn fails, the runtime is killed at each of
# them, calls are missing. Whatever happens there is one clean error or success, and nothing is left.

load runtime.bash
setup_file() { runtime_setup; }
teardown_file() { runtime_teardown; }
teardown() { untouched; }

# What a call fails with. make check-long tries every call with each; make check every STEPth, each
# error at other ones.
ERRNOS=${ERRNOS:-EPERM ENOMEM EIO EINTR}
STEP=${STEP:-12}

# Calls that the kernel may answer with EINTR and that are then made again, by their manual pages or by
# their code (fsconfig, fsmount): numbers of x86_64.
#           read write close poll connect sendto recvfrom sendmsg recvmsg wait4 flock fcntl statfs fstatfs
restarted=" 0    1     3     7    42      44     45       46      47      61    73    72    137    138
	waitid openat accept4 dup3 getrandom sendfile openat2 fsconfig fsmount "
restarted=" ${restarted//[!0-9 ]/ } 247 257 288 292 318 40 437 431 432 "
restarted=$(tr -s ' \n\t' ' ' <<<"$restarted")

states() { ls "$XDG_RUNTIME_DIR/rp/runtime"; }

# judge LABEL STATUS OUTPUT WORD: a clean error or success, and nothing left.
judge() {
	local why='' call=${3#*fault: }
	call=${call%%[!0-9]*}
	case $3 in *"fault: left"*) why="a process is left" ;; esac
	case $2 in
	0) [[ $3 == *"$4"* ]] || why="$why no success" ;;
	"$failure") [[ $3 == *ctr-runtime:* ]] || why="$why no message" ;;
	*) why="$why status $2" ;;
	esac
	if [ "$errno" = EINTR ] && [ "$2" != 0 ] && [[ $restarted == *" $call "* ]]; then why="$why not made again"; fi
	[ -z "$(states)" ] || why="$why state is left"
	[ -z "$why" ] && return
	echo "$1 call $call $errno:$why: $3"
	ctr-runtime delete -f x || true
	bad=$((bad + 1))
}

# everywhere PROCESSES WORD COMMAND...: COMMAND with each of its system calls failing in turn.
# before and after are functions run around each.
everywhere() {
	local process place errno status out n=0 bad=0 from=0 processes=$1 word=$2
	shift 2
	ctr-runtime list -q # makes the directory
	for errno in $ERRNOS; do
		from=$((from % STEP + 1))
		for process in $processes; do
			for ((place = from; place < 2000; place += STEP)); do
				before
				status=0
				# into a file: what is left would hold a pipe open
				timeout -k 1 10 "$B/tests/fault" $keep "$process" "$place" "$errno" "$@" \
					>"$DIR/fault.out" 2>&1 </dev/null 3>&- || status=$?
				out=$(tr -d '\0' <"$DIR/fault.out")
				after
				[[ $out == *fault:* ]] || break
				judge "process $process place $place" $status "$out" "$word"
				n=$((n + 1))
			done
		done
	done
	echo "# $n places, $bad bad" >&3
	[ "$n" -gt $((20 / STEP)) ]
	[ "$bad" = 0 ]
	mounts_left=$(grep -c "$DIR" /proc/self/mountinfo || true)
	[ "$mounts_left" = 0 ]
}

keep=
failure=1 # the status of an error
before() { :; }
after() { :; }

@test "run with each system call failing in turn" {
	bundle x '.process.args = ["echo","ran"]'
	everywhere "1 2" ran ctr-runtime run -b "$DIR/x" x
}

@test "create and start with each system call failing in turn" {
	bundle x '.process.args = ["true"]'
	# create leaves a container that waits; it must be one that can be started and deleted
	keep=--keep
	after() {
		if [ "$status" = 0 ]; then
			# accept4 (288) is made when create has ended: start tells
			ctr-runtime start x || [[ $out == *"fault: 288"* ]] || out="$out fault: left"
			ctr-runtime delete -f x || out="$out fault: left"
		fi
	}
	everywhere "1 2" "" ctr-runtime create -b "$DIR/x" x
	before() { ctr-runtime create -b "$DIR/x" x </dev/null >/dev/null 2>&1 3>&-; }
	after() { ctr-runtime delete -f x || out="$out fault: left"; }
	everywhere 1 "" ctr-runtime start x
	nothing_left
}

@test "exec with each system call failing in turn" {
	local first
	sleeper ex
	first=$(cat "$DIR/ex/pid")
	states() { :; }
	failure=255
	after() { [ "$(cat "/proc/$first/comm")" = sleep ] || out="$out fault: left"; }
	everywhere "1 2 3" ran ctr-runtime exec ex echo ran
	[ "$(ctr-runtime ps --format json ex | jq length)" = 1 ]
	gone ex
	nothing_left
}

@test "killed at each system call, the next one can go on and no process is left" {
	local place out n=0 status
	bundle x '.process.args = ["echo","ran"]'
	for ((place = 1; place < 2000; place += (STEP + 2) / 3)); do
		status=0
		out=$(timeout -k 1 10 "$B/tests/fault" 1 $place KILL ctr-runtime run -b "$DIR/x" x 2>&1 3>&-) || status=$?
		[[ $out == *fault:* ]] || break
		n=$((n + 1))
		[ "$status" = 137 ]
		[[ $out != *"fault: left"* ]] || { echo "$place: $out"; return 1; }
		# another one is not in its way, and the same name can be had again
		if [ -e "$XDG_RUNTIME_DIR/rp/runtime/x/state.json" ]; then
			ctr-runtime delete -f x
		fi
		[ "$(ctr-runtime run -b "$DIR/x" x)" = ran ] || { echo "$place: $out"; return 1; }
	done
	echo "# $n places" >&3
	[ "$n" -gt $((50 / STEP)) ]
	nothing_left
	# the container's own process
	for ((place = 1; place < 2000; place += (STEP + 2) / 3)); do
		status=0
		out=$(timeout -k 1 10 "$B/tests/fault" 2 $place KILL ctr-runtime run -b "$DIR/x" x 2>&1 3>&-) || status=$?
		[[ $out == *fault:* ]] || break
		# the status of what was killed, or why there is none
		[ "$status" = 137 ] || [[ $out == *ctr-runtime:* ]] ||
			{ echo "$place: $status $out"; return 1; }
		[[ $out != *"fault: left"* ]] || { echo "$place: $out"; return 1; }
		nothing_left
	done
	[ "$place" -gt 100 ]
}

all_calls="openat2 clone3 fsopen open_tree move_mount mount_setattr pidfd_open close_range memfd_create"

# without CALLS FILTER CMD...: run on a kernel that does not have these calls.
without() {
	local calls=$1 filter=$2
	shift 2
	bundle old "$filter | .process.args = $(args "$@")"
	run "$B/tests/enosys" "$calls" ctr-runtime run -b "$DIR/old" old
	echo "$calls: $output"
}

@test "kernels without newer system calls: run, exec, create, start, delete" {
	local calls
	for calls in $all_calls openat2,clone3,fsopen,open_tree,move_mount,mount_setattr,close_range,memfd_create \
		$(tr ' ' , <<<"$all_calls"); do
		without "$calls" . sh -c 'id -u; echo x 2>&1 >/proc/sys/kernel/hostname'
		[ "$status" != 0 ]
		[[ $output == 0*"ead-only"* ]]
		bundle old '.process.args = ["sleep","1000"]'
		"$B/tests/enosys" "$calls" ctr-runtime create -b "$DIR/old" old </dev/null >/dev/null 2>&1 3>&-
		"$B/tests/enosys" "$calls" ctr-runtime start old
		[ "$("$B/tests/enosys" "$calls" ctr-runtime state old | jq -r .status)" = running ]
		# works, or says what is missing: a process is signalled and joined by pidfd only
		for cmd in "exec old id -u" "kill old KILL" "delete -f old"; do
			# shellcheck disable=SC2086
			run "$B/tests/enosys" "$calls" ctr-runtime $cmd
			echo "$calls: $cmd: $output"
			if [[ $calls == *pidfd_open* ]]; then
				[ "$status" = 0 ] || [[ $output == *"ctr-runtime: "*"unction not implemented"* ]]
			else
				[ "$status" = 0 ]
			fi
		done
		ctr-runtime delete -f old
		nothing_left
	done
}

@test "kernels without newer system calls keep the guards" {
	local calls target path paths
	paths=$(jq -c .linux.maskedPaths "$DIR/base.json")
	for calls in $all_calls openat2,clone3,fsopen,open_tree,move_mount,mount_setattr,close_range,memfd_create; do
		# descriptors, directories through them
		without "$calls" . /bin/probe fds
		[ "$output" = "0 1 2 " ]
		without "$calls" '.process.cwd = "/proc/self/fd/4"' true
		[ "$status" = 1 ]
		# planted links
		for path in dev proc sys tmp; do
			for target in "$DIR/outside" ../../../outside; do
				bundle link '.process.args = ["true"] | .mounts += [{destination: "/tmp/x/y", type: "tmpfs", source: "tmpfs"}] |
					.root.readonly = false' --own
				rm -rf "$DIR/link/rootfs/$path"
				ln -s "$target" "$DIR/link/rootfs/$path"
				run "$B/tests/enosys" "$calls" ctr-runtime run -b "$DIR/link" link
				[ -z "$(ls -A "$DIR/outside")" ]
				case $path in proc | sys) [[ $output == *"symbolic link"* ]] ;; esac
				rm "$DIR/link/rootfs/$path"
				mkdir "$DIR/link/rootfs/$path"
			done
		done
		# masks
		without "$calls" "$nodev | .linux.maskedPaths = $paths" sh -c "/bin/probe masked $(jq -r 'join(" ")' <<<"$paths")"
		[ "$output" = looked ]
		nothing_left
	done
}

@test "races on a kernel without openat2 and without mounts by descriptor" {
	local calls root=$DIR/oldrace/rootfs i
	mkdir -p "$DIR/oshared/a" "$DIR/osrc"
	ln -s "../../../../../../..$DIR/outside" "$DIR/oshared/b"
	bundle oldrace "$nodev | .process.args = [\"true\"] | .mounts += [
		{destination: \"/tmp/m\", type: \"bind\", source: \"$DIR/oshared\", options: [\"rbind\"]},
		{destination: \"/tmp/m/a/x/y\", type: \"bind\", source: \"$DIR/osrc\", options: [\"rbind\"]}]" --own
	mkdir -p "$root$DIR/outside"
	ln -s "$DIR/outside" "$root/dev.evil"
	swapping "$DIR/oshared/a" "$DIR/oshared/b" "$root/dev" "$root/dev.evil"
	for calls in openat2 openat2,fsopen,open_tree,move_mount,mount_setattr; do
		for ((i = 0; i < ${ROUNDS:-60}; i++)); do
			"$B/tests/enosys" "$calls" ctr-runtime run -b "$DIR/oldrace" oldrace 2>/dev/null || true
		done
	done
	swapped
	[ -z "$(ls -A "$DIR/outside")" ]
	[ -z "$(ls -A "$DIR/osrc")" ]
	nothing_left
}
