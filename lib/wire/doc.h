/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container document, "schema": "rp.container/1", that flows through the pipeline; rp-json(5).
 * Each program fills in the members that it owns and passes all others on.
 */
#ifndef RP_WIRE_DOC_H
#define RP_WIRE_DOC_H

#include "wire/json.h"

#define DOC_SCHEMA "rp.container/1"

/* {"schema":"rp.container/1","request":{}} */
struct json *doc_new(void);

/*
 * Checks the "schema" member against NAME/MAJOR: the same name and major pass (a minor such as
 * rp.container/1.2 too); anything else is ERR_INPUT.
 */
int doc_check(const struct json *doc, const char *schema, struct err *e);

/* A cursor at .NAME (request, image, container ...), which must be an object. */
int doc_part(const struct cur *root, const char *name, struct cur *out, struct err *e);

#endif
