#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the programs really write and read is valid by what --schema prints.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { file_setup; }
teardown_file() { file_teardown; }

valid() { # SCHEMA-FILE DOCUMENT-FILE
	python3 - "$1" "$2" <<-'P'
		import json, sys, jsonschema
		schema = json.load(open(sys.argv[1]))
		jsonschema.Draft202012Validator.check_schema(schema)
		jsonschema.validate(json.load(open(sys.argv[2])), schema)
	P
}

@test "each step of a run" {
	rp --trace="$DIR/t" run --rm -i --network slirp4netns -p 0.0.0.0:0:80 -v named:/v -v "$DIR:/m:ro" --tmpfs /x \
		-e A=1 -u user --ulimit nofile=10:20 --device /dev/null --label a=b --cap-add NET_RAW busybox true </dev/null
	for step in "$DIR"/t/*; do
		program=${step##*/[0-9][0-9]-}
		"$program" --schema >"$DIR/schema"
		echo "$program"
		jq -e '.["$defs"].input // empty' "$DIR/schema" >"$DIR/input" && valid "$DIR/input" "$step/stdin.json"
		[ "$program" = ctr-attach ] || valid "$DIR/schema" "$step/stdout.json"
	done
}

@test "lists and inspections" {
	rp create --name c --network none busybox true
	for words in "ctr-list --all" "img-list" "ctr-inspect c" "img-inspect busybox" "host-info"; do
		# shellcheck disable=SC2086 # words
		$words >"$DIR/out"
		"${words%% *}" --schema >"$DIR/schema"
		echo "$words"
		valid "$DIR/schema" "$DIR/out"
	done
	rp rm c
}

@test "a wrong document is not valid" {
	spec-gen --schema | jq '.["$defs"].input' >"$DIR/input"
	echo '{"schema":"rp.container/1","request":{"env":"A=1"},"image":{},"rootfs":{}}' >"$DIR/out"
	run ! valid "$DIR/input" "$DIR/out"
}
