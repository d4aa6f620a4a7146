/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings: allocation that cannot fail softly, a growing buffer, a vector of strings, strict
 * conversions.
 *
 * Running out of memory is the one condition that lib/ does not report: these functions write one
 * line to standard error and abort(3).
 */
#ifndef RP_BASE_STR_H
#define RP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <string.h>

#include "base/err.h"
#include "base/clean.h"
#include "base/time.h"

void *mem_alloc(size_t size);			  /* zeroed */
void *mem_resize(void *p, size_t n, size_t size); /* reallocarray(3) */
char *str_dup(const char *s);			  /* NULL gives NULL */
char *str_ndup(const char *s, size_t n);
char *str_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline bool str_eq(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The rest of s behind prefix, or NULL where s does not start with it. */
const char *str_after(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* True where s is not empty and each character is in set. */
bool str_only(const char *s, const char *set);

/* A byte string that grows. data is always NUL-terminated once anything was added. */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};
void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_reserve(struct buf *b, size_t more); /* room for more bytes behind len */
void buf_release(struct buf *b);
char *buf_take(struct buf *b); /* the data, never NULL; b is empty afterwards */
/* Adds s quoted for sh(1), readable where no quoting is needed. */
void buf_sh_quote(struct buf *b, const char *s);
#define _buf_ _clean_(buf_release)

/* A NULL-terminated vector of strings that it owns; fit for execve(2). */
struct strv {
	char **v;
	size_t n;
};
void strv_add(struct strv *v, const char *s); /* copies */
void strv_take(struct strv *v, char *s);      /* takes ownership */
void strv_addf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_split(struct strv *v, const char *s, char sep); /* empty parts are kept; "" adds none */
bool strv_has(const struct strv *v, const char *s);
void strv_release(struct strv *v);
#define _strv_		     _clean_(strv_release)
#define strv_foreach(s, vec) for (char **s##_p = (vec)->v, *s; s##_p && (s = *s##_p); s##_p++)

/*
 * The whole of s as a decimal number in [min, max]: no sign but '-', no blanks, no leading '+', no
 * other base. Returns 0, or -1 without an error value: the caller knows what the number is for.
 */
int str_to_int(const char *s, int64_t min, int64_t max, int64_t *out);

/*
 * Calls each() with the numbers of a list such as "0-3,8", the kernel's form of sets of CPUs and
 * nodes (cpuset(7), "List format"); all below limit. Returns 0, or -1 where it is none or empty;
 * each() may have been called before.
 */
int str_number_list(const char *list, int64_t limit, void (*each)(int64_t number, void *arg),
		    void *arg);

/* A size in bytes as Podman takes it: a number (fraction allowed) and b, k, m, g, t, p (1024). */
int str_to_size(const char *s, int64_t *out);

/* A Go duration ("1h2m3.5s", "300ms") or a plain number of seconds, in nanoseconds. */
int str_to_duration(const char *s, int64_t *out);

/*
 * How many letters must be changed, added, left out or swapped to make b of a (at most 63 bytes
 * each, longer ones are as far apart as can be): for "did you mean".
 */
size_t str_distance(const char *a, const char *b);

/* Lower-case hexadecimal of n bytes; out has room for 2 * n + 1. */
void hex_encode(const void *data, size_t n, char *out);

#endif
