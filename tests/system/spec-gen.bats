#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# spec-gen: its output against the OCI schema, the same bytes each time, its confinement.

B=${B:-$(cd "$BATS_TEST_DIRNAME/../../build" && pwd)}
CASES=$BATS_TEST_DIRNAME/../cases/spec-gen
SCHEMA=/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema

setup() {
	# a sanitizer cannot look for leaks inside a filter, nor come first before a preloaded library
	export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '%s' '{"schema":"rp.container/1","request":{"command":["true"]},"rootfs":{"user":{"uid":0,"gid":0,"home":"/root"}},"container":{"hostname":"h","directory":"/d"}}' >plain.json
}

words() {
	[ ! -f "$1/argv" ] || mapfile -t argv <"$1/argv"
}

# The cases that succeed, with the built-in seccomp profile in place of none as well.
@test "each configuration is valid by the OCI schema" {
	local n=0 c argv
	mkdir specs
	for c in "$CASES"/*/; do
		[ ! -f "$c/exit" ] || continue
		argv=()
		words "$c"
		"$B/bin/spec-gen" "${argv[@]}" <"$c/stdin.json" 2>/dev/null >"specs/$n.json"
		jq 'del(.request.security.seccomp)' "$c/stdin.json" |
			"$B/bin/spec-gen" "${argv[@]}" 2>/dev/null >"specs/$n.s.json"
		n=$((n + 1))
	done
	[ "$n" -ge 20 ]
	python3 - "$SCHEMA" specs/*.json <<-'END'
		import json, sys, warnings
		warnings.simplefilter('ignore')
		import jsonschema
		base = sys.argv[1] + '/'
		schema = json.load(open(base + 'config-schema.json'))
		resolver = jsonschema.RefResolver('file://' + base, schema)
		v = jsonschema.validators.validator_for(schema)(schema, resolver=resolver)
		bad = 0
		for name in sys.argv[2:]:
		    for e in v.iter_errors(json.load(open(name))['spec']):
		        print(name, list(e.path), e.message[:200])
		        bad = 1
		sys.exit(bad)
	END
}

@test "the schema check can fail" {
	run python3 - "$SCHEMA" <<-'END'
		import json, sys, warnings
		warnings.simplefilter('ignore')
		import jsonschema
		base = sys.argv[1] + '/'
		schema = json.load(open(base + 'config-schema.json'))
		resolver = jsonschema.RefResolver('file://' + base, schema)
		jsonschema.validate({'ociVersion': '1.0.2', 'mounts': 7}, schema, resolver=resolver)
	END
	[ "$status" -ne 0 ]
}

@test "the same document gives the same bytes, whatever the environment" {
	"$B/bin/spec-gen" <plain.json >a
	env -i ASAN_OPTIONS="$ASAN_OPTIONS" SECRET=x HOME=/nowhere TZ=Asia/Tokyo "$B/bin/spec-gen" <plain.json >b
	cmp a b
	# and its own output fed back in gives the same again
	"$B/bin/spec-gen" <a >c
	cmp a c
}

@test "nothing of the environment reaches the container" {
	jq -c '.image.config.Env = ["SECRET", "*", "SEC*"]' plain.json >in
	SECRET=canary-7 "$B/bin/spec-gen" <in >out
	run grep -q canary-7 out
	[ "$status" -ne 0 ]
	[ "$(jq -c '.spec.process.env' out)" = "$("$B/bin/spec-gen" <plain.json | jq -c .spec.process.env)" ]
}

@test "the built-in profile refuses AF_ALG and AF_VSOCK and follows the capabilities" {
	"$B/bin/spec-gen" <plain.json >a
	jq -e '.spec.linux.seccomp.defaultAction == "SCMP_ACT_ERRNO"' a
	allowed='[.spec.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW") | .names[]]'
	jq -e "$allowed"' | (index("bpf") == null) and (index("read") != null)' a
	jq -e '[.spec.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ERRNO") |
		select((.args // [])[0].valueTwo == 38 or (.args // [])[0].valueTwo == 40)] | length >= 2' a
	jq -c '.request.capAdd = ["SYS_ADMIN"]' plain.json | "$B/bin/spec-gen" >b
	jq -e "$allowed"' | index("bpf") != null' b
}

@test "it is confined before it reads" {
	mkfifo in
	"$B/bin/spec-gen" <in >out &
	pid=$!
	exec 9>in
	for _ in $(seq 200); do
		! grep -q '^Seccomp:.*2' "/proc/$pid/status" 2>/dev/null || break
		sleep 0.01
	done
	grep -q '^Seccomp:.*2' "/proc/$pid/status"
	grep -q '^NoNewPrivs:.*1' "/proc/$pid/status"
	grep -q '^CapPrm:.*0000000000000000' "/proc/$pid/status"
	cat plain.json >&9
	exec 9>&-
	wait "$pid"
	[ -s out ]
}

# A library that tries, from inside, at the moment when the result is written.

@test "a runtime accepts it" {
	command -v runc || skip "runc is not installed"
	mkdir -p b/rootfs/bin b/rootfs/etc b/rootfs/run d
	cp /bin/busybox b/rootfs/bin/
	ln -s busybox b/rootfs/bin/echo
	echo h >d/hostname
	: >d/containerenv
	jq --arg d "$PWD/d" '.container.directory = $d' plain.json |
		"$B/bin/spec-gen" -- echo from inside | jq .spec >b/config.json
	cd b
	run env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" unshare --user --map-root-user --map-auto \
		runc --root "$BATS_TEST_TMPDIR/runc" --rootless=true run "sg$$"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"from inside"* ]]
}

@test "long lists of an image cost no more than their length, and have a limit that is named" {
	many() { jq -c --argjson n "$1" "$2" plain.json; }
	many 60000 '.image.config.Env = [range($n) | "NAME\(.)=1"]' >env.json
	timeout 4 "$B/bin/spec-gen" <env.json | jq -e '.spec.process.env | length == 60005 and .[60004] == "NAME59999=1"'
	many 20000 '.volumes = [range($n) | {type: "tmpfs", source: "tmpfs", destination: "/v\(.)"}]' >mounts.json
	timeout 4 "$B/bin/spec-gen" <mounts.json | jq -e '.spec.mounts | length > 20000'
	many 60000 '.image.config.Env = [range($n) | "NAME\(.)"]' >bad.json
	run timeout 4 "$B/bin/spec-gen" <bad.json
	[ "$status" = 0 ]
	[ "$(grep -c dropped <<<"$output")" -le 20 ]
	[[ $output == *"59990 more"* ]]
	many 65537 '.image.config.Env = [range($n) | "NAME\(.)=1"]' >env.json
	run "$B/bin/spec-gen" <env.json
	[ "$status" = 3 ]
	[ "$output" = "spec-gen: .image.config.Env: more than 65536 items" ]
	many 1001 '.image.config.Volumes = ([range($n) | {key: "/v\(.)", value: {}}] | from_entries)' >volumes.json
	run "$B/bin/spec-gen" <volumes.json
	[ "$status" = 3 ]
	[ "$output" = "spec-gen: .image.config.Volumes: more than 1000 items" ]
}
