/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-inspect: all about images of the local store, with the members that Podman's "image inspect"
 * has, as an array with one object for each name; with --type or --missing as .objects of a
 * document that has the names which are no image in .missing.
 *
 * It reads index.json, manifest and configuration. It must not write, and it uses no network.
 */
#include "oci/image.h"
#include "ctr/inventory.h"
#include "oci/layer_meta.h"
#include "oci/lookup.h"
#include "sys/confine.h"
#include "wire/prog.h"
#include "wire/render.h"

struct options {
	bool exists, missing;
	const char *type;
	struct view view;
};

static const struct opt options[] = {
	{"exists", 0, OPT_FLAG, offsetof(struct options, exists), NULL,
	 "write nothing: the status says whether they exist"},
	VIEW_FORMAT(struct options, 'f'),
	{"missing", 0, OPT_FLAG, offsetof(struct options, missing), NULL,
	 "read a document of ctr-inspect --type, and look for the names in .missing"},
	{"type", 't', OPT_STR, offsetof(struct options, type), "TYPE",
	 "write such a document, in which names that are no image are missing", .values = "image"},
	{0},
};

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

/* 1: described, 0: there is none of that name, -1: an error. A text that can be no name is no
 * image's. */
static int inspect(const struct store *s, const struct json *index, const char *name,
		   struct json *out, struct err *e)
{
	_json_ struct json *image = NULL, *manifest = NULL, *config = NULL;
	struct json *desc = NULL;
	const char *digest;
	int r = lookup_image(s, index, name, &desc, NULL, e);

	if (r < 0 && (e->code == ERR_USAGE || e->code == ERR_INPUT)) {
		err_clear(e);
		r = 0;
	}
	if (r <= 0)
		return r;
	digest = json_get_str(desc, "digest", "");
	if (image_load(s, NULL, digest, &image, &manifest, &config, e) < 0)
		return err_prefix(e, "%s", name);
	json_add(out, describe(s, index, digest, image, manifest, config));
	return 1;
}

/* Those of .missing that are images; the others stay there. */
static int inspect_missing(const struct store *s, const struct json *index, struct json *doc,
			   struct err *e)
{
	_json_ struct json *missing = json_ref(json_get(doc, "missing"));
	struct json *left = json_new_array();

	json_set(doc, "missing", left);
	json_each (m, missing) {
		int n = inspect(s, index, json_str(m.v) ? json_str(m.v) : "",
				json_need_arr(doc, "objects"), e);

		if (n < 0)
			return -1;
		if (n == 0)
			json_add(left, json_ref(m.v));
	}
	return 0;
}

/* A document as ctr-inspect --type writes it, from the words of the command line. */
static int document(const struct options *o, struct prog *p, struct err *e)
{
	struct json *missing;

	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str("rp.inspect/1"));
	json_set(p->out, "kind", json_new_str("image"));
	missing = json_need_arr(p->out, "missing");
	for (int i = 0; i < p->argc; i++)
		json_add(missing, json_new_str(p->argv[i]));
	return view_set(p->out, &o->view, "json", e);
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_json_ struct json *index = NULL;

	if (p->argc == 0 && !o->missing)
		return err_set(e, ERR_USAGE, 0, NULL, "no names or ids specified");
	if (store_open(&s, e) < 0 || index_read(&s, &index, e) < 0)
		return -1;
	if (p->doc)
		return inspect_missing(&s, index, p->doc, e);
	if (o->type)
		return document(o, p, e) < 0 ? -1 : inspect_missing(&s, index, p->out, e);
	p->out = json_new_array();
	for (int i = 0; i < p->argc; i++) {
		int n = inspect(&s, index, p->argv[i], p->out, e);

		if (n < 0)
			return -1;
		if (n == 0 && o->exists)
			p->exit_status = ERR_NOTFOUND;
		else if (n == 0)
			return err_set(e, ERR_NOTFOUND, 0, NULL, "%s: image not known", p->argv[i]);
	}
	if (o->exists)
		json_put(take_ptr(p->out));
	return 0;
}

static bool reads(const struct prog *p)
{
	const struct options *o = p->opts;

	return o->missing;
}

/* What is written of each; the rest is as Podman has it. */
static const struct field image[] = {
	{"Id", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{0},
};

static const struct program program = {
	.name = "img-inspect",
	.summary = "show all about images of the local store",
	.usage = "[options] IMAGE...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_WRITES | PROG_WRITES_ARRAY,
	.reads = reads,
	.confine = confine_reader,
	.writes_fields = image,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
