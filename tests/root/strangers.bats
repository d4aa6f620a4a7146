#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Root with the variables of another user's session (sudo -E), a user with a path that another user
# has prepared: nobody's links lead into a directory of somebody else.
bats_require_minimum_version 1.5.0

setup() {
	if [ -z "${RP_PRIVATE_MOUNTS:-}" ]; then
		echo "not in a mount namespace of its own: use make check T=root" >&2
		return 1
	fi
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export B=${B:-$top/build}
	export PATH=$B/bin:$PATH
	mount -t tmpfs -o mode=755 none /var/lib
	mount -t tmpfs -o mode=755 none /run
	"$top/tests/as-user" true
	DIR=$(mktemp -d /tmp/rps.XXXXXX)
	chmod 755 "$DIR"
	unset RP_STORE RP_RUN
}

teardown() {
	umount /run /var/lib
	rm -rf "$DIR"
}

# A home of the user nobody, with links to a directory of root's at all places.
nobodys_home() {
	mkdir -m 755 "$DIR/victim" "$DIR/victim/rp"
	echo precious >"$DIR/victim/rp/file"
	mkdir -p "$DIR/home/.local" "$DIR/home/run"
	ln -s "$DIR/victim" "$DIR/home/.local/share"
	ln -s "$DIR/victim/rp" "$DIR/home/run/rp"
	chown -hR nobody "$DIR/home"
	chmod 777 "$DIR/home/run"
}

victim_untouched() {
	[ "$(stat -c %a "$DIR/victim/rp")" = 755 ]
	[ "$(ls -A "$DIR/victim/rp")" = file ]
	[ "$(cat "$DIR/victim/rp/file")" = precious ]
}

@test "root's store is not where another user's variables lead" {
	nobodys_home
	for command in "ps" "images" "system reset -f"; do
		# shellcheck disable=SC2086 # words
		run env HOME="$DIR/home" XDG_RUNTIME_DIR="$DIR/home/run" rp $command
		[ "$status" -eq 0 ]
		victim_untouched
	done
	run env HOME="$DIR/home" XDG_DATA_HOME="$DIR/home/.local/share" ctr-list
	[ "$status" -eq 0 ]
	victim_untouched
	[ -d /var/lib/rp ]
	[ -d /run/rp ]
}

@test "root is not led by another user's link on a path that it was told" {
	nobodys_home
	run env RP_STORE="$DIR/home/.local/share/rp" RP_RUN=/run/rp ctr-list
	[ "$status" -eq 8 ]
	[[ $output == *"symbolic link of another user"* ]]
	run env RP_STORE=/var/lib/rp RP_RUN="$DIR/home/run/rp" store-reset
	[ "$status" -eq 8 ]
	victim_untouched
}

@test "a user is not led by another user's link" {
	nobodys_home
	chown -R "${RP_TEST_USER:-rptest}" "$DIR/victim"
	run "$top/tests/as-user" env RP_STORE="$DIR/home/.local/share/rp" ctr-list
	[ "$status" -eq 8 ]
	[[ $output == *"symbolic link of another user"* ]]
	run "$top/tests/as-user" env RP_RUN="$DIR/home/run/rp" ctr-list
	[ "$status" -eq 8 ]
	victim_untouched
}

@test "a directory that another user made below /tmp is not gone through" {
	user=${RP_TEST_USER:-rptest}
	mkdir -m 1777 "$DIR/tmp"
	mkdir -p "$DIR/tmp/theirs/mine"
	chown nobody "$DIR/tmp/theirs"
	chown "$user" "$DIR/tmp/theirs/mine"
	ln -s "$DIR/tmp/theirs" "$DIR/tmp/link"
	chown -h "$user" "$DIR/tmp/link"
	run "$top/tests/as-user" env RP_STORE="$DIR/tmp/link/mine" ctr-list
	[ "$status" -eq 8 ]
	[[ $output == *"is a symbolic link"* ]]
	run "$top/tests/as-user" env RP_STORE="$DIR/tmp/theirs/more" ctr-list
	[ "$status" -eq 8 ]
	[[ $output == *"belongs to another user"* ]]
	[ ! -e "$DIR/tmp/theirs/more" ]
}
