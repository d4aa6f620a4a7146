/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-list: the images of the local store. Output {"schema":"rp.images/1","images":[...],
 * "rows":[...]}: "images" with the members of Podman's "images --format json", "rows" with the
 * texts that a table or template shows, one row a name.
 *
 * Stages: index.json; its descriptors grouped by image; for each the manifest and configuration;
 * the containers, to count who uses it; filters; the newest first. An image that is damaged is left
 * out with a warning: the list must not fail because of one. It must not write, and it uses no
 * network.
 */
#include <stdio.h>

#include "base/log.h"
#include "list.h"
#include "oci/image.h"
#include "ctr/inventory.h"
#include "sys/confine.h"
#include "wire/prog.h"
#include "wire/render.h"

#define COLUMNS "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
#define DIGEST_COLUMNS                                                               \
	"table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t" \
	"{{.Size}}"
#define MANY_NAMES	16 /* with more, the lists of names stand once, in "images" */
#define HISTORY_COLUMNS COLUMNS "\t{{.History}}"

struct options {
	bool all, no_trunc, ids_only, digests, history;
	const char *sort;
	struct strv filter;
	struct view view;
};

static const struct opt options[] = {
	{"all", 'a', OPT_FLAG, offsetof(struct options, all), NULL,
	 "accepted for compatibility: this store has no intermediate images"},
	{"digests", 0, OPT_FLAG, offsetof(struct options, digests), NULL, "show digests"},
	{"filter", 'f', OPT_LIST, offsetof(struct options, filter), "KEY=VALUE",
	 "reference, dangling, label, before, since, after, until, id, containers"},
	VIEW_FORMAT(struct options, 0),
	{"history", 0, OPT_FLAG, offsetof(struct options, history), NULL,
	 "the names that an image has had"},
	{"ids-only", 0, OPT_FLAG, offsetof(struct options, ids_only), NULL,
	 "one row an image, whatever number of names it has"},
	{"no-trunc", 0, OPT_FLAG, offsetof(struct options, no_trunc), NULL,
	 "whole ids in the rows"},
	VIEW_NOHEADING(struct options, 'n'),
	VIEW_QUIET(struct options),
	{"sort", 0, OPT_STR, offsetof(struct options, sort), "KEY",
	 "created, the newest first (default), id, repository, size, tag",
	 .values = "created id repository size tag"},
	{0},
};

void entry_release(struct entry *it)
{
	json_put(it->full);
	strv_release(&it->names);
}

/*
 * The descriptors of the index by image: an object of indexes, {"manifests": [...]} each, by the
 * digest, in the order in which the digests first come. Looked up once, so that a thousand names
 * take a thousand steps.
 */
static struct json *by_image(const struct json *index)
{
	struct json *all = json_new_object();

	json_each (d, json_get(index, "manifests")) {
		const char *digest = json_get_str(d.v, "digest", "");

		json_add(json_need_arr(json_need_obj(all, digest), "manifests"), json_ref(d.v));
	}
	return all;
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

/* All names, also those with a digest in place of a tag; index has this image only. */
static void collect_names(const struct json *index, struct entry *it)
{
	json_each (d, json_get(index, "manifests")) {
		const char *name = index_note(d.v, ANN_NAME);

		if (name)
			strv_add(&it->names, name);
	}
}

static int describe(const struct store *s, const struct json *index, const struct usage *u,
		    struct entry *it, struct err *e)
{
	const char *digest = it->digest;
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
	json_set(o, "Created", json_new_int(time_seconds(created)));
	json_set(o, "CreatedAt", json_new_str(created));
	json_set(o, "Size", json_new_int(size));
	json_set(o, "SharedSize", json_new_int(0));
	json_set(o, "VirtualSize", json_new_int(size));
	json_set(o, "Labels",
		 json_kind(labels) == JSON_OBJECT ? json_ref(labels) : json_new_object());
	json_set(o, "Containers", json_new_int(users(u, id)));
	json_set(o, "Os", json_new_str(json_get_str(config, "os", "")));
	json_set(o, "Arch", json_new_str(json_get_str(config, "architecture", "")));
	it->full = o;
	it->created = time_seconds(created);
	snprintf(it->created_at, sizeof(it->created_at), "%s", created);
	collect_names(index, it);
	json_set(o, "History", json_new_strv(&it->names));
	return 0;
}

/* By the key where it is a number or the id, else the newest first. */
static int compare(const void *x, const void *y, void *key)
{
	const struct entry *a = x, *b = y;
	int64_t sa = json_get_int(a->full, "Size", 0), sb = json_get_int(b->full, "Size", 0);

	if (str_eq(key, "size") && sa != sb)
		return sa < sb ? -1 : 1;
	if (str_eq(key, "id"))
		return strcmp(json_get_str(a->full, "Id", ""), json_get_str(b->full, "Id", ""));
	return (a->created < b->created) - (a->created > b->created);
}

/* What describe() can make of by_image(), in *list, which has room for all. */
static size_t load(const struct store *s, const struct json *images, struct entry *list,
		   struct err *e)
{
	_usage_ struct usage u = {0};
	size_t n = 0;

	if (usage_read(s, &u, e) < 0) {
		log_err(e);
		err_clear(e);
	}
	json_foreach (image, images) {
		struct entry it = {.digest = image.key};
		char text[1024];

		if (describe(s, image.val, &u, &it, e) == 0) {
			list[n++] = it;
			continue;
		}
		err_text(e, text, sizeof(text));
		log_warn("%s: %s", it.digest, text);
		err_clear(e);
	}
	return n;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_clean_(image_filters_release) struct image_filters f = {0};
	_json_ struct json *index = NULL, *by_digest = NULL;
	_free_ struct entry *list = NULL;
	struct json *images, *rows;
	size_t n;

	if (store_open(&s, e) < 0 || index_read(&s, &index, e) < 0 ||
	    image_filters_parse(&f, &s, index, &o->filter, p->argc, p->argv, e) < 0)
		return -1;
	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str("rp.images/1"));
	if (view_set(p->out, &o->view,
		     o->digests	  ? DIGEST_COLUMNS
		     : o->history ? HISTORY_COLUMNS
				  : COLUMNS,
		     e) < 0)
		return -1;
	images = json_need_arr(p->out, "images");
	rows = json_need_arr(p->out, "rows");
	list = mem_alloc((json_len(json_get(index, "manifests")) + 1) * sizeof(*list));
	by_digest = by_image(index);
	n = load(&s, by_digest, list, e);
	qsort_r(list, n, sizeof(*list), compare, (void *)(uintptr_t)o->sort);
	for (size_t i = 0; i < n; i++) {
		if (image_filters_match(&f, &list[i], NULL)) {
			json_add(images, json_ref(list[i].full));
			rows_add(rows, &list[i], &f, o->no_trunc, o->ids_only || o->view.quiet,
				 list[i].names.n <= MANY_NAMES ? -1
							       : (int64_t)json_len(images) - 1);
		}
		entry_release(&list[i]);
	}
	if (str_eq(o->sort, "repository") || str_eq(o->sort, "tag"))
		rows_sort(p->out, str_eq(o->sort, "tag") ? "Tag" : "Repository");
	return 0;
}

/* What is written; the rest of each is as Podman has it. */
static const struct field image[] = {
	{"Id", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{0},
};

static const struct field document[] = {
	{"schema", FIELD_STRING, 0, sizeof(char *), FIELD_NEED, .words = "rp.images/1"},
	{"images", FIELD_OBJECTS, 0, 0, FIELD_NEED, .table = image},
	{"rows", FIELD_OBJECTS, 0, 0, FIELD_NEED, "texts for tables and templates"},
	{"view", FIELD_RAW, 0, 0, 0, "how to show it"},
	{0},
};

static const struct program program = {
	.name = "img-list",
	.summary = "list the images of the local store",
	.usage = "[options] [NAME]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.operands = AT_MOST(1),
	.io = PROG_WRITES,
	.confine = confine_reader,
	.writes_fields = document,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
