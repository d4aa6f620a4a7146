/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values. json.c is the only file of the project that includes json-c.
 *
 * Ownership: functions that make a value return one reference. json_set() and json_add() take over
 * the reference they are given. json_get(), json_at() and the cursors borrow.
 */
#ifndef RP_WIRE_JSON_H
#define RP_WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct json; /* any JSON value; NULL is JSON null */

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_INT,
	JSON_REAL,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

#define JSON_MAX_DOCUMENT (16u << 20) /* our own documents; rp-json(5) */
#define JSON_MAX_REMOTE	  (4u << 20)  /* manifests, configs, tokens */

/*
 * Parses one JSON value that fills the text. Refused with ERR_INPUT: trailing bytes, depth beyond
 * JSON_MAX_DEPTH, a key twice in one object, bad UTF-8, NUL in a string, numbers beyond 64 bits or
 * not finite. name is for messages ("config.json", "manifest of docker.io/library/x").
 */
int json_parse(const char *text, size_t len, const char *name, struct json **out, struct err *e);

/* The same for all of fd up to its end, at most max bytes. Nothing but blanks: *out = NULL. */
int json_read(int fd, size_t max, const char *name, struct json **out, struct err *e);

/*
 * json_parse() and json_read() for documents of which little is used: long members of an object may
 * stay text until somebody looks into them, which saves most of the memory. What is refused, what
 * is found and what is written is the same, and json_wipe() erases the same.
 */
int json_parse_part(const char *text, size_t len, const char *name, struct json **out,
		    struct err *e);
int json_read_part(int fd, size_t max, const char *name, struct json **out, struct err *e);

/* json_read_part() of a file, as file_read() opens it. */
int json_read_file(int dirfd, const char *file, size_t max, struct json **out, struct err *e);

/* Serialised: compact, or indented by four blanks. Slashes are not escaped. The caller frees. */
char *json_text(const struct json *j, bool pretty);

/* Writes the compact text and a newline. */
int json_write(int fd, const struct json *j, struct err *e);

/* The text and a newline as a file, see file_replace(). */
int json_write_file(int dirfd, const char *file, const struct json *j, mode_t mode, bool durable,
		    struct err *e);

struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_str(const char *s); /* NULL gives JSON null */
struct json *json_new_int(int64_t v);
struct json *json_new_uint(uint64_t v); /* for limits such as RLIM_INFINITY */
struct json *json_new_real(double v);
struct json *json_new_bool(bool v);
struct json *json_new_strv(const struct strv *v); /* array of strings */
struct json *json_ref(struct json *j);
struct json *json_copy(const struct json *j); /* deep */
void json_put(struct json *j);
static inline void clean_json(struct json **j)
{
	json_put(*j);
}
#define _json_ _clean_(clean_json)

enum json_kind json_kind(const struct json *j);
const char *json_kind_name(enum json_kind kind);
bool json_equal(const struct json *a, const struct json *b);

/* Members, elements. A missing one, or a value of another kind, is NULL, 0 or "". */
struct json *json_get(const struct json *obj, const char *key);
bool json_has(const struct json *obj, const char *key);
struct json *json_at(const struct json *arr, size_t i);
size_t json_len(const struct json *j); /* elements of an array, members of an object, else 0 */
void json_set(struct json *obj, const char *key, struct json *val);
/* The member from the text of a value; one as json_write() writes it may stay text. */
int json_set_text(struct json *obj, const char *key, const char *text, struct err *e);
void json_add(struct json *arr, struct json *val);
void json_del(struct json *obj, const char *key);

/* Erases the text of all strings in it, in memory: what was secret. They stay as so many zeros. */
void json_wipe(struct json *j);
void json_set_at(struct json *arr, size_t i, struct json *val);

const char *json_str(const struct json *j); /* of a string; otherwise NULL */
int64_t json_int(const struct json *j);
uint64_t json_uint(const struct json *j);
double json_real(const struct json *j);
bool json_bool(const struct json *j);
/* json_str(json_get(obj, key)) and the like, with a default. */
const char *json_get_str(const struct json *obj, const char *key, const char *dflt);
int64_t json_get_int(const struct json *obj, const char *key, int64_t dflt);
bool json_get_bool(const struct json *obj, const char *key, bool dflt);
/* json_get() along "a.b.c". */
struct json *json_path(const struct json *obj, const char *dotted);
/* The object member key, made when missing. */
struct json *json_need_obj(struct json *obj, const char *key);
struct json *json_need_arr(struct json *obj, const char *key);

/* Members of an object in document order; no change of the object meanwhile. */
struct json_member {
	const char *key;
	struct json *val;
	const void *next_;
};
struct json_member json_first(const struct json *obj);
void json_next(struct json_member *m);
#define json_foreach(m, obj) for (struct json_member m = json_first(obj); m.key; json_next(&m))
/* json_each(it, arr): it.i is the index, it.v the element. */
#define json_each(it, arr)                \
	for (struct {                     \
		     size_t i;            \
		     struct json *v;      \
	     } it = {0, json_at(arr, 0)}; \
	     it.i < json_len(arr); it.v = json_at(arr, ++it.i))

/*
 * A cursor: a value and how it was reached, for documents that are not to be trusted. Cursors live
 * on the stack and point to the cursor above; the path is spelled out only for a message:
 *
 *	struct cur root = cur_root(config), mounts = cur_key(&root, "mounts");
 *	struct cur m = cur_at(&mounts, 2);
 *	const char *src = NULL;
 *	if (cur_str(&m, "source", CUR_NEED, &src, e) < 0)
 *		return -1;	// ".mounts[2].source: expected string, got number"
 */
struct cur {
	struct json *val;     /* NULL: absent or null */
	const struct cur *up; /* NULL at the root */
	const char *key;      /* the member's name, NULL for an element */
	size_t index;
};
enum cur_need { CUR_OPTIONAL, CUR_NEED };

struct cur cur_root(struct json *j);
struct cur cur_key(const struct cur *obj, const char *key);
struct cur cur_at(const struct cur *arr, size_t i);

/*
 * The member key of the object at *obj. Returns 0, or -1 with ERR_INPUT that names the path where
 * the member has another type, is out of range, or is missing although needed. An optional member
 * that is missing (or null) leaves *out as it was.
 */
int cur_str(const struct cur *obj, const char *key, enum cur_need need, const char **out,
	    struct err *e);
int cur_int(const struct cur *obj, const char *key, enum cur_need need, int64_t min, int64_t max,
	    int64_t *out, struct err *e);
int cur_bool(const struct cur *obj, const char *key, enum cur_need need, bool *out, struct err *e);
/* For these the cursor is filled in all the same (val NULL where absent). */
int cur_obj(const struct cur *obj, const char *key, enum cur_need need, struct cur *out,
	    struct err *e);
int cur_arr(const struct cur *obj, const char *key, enum cur_need need, struct cur *out,
	    struct err *e);
/* An array of strings appended to *out. */
int cur_strv(const struct cur *obj, const char *key, enum cur_need need, struct strv *out,
	     struct err *e);
/* The value at the cursor itself, which must be a string. */
int cur_self_str(const struct cur *c, const char **out, struct err *e);
/* ERR_INPUT "PATH: TEXT" for a value that has the right type and a wrong content. */
int cur_bad(const struct cur *c, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The path as text ("." at the root). */
void cur_path(const struct cur *c, char *buf, size_t len);

#endif
