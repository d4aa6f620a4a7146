#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --dry-run: the script is the command. Run by a shell it prints what the command prints, and does it.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() { file_setup; }
teardown_file() { file_teardown; }

# What the command and its script print. Ages are of the moment: a second try may have the same.
same() {
	local want script got try
	script=$(rp --dry-run "$@")
	for try in 1 2 3; do
		want=$(rp "$@" 2>"$DIR/err") || true
		got=$(cd "$DIR" && sh -c "$script" 2>"$DIR/err2") || true
		[ "$got" != "$want" ] || return 0
	done
	echo "\$ rp $*"
	echo "$script"
	echo "command: $want"
	echo "script: $got"
	cat "$DIR/err" "$DIR/err2"
	return 1
}

@test "commands that only look" {
	rp create --name c --network none -l a=b busybox true
	for words in "ps -a" "ps -aq" "ps -a --no-trunc" "ps -a --noheading" "ps -an 1" "images" "images -q" "images -n" "inspect c" \
		"inspect c busybox" "container inspect c" "image inspect busybox" "port c" "version" "wait c" "logs c" "images busybox"; do
		# shellcheck disable=SC2086 # words
		same $words
	done
	same ps -a --format '{{.Names}} {{.State}}'
	same inspect c --format '{{.Name}} {{.State.Status}} {{json .Config.Labels}}'
	same info --format '{{.store.graphRoot}}'
	same version --format '{{.Client.Version}}'
	rp rm c
}

@test "commands that do something: the script does it as well" {
	same run --rm --network none busybox echo hi
	same pull -q "oci:$DIR/image:busybox"
	sh -c "cd $DIR && $(rp --dry-run create --name made --network none busybox sh -c 'echo one; sleep 1000')" >"$DIR/out"
	[ "$(cat "$DIR/out")" = "$(rp inspect made --format '{{.Id}}')" ]
	[ "$(cd "$DIR" && sh -c "$(rp --dry-run start made)")" = made ]
	[ "$(rp inspect made --format '{{.State.Status}}')" = running ]
	same port made
	[ "$(cd "$DIR" && sh -c "$(rp --dry-run kill made)")" = made ]
	rp wait made
	[ "$(cd "$DIR" && sh -c "$(rp --dry-run rm made)")" = made ]
	[ -z "$(rp ps -aq)" ]
	id=$(cd "$DIR" && sh -c "$(rp --dry-run run -d --network none busybox sleep 1000)")
	[ "$(rp ps -q --no-trunc)" = "$id" ]
	[ "$(cd "$DIR" && sh -c "$(rp --dry-run stop -t 0 "$id")")" = "$id" ]
	rp rm "$id"
}
