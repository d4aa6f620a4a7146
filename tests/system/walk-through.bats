#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The example that the project was made from: buildah, in a container that rp runs as an ordinary
# user, builds an image from a Containerfile. Everything is real: a Debian with buildah, made by
# mmdebstrap and pushed to a registry on loopback; a short name that the second registry has; the
# two volumes with :Z; /dev/fuse; a RUN step inside.
bats_require_minimum_version 1.5.0
load lib.bash

PACKAGES=buildah,ca-certificates,crun,fuse-overlayfs,netavark,uidmap

setup_file() {
	file_setup base
	PORT=$(free_port) EMPTY_PORT=$(free_port)
	export PORT EMPTY_PORT
	start_registry "$PORT" 1
	start_registry "$EMPTY_PORT" 2 # a registry that has nothing: the first candidate
	mkdir "$DIR/containers"
	# names the file itself, so that the host's own aliases ("buildah") do not count
	export CONTAINERS_REGISTRIES_CONF=$DIR/registries.conf
	cat >"$CONTAINERS_REGISTRIES_CONF" <<-T
		unqualified-search-registries = ["127.0.0.1:$EMPTY_PORT", "127.0.0.1:$PORT"]
		short-name-mode = "disabled"
		[[registry]]
		location = "127.0.0.1:$EMPTY_PORT"
		insecure = true
		[[registry]]
		location = "127.0.0.1:$PORT"
		insecure = true
	T
	make_buildah_image
	push "oci:$DIR/image:base" base
}

start_registry() {
	cat >"$DIR/registry$2.yml" <<-Y
		version: 0.1
		log: {level: error, accesslog: {disabled: true}}
		storage: {filesystem: {rootdirectory: $DIR/registry$2}}
		http: {addr: "127.0.0.1:$1"}
	Y
	docker-registry serve "$DIR/registry$2.yml" >"$DIR/registry$2.log" 2>&1 3>&- &
	echo $! >"$DIR/registry$2.pid"
	eventually curl -sf "http://127.0.0.1:$1/v2/" >/dev/null
}

push() {
	skopeo copy --quiet --insecure-policy --dest-tls-verify=false "$1" "docker://127.0.0.1:$PORT/$2:latest"
}

# A minimal Debian with buildah, as one gzip layer.
make_buildah_image() {
	mmdebstrap --quiet --mode=unshare --variant=apt --include="$PACKAGES" \
		--aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		bookworm "$DIR/debian.tar" 3>&- >"$DIR/mmdebstrap.log" 2>&1 || {
		tail -5 "$DIR/mmdebstrap.log" >&2
		return 1
	}
	python3 "$top/tests/lib/tar2oci.py" "$DIR/debian.tar" "$DIR/debian" buildah
	rm "$DIR/debian.tar"
	push "oci:$DIR/debian:buildah" buildah
	rm -rf "$DIR/debian"
}

teardown_file() {
	kill "$(cat "$DIR/registry1.pid")" "$(cat "$DIR/registry2.pid")"
	file_teardown
}

@test "buildah in a container builds an image from a registry, and leaves it outside" {
	cd "$DIR"
	printf 'FROM 10.0.2.2:%s/base\nRUN echo "in buildah container"\n' "$PORT" >Containerfile
	run --separate-stderr rp run --rm --device /dev/fuse \
		-v ./Containerfile:/Containerfile:Z -v ./containers:/var/lib/containers:Z \
		--network slirp4netns:allow_host_loopback=true --cap-add SYS_ADMIN \
		buildah buildah --storage-driver vfs bud --isolation chroot --tls-verify=false --network host \
		-t built -f /Containerfile /
	echo "$stderr" | tail -20
	echo "$output" | tail -20
	[ "$status" = 0 ]
	[[ $output == *"in buildah container"* ]]
	# the candidates were tried one by one, and the failure of the first was said
	[[ $stderr == *"127.0.0.1:$EMPTY_PORT/buildah"* ]]
	[[ $stderr == *"127.0.0.1:$PORT/buildah"* ]]
	# the result is in the user's directory
	grep -q built containers/storage/vfs-images/images.json
	nothing_left
}
