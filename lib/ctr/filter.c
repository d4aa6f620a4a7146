/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of containers: see filter.h. */
#include "ctr/filter.h"

#include <regex.h>
#include <stdio.h>

#include "ctr/text.h"

static const char *const keys[] = {
	"id",
	"name",
	"label",
	"label!",
	"status",
	"exited",
	"ancestor",
	"volume",
	"network",
	"before",
	"since",
	"command",
	"until",
	"health",
	"pod",
	"restart-policy",
	"should-start-on-boot",
};

static int check(const char *word, struct err *e)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : 0;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strlen(keys[i]) == n && memcmp(keys[i], word, n) == 0)
			return 0;
	if (!eq)
		return err_set(e, ERR_USAGE, 0, NULL, "--filter: invalid filter \"%s\"", word);
	return err_set(e, ERR_USAGE, 0, NULL, "--filter: %.*s is an invalid filter", (int)n, word);
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

static const char health_words[] = "healthy unhealthy starting none";

static int check_word(const char *filter, const char *known, const char *value, struct err *e)
{
	_strv_ struct strv words = {0};

	strv_split(&words, known, ' ');
	if (strv_has(&words, value))
		return 0;
	return err_set(e, ERR_USAGE, 0, NULL, "--filter: %s: not one of: %s", filter, known);
}

int moment_parse(const char *word, char out[TIME_TEXT_LEN], struct err *e)
{
	struct timespec ts = {0};
	struct tm tm = {0};
	const char *rest;
	int64_t n;

	if (str_to_int(word, 0, INT64_MAX, &n) == 0) {
		ts.tv_sec = n;
	} else if (str_to_duration(word, &n) == 0) {
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_sec -= n / 1000000000;
	} else if (time_read(word, &ts, NULL) == 0) {
		/* as it is */
	} else if (((rest = strptime(word, "%Y-%m-%dT%H:%M:%S", &tm)) && !*rest) ||
		   (tm = (struct tm){0}, (rest = strptime(word, "%Y-%m-%d", &tm)) && !*rest)) {
		ts.tv_sec = timegm(&tm);
	} else {
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a time", word);
	}
	time_text(&ts, out);
	return 0;
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
		if ((v = str_after(w, "until=")) && moment_parse(v, f->until, e) < 0)
			return err_prefix(e, "--filter until");
		if ((v = str_after(w, "health=")) && check_word(w, health_words, v, e) < 0)
			return -1;
		if ((v = str_after(w, "should-start-on-boot=")) &&
		    check_word(w, "true false", v, e) < 0)
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

static bool has_labels(const struct filtered *it, const char *value)
{
	_json_ struct json *all = container_labels(it->doc);

	return has_label(all, value);
}

/* "busybox", "busybox:1", "localhost/busybox:1", or the beginning of the image's id. */
static bool is_ancestor(const struct filtered *it, const char *value)
{
	const char *ref = container_image(it->doc);
	const char *id = json_get_str(json_get(it->doc, "image"), "id", "");
	const char *base = strrchr(ref, '/');
	size_t n = strlen(value);

	id = strchr(id, ':') ? strchr(id, ':') + 1 : id;
	if (str_after(id, value) && n >= 3)
		return true;
	base = base ? base + 1 : ref;
	return str_eq(ref, value) || str_eq(base, value) ||
	       (!strchr(value, ':') && (str_after(base, value) || str_after(ref, value)) &&
		(base[n] == ':' || ref[n] == ':'));
}

/* What was asked for counts as well: before the first start nothing has been made of it. */
static bool has_volume(const struct filtered *it, const char *value)
{
	const struct json *lists[] = {json_get(it->doc, "volumes"),
				      json_path(it->doc, "request.volumes"),
				      json_path(it->doc, "request.mounts")};
	static const char *const members[] = {"destination", "name", "source"};

	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		json_each (v, lists[l])
			for (size_t m = 0; m < ARRAY_LEN(members); m++)
				if (str_eq(json_get_str(v.v, members[m], ""), value))
					return true;
	return false;
}

static bool has_network(const struct filtered *it, const char *value)
{
	const char *mode = json_str(json_path(it->doc, "network.mode"));

	return str_eq(mode ? mode : json_str(json_path(it->doc, "request.network.mode")), value);
}

/* Health and restarts are the monitor's to know; a container without them has "none" and "no". */
static bool has_member(const struct filtered *it, const char *path, const char *absent,
		       const char *value)
{
	const char *has = json_str(json_path(it->doc, path));

	return str_eq(has ? has : absent, value);
}

static bool match_one(const struct filters *f, const struct filtered *it, const char *w)
{
	const char *v, *created = json_get_str(json_get(it->doc, "container"), "created", "");
	int64_t code;

	if ((v = str_after(w, "id=")))
		return str_after(it->id, v) != NULL;
	if ((v = str_after(w, "name=")))
		return matches_regex(json_get_str(json_get(it->doc, "container"), "name", ""), v);
	if ((v = str_after(w, "label!=")))
		return !has_labels(it, v);
	if ((v = str_after(w, "label=")))
		return has_labels(it, v);
	if ((v = str_after(w, "status=")))
		return str_eq(v, container_status_name(it->state->status)) ||
		       (str_eq(v, "stopped") && it->state->status == CONTAINER_EXITED);
	if ((v = str_after(w, "exited=")))
		return it->state->status == CONTAINER_EXITED &&
		       str_to_int(v, INT32_MIN, INT32_MAX, &code) == 0 &&
		       code == it->state->exit_code;
	if ((v = str_after(w, "ancestor=")))
		return is_ancestor(it, v);
	if ((v = str_after(w, "volume=")))
		return has_volume(it, v);
	if ((v = str_after(w, "network=")))
		return has_network(it, v);
	if ((v = str_after(w, "command="))) {
		_strv_ struct strv words = {0};

		text_command(it->doc, &words);
		return words.n && matches_regex(words.v[0], v);
	}
	if ((v = str_after(w, "restart-policy=")))
		return has_member(it, "request.restart.policy", "no", v);
	if ((v = str_after(w, "should-start-on-boot=")))
		return has_member(it, "request.restart.policy", "no", "always") ==
		       str_eq(v, "true");
	if ((v = str_after(w, "health=")))
		return has_member(it, "health.status", "none", v);
	if ((v = str_after(w, "pod=")))
		return has_member(it, "request.pod", "", v);
	if (str_after(w, "until="))
		return strcmp(created, f->until) < 0;
	if (str_after(w, "before="))
		return strcmp(created, f->before) < 0;
	return strcmp(created, f->since) > 0;
}

static bool same_key(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

bool filters_match(const struct filters *f, const struct filtered *it)
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
