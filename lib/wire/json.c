/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values on json-c: the only file that includes it. See json.h for the contract.
 *
 * json-c keeps the last of two members with the same name. Duplicates are a way to show two
 * readers two documents, so they are refused: the number of ':' outside strings in the text must
 * equal the number of members in the parsed tree. What else json-c lets through is found in the
 * text (json_text.h); numbers that are not finite are found in the tree.
 *
 * A member whose text is long and known to be good (json_text_plain()) may stay text: to json-c it
 * is a string that is written without quotes. A tree of it is made when somebody looks into it,
 * which unwrap() sees, since all functions here go through it; the tree belongs to the string,
 * whose text is erased then.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>

#define json_bool jsonc_bool /* json-c has a type of the name of our function */
#include <json-c/json.h>
#include <json-c/printbuf.h>
#undef json_bool

#include "wire/json.h"

#include "base/fd.h"
#include "wire/json_text.h"

/* As it is; may be text still. */
static struct json_object *raw(const struct json *j)
{
	return (struct json_object *)(uintptr_t)j;
}

static struct json *wrap(struct json_object *o)
{
	return (struct json *)o;
}

struct kept {
	char *text; /* until somebody looks into it */
	size_t len;
	struct json_object *tree; /* from then on */
};

static void kept_free(struct json_object *o, void *userdata)
{
	struct kept *k = userdata;

	json_object_put(k->tree);
	free(k->text);
	free(k);
}

/* Strings have no userdata otherwise; numbers do. */
static struct kept *kept_of(struct json_object *o)
{
	return json_object_is_type(o, json_type_string) ? json_object_get_userdata(o) : NULL;
}

static int write_kept(struct json_object *o, struct printbuf *pb, int level, int flags)
{
	const struct kept *k = kept_of(o);
	const char *text = k->text;
	size_t len = k->len;

	if (k->tree)
		text = json_object_to_json_string_length(k->tree, flags, &len);
	return printbuf_memappend(pb, text, (int)len);
}

static struct json_object *keep_text(const char *text, size_t len)
{
	struct json_object *o = json_object_new_string_len("", 0);
	struct kept *k = mem_alloc(sizeof(*k));

	if (!o)
		abort();
	k->text = str_ndup(text, len);
	k->len = len;
	json_object_set_serializer(o, write_kept, k, kept_free);
	return o;
}

static struct json_object *tree_of(struct kept *k)
{
	struct json *tree = NULL;
	struct err e = {0};

	if (k->tree)
		return k->tree;
	if (json_parse_part(k->text, k->len, "", &tree, &e) < 0)
		abort(); /* json_text_plain() has said that it is good */
	explicit_bzero(k->text, k->len);
	free(take_ptr(k->text));
	k->tree = raw(tree);
	return k->tree;
}

static struct json_object *unwrap(const struct json *j)
{
	struct kept *k = kept_of(raw(j));

	return k ? tree_of(k) : raw(j);
}

static long count_members_in_tree(struct json_object *o, const char **wrong)
{
	long n = 0;

	switch (json_object_get_type(o)) {
	case json_type_double:
		if (!isfinite(json_object_get_double(o)))
			*wrong = "a number is out of range";
		return 0;
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(o); i++)
			n += count_members_in_tree(json_object_array_get_idx(o, i), wrong);
		return n;
	case json_type_object: {
		json_object_object_foreach(o, key, val)
		{
			if (key)
				n += 1 + count_members_in_tree(val, wrong);
		}
		return n;
	}
	default:
		return 0;
	}
}

static int check_tree(const char *text, size_t len, struct json_object *o, const char *name,
		      struct err *e)
{
	struct json_text_check said = json_text_check(text, len);
	const char *wrong = NULL;
	long kept = count_members_in_tree(o, &wrong);
	char path[256];

	if (said.wrong) {
		json_text_path(text, len, said.at, path, sizeof(path));
		return err_set(e, ERR_INPUT, 0, "json", "%s: %s: %s", name, path, said.wrong);
	}
	if (said.members != kept && !wrong)
		wrong = "a key appears twice in one object";
	return wrong ? err_set(e, ERR_INPUT, 0, "json", "%s: %s", name, wrong) : 0;
}

#define TOKEN_ROOM 1024

int json_parse(const char *text, size_t len, const char *name, struct json **out, struct err *e)
{
	struct json_tokener *tok;
	struct json_object *o;
	enum json_tokener_error jerr;
	size_t end;

	if (len > INT32_MAX - 1)
		return err_set(e, ERR_INPUT, 0, "json", "%s: too large", name);
	tok = json_tokener_new_ex(JSON_MAX_DEPTH);
	if (!tok)
		abort();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
					    JSON_TOKENER_ALLOW_TRAILING_CHARS);
	/* so that it seldom has to move */
	printbuf_memset(tok->pb, 0, 0, TOKEN_ROOM);
	printbuf_reset(tok->pb);
	o = json_tokener_parse_ex(tok, text, (int)len);
	jerr = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	if (jerr == json_tokener_continue) { /* a bare word or number needs the final NUL */
		o = json_tokener_parse_ex(tok, "", 1);
		jerr = json_tokener_get_error(tok);
		end = len;
	}
	/* its buffer has had every string in turn */
	explicit_bzero(tok->pb->buf, (size_t)tok->pb->size);
	json_tokener_free(tok);
	if (jerr != json_tokener_success) {
		json_object_put(o);
		return err_set(e, ERR_INPUT, 0, "json", "%s: not valid JSON at byte %zu: %s", name,
			       end, json_tokener_error_desc(jerr));
	}
	for (; end < len; end++) {
		if (!strchr(" \t\r\n", text[end]) || text[end] == '\0') {
			json_object_put(o);
			return err_set(e, ERR_INPUT, 0, "json",
				       "%s: something follows the JSON value at byte %zu", name,
				       end);
		}
	}
	if (check_tree(text, len, o, name, e) < 0) {
		json_object_put(o);
		return -1;
	}
	*out = wrap(o);
	return 0;
}

#define PARTS_MAX 16

int json_parse_part(const char *text, size_t len, const char *name, struct json **out,
		    struct err *e)
{
	struct json_text_part part[PARTS_MAX];
	_buf_ struct buf rest = {0};
	size_t n, from = 0, left = len;
	int r;

	if (!json_text_plain(text, len, part, ARRAY_LEN(part), &n) || !n)
		return json_parse(text, len, name, out, e);
	for (size_t i = 0; i < n; i++)
		left -= part[i].value_len - 1;
	buf_reserve(&rest, left); /* it does not move: what may be secret is in one place */
	for (size_t i = 0; i < n; i++) {
		buf_add(&rest, text + from, part[i].value - from);
		buf_char(&rest, '0');
		from = part[i].value + part[i].value_len;
	}
	buf_add(&rest, text + from, len - from);
	r = json_parse(rest.data, rest.len, name, out, e);
	explicit_bzero(rest.data, rest.len);
	if (r < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		_free_ char *key = str_ndup(text + part[i].key, part[i].key_len);

		/* in the place of the 0: the order stays */
		json_object_object_add(unwrap(*out), key,
				       keep_text(text + part[i].value, part[i].value_len));
	}
	return 0;
}

/* For what looks at a tree as a whole without the functions below: no text is left in it. */
static void make_whole(const struct json *j)
{
	for (size_t i = 0; json_kind(j) == JSON_ARRAY && i < json_len(j); i++)
		make_whole(json_at(j, i));
	if (json_kind(j) != JSON_OBJECT)
		return;
	for (struct lh_entry *m = lh_table_head(json_object_get_object(unwrap(j))); m;
	     m = lh_entry_next(m)) {
		struct json_object *val = (struct json_object *)(uintptr_t)lh_entry_v(m);

		make_whole(wrap(val));
		if (!kept_of(val))
			continue;
		lh_entry_set_val(m, json_object_get(unwrap(wrap(val))));
		json_object_put(val);
	}
}

void json_wipe(struct json *j)
{
	size_t n = json_len(j);

	if (!j)
		return;
	if (json_object_is_type(unwrap(j), json_type_string)) {
		struct json_object *o = unwrap(j);

		/* the text is the object's own; its length stays */
		explicit_bzero((char *)(uintptr_t)json_object_get_string(o),
			       (size_t)json_object_get_string_len(o));
		return;
	}
	if (json_object_is_type(unwrap(j), json_type_array))
		for (size_t i = 0; i < n; i++)
			json_wipe(json_at(j, i));
	json_foreach (m, j)
		json_wipe(m.val);
}

static const char *compact(const struct json *j, size_t *len)
{
	return json_object_to_json_string_length(
		raw(j), JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_PLAIN, len);
}

char *json_text(const struct json *j, bool pretty)
{
	if (!pretty)
		return str_dup(compact(j, NULL));
	make_whole(j);
	return json_text_indent(json_object_to_json_string_ext(
		unwrap(j), JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_PRETTY |
				   JSON_C_TO_STRING_SPACED));
}

/* The text is in a buffer of the value's own; its final NUL stands for the newline meanwhile. */
int json_write(int fd, const struct json *j, struct err *e)
{
	size_t len;
	char *text = (char *)(uintptr_t)compact(j, &len);
	int r;

	if (!j) /* a constant */
		return fd_write_all(fd, "null\n", 5, e);
	text[len] = '\n';
	r = fd_write_all(fd, text, len + 1, e);
	text[len] = '\0';
	return r;
}

int json_write_file(int dirfd, const char *file, const struct json *j, mode_t mode, bool durable,
		    struct err *e)
{
	size_t len;
	char *text = (char *)(uintptr_t)compact(j, &len);
	int r;

	if (!j)
		return file_replace(dirfd, file, "null\n", 5, mode, durable, e);
	text[len] = '\n'; /* as in json_write() */
	r = file_replace(dirfd, file, text, len + 1, mode, durable, e);
	text[len] = '\0';
	return r;
}

static struct json *checked(struct json_object *o)
{
	if (!o)
		abort(); /* out of memory */
	return wrap(o);
}

struct json *json_new_object(void)
{
	return checked(json_object_new_object());
}

struct json *json_new_array(void)
{
	return checked(json_object_new_array());
}

struct json *json_new_str(const char *s)
{
	return s ? checked(json_object_new_string(s)) : NULL;
}

struct json *json_new_int(int64_t v)
{
	return checked(json_object_new_int64(v));
}

struct json *json_new_uint(uint64_t v)
{
	return checked(json_object_new_uint64(v));
}

struct json *json_new_real(double v)
{
	return checked(json_object_new_double(v));
}

struct json *json_new_bool(bool v)
{
	return checked(json_object_new_boolean(v));
}

struct json *json_ref(struct json *j)
{
	return wrap(json_object_get(raw(j)));
}

struct json *json_copy(const struct json *j)
{
	struct json_object *o = NULL;

	make_whole(j);
	if (j && json_object_deep_copy(unwrap(j), &o, NULL) < 0)
		abort();
	return wrap(o);
}

void json_put(struct json *j)
{
	json_object_put(raw(j));
}

enum json_kind json_kind(const struct json *j)
{
	struct kept *k = kept_of(raw(j));

	if (k && !k->tree) /* an object or an array: json_text_plain() */
		return *k->text == '[' ? JSON_ARRAY : JSON_OBJECT;
	switch (json_object_get_type(unwrap(j))) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INT;
	case json_type_double:
		return JSON_REAL;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

bool json_equal(const struct json *a, const struct json *b)
{
	make_whole(a);
	make_whole(b);
	return json_object_equal(unwrap(a), unwrap(b));
}

struct json *json_get(const struct json *obj, const char *key)
{
	struct json_object *v = NULL;

	if (json_kind(obj) != JSON_OBJECT)
		return NULL;
	json_object_object_get_ex(unwrap(obj), key, &v);
	return wrap(v);
}

bool json_has(const struct json *obj, const char *key)
{
	return json_kind(obj) == JSON_OBJECT && json_object_object_get_ex(unwrap(obj), key, NULL);
}

struct json *json_at(const struct json *arr, size_t i)
{
	if (json_kind(arr) != JSON_ARRAY)
		return NULL;
	return wrap(json_object_array_get_idx(unwrap(arr), i));
}

size_t json_len(const struct json *j)
{
	switch (json_kind(j)) {
	case JSON_ARRAY:
		return json_object_array_length(unwrap(j));
	case JSON_OBJECT:
		return (size_t)json_object_object_length(unwrap(j));
	default:
		return 0;
	}
}

void json_set(struct json *obj, const char *key, struct json *val)
{
	if (json_object_object_add(unwrap(obj), key, raw(val)) < 0)
		abort();
}

int json_set_text(struct json *obj, const char *key, const char *text, struct err *e)
{
	size_t len = strlen(text), n;
	struct json_text_part none;
	struct json *val = NULL;

	if (json_text_plain(text, len, &none, 0, &n))
		val = wrap(keep_text(text, len));
	else if (json_parse(text, len, key, &val, e) < 0)
		return -1;
	json_set(obj, key, val);
	return 0;
}

void json_add(struct json *arr, struct json *val)
{
	if (json_object_array_add(unwrap(arr), raw(val)) < 0)
		abort();
}

void json_del(struct json *obj, const char *key)
{
	if (json_kind(obj) == JSON_OBJECT)
		json_object_object_del(unwrap(obj), key);
}

void json_set_at(struct json *arr, size_t i, struct json *val)
{
	if (json_object_array_put_idx(unwrap(arr), i, raw(val)) < 0)
		abort();
}

const char *json_str(const struct json *j)
{
	return json_kind(j) == JSON_STRING ? json_object_get_string(unwrap(j)) : NULL;
}

int64_t json_int(const struct json *j)
{
	return json_kind(j) == JSON_INT ? json_object_get_int64(unwrap(j)) : 0;
}

uint64_t json_uint(const struct json *j)
{
	return json_kind(j) == JSON_INT ? json_object_get_uint64(unwrap(j)) : 0;
}

double json_real(const struct json *j)
{
	enum json_kind k = json_kind(j);

	return k == JSON_INT || k == JSON_REAL ? json_object_get_double(unwrap(j)) : 0;
}

bool json_bool(const struct json *j)
{
	return json_kind(j) == JSON_BOOL && json_object_get_boolean(unwrap(j));
}

static struct json_member member_of(struct lh_entry *entry)
{
	if (!entry)
		return (struct json_member){0};
	return (struct json_member){
		.key = lh_entry_k(entry),
		.val = lh_entry_v(entry),
		.next_ = lh_entry_next(entry),
	};
}

struct json_member json_first(const struct json *obj)
{
	if (json_kind(obj) != JSON_OBJECT)
		return (struct json_member){0};
	return member_of(lh_table_head(json_object_get_object(unwrap(obj))));
}

void json_next(struct json_member *m)
{
	*m = member_of((struct lh_entry *)(uintptr_t)m->next_);
}
