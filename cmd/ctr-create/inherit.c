/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a new container has from others: the mounts of those that --volumes-from names, settled in
 * its own request, so that they stay when the others go; the ids of those that it needs; the images
 * that it mounts, which stay in the store as long as it does (lib/ctr/inventory.c).
 *
 * A mount of its own goes before one of others at the same place, the first of others before later
 * ones. Anonymous volumes have names once their container has started.
 */
#include "create.h"

#include "ctr/depend.h"
#include "oci/image.h"
#include "oci/lookup.h"

static bool has_place(const struct json *mounts, const char *place)
{
	json_each (m, mounts)
		if (str_eq(json_get_str(m.v, "destination", ""), place))
			return true;
	return false;
}

/* ro, rw and z of --volumes-from, in the place of what the other has. */
static struct json *options(const struct json *mount, const char *words)
{
	_strv_ struct strv asked = {0};
	struct json *out = json_new_array();

	strv_split(&asked, words, ',');
	json_each (o, json_get(mount, "options")) {
		const char *word = json_str(o.v);
		bool mode = str_eq(word, "ro") || str_eq(word, "rw");

		/* what changes files has been done by the other */
		if (!str_eq(word, "U") && !str_eq(word, "Z") &&
		    !(mode && (strv_has(&asked, "ro") || strv_has(&asked, "rw"))))
			json_add(out, json_ref(o.v));
	}
	strv_foreach (w, &asked)
		json_add(out, json_new_str(w));
	return out;
}

static void add_mount(struct json *request, const struct json *mount, const char *words)
{
	bool volume = str_eq(json_get_str(mount, "type", ""), "volume");
	const char *place = json_get_str(mount, "destination", "");
	struct json *mounts = json_need_arr(request, "mounts"), *m;

	if (has_place(mounts, place))
		return;
	m = json_new_object();
	json_set(m, "type", json_new_str(json_get_str(mount, "type", "")));
	/* in .volumes the source of a volume is its directory */
	json_set(m, "source",
		 json_new_str(json_get_str(mount, volume ? "name" : "source",
					   json_get_str(mount, "source", ""))));
	json_set(m, "destination", json_new_str(place));
	json_set(m, "options", options(mount, words));
	json_add(mounts, m);
}

static bool has_anonymous(const struct json *doc)
{
	json_each (m, json_path(doc, "request.mounts"))
		if (str_eq(json_get_str(m.v, "type", ""), "volume") &&
		    !*json_get_str(m.v, "source", ""))
			return true;
	return json_len(json_path(doc, "image.config.Volumes")) &&
	       !json_path(doc, "request.imageVolume");
}

static int inherit_one(const struct store *s, struct json *request, const char *from, struct err *e)
{
	const char *colon = strchr(from, ':');
	_free_ char *name = colon ? str_ndup(from, colon - from) : str_dup(from);
	_free_ char *id = container_find(s, name, e);
	_json_ struct json *doc = NULL;
	const struct json *mounts;

	if (!id && e->code == ERR_NOTFOUND)
		return err_set(e, ERR_NOTFOUND, 0, NULL,
			       "looking up container \"%s\" for volumes-from: no such container",
			       name);
	if (!id || container_load(s, id, &doc, e) < 0)
		return -1;
	container_add_start(s, id, doc);
	mounts = json_get(doc, "volumes");
	if (!mounts && has_anonymous(doc))
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "the anonymous volumes of container %s are made when it starts for "
			       "the first time: start it before others use them",
			       name);
	json_each (m, mounts ? mounts : json_path(doc, "request.mounts")) {
		const char *type = json_get_str(m.v, "type", "");

		if (str_eq(type, "bind") || str_eq(type, "volume"))
			add_mount(request, m.v, colon ? colon + 1 : "");
	}
	return 0;
}

int inherit_volumes(const struct store *s, struct json *doc, struct err *e)
{
	struct json *request = json_get(doc, "request");

	json_each (from, json_get(request, "volumesFrom"))
		if (inherit_one(s, request, json_str(from.v), e) < 0)
			return -1;
	return 0;
}

int note_dependencies(const struct store *s, struct json *doc, bool start, struct err *e)
{
	_strv_ struct strv ids = {0};

	/* of another container, where its document is used again */
	json_del(json_get(doc, "container"), "dependencies");
	if (depend_on(s, doc, &ids, e) < 0 || (start && depend_running(s, &ids, e) < 0))
		return -1;
	if (ids.n)
		json_set(json_need_obj(doc, "container"), "dependencies", json_new_strv(&ids));
	return 0;
}

static struct json *describe_image(const char *name, const struct json *image)
{
	struct json *out = json_new_object(), *layers = json_need_arr(out, "layers");

	json_set(out, "source", json_new_str(name));
	json_set(out, "id", json_ref(json_get(image, "id")));
	json_each (l, json_get(image, "layers"))
		json_add(layers, json_ref(json_get(l.v, "diffId")));
	return out;
}

static int note_image(const struct store *s, struct json *doc, const char *name, struct err *e)
{
	_json_ struct json *index = NULL, *image = NULL;
	struct json *desc = NULL;
	int r;

	if (index_read(s, &index, e) < 0)
		return -1;
	r = lookup_image(s, index, name, &desc, NULL, e);
	if (r == 0) {
		err_set(e, ERR_NOTFOUND, 0, NULL, "image %s: no such image in the store", name);
		return err_hint(e, "rp pull %s", name);
	}
	if (r < 0 ||
	    image_load(s, NULL, json_get_str(desc, "digest", ""), &image, NULL, NULL, e) < 0)
		return -1;
	json_add(json_need_arr(json_need_obj(doc, "container"), "images"),
		 describe_image(name, image));
	return 0;
}

int note_images(const struct store *s, struct json *doc, struct err *e)
{
	json_del(json_get(doc, "container"), "images");
	json_each (m, json_path(doc, "request.mounts"))
		if (str_eq(json_get_str(m.v, "type", ""), "image") &&
		    note_image(s, doc, json_get_str(m.v, "source", ""), e) < 0)
			return -1;
	return 0;
}
