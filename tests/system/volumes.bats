#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is mounted into a container, and that it never leads out of it.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	mkdir "$DIR/canary" "$DIR/canary/sub"
	echo precious >"$DIR/canary/file"
	echo precious >"$DIR/canary/sub/file"
	chmod 640 "$DIR/canary/file"
	"$top/contrib/mkimage" "$DIR/image" links "LINK:/tohost=$DIR/canary" LINK:/toetc=/etc "LINK:/up=../../../..$DIR/canary" \
		LINK:/dangling=/nowhere/at/all LINK:/loop=loop LINK:/tmp/rel=../etc
	"$top/contrib/mkimage" "$DIR/image" volumes 'Volumes={"/data":{},"/new/place":{}}' FILE:/data/file=image FILE:/data/sub/x=y
	"$top/contrib/mkimage" "$DIR/image" linkvolumes "LINK:/a=/etc" "LINK:/b=$DIR/canary" 'Volumes={"/a":{},"/a/sub":{}}'
	for i in links volumes linkvolumes; do
		rp pull -q "oci:$DIR/image:$i" >/dev/null
	done
}
teardown_file() { file_teardown; }
setup() {
	cd "$DIR" || return 1
	mkdir -p share/sub
	echo here >share/file
	canary_before=$(canary)
}
teardown() {
	rp rm -f -v -t 0 --all >/dev/null
	eventually nothing_left 2>/dev/null || nothing_left || return 1
	rm -rf "$DIR/share"
	chmod -R u+w "$XDG_DATA_HOME/rp/volumes" 2>/dev/null || :
	ns-enter-pause rm -rf "$XDG_DATA_HOME/rp/volumes"
	[ "$(canary)" = "$canary_before" ]
}

# Names, inodes, modes, owners, times and content of what no container may touch.
canary() {
	find "$DIR/canary" -printf '%p %i %m %U %G %T@ %C@ %s\n' | sort
	find "$DIR/canary" -type f -exec sha256sum {} + | sort
	stat -c '%i %a %U %Z' /etc /etc/passwd
}
c() { rp run --rm --network none "$@"; }
volumes() { ls "$XDG_DATA_HOME/rp/volumes" 2>/dev/null; }

@test "bind: read-write, read-only, relative, a file" {
	[ "$(c -v "$DIR/share:/m" busybox sh -c 'cat /m/file; echo new >/m/new')" = here ]
	[ "$(cat share/new)" = new ]
	run -1 c -v "$DIR/share:/m:ro" busybox sh -c 'cat /m/file; touch /m/no'
	[[ $output == here*[Rr]ead-only* ]]
	[ ! -e share/no ]
	[ "$(c -v ./share:/m busybox cat /m/file)" = here ]
	[ "$(cd share && c -v .:/m -v ../share/sub:/n busybox cat /m/file)" = here ]
	[ "$(c -v ./share/file:/deep/er/name:ro busybox cat /deep/er/name)" = here ]
	[ "$(c -v ./share/file:/etc/passwd:ro -u 0 busybox cat /etc/passwd)" = here ]
	[ "$(c --mount type=bind,source=./share,destination=/m,ro busybox cat /m/file)" = here ]
	run ! c --mount type=bind,source=./share,destination=/m,ro busybox touch /m/no
}

@test "bind: what the mount allows that it comes from stays; what is asked for is added" {
	local word
	run -0 c -v ./share:/m busybox grep ' /m ' /proc/self/mountinfo
	for word in nosuid nodev noexec; do
		[[ $(findmnt -no OPTIONS -T share) == *$word* ]] || [[ $output != *$word* ]]
	done
	run -0 c -v ./share:/m:nosuid,nodev,noexec busybox grep ' /m ' /proc/self/mountinfo
	[[ $output == *nosuid*nodev*noexec* ]]
	# a device is one
	[ "$(c -v /dev/zero:/z -v /dev/null:/n busybox sh -c 'echo x >/n; head -c 4 /z | wc -c')" = 4 ]
}

@test "a missing source is named, and nothing is made" {
	run -125 --separate-stderr c -v "$DIR/missing:/m" busybox true
	[[ $stderr == *"$DIR/missing"* ]]
	[ "${#stderr_lines[@]}" = 1 ]
	[ ! -e "$DIR/missing" ]
	nothing_left
	run -125 c --mount "type=bind,source=$DIR/missing,destination=/m" busybox true
	[[ $output == *"$DIR/missing"* ]]
}

@test "bad volumes: one line that names the value" {
	for bad in /a:b a:b:c:d :/x '' relative /a:/b:nosuch "../${DIR##*/}.none:/m" '../x:' a/b:/m '-x:/m' '..:' '.hidden:/m' 'a b:/m' \
		"$(printf 'v%.0s' {1..200}):/m" '/tmp:/m:ro,nosuch'; do
		run -125 --separate-stderr c -v "$bad" busybox true
		[ "${#stderr_lines[@]}" = 1 ] || [[ ${stderr_lines[1]} == "See 'rp run --help'" ]] || { echo "$bad: $stderr"; return 1; }
		nothing_left
		[ -z "$(volumes)" ]
	done
	run -125 c -v ./share:/m -v ./other:/m busybox true
	[[ $output == */m*cannot\ both\ be\ mounted* ]]
	for bad in type=nosuch,destination=/x type=bind,destination=/x type=volume destination=x 'type=tmpfs,destination=x'; do
		run -125 c --mount "$bad" busybox true
		[ "${lines[1]:-}" = "See 'rp run --help'" ] || [ "${#lines[@]}" = 1 ]
	done
	# by hand a document may say anything
	for bad in ../x .. . a/b "$(printf 'a\nb')" ''; do
		jq -n --arg s "$bad" '{schema: "rp.container/1", request: {mounts: [{type: "volume", source: ($s + "/"), destination: "/m"}]}}' >doc
		run -2 vol-prepare <doc
	done
	[ -z "$(volumes)" ]
}

@test "mounts below mounts, whatever the order on the command line" {
	mkdir other
	echo inner >other/inner
	run -0 c -v ./other:/m/sub -v ./share:/m --tmpfs /m/sub/t busybox sh -c 'cat /m/file /m/sub/inner; grep -c " /m" /proc/self/mountinfo; touch /m/sub/t/x'
	[ "$output" = $'here\ninner\n3' ]
	rm -r other
}

@test "named volume: made on first use with the image's content, kept, not filled again" {
	[ "$(c -v vol:/data volumes sh -c 'cat /data/file /data/sub/x; rm /data/file; echo mine >/data/mine')" = imagey ]
	[ "$(volumes)" = vol ]
	[ "$(c -v vol:/data volumes sh -c 'ls /data')" = $'mine\nsub' ]
	[ "$(c -v vol:/m busybox ls /m)" = $'mine\nsub' ]
	# nocopy: empty
	[ -z "$(c -v vol2:/data:nocopy volumes ls /data)" ]
	[ "$(volumes)" = $'vol\nvol2' ]
	# owner and mode of the image's directory
	c -v home:/home/user busybox true
	[ "$(c -v home:/m busybox stat -c %u /m)" = 1000 ]
	c -v tmp:/tmp busybox true
	[ "$(c -v tmp:/m busybox stat -c %a /m)" = 1777 ]
}

@test "several containers make the same volume at once: one volume, whole" {
	for _ in 1 2 3 4 5 6; do
		c -v shared:/data volumes cat /data/file &
	done >all
	wait
	[ "$(cat all)" = imageimageimageimageimageimage ]
	[ "$(volumes)" = shared ]
}

@test "anonymous volumes of the image: gone with --rm and rm -v, kept otherwise and at the next start" {
	[ "$(c volumes sh -c 'cat /data/file; ls -a /new/place; touch /new/place/x')" = $'image.\n..' ]
	[ -z "$(volumes)" ]
	rp run --name keeps --network none volumes sh -c 'echo x >>/new/place/x; cat /new/place/x'
	[ "$(volumes | wc -l)" = 2 ]
	[ "$(rp start -a keeps)" = $'x\nx' ]
	[ "$(volumes | wc -l)" = 2 ]
	rp rm keeps
	[ "$(volumes | wc -l)" = 2 ]
	ns-enter-pause rm -rf "$XDG_DATA_HOME/rp/volumes"
	rp run --name gone --network none -v /anon volumes true
	[ "$(volumes | wc -l)" = 3 ]
	rp rm -v gone
	[ -z "$(volumes)" ]
	# one that another container uses by its name stays, and goes with that one
	rp run --name first --network none -v /anon busybox sh -c 'echo kept >/anon/x'
	name=$(volumes)
	rp run --name second --network none -v "$name:/m" busybox true
	rp rm -v first
	[ "$(rp run --rm --network none -v "$name:/m" busybox cat /m/x)" = kept ]
	[ "$(volumes)" = "$name" ]
	rp rm -v second
	[ -z "$(volumes)" ]
	# a mount of the user's own takes the place of one, also where it is written differently
	[ "$(c -v ./share:/data volumes cat /data/file)" = here ]
	[ "$(c -v ./share:/data/ volumes cat /data/file)" = here ]
}

@test "anonymous volumes do not outlive a start that fails" {
	run -127 c volumes no-such-program
	[ -z "$(volumes)" ]
	run -125 c --device /dev/no-such-device volumes true
	[ -z "$(volumes)" ]
	run -125 c --runtime no-such-runtime volumes true
	[ -z "$(volumes)" ]
	nothing_left
}

@test "an image with very many volumes: as many as the limit, all gone with the container; one more is refused" {
	many() {
		"$top/contrib/mkimage" "$DIR/image" "many$1" \
			"Volumes=$(jq -nc --argjson n "$1" '[range($n) | {key: "/v/\(.)", value: {}}] | from_entries')"
		rp pull -q "oci:$DIR/image:many$1" >/dev/null
	}
	many 1000
	run -0 timeout 60 rp run --rm --network none many1000 sh -c 'ls /v | wc -l; grep -c " /v/" /proc/self/mountinfo'
	[ "$output" = $'1000\n1000' ]
	eventually no_volumes
	# the list is written before the first of them is made, once
	run -0 timeout 60 rp create --name many --network none many1000 true
	run -0 timeout 60 rp start -a many
	[ "$(jq '.anonymous | length' "$XDG_DATA_HOME"/rp/containers/*/volumes.json)" = 1000 ]
	run -0 timeout 60 rp rm -v many
	eventually no_volumes
	many 1001
	run -125 rp run --rm --network none many1001 true
	[[ $output == *".image.config.Volumes: more than 1000 volumes"* ]]
	no_volumes
}

no_volumes() { [ ! -d "$XDG_DATA_HOME/rp/volumes" ] || [ -z "$(ls -A "$XDG_DATA_HOME/rp/volumes")" ]; }

@test "U gives the files to the container's user" {
	[ "$(c -u user -v ./share:/m:U busybox stat -c %u /m /m/file /m/sub)" = $'1000\n1000\n1000' ]
	[ "$(c -v ./share:/m:U busybox stat -c %u /m /m/file)" = $'0\n0' ]
	# a link in it is given away itself, not what it leads to
	ln -s "$DIR/canary" share/link
	c -u user -v ./share:/m:U busybox true
	c -v ./share:/m:U busybox true
}

@test "z and Z are nothing where SELinux is off" {
	[ ! -e /sys/fs/selinux/enforce ] || skip "SELinux is on here"
	run -0 --separate-stderr c -v ./share:/m:Z -v ./share:/n:ro,z busybox cat /m/file /n/file
	[ -z "$stderr" ]
	[ "$output" = $'here\nhere' ]
}

@test "tmpfs: size, mode, the content of the image copied up where asked" {
	run -0 c --tmpfs /t:size=1m,mode=750,noexec busybox sh -c 'stat -c %a /t; grep " /t " /proc/self/mountinfo; dd if=/dev/zero of=/t/x bs=1k count=2000 2>/dev/null || echo full'
	[ "${lines[0]}" = 750 ]
	[[ ${lines[1]} == *noexec*size=1024k* ]]
	[ "${lines[2]}" = full ]
	run -126 c --tmpfs /t:size=x busybox true
	[ "${#lines[@]}" = 1 ]
	run -125 c --tmpfs t busybox true
}

@test "destinations that are links in the image stay inside" {
	# the target of a link that dangles is made, in the image
	for at in /tohost /tohost/deeper /tohost/sub /up /up/sub /up/file /dangling; do
		[ "$(c -v ./share:$at links cat $at/file)" = here ]
		[ "$(c -v ./share/file:$at links cat $at)" = here ]
		c --tmpfs $at links touch $at/new
	done
	for at in /loop /loop/x; do
		run -126 c -v ./share:$at links true
		[ "${#lines[@]}" = 1 ]
		[[ $output == *"$at"* ]]
		run -126 c --tmpfs $at links true
	done
	[ "$(c -v ./share:/toetc/inner links sh -c 'cat /etc/inner/file; test -e /etc/passwd && echo yes')" = $'here\nyes' ]
	[ "$(c -v ./share/file:/toetc/hostname2 links cat /etc/hostname2)" = here ]
	[ "$(c -v ./share:/tmp/rel/x links cat /etc/x/file)" = here ]
	c --tmpfs /toetc/t links touch /etc/t/x
	c -v ./share:/m/../../../..//n links ls /n/file
}

@test "VOLUME at a link, and a named volume filled from one" {
	[ "$(c linkvolumes sh -c 'touch /a/new; ls /etc/new')" = /etc/new ]
	c -v named:/a linkvolumes sh -c 'ls /a/passwd'
	# what is filled in is the image's, never the host's
	for at in /tohost /up; do
		c -v filled:$at links true
		[ -z "$(c -v filled:/m busybox ls /m)" ]
	done
}

@test "a bind mount of a directory with further mounts brings them along; rprivate" {
	run -0 rp unshare --help
	ns-enter-pause --private sh -c '
		mount -t tmpfs inner "$DIR/share/sub" && echo deep >"$DIR/share/sub/deep"
		rp run --rm --network none -v "$DIR/share:/m" busybox cat /m/sub/deep' >out || :
	# rp makes a mount namespace from that of the pause process or stays in this one
	[ -z "$(cat out)" ] || [ "$(cat out)" = deep ]
	run -0 c -v ./share:/m busybox grep ' /m ' /proc/self/mountinfo
	[[ $output != *shared:* ]]
}

@test "somebody swaps a directory of a volume for a link while containers mount below it" {
	local i good=0 mounts
	mkdir share/a
	ln -s "$DIR/canary" share/l
	"$B/tests/swap" share/a share/l 3>&- &
	swapper=$!
	mounts=$(wc -l </proc/self/mountinfo)
	for ((i = 0; i < 500; i++)); do
		if c -v ./share:/m -v x:/m/a/b busybox true >/dev/null 2>&1; then
			good=$((good + 1))
		fi
	done
	kill $swapper
	wait $swapper || :
	[ "$(canary)" = "$canary_before" ]
	[ "$(wc -l </proc/self/mountinfo)" = "$mounts" ]
	echo "# $good of 500 got their mount" >&3
	[ "$good" -gt 0 ]
}

@test "devices, fifos and sockets of the user as sources" {
	mkfifo share/fifo
	[ "$(c -v ./share/fifo:/f busybox stat -c %F /f)" = fifo ]
	[ "$(c -v /dev/null:/n busybox stat -c %F /n)" = "character special file" ]
}
