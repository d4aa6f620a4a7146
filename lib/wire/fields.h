/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables: one description of an object, from which come its reader (JSON to struct), its
 * writer (struct to JSON), its check and its JSON Schema. A row is a member:
 *
 *	struct mount {
 *		const char *destination, *type;
 *		struct strv options;
 *		int64_t priority;
 *		struct map *maps;
 *		size_t nmaps;
 *	};
 *	static const struct field mount_fields[] = {
 *		{"destination", FIELD(struct mount, destination), FIELD_NEED, "where it is put"},
 *		{"type", FIELD(struct mount, type), .words = "bind tmpfs"},
 *		{"options", FIELD(struct mount, options)},
 *		{"priority", FIELD(struct mount, priority), .min = 0, .max = 99, .dflt = 10},
 *		{"maps", FIELD_LIST(struct mount, maps, nmaps), .table = map_fields},
 *		{0},
 *	};
 *
 * FIELD() takes kind, offset and size from the struct's own member, so that they cannot disagree.
 *
 * Ownership: strings and kept JSON values are borrowed from the document, which must outlive the
 * struct; arrays and vectors are allocated, and fields_release() frees them.
 */
#ifndef RP_WIRE_FIELDS_H
#define RP_WIRE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "wire/json.h"

/* What a member is in JSON, and what its place in the struct is. */
enum field_kind {
	FIELD_STRING,  /* string: const char *, NULL where absent */
	FIELD_TEXT,    /* string: char[], copied; one that does not fit is an error */
	FIELD_WORD,    /* string out of .words: any integer, the word's place among them */
	FIELD_MODE,    /* string of octal digits: any unsigned integer (mode_t) */
	FIELD_TIME,    /* RFC 3339 string: struct timespec, all zero where absent */
	FIELD_BOOL,    /* bool */
	FIELD_NUMBER,  /* integer: any signed integer */
	FIELD_UINT,    /* integer from 0 on: any unsigned integer */
	FIELD_STRINGS, /* array of strings: struct strv */
	FIELD_NUMBERS, /* array of integers: pointer to signed ones, and a size_t behind it */
	FIELD_UINTS,   /* array of integers from 0 on: pointer to unsigned ones, the same */
	FIELD_MAP,     /* object of strings: struct json *, kept as it is, NULL where absent */
	FIELD_RAW,     /* object: the same */
	FIELD_ANY,     /* any value: the same */
	FIELD_OBJECT,  /* object by .table: a struct; with no place given, this struct itself */
	FIELD_OBJECTS, /* array of objects by .table: pointer to structs, and a size_t behind it */
	FIELD_KEYED,   /* object of objects by .table: the same; the struct begins with its key, a
			  const char * */
};

enum field_flags {
	FIELD_NEED = 1 << 0,	 /* must be there; always written, a string NULL as "" */
	FIELD_NONEMPTY = 1 << 1, /* a string: not ""; an array: not [] */
	FIELD_UNIQUE = 1 << 2,	 /* no two objects of one array have the same value */
	FIELD_CLOSED = 1 << 3, /* of the last row: members that are not in the table are refused */
};

struct field {
	const char *name; /* the member's; NULL ends the table */
	enum field_kind kind;
	size_t off, size; /* of its place; of an array: of the pointer, of an element */
	unsigned flags;	  /* enum field_flags */
	const char *help; /* "description" of the schema */
	const struct field *table;
	const char *words;   /* blank-separated: the strings that are allowed, NULL: any */
	const char *pattern; /* for the schema; it is .check that knows */
	/*
	 * Of a number, also of each in an array: the range, both 0: all that its place holds. Of a
	 * string: max is its greatest length in bytes, 0: any.
	 */
	int64_t min, max;
	int64_t dflt; /* number, bool, mode, word: where absent; what equals it is not written */
	/*
	 * FIELD_GIVEN(): a bool that says whether the member is there, where that makes a
	 * difference.
	 */
	size_t given;
	/*
	 * Called for a member that is there, has the right type and is in range, with the struct
	 * that holds it, all of whose rows up to this one have been read: for what a table cannot
	 * say. self is NULL in fields_check(). Errors by cur_bad(at, ...).
	 */
	int (*check)(const struct cur *at, void *self, struct err *e);
};

/* clang-format off */
/* kind, off, size of a member, the kind by its type. */
#define FIELD(type, member) \
	FIELD_KIND_OF(((type *)0)->member), offsetof(type, member), FIELD_SIZE(type, member)
/* The same with a kind of one's own: a mode_t as FIELD_MODE, a struct json * as FIELD_MAP. */
#define FIELD_AS(kind, type, member) kind, offsetof(type, member), FIELD_SIZE(type, member)
/* The members vec and n, which must stand behind each other: an array of numbers or of structs. */
#define FIELD_LIST(type, vec, n) FIELD_LIST_AS(FIELD_LIST_KIND_OF(*((type *)0)->vec), type, vec, n)
#define FIELD_LIST_AS(kind, type, vec, n) \
	kind, \
	FIELD_IF(offsetof(type, n) == offsetof(type, vec) + sizeof(void *), offsetof(type, vec)), \
	sizeof(*((type *)0)->vec)
#define FIELD_GIVEN(type, member) .given = 1 + offsetof(type, member)

#define FIELD_SIZE(type, member) sizeof(((type *)0)->member)
/* value; does not compile where the condition does not hold */
#define FIELD_IF(condition, value) ((value) + 0 * sizeof(char[(condition) ? 1 : -1]))
#define FIELD_IS_ARRAY(x) (!__builtin_types_compatible_p(__typeof__(x), char *))
#define FIELD_KIND_OF(x) \
	_Generic((x), \
		const char *: FIELD_STRING, \
		char *: FIELD_IF(FIELD_IS_ARRAY(x), FIELD_TEXT), \
		bool: FIELD_BOOL, \
		signed char: FIELD_NUMBER, \
		short: FIELD_NUMBER, \
		int: FIELD_NUMBER, \
		long: FIELD_NUMBER, \
		long long: FIELD_NUMBER, \
		unsigned char: FIELD_UINT, \
		unsigned short: FIELD_UINT, \
		unsigned int: FIELD_UINT, \
		unsigned long: FIELD_UINT, \
		unsigned long long: FIELD_UINT, \
		struct timespec: FIELD_TIME, \
		struct strv: FIELD_STRINGS, \
		struct json *: FIELD_RAW, \
		default: FIELD_OBJECT)
#define FIELD_LIST_KIND_OF(x) \
	_Generic((x), \
		int: FIELD_NUMBERS, \
		long: FIELD_NUMBERS, \
		long long: FIELD_NUMBERS, \
		unsigned int: FIELD_UINTS, \
		unsigned long: FIELD_UINTS, \
		unsigned long long: FIELD_UINTS, \
		default: FIELD_OBJECTS)
/* clang-format on */

/*
 * Reads the object at obj into base, the struct of the table. All members of the struct that the
 * table names are set: what is absent (or null) in the object to its default, "nothing". Unknown
 * members are ignored, unless the table is closed. Returns 0, or -1 with ERR_INPUT that names the
 * path (".mounts[2].source: expected string, got number"), and nothing is left to release.
 */
int fields_read(const struct field *table, const struct cur *obj, void *base, struct err *e);

/* The same without a struct: only says whether the object is right. */
int fields_check(const struct field *table, const struct cur *obj, struct err *e);

/* Sets the members to what they are where everything is absent. Releases nothing. */
void fields_defaults(const struct field *table, void *base);

/*
 * The struct as an object, which the caller puts: members in the order of the table, without those
 * that are absent or equal to their default, unless they are needed or marked as given. Kept JSON
 * values are shared, not copied.
 */
struct json *fields_write(const struct field *table, const void *base);

/* Frees what fields_read() allocated and leaves empty arrays. */
void fields_release(const struct field *table, void *base);

/*
 * The JSON Schema (draft 2020-12) of the object, which the caller puts: type, properties, required,
 * description, and of the members enum, minimum, maximum, minLength, maxLength, pattern, default.
 */
struct json *fields_schema(const struct field *table);

/*
 * For a member's own range, from its row: all that its place can hold where the row says nothing.
 * *max is INT64_MAX for places of 64 bits.
 */
void fields_range(const struct field *f, int64_t *min, int64_t *max);

#endif
