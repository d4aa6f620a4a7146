/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-list: all images of the local store, with the members that Podman's "images --format json"
 * has.
 *
 * Stages: index.json; its descriptors grouped by image; for each the manifest and configuration;
 * the containers, to count who uses it. An image that is damaged is left out with a warning: the
 * list must not fail because of one. It must not write, and it uses no network.
 */
#include "base/log.h"
#include "oci/image.h"
#include "oci/inventory.h"
#include "wire/prog.h"

static bool seen_before(const struct json *index, size_t n)
{
	struct json *list = json_get(index, "manifests");
	const char *digest = json_get_str(json_at(list, n), "digest", "");

	for (size_t i = 0; i < n; i++)
		if (str_eq(json_get_str(json_at(list, i), "digest", NULL), digest))
			return true;
	return false;
}

static int64_t users(const struct usage *u, const char *id)
{
	int64_t n = 0;

	strv_foreach (image, &u->images)
		n += str_eq(image, id);
	return n;
}

static void set_names(struct json *o, const struct json *index, const char *digest)
{
	struct json *tags = json_new_array();

	json_set(o, "RepoTags", tags);
	json_set(o, "RepoDigests", json_new_array());
	image_names(index, digest, tags, json_get(o, "RepoDigests"));
	json_set(o, "Names", json_copy(tags));
	json_set(o, "Dangling", json_new_bool(json_len(tags) == 0));
}

static int describe(const struct store *s, const struct json *index, const struct usage *u,
		    const char *digest, struct json **out, struct err *e)
{
	_json_ struct json *image = NULL, *config = NULL;
	struct json *o, *labels;
	const char *id, *created;
	int64_t size;

	if (image_load(s, NULL, digest, &image, NULL, &config, e) < 0)
		return -1;
	o = json_new_object();
	id = json_get_str(image, "id", "");
	created = json_get_str(config, "created", "1970-01-01T00:00:00Z");
	size = image_size(s, image);
	labels = json_path(image, "config.Labels");
	json_set(o, "Id", json_new_str(digest_hex(id)));
	json_set(o, "ParentId", json_new_str(""));
	set_names(o, index, digest);
	json_set(o, "Digest", json_new_str(digest));
	json_set(o, "Created", json_new_int(time_parse(created)));
	json_set(o, "CreatedAt", json_new_str(created));
	json_set(o, "Size", json_new_int(size));
	json_set(o, "SharedSize", json_new_int(0));
	json_set(o, "VirtualSize", json_new_int(size));
	json_set(o, "Labels",
		 json_kind(labels) == JSON_OBJECT ? json_ref(labels) : json_new_object());
	json_set(o, "Containers", json_new_int(users(u, id)));
	json_set(o, "Os", json_new_str(json_get_str(config, "os", "")));
	json_set(o, "Arch", json_new_str(json_get_str(config, "architecture", "")));
	*out = o;
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	_store_ struct store s = STORE_NONE;
	_usage_ struct usage u = {0};
	_json_ struct json *index = NULL;
	struct json *list;

	if (p->argc)
		return err_set(e, ERR_USAGE, 0, NULL, "no operands are taken");
	if (store_open(&s, e) < 0 || index_read(&s, &index, e) < 0)
		return -1;
	if (usage_read(&s, &u, e) < 0) {
		log_err(e);
		err_clear(e);
	}
	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str("rp.images/1"));
	list = json_need_arr(p->out, "images");
	json_each (d, json_get(index, "manifests")) {
		const char *digest = json_get_str(d.v, "digest", "");
		struct json *o = NULL;
		char text[1024];

		if (seen_before(index, d.i))
			continue;
		if (describe(&s, index, &u, digest, &o, e) == 0) {
			json_add(list, o);
			continue;
		}
		err_text(e, text, sizeof(text));
		log_warn("%s: %s", digest, text);
		err_clear(e);
	}
	return 0;
}

static const struct program program = {
	.name = "img-list",
	.summary = "list the images of the local store",
	.usage = "",
	.io = PROG_WRITES,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
