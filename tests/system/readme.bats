#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# README's session, word for word, from a fresh home; only the port is another one.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { file_setup; }
teardown_file() { file_teardown; }

# The commands and what they print: "..." stands for anything.
session() {
	sed -n '/^## A session/,/^## /p' "$BATS_TEST_DIRNAME/../../README.md" | sed -n 's/^    //p'
}

@test "the session of the README runs as it is written" {
	local port command='' want='' n=0 line
	port=$(free_port)
	rp system reset --force
	mkdir "$DIR/checkout"
	ln -s "$(cd "$BATS_TEST_DIRNAME/../../contrib" && pwd)" "$DIR/checkout/contrib"
	cd "$DIR/checkout"
	play() {
		[ -n "$command" ] || return 0
		n=$((n + 1))
		echo "\$ $command"
		run -0 --separate-stderr bash -c "${command//8080/$port}"
		echo "$output $stderr"
		[ "$want" = '...' ] || [ "$output" = "${want//8080/$port}" ]
	}
	while IFS= read -r line; do
		if [[ $line == '$ '* ]]; then
			play
			command=${line#'$ '} want=''
		else
			want=${want:+$want$'\n'}$line
		fi
	done < <(session)
	play
	[ "$n" -ge 10 ]
	[ -z "$(rp ps -aq)" ]
}
