/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of the functions of json.c: reading files, defaults, ways through a document. */
#include "base/fd.h"
#include "wire/json.h"

const char *json_kind_name(enum json_kind kind)
{
	static const char *const names[] = {"null",   "boolean", "number", "number",
					    "string", "array",	 "object"};

	return names[kind];
}

typedef int (*parse_fn)(const char *text, size_t len, const char *name, struct json **out,
			struct err *e);

static int parse_buf(parse_fn parse, const struct buf *b, const char *name, struct json **out,
		     struct err *e)
{
	*out = NULL;
	if (!b->len || strspn(b->data, " \t\r\n") == b->len)
		return 0;
	return parse(b->data, b->len, name, out, e);
}

static int read_by(parse_fn parse, int fd, size_t max, const char *name, struct json **out,
		   struct err *e)
{
	_buf_ struct buf b = {0};

	if (fd_read_all(fd, max, &b, name, e) < 0)
		return -1;
	return parse_buf(parse, &b, name, out, e);
}

int json_read(int fd, size_t max, const char *name, struct json **out, struct err *e)
{
	return read_by(json_parse, fd, max, name, out, e);
}

int json_read_part(int fd, size_t max, const char *name, struct json **out, struct err *e)
{
	return read_by(json_parse_part, fd, max, name, out, e);
}

int json_read_file(int dirfd, const char *file, size_t max, struct json **out, struct err *e)
{
	_buf_ struct buf b = {0};
	int rc;

	if (file_read(dirfd, file, max, &b, e) < 0)
		return -1;
	rc = parse_buf(json_parse_part, &b, file, out, e);
	if (b.data)
		explicit_bzero(b.data, b.len);
	if (rc < 0)
		return -1;
	return *out ? 0 : err_set(e, ERR_INPUT, 0, "json", "%s is empty", file);
}

struct json *json_new_strv(const struct strv *v)
{
	struct json *arr = json_new_array();

	for (size_t i = 0; i < v->n; i++)
		json_add(arr, json_new_str(v->v[i]));
	return arr;
}

const char *json_get_str(const struct json *obj, const char *key, const char *dflt)
{
	const char *s = json_str(json_get(obj, key));

	return s ? s : dflt;
}

int64_t json_get_int(const struct json *obj, const char *key, int64_t dflt)
{
	struct json *v = json_get(obj, key);

	return json_kind(v) == JSON_INT ? json_int(v) : dflt;
}

bool json_get_bool(const struct json *obj, const char *key, bool dflt)
{
	struct json *v = json_get(obj, key);

	return json_kind(v) == JSON_BOOL ? json_bool(v) : dflt;
}

struct json *json_path(const struct json *obj, const char *dotted)
{
	const char *dot;

	for (; (dot = strchr(dotted, '.')); dotted = dot + 1) {
		_free_ char *key = str_ndup(dotted, dot - dotted);

		obj = json_get(obj, key);
	}
	return json_get(obj, dotted);
}

struct json *json_need_obj(struct json *obj, const char *key)
{
	struct json *v = json_get(obj, key);

	if (json_kind(v) != JSON_OBJECT) {
		v = json_new_object();
		json_set(obj, key, v);
	}
	return v;
}

struct json *json_need_arr(struct json *obj, const char *key)
{
	struct json *v = json_get(obj, key);

	if (json_kind(v) != JSON_ARRAY) {
		v = json_new_array();
		json_set(obj, key, v);
	}
	return v;
}
