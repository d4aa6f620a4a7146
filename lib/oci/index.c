/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index.json: finding and naming images.
 *
 * The file is small (one line an image), read whole and searched from front to back; that costs
 * less than any index of the index. An image that loses its name to a newer one is kept without a
 * name, because containers may run from it, until img-remove(1) takes it.
 */
#include <ctype.h>
#include <fcntl.h>

#include "base/fd.h"
#include "oci/index.h"
#include "oci/image.h"

#define LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"

static struct json *empty_index(void)
{
	struct json *j = json_new_object();

	json_set(j, "schemaVersion", json_new_int(2));
	json_set(j, "mediaType", json_new_str(MT_OCI_INDEX));
	json_set(j, "manifests", json_new_array());
	return j;
}

/* What later code relies on: objects with valid digests. */
static int check(struct json *index, struct err *e)
{
	struct cur root = cur_root(index), list;
	struct descriptor d;

	if (cur_arr(&root, "manifests", CUR_NEED, &list, e) < 0)
		return err_prefix(e, "index.json");
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur c = cur_at(&list, i);

		if (descriptor_read(&c, JSON_MAX_REMOTE, &d, e) < 0)
			return err_prefix(e, "index.json");
	}
	return 0;
}

int index_read(const struct store *s, struct json **out, struct err *e)
{
	_json_ struct json *j = NULL;

	if (json_read_file(s->fd, "index.json", JSON_MAX_DOCUMENT, &j, e) < 0) {
		if (e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
	}
	if (!j)
		j = empty_index();
	if (check(j, e) < 0)
		return -1;
	*out = take_ptr(j);
	return 0;
}

int index_lock(const struct store *s, struct err *e)
{
	_close_ int dir = store_dir(s, ".", e);

	return dir < 0 ? -1 : store_lock(dir, "index.lock", false, e);
}

/* Whoever writes the index holds its lock: another's unfinished file is one that was cut off. */
static void drop_unfinished(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (str_after(ent->d_name, "index.json.tmp."))
			unlinkat(dir, ent->d_name, 0);
}

int index_write(const struct store *s, const struct json *index, struct err *e)
{
	_close_ int dir = store_dir(s, ".", e);

	if (dir < 0)
		return -1;
	drop_unfinished(dir);
	if (faccessat(dir, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    file_replace(dir, "oci-layout", LAYOUT, strlen(LAYOUT), 0644, true, e) < 0)
		return -1;
	return json_write_file(dir, "index.json", index, 0644, true, e);
}

const char *index_note(const struct json *desc, const char *annotation)
{
	return json_str(json_get(json_get(desc, "annotations"), annotation));
}

/* Is the descriptor one of the repository "DOMAIN/PATH"? */
static bool in_repository(const struct json *desc, const char *repository)
{
	const char *name = index_note(desc, ANN_NAME);
	const char *rest = name ? str_after(name, repository) : NULL;

	if (!name)
		return str_eq(index_note(desc, ANN_REPO), repository);
	return rest && (*rest == ':' || *rest == '@' || !*rest);
}

struct json *index_find(const struct json *index, const struct ref *name)
{
	_free_ char *text = ref_text(name), *repository = ref_repository(name);

	json_each (d, json_get(index, "manifests")) {
		if (!name->digest) {
			if (str_eq(index_note(d.v, ANN_NAME), text))
				return d.v;
		} else if ((str_eq(json_get_str(d.v, "digest", ""), name->digest) ||
			    str_eq(index_note(d.v, ANN_LIST), name->digest)) &&
			   in_repository(d.v, repository)) {
			return d.v;
		}
	}
	return NULL;
}

char *index_image_id(const struct store *s, const struct json *desc)
{
	_json_ struct json *m = NULL;
	const char *id = index_note(desc, ANN_ID);
	struct err e = {0};

	if (!id && blob_json(s, json_get_str(desc, "digest", ""), &m, &e) == 0)
		id = json_str(json_path(m, "config.digest"));
	return id && digest_hex(id) ? str_dup(id) : NULL;
}

int index_find_id(const struct store *s, const struct json *index, const char *prefix,
		  struct json **out, struct err *e)
{
	const char *hex = str_after(prefix, "sha256:");
	_free_ char *found = NULL;

	hex = hex ? hex : prefix;
	if (!str_only(hex, "0123456789abcdef") || strlen(hex) < 3 || strlen(hex) > 64)
		return 0;
	json_each (d, json_get(index, "manifests")) {
		_free_ char *id = index_image_id(s, d.v);

		if (!id || (!str_after(id + 7, hex) &&
			    !str_after(json_get_str(d.v, "digest", "sha256:") + 7, hex)))
			continue;
		if (found && !str_eq(found, id))
			return err_set(e, ERR_INPUT, 0, NULL,
				       "%s: more than one image id begins so", prefix);
		if (!found) {
			found = take_ptr(id);
			*out = d.v;
		}
	}
	return found ? 1 : 0;
}

static bool has_other_entry(const struct json *list, const struct json *desc)
{
	json_each (d, list) {
		if (d.v != desc &&
		    str_eq(json_get_str(d.v, "digest", ""), json_get_str(desc, "digest", NULL)))
			return true;
	}
	return false;
}

/* Replaces the array by one without the element. */
static void drop(struct json *index, const struct json *desc)
{
	struct json *list = json_new_array();

	json_each (d, json_get(index, "manifests")) {
		if (d.v != desc)
			json_add(list, json_ref(d.v));
	}
	json_set(index, "manifests", list);
}

static struct json *named(const struct json *index, const char *name)
{
	json_each (d, json_get(index, "manifests")) {
		if (str_eq(index_note(d.v, ANN_NAME), name))
			return d.v;
	}
	return NULL;
}

void index_untag(struct json *index, const char *name)
{
	struct json *d = named(index, name), *notes;
	_ref_ struct ref r = {0};

	if (!d)
		return;
	if (has_other_entry(json_get(index, "manifests"), d)) {
		drop(index, d);
		return;
	}
	notes = json_need_obj(d, "annotations");
	if (ref_parse(name, &r, NULL) == 0) {
		_free_ char *repository = ref_repository(&r);

		json_set(notes, ANN_REPO, json_new_str(repository));
	}
	json_del(notes, ANN_NAME); /* name may point into it */
}

/*
 * A name with a digest says nothing that an entry of the image with a tag in the same repository
 * does not: index_find() finds that one. 1: there is such a one, whose annotations are brought up
 * to date from desc.
 */
static bool tagged_already(struct json *index, const struct ref *r, const struct json *desc)
{
	_free_ char *repository = ref_repository(r);

	json_each (d, json_get(index, "manifests")) {
		const char *name = index_note(d.v, ANN_NAME);

		if (!name || strchr(name, '@') || !in_repository(d.v, repository) ||
		    !str_eq(json_get_str(d.v, "digest", NULL), json_get_str(desc, "digest", "")))
			continue;
		json_foreach (m, json_get(desc, "annotations"))
			if (!str_eq(m.key, ANN_NAME))
				json_set(json_need_obj(d.v, "annotations"), m.key, json_ref(m.val));
		return true;
	}
	return false;
}

/* The other way round: entries of the image by digest in the repository go when it gets a tag. */
static void drop_digest_names(struct json *index, const struct ref *r, const char *digest)
{
	_free_ char *repository = ref_repository(r);
	struct json *found;

	do {
		found = NULL;
		json_each (d, json_get(index, "manifests")) {
			const char *name = index_note(d.v, ANN_NAME);

			if (name && strchr(name, '@') && in_repository(d.v, repository) &&
			    str_eq(json_get_str(d.v, "digest", NULL), digest))
				found = d.v;
		}
		if (found)
			drop(index, found);
	} while (found);
}

void index_tag(struct json *index, const char *name, struct json *desc)
{
	const char *digest = json_get_str(desc, "digest", NULL);
	struct json *old = named(index, name);
	_ref_ struct ref r = {0};

	if (ref_parse(name, &r, NULL) == 0 && r.domain) {
		if (r.digest && tagged_already(index, &r, desc)) {
			if (old)
				drop(index, old);
			json_put(desc);
			return;
		}
		if (!r.digest)
			drop_digest_names(index, &r, digest);
	}
	if (old && str_eq(json_get_str(old, "digest", NULL), digest))
		drop(index, old);
	else if (old)
		index_untag(index, name);
	/* The same image without a name has found one. */
	json_each (d, json_get(index, "manifests")) {
		if (!index_note(d.v, ANN_NAME) &&
		    str_eq(json_get_str(d.v, "digest", NULL), digest)) {
			drop(index, d.v);
			break;
		}
	}
	json_set(json_need_obj(desc, "annotations"), ANN_NAME, json_new_str(name));
	json_add(json_need_arr(index, "manifests"), desc);
}
