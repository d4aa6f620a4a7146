/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings: see str.h for the contract.
 *
 * Allocation aborts when memory is gone: every program here is short-lived or small, none can do
 * anything useful without memory, and each state change on disk is one rename(2), so that dying is
 * always safe.
 */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static void out_of_memory(void)
{
	static const char msg[] = "out of memory\n";

	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0)
		abort();
	abort();
}

void *mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *mem_resize(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n ? n : 1, size);
	if (!p)
		out_of_memory();
	return p;
}

char *str_ndup(const char *s, size_t n)
{
	char *p = strndup(s, n);

	if (!p)
		out_of_memory();
	return p;
}

char *str_dup(const char *s)
{
	return s ? str_ndup(s, strlen(s)) : NULL;
}

char *str_fmt(const char *fmt, ...)
{
	char *p;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	return p;
}

const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool str_only(const char *s, const char *set)
{
	return *s && s[strspn(s, set)] == '\0';
}

void buf_reserve(struct buf *b, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(b->len, more, &need) || need == SIZE_MAX)
		out_of_memory();
	need++;
	if (need <= b->cap)
		return;
	if (need < b->cap * 2)
		need = b->cap * 2;
	if (need < 64)
		need = 64;
	b->data = mem_resize(b->data, need, 1);
	b->cap = need;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	_free_ char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	buf_str(b, s);
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

char *buf_take(struct buf *b)
{
	char *p;

	buf_reserve(b, 0);
	b->data[b->len] = '\0';
	p = b->data;
	*b = (struct buf){0};
	return p;
}

void buf_sh_quote(struct buf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%_-+=:,./";

	if (str_only(s, plain)) {
		buf_str(b, s);
		return;
	}
	buf_char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_str(b, "'\\''");
		else
			buf_char(b, *s);
	}
	buf_char(b, '\'');
}

/* The room is the power of two that holds the strings and the NULL: it grows where that changes. */
void strv_take(struct strv *v, char *s)
{
	size_t used = v->n + 1;

	if (!v->v || (used & (used - 1)) == 0)
		v->v = mem_resize(v->v, 2 * used, sizeof(*v->v));
	v->v[v->n++] = s;
	v->v[v->n] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, str_dup(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	char *s;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	strv_take(v, s);
}

void strv_split(struct strv *v, const char *s, char sep)
{
	const char *next;

	if (!*s)
		return;
	for (; (next = strchr(s, sep)); s = next + 1)
		strv_take(v, str_ndup(s, next - s));
	strv_add(v, s);
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i], s) == 0)
			return true;
	return false;
}

void strv_release(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct strv){0};
}

int str_to_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	int64_t v;

	if (!isdigit((unsigned char)*s) && !(*s == '-' && isdigit((unsigned char)s[1])))
		return -1;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno || *end || v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

int str_number_list(const char *list, int64_t limit, void (*each)(int64_t number, void *arg),
		    void *arg)
{
	_strv_ struct strv parts = {0};

	strv_split(&parts, list, ',');
	strv_foreach (part, &parts) {
		char *dash = strchr(part, '-');
		int64_t from, to;

		if (dash)
			*dash = '\0';
		if (str_to_int(part, 0, limit - 1, &from) < 0 ||
		    str_to_int(dash ? dash + 1 : part, from, limit - 1, &to) < 0)
			return -1;
		for (; from <= to; from++)
			each(from, arg);
	}
	return parts.n ? 0 : -1;
}

/* Digits, perhaps with a fraction; strtod(3) alone takes 0x10, 1e3 and nan. -1: there is none. */
static double plain_number(const char *s, char **end)
{
	size_t n = strspn(s, "0123456789.");
	_free_ char *copy = str_ndup(s, n);
	char *stop;
	double v = isdigit((unsigned char)*s) ? strtod(copy, &stop) : -1;

	if (v >= 0 && *stop)
		v = -1;
	*end = (char *)(uintptr_t)s + n;
	return v;
}

int str_to_size(const char *s, int64_t *out)
{
	static const char units[] = "bkmgtp";
	const char *unit;
	char *end;
	double v;

	v = plain_number(s, &end);
	if (v < 0)
		return -1;
	if (*end) {
		unit = strchr(units, tolower((unsigned char)*end));
		if (!unit)
			return -1;
		for (const char *u = units; u < unit; u++)
			v *= 1024;
		end++;
		/* "kb", "KiB" mean the same as "k" */
		if (*unit != 'b' && (*end == 'i' || *end == 'I'))
			end++;
		if (*unit != 'b' && (*end == 'b' || *end == 'B'))
			end++;
		if (*end)
			return -1;
	}
	if (v >= 9.2e18)
		return -1;
	*out = (int64_t)v;
	return 0;
}

int str_to_duration(const char *s, int64_t *out)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	double total = 0;
	int64_t seconds;

	if (str_to_int(s, 0, INT64_MAX / 1000000000, &seconds) == 0) {
		*out = seconds * 1000000000;
		return 0;
	}
	if (!*s)
		return -1;
	while (*s) {
		char *end;
		double v, ns = 0;
		size_t n;

		v = plain_number(s, &end);
		if (v < 0)
			return -1;
		n = strspn(end, "abcdefghijklmnopqrstuvwxyz");
		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (strlen(units[i].unit) == n && memcmp(units[i].unit, end, n) == 0)
				ns = units[i].ns;
		if (ns == 0)
			return -1;
		total += v * ns;
		s = end + n;
	}
	if (total >= 9.2e18)
		return -1;
	*out = (int64_t)total;
	return 0;
}

void hex_encode(const void *data, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

size_t str_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[3][64], *two = row[0], *one = row[1],
	       *now = row[2];

	if (n > 63 || m > 63)
		return SIZE_MAX;
	for (size_t k = 0; k <= m; k++)
		one[k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t *oldest = two;

		now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			size_t best = one[k - 1] + (a[i - 1] != b[k - 1]);

			best = one[k] + 1 < best ? one[k] + 1 : best;
			best = now[k - 1] + 1 < best ? now[k - 1] + 1 : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
			    two[k - 2] + 1 < best)
				best = two[k - 2] + 1;
			now[k] = best;
		}
		two = one;
		one = now;
		now = oldest;
	}
	return one[m];
}
