#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Networks of containers: modes, published ports, names, what can be reached and what cannot.
bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	file_setup
	# pasta copies addresses of the host and has nothing to copy where there is no route
	helpers=slirp4netns
	[ -z "$(ip -4 route show default)" ] || helpers="slirp4netns pasta"
	export helpers
	mkdir "$DIR/share"
	cp "$B/tests/netprobe" "$DIR/share/"
	echo "page of a container" >"$DIR/share/index.html"
}
teardown_file() { file_teardown; }
teardown() {
	[ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || :
	rp rm -f -t 0 --all >/dev/null
	eventually nothing_left 2>/dev/null || nothing_left || return 1
	eventually no_processes_of "$DIR"
}

in_container() { rp run --rm --network "$1" busybox sh -c "$2"; }
server='httpd -f -p 80 -h /share'
serve() { rp run -d -v "$DIR/share:/share:ro" "$@" busybox sh -c "$server" >/dev/null; }
fetch() { curl -fsS --max-time 5 "http://$1/" 2>/dev/null; }
serves() { [ "$(fetch "$1")" = "page of a container" ]; }

# A server of the host at ADDRESS that says "reached" to everybody.
listen_at() {
	rm -f "$DIR/listening"
	python3 - "$1" >"$DIR/listening" 3>&- <<-'END' &
		import socket, sys
		s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
		s.bind((sys.argv[1], 0))
		s.listen()
		print(s.getsockname()[1], flush=True)
		while True:
		    c, _ = s.accept()
		    c.sendall(b"reached\n")
		    c.close()
	END
	listener=$!
	eventually test -s "$DIR/listening"
	port=$(cat "$DIR/listening")
}

# A failure on bad input: one line, and nothing was made.
refused() { fails 125 "$@"; }

# STATUS PATTERN COMMAND...
fails() {
	local status_wanted=$1 pattern=$2
	shift 2
	run "-$status_wanted" --separate-stderr "$@"
	[[ $stderr =~ $pattern ]] || { echo "says: $stderr"; return 1; }
	[ "${#stderr_lines[@]}" = 1 ] || [[ ${stderr_lines[1]} == "See 'rp run --help'" ]] || { echo "says: $stderr"; return 1; }
	nothing_left
	[ -z "$(rp ps -aq)" ]
}

@test "none: no interface but lo, which is up" {
	run -0 in_container none 'ls /sys/class/net; ip -o addr show lo; echo x | nc -l -p 77 & sleep 0.2; nc -w 2 127.0.0.1 77 </dev/null'
	[ "${lines[0]}" = lo ]
	[[ $output == *"127.0.0.1/8"* ]]
	[ "${lines[-1]}" = x ]
}

@test "host: the host's own" {
	[ "$(in_container host 'readlink /proc/self/ns/net')" = "$(readlink /proc/self/ns/net)" ]
}

@test "the default is a namespace of its own with a way out" {
	run -0 rp run --rm busybox sh -c 'readlink /proc/self/ns/net; ip route'
	[ "${lines[0]}" != "$(readlink /proc/self/ns/net)" ]
	[[ $output == *"default via"* ]]
}

@test "container:NAME shares the other one's namespace" {
	serve --name first --network slirp4netns
	[ "$(rp run --rm --network container:first busybox sh -c 'wget -qO- http://127.0.0.1/')" = "page of a container" ]
	[ "$(rp run --rm --network container:first busybox readlink /proc/self/ns/net)" = "$(rp ps -q | xargs -I{} sh -c \
		'readlink "/proc/$(jq .pid "$XDG_RUNTIME_DIR"/rp/containers/{}*/process.json)/ns/net"')" ]
	run -125 rp run --rm --network container:nosuch busybox true
	[[ $output == *nosuch* ]]
	rp rm -f -t 0 first
	rp create --name second --network none busybox true
	# it is started first, and ends at once
	run rp run --rm --network container:second busybox true
	[ "$status" = 0 ] || [[ $output == *second*"not running"* ]] || [[ $output == *second*"has ended"* ]]
}

@test "published tcp port: reached from the host and from another container" {
	local h
	for h in $helpers; do
		p=$(free_port)
		serve --name "web-$h" --network "$h" -p "$p:80"
		eventually serves "127.0.0.1:$p"
		[ "$(rp port "web-$h")" = "80/tcp -> 0.0.0.0:$p" ]
		[ "$(rp run --rm --network host busybox wget -qO- "http://127.0.0.1:$p/")" = "page of a container" ]
		# other addresses of the host, where it has some
		for a in $(hostname -I 2>/dev/null); do
			case $a in *:*) continue ;; esac
			serves "$a:$p"
		done
		rp rm -f -t 0 "web-$h"
		run ! fetch "127.0.0.1:$p"
	done
}

@test "published at one address, any free port, a range, twice" {
	local h
	for h in $helpers; do
		p=$(free_port)
		serve --name "one-$h" --network "$h" -p "127.0.0.1:$p:80"
		eventually serves "127.0.0.1:$p"
		run ! fetch "127.0.0.2:$p"
		rp rm -f -t 0 "one-$h"

		serve --name "any-$h" --network "$h" -p 127.0.0.1:0:80 -p 80
		eventually test -n "$(rp port "any-$h")"
		rp port "any-$h" | sed 's/.*0\.0\.1:/127.0.0.1:/;s/.*0\.0\.0\.0:/127.0.0.1:/' | sort -u >"$DIR/any"
		[ "$(wc -l <"$DIR/any")" = 2 ]
		while read -r at; do eventually serves "$at"; done <"$DIR/any"
		rp rm -f -t 0 "any-$h"

		p=$((20000 + RANDOM % 9000))
		server='for p in 8000 8001 8002; do httpd -p $p -h /share; done; sleep 100' \
			serve --name "range-$h" --network "$h" -p "127.0.0.1:$p-$((p + 2)):8000-8002"
		eventually serves "127.0.0.1:$p"
		eventually serves "127.0.0.1:$((p + 2))"
		rp rm -f -t 0 "range-$h"
	done
}

udp_answer() {
	python3 - "$1" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(1)
		s.sendto(b"x", ("127.0.0.1", int(sys.argv[1])))
		print(s.recv(100).decode().strip())
	END
}

# peer PROTOCOL ADDRESS PORT: what the server of netprobe says of where the client is.
peer() {
	python3 - "$@" <<-'END'
		import os, socket, sys
		kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
		s = socket.socket(socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET, kind)
		s.settimeout(float(os.environ.get("PATIENCE", 3)))
		s.connect((sys.argv[2], int(sys.argv[3])))
		s.send(b"x")
		print(s.recv(100).decode().split("\n")[0])
	END
}
peer_is() { [ "$(peer "$2" "$3" "$4" 2>/dev/null)" = "$1" ]; }

addresses_of_host() { ip -o addr show scope global | awk '{ split($4, a, "/"); print a[1] }'; }

@test "a server sees its client's address, and never a loopback one: tcp, udp, IPv4, IPv6" {
	local h p ip protocol seen
	for h in $helpers; do
		p=$(free_port)
		server='for p in tcp udp; do for a in 0.0.0.0 ::; do /share/netprobe $p 80 $a & done; done; wait' \
			serve --name "seen-$h" --network "$h" -p "$p:80" -p "$p:80/udp"
		for protocol in tcp udp; do
			for ip in $(addresses_of_host); do
				# the container may have IPv4 alone: its gateway stands for the other clients
				case $h$ip in slirp4netns*:*) eventually peer_is "from 10.0.2.2" $protocol "$ip" "$p" ;;
				*) eventually peer_is "from $ip" $protocol "$ip" "$p" ;; esac
			done
			for ip in 127.0.0.1 127.0.0.9 ::1; do
				run -0 peer $protocol $ip "$p"
				[[ $output =~ ^from\ [0-9a-f.:]+$ ]]
				[[ $output != "from 127."* ]]
				[ "$output" != "from ::1" ]
			done
		done
		rp rm -f -t 0 "seen-$h"
		run ! peer tcp 127.0.0.1 "$p"
		run ! peer udp 127.0.0.1 "$p"
	done
}

@test "what listens at the container's loopback alone is not reached" {
	local h p open
	for h in $helpers; do
		p=$(free_port)
		open=$(free_port)
		server='/share/netprobe tcp 80 127.0.0.1 & /share/netprobe tcp 80 ::1 & /share/netprobe udp 80 127.0.0.1 &
			/share/netprobe udp 80 ::1 & /share/netprobe tcp 81' \
			serve --network "$h" --name lo -p "$p:80" -p "$p:80/udp" -p "$open:81"
		eventually peer tcp 127.0.0.1 "$open" 2>/dev/null
		for ip in 127.0.0.1 ::1 $(addresses_of_host); do
			run ! peer tcp "$ip" "$p"
			PATIENCE=0.5 run ! peer udp "$ip" "$p"
		done
		rp rm -f -t 0 lo
	done
}

@test "published at 0.0.0.0 and at :: apart, a server of one IP version answers both" {
	local h p ip
	for h in $helpers; do
		for at in 0.0.0.0 ::; do
			p=$(free_port)
			server="/share/netprobe tcp 80 $at & /share/netprobe udp 80 $at" \
				serve --network "$h" --name v -p "0.0.0.0:$p:80" -p "[::]:$p:80" -p "$p:80/udp"
			# slirp4netns gives no IPv6 by default
			if [ $at = 0.0.0.0 ] || [ "$h" = pasta ]; then
				for ip in 127.0.0.1 ::1; do
					eventually peer tcp $ip "$p" 2>/dev/null
					peer udp $ip "$p"
				done
			fi
			rp rm -f -t 0 v
		done
	done
}

@test "slirp4netns's own port forwarding where it is asked for" {
	p=$(free_port)
	server='/share/netprobe tcp 53' serve --name own --network slirp4netns:port_handler=slirp4netns -p "$p:53"
	eventually peer_is "from 10.0.2.2" tcp 127.0.0.1 "$p"
	[ "$(jq .forwarder "$XDG_RUNTIME_DIR"/rp/containers/*/network.json)" = null ]
}

# uploads PORT N MIB: N connections at once, each sends MIB mebibytes, shuts its side and reads them back.
uploads() {
	python3 - "$@" <<-'END'
		import hashlib, os, socket, sys, threading
		port, count, size = map(int, sys.argv[1:])
		bad = []
		def one(n):
		    data, back = os.urandom(1 << 16), hashlib.sha256()
		    s = socket.create_connection(("127.0.0.1", port), 10)
		    s.settimeout(20)
		    while not back_line(s):
		        pass
		    def send():
		        for _ in range(size * 16):
		            s.sendall(data)
		        s.shutdown(socket.SHUT_WR)
		    t = threading.Thread(target=send)
		    t.start()
		    total = 0
		    while True:
		        got = s.recv(1 << 16)
		        if not got:
		            break
		        back.update(got)
		        total += len(got)
		    t.join()
		    want = hashlib.sha256()
		    for _ in range(size * 16):
		        want.update(data)
		    if want.digest() != back.digest():
		        bad.append((n, total))
		def back_line(s):
		    return s.recv(1) == b"\n"
		def safe(n):
		    try:
		        one(n)
		    except Exception as e:
		        bad.append((n, repr(e)))
		threads = [threading.Thread(target=safe, args=(n,)) for n in range(count)]
		[t.start() for t in threads]
		[t.join() for t in threads]
		sys.exit(f"not whole: {bad}" if bad else 0)
	END
}

@test "uploads and downloads through a published port arrive whole" {
	local h p
	for h in $helpers; do
		p=$(free_port)
		server='/share/netprobe tcp 80' serve --network "$h" --name up -p "$p:80"
		eventually peer tcp 127.0.0.1 "$p" 2>/dev/null
		uploads "$p" 1 50
		uploads "$p" 20 2
		uploads "$p" 200 0
		rp rm -f -t 0 up
	done
}

@test "a client that does not read holds nobody else, and its connection ends with it" {
	local p pid
	p=$(free_port)
	server='/share/netprobe tcp 80' serve --network slirp4netns --name slow -p "$p:80"
	eventually peer tcp 127.0.0.1 "$p" 2>/dev/null
	pid=$(jq .forwarder.pid "$XDG_RUNTIME_DIR"/rp/containers/*/network.json)
	python3 - "$p" <<-'END'
		import socket, sys
		def full():
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		    s.settimeout(0.5)
		    try:
		        while True:
		            s.sendall(b"x" * 65536)
		    except TimeoutError:
		        return s
		keep = [full() for _ in range(5)]
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.settimeout(3)
		assert s.recv(100).startswith(b"from ")
	END
	# it does not spin with what is left of them
	eventually eval '[ "$(ls /proc/'"$pid"'/fd | wc -l)" -lt 20 ]'
	before=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
	sleep 1
	[ $(($(awk '{ print $14 + $15 }' "/proc/$pid/stat") - before)) -lt 20 ]
}

@test "the last words of a container that ends arrive" {
	local h p i
	for h in $helpers; do
		for i in 1 2 3; do
			p=$(free_port)
			server='head -c 3000000 /dev/zero | nc -l -p 80' serve --network "$h" --rm -p "$p:80"
			sleep 0.3
			[ "$(nc -d 127.0.0.1 "$p" | wc -c)" = 3000000 ]
			eventually no_processes_of "$DIR"
		done
	done
}

@test "udp relay: answers come from the address that was asked" {
	local ip p
	p=$(free_port)
	server='/share/netprobe udp 53' serve --name udp --network slirp4netns -p "$p:53/udp"
	eventually udp_answer "$p" 2>/dev/null
	# a connected socket takes no answer of another address
	for ip in 127.0.0.5 $(addresses_of_host); do peer udp "$ip" "$p"; done
	[ "$(rp port udp)" = "53/udp -> 0.0.0.0:$p" ]
}

@test "udp relay: many clients at once, each gets its own answers" {
	local p
	p=$((20000 + RANDOM % 9000))
	server='/share/netprobe udp 53' serve --name udp --network slirp4netns -p "$p-$((p + 2)):53-55/udp"
	eventually udp_answer "$p" 2>/dev/null
	# more than the relay keeps at a time; each socket asks twice
	python3 - "$p" <<-'END'
		import socket, sys
		socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(700)]
		for s in socks:
		    s.settimeout(3)
		    s.connect(("127.0.0.1", int(sys.argv[1])))
		for _ in range(2):
		    for s in socks:
		        s.send(b"x")
		        assert s.recv(100).startswith(b"from ")
		# an empty packet and the largest one that loopback takes
		socks[0].send(b"")
		assert socks[0].recv(100)
		socks[0].send(b"y" * 65507)
		assert socks[0].recv(100)
	END
	# nobody listens on this one, and the relay lives on
	run ! udp_answer "$((p + 1))"
	udp_answer "$p"
}

@test "the forwarder is confined, and ends when the monitor is killed" {
	local p pid
	p=$(free_port)
	server='/share/netprobe udp 53' serve --name udp --network slirp4netns -p "$p:53/udp"
	pid=$(jq .forwarder.pid "$XDG_RUNTIME_DIR"/rp/containers/*/network.json)
	[ "$(cat "/proc/$pid/comm")" = net-port-forwar ]
	grep -q '^Seccomp:.2$' "/proc/$pid/status"
	grep -q '^NoNewPrivs:.1$' "/proc/$pid/status"
	# CAP_NET_ADMIN, for the clients' addresses
	grep -q '^CapPrm:.0000000000001000$' "/proc/$pid/status"
	kill -KILL "$(jq .pid "$XDG_RUNTIME_DIR"/rp/containers/*/monitor.json)"
	eventually eval '! kill -0 '"$pid"' 2>/dev/null'
}

@test "two containers at once on different ports" {
	local a b h
	for h in $helpers; do
		a=$(free_port)
		serve --name "a-$h" --network "$h" -p "127.0.0.1:$a:80"
		b=$(free_port)
		serve --name "b-$h" --network "$h" -p "127.0.0.1:$b:80"
		eventually serves "127.0.0.1:$a"
		eventually serves "127.0.0.1:$b"
		rp rm -f -t 0 "a-$h"
		serves "127.0.0.1:$b"
		rp rm -f -t 0 "b-$h"
	done
}

@test "start again: the same ports" {
	p=$(free_port)
	serve --name again -p "127.0.0.1:$p:80"
	eventually serves "127.0.0.1:$p"
	rp stop -t 0 again
	rp start again
	eventually serves "127.0.0.1:$p"
}

@test "a port in use, a privileged one: said when it starts; a bad one: before anything is made" {
	listen_at 127.0.0.1
	fails 126 "$port.*in use" rp run --rm -p "127.0.0.1:$port:80" busybox true
	fails 126 "$port.*in use" rp run --rm -p "$((port - 1))-$port:80-81" busybox true
	if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 81 ]; then
		fails 126 'port 81/.*(denied|permitted).*ip_unprivileged_port_start' rp run --rm -p 81:80 busybox true
	fi
	for bad in 80:0 65536:80 80:65536 x:80 80:x -1:80 1-2:80 9000-8000:80 8000-8001:80-82 80:80/icmp 1.2.3:80:80 \
		300.0.0.1:80:80 '[::g]:80:80' :::: '' 65535-65536:1-2 '80:80/tcp/udp' '8080:80 '; do
		refused 'publish' rp run --rm -p "$bad" busybox true
	done
	fails 126 '203.0.113.9' rp run --rm -p "203.0.113.9:$(free_port):80" busybox true
}

@test "odd networks are refused by name" {
	for bad in ../../x /bin/sh nosuch '' none:x host:y container: 'container:../../x' $'none\n' 'slirp4netns,x'; do
		refused '.' rp run --rm --network "$bad" busybox true
	done
	for bad in nosuch=1 mtu=1 cidr=x outbound_addr=--help; do
		fails 126 '.' rp run --rm --network "slirp4netns:$bad" busybox true
	done
}

@test "resolv.conf: servers, search domains and options of the user; one word each" {
	run -0 rp run --rm --network slirp4netns --dns 192.0.2.53 --dns ::1 --dns-search example.org --dns-search b.example \
		--dns-option ndots:3 busybox cat /etc/resolv.conf
	[ "$output" = $'search example.org b.example\nnameserver 192.0.2.53\nnameserver ::1\noptions ndots:3' ]
	[[ $(in_container slirp4netns 'cat /etc/resolv.conf') == *"nameserver 10.0.2.3"* ]]
	for bad in $'a\nnameserver 6.6.6.6' 'a b' $'a\tb'; do
		refused 'dns-search|search domain' rp run --rm --network slirp4netns --dns-search "$bad" busybox true
		refused 'dns-opt|DNS option' rp run --rm --network slirp4netns --dns-option "$bad" busybox true
		refused 'dns|DNS' rp run --rm --network slirp4netns --dns "$bad" busybox true
	done
	refused 'DNS|dns' rp run --rm --network slirp4netns --dns localhost busybox true
}

@test "hosts: the container's own name, --add-host, host-gateway, --hostname" {
	run -0 rp run --rm --network slirp4netns --name me --hostname box --add-host db:192.0.2.7 --add-host up:host-gateway \
		--add-host v6:::1 busybox cat /etc/hosts
	[[ $output == *$'192.0.2.7\tdb'* ]]
	[ "$(grep -c '\bup$' <<<"$output")" = 1 ]
	[[ $output == *$'::1\tv6'* ]]
	[[ $output == *$'10.0.2.100\tbox me'* ]]
	[ "$(grep -c host.containers.internal <<<"$output")" = 1 ]
	grep -c localhost <<<"$output"
	for bad in $'a\n6.6.6.6 b:1.2.3.4' $'a:1.2.3.4\n6.6.6.6 b' 'a b:1.2.3.4' 'a' 'a:' ':1.2.3.4' 'a:nohost'; do
		refused 'add-host|host name|address' rp run --rm --network none --add-host "$bad" busybox true
	done
	for bad in $'a\nb' 'a b' 'a/b' '../x' $'a\x01' "$(printf 'a%.0s' {1..65})"; do
		refused 'host ?name' rp run --rm --network none --hostname "$bad" busybox true
	done
}

@test "host.containers.internal is an address at which the host answers; the own name one of the container's own" {
	local h ip
	ip=$(ip -4 -o route get 192.0.0.8 | sed 's/.* src \([0-9.]*\).*/\1/')
	[ -n "$ip" ] || skip "needs a host with a way out"
	listen_at 0.0.0.0
	[ "$(in_container slirp4netns "nc -w 2 host.containers.internal $port </dev/null")" = reached ]
	[ "$(in_container slirp4netns:allow_host_loopback=true "nc -w 2 host.containers.internal $port </dev/null")" = reached ]
	for h in $helpers; do
		run -0 rp run --rm --network "$h" --hostname box busybox sh -c 'hostname -i; ip -4 addr'
		[[ ${lines[0]} != 127.* ]]
		[[ $output == *"inet ${lines[0]}/"* ]]
	done
}

@test "ping is allowed to the container's root, raw sockets are not" {
	[ "$(in_container slirp4netns 'cat /proc/sys/net/ipv4/ping_group_range' | tr -s '\t ' ' ')" = "0 0" ]
	probe() { rp run --rm -v "$DIR/share:/share:ro" --network "$@"; }
	probe slirp4netns busybox /share/netprobe ping 10.0.2.2
	probe none busybox /share/netprobe ping 127.0.0.1
	run -1 probe slirp4netns busybox /share/netprobe raw
	run -0 probe slirp4netns --cap-add NET_RAW busybox /share/netprobe raw
}

# What a container must not reach: HELPER and the addresses to try.
unreachable() {
	local h=$1
	shift
	for a in "$@"; do
		# shellcheck disable=SC2097,SC2098
		run in_container "$h" "timeout 4 nc -w 2 $a $port </dev/null"
		[[ $output != *reached* ]] || { echo "$a was reached"; return 1; }
	done
}

@test "the host's loopback cannot be reached, but where the user allows it" {
	local h gateway
	listen_at 127.0.0.1
	unreachable slirp4netns 10.0.2.2 10.0.2.3 127.0.0.1
	[ "$(in_container slirp4netns:allow_host_loopback=true "nc -w 2 10.0.2.2 $port </dev/null")" = reached ]
	case $helpers in *pasta*)
		gateway=$(ip -4 route show default | awk '{ print $3; exit }')
		unreachable pasta "$gateway" 169.254.1.1 169.254.1.2 127.0.0.1
		;;
	esac
	kill "$listener"
	wait "$listener" || :
	[ -e /proc/net/if_inet6 ] && grep -q '^0*1' /proc/net/if_inet6 || return 0
	listen_at ::1
	unreachable slirp4netns:enable_ipv6=true fd00::2 fd00::3 fe80::2%tap0 ::1
}

# The namespace that it works for is in its command line.
helper_of() { pgrep -u "$(id -u)" -f "^[^ ]*$1[^ ]* .*$DIR/" || :; }

@test "slirp4netns is sandboxed" {
	serve --name boxed --network slirp4netns -p "127.0.0.1:$(free_port):80"
	pid=$(helper_of slirp4netns)
	grep -q '^Seccomp:.2$' "/proc/$pid/status"
	grep -q '^NoNewPrivs:.1$' "/proc/$pid/status"
	cap=$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")
	[ "$cap" = 0000000000000000 ] || [ "$cap" = 0000000000000400 ]
	[ "$(readlink /proc/self/ns/mnt)" != "$(readlink "/proc/$pid/ns/mnt")" ]
	# its control socket belongs to this user alone
	[ "$(stat -c %a "$XDG_RUNTIME_DIR/rp/containers")" = 700 ]
	run ! sh -c "ss -xl | grep -F '@' | grep -F rp"
}

@test "a helper that dies takes nothing with it" {
	local h
	for h in $helpers; do
		p=$(free_port)
		serve --name "lives-$h" --network "$h" -p "127.0.0.1:$p:80"
		eventually serves "127.0.0.1:$p"
		kill -KILL "$(helper_of "$h")"
		eventually no_answer "127.0.0.1:$p"
		[ "$(rp ps --format '{{.Names}} {{.State}}')" = "lives-$h running" ]
		rp stop -t 0 "lives-$h"
		rp start "lives-$h"
		eventually serves "127.0.0.1:$p"
		rp rm -f -t 0 "lives-$h"
		[ -z "$(helper_of "$h")" ]
	done
}
no_answer() { ! fetch "$1"; }

@test "a helper is gone with its container, also where the start fails" {
	local h
	for h in $helpers; do
		in_container "$h" true
		[ -z "$(helper_of "$h")" ]
		run -127 rp run --rm --network "$h" -p "127.0.0.1:$(free_port):80" busybox no-such-program
		run -125 rp run --rm --network "$h" -v "$DIR/missing:/x" busybox true
		[ -z "$(helper_of "$h")" ]
	done
}

@test "without any helper installed: one line with the packages' names" {
	mkdir -p "$DIR/path"
	for p in newuidmap newgidmap; do ln -sf "$(command -v $p)" "$DIR/path/$p"; done
	run -126 --separate-stderr env PATH="$DIR/path" "$B/bin/rp" run --rm busybox true
	[[ $stderr == *passt*slirp4netns*"--network none"* ]]
	[ "${#stderr_lines[@]}" = 1 ]
	run -0 env PATH="$DIR/path" "$B/bin/rp" run --rm --network none busybox true
}

@test "the helper's own failure is told in one line" {
	mkdir -p "$DIR/bad"
	printf '#!/bin/sh\necho "first line" >&2\necho "no tap device here" >&2\nexit 1\n' >"$DIR/bad/slirp4netns"
	cp "$DIR/bad/slirp4netns" "$DIR/bad/pasta"
	chmod +x "$DIR/bad/slirp4netns" "$DIR/bad/pasta"
	for h in slirp4netns pasta; do
		run -126 --separate-stderr env PATH="$DIR/bad:$PATH" rp run --rm --network $h busybox true
		[[ $stderr == *$h*"no tap device here"* ]]
		[ "${#stderr_lines[@]}" = 1 ]
		nothing_left
	done
}

@test "the helper starts while the root file system is mounted, and not for a start that breaks off there" {
	cp -r --preserve=links "$B/bin" "$DIR/bin"
	rm "$DIR/bin/rootfs-mount"
	# mounts when the helper is recorded, and not at all if it does not come before
	cat >"$DIR/bin/rootfs-mount" <<-END
		#!/bin/sh
		for i in \$(seq 100); do
			[ ! -s "$XDG_RUNTIME_DIR"/rp/containers/*/network.json ] || exec "$B/bin/rootfs-mount"
			sleep 0.1
		done
		exit 1
	END
	chmod +x "$DIR/bin/rootfs-mount"
	[ "$("$DIR/bin/rp" run --rm --network slirp4netns busybox echo early)" = early ]
	"$DIR/bin/rp" create --name again --network slirp4netns busybox echo early
	[ "$("$DIR/bin/rp" start -a again)" = early ]
	rp rm again
	# with a trace the steps run one after the other
	rm "$DIR/bin/rootfs-mount"
	ln "$DIR/bin/rp" "$DIR/bin/rootfs-mount"
	[ "$("$DIR/bin/rp" --trace="$DIR/trace" run --rm --network slirp4netns busybox echo traced)" = traced ]
	# a root file system that cannot be mounted: its words alone, and no helper stays
	rm "$DIR/bin/rootfs-mount"
	printf '#!/bin/sh\necho broken >&2\nexit 1\n' >"$DIR/bin/rootfs-mount"
	chmod +x "$DIR/bin/rootfs-mount"
	run -126 "$DIR/bin/rp" run --rm --network slirp4netns busybox true
	[ "$output" = broken ]
	[ -z "$(rp ps -aq)" ]
	eventually no_processes_of "$DIR"
	# a network that cannot be had is the one to blame
	rm "$DIR/bin/rootfs-mount"
	ln "$DIR/bin/rp" "$DIR/bin/rootfs-mount"
	run -126 "$DIR/bin/rp" run --rm --network slirp4netns:bogus=1 busybox true
	[ "$output" = 'Error: unknown slirp4netns option "bogus=1"' ]
	rm -rf "${DIR:?}/bin" "$DIR/trace"
}
