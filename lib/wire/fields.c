/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables, the reader: see fields.h for the contract. fields_write.c has the way back,
 * fields_schema.c the schema.
 *
 * Reading a struct has two stages: all defaults, so that a failure can release everything at any
 * point, then the members that are there. A value is judged before it is stored, and stored only
 * where there is a struct: fields_check() is the same walk with no place to store to.
 */
#include "wire/fields.h"

#include <inttypes.h>

struct list { /* what FIELD_LIST() finds; void *, as it may be a pointer to anything */
	void *v;
	size_t n;
};

static int read_members(const struct field *table, const struct cur *obj, char *base,
			struct err *e);

static int expect(const struct cur *at, enum json_kind kind, struct err *e)
{
	if (json_kind(at->val) == kind)
		return 0;
	return cur_bad(at, e, "expected %s, got %s", json_kind_name(kind),
		       json_kind_name(json_kind(at->val)));
}

/* By memcpy(3), as the place has a type that is not known here. */
static void put_int(char *place, size_t size, uint64_t v)
{
	uint8_t v8 = (uint8_t)v;
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;

	memcpy(place,
	       size == 1   ? (const void *)&v8
	       : size == 2 ? (const void *)&v16
	       : size == 4 ? (const void *)&v32
			   : &v,
	       size);
}

/* Strings. */

/* The place of the word among the blank-separated ones, -1: not there. */
static int64_t find_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (int64_t i = 0; *words; i++) {
		size_t n = strcspn(words, " ");

		if (n == len && memcmp(words, word, n) == 0)
			return i;
		words += n + (words[n] != '\0');
	}
	return -1;
}

/* The member itself, or one of its strings where it is an array or a map. */
static int check_string(const struct field *f, const struct cur *at, const char **out,
			struct err *e)
{
	const char *s;
	size_t max = (size_t)f->max;

	if (expect(at, JSON_STRING, e) < 0)
		return -1;
	*out = s = json_str(at->val);
	if (f->kind == FIELD_TEXT && (!max || max > f->size - 1))
		max = f->size - 1;
	if (max && strlen(s) > max)
		return cur_bad(at, e, "is longer than %zu bytes", max);
	if (f->words && find_word(f->words, s) < 0)
		return cur_bad(at, e, "\"%s\" is not one of: %s", s, f->words);
	return 0;
}

static int read_mode(const struct field *f, const struct cur *at, const char *s, char *place,
		     struct err *e)
{
	int64_t max = f->max ? f->max : 07777;
	unsigned long v;

	/* no sign, no blanks, no more than strtoul(3) can hold */
	if (!str_only(s, "01234567") || strlen(s) > 10 ||
	    (v = strtoul(s, NULL, 8)) > (unsigned long)max)
		return cur_bad(at, e, "\"%s\" is no octal number up to %" PRIo64, s, max);
	if (place)
		put_int(place, f->size, v);
	return 0;
}

static int read_time(const struct cur *at, const char *s, char *place, struct err *e)
{
	struct timespec t;

	if (time_read(s, &t, NULL) < 0)
		return cur_bad(at, e, "\"%s\" is no RFC 3339 time", s);
	if (place)
		*(struct timespec *)(void *)place = t;
	return 0;
}

static int read_string(const struct field *f, const struct cur *at, char *place, struct err *e)
{
	const char *s;

	if (check_string(f, at, &s, e) < 0)
		return -1;
	if ((f->flags & FIELD_NONEMPTY) && !*s)
		return cur_bad(at, e, "must not be empty");
	if (f->kind == FIELD_MODE)
		return read_mode(f, at, s, place, e);
	if (f->kind == FIELD_TIME)
		return read_time(at, s, place, e);
	if (!place)
		return 0;
	if (f->kind == FIELD_WORD)
		put_int(place, f->size, (uint64_t)find_word(f->words, s));
	else if (f->kind == FIELD_TEXT)
		memcpy(place, s, strlen(s) + 1);
	else
		*(const char **)(void *)place = s;
	return 0;
}

static int read_strings(const struct field *f, const struct cur *at, char *place, struct err *e)
{
	for (size_t i = 0; i < json_len(at->val); i++) {
		struct cur item = cur_at(at, i);
		const char *s;

		if (check_string(f, &item, &s, e) < 0)
			return -1;
		if (place)
			strv_add((struct strv *)(void *)place, s);
	}
	return 0;
}

static int check_map(const struct field *f, const struct cur *at, struct err *e)
{
	json_foreach (m, at->val) {
		struct cur item = cur_key(at, m.key);
		const char *s;

		if (check_string(f, &item, &s, e) < 0)
			return -1;
	}
	return 0;
}

/* Numbers. */

void fields_range(const struct field *f, int64_t *min, int64_t *max)
{
	int bits = f->size && f->size < 8 ? (int)f->size * 8 : 64;
	bool is_unsigned = f->kind == FIELD_UINT || f->kind == FIELD_UINTS;
	int64_t low = is_unsigned ? 0 : -1 - (INT64_MAX >> (64 - bits));
	int64_t high = is_unsigned && bits < 64 ? (1LL << bits) - 1 : INT64_MAX >> (64 - bits);

	bool given = f->min || f->max;

	*min = given && f->min > low ? f->min : low;
	*max = given && f->max < high ? f->max : high;
}

static int not_whole(const struct cur *at, struct err *e)
{
	_free_ char *v = json_text(at->val, false);

	return cur_bad(at, e, "expected integer, got %s", v);
}

static int out_of_range(const struct cur *at, int64_t min, uint64_t max, struct err *e)
{
	_free_ char *v = json_text(at->val, false);

	return cur_bad(at, e, "%s is not in the range %" PRId64 " to %" PRIu64, v, min, max);
}

static int read_number(const struct field *f, const struct cur *at, char *place, struct err *e)
{
	int64_t min, max, v = json_int(at->val);
	uint64_t u = json_uint(at->val); /* 0 where negative; v ends at INT64_MAX */
	bool all = (f->kind == FIELD_UINT || f->kind == FIELD_UINTS) && !(f->size && f->size < 8) &&
		   !f->min && !f->max;

	if (json_kind(at->val) == JSON_REAL)
		return not_whole(at, e);
	if (expect(at, JSON_INT, e) < 0)
		return -1;
	fields_range(f, &min, &max);
	if (v < min || (!all && (v > max || u > INT64_MAX)))
		return out_of_range(at, min, all ? UINT64_MAX : (uint64_t)max, e);
	if (place)
		put_int(place, f->size, u ? u : (uint64_t)v);
	return 0;
}

static int read_numbers(const struct field *f, const struct cur *at, struct list *list,
			struct err *e)
{
	size_t n = json_len(at->val);

	if (list && n)
		list->v = mem_alloc(n * f->size);
	for (size_t i = 0; i < n; i++) {
		struct cur item = cur_at(at, i);

		if (read_number(f, &item, list ? (char *)list->v + i * f->size : NULL, e) < 0)
			return -1;
		if (list)
			list->n++;
	}
	return 0;
}

/* Arrays of objects. */

/* No element before the one at *item has the same value of a member that is to be unique. */
static int check_unique(const struct field *f, const struct cur *arr, const struct cur *item,
			struct err *e)
{
	for (const struct field *m = f->table; m->name; m++) {
		struct cur own = cur_key(item, m->name);

		if (!(m->flags & FIELD_UNIQUE) || !own.val)
			continue;
		for (size_t i = 0; i < item->index; i++) {
			_free_ char *text = NULL;

			if (!json_equal(json_get(json_at(arr->val, i), m->name), own.val))
				continue;
			text = json_text(own.val, false);
			return cur_bad(&own, e, "%s is there twice", text);
		}
	}
	return 0;
}

/* The next element of the array: its place, all defaults; NULL without a struct. */
static char *next_element(const struct field *f, struct list *list)
{
	char *self;

	if (!list)
		return NULL;
	self = (char *)list->v + list->n++ * f->size;
	fields_defaults(f->table, self);
	return self;
}

static int read_objects(const struct field *f, const struct cur *at, struct list *list,
			struct err *e)
{
	size_t n = json_len(at->val);

	if (list && n)
		list->v = mem_alloc(n * f->size);
	for (size_t i = 0; i < n; i++) {
		struct cur item = cur_at(at, i);

		if (expect(&item, JSON_OBJECT, e) < 0 ||
		    read_members(f->table, &item, next_element(f, list), e) < 0 ||
		    check_unique(f, at, &item, e) < 0)
			return -1;
	}
	return 0;
}

static int read_keyed(const struct field *f, const struct cur *at, struct list *list, struct err *e)
{
	size_t n = json_len(at->val);

	if (list && n)
		list->v = mem_alloc(n * f->size);
	json_foreach (m, at->val) {
		struct cur item = cur_key(at, m.key);
		char *self = next_element(f, list);

		if (self)
			*(const char **)(void *)self = m.key;
		if (expect(&item, JSON_OBJECT, e) < 0 || read_members(f->table, &item, self, e) < 0)
			return -1;
	}
	return 0;
}

/* A member, an object. */

static int read_value(const struct field *f, const struct cur *at, char *place, struct err *e)
{
	static const enum json_kind kinds[] = {
		[FIELD_BOOL] = JSON_BOOL,     [FIELD_STRINGS] = JSON_ARRAY,
		[FIELD_NUMBERS] = JSON_ARRAY, [FIELD_UINTS] = JSON_ARRAY,
		[FIELD_MAP] = JSON_OBJECT,    [FIELD_RAW] = JSON_OBJECT,
		[FIELD_OBJECT] = JSON_OBJECT, [FIELD_OBJECTS] = JSON_ARRAY,
		[FIELD_KEYED] = JSON_OBJECT,
	};
	struct list *list = (struct list *)(void *)place;

	if (f->kind < ARRAY_LEN(kinds) && kinds[f->kind] && expect(at, kinds[f->kind], e) < 0)
		return -1;
	if ((f->flags & FIELD_NONEMPTY) && kinds[f->kind] == JSON_ARRAY && !json_len(at->val))
		return cur_bad(at, e, "must not be empty");
	switch (f->kind) {
	case FIELD_BOOL:
		if (place)
			*(bool *)place = json_bool(at->val);
		return 0;
	case FIELD_NUMBER:
	case FIELD_UINT:
		return read_number(f, at, place, e);
	case FIELD_STRINGS:
		return read_strings(f, at, place, e);
	case FIELD_NUMBERS:
	case FIELD_UINTS:
		return read_numbers(f, at, list, e);
	case FIELD_OBJECT:
		return read_members(f->table, at, place, e);
	case FIELD_OBJECTS:
		return read_objects(f, at, list, e);
	case FIELD_KEYED:
		return read_keyed(f, at, list, e);
	case FIELD_MAP:
		if (check_map(f, at, e) < 0)
			return -1;
		__attribute__((fallthrough));
	case FIELD_RAW:
	case FIELD_ANY:
		if (place)
			*(struct json **)(void *)place = at->val;
		return 0;
	default:
		return read_string(f, at, place, e);
	}
}

static int check_known(const struct field *table, const struct cur *obj, struct err *e)
{
	json_foreach (m, obj->val) {
		const struct field *f = table;

		while (f->name && !str_eq(f->name, m.key))
			f++;
		if (!f->name && (f->flags & FIELD_CLOSED)) {
			struct cur at = cur_key(obj, m.key);

			return cur_bad(&at, e, "is not known");
		}
	}
	return 0;
}

static int read_members(const struct field *table, const struct cur *obj, char *base, struct err *e)
{
	const struct field *f;

	for (f = table; f->name; f++) {
		struct cur at = cur_key(obj, f->name);

		if (!at.val && (f->flags & FIELD_NEED))
			return cur_bad(&at, e, "is missing");
		if (!at.val)
			continue;
		if (base && f->given)
			*(bool *)(base + f->given - 1) = true;
		if (read_value(f, &at, base ? base + f->off : NULL, e) < 0 ||
		    (f->check && f->check(&at, base, e) < 0))
			return -1;
	}
	return f->flags & FIELD_CLOSED ? check_known(table, obj, e) : 0;
}

int fields_read(const struct field *table, const struct cur *obj, void *base, struct err *e)
{
	fields_defaults(table, base);
	if (expect(obj, JSON_OBJECT, e) == 0 && read_members(table, obj, base, e) == 0)
		return 0;
	fields_release(table, base);
	return -1;
}

int fields_check(const struct field *table, const struct cur *obj, struct err *e)
{
	return expect(obj, JSON_OBJECT, e) < 0 ? -1 : read_members(table, obj, NULL, e);
}

void fields_defaults(const struct field *table, void *base)
{
	for (const struct field *f = table; f->name; f++) {
		char *place = (char *)base + f->off;

		if (f->given)
			*((bool *)base + f->given - 1) = false;
		switch (f->kind) {
		case FIELD_OBJECT:
			fields_defaults(f->table, place);
			break;
		case FIELD_BOOL:
			*(bool *)place = f->dflt;
			break;
		case FIELD_NUMBER:
		case FIELD_UINT:
		case FIELD_WORD:
		case FIELD_MODE:
			put_int(place, f->size, (uint64_t)f->dflt);
			break;
		case FIELD_TEXT:
			*place = '\0';
			break;
		case FIELD_TIME:
			*(struct timespec *)(void *)place = (struct timespec){0};
			break;
		case FIELD_STRINGS:
			*(struct strv *)(void *)place = (struct strv){0};
			break;
		case FIELD_NUMBERS:
		case FIELD_UINTS:
		case FIELD_OBJECTS:
		case FIELD_KEYED:
			*(struct list *)(void *)place = (struct list){0};
			break;
		default:
			*(void **)(void *)place = NULL;
		}
	}
}

void fields_release(const struct field *table, void *base)
{
	for (const struct field *f = table; f->name; f++) {
		char *place = (char *)base + f->off;
		struct list *list = (struct list *)(void *)place;

		switch (f->kind) {
		case FIELD_OBJECT:
			fields_release(f->table, place);
			break;
		case FIELD_STRINGS:
			strv_release((struct strv *)(void *)place);
			break;
		case FIELD_OBJECTS:
		case FIELD_KEYED:
			for (size_t i = 0; i < list->n; i++)
				fields_release(f->table, (char *)list->v + i * f->size);
			__attribute__((fallthrough));
		case FIELD_NUMBERS:
		case FIELD_UINTS:
			free(list->v);
			*list = (struct list){0};
			break;
		default:
			break;
		}
	}
}
