/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store has: names, sizes and uses of images. For list, inspect and remove. */
#ifndef RP_CTR_INVENTORY_H
#define RP_CTR_INVENTORY_H

#include "oci/index.h"

/* Fills *tags and *digests (arrays of strings) with all names of the image with this digest. */
void image_names(const struct json *index, const char *digest, struct json *tags,
		 struct json *digests);

/*
 * Bytes of the image: of each layer what it has unpacked, or where it is not, of its blob. image is
 * the `image` member as image_load() makes it.
 */
int64_t image_size(const struct store *s, const struct json *image);

/* What the containers of the store use. One element a use, in the same order: a container has its
 * own image, and may mount others. */
struct usage {
	struct strv containers; /* ids */
	struct strv images;	/* image ids (sha256:HEX) */
	struct strv layers;	/* diffIDs of all of them */
};
void usage_release(struct usage *u);
#define _usage_ _clean_(usage_release)

/* A record that cannot be read is an error; one that a power cut spoilt is passed over. */
int usage_read(const struct store *s, struct usage *u, struct err *e);

/*
 * Everything that the images of an index need: digests of manifests, configurations and layers in
 * blobs, diffIDs in layers. Images that are damaged need only their manifest.
 */
struct needs {
	struct strv blobs;
	struct strv layers;
};
void needs_release(struct needs *n);
#define _needs_ _clean_(needs_release)
void needs_of_index(const struct store *s, const struct json *index, struct needs *n);
/* The same for one manifest or index of manifests. */
void needs_of_manifest(const struct store *s, const char *digest, struct needs *n);

#endif
