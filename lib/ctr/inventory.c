/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory is derived each time from index.json, the manifests, the layers' records and the
 * containers' records; nothing about use is stored, so nothing can be out of date.
 */
#include <stdio.h>
#include <time.h>

#include "ctr/container.h"
#include "oci/image.h"
#include "ctr/inventory.h"
#include "oci/layer_meta.h"

#define MAX_NESTING 4

static void add_once(struct json *list, const char *s)
{
	json_each (i, list) {
		if (str_eq(json_str(i.v), s))
			return;
	}
	json_add(list, json_new_str(s));
}

static void add_digest(struct json *list, const char *repository, const char *digest)
{
	_free_ char *text = digest ? str_fmt("%s@%s", repository, digest) : NULL;

	if (text)
		add_once(list, text);
}

void image_names(const struct json *index, const char *digest, struct json *tags,
		 struct json *digests)
{
	json_each (d, json_get(index, "manifests")) {
		const char *name = index_note(d.v, ANN_NAME), *repo = index_note(d.v, ANN_REPO);
		_ref_ struct ref r = {0};
		_free_ char *own = NULL;

		if (!str_eq(json_get_str(d.v, "digest", NULL), digest))
			continue;
		if (name && ref_parse(name, &r, NULL) == 0 && r.domain) {
			repo = own = ref_repository(&r);
			if (r.tag)
				add_once(tags, name);
		} else if (name) {
			add_once(tags, name);
		}
		if (!repo)
			continue;
		add_digest(digests, repo, digest);
		add_digest(digests, repo, index_note(d.v, ANN_LIST));
	}
}

int64_t image_size(const struct store *s, const struct json *image)
{
	int64_t sum = 0;

	json_each (l, json_get(image, "layers")) {
		_layer_meta_ struct layer_meta m = {0};

		if (layer_meta_read(s, json_get_str(l.v, "diffId", ""), &m, NULL) == 1)
			sum += m.size;
		else
			sum += json_get_int(l.v, "size", 0);
	}
	return sum;
}

void usage_release(struct usage *u)
{
	strv_release(&u->containers);
	strv_release(&u->images);
	strv_release(&u->layers);
}

/* An image that the container mounts besides its own. */
static void add_mounted(struct usage *u, const char *container, const char *own,
			const struct json *image)
{
	const char *id = json_get_str(image, "id", "");

	if (!str_eq(id, own)) {
		strv_add(&u->containers, container);
		strv_add(&u->images, id);
	}
	json_each (l, json_get(image, "layers"))
		strv_add(&u->layers, json_str(l.v) ? json_str(l.v) : "");
}

int usage_read(const struct store *s, struct usage *u, struct err *e)
{
	_strv_ struct strv ids = {0};

	if (container_list(s, &ids, e) < 0)
		return -1;
	strv_foreach (id, &ids) {
		_json_ struct json *j = NULL;
		const struct json *image;

		if (container_load(s, id, &j, e) < 0) {
			if (e->code != ERR_NOTFOUND)
				return err_prefix(e, "container %s", id);
			err_clear(e);
			continue;
		}
		image = json_get(j, "image");
		strv_add(&u->containers, id);
		strv_add(&u->images, json_get_str(image, "id", ""));
		json_each (l, json_get(image, "layers")) {
			strv_add(&u->layers, json_get_str(l.v, "diffId", ""));
		}
		json_each (m, json_path(j, "container.images"))
			add_mounted(u, id, json_get_str(image, "id", ""), m.v);
	}
	return 0;
}

void needs_release(struct needs *n)
{
	strv_release(&n->blobs);
	strv_release(&n->layers);
}

static void need(struct strv *list, const char *digest)
{
	if (digest && digest_hex(digest) && !strv_has(list, digest))
		strv_add(list, digest);
}

static void needs_of(const struct store *s, const char *digest, struct needs *n, int depth)
{
	_json_ struct json *m = NULL, *config = NULL;
	const char *id;

	need(&n->blobs, digest);
	if (depth > MAX_NESTING || !digest_hex(digest) || blob_json(s, digest, &m, NULL) < 0)
		return;
	json_each (child, json_get(m, "manifests")) {
		needs_of(s, json_get_str(child.v, "digest", ""), n, depth + 1);
	}
	json_each (layer, json_get(m, "layers")) {
		need(&n->blobs, json_get_str(layer.v, "digest", NULL));
	}
	id = json_str(json_path(m, "config.digest"));
	if (!id || !digest_hex(id))
		return;
	need(&n->blobs, id);
	if (blob_json(s, id, &config, NULL) < 0)
		return;
	json_each (d, json_path(config, "rootfs.diff_ids")) {
		need(&n->layers, json_str(d.v));
	}
}

void needs_of_manifest(const struct store *s, const char *digest, struct needs *n)
{
	needs_of(s, digest, n, 0);
}

void needs_of_index(const struct store *s, const struct json *index, struct needs *n)
{
	json_each (d, json_get(index, "manifests")) {
		needs_of(s, json_get_str(d.v, "digest", ""), n, 0);
	}
}
