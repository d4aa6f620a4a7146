/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --filter KEY=VALUE and operands: Podman's filters of "images". */
#include <fnmatch.h>

#include "list.h"
#include "oci/image.h"
#include "ctr/filter.h"
#include "ctr/inventory.h"
#include "oci/lookup.h"

static const char *const keys[] = {"reference", "dangling", "label", "before",	  "since",
				   "after",	"until",    "id",    "containers"};

static int check(const char *word, struct err *e)
{
	const char *eq = strchr(word, '='), *v;
	size_t n = eq ? (size_t)(eq - word) : 0;

	if (((v = str_after(word, "dangling=")) || (v = str_after(word, "containers="))) &&
	    !str_eq(v, "true") && !str_eq(v, "false"))
		return err_set(e, ERR_USAGE, 0, NULL, "--filter: \"%s\": expected true or false",
			       word);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strlen(keys[i]) == n && memcmp(keys[i], word, n) == 0)
			return 0;
	err_set(e, ERR_USAGE, 0, NULL, "--filter: \"%s\" is not a known KEY=VALUE", word);
	return err_hint(e, "the keys are after, before, containers, dangling, id, label, "
			   "reference, since, until");
}

static int creation_time(const struct store *s, const struct json *index, const char *name,
			 int64_t *out, struct err *e)
{
	_json_ struct json *image = NULL, *config = NULL;
	struct json *desc = NULL;
	int r = lookup_image(s, index, name, &desc, NULL, e);

	if (r == 0)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "%s: image not known", name);
	if (r < 0 ||
	    image_load(s, NULL, json_get_str(desc, "digest", ""), &image, NULL, &config, e) < 0)
		return -1;
	*out = time_seconds(json_get_str(config, "created", ""));
	return 0;
}

int image_filters_parse(struct image_filters *f, const struct store *s, const struct json *index,
			const struct strv *words, int argc, char **argv, struct err *e)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *w = words->v[i], *v;
		char until[TIME_TEXT_LEN];

		if (check(w, e) < 0)
			return -1;
		if ((v = str_after(w, "before=")) && creation_time(s, index, v, &f->before, e) < 0)
			return -1;
		if ((v = str_after(w, "until=")) && moment_parse(v, until, e) < 0)
			return err_prefix(e, "--filter until");
		if (v)
			f->until = time_seconds(until);
		if (((v = str_after(w, "since=")) || (v = str_after(w, "after="))) &&
		    creation_time(s, index, v, &f->since, e) < 0)
			return -1;
		strv_add(&f->words, w);
	}
	for (int i = 0; i < argc; i++)
		strv_addf(&f->words, "reference=%s", argv[i]);
	return 0;
}

void image_filters_release(struct image_filters *f)
{
	strv_release(&f->words);
}

/* "localhost/a/b:1" is meant by itself, by "a/b:1" and "b:1", and by all of these without tag. */
static bool name_matches(const char *name, const char *pattern)
{
	size_t cut = strcspn(name, "@");
	const char *slash = strrchr(name, '/');
	_free_ char *bare = NULL;
	const char *colon = strchr(slash ? slash : name, ':');

	if (colon && (size_t)(colon - name) < cut)
		cut = (size_t)(colon - name);
	bare = str_ndup(name, cut);
	for (const char *at = name;; at++) {
		if (fnmatch(pattern, at, FNM_PATHNAME) == 0 ||
		    fnmatch(pattern, bare + (at - name), FNM_PATHNAME) == 0)
			return true;
		at = strchr(at, '/');
		if (!at || (size_t)(at - name) >= cut)
			return false;
	}
}

static bool id_begins(const struct entry *it, const char *prefix)
{
	const char *rest = str_after(prefix, "sha256:");
	const char *hex = rest ? rest : prefix;

	return strlen(hex) >= 3 && str_after(json_get_str(it->full, "Id", ""), hex);
}

static bool reference_matches(const struct entry *it, const char *pattern, const char *name)
{
	if (str_only(pattern, "0123456789abcdef") && id_begins(it, pattern))
		return true;
	if (name)
		return name_matches(name, pattern);
	strv_foreach (n, &it->names)
		if (name_matches(n, pattern))
			return true;
	json_each (d, json_get(it->full, "RepoDigests"))
		if (json_str(d.v) && name_matches(json_str(d.v), pattern))
			return true;
	return false;
}

static bool has_label(const struct entry *it, const char *value)
{
	const struct json *labels = json_get(it->full, "Labels");
	const char *eq = strchr(value, '=');
	_free_ char *key = eq ? str_ndup(value, eq - value) : str_dup(value);

	if (!json_has(labels, key))
		return false;
	return !eq || str_eq(json_get_str(labels, key, ""), eq + 1);
}

static bool match_one(const struct image_filters *f, const struct entry *it, const char *name,
		      const char *w)
{
	const char *v;

	if ((v = str_after(w, "reference=")))
		return reference_matches(it, v, name);
	if ((v = str_after(w, "dangling=")))
		return (it->names.n == 0) == str_eq(v, "true");
	if ((v = str_after(w, "label=")))
		return has_label(it, v);
	if ((v = str_after(w, "id=")))
		return id_begins(it, v);
	if ((v = str_after(w, "containers=")))
		return (json_get_int(it->full, "Containers", 0) > 0) == str_eq(v, "true");
	if (str_after(w, "until="))
		return it->created < f->until;
	if (str_after(w, "before="))
		return it->created < f->before;
	return it->created > f->since;
}

static bool same_key(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

bool image_filters_match(const struct image_filters *f, const struct entry *it, const char *name)
{
	strv_foreach (w, &f->words) {
		bool any = match_one(f, it, name, w);

		if (!any && !str_after(w, "label="))
			strv_foreach (other, &f->words)
				any = any || (same_key(other, w) && match_one(f, it, name, other));
		if (!any)
			return false;
	}
	return true;
}
