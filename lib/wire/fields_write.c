/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables, the writer: see fields.h for the contract.
 *
 * Each member becomes a JSON value, or NULL where there is nothing to say of it; then the row's
 * flags decide whether nothing is written after all.
 */
#include "wire/fields.h"

#include <inttypes.h>

struct list { /* what FIELD_LIST() finds */
	const void *v;
	size_t n;
};

static uint64_t get_uint(const char *place, size_t size)
{
	uint8_t v8 = (uint8_t)*place;
	uint16_t v16 = 0;
	uint32_t v32 = 0;
	uint64_t v64 = 0;

	switch (size) {
	case 1:
		return v8;
	case 2:
		memcpy(&v16, place, 2);
		return v16;
	case 4:
		memcpy(&v32, place, 4);
		return v32;
	default:
		memcpy(&v64, place, 8);
		return v64;
	}
}

static int64_t get_int(const char *place, size_t size)
{
	int unused = 64 - 8 * (int)size;

	return (int64_t)(get_uint(place, size) << unused) >> unused;
}

static struct json *word_at(const char *words, uint64_t i)
{
	_strv_ struct strv v = {0};

	strv_split(&v, words, ' ');
	return i < v.n ? json_new_str(v.v[i]) : NULL;
}

static struct json *time_of(const struct timespec *t)
{
	char text[TIME_TEXT_LEN];

	time_text(t, text);
	return json_new_str(text);
}

static struct json *mode_of(uint64_t mode)
{
	char text[32];

	snprintf(text, sizeof(text), "%04" PRIo64, mode);
	return json_new_str(text);
}

static struct json *list_of(const struct field *f, const struct list *list)
{
	struct json *j = f->kind == FIELD_KEYED ? json_new_object() : json_new_array();

	for (size_t i = 0; i < list->n; i++) {
		const char *item = (const char *)list->v + i * f->size;

		if (f->kind == FIELD_NUMBERS)
			json_add(j, json_new_int(get_int(item, f->size)));
		else if (f->kind == FIELD_UINTS)
			json_add(j, json_new_uint(get_uint(item, f->size)));
		else if (f->kind == FIELD_OBJECTS)
			json_add(j, fields_write(f->table, item));
		else
			json_set(j, *(const char *const *)(const void *)item,
				 fields_write(f->table, item));
	}
	return j;
}

static struct json *value_of(const struct field *f, const char *place)
{
	const void *p = place;
	const char *s;

	switch (f->kind) {
	case FIELD_STRING:
		s = *(const char *const *)p;
		return json_new_str(s ? s : "");
	case FIELD_TEXT:
		return json_new_str(place);
	case FIELD_WORD:
		return word_at(f->words, get_uint(place, f->size));
	case FIELD_MODE:
		return mode_of(get_uint(place, f->size));
	case FIELD_TIME:
		return time_of(p);
	case FIELD_BOOL:
		return json_new_bool(*(const bool *)p);
	case FIELD_NUMBER:
		return json_new_int(get_int(place, f->size));
	case FIELD_UINT:
		return json_new_uint(get_uint(place, f->size));
	case FIELD_STRINGS:
		return json_new_strv(p);
	case FIELD_OBJECT:
		return fields_write(f->table, place);
	case FIELD_NUMBERS:
	case FIELD_UINTS:
	case FIELD_OBJECTS:
	case FIELD_KEYED:
		return list_of(f, p);
	default:
		return json_ref(*(struct json *const *)p);
	}
}

/* Nothing is there, or what is there anyway. */
static bool is_default(const struct field *f, const char *place)
{
	const void *p = place;
	const struct timespec *t = p;

	switch (f->kind) {
	case FIELD_TEXT:
		return !*place;
	case FIELD_TIME:
		return !t->tv_sec && !t->tv_nsec;
	case FIELD_BOOL:
		return *(const bool *)p == !!f->dflt;
	case FIELD_NUMBER:
		return get_int(place, f->size) == f->dflt;
	case FIELD_WORD:
	case FIELD_MODE:
	case FIELD_UINT:
		return get_uint(place, f->size) == (uint64_t)f->dflt;
	case FIELD_STRINGS:
		return !((const struct strv *)p)->n;
	case FIELD_NUMBERS:
	case FIELD_UINTS:
	case FIELD_OBJECTS:
	case FIELD_KEYED:
		return !((const struct list *)p)->n;
	case FIELD_OBJECT:
		return false; /* known once it is written */
	default:
		return !*(const void *const *)p;
	}
}

struct json *fields_write(const struct field *table, const void *base)
{
	struct json *out = json_new_object();

	for (const struct field *f = table; f->name; f++) {
		const char *place = (const char *)base + f->off;
		bool always = f->flags & FIELD_NEED;
		struct json *v;

		if (f->given)
			always = always || ((const bool *)base)[f->given - 1];
		if (!always && (f->given || is_default(f, place)))
			continue;
		v = value_of(f, place);
		if (!always && f->kind == FIELD_OBJECT && !json_len(v))
			json_put(v);
		else
			json_set(out, f->name, v);
	}
	return out;
}
