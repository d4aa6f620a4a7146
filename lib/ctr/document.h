/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of rp.container/1, but for .request, which lib/oci/request.h describes. From this
 * table come the schemas of all programs that pass the document on (doc-schema(1)); rp-json(5) says
 * it in words.
 */
#ifndef RP_CTR_DOCUMENT_H
#define RP_CTR_DOCUMENT_H

#include "wire/fields.h"

extern const struct field container_document[];

/*
 * The JSON Schema of a container document that must have these members, separated by blanks. The
 * caller puts it.
 */
struct json *container_schema(const char *members);

#endif
