/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-history: how an image was made, the newest step first.
 *
 * Stages: the image's configuration; each entry of its history beside the layer that it made, if it
 * made one; texts for a table. Where a configuration has no history, its layers are listed. It must
 * not write, and it uses no network.
 */
#include <time.h>

#include "ctr/inventory.h"
#include "ctr/text.h"
#include "oci/image.h"
#include "oci/layer_meta.h"
#include "oci/lookup.h"
#include "sys/confine.h"
#include "wire/prog.h"
#include "wire/render.h"

#define COLUMNS "table {{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"
#define CUT	45 /* characters of a step's command */

struct options {
	bool no_trunc, numbers;
	struct view view;
};

static int set_human(const struct opt *row, void *data, const char *v, struct err *e)
{
	struct options *o = data;

	o->numbers = str_eq(v, "false");
	return 0;
}

static const struct opt options[] = {
	VIEW_FORMAT(struct options, 0),
	{"human", 'H', OPT_CALL_FLAG, 0, NULL, "sizes and times for people (default)", set_human},
	{"no-trunc", 0, OPT_FLAG, offsetof(struct options, no_trunc), NULL,
	 "whole ids and commands"},
	VIEW_QUIET(struct options),
	{0},
};

/* What is known of one step. */
struct past {
	const char *id; /* of the image for the newest step, "<missing>" for the others */
	const char *created, *by, *comment;
	int64_t size;
};

static int64_t layer_size(const struct store *s, const struct json *layer)
{
	_layer_meta_ struct layer_meta m = {0};

	if (layer_meta_read(s, json_get_str(layer, "diffId", ""), &m, NULL) == 1)
		return m.size;
	return json_get_int(layer, "size", 0);
}

static struct json *full(const struct past *p)
{
	struct json *o = json_new_object();

	json_set(o, "id", json_new_str(p->id));
	json_set(o, "created", json_new_str(p->created));
	json_set(o, "CreatedBy", json_new_str(p->by));
	json_set(o, "size", json_new_int(p->size));
	json_set(o, "comment", json_new_str(p->comment));
	return o;
}

static struct json *row(const struct past *p, const struct options *o, bool human)
{
	size_t cut = o->no_trunc ? SIZE_MAX : CUT;
	_free_ char *age = text_duration(time(NULL) - time_seconds(p->created));
	_free_ char *ago = str_fmt("%s ago", age);
	_free_ char *id = str_ndup(p->id, o->no_trunc || *p->id == '<' ? strlen(p->id) : 12);
	_free_ char *by = NULL, *size = text_size(p->size);
	struct json *r = json_new_object();

	if (strlen(p->by) > cut)
		while (cut > 0 && (p->by[cut] & 0xc0) == 0x80)
			cut--;
	by = strlen(p->by) > cut ? str_fmt("%.*s...", (int)cut, p->by) : str_dup(p->by);
	json_set(r, "ID", json_new_str(id));
	json_set(r, "Created", json_new_str(human ? ago : p->created));
	json_set(r, "CreatedSince", json_new_str(ago));
	json_set(r, "CreatedAt", json_new_str(p->created));
	json_set(r, "CreatedBy", json_new_str(by));
	json_set(r, "Size", human ? json_new_str(size) : json_new_int(p->size));
	json_set(r, "Comment", json_new_str(p->comment));
	return r;
}

struct history {
	const struct store *s;
	const struct options *o;
	const struct json *layers; /* the lowest first */
	const char *id;		   /* of the image, without "sha256:" */
	bool human;
	struct json *steps, *rows;
};

static void add(struct history *h, struct past p)
{
	p.id = json_len(h->steps) ? "<missing>" : h->id;
	json_add(h->steps, full(&p));
	json_add(h->rows, row(&p, h->o, h->human));
}

/* Entries that made no layer say so; the others are those of the layers in their order. */
static void add_all(struct history *h, const struct json *entries, const char *created)
{
	size_t layer = json_len(h->layers);

	for (size_t i = json_len(entries); i-- > 0;) {
		const struct json *x = json_at(entries, i);
		bool empty = json_get_bool(x, "empty_layer", false);

		add(h,
		    (struct past){
			    .created = json_get_str(x, "created", created),
			    .by = json_get_str(x, "created_by", ""),
			    .comment = json_get_str(x, "comment", ""),
			    .size = !empty && layer ? layer_size(h->s, json_at(h->layers, --layer))
						    : 0,
		    });
	}
	while (layer) /* those that no entry tells of */
		add(h, (struct past){.created = created,
				     .by = "",
				     .comment = "",
				     .size = layer_size(h->s, json_at(h->layers, --layer))});
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	_json_ struct json *index = NULL, *image = NULL, *config = NULL;
	struct json *desc = NULL;
	struct history h = {.s = &s, .o = o, .human = !o->numbers};
	int r;

	if (store_open(&s, e) < 0 || index_read(&s, &index, e) < 0)
		return -1;
	r = lookup_image(&s, index, p->argv[0], &desc, NULL, e);
	if (r == 0 || (r < 0 && e->code == ERR_INPUT))
		return err_set(e, ERR_NOTFOUND, 0, NULL, "%s: image not known", p->argv[0]);
	if (r < 0 ||
	    image_load(&s, NULL, json_get_str(desc, "digest", ""), &image, NULL, &config, e) < 0)
		return -1;
	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str("rp.history/1"));
	h.steps = json_need_arr(p->out, "history");
	h.rows = json_need_arr(p->out, "rows");
	h.layers = json_get(image, "layers");
	h.id = digest_hex(json_get_str(image, "id", ""));
	add_all(&h, json_get(config, "history"), json_get_str(config, "created", ""));
	return view_set(p->out, &o->view, COLUMNS, e);
}

static const struct field step[] = {
	{"id", FIELD_STRING, 0, sizeof(char *), FIELD_NEED},
	{"created", FIELD_STRING, 0, sizeof(char *)},
	{"CreatedBy", FIELD_STRING, 0, sizeof(char *)},
	{"size", FIELD_NUMBER, 0, sizeof(int64_t)},
	{"comment", FIELD_STRING, 0, sizeof(char *)},
	{0},
};

static const struct field document[] = {
	{"schema", FIELD_STRING, 0, sizeof(char *), FIELD_NEED, .words = "rp.history/1"},
	{"history", FIELD_OBJECTS, 0, 0, FIELD_NEED, "the newest step first", .table = step},
	{"rows", FIELD_OBJECTS, 0, 0, FIELD_NEED, "texts for tables and templates"},
	{"view", FIELD_RAW, 0, 0, 0, "how to show it"},
	{0},
};

static const struct program program = {
	.name = "img-history",
	.summary = "show how an image was made",
	.usage = "[options] IMAGE",
	.opts = options,
	.opts_size = sizeof(struct options),
	.operands = EXACTLY(1),
	.io = PROG_WRITES,
	.confine = confine_reader,
	.writes_fields = document,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
