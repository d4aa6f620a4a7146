#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# img-fetch against a registry that misbehaves and against docker-registry.

root=$BATS_TEST_DIRNAME/../..
: "${B:=$root/build}"

# start NAME CMD...: in the background, output in $BATS_FILE_TMPDIR/NAME.out, pid kept.
start() {
	local name=$1
	shift
	"$@" >"$BATS_FILE_TMPDIR/$name.out" 2>"$BATS_FILE_TMPDIR/$name.err" 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
}

# wait_for CMD...: until it succeeds, at most 10 s.
wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# registry NAME PORT [MORE-HTTP-YAML [AUTH-YAML]]: Debian's docker-registry.
registry() {
	mkdir -p "$BATS_FILE_TMPDIR/$1"
	cat >"$BATS_FILE_TMPDIR/$1.yml" <<-END
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $BATS_FILE_TMPDIR/$1}}
		http: {addr: "127.0.0.1:$2"${3:+, $3}}
		$4
	END
	start "$1" docker-registry serve "$BATS_FILE_TMPDIR/$1.yml"
}

setup_file() {
	local d=$BATS_FILE_TMPDIR
	export PATH=$B/bin:$PATH HOME=$d XDG_CONFIG_HOME=$d/config XDG_CACHE_HOME=$d/cache
	export XDG_RUNTIME_DIR=$d/runtime XDG_DATA_HOME=$d/data
	unset REGISTRY_AUTH_FILE DOCKER_CONFIG http_proxy https_proxy
	mkdir -p "$XDG_RUNTIME_DIR"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test \
		-addext subjectAltName=IP:127.0.0.1,IP:127.0.0.2,DNS:localhost \
		-keyout "$d/key.pem" -out "$d/cert.pem" 2>/dev/null
	start chaos python3 "$root/tests/lib/chaos_registry.py" "$d/log"
	start chaostls python3 "$root/tests/lib/chaos_registry.py" "$d/logtls" --tls "$d/cert.pem" "$d/key.pem"
	PLAIN=$(free_port)
	registry plain "$PLAIN"
	SECURE=$(free_port)
	htpasswd -Bbn user secret >"$d/htpasswd"
	registry secure "$SECURE" "tls: {certificate: $d/cert.pem, key: $d/key.pem}" \
		"auth: {htpasswd: {realm: test, path: $d/htpasswd}}"
	wait_for test -s "$d/chaos.out"
	wait_for test -s "$d/chaostls.out"
	read -r A OTHER <"$d/chaos.out"
	read -r ATLS OTHERTLS <"$d/chaostls.out"
	export A OTHER ATLS OTHERTLS PLAIN SECURE
	cat >"$d/registries.conf" <<-END
		unqualified-search-registries = ["127.0.0.1:1", "127.0.0.1:$PLAIN"]
		[[registry]]
		location = "127.0.0.1:$A"
		insecure = true
		[[registry]]
		location = "127.0.0.1:$PLAIN"
		insecure = true
	END
	export CONTAINERS_REGISTRIES_CONF=$d/registries.conf
	"$root/tests/lib/mkimg.py" --layer 300 --layer 300 "$d/img" one two >"$d/digest"
	"$root/tests/lib/mkimg.py" --index --no-busybox --layer 10 --seed 7 "$d/list" x >"$d/listdigest"
	wait_for curl -fs "http://127.0.0.1:$PLAIN/v2/"
	wait_for curl -fsk -u user:secret "https://127.0.0.1:$SECURE/v2/"
	skopeo copy -q --dest-tls-verify=false "oci:$d/img:one" "docker://127.0.0.1:$PLAIN/ns/one:1"
	skopeo copy -q --dest-tls-verify=false --format v2s2 "oci:$d/img:one" "docker://127.0.0.1:$PLAIN/docker"
	skopeo copy -q --dest-tls-verify=false --dest-creds user:secret "oci:$d/img:one" \
		"docker://127.0.0.1:$SECURE/private/one:1"
}

teardown_file() {
	local pid
	while read -r pid; do
		kill "$pid" 2>/dev/null || :
	done <"$BATS_FILE_TMPDIR/pids"
}

setup() {
	export RP_STORE=$BATS_TEST_TMPDIR/store RP_RUN=$BATS_TEST_TMPDIR/run
	cd "$BATS_TEST_TMPDIR" || return
	: >"$BATS_FILE_TMPDIR/log"
	: >"$BATS_FILE_TMPDIR/logtls"
}

# The name of the largest blob of a layout.
biggest() {
	find "$1/blobs/sha256" -type f -printf '%s %f\n' | sort -rn | head -1 | cut -d' ' -f2
}

refute() {
	if "$@"; then
		return 1
	fi
}

fetch() {
	img-fetch --quiet --retry-delay 10ms --timeout 2 "$@"
}

# fails STATUS REGEX OPTION...: nothing on stdout, one line on stderr, nothing in the store.
fails() {
	local want=$1 re=$2 status=0
	shift 2
	timeout 40 img-fetch --quiet --retry-delay 10ms --timeout 2 "$@" >out 2>err || status=$?
	echo "status $status"
	cat err
	[ "$status" -eq "$want" ]
	[ ! -s out ]
	[ "$(wc -l <err)" -eq 1 ]
	grep -Eq -- "$re" err
	store_is_empty
}

store_is_empty() {
	[ ! -e "$RP_STORE/index.json" ]
	[ -z "$(ls "$RP_STORE/blobs/sha256" 2>/dev/null)" ]
	[ ! -e "$RP_STORE/layers" ]
}

# The log of the registry, as one line of jq's output for each match.
log() {
	jq -r "$1" "${2:-$BATS_FILE_TMPDIR/log}"
}

verify_store() {
	local f
	for f in "$RP_STORE"/blobs/sha256/*; do
		[ "$(sha256sum <"$f" | cut -d' ' -f1)" = "${f##*/}" ]
	done
	[ -z "$(ls "$RP_STORE/partial" 2>/dev/null)" ]
}

# ---- hostile documents ----

@test "a manifest that never ends, or is 5 MiB, is refused" {
	fails 3 'manifest is larger' "127.0.0.1:$A/endless"
	fails 3 'manifest is larger' "127.0.0.1:$A/huge"
}

@test "memory stays small against an endless manifest" {
	python3 - "127.0.0.1:$A/endless" <<-'END' >peak
		import resource, subprocess, sys
		r = subprocess.run(["img-fetch", "-q", sys.argv[1]], timeout=30, stderr=subprocess.DEVNULL)
		assert r.returncode == 3
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	END
	cat peak
	# the sanitizer's shadow memory is not ours
	grep -q __asan_init "$B/bin/img-fetch" || [ "$(cat peak)" -lt 32768 ]
}

@test "duplicate keys, depth, bad UTF-8 are refused" {
	fails 3 'key appears twice' "127.0.0.1:$A/dupkeys"
	fails 3 'deep|depth|levels' "127.0.0.1:$A/deep"
	fails 3 'utf-8' "127.0.0.1:$A/badutf8"
}

@test "a manifest that is two things at once, or not what the registry says, is refused" {
	fails 3 'both layers and manifests' "127.0.0.1:$A/both"
	fails 3 'registry says' "127.0.0.1:$A/mime"
	fails 3 'registry says' "127.0.0.1:$A/liardigest"
	fails 6 'schema 1' "127.0.0.1:$A/schema1"
}

@test "bad digests and sizes are refused in every field" {
	fails 3 'digest' "127.0.0.1:$A/baddigest"
	fails 3 'digest' "127.0.0.1:$A/badconfig"
	fails 3 'digest' "127.0.0.1:$A/md5"
	fails 3 'size' "127.0.0.1:$A/negative"
	fails 3 'diff_ids' "127.0.0.1:$A/diffids"
	fails 3 'diff_ids' "127.0.0.1:$A/baddiffid"
	[ ! -e /tmp/rp-escaped ]
}

@test "a config or blob with another content is refused, and its bytes are gone" {
	fails 3 'configuration has the digest' "127.0.0.1:$A/wrongconfig"
	fails 3 'has the digest' "127.0.0.1:$A/wrongdigest"
	[ -z "$(ls "$RP_STORE/partial")" ]
}

@test "a manifest by digest must have that digest" {
	fails 3 'expected sha256:11111' \
		"127.0.0.1:$A/ok@sha256:1111111111111111111111111111111111111111111111111111111111111111"
}

@test "a blob that is longer or shorter than its size is refused" {
	fails 3 'longer than' "127.0.0.1:$A/longer"
	fails 3 'ends after' "127.0.0.1:$A/shorter"
}

@test "escape sequences of a registry do not reach the terminal" {
	fails 7 'tired\?\[2J' --retry 0 "127.0.0.1:$A/down"
}

# ---- hostile transfers ----

@test "a truncated blob is resumed with Range" {
	fetch "127.0.0.1:$A/truncate" >out
	verify_store
	[ "$(log 'select(.range) | .range' | wc -l)" -eq 1 ]
}

@test "a killed download goes on where it stopped" {
	fetch --retry 0 "127.0.0.1:$A/resumekill" >/dev/null
	rm "$RP_STORE/index.json"
	big=$(biggest "$RP_STORE")
	head -c 100000 "$RP_STORE/blobs/sha256/$big" >"$RP_STORE/partial/$big.part"
	rm "$RP_STORE/blobs/sha256/$big"
	fetch "127.0.0.1:$A/truncate" >out
	verify_store
	log 'select(.range) | .range' | grep -q 'bytes=100000-'
}

@test "a partial file with wrong bytes is not trusted" {
	fetch "127.0.0.1:$A/ok" >/dev/null
	big=$(biggest "$RP_STORE")
	rm "$RP_STORE/index.json" "$RP_STORE/blobs/sha256/$big"
	head -c 100000 /dev/zero >"$RP_STORE/partial/$big.part"
	: >"$BATS_FILE_TMPDIR/log"
	fetch "127.0.0.1:$A/truncate/wrongpart" >out
	verify_store
}

@test "a server without ranges, one that lies about them, one that answers 416" {
	for mode in norange liar evilrange resume416; do
		rm -rf "$RP_STORE"
		fetch "127.0.0.1:$A/$mode" >out
		verify_store
	done
}

@test "a blob that is always cut at the same place ends in a bounded number of tries" {
	fails 1 'blob' "127.0.0.1:$A/alwayscut"
	[ "$(log 'select(.path | contains("/blobs/")) | .path' | wc -l)" -lt 12 ]
}

@test "a drip of bytes ends in bounded time" {
	SECONDS=0
	fails 1 'slow|time' --retry 1 "127.0.0.1:$A/drip"
	fails 1 'slow|time' --retry 1 "127.0.0.1:$A/dripmanifest"
	[ "$SECONDS" -lt 30 ]
}

@test "429 and lost connections are tried again, 503 is given up" {
	fetch "127.0.0.1:$A/busy" >out
	rm -rf "$RP_STORE"
	fetch "127.0.0.1:$A/reset" >out
	verify_store
	rm -rf "$RP_STORE"
	fails 7 '503' "127.0.0.1:$A/down"
	[ "$(log 'select(.path | contains("/down/")) | .path' | wc -l)" -eq 4 ]
}

@test "a flood of headers and a loop of redirects end" {
	fails 3 'bytes of headers' "127.0.0.1:$A/headers"
	fails 1 'redirects' "127.0.0.1:$A/redirectloop"
	fails 8 'redirect' "127.0.0.1:$A/redirectfile"
}

# ---- credentials ----

creds() {
	cat >auth.json <<-END
		{"auths": {"127.0.0.1:${1:-$A}": {"auth": "dXNlcjpzZWNyZXQ="}}}
	END
	export REGISTRY_AUTH_FILE=$PWD/auth.json
}

@test "Basic and Bearer with a password from auth.json" {
	creds
	fetch "127.0.0.1:$A/basic" >out
	fetch "127.0.0.1:$A/bearer" >out
	verify_store
	# the scope is ours, not what the challenge proposes
	[ "$(log 'select(.path | startswith("/token")) | .path' | grep -c 'repository%3Abearer%3Apull')" -ge 1 ]
	refute grep -q catalog "$BATS_FILE_TMPDIR/log"
}

@test "a redirect does not carry credentials or cookies" {
	creds
	fetch "127.0.0.1:$A/redirect" >out
	verify_store
	[ "$(log 'select(.server == "B") | .path')" = /elsewhere ]
	[ -z "$(log 'select(.server == "B") | .auth // .cookie // empty')" ]
	[ -z "$(log 'select(.cookie) | .cookie')" ]
}

@test "the same over TLS" {
	creds "$ATLS"
	fetch --cert-dir "$(dirname "$(ca)")" "127.0.0.1:$ATLS/redirect" >out
	verify_store
	l=$BATS_FILE_TMPDIR/logtls
	[ "$(log 'select(.server == "B") | .path' "$l")" = /elsewhere ]
	[ -z "$(log 'select(.server == "B") | .auth // .cookie // empty' "$l")" ]
}

ca() {
	mkdir -p certs
	cp "$BATS_FILE_TMPDIR/cert.pem" certs/ca.crt
	echo "$PWD/certs/ca.crt"
}

@test "a token server elsewhere does not get the password" {
	creds
	fetch "127.0.0.1:$A/realm" >out
	[ "$(log 'select(.server == "B") | .server' | wc -l)" -ge 1 ]
	[ -z "$(log 'select(.server == "B") | .auth // empty')" ]
	refute grep -q secret "$BATS_FILE_TMPDIR/log"
	log 'select(.server == "B") | tostring' >theirs
	refute grep -q dXNlcjpz theirs
}

@test "a token server elsewhere gets the credentials that are its own by name" {
	cat >auth.json <<-END
		{"auths": {"127.0.0.2:$OTHER": {"auth": "dXNlcjpzZWNyZXQ="}}}
	END
	REGISTRY_AUTH_FILE=auth.json fetch "127.0.0.1:$A/realm" >out
	[ "$(log 'select(.server == "B") | .auth' | sort -u)" = "Basic dXNlcjpzZWNyZXQ=" ]
}

@test "endless 401 ends, and says so" {
	creds
	fails 8 'refuses' "127.0.0.1:$A/loop401"
	[ "$(log .path | wc -l)" -lt 10 ]
}

@test "a challenge that names no http server is refused" {
	fails 8 'token server' "127.0.0.1:$A/injection"
}

@test "no password, a wrong password" {
	fails 8 'user name and password.*auth.json' "127.0.0.1:$A/basic"
	exec 5<<<"user:wrong"
	fails 8 'refuses the user name and password' --creds-fd 5 "127.0.0.1:$A/basic"
	exec 5<&-
	refute grep -q wrong err
}

@test "a password from a descriptor" {
	fetch --creds-fd 5 "127.0.0.1:$A/basic" 5<<<"user:secret" >out
	verify_store
	refute grep -rq secret "$RP_STORE" out
}

@test "a foreign layer is asked for without credentials, and never over plain HTTP" {
	creds
	fails 4 'blob' "127.0.0.1:$A/urls"
	[ -z "$(log 'select(.server == "B") | .path')" ]
	creds "$ATLS"
	fetch --cert-dir "$(dirname "$(ca)")" "127.0.0.1:$ATLS/urls" >out
	l=$BATS_FILE_TMPDIR/logtls
	log . "$l"
	[ "$(log 'select(.server == "B") | .path' "$l")" = /foreign ]
	[ -z "$(log 'select(.server == "B") | .auth // empty' "$l")" ]
}

@test "a credential helper is asked with the host on standard input" {
	mkdir -p bin
	cat >bin/docker-credential-test <<-'END'
		#!/bin/sh
		read -r host
		echo "$1 $host" >"$HELPER_LOG"
		echo '{"ServerURL":"x","Username":"user","Secret":"secret"}'
	END
	chmod +x bin/docker-credential-test
	echo "{\"credHelpers\": {\"127.0.0.1:$A\": \"test\"}}" >auth.json
	HELPER_LOG=$PWD/helper PATH=$PWD/bin:$PATH fetch --authfile auth.json "127.0.0.1:$A/basic" >out
	[ "$(cat helper)" = "get 127.0.0.1:$A" ]
}

# ---- TLS ----

@test "an unknown authority, a wrong name, plain HTTP: refused" {
	fails 1 'certs.d' "127.0.0.1:$SECURE/private/one:1"
	fails 1 'insecure' --tls-verify "127.0.0.1:$A/ok"
	[ -z "$(log .path)" ]
}

@test "a private authority in certs.d, with a password" {
	mkdir -p "$XDG_CONFIG_HOME/containers/certs.d/127.0.0.1:$SECURE"
	cp "$BATS_FILE_TMPDIR/cert.pem" "$XDG_CONFIG_HOME/containers/certs.d/127.0.0.1:$SECURE/ca.crt"
	fails 8 'password' "127.0.0.1:$SECURE/private/one:1"
	creds "$SECURE"
	fetch "127.0.0.1:$SECURE/private/one:1" >out
	verify_store
	rm -r "$XDG_CONFIG_HOME/containers/certs.d"
}

@test "--tls-verify=false takes any certificate" {
	creds "$SECURE"
	fetch --tls-verify=false "127.0.0.1:$SECURE/private/one:1" >out
	verify_store
}

# ---- docker-registry, names, policies ----

@test "an OCI and a Docker image, skopeo and umoci read the store" {
	fetch "127.0.0.1:$PLAIN/ns/one:1" >out
	[ "$(jq -r .image.reference out)" = "127.0.0.1:$PLAIN/ns/one:1" ]
	[ "$(jq -r .image.digest out)" = "$(cat "$BATS_FILE_TMPDIR/digest")" ]
	[ "$(jq '.image.layers | length' out)" -eq 3 ]
	fetch "127.0.0.1:$PLAIN/docker" >out
	verify_store
	skopeo inspect "oci:$RP_STORE:127.0.0.1:$PLAIN/ns/one:1" >/dev/null
	umoci ls --layout "$RP_STORE" | grep -q "127.0.0.1:$PLAIN/docker:latest"
}

@test "the document of standard input is passed on" {
	echo "{\"schema\":\"rp.container/1\",\"request\":{\"image\":\"127.0.0.1:$PLAIN/ns/one:1\",\"name\":\"n\"},\"x\":1}" |
		fetch >out
	[ "$(jq -c '[.x, .request.name, (.image.layers | length)]' out)" = '[1,"n",3]' ]
}

@test "short names: each candidate in turn, each failure reported" {
	img-fetch --retry-delay 10ms ns/one:1 >out 2>err
	grep -q 'warning: 127.0.0.1:1/ns/one:1' err
	[ "$(jq -r .image.reference out)" = "127.0.0.1:$PLAIN/ns/one:1" ]
	rm -rf "$RP_STORE"
	status=0
	fetch ns/missing >out 2>err || status=$?
	[ "$status" -eq 1 ]
	[ "$(grep -c warning err)" -eq 2 ]
	grep -q 'all 2 places failed' err
}

@test "short names in enforcing mode are refused with several registries" {
	(
		echo 'short-name-mode = "enforcing"'
		cat "$BATS_FILE_TMPDIR/registries.conf"
	) >conf
	CONTAINERS_REGISTRIES_CONF=$PWD/conf fails 8 'ambiguous.*full name' ns/one:1
}

@test "mirrors, rewriting, blocking" {
	cat >conf <<-END
		[[registry]]
		location = "blocked.example"
		blocked = true
		[[registry]]
		prefix = "r.example"
		location = "127.0.0.1:1"
		[[registry.mirror]]
		location = "127.0.0.1:$PLAIN/ns"
		insecure = true
	END
	export CONTAINERS_REGISTRIES_CONF=$PWD/conf
	fails 8 'blocked' blocked.example/x
	fetch r.example/one:1 >out
	[ "$(jq -r .image.reference out)" = r.example/one:1 ]
}

@test "unreachable registry, unknown tag, unknown name, bad name, bad configuration" {
	fails 1 'onnect' 127.0.0.1:1/x
	fails 4 'has no image' "127.0.0.1:$PLAIN/ns/one:nope"
	fails 4 'has no image' "127.0.0.1:$PLAIN/nope"
	fails 3 'not a valid' 'Bad//Name'
	echo 'x = ' >conf
	CONTAINERS_REGISTRIES_CONF=$PWD/conf fails 3 'conf:1: ' "127.0.0.1:$PLAIN/ns/one:1"
}

@test "policies" {
	fails 4 'image not known' --policy never "127.0.0.1:$A/ok"
	fetch "127.0.0.1:$A/ok" >out
	: >"$BATS_FILE_TMPDIR/log"
	fetch "127.0.0.1:$A/ok" >out
	fetch --policy never "127.0.0.1:$A/ok" >out
	[ -z "$(log .path)" ]
	fetch --policy always "127.0.0.1:$A/ok" >out
	fetch --policy newer "127.0.0.1:$A/ok" >out
	[ "$(log .path | grep -c manifests)" -eq 2 ]
	[ "$(log .path | grep -c blobs)" -eq 0 ]
	status=0
	fetch --policy sometimes x 2>err || status=$?
	[ "$status" -eq 2 ]
}

@test "a damaged blob in the store is fetched again" {
	fetch "127.0.0.1:$A/ok" >out
	big=$(biggest "$RP_STORE")
	size=$(stat -c %s "$RP_STORE/blobs/sha256/$big")
	head -c "$size" /dev/zero >"$RP_STORE/blobs/sha256/$big"
	fetch "127.0.0.1:$A/ok" >out
	verify_store
}

@test "platforms" {
	fails 4 'not linux/arm64' --platform linux/arm64 "127.0.0.1:$A/ok"
	fails 2 'not OS/ARCH' --platform arm64 "127.0.0.1:$A/ok"
	fetch "oci:$BATS_FILE_TMPDIR/list:x" >out
	[ "$(jq -r '.manifests[0].annotations["rp.index.digest"]' "$RP_STORE/index.json")" = \
		"$(cat "$BATS_FILE_TMPDIR/listdigest")" ]
	status=0
	fetch --platform linux/s390x "oci:$BATS_FILE_TMPDIR/list:x" 2>err || status=$?
	[ "$status" -eq 4 ]
	grep -q pdp11 err
}

@test "an OCI layout: names, wrong digest, more than one image" {
	fetch "oci:$BATS_FILE_TMPDIR/img:one" >out
	[ "$(jq -r .image.reference out)" = localhost/one:latest ]
	verify_store
	rm -rf "$RP_STORE"
	fails 3 'more than one image' "oci:$BATS_FILE_TMPDIR/img"
	fails 4 'no image named three' "oci:$BATS_FILE_TMPDIR/img:three"
	fails 4 'cannot open' "oci:$PWD/nowhere"
	fails 3 'no OCI layout' "oci:$PWD"
	cp -r "$BATS_FILE_TMPDIR/img" Img
	fails 3 'more than one image' oci:Img
	"$root/tests/lib/mkimg.py" --layer 10 --no-busybox Copy >/dev/null
	fetch oci:Copy >out
	[ "$(jq -r .image.reference out)" = localhost/copy:latest ]
	rm -rf "$RP_STORE"
	big=$(biggest Copy)
	printf x | dd of="Copy/blobs/sha256/$big" bs=1 conv=notrunc status=none
	fails 3 'has the digest' oci:Copy
	rm "Copy/blobs/sha256/$big"
	ln -s /etc/passwd "Copy/blobs/sha256/$big"
	fails 1 'symbolic links' oci:Copy
}

@test "two processes that want the same image: both succeed, each blob is downloaded once" {
	fetch "127.0.0.1:$A/ok/twice" >out1 &
	one=$!
	fetch "127.0.0.1:$A/ok/twice" >out2 &
	two=$!
	wait "$one"
	wait "$two"
	cmp out1 out2
	verify_store
	big=$(biggest "$RP_STORE")
	[ "$(log .path | grep -c "blobs/sha256:$big")" -eq 1 ]
}

@test "a blob that another process holds is waited for" {
	fetch "127.0.0.1:$A/ok" >out
	big=$(biggest "$RP_STORE")
	cp "$RP_STORE/blobs/sha256/$big" whole
	rm "$RP_STORE/index.json" "$RP_STORE/blobs/sha256/$big"
	: >"$BATS_FILE_TMPDIR/log"
	python3 - "$RP_STORE" "$big" whole <<-'END' 3>&- &
		import fcntl, os, sys, time
		store, name, whole = sys.argv[1:]
		part = "%s/partial/%s.part" % (store, name)
		f = open(part, "wb")
		fcntl.flock(f, fcntl.LOCK_EX)
		open("locked", "w").close()
		time.sleep(0.7)
		f.write(open(whole, "rb").read())
		f.flush()
		os.rename(part, "%s/blobs/sha256/%s" % (store, name))
	END
	other=$!
	wait_for test -e locked
	fetch "127.0.0.1:$A/ok" >out
	wait "$other"
	verify_store
	[ -z "$(log 'select(.path | endswith("'"$big"'")) | .path')" ]
}

@test "killed at any moment, the next command succeeds" {
	for t in 0.01 0.02 0.03 0.05 0.08; do
		timeout -s KILL "$t" img-fetch -q "127.0.0.1:$PLAIN/ns/one:1" >/dev/null 2>&1 || :
	done
	fetch "127.0.0.1:$PLAIN/ns/one:1" >out
	verify_store
}

@test "events on --status-fd" {
	fetch --status-fd 4 "127.0.0.1:$PLAIN/ns/one:1" 4>events >out
	[ "$(jq -r .event events | sort -u | tr '\n' ' ')" = "done progress trying " ]
	[ "$(jq -s '[.[] | select(.event == "progress" and .offset == .total) | .digest] | unique | length' events)" -eq 3 ]
	status=0
	fetch --status-fd 4 127.0.0.1:1/x 4>events 2>err || status=$?
	[ "$(jq -r 'select(.event == "failed") | .reference' events)" = 127.0.0.1:1/x:latest ]
}

@test "while it downloads it is confined, and has no capabilities" {
	img-fetch -q "127.0.0.1:$A/drip" >/dev/null 2>&1 3>&- &
	pid=$!
	wait_for sh -c "ls $RP_STORE/partial/*.part"
	cat "/proc/$pid/status" >status
	kill "$pid"
	wait "$pid" || :
	grep -Eq '^NoNewPrivs:[[:space:]]*1$' status
	grep -Eq '^Seccomp:[[:space:]]*2$' status
	grep -Eq '^CapEff:[[:space:]]*0+$' status
	grep -Eq '^CapInh:[[:space:]]*0+$' status
}

@test "after reading its files it cannot start programs or read others" {
	strace -f -o trace img-fetch -q "127.0.0.1:$PLAIN/ns/one:1" >out
	grep -Eq 'prctl\(PR_SET_NO_NEW_PRIVS, 1' trace
	grep -Eq 'PR_SET_SECCOMP|seccomp\(SECCOMP_SET_MODE_FILTER' trace
	# no connection before
	[ "$(grep -nE 'connect\(' trace | head -1 | cut -d: -f1)" -gt \
		"$(grep -nE 'PR_SET_SECCOMP|seccomp\(SECCOMP_SET' trace | tail -1 | cut -d: -f1)" ]
}

@test "policy.json: what is rejected or must be signed is not brought in" {
	local conf=$HOME/.config/containers/policy.json
	mkdir -p "${conf%/*}"
	cat >"$conf" <<-END
		{"default": [{"type": "insecureAcceptAnything"}], "transports": {
		 "docker": {"127.0.0.1:$A/ok": [{"type": "reject"}],
		            "127.0.0.1:$A/mime": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k"}]},
		 "oci": {"$BATS_FILE_TMPDIR": [{"type": "reject"}], "$BATS_FILE_TMPDIR/img:one": [{"type": "insecureAcceptAnything"}]}}}
	END
	fails 8 'ok:latest is rejected by policy .*policy.json' "127.0.0.1:$A/ok"
	[ ! -s "$BATS_FILE_TMPDIR/log" ]
	fails 8 'must be signed .signedBy, .* cannot be checked' "127.0.0.1:$A/mime"
	fails 8 'rejected by policy' "oci:$BATS_FILE_TMPDIR/img:two"
	fetch "oci:$BATS_FILE_TMPDIR/img:one" >out
	fetch "127.0.0.1:$A/truncate" >out
	echo '{"default": []}' >"$conf"
	rm -rf "$RP_STORE"
	fails 3 'policy.json: .default: no requirement' "127.0.0.1:$A/truncate"
	rm "$conf"
	fetch "127.0.0.1:$A/ok" >out
}

@test "pulled by tag, then by digest, and the other way round: one row" {
	local name=org.opencontainers.image.ref.name digest
	fetch "127.0.0.1:$PLAIN/ns/one:1" >out
	digest=$(jq -r .image.digest out)
	fetch --policy always "127.0.0.1:$PLAIN/ns/one@$digest" >out
	[ "$(jq -r .image.reference out)" = "127.0.0.1:$PLAIN/ns/one@$digest" ]
	[ "$(jq -c "[.manifests[].annotations[\"$name\"]]" "$RP_STORE/index.json")" = "[\"127.0.0.1:$PLAIN/ns/one:1\"]" ]
	rm -rf "$RP_STORE"
	fetch "127.0.0.1:$PLAIN/ns/one@$digest" >out
	[ "$(jq -c "[.manifests[].annotations[\"$name\"]]" "$RP_STORE/index.json")" = "[\"127.0.0.1:$PLAIN/ns/one@$digest\"]" ]
	fetch --policy always "127.0.0.1:$PLAIN/ns/one:1" >out
	[ "$(jq -c "[.manifests[].annotations[\"$name\"]]" "$RP_STORE/index.json")" = "[\"127.0.0.1:$PLAIN/ns/one:1\"]" ]
	fetch --policy never "127.0.0.1:$PLAIN/ns/one@$digest" >out
}

@test "messages about indexes, platforms and digests say what they are about" {
	fails 4 'sha256:[0-9a-f]{64} in it is an index too' --platform linux/amd64 "127.0.0.1:$A/nested"
	fails 3 'sha256:[0-9a-f]{64}, which the index sha256:[0-9a-f]{64} names, is an index too' --platform linux/amd64 "127.0.0.1:$A/hidden"
	fails 4 'only for: linux/arm/v6, linux/arm/v7$' --platform linux/amd64 "127.0.0.1:$A/otherarm"
	fails 4 'only for: none$' --platform linux/amd64 "127.0.0.1:$A/noplatform"
	fails 6 'layers.0.: digests of sha512 are not supported' "127.0.0.1:$A/sha512"
}

@test "progress is as wide as the terminal, one line a blob, also when that becomes narrower" {
	cat >drive.py <<-'END'
		import fcntl, os, pty, re, select, struct, subprocess, sys, termios, time
		master, slave = pty.openpty()
		def size(cols):
		    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, cols, 0, 0))
		size(40)
		p = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=subprocess.DEVNULL, stderr=slave)
		seen, end, narrow = b"", time.time() + 4, False
		while time.time() < end:
		    if select.select([master], [], [], 0.1)[0]:
		        seen += os.read(master, 65536)
		    if not narrow and seen.count(b"MiB") > 5:
		        narrow, mark = True, len(seen)
		        size(20)
		p.kill()
		p.wait()
		bars = [l for l in re.split(rb"[\r\n]+", seen) if b"%" in l]
		plain = [re.sub(rb"\x1b\[[0-9]*[A-Z]", b"", l) for l in bars]
		assert narrow and plain, seen
		assert max(map(len, plain)) <= 39, plain
		late = [re.sub(rb"\x1b\[[0-9]*[A-Z]", b"", l) for l in re.split(rb"[\r\n]+", seen[mark:])[2:] if b"%" in l]
		assert late and max(map(len, late)) <= 19, late
		# the first time after the change two rows are erased for the line that was drawn before
		assert re.search(rb"\x1b\[A\x1b\[2K\x1b\[A\x1b\[2K", seen[mark:]), seen[mark:]
	END
	python3 drive.py img-fetch --timeout 20 "127.0.0.1:$A/drip"
}

@test "an index that was being written when its writer was killed leaves nothing behind" {
	fetch "127.0.0.1:$A/ok" >out
	echo half >"$RP_STORE/index.json.tmp.99999"
	fetch --policy always "127.0.0.1:$A/truncate" >out
	[ ! -e "$RP_STORE/index.json.tmp.99999" ]
}

@test "an ambiguous short name is asked for on a terminal, and refused without one in enforcing mode" {
	cat >conf <<-END
		short-name-mode = "enforcing"
		unqualified-search-registries = ["127.0.0.1:1", "127.0.0.1:$PLAIN"]
		[[registry]]
		location = "127.0.0.1:$PLAIN"
		insecure = true
	END
	export CONTAINERS_REGISTRIES_CONF=$PWD/conf
	cat >drive.py <<-'END'
		import os, pty, sys
		keys, argv = sys.argv[1].encode().decode('unicode_escape').encode(), sys.argv[2:]
		pid, master = pty.fork()
		if pid == 0:
		    os.dup2(os.open('out', os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
		    os.execvp(argv[0], argv)
		seen = b''
		while True:
		    try:
		        b = os.read(master, 4096)
		    except OSError:
		        break
		    if not b:
		        break
		    seen += b
		    if seen.endswith(b'(1): '):
		        line, keys = keys[:keys.index(b'\n') + 1], keys[keys.index(b'\n') + 1:]
		        os.write(master, line or b'\x04')
		status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
		open('seen', 'wb').write(seen)
		sys.exit(status)
	END
	python3 drive.py '7\nx\n2\n' img-fetch --prompt -q ns/one:1
	grep -q "1) 127.0.0.1:1/ns/one:1" seen
	grep -q "2) 127.0.0.1:$PLAIN/ns/one:1" seen
	[ "$(jq -r .image.reference out)" = "127.0.0.1:$PLAIN/ns/one:1" ]
	rm -rf "$RP_STORE"
	status=0
	python3 drive.py '\x04\n' img-fetch --prompt -q ns/one:1 || status=$?
	[ "$status" -eq 8 ]
	grep -q 'no image was selected' seen
	# no terminal, no question
	fails 8 'ambiguous' --prompt ns/one:1 < /dev/null
	fails 8 'ambiguous' ns/one:1
}

@test "a document whose transfer broke is asked for anew, not put behind its first half" {
	fetch "127.0.0.1:$A/cutmanifest" >out
	fetch "127.0.0.1:$A/cutconfig" >out
	[ "$(log 'select(.path | test("cutmanifest/manifests|cutconfig/blobs/.*")) | .path' | sort | uniq -c | sort -rn | head -1 | awk '{print $1}')" = 3 ]
	verify_store
}

@test "a Retry-After that is none, a redirect to nowhere, several challenges in one header" {
	SECONDS=0
	fetch "127.0.0.1:$A/oddbusy" >out
	[ $SECONDS -lt 5 ]
	rm -rf "$RP_STORE"
	fails 1 'answers 302 without saying where' "127.0.0.1:$A/nowhere"
	printf '{"auths":{"127.0.0.1:%s":{"auth":"dXNlcjpzZWNyZXQ="}}}' "$A" >auth.json
	fetch --authfile auth.json "127.0.0.1:$A/manyschemes" >out
}

@test "a document that drips is given up after one time" {
	SECONDS=0
	fails 1 'time' --retry 3 "127.0.0.1:$A/dripmanifest"
	[ $SECONDS -lt 5 ]
}

# In the user's namespaces and outside of them, where it makes one for itself; with a network and a
# layout.
@test "who takes it over finds no file, socket, program, executable memory" {
	local in from
	gcc -D_GNU_SOURCE -shared -fPIC -o takeover.so "$BATS_TEST_DIRNAME/../lib/preload/takeover.c"
	echo canary >canary
	for in in "" "ns-enter-pause --private --"; do
		# shellcheck disable=SC2086
		$in env TAKEOVER=curl_multi_perform TAKEOVER_CANARY="$PWD/canary" TAKEOVER_OUT=- TAKEOVER_FAMILIES=" 2 10 16 " \
			LD_PRELOAD="$PWD/takeover.so" img-fetch -q --policy always "127.0.0.1:$PLAIN/ns/one:1" >out 2>err || { cat err; false; }
		cat err
		[ "$(cat err)" = "takeover: nothing" ]
		rm -rf "$RP_STORE/blobs"
		# shellcheck disable=SC2086
		$in env TAKEOVER=copy_file_range TAKEOVER_CANARY="$PWD/canary" TAKEOVER_OUT=- \
			LD_PRELOAD="$PWD/takeover.so" img-fetch -q "oci:$BATS_FILE_TMPDIR/img:one" >out 2>err || { cat err; false; }
		cat err
		[ "$(cat err)" = "takeover: nothing" ]
		rm -rf "$RP_STORE/blobs"
	done
	[ "$(cat canary)" = canary ]
	ns-enter-pause --stop
}
