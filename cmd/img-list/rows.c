/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images as the table of "images" shows them: one row for each name, texts instead of numbers. */
#include <stdio.h>
#include <time.h>

#include "list.h"
#include "ctr/text.h"

#define NONE "<none>"

/* "2023-11-14 22:13:20 +0000 UTC", with the fraction where the image has one. */
static char *date_text(const struct entry *it)
{
	time_t t = (time_t)it->created;
	const char *dot = strchr(it->created_at, '.');
	size_t digits = dot ? strspn(dot + 1, "0123456789") : 0;
	char text[64];
	struct tm tm;

	while (digits && dot[digits] == '0')
		digits--;
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return str_fmt("%s%.*s +0000 UTC", text, digits ? (int)digits + 1 : 0, dot ? dot : "");
}

static char *join_names(const struct strv *names)
{
	struct buf b = {0};

	strv_foreach (n, names)
		buf_fmt(&b, "%s%s", b.len ? ", " : "", n);
	return buf_take(&b);
}

static void set_name(struct json *row, const char *name)
{
	_ref_ struct ref r = {0};
	_free_ char *repository = NULL;
	const char *tag = NONE;

	if (name && ref_parse(name, &r, NULL) == 0) {
		repository = ref_repository(&r);
		tag = r.tag ? r.tag : NONE;
	}
	json_set(row, "Repository", json_new_str(repository ? repository : name ? name : NONE));
	json_set(row, "Tag", json_new_str(tag));
}

static void set_times(struct json *row, const struct entry *it)
{
	_free_ char *age = text_duration(time(NULL) - it->created);
	_free_ char *ago = str_fmt("%s ago", age);
	_free_ char *date = date_text(it);

	json_set(row, "CreatedSince", json_new_str(ago));
	json_set(row, "Created", json_new_str(ago));
	json_set(row, "CreatedAt", json_new_str(date));
	json_set(row, "CreatedTime", json_new_str(date));
}

static struct json *make_row(const struct entry *it, const char *name, bool no_trunc, int64_t of)
{
	const char *hex = json_get_str(it->full, "Id", "");
	_free_ char *id = no_trunc ? str_fmt("sha256:%s", hex) : str_ndup(hex, 12);
	_free_ char *size = text_size(json_get_int(it->full, "Size", 0));
	_free_ char *names = of < 0 ? join_names(&it->names) : NULL;
	struct json *row = json_new_object();

	set_name(row, name);
	json_set(row, "ID", json_new_str(id));
	json_set(row, "Id", json_new_str(hex));
	json_set(row, "Digest", json_new_str(it->digest));
	set_times(row, it);
	json_set(row, "Size", json_new_str(size));
	json_set(row, "VirtualSize", json_new_str(size));
	json_set(row, "SharedSize", json_new_str("0 B"));
	json_set(row, "Labels", json_ref(json_get(it->full, "Labels")));
	if (of >= 0) {
		json_set(row, "of", json_new_int(of));
	} else {
		json_set(row, "Names", json_new_strv(&it->names));
		json_set(row, "History", json_new_str(names));
		json_set(row, "RepoTags", json_ref(json_get(it->full, "RepoTags")));
		json_set(row, "RepoDigests", json_ref(json_get(it->full, "RepoDigests")));
	}
	json_set(row, "Containers", json_ref(json_get(it->full, "Containers")));
	json_set(row, "Os", json_ref(json_get(it->full, "Os")));
	json_set(row, "Arch", json_ref(json_get(it->full, "Arch")));
	json_set(row, "ParentId", json_new_str(""));
	json_set(row, "Dangling", json_new_bool(it->names.n == 0));
	json_set(row, "ReadOnly", json_new_bool(false));
	return row;
}

static int compare_rows(const void *x, const void *y, void *member)
{
	struct json *const *a = x, *const *b = y;

	return strcmp(json_get_str(*a, member, ""), json_get_str(*b, member, ""));
}

void rows_sort(struct json *doc, const char *member)
{
	struct json *rows = json_get(doc, "rows"), *sorted = json_new_array();
	size_t n = json_len(rows);
	_free_ struct json **v = mem_alloc((n + 1) * sizeof(struct json *));

	for (size_t i = 0; i < n; i++)
		v[i] = json_at(rows, i);
	qsort_r(v, n, sizeof(struct json *), compare_rows, (void *)(uintptr_t)member);
	for (size_t i = 0; i < n; i++)
		json_add(sorted, json_ref(v[i]));
	json_set(doc, "rows", sorted);
}

void rows_add(struct json *rows, const struct entry *it, const struct image_filters *f,
	      bool no_trunc, bool ids_only, int64_t of)
{
	if (ids_only || it->names.n == 0) {
		json_add(rows, make_row(it, it->names.n ? it->names.v[0] : NULL, no_trunc, of));
		return;
	}
	strv_foreach (n, &it->names)
		if (image_filters_match(f, it, n))
			json_add(rows, make_row(it, n, no_trunc, of));
}
