# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the tests of processes that join a container: a container "victim" with the racer in it. $IN is
# what the runtime is started by.

secret=K7w-secret-of-the-host
# No user namespace of its own, and what a racer needs.
joinable='del(.linux.uidMappings, .linux.gidMappings) | .linux.seccomp = null |
	.linux.namespaces |= map(select(.type != "user" and .type != "cgroup")) |
	.mounts |= map(select(.type != "cgroup")) | .linux.maskedPaths = [] |
	.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE","CAP_DAC_OVERRIDE","CAP_DAC_READ_SEARCH"] | unique) |
	.hooks.poststop = [{path: "/bin/true", args: ["true", "K7w-secret-of-the-host"], env: ["S=K7w-secret-of-the-host"]}]'

joining_setup() {
	cp "$B/tests/hostview" "$DIR/rootfs/bin/"
	export RP_TEST_SECRET=$secret
}

joining_teardown() {
	local id
	for id in $($IN ctr-runtime list -q); do $IN ctr-runtime delete -f "$id"; done
}

racer_starts() {
	bundle victim "$joinable | ${1:-.} | .process.args = [\"/bin/hostview\", \"$(rev <<<"$secret")\"]"
	$IN ctr-runtime run -b "$DIR/victim" victim >"$DIR/victim/out" 2>"$DIR/victim/err" </dev/null 3>&- &
	racer=$!
	local i
	for ((i = 0; i < 1000; i++)); do
		! grep -q ready "$DIR/victim/out" || return 0
		sleep 0.02
	done
	cat "$DIR/victim/err"
	return 1
}

# The racer has looked, at half of the rounds at least, and seen nothing.
racer_ends() {
	$IN ctr-runtime kill victim USR1
	wait "$racer"
	sort "$DIR/victim/err" | uniq -c | sort -rn | head -20
	cat "$DIR/victim/out"
	echo "# hits: $(tail -1 "$DIR/victim/out"), rounds: $1" >&3
	[ "$(sed -n 's/ of .*//p' "$DIR/victim/out")" = 0 ]
	[ "$(sed -n 's/.* of //p' "$DIR/victim/out")" -ge "${2:-$(($1 / 10))}" ]
}

# A directory of the host that the caller has open, without close-on-exec.
exec_rounds() {
	local i
	racer_starts
	for ((i = 0; i < $1; i++)); do
		$IN ctr-runtime exec victim true 7</etc 8</etc/hostname || return 1
	done
	racer_ends "$1"
}

other_exec_rounds() {
	local i
	racer_starts '.linux.namespaces += [{type: "cgroup"}, {type: "time"}]'
	for ((i = 0; i < $1; i++)); do
		$IN script -qec "ctr-runtime exec --tty --user 1:1 victim true" /dev/null </dev/null 7</etc >/dev/null || return 1
		$IN ctr-runtime exec --no-new-privs --cwd /tmp victim /bin/nothere 7</etc 2>/dev/null && return 1
	done
	racer_ends "$1" 1
}

waiting_rounds() {
	local i out
	for ((i = 0; i < $1; i++)); do
		bundle waits "$joinable | .process.args = [\"true\"]"
		$IN ctr-runtime create -b "$DIR/waits" waits </dev/null >/dev/null 2>&1 3>&- 7</etc
		out=$($IN ctr-runtime exec waits /bin/hostview --once "$(rev <<<"$secret")" 1 2>&1)
		echo "$out"
		[ "${out##*$'\n'}" = "0 of 1" ] || return 1
		$IN ctr-runtime start waits
		$IN ctr-runtime delete -f waits
	done
}

shared_pid_rounds() {
	local i
	racer_starts
	bundle guest "$joinable | .process.args = [\"true\"] | .linux.namespaces |= map(if .type == \"pid\"
		then .path = \"/proc/$($IN ctr-runtime state victim | jq .pid)/ns/pid\" else . end)"
	for ((i = 0; i < $1; i++)); do
		$IN ctr-runtime run -b "$DIR/guest" guest </dev/null 7</etc || return 1
		$IN ctr-runtime create -b "$DIR/guest" guest </dev/null >/dev/null 2>&1 3>&- 7</etc || return 1
		$IN ctr-runtime start guest || return 1
		$IN ctr-runtime delete -f guest || return 1
	done
	racer_ends "$1"
}
