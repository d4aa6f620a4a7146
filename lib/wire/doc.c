/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container document: see doc.h and rp-json(5). */
#include "wire/doc.h"

struct json *doc_new(void)
{
	struct json *doc = json_new_object();

	json_set(doc, "schema", json_new_str(DOC_SCHEMA));
	json_set(doc, "request", json_new_object());
	return doc;
}

int doc_check(const struct json *doc, const char *schema, struct err *e)
{
	const char *is, *rest;

	if (json_kind(doc) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, 0, "json", ".: expected object, got %s",
			       json_kind_name(json_kind(doc)));
	is = json_get_str(doc, "schema", NULL);
	if (!is)
		return err_set(e, ERR_INPUT, 0, "json", ".schema: is missing, expected \"%s\"",
			       schema);
	rest = str_after(is, schema);
	if (!rest || (*rest != '\0' && *rest != '.'))
		return err_set(e, ERR_INPUT, 0, "json", ".schema: expected \"%s\", got \"%s\"",
			       schema, is);
	return 0;
}

int doc_part(const struct cur *root, const char *name, struct cur *out, struct err *e)
{
	return cur_obj(root, name, CUR_NEED, out, e);
}
