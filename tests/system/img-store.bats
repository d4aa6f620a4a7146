#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# img-find, img-list, img-inspect, img-remove on a store that img-fetch filled from OCI layouts.

root=$BATS_TEST_DIRNAME/../..
: "${B:=$root/build}"

setup_file() {
	local d=$BATS_FILE_TMPDIR
	export PATH=$B/bin:$PATH HOME=$d XDG_CONFIG_HOME=$d/config XDG_CACHE_HOME=$d/cache
	unset CONTAINERS_REGISTRIES_CONF XDG_RUNTIME_DIR
	export CONTAINERS_REGISTRIES_CONF=$d/registries.conf
	cat >"$d/registries.conf" <<-'END'
		unqualified-search-registries = ["first.example", "docker.io"]
		[aliases]
		"nick" = "first.example/real/name"
	END
	# two images that share the layer of seed 0
	"$root/tests/lib/mkimg.py" --no-busybox --layer 40 "$d/img" a >"$d/a"
	"$root/tests/lib/mkimg.py" --no-busybox --layer 40 --config '{"Labels":{"k":"v"},"User":"7"}' "$d/img" b >"$d/b"
	"$root/tests/lib/mkimg.py" --no-busybox --layer 20 --seed 3 "$d/img" c >"$d/c"
}

setup() {
	export RP_STORE=$BATS_TEST_TMPDIR/store RP_RUN=$BATS_TEST_TMPDIR/run
	cd "$BATS_TEST_TMPDIR" || return
}

# have LAYOUT-NAME NAME: the image of the layout under this full name.
have() {
	local layout=$BATS_TEST_TMPDIR/layout.$RANDOM note=org.opencontainers.image.ref.name
	cp -r "$BATS_FILE_TMPDIR/img" "$layout"
	jq --arg from "$1" --arg to "$2" --arg note "$note" \
		'.manifests |= [.[] | select(.annotations[$note] == $from) | .annotations[$note] = $to]' \
		"$BATS_FILE_TMPDIR/img/index.json" >"$layout/index.json"
	img-fetch -q "oci:$layout:$2"
	rm -r "$layout"
}

# unpacked < document: makes valid records of all its layers, and an empty root.
unpacked() {
	local diff digest dir
	jq -r '.image.layers[] | .diffId + " " + .digest' | while read -r diff digest; do
		dir=$RP_STORE/layers/sha256/${diff#sha256:}
		mkdir -p "$dir/root"
		jq -n --arg f "$diff" --arg d "$digest" --arg s "${1:-durable}" --arg b "${2:-x}" \
			'{schema:"rp.layer/1",diffId:$f,digest:$d,size:12345,state:$s,bootId:$b}' >"$dir/meta.json"
	done
}

# container ID DOCUMENT: a record of a container that uses the image.
container() {
	local id
	id=$(printf '%064d' "$1")
	mkdir -p "$RP_STORE/containers/$id"
	jq --arg id "$id" '. + {container: {id: $id, name: $id}}' "$2" >"$RP_STORE/containers/$id/container.json"
}

fails() {
	local want=$1 re=$2 status=0
	shift 2
	"$@" >out 2>err || status=$?
	echo "status $status"
	cat err
	[ "$status" -eq "$want" ]
	[ ! -s out ]
	[ "$(wc -l <err)" -eq 1 ]
	grep -Eq -- "$re" err
}

# ---- img-find ----

@test "find: not there, there without layers, there with layers" {
	fails 4 'image not known' img-find x.example/a
	have a x.example/a:1 >doc
	fails 7 'not unpacked' img-find x.example/a:1
	unpacked <doc
	img-find x.example/a:1 >out
	[ "$(jq -r '.rootfs.layers[0]' out)" = \
		"$RP_STORE/layers/sha256/$(jq -r '.image.layers[0].diffId[7:]' doc)/root" ]
	[ "$(jq -c .image out)" = "$(jq -c .image doc)" ]
}

@test "find: by document, by digest, by id, by the beginning of an id" {
	have a x.example/a:1 >doc
	unpacked <doc
	id=$(jq -r .image.id doc)
	digest=$(jq -r .image.digest doc)
	echo '{"schema":"rp.container/1","request":{"image":"x.example/a:1"},"keep":[1]}' | img-find >out
	[ "$(jq -c .keep out)" = '[1]' ]
	for name in "x.example/a@$digest" "$id" "${id#sha256:}" "$(cut -c1-10 <<<"$id")" "$(cut -c8-20 <<<"$id")"; do
		img-find "$name" >out
		[ "$(jq -r .image.id out)" = "$id" ]
	done
	fails 4 'image not known' img-find "x.example/other@$digest"
	fails 3 'expected string' img-find <<<'{"schema":"rp.container/1","request":{"image":1}}'
	fails 3 '.' img-find <<<'{"schema":"rp.other/1"}'
	status=0
	img-find </dev/null >out 2>err || status=$?
	[ "$status" -eq 3 ]
	[ ! -s err ]
}

@test "find: with an operand standard input is not touched" {
	have a x.example/a:1 | unpacked
	timeout 5 img-find x.example/a:1 < <(sleep 20 3>&-) >out
	[ -s out ]
}

@test "find: short names go to localhost, the alias, the search registries, in this order" {
	have c docker.io/library/nick:1 | unpacked
	[ "$(img-find nick:1 | jq -r .image.reference)" = docker.io/library/nick:1 ]
	have b first.example/nick:1 | unpacked
	[ "$(img-find nick:1 | jq -r .image.reference)" = first.example/nick:1 ]
	have a first.example/real/name:1 | unpacked
	[ "$(img-find nick:1 | jq -r .image.reference)" = first.example/real/name:1 ]
	have c localhost/nick:1 | unpacked
	[ "$(img-find nick:1 | jq -r .image.reference)" = localhost/nick:1 ]
}

@test "find: a short name that registries.conf leads elsewhere is found in docker.io, and nowhere else" {
	echo 'unqualified-search-registries = ["other.example"]' >conf
	export CONTAINERS_REGISTRIES_CONF=$PWD/conf
	have a docker.io/library/here:1 | unpacked
	have b stranger.example/there:1 | unpacked
	[ "$(img-find here:1 | jq -r .image.reference)" = docker.io/library/here:1 ]
	fails 4 'image not known' img-find there:1
}

@test "find: an image for another platform does not count" {
	have a x.example/a:1 | unpacked
	fails 4 'platform' img-find --platform linux/s390x x.example/a:1
	fails 4 'platform' img-find <<<'{"schema":"rp.container/1","request":{"image":"x.example/a:1","platform":{"os":"linux","architecture":"s390x"}}}'
}

@test "find: a layer record that is damaged, of another layer, or of another boot does not count" {
	have a x.example/a:1 >doc
	meta=$RP_STORE/layers/sha256/$(jq -r '.image.layers[0].diffId[7:]' doc)/meta.json
	unpacked unsynced "$(cat /proc/sys/kernel/random/boot_id)" <doc
	img-find x.example/a:1 >out
	unpacked unsynced 00000000-0000-0000-0000-000000000000 <doc
	fails 7 'not unpacked' img-find x.example/a:1
	unpacked sideways <doc
	fails 7 'not unpacked' img-find x.example/a:1
	unpacked <doc
	sed -i 's/"diffId": "sha256:./"diffId": "sha256:x/' "$meta"
	fails 7 'not unpacked' img-find x.example/a:1
	: >"$meta"
	fails 7 'not unpacked' img-find x.example/a:1
	rm "$meta"
	ln -s /etc/passwd "$meta"
	fails 1 'link' img-find x.example/a:1
}

@test "find: damage of manifest or configuration reads as missing, and a fetch heals it" {
	have a x.example/a:1 >doc
	unpacked <doc
	: >"$RP_STORE/blobs/sha256/$(jq -r '.image.id[7:]' doc)"
	fails 4 'store' img-find x.example/a:1
	have a x.example/a:1 >doc
	img-find x.example/a:1 >out
}

# ---- img-list, img-inspect ----

@test "list: Podman's members, one entry an image, sizes and users" {
	[ "$(img-list | jq -c 'del(.view)')" = '{"schema":"rp.images/1","images":[],"rows":[]}' ]
	have a x.example/a:1 >doc
	have a x.example/a:2 >/dev/null
	have b x.example/b:1 >/dev/null
	unpacked <doc
	container 1 doc
	img-list >out
	[ "$(jq '.images | length' out)" -eq 2 ]
	[ "$(jq -c '.images[0].RepoTags' out)" = '["x.example/a:1","x.example/a:2"]' ]
	[ "$(jq -c '.images[0].RepoDigests' out)" = "[\"x.example/a@$(cat "$BATS_FILE_TMPDIR/a")\"]" ]
	[ "$(jq '.images[0].Size' out)" -eq 12345 ]
	[ "$(jq '.images[0].Containers' out)" -eq 1 ]
	[ "$(jq '.images[1].Containers' out)" -eq 0 ]
	[ "$(jq '.images[0].Created' out)" -eq 1767225600 ]
	[ "$(jq -c '.images[1].Labels' out)" = '{"k":"v"}' ]
}

@test "list: a damaged image is left out with a warning" {
	have a x.example/a:1 >doc
	have c x.example/c:1 >/dev/null
	echo '{' >"$RP_STORE/blobs/sha256/$(jq -r '.image.id[7:]' doc)"
	img-list >out 2>err
	[ "$(jq '.images | length' out)" -eq 1 ]
	[ "$(wc -l <err)" -eq 1 ]
}

@test "list: an image that lost its name is dangling" {
	have a x.example/a:1 >/dev/null
	have c x.example/a:1 >/dev/null
	[ "$(img-list | jq -c '[.images[] | [.Dangling, .RepoTags]]')" = '[[true,[]],[false,["x.example/a:1"]]]' ]
}

@test "inspect: the members that scripts use" {
	have b x.example/b:1 >doc
	img-inspect x.example/b:1 "$(jq -r .image.id doc)" >out
	[ "$(jq length out)" -eq 2 ]
	[ "$(jq -r '.[0].Id' out)" = "$(jq -r '.image.id[7:]' doc)" ]
	[ "$(jq -r '.[0].User' out)" = 7 ]
	[ "$(jq -c '.[0].RootFS.Layers' out)" = "$(jq -c '[.image.layers[].diffId]' doc)" ]
	for key in Digest RepoTags RepoDigests Parent Comment Created Config Version Author Architecture Os \
		Size VirtualSize GraphDriver Labels Annotations ManifestType History NamesHistory; do
		jq -e --arg k "$key" '.[0] | has($k)' out >/dev/null
	done
	fails 4 'image not known' img-inspect x.example/b:1 x.example/no
	fails 2 'no names or ids' img-inspect
}

# ---- img-remove ----

blobs() {
	find "$RP_STORE/blobs/sha256" -type f | wc -l
}

@test "remove: a name, then the image with what only it needs" {
	have a x.example/a:1 >doc
	have a x.example/a:2 >/dev/null
	have b x.example/b:1 >bdoc
	unpacked <doc
	[ "$(blobs)" -eq 5 ]
	[ "$(img-remove x.example/a:1 | jq -c '[.untagged, .deleted]')" = '[["x.example/a:1"],[]]' ]
	[ "$(blobs)" -eq 5 ]
	[ "$(img-remove x.example/a:2 | jq -c '[.untagged, .deleted]')" = "[[\"x.example/a:2\"],[\"$(jq -r .image.id doc)\"]]" ]
	[ "$(blobs)" -eq 3 ] # the layer is b's as well
	[ -d "$RP_STORE/layers/sha256/$(jq -r '.image.layers[0].diffId[7:]' bdoc)" ]
	img-remove x.example/b:1 >/dev/null
	[ "$(blobs)" -eq 0 ]
	[ -z "$(ls "$RP_STORE/layers/sha256")$(ls "$RP_STORE/staging")" ]
	fails 4 'image not known' img-remove x.example/b:1
	[ "$(img-remove --ignore x.example/b:1 | jq -c .deleted)" = '[]' ]
}

@test "remove: refused while a container uses it; --force keeps the layers it needs" {
	have a x.example/a:1 >doc
	unpacked <doc
	container 1 doc
	before=$(find "$RP_STORE" -type f -print0 | sort -z | xargs -0 sha256sum)
	fails 5 'used by container 000000000000' img-remove x.example/a:1
	[ "$before" = "$(find "$RP_STORE" -type f -print0 | sort -z | xargs -0 sha256sum)" ]
	img-remove --force x.example/a:1 >/dev/null
	[ "$(blobs)" -eq 0 ]
	[ -d "$RP_STORE/layers/sha256/$(jq -r '.image.layers[0].diffId[7:]' doc)" ]
}

@test "remove: by id only with one name, or by force" {
	have a x.example/a:1 >doc
	have a x.example/a:2 >/dev/null
	fails 5 'has 2 names' img-remove "$(jq -r .image.id doc)"
	[ "$(img-remove -f "$(jq -r '.image.id[7:20]' doc)" | jq '.untagged | length')" -eq 2 ]
	[ "$(blobs)" -eq 0 ]
}

@test "remove: several names, one of them missing" {
	have a x.example/a:1 >/dev/null
	have c x.example/c:1 >/dev/null
	fails 4 'no.example/x: image not known' img-remove x.example/a:1 no.example/x x.example/c:1
	[ "$(img-list | jq '.images | length')" -eq 0 ]
}

@test "remove: --all leaves what containers use, --prune takes what nobody needs" {
	have a x.example/a:1 >doc
	have c x.example/c:1 >/dev/null
	container 1 doc
	status=0
	img-remove --all >out 2>err || status=$?
	[ "$status" -eq 5 ]
	grep -q 'is used by container 000000000000' err
	[ "$(img-list | jq -c '[.images[].RepoTags[]]')" = '["x.example/a:1"]' ]
	have c x.example/a:1 >/dev/null # a is nameless now, but used
	echo x >"$RP_STORE/blobs/sha256/$(printf '%064d' 5)"
	echo x >"$RP_STORE/partial/$(printf '%064d' 5).part"
	img-remove --prune >out
	[ "$(img-list | jq '.images | length')" -eq 2 ]
	[ "$(blobs)" -eq 6 ]
	[ -z "$(ls "$RP_STORE/partial")" ]
	rm -r "$RP_STORE"/containers/*
	img-remove --prune >out
	[ "$(img-list | jq '.images | length')" -eq 1 ]
	[ "$(blobs)" -eq 3 ]
}

@test "remove: a missing image is no error with --ignore or --force, and says nothing" {
	have a x.example/a:1 >/dev/null
	for o in --ignore --force; do
		img-remove $o no.example/x >out 2>err
		[ ! -s err ]
		[ "$(jq -c .deleted out)" = '[]' ]
	done
}

@test "names by tag and by digest of one image are one row, whichever comes first" {
	have a x.example/a:1 >doc
	digest=$(jq -r .image.digest doc)
	retag() { # NAME: as a pull by this name leaves it
		jq --arg n "$1" '.manifests += [.manifests[0] | .annotations["org.opencontainers.image.ref.name"] = $n]' \
			"$RP_STORE/index.json" >new && mv new "$RP_STORE/index.json"
	}
	# what an older version left: two rows, of which a new tag of the same name takes the second away
	retag "x.example/a@$digest"
	retag "y.example/a@$digest"
	have a x.example/a:1 >/dev/null
	[ "$(jq -c '[.manifests[].annotations["org.opencontainers.image.ref.name"]] | sort' "$RP_STORE/index.json")" = "[\"x.example/a:1\",\"y.example/a@$digest\"]" ]
	[ "$(img-find "x.example/a@$digest" 2>&1 | grep -c 'not unpacked')" = 1 ]
}

@test "remove: an empty store stays empty" {
	fails 4 'image not known' img-remove a.example/x
	[ ! -e "$RP_STORE/index.json" ]
	fails 2 'must be specified' img-remove
}

@test "remove: a layer that a new container claims meanwhile is put back" {
	have a x.example/a:1 >doc
	unpacked <doc
	layer=$RP_STORE/layers/sha256/$(jq -r '.image.layers[0].diffId[7:]' doc)
	# each rename of the removal takes half a second more
	strace -f -o trace -e trace=renameat,renameat2 -e inject=renameat,renameat2:delay_exit=500000 \
		img-remove x.example/a:1 >out 3>&- &
	remover=$!
	for ((i = 0; i < 400; i++)); do
		[ -d "$layer" ] || break
		sleep 0.02
	done
	[ ! -d "$layer" ]
	container 1 doc
	wait "$remover"
	[ -d "$layer/root" ]
	[ -f "$layer/meta.json" ]
}

@test "remove and fetch at the same time: the last fetch always leaves a whole image" {
	have a x.example/a:1 >/dev/null
	cp -r "$BATS_FILE_TMPDIR/img" layout
	for i in $(seq 1 15); do
		img-remove -i -f localhost/a >/dev/null 2>&1 3>&- &
		remover=$!
		img-fetch -q oci:layout:a >out
		wait "$remover" || :
		# either removed after the fetch, or whole
		if jq -e '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "localhost/a:latest")' \
			"$RP_STORE/index.json" >/dev/null; then
			jq -r '.image | .id, .digest, .layers[].digest' out | while read -r digest; do
				[ -s "$RP_STORE/blobs/sha256/${digest#sha256:}" ]
			done
		fi
	done
}

# ---- img-history ----

@test "history: the steps, the newest first, each with the layer that it made" {
	have a x.example/a:1 >doc
	run -0 rp history x.example/a:1 --format '{{.ID}} {{.Size}}'
	[ "${lines[0]%% *}" = "$(rp image inspect x.example/a:1 --format '{{slice .Id 0 12}}')" ]
	[ "${#lines[@]}" = "$(jq '.image.layers | length' doc)" ]
	[ "$(rp history --human=false --format '{{.Size}}' x.example/a:1 | paste -sd+ | python3 -c "print(eval(input()))")" = \
		"$(rp image inspect x.example/a:1 --format '{{.Size}}')" ]
	run -0 rp history x.example/a:1
	[[ ${lines[0]} == "ID "*"CREATED BY"*COMMENT* ]]
	fails 4 'x.example/nope: image not known' img-history x.example/nope
}
