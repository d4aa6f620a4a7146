#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Published ports and clients on other hosts, which are network namespaces here.
bats_require_minimum_version 1.5.0

setup_file() {
	if [ -z "${RP_PRIVATE_MOUNTS:-}" ]; then
		echo "not in namespaces of its own: use make check T=root" >&2
		return 1
	fi
	export TOP
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export B=${B:-$TOP/build}
	ip link set lo up
	ip link add here type veth peer name there
	ip addr add 198.51.100.1/24 dev here
	ip addr add 2001:db8:1::1/64 dev here nodad
	ip link set here up
	# pasta copies what belongs to a default route
	ip route add default via 198.51.100.254
	ip -6 route add default via 2001:db8:1::fe
	unshare -n sleep 1000 3>&- &
	export OTHER=$!
	sleep 0.2
	ip link set there netns "$OTHER"
	other ip link set lo up
	other ip addr add 198.51.100.7/24 dev there
	other ip addr add 2001:db8:1::7/64 dev there nodad
	other ip link set there up
}

teardown_file() { kill "$OTHER"; }

# On the other host.
other() { nsenter -t "$OTHER" -n "$@"; }

@test "a server sees the address of a client on another host" {
	export TOP
	script=$(cat <<-'END'
		. "$TOP/tests/system/lib.bash"
		left=
		file_setup
		mkdir "$DIR/share"
		cp "$B/tests/netprobe" "$DIR/share/"
		rp run -d --name seen --network "$1" -v "$DIR/share:/share:ro" -p 8080:80 -p 8080:80/udp busybox \
			sh -c 'for p in tcp udp; do for a in 0.0.0.0 ::; do /share/netprobe $p 80 $a & done; done; wait'
		echo up
		read -r end
		rp rm -f -t 0 seen
		file_teardown
	END
	)
	for helper in slirp4netns pasta; do
		coproc session { "$TOP/tests/as-user" env TOP="$TOP" bash -c "$script" sh $helper 2>&1 3>&-; }
		line=
		while [ "$line" != up ]; do
			IFS= read -r -t 30 line <&"${session[0]}" || return 1
			echo "$line"
		done
		sleep 1
		run other python3 - "$helper" <<-'END'
			import socket, sys
			for fam, ip, own in ((socket.AF_INET, "198.51.100.1", "198.51.100.7"),
			                     (socket.AF_INET6, "2001:db8:1::1", "2001:db8:1::7")):
			    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
			        s = socket.socket(fam, kind)
			        s.settimeout(5)
			        s.connect((ip, 8080))
			        s.send(b"x")
			        seen = s.recv(100).decode().split("\n")[0]
			        # slirp4netns gives the container no IPv6
			        want = "10.0.2.2" if sys.argv[1] == "slirp4netns" and fam == socket.AF_INET6 else own
			        assert seen == "from " + want, (ip, kind, seen)
		END
		echo "$output"
		echo end >&"${session[1]}"
		wait "$session_PID"
		[ "$status" -eq 0 ]
	done
}
