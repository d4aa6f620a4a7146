/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of templates: Go's own and those that Podman adds. */
#include <ctype.h>
#include <stdio.h>

#include "wire/template.h"

/* "%-999.999": nobody aligns more, and a width must not fill the memory. */
#define MAX_SPEC 9

struct function {
	const char *name;
	size_t min, max;
	int (*call)(struct json **a, size_t n, struct json **out, struct err *e);
};

static int wrong(struct err *e, const char *why)
{
	return err_set(e, ERR_USAGE, 0, NULL, "template: %s", why);
}

static int give_str(struct json **out, struct buf *b)
{
	_free_ char *text = buf_take(b);

	*out = json_new_str(text);
	return 0;
}

static char *text_of(const struct json *v)
{
	struct buf b = {0};

	tmpl_print(v, &b);
	return buf_take(&b);
}

static int fn_json(struct json **a, size_t n, struct json **out, struct err *e)
{
	_free_ char *text = a[0] ? json_text(a[0], false) : str_dup("null");

	(void)n;
	(void)e;
	*out = json_new_str(text);
	return 0;
}

static int fn_len(struct json **a, size_t n, struct json **out, struct err *e)
{
	(void)n;
	(void)e;
	*out = json_new_int(json_str(a[0]) ? (int64_t)strlen(json_str(a[0]))
					   : (int64_t)json_len(a[0]));
	return 0;
}

static int fn_index(struct json **a, size_t n, struct json **out, struct err *e)
{
	struct json *v = a[0];

	for (size_t i = 1; i < n; i++) {
		if (json_kind(v) == JSON_ARRAY) {
			int64_t at = json_int(a[i]);

			if (json_kind(a[i]) != JSON_INT || at < 0 || (size_t)at >= json_len(v))
				return wrong(e, "index out of range");
			v = json_at(v, (size_t)at);
		} else if (json_kind(v) == JSON_OBJECT && json_str(a[i])) {
			v = json_get(v, json_str(a[i]));
		} else if (json_kind(v) == JSON_NULL) {
			return wrong(e, "index of nothing");
		} else {
			return wrong(e, "index needs a list with a number or a map with a name");
		}
	}
	*out = json_ref(v);
	return 0;
}

static int fn_join(struct json **a, size_t n, struct json **out, struct err *e)
{
	struct buf b = {0};

	(void)n;
	if (json_kind(a[0]) != JSON_ARRAY && json_kind(a[0]) != JSON_NULL)
		return wrong(e, "join needs a list");
	json_each (el, a[0]) {
		if (el.i)
			buf_str(&b, json_str(a[1]) ? json_str(a[1]) : "");
		tmpl_print(el.v, &b);
	}
	return give_str(out, &b);
}

static int fn_split(struct json **a, size_t n, struct json **out, struct err *e)
{
	const char *s = json_str(a[0]), *sep = json_str(a[1]), *next;

	(void)n;
	if (!s || !sep || !*sep)
		return wrong(e, "split needs a text and a separator");
	*out = json_new_array();
	for (; (next = strstr(s, sep)); s = next + strlen(sep)) {
		_free_ char *part = str_ndup(s, next - s);

		json_add(*out, json_new_str(part));
	}
	json_add(*out, json_new_str(s));
	return 0;
}

static int change_case(struct json *v, int how, struct json **out)
{
	_free_ char *s = text_of(v);

	for (char *c = s; *c; c++) {
		bool start = c == s || isspace((unsigned char)c[-1]);

		if (how == 'l')
			*c = (char)tolower((unsigned char)*c);
		else if (how == 'u' || start)
			*c = (char)toupper((unsigned char)*c);
	}
	*out = json_new_str(s);
	return 0;
}

static int fn_lower(struct json **a, size_t n, struct json **out, struct err *e)
{
	(void)n;
	(void)e;
	return change_case(a[0], 'l', out);
}

static int fn_upper(struct json **a, size_t n, struct json **out, struct err *e)
{
	(void)n;
	(void)e;
	return change_case(a[0], 'u', out);
}

static int fn_title(struct json **a, size_t n, struct json **out, struct err *e)
{
	(void)n;
	(void)e;
	return change_case(a[0], 't', out);
}

static int fn_pad(struct json **a, size_t n, struct json **out, struct err *e)
{
	int64_t before = json_int(a[1]), after = json_int(a[2]);
	struct buf b = {0};

	(void)n;
	if (before < 0 || after < 0 || before > 1000 || after > 1000)
		return wrong(e, "pad: the widths must be 0 to 1000");
	buf_fmt(&b, "%*s", (int)before, "");
	tmpl_print(a[0], &b);
	buf_fmt(&b, "%*s", (int)after, "");
	return give_str(out, &b);
}

/* slice TEXT-OR-LIST FROM [TO], as Go's s[from:to]. */
static int fn_slice(struct json **a, size_t n, struct json **out, struct err *e)
{
	bool text = json_kind(a[0]) == JSON_STRING;
	int64_t len = text ? (int64_t)strlen(json_str(a[0])) : (int64_t)json_len(a[0]);
	int64_t from = n > 1 ? json_int(a[1]) : 0, to = n > 2 ? json_int(a[2]) : len;

	if (!text && json_kind(a[0]) != JSON_ARRAY)
		return wrong(e, "slice needs a text or a list");
	if (from < 0 || to > len || from > to)
		return wrong(e, "slice: index out of range");
	if (text) {
		_free_ char *part = str_ndup(json_str(a[0]) + from, (size_t)(to - from));

		*out = json_new_str(part);
		return 0;
	}
	*out = json_new_array();
	for (int64_t i = from; i < to; i++)
		json_add(*out, json_ref(json_at(a[0], (size_t)i)));
	return 0;
}

static int fn_truncate(struct json **a, size_t n, struct json **out, struct err *e)
{
	_free_ char *s = text_of(a[0]);
	int64_t max = json_int(a[1]);

	(void)n;
	if (max < 0)
		return wrong(e, "truncate: a negative length");
	if ((size_t)max < strlen(s)) {
		while (max > 0 && (s[max] & 0xc0) == 0x80)
			max--;
		s[max] = '\0';
	}
	*out = json_new_str(s);
	return 0;
}

static int compare(struct json *x, struct json *y, struct err *e, int *r)
{
	enum json_kind kx = json_kind(x), ky = json_kind(y);
	bool numbers = (kx == JSON_INT || kx == JSON_REAL) && (ky == JSON_INT || ky == JSON_REAL);

	if (numbers)
		*r = json_real(x) < json_real(y) ? -1 : json_real(x) > json_real(y);
	else if (kx == JSON_STRING && ky == JSON_STRING)
		*r = strcmp(json_str(x), json_str(y));
	else
		return wrong(e, "incompatible types for comparison");
	return 0;
}

static int fn_eq(struct json **a, size_t n, struct json **out, struct err *e)
{
	bool hit = false;
	int r;

	for (size_t i = 1; i < n && !hit; i++) {
		if (json_kind(a[0]) == JSON_BOOL || json_kind(a[0]) == JSON_NULL ||
		    json_kind(a[i]) == JSON_NULL)
			hit = json_equal(a[0], a[i]);
		else if (compare(a[0], a[i], e, &r) < 0)
			return -1;
		else
			hit = r == 0;
	}
	*out = json_new_bool(hit);
	return 0;
}

static int fn_ne(struct json **a, size_t n, struct json **out, struct err *e)
{
	struct json *equal = NULL;

	if (fn_eq(a, n, &equal, e) < 0)
		return -1;
	*out = json_new_bool(!json_bool(equal));
	json_put(equal);
	return 0;
}

#define ORDER(name, test)                                                            \
	static int name(struct json **a, size_t n, struct json **out, struct err *e) \
	{                                                                            \
		int r;                                                               \
		(void)n;                                                             \
		if (compare(a[0], a[1], e, &r) < 0)                                  \
			return -1;                                                   \
		*out = json_new_bool(test);                                          \
		return 0;                                                            \
	}
ORDER(fn_lt, r < 0)
ORDER(fn_le, r <= 0)
ORDER(fn_gt, r > 0)
ORDER(fn_ge, r >= 0)

static int fn_not(struct json **a, size_t n, struct json **out, struct err *e)
{
	(void)n;
	(void)e;
	*out = json_new_bool(!tmpl_true(a[0]));
	return 0;
}

static int fn_and(struct json **a, size_t n, struct json **out, struct err *e)
{
	size_t i = 0;

	(void)e;
	while (i + 1 < n && tmpl_true(a[i]))
		i++;
	*out = json_ref(a[i]);
	return 0;
}

static int fn_or(struct json **a, size_t n, struct json **out, struct err *e)
{
	size_t i = 0;

	(void)e;
	while (i + 1 < n && !tmpl_true(a[i]))
		i++;
	*out = json_ref(a[i]);
	return 0;
}

static int fn_print(struct json **a, size_t n, struct json **out, struct err *e)
{
	struct buf b = {0};

	(void)e;
	for (size_t i = 0; i < n; i++) {
		/* Go puts a blank between operands when neither is a string */
		if (i && json_kind(a[i]) != JSON_STRING && json_kind(a[i - 1]) != JSON_STRING)
			buf_char(&b, ' ');
		tmpl_print(a[i], &b);
	}
	return give_str(out, &b);
}

static int fn_println(struct json **a, size_t n, struct json **out, struct err *e)
{
	struct buf b = {0};

	(void)e;
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&b, ' ');
		tmpl_print(a[i], &b);
	}
	buf_char(&b, '\n');
	return give_str(out, &b);
}

/* One verb of printf. spec is "%-10s": flags and width checked by the caller. */
static void format_one(struct buf *b, const char *spec, char verb, struct json *v)
{
	_free_ char *text = text_of(v), *quoted = NULL;
	_free_ char *flags = str_ndup(spec, strlen(spec) - 1);
	_free_ char *out = NULL;

	if (verb == 'd' || verb == 'x' || verb == 'o') {
		_free_ char *f = str_fmt("%sll%c", flags, verb);

		if (asprintf(&out, f, (long long)json_int(v)) < 0)
			abort();
	} else if (verb == 'f') {
		_free_ char *f = str_fmt("%sf", flags);

		if (asprintf(&out, f, json_real(v)) < 0)
			abort();
	} else {
		_free_ char *f = str_fmt("%ss", flags);

		if (verb == 'q')
			quoted = json_text(v, false);
		if (asprintf(&out, f, quoted ? quoted : text) < 0)
			abort();
	}
	buf_str(b, out);
}

static int fn_printf(struct json **a, size_t n, struct json **out, struct err *e)
{
	const char *f = json_str(a[0]);
	_buf_ struct buf b = {0};
	size_t at = 1;

	if (!f)
		return wrong(e, "printf needs a format");
	for (; *f; f++) {
		size_t len;
		_free_ char *spec = NULL;

		if (*f != '%') {
			buf_char(&b, *f);
			continue;
		}
		if (f[1] == '%') {
			buf_char(&b, '%');
			f++;
			continue;
		}
		len = 1 + strspn(f + 1, "-+ 0.123456789");
		if (!f[len] || !strchr("sdvqxotf", f[len]))
			return wrong(e, "printf: unknown verb");
		if (len > MAX_SPEC)
			return wrong(e, "printf: a width that is too large");
		spec = str_ndup(f, len + 1);
		if (at < n)
			format_one(&b, spec, f[len], a[at++]);
		else
			buf_fmt(&b, "%%!%c(MISSING)", f[len]);
		f += len;
	}
	return give_str(out, &b);
}

static const struct function functions[] = {
	{"json", 1, 1, fn_json},       {"len", 1, 1, fn_len},
	{"index", 1, 9, fn_index},     {"join", 2, 2, fn_join},
	{"split", 2, 2, fn_split},     {"lower", 1, 1, fn_lower},
	{"upper", 1, 1, fn_upper},     {"title", 1, 1, fn_title},
	{"pad", 3, 3, fn_pad},	       {"truncate", 2, 2, fn_truncate},
	{"eq", 2, 9, fn_eq},	       {"ne", 2, 2, fn_ne},
	{"lt", 2, 2, fn_lt},	       {"le", 2, 2, fn_le},
	{"gt", 2, 2, fn_gt},	       {"ge", 2, 2, fn_ge},
	{"not", 1, 1, fn_not},	       {"and", 1, 9, fn_and},
	{"or", 1, 9, fn_or},	       {"print", 0, 9, fn_print},
	{"println", 0, 9, fn_println}, {"printf", 1, 20, fn_printf},
	{"slice", 1, 3, fn_slice},
};

bool tmpl_function_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (str_eq(functions[i].name, name))
			return true;
	return false;
}

int tmpl_function_call(const char *name, struct json **args, size_t n, struct json **out,
		       struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		if (!str_eq(functions[i].name, name))
			continue;
		if (n < functions[i].min || n > functions[i].max)
			return err_set(e, ERR_USAGE, 0, NULL,
				       "template: wrong number of arguments for %s", name);
		return functions[i].call(args, n, out, e);
	}
	return err_set(e, ERR_USAGE, 0, NULL, "template: function \"%s\" is not defined", name);
}
