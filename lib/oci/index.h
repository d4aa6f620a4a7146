/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index.json of the store: one descriptor for each name of each image.
 *
 * Annotations of a descriptor:
 *	org.opencontainers.image.ref.name  the full reference; absent: an image that lost its name
 *	rp.image.id			   digest of the configuration
 *	rp.index.digest			   digest of the index or manifest list it was chosen from
 *	rp.repository			   DOMAIN/PATH of an image that lost its name
 * All but the first are absent where another tool wrote the descriptor.
 *
 * Readers take no lock: the file is replaced by rename. Writers hold index_lock() from reading to
 * writing, and whoever adds an image checks under that lock that its blobs are still there
 * (img-remove(1) deletes blobs under it).
 */
#ifndef RP_OCI_INDEX_H
#define RP_OCI_INDEX_H

#include "oci/ref.h"
#include "oci/store.h"

#define ANN_NAME "org.opencontainers.image.ref.name"
#define ANN_ID	 "rp.image.id"
#define ANN_LIST "rp.index.digest"
#define ANN_REPO "rp.repository"

/* A store without index.json gives an empty index. Damage is ERR_INPUT. */
int index_read(const struct store *s, struct json **out, struct err *e);
/* Returns the descriptor that holds the lock; closing it releases. */
int index_lock(const struct store *s, struct err *e);
/* Writes oci-layout if missing, and index.json, durably. */
int index_write(const struct store *s, const struct json *index, struct err *e);

/* The value of an annotation or NULL. */
const char *index_note(const struct json *desc, const char *annotation);

/*
 * The descriptor of a full, complete reference, borrowed: by name, or with a digest by the
 * repository and the digest of the manifest or of the list it came from. NULL: none.
 */
struct json *index_find(const struct json *index, const struct ref *name);

/*
 * The image whose id or digest begins with prefix ("sha256:" in front is fine; at least 3 hex
 * digits). Returns 1 and *out (borrowed), 0 none, -1 with ERR_INPUT where several images match.
 */
int index_find_id(const struct store *s, const struct json *index, const char *prefix,
		  struct json **out, struct err *e);

/* rp.image.id, or from the manifest; NULL where that is damaged. The caller frees. */
char *index_image_id(const struct store *s, const struct json *desc);

/*
 * Takes the name from the descriptor at hand; the image stays as a nameless one unless it has
 * another name.
 */
void index_untag(struct json *index, const char *name);

/*
 * Gives the name to a descriptor (taken over), taking it from whoever had it. A name by digest adds
 * nothing where the image has a tag in the same repository, and goes where it gets one.
 */
void index_tag(struct json *index, const char *name, struct json *desc);

#endif
