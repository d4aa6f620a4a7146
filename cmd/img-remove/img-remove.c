/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * img-remove: take names, images, and what nobody needs any more out of the local store.
 *
 * Stages, all but the last under the lock of index.json:
 *	1. find the image, decide: only the name goes, or the image too (its last name, or --force);
 *	2. refuse where a container uses the image (status 5);
 *	3. write index.json without it;
 *	4. delete the blobs and set aside the layers that were the image's and that neither another
 *	   image of the index nor a container needs;
 *	5. remove what was set aside.
 * Killed anywhere, it leaves at worst blobs or layers that nobody refers to; --prune takes those.
 *
 * Why this never breaks a pull that runs at the same time: the pull writes its name into index.json
 * under the same lock, and only after it has seen all its blobs there. Either its name comes first,
 * then stage 4 sees that the blobs are needed; or stage 4 comes first, then the pull sees that they
 * are gone and fetches them again. Layers are unpacked only for images that are in the index.
 *
 * Why it never breaks a container that is being made: ctr-create(1) publishes the record, which
 * names the layers, before anything mounts them. Stage 4 first renames the layer directory into a
 * staging directory of ours, then reads the records once more, and puts back what one of them
 * names. A mount before the rename therefore means a record before the rename, which is seen, and
 * the rename and its way back do not disturb a mount; a mount after the rename finds no layer and
 * fails whole, and the start begins again with the pull. Nothing is deleted before that second
 *look.
 *
 * Layers belong to the ids of the user namespace: run inside ns-enter-pause(1). Outside, the image
 * is gone all the same, and what could not be deleted waits in staging/ for the next program there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>

#include "base/log.h"
#include "oci/image.h"
#include "ctr/inventory.h"
#include "oci/lookup.h"
#include "sys/confine.h"
#include "sys/path.h"
#include "wire/prog.h"
#include "sweep.h"

struct options {
	bool force, all, prune, ignore;
};

static const struct opt options[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct options, force), NULL,
	 "also an image with several names by its id, or one that containers use; a missing one is "
	 "no error"},
	{"all", 'a', OPT_FLAG, offsetof(struct options, all), NULL,
	 "all images; one that containers use stays, and is an error"},
	{"prune", 0, OPT_FLAG, offsetof(struct options, prune), NULL,
	 "images without a name, and blobs and layers that nobody needs"},
	{"ignore", 'i', OPT_FLAG, offsetof(struct options, ignore), NULL,
	 "a missing image is no error"},
	{0},
};

struct removal {
	struct prog *p;
	const struct options *o;
	struct store *s;
	struct json *index;
	struct needs gone; /* what removed images needed */
};

static void say(struct removal *r, const char *what, const char *name)
{
	struct json *list = json_need_arr(r->p->out, what);

	json_add(list, json_new_str(name));
}

/* The names of an image; entries without one are not counted. */
static void names_of(const struct json *index, const char *digest, struct strv *out)
{
	json_each (d, json_get(index, "manifests")) {
		const char *name = index_note(d.v, ANN_NAME);

		if (name && str_eq(json_get_str(d.v, "digest", NULL), digest))
			strv_add(out, name);
	}
}

static int in_use(struct removal *r, const char *id, const char *name, struct err *e)
{
	_usage_ struct usage u = {0};

	if (usage_read(r->s, &u, e) < 0)
		return -1;
	for (size_t i = 0; i < u.images.n; i++) {
		if (!id || !str_eq(u.images.v[i], id))
			continue;
		err_set(e, ERR_EXISTS, 0, NULL, "image %s is used by container %.12s", name,
			u.containers.v[i]);
		return err_hint(e, "remove the container first, or use --force");
	}
	return 0;
}

/* Takes all entries of the image out of the index. */
static int drop_image(struct removal *r, const char *digest, const char *name, struct err *e)
{
	struct json *kept = json_new_array(), *desc = NULL;
	_free_ char *own = str_dup(digest), *id = NULL;
	_strv_ struct strv names = {0};

	json_each (d, json_get(r->index, "manifests")) {
		if (str_eq(json_get_str(d.v, "digest", NULL), own))
			desc = d.v;
		else
			json_add(kept, json_ref(d.v));
	}
	id = desc ? index_image_id(r->s, desc) : NULL;
	if (!r->o->force && in_use(r, id, name, e) < 0) {
		json_put(kept);
		return -1;
	}
	names_of(r->index, own, &names);
	strv_foreach (n, &names)
		say(r, "untagged", n);
	needs_of_manifest(r->s, own, &r->gone);
	json_set(r->index, "manifests", kept);
	say(r, "deleted", id ? id : own);
	return 0;
}

static int remove_one(struct removal *r, const char *name, struct err *e)
{
	_strv_ struct strv names = {0};
	_free_ char *found = NULL;
	struct json *desc = NULL;
	const char *digest;
	int got = lookup_image(r->s, r->index, name, &desc, &found, e);

	if (got < 0)
		return -1;
	if (got == 0)
		return r->o->ignore || r->o->force
			       ? 0
			       : err_set(e, ERR_NOTFOUND, 0, NULL, "%s: image not known", name);
	digest = json_get_str(desc, "digest", "");
	names_of(r->index, digest, &names);
	if (names.n > 1 && strv_has(&names, found ? found : "") && !str_after(name, "sha256:") &&
	    index_find_id(r->s, r->index, name, &desc, NULL) != 1) {
		index_untag(r->index, found);
		say(r, "untagged", found);
		return 0;
	}
	if (names.n > 1 && !r->o->force) {
		err_set(e, ERR_EXISTS, 0, NULL, "image %s has %zu names", name, names.n);
		return err_hint(e, "remove its names, or use --force");
	}
	return drop_image(r, digest, name, e);
}

/*
 * Every image, for --all: those in use stay, and are reported. Every nameless one, for --prune: for
 * that those in use are not meant.
 */
static int remove_unused(struct removal *r, bool nameless, struct err *e)
{
	_strv_ struct strv digests = {0};
	struct err first = {0};

	json_each (d, json_get(r->index, "manifests")) {
		const char *digest = json_get_str(d.v, "digest", "");
		_strv_ struct strv names = {0};

		names_of(r->index, digest, &names);
		if ((!nameless || names.n == 0) && !strv_has(&digests, digest))
			strv_add(&digests, digest);
	}
	strv_foreach (digest, &digests) {
		if (drop_image(r, digest, digest, e) == 0)
			continue;
		if (e->code != ERR_EXISTS)
			return -1;
		if (first.code)
			log_err(e);
		else if (!nameless)
			first = *e;
		err_clear(e);
	}
	if (!first.code)
		return 0;
	*e = first;
	return -1;
}

/* All names; each failure is reported, the status is the first one's. */
static int remove_all(struct removal *r, struct err *e)
{
	struct err first = {0};

	for (int i = 0; i < r->p->argc; i++) {
		struct err now = {0};

		if (remove_one(r, r->p->argv[i], &now) == 0)
			continue;
		if (first.code)
			log_err(&now);
		else
			first = now;
	}
	for (int prune = 0; prune < 2; prune++) {
		struct err now = {0};

		if (!(prune ? r->o->prune : r->o->all) || remove_unused(r, prune, &now) == 0)
			continue;
		if (first.code)
			log_err(&now);
		else
			first = now;
	}
	if (first.code) {
		*e = first;
		return -1;
	}
	return 0;
}

/* Index first, then what it no longer needs. */
static int commit(struct removal *r, struct staging *aside, struct err *e)
{
	_needs_ struct needs kept = {0};
	_json_ struct json *old = NULL;

	if (index_read(r->s, &old, e) < 0)
		return -1;
	if (!json_equal(old, r->index) && index_write(r->s, r->index, e) < 0)
		return -1;
	needs_of_index(r->s, r->index, &kept);
	if (sweep_blobs(r->s, r->o->prune ? NULL : &r->gone.blobs, &kept.blobs, e) < 0 ||
	    sweep_layers(r->s, r->o->prune ? NULL : &r->gone.layers, &kept.layers, aside, e) < 0)
		return -1;
	return r->o->prune ? sweep_partial(r->s, e) : 0;
}

/* What was done, a line each. */
static void show_lines(struct json *view)
{
	json_set(view, "format",
		 json_new_str("{{range .untagged}}Untagged: {{.}}\n{{end}}"
			      "{{range .deleted}}Deleted: {{.}}\n{{end}}"));
	json_set(view, "noNewline", json_new_bool(true));
}

static int run(struct prog *p, struct err *e)
{
	_store_ struct store s = STORE_NONE;
	_staging_ struct staging aside = STAGING_NONE;
	_json_ struct json *index = NULL;
	struct removal r = {.p = p, .o = p->opts, .s = &s};
	struct err failed = {0};
	int lock, status;

	if (store_open(&s, e) < 0)
		return -1;
	lock = index_lock(&s, e);
	if (lock < 0)
		return -1;
	p->out = json_new_object();
	json_set(p->out, "schema", json_new_str("rp.removed/1"));
	show_lines(json_need_obj(p->out, "view"));
	json_need_arr(p->out, "untagged");
	json_need_arr(p->out, "deleted");
	status = index_read(&s, &index, e);
	r.index = index;
	if (status == 0)
		status = remove_all(&r, &failed);
	if (r.index && commit(&r, &aside, e) == 0 && status < 0)
		*e = failed;
	else if (e->code)
		status = -1;
	close(lock);
	needs_release(&r.gone);
	if (sweep_aside(&aside) < 0)
		log_warn("%s/staging keeps files of other user ids; the next command inside "
			 "ns-enter-pause removes them",
			 s.path);
	return status;
}

/* Files of layers belong to all user ids of the map. */
static int confine_here(struct err *e)
{
	static const struct confine c = {.any_files = true,
					 .caps = CONFINE_CAP(CAP_DAC_OVERRIDE) |
						 CONFINE_CAP(CAP_DAC_READ_SEARCH) |
						 CONFINE_CAP(CAP_FOWNER)};

	return confine(&c, e);
}

static int check(const struct prog *p, struct err *e)
{
	const struct options *o = p->opts;

	if (p->argc == 0 && !o->all && !o->prune)
		return err_set(e, ERR_USAGE, 0, NULL, "image name or ID must be specified");
	return 0;
}

static const struct field document[] = {
	{"schema", FIELD_STRING, 0, sizeof(char *), FIELD_NEED, .words = "rp.removed/1"},
	{"untagged", FIELD_STRINGS, 0, sizeof(struct strv)},
	{"deleted", FIELD_STRINGS, 0, sizeof(struct strv)},
	{"view", FIELD_RAW, 0, 0, 0, "how to show it"},
	{0},
};

static const struct program program = {
	.name = "img-remove",
	.summary = "remove images from the local store",
	.usage = "[options] [IMAGE...]",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_WRITES,
	.confine = confine_here,
	.check = check,
	.writes_fields = document,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
