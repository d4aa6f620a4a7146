/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --filter KEY=VALUE: Podman's filters of "ps". */
#include <regex.h>
#include <stdio.h>

#include "list.h"

static const char *const keys[] = {"id",       "name",	 "label",   "label!", "status", "exited",
				   "ancestor", "volume", "network", "before", "since",	"command"};

static int check(const char *word, struct err *e)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : 0;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strlen(keys[i]) == n && memcmp(keys[i], word, n) == 0)
			return 0;
	return err_set(e, ERR_USAGE, 0, NULL, "--filter: \"%s\" is not a known KEY=VALUE", word);
}

static int creation_time(const struct store *s, const char *name, char out[TIME_TEXT_LEN],
			 struct err *e)
{
	_free_ char *id = container_find(s, name, e);
	_json_ struct json *doc = NULL;

	if (!id || container_load(s, id, &doc, e) < 0)
		return -1;
	snprintf(out, TIME_TEXT_LEN, "%s", json_get_str(json_get(doc, "container"), "created", ""));
	return 0;
}

/* Podman's words for states, whether a container here can have them or not. */
static int check_status(const char *value, struct err *e)
{
	static const char known[] = "created initialized configured running paused exited stopped "
				    "stopping removing unknown";
	_strv_ struct strv words = {0};

	strv_split(&words, known, ' ');
	if (strv_has(&words, value))
		return 0;
	return err_set(e, ERR_USAGE, 0, NULL, "--filter: \"%s\" is not a container state: %s",
		       value, known);
}

int filters_parse(struct filters *f, const struct store *s, const struct strv *words, struct err *e)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *w = words->v[i], *v;

		if (check(w, e) < 0)
			return -1;
		if ((v = str_after(w, "before=")) && creation_time(s, v, f->before, e) < 0)
			return -1;
		if ((v = str_after(w, "since=")) && creation_time(s, v, f->since, e) < 0)
			return -1;
		if ((v = str_after(w, "status=")) && check_status(v, e) < 0)
			return -1;
		if (str_after(w, "status=") || str_after(w, "exited="))
			f->shows_stopped = true;
		strv_add(&f->words, w);
	}
	return 0;
}

void filters_release(struct filters *f)
{
	strv_release(&f->words);
}

static bool matches_regex(const char *text, const char *pattern)
{
	regex_t re;
	bool hit;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return strstr(text, pattern) != NULL;
	hit = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return hit;
}

static bool has_label(const struct json *labels, const char *value)
{
	const char *eq = strchr(value, '=');
	_free_ char *key = eq ? str_ndup(value, eq - value) : str_dup(value);

	if (!json_has(labels, key))
		return false;
	return !eq || str_eq(json_get_str(labels, key, ""), eq + 1);
}

/* "busybox", "busybox:1", "localhost/busybox:1", or the beginning of the image's id. */
static bool is_ancestor(const struct item *it, const char *value)
{
	const char *ref = json_get_str(it->full, "Image", "");
	const char *id = json_get_str(it->full, "ImageID", "");
	const char *base = strrchr(ref, '/');
	size_t n = strlen(value);

	if (str_after(id, value) && n >= 3)
		return true;
	base = base ? base + 1 : ref;
	return str_eq(ref, value) || str_eq(base, value) ||
	       (!strchr(value, ':') && (str_after(base, value) || str_after(ref, value)) &&
		(base[n] == ':' || ref[n] == ':'));
}

static bool has_volume(const struct item *it, const char *value)
{
	json_each (v, json_get(it->doc, "volumes"))
		if (str_eq(json_get_str(v.v, "destination", ""), value) ||
		    str_eq(json_get_str(v.v, "name", ""), value) ||
		    str_eq(json_get_str(v.v, "source", ""), value))
			return true;
	return false;
}

static bool match_one(const struct filters *f, const struct item *it, const char *w)
{
	const char *v;
	int64_t code;

	if ((v = str_after(w, "id=")))
		return str_after(it->id, v) != NULL;
	if ((v = str_after(w, "name=")))
		return matches_regex(json_get_str(it->row, "Names", ""), v);
	if ((v = str_after(w, "label!=")))
		return !has_label(json_get(it->full, "Labels"), v);
	if ((v = str_after(w, "label=")))
		return has_label(json_get(it->full, "Labels"), v);
	if ((v = str_after(w, "status=")))
		return str_eq(v, container_status_name(it->state.status)) ||
		       (str_eq(v, "stopped") && it->state.status == CONTAINER_EXITED);
	if ((v = str_after(w, "exited=")))
		return it->state.status == CONTAINER_EXITED &&
		       str_to_int(v, INT32_MIN, INT32_MAX, &code) == 0 &&
		       code == it->state.exit_code;
	if ((v = str_after(w, "ancestor=")))
		return is_ancestor(it, v);
	if ((v = str_after(w, "volume=")))
		return has_volume(it, v);
	if ((v = str_after(w, "network=")))
		return str_eq(json_str(json_path(it->doc, "network.mode")), v);
	if ((v = str_after(w, "command="))) {
		const char *first = json_str(json_at(json_get(it->full, "Command"), 0));

		return first && matches_regex(first, v);
	}
	if (str_after(w, "before="))
		return strcmp(it->created, f->before) < 0;
	return strcmp(it->created, f->since) > 0;
}

static bool same_key(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

bool filters_match(const struct filters *f, const struct item *it)
{
	for (size_t i = 0; i < f->words.n; i++) {
		const char *w = f->words.v[i];
		bool any = match_one(f, it, w);

		for (size_t k = 0; !any && !str_after(w, "label") && k < f->words.n; k++)
			any = same_key(f->words.v[k], w) && match_one(f, it, f->words.v[k]);
		if (!any)
			return false;
	}
	return true;
}
