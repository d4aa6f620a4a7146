/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-inspect: all about images of the local store, with the members that Podman's "image inspect"
 * has, as an array with one object for each name.
 *
 * It reads index.json, manifest and configuration. It must not write, and it uses no network.
 */
#include "oci/image.h"
#include "ctr/inventory.h"
#include "oci/layer_meta.h"
#include "oci/lookup.h"
#include "sys/confine.h"
#include "wire/prog.h"

static struct json *object_or_empty(struct json *j)
{
	return json_kind(j) == JSON_OBJECT ? json_ref(j) : json_new_object();
}

static void set_layers(const struct store *s, const struct json *image, struct json *o)
{
	_buf_ struct buf lower = {0};
	struct json *fs = json_need_obj(o, "RootFS"), *ids, *driver, *data;
	const char *upper = NULL;
	_free_ char *top = NULL;

	json_set(fs, "Type", json_new_str("layers"));
	ids = json_need_arr(fs, "Layers");
	driver = json_need_obj(o, "GraphDriver");
	json_set(driver, "Name", json_new_str("overlay"));
	data = json_need_obj(driver, "Data");
	for (size_t n = json_len(json_get(image, "layers")), i = 0; i < n; i++) {
		const char *id = json_get_str(json_at(json_get(image, "layers"), i), "diffId", "");
		const char *down =
			json_get_str(json_at(json_get(image, "layers"), n - 1 - i), "diffId", "");
		_free_ char *dir = layer_root_path(s, down);

		json_add(ids, json_new_str(id));
		if (i == 0)
			upper = top = str_dup(dir);
		else
			buf_fmt(&lower, "%s%s", lower.len ? ":" : "", dir);
	}
	if (lower.len)
		json_set(data, "LowerDir", json_new_str(lower.data));
	if (upper)
		json_set(data, "UpperDir", json_new_str(upper));
}

static void set_texts(const struct json *config, struct json *o)
{
	static const struct {
		const char *to, *from;
	} texts[] = {
		{"Comment", "comment"},		  {"Created", "created"}, {"Author", "author"},
		{"Architecture", "architecture"}, {"Os", "os"},		  {"Variant", "variant"},
		{"Version", "docker_version"},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_set(o, texts[i].to, json_new_str(json_get_str(config, texts[i].from, "")));
}

static struct json *describe(const struct store *s, const struct json *index, const char *digest,
			     const struct json *image, struct json *manifest, struct json *config)
{
	struct json *o = json_new_object(), *inner = json_get(image, "config");
	struct json *history = json_get(config, "history");
	int64_t size = image_size(s, image);

	json_set(o, "Id", json_new_str(digest_hex(json_get_str(image, "id", ""))));
	json_set(o, "Digest", json_new_str(digest));
	image_names(index, digest, json_need_arr(o, "RepoTags"), json_need_arr(o, "RepoDigests"));
	json_set(o, "Parent", json_new_str(""));
	set_texts(config, o);
	json_set(o, "Config", json_ref(inner));
	json_set(o, "Size", json_new_int(size));
	json_set(o, "VirtualSize", json_new_int(size));
	set_layers(s, image, o);
	json_set(o, "Labels", object_or_empty(json_get(inner, "Labels")));
	json_set(o, "Annotations", object_or_empty(json_get(manifest, "annotations")));
	json_set(o, "ManifestType", json_new_str(manifest_type(manifest, NULL)));
	json_set(o, "User", json_new_str(json_get_str(inner, "User", "")));
	json_set(o, "History",
		 json_kind(history) == JSON_ARRAY ? json_ref(history) : json_new_array());
	json_set(o, "NamesHistory", json_copy(json_get(o, "RepoTags")));
	if (json_get(inner, "Healthcheck"))
		json_set(o, "Healthcheck", json_ref(json_get(inner, "Healthcheck")));
	return o;
}

static int inspect(struct prog *p, const struct store *s, const struct json *index,
		   const char *name, struct err *e)
{
	_json_ struct json *image = NULL, *manifest = NULL, *config = NULL;
	struct json *desc = NULL;
	const char *digest;
	int r = lookup_image(s, index, name, &desc, NULL, e);

	if (r == 0)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "image %s is not in the store", name);
	if (r < 0)
		return -1;
	digest = json_get_str(desc, "digest", "");
	if (image_load(s, NULL, digest, &image, &manifest, &config, e) < 0)
		return err_prefix(e, "%s", name);
	json_add(p->out, describe(s, index, digest, image, manifest, config));
	return 0;
}

static int run(struct prog *p, struct err *e)
{
	_store_ struct store s = STORE_NONE;
	_json_ struct json *index = NULL;

	if (p->argc == 0)
		return err_set(e, ERR_USAGE, 0, NULL, "an image must be named");
	if (store_open(&s, e) < 0 || index_read(&s, &index, e) < 0)
		return -1;
	p->out = json_new_array();
	for (int i = 0; i < p->argc; i++)
		if (inspect(p, &s, index, p->argv[i], e) < 0)
			return -1;
	return 0;
}

static const struct program program = {
	.name = "img-inspect",
	.summary = "show all about images of the local store",
	.usage = "IMAGE...",
	.io = PROG_WRITES,
	.confine = confine_reader,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
