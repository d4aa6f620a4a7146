/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables, the schema: see fields.h for the contract. JSON Schema draft 2020-12, of it only
 * what the rows say and the reader enforces, so that what is valid by the schema can be read.
 */
#include "wire/fields.h"

static struct json *typed(const char *type)
{
	struct json *j = json_new_object();

	json_set(j, "type", json_new_str(type));
	return j;
}

static struct json *words_of(const char *words)
{
	_strv_ struct strv v = {0};

	strv_split(&v, words, ' ');
	return json_new_strv(&v);
}

static struct json *string_schema(const struct field *f)
{
	struct json *j = typed("string");
	int64_t max = f->kind == FIELD_MODE ? 0 : f->max;

	if (f->kind == FIELD_TEXT && (!max || max > (int64_t)f->size - 1))
		max = (int64_t)f->size - 1;
	if (f->words)
		json_set(j, "enum", words_of(f->words));
	if (f->flags & FIELD_NONEMPTY)
		json_set(j, "minLength", json_new_int(1));
	if (max)
		json_set(j, "maxLength", json_new_int(max));
	if (f->pattern || f->kind == FIELD_MODE)
		json_set(j, "pattern", json_new_str(f->pattern ? f->pattern : "^[0-7]+$"));
	if (f->kind == FIELD_TIME)
		json_set(j, "format", json_new_str("date-time"));
	return j;
}

static struct json *number_schema(const struct field *f)
{
	struct json *j = typed("integer");
	int64_t min, max;

	fields_range(f, &min, &max);
	if (min != INT64_MIN)
		json_set(j, "minimum", json_new_int(min));
	if (max != INT64_MAX)
		json_set(j, "maximum", json_new_int(max));
	return j;
}

static struct json *array_schema(const struct field *f, struct json *items)
{
	struct json *j = typed("array");

	json_set(j, "items", items);
	if (f->flags & FIELD_NONEMPTY)
		json_set(j, "minItems", json_new_int(1));
	return j;
}

static struct json *object_schema(struct json *values)
{
	struct json *j = typed("object");

	json_set(j, "additionalProperties", values);
	return j;
}

/* The elements of an array of strings are as long and as full as they like. */
static struct json *item_schema(const struct field *f)
{
	struct field item = *f;

	item.flags = 0;
	return f->kind == FIELD_NUMBERS || f->kind == FIELD_UINTS ? number_schema(&item)
								  : string_schema(&item);
}

/* An object that no table describes further is any. */
static struct json *table_schema(const struct field *f)
{
	return f->table ? fields_schema(f->table) : typed("object");
}

static struct json *kind_schema(const struct field *f)
{
	switch (f->kind) {
	case FIELD_BOOL:
		return typed("boolean");
	case FIELD_NUMBER:
	case FIELD_UINT:
		return number_schema(f);
	case FIELD_STRINGS:
	case FIELD_NUMBERS:
	case FIELD_UINTS:
		return array_schema(f, item_schema(f));
	case FIELD_MAP:
		return object_schema(item_schema(f));
	case FIELD_RAW:
		return typed("object");
	case FIELD_ANY:
		return json_new_object();
	case FIELD_OBJECT:
		return table_schema(f);
	case FIELD_OBJECTS:
		return array_schema(f, table_schema(f));
	case FIELD_KEYED:
		return object_schema(table_schema(f));
	default:
		return string_schema(f);
	}
}

/* What stands for a member that is absent, where it is a value that may be there as well. */
static void add_default(const struct field *f, struct json *schema)
{
	int64_t min, max;

	if (!f->dflt)
		return;
	fields_range(f, &min, &max);
	if (f->kind == FIELD_BOOL)
		json_set(schema, "default", json_new_bool(true));
	else if (f->kind == FIELD_WORD)
		json_set(schema, "default",
			 json_ref(json_at(json_get(schema, "enum"), (size_t)f->dflt)));
	else if ((f->kind == FIELD_NUMBER || f->kind == FIELD_UINT) && f->dflt >= min &&
		 f->dflt <= max)
		json_set(schema, "default", json_new_int(f->dflt));
}

struct json *fields_schema(const struct field *table)
{
	struct json *schema = typed("object"), *properties = json_need_obj(schema, "properties");
	const struct field *f;

	for (f = table; f->name; f++) {
		struct json *j = kind_schema(f);

		if (f->help)
			json_set(j, "description", json_new_str(f->help));
		add_default(f, j);
		json_set(properties, f->name, j);
		if (f->flags & FIELD_NEED)
			json_add(json_need_arr(schema, "required"), json_new_str(f->name));
	}
	if (f->flags & FIELD_CLOSED)
		json_set(schema, "additionalProperties", json_new_bool(false));
	return schema;
}
