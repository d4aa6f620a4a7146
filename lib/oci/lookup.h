/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Local images by what people type: names short and full, name@digest, ids. */
#ifndef RP_OCI_LOOKUP_H
#define RP_OCI_LOOKUP_H

#include "oci/index.h"

/*
 * Finds an image in an index that was read. Names come before ids. A short name is tried as
 * localhost/NAME, as its alias, in each search registry, and in docker.io, in this order;
 * registries.conf is read only for that. Returns 1 and *out (borrowed from index), 0 where there is
 * none, -1 on failure. With reference (may be NULL) the name that it was found by, which the caller
 * frees: the full reference, or for an id the image's first name, or NULL.
 */
int lookup_image(const struct store *s, const struct json *index, const char *text,
		 struct json **out, char **reference, struct err *e);

#endif
