#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-runtime: where mounts come from, whose rights open them, whose ids they show, what they pass on.

load runtime.bash
setup_file() { runtime_setup; }
teardown_file() {
	ns-enter-pause --stop
	runtime_teardown
}
teardown() { untouched; }

# Runs a script, the rest of the line of which are its arguments, as root of a namespace that has the
# subordinate ids, in a mount namespace of its own.
privately() {
	local script=$1
	shift
	ns-enter-pause -- unshare -m bash -ec '. "$1"; shift
		bind() { echo ".mounts += [{destination: \"$2\", type: \"bind\", source: \"$1\", options: [\"bind\"${3:+,$3}]}]"; }
		'"$script" bash "$BATS_TEST_DIRNAME/runtime.bash" "$@" 3>&-
}
shared='del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user" and .type != "cgroup")) |
	.mounts |= map(select(.type != "cgroup"))'
own='.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1000}] | .linux.gidMappings = .linux.uidMappings |
	.mounts |= map(select(.type != "cgroup")) | .linux.namespaces |= map(select(.type != "cgroup"))'

@test "a source is opened with the caller's rights: below a directory that only the caller may enter" {
	run privately '
		mount -t tmpfs none "$DIR/outside"
		mkdir -p "$DIR/outside/closed/dir"
		echo good >"$DIR/outside/closed/dir/file"
		chmod 700 "$DIR/outside/closed"
		chown 77:77 "$DIR/outside/closed"
		in_container "$1 | $(bind "$DIR/outside/closed/dir" /tmp)" cat /tmp/file
		in_container "$1 | $(bind "$DIR/outside/closed/dir/file" /tmp/file)" cat /tmp/file || true' "$own"
	echo "$output"
	[ "${lines[0]}" = good ]
}

@test "a source that an earlier mount brings is there, with and without a user namespace" {
	local filter
	for filter in . "$full"; do
		run in_container "$filter | .mounts += [
			{destination: \"/tmp\", type: \"tmpfs\", source: \"tmpfs\"},
			{destination: \"/tmp/a\", type: \"bind\", source: \"$DIR/canary\", options: [\"bind\"]},
			{destination: \"/sys\", type: \"bind\", source: \"$DIR/rootfs/tmp\", options: [\"rbind\"]}]" cat /sys/a
		[ "$output" = canary ]
	done
}

@test "ids of a mount are mapped: with and without a pid and a user namespace, recursively" {
	local filter ns
	run privately 'mount -t tmpfs none "$DIR/outside"; ctr-runtime --version >/dev/null
		mkdir "$DIR/outside/sub"; mount -t tmpfs none "$DIR/outside/sub"; touch "$DIR/outside/f" "$DIR/outside/sub/f"
		maps=", \"uidMappings\": [{containerID: 0, hostID: 100, size: 10}], \"gidMappings\": [{containerID: 0, hostID: 200, size: 10}]"
		look="[\"stat\",\"-c\",\"%u:%g\",\"/tmp/f\",\"/tmp/sub/f\"]"
		for filter in . ".linux.namespaces |= map(select(.type != \"pid\")) | .mounts |= map(select(.type != \"proc\"))"; do
			for option in ridmap idmap; do
				bundle m "$1 | $filter | .process.args = $look | .mounts += [{destination: \"/tmp\", type: \"bind\", source: \"$DIR/outside\",
					options: [\"rbind\",\"$option\"] $maps}]"
				ctr-runtime run -b "$DIR/m" m | xargs
			done
		done
		# in a user namespace: to the ids of the container, without mappings
		bundle m "$2 | .process.args = $look | .mounts += [{destination: \"/tmp\", type: \"bind\", source: \"$DIR/outside\", options: [\"rbind\",\"ridmap\"]}]"
		ctr-runtime run -b "$DIR/m" m | xargs' "$shared" "$own"
	echo "$output"
	[ "$output" = "100:200 100:200
100:200 0:0
100:200 100:200
100:200 0:0
0:0 0:0" ]
}

@test "an idmap that is not understood is an error, never an unmapped mount" {
	local option
	for option in idmap=uids=0-1-10 'ridmap=uids=@0-1-10;gids=0-1-10' idmap=x; do
		run in_container ".mounts += [{destination: \"/tmp\", type: \"bind\", source: \"$DIR/outside\", options: [\"bind\",\"$option\"]}]" true
		[ "$status" = 1 ]
		[[ $output == *"is not understood"* ]]
	done
	run in_container '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["idmap"]}]' true
	[ "$status" = 1 ]
	sleeper live
	run ctr-runtime mounts add live - <<<"[{\"destination\": \"/tmp\", \"type\": \"bind\", \"source\": \"$DIR/outside\", \"options\": [\"bind\",\"idmap=x\"]}]"
	[ "$status" = 1 ]
	run ctr-runtime exec live grep -c " /tmp " /proc/self/mountinfo
	[ "$output" = 0 ]
	gone live
}

@test "rootfsPropagation: what arrives, what is passed on, and nothing is left on the host" {
	local parent value
	for parent in shared private slave; do
		for value in '' private rprivate slave rslave shared rshared unbindable; do
			run privately '
				mount -t tmpfs none "$DIR/outside"
				mount --make-rshared /
				[ "$2" != private ] || mount --make-private "$DIR/outside"
				if [ "$2" = slave ]; then mount --make-slave "$DIR/outside"; fi
				rootfs "$DIR/outside/rootfs"
				mkdir "$DIR/outside/rootfs/arrives" "$DIR/outside/volume" "$DIR/outside/volume/in"
				before=$(grep -c . /proc/self/mountinfo)
				bundle p "$1 | .process.args = [\"sleep\",\"100\"] | .root.path = \"$DIR/outside/rootfs\" | .process.capabilities |= map_values(. + [\"CAP_SYS_ADMIN\"]) |
					.linux.seccomp = null | .mounts += [{destination: \"/tmp\", type: \"bind\", source: \"$DIR/outside/volume\", options: [\"rbind\",\"rshared\"]}]
					$([ -z "$3" ] || echo "| .linux.rootfsPropagation = \"$3\"")"
				ctr-runtime run -d -b "$DIR/p" p </dev/null >/dev/null 2>"$DIR/p/err" || cat "$DIR/p/err"
				[ "$(grep -c . /proc/self/mountinfo)" = "$before" ] || echo "$(($(grep -c . /proc/self/mountinfo) - before)) left"
				mount -t tmpfs none "$DIR/outside/rootfs/arrives"
				touch "$DIR/outside/rootfs/arrives/x"
				ctr-runtime exec p ls /arrives
				umount "$DIR/outside/rootfs/arrives"
				ctr-runtime exec p /bin/busybox mount -t tmpfs none /tmp/in
				ctr-runtime exec p touch /tmp/in/passed
				ls "$DIR/outside/volume/in"
				umount "$DIR/outside/volume/in" 2>/dev/null || true
				ctr-runtime exec p grep -E "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / " /proc/self/mountinfo | grep -o "shared:\|master:\|unbindable" | sort | xargs
				ctr-runtime delete -f p
				[ "$(grep -c . /proc/self/mountinfo)" = "$before" ] || echo "left at the end"' "$shared" "$parent" "$value"
			echo "== $parent $value"
			echo "$output"
			[ "$status" = 0 ]
			[[ $output != *left* ]]
			case $parent-$value in
			shared-*slave) [[ $output == *x* ]] ;;
			*) [[ $output != *x* ]] ;;
			esac
			case $parent-$value in
			shared-shared | shared-rshared) [[ $output == *passed* ]] ;;
			*) [[ $output != *passed* ]] ;;
			esac
			case $value in
			shared | rshared) [[ $output == *shared:* ]] ;;
			unbindable) [[ $output == *unbindable* ]] ;;
			*) [[ $output != *shared:* ]] ;;
			esac
		done
	done
}

@test "--no-pivot leaves no proc and no sysfs of the host below the root" {
	# a whole one is what lets a user namespace inside mount another one
	run privately '
		ln -sf busybox "$DIR/rootfs/bin/unshare"
		for way in --no-pivot ""; do
			bundle n "$1 | .linux.seccomp = null | .linux.maskedPaths += [\"/proc/version\"] | .process.capabilities |= map_values(. + [\"CAP_SYS_ADMIN\",\"CAP_SETFCAP\",\"CAP_SETUID\",\"CAP_SETGID\"] | unique) |
				.process.args = [\"unshare\",\"-U\",\"-r\",\"-m\",\"-p\",\"-f\",\"/bin/busybox\",\"mount\",\"-t\",\"proc\",\"proc\",\"/tmp\"]"
			# shellcheck disable=SC2086
			ctr-runtime run $way -b "$DIR/n" n && echo mounted
		done; true' "$shared"
	echo "$output"
	[[ $output != *mounted* ]]
	[[ $output == *"ermission denied"*"ermission denied"* ]] || [[ $output == *"not permitted"*"not permitted"* ]]
}

@test "time offsets in a user namespace of other ids; no mount namespace is refused with the reason" {
	run in_container "$full | .linux.namespaces += [{type: \"time\"}] | .linux.timeOffsets = {boottime: {secs: 1000000}} | .process.oomScoreAdj = 600" \
		sh -c 'cut -d. -f1 /proc/uptime 2>/dev/null || sed "s/\..*//" /proc/uptime; cat /proc/self/oom_score_adj'
	[ "$status" = 0 ]
	run in_container '.linux.namespaces |= map(select(.type != "mount"))' true
	[ "$status" = 1 ]
	[[ $output == *"no mount namespace"*"would be the caller's"* ]]
}
