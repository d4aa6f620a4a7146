/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cursors over documents that are not to be trusted: see json.h for the contract. The path of a
 * value is spelled out only when there is something to complain about.
 */
#include <inttypes.h>
#include <stdio.h>

#include "wire/json.h"

struct cur cur_root(struct json *j)
{
	return (struct cur){.val = j};
}

struct cur cur_key(const struct cur *obj, const char *key)
{
	return (struct cur){.val = json_get(obj->val, key), .up = obj, .key = key};
}

struct cur cur_at(const struct cur *arr, size_t i)
{
	return (struct cur){.val = json_at(arr->val, i), .up = arr, .index = i};
}

static void add_path(const struct cur *c, struct buf *b)
{
	if (!c->up)
		return;
	add_path(c->up, b);
	if (c->key)
		buf_fmt(b, ".%s", c->key);
	else
		buf_fmt(b, "[%zu]", c->index);
}

void cur_path(const struct cur *c, char *buf, size_t len)
{
	_buf_ struct buf b = {0};

	add_path(c, &b);
	snprintf(buf, len, "%s", b.len ? b.data : ".");
}

int cur_bad(const struct cur *c, struct err *e, const char *fmt, ...)
{
	char path[256], text[320];
	va_list ap;

	cur_path(c, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, 0, "json", "%s: %s", path, text);
}

/* 1: present and of this kind; 0: absent, and that is fine; -1: wrong. */
static int check(const struct cur *c, enum json_kind want, enum cur_need need, struct err *e)
{
	enum json_kind kind = json_kind(c->val);

	if (kind == want)
		return 1;
	if (kind != JSON_NULL)
		return cur_bad(c, e, "expected %s, got %s", json_kind_name(want),
			       json_kind_name(kind));
	return need == CUR_NEED ? cur_bad(c, e, "is missing") : 0;
}

static int parent_is_object(const struct cur *obj, struct err *e)
{
	enum json_kind kind = json_kind(obj->val);

	if (kind == JSON_OBJECT || kind == JSON_NULL)
		return 0;
	return cur_bad(obj, e, "expected object, got %s", json_kind_name(kind));
}

static int get(const struct cur *obj, const char *key, enum json_kind want, enum cur_need need,
	       struct cur *out, struct err *e)
{
	*out = cur_key(obj, key);
	if (parent_is_object(obj, e) < 0)
		return -1;
	return check(out, want, need, e);
}

int cur_str(const struct cur *obj, const char *key, enum cur_need need, const char **out,
	    struct err *e)
{
	struct cur c;
	int r = get(obj, key, JSON_STRING, need, &c, e);

	if (r == 1)
		*out = json_str(c.val);
	return r < 0 ? -1 : 0;
}

int cur_int(const struct cur *obj, const char *key, enum cur_need need, int64_t min, int64_t max,
	    int64_t *out, struct err *e)
{
	struct cur c;
	int r = get(obj, key, JSON_INT, need, &c, e);

	if (r != 1)
		return r;
	if (json_int(c.val) < min || json_int(c.val) > max)
		return cur_bad(&c, e, "%" PRId64 " is not in the range %" PRId64 " to %" PRId64,
			       json_int(c.val), min, max);
	*out = json_int(c.val);
	return 0;
}

int cur_bool(const struct cur *obj, const char *key, enum cur_need need, bool *out, struct err *e)
{
	struct cur c;
	int r = get(obj, key, JSON_BOOL, need, &c, e);

	if (r == 1)
		*out = json_bool(c.val);
	return r < 0 ? -1 : 0;
}

int cur_obj(const struct cur *obj, const char *key, enum cur_need need, struct cur *out,
	    struct err *e)
{
	return get(obj, key, JSON_OBJECT, need, out, e) < 0 ? -1 : 0;
}

int cur_arr(const struct cur *obj, const char *key, enum cur_need need, struct cur *out,
	    struct err *e)
{
	return get(obj, key, JSON_ARRAY, need, out, e) < 0 ? -1 : 0;
}

int cur_self_str(const struct cur *c, const char **out, struct err *e)
{
	if (check(c, JSON_STRING, CUR_NEED, e) < 0)
		return -1;
	*out = json_str(c->val);
	return 0;
}

int cur_strv(const struct cur *obj, const char *key, enum cur_need need, struct strv *out,
	     struct err *e)
{
	struct cur arr;

	if (cur_arr(obj, key, need, &arr, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(arr.val); i++) {
		struct cur el = cur_at(&arr, i);
		const char *s;

		if (cur_self_str(&el, &s, e) < 0)
			return -1;
		strv_add(out, s);
	}
	return 0;
}
