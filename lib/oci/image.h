/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manifests and image configurations: checks of what a stranger wrote, and the `image` member of
 * the container document. Formats: OCI image-spec v1.1 and Docker's "schema 2".
 */
#ifndef RP_OCI_IMAGE_H
#define RP_OCI_IMAGE_H

#include "oci/platform.h"
#include "oci/store.h"

#define MT_OCI_MANIFEST	   "application/vnd.oci.image.manifest.v1+json"
#define MT_OCI_INDEX	   "application/vnd.oci.image.index.v1+json"
#define MT_OCI_CONFIG	   "application/vnd.oci.image.config.v1+json"
#define MT_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MT_DOCKER_LIST	   "application/vnd.docker.distribution.manifest.list.v2+json"
#define MT_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"

#define IMAGE_MAX_LAYERS 1024

enum manifest_kind { MANIFEST_IMAGE, MANIFEST_INDEX };

/*
 * What the document is. content_type is what the server said (without parameters), or NULL: where
 * document and server both name a type they must agree. ERR_INPUT for a document that is both or
 * neither; ERR_UNSUPPORTED for schema 1 and for types that are no image.
 */
int manifest_kind(const struct json *m, const char *content_type, enum manifest_kind *out,
		  struct err *e);

/* The media type that goes into the index: the document's own, or what its shape means. */
const char *manifest_type(const struct json *m, const char *content_type);

/* A descriptor: digest sha256:HEX, size at most max. */
struct descriptor {
	const char *digest; /* borrowed from the document */
	const char *type;
	int64_t size;
};
int descriptor_read(const struct cur *c, int64_t max, struct descriptor *out, struct err *e);

/*
 * The descriptor in an index that fits best; manifests of other kinds are passed over.
 * ERR_NOTFOUND lists what there is.
 */
int index_choose(struct json *index, const struct platform *want, struct descriptor *out,
		 struct err *e);

/* Checks the config and layer descriptors of an image manifest; *config is filled. */
int manifest_check(struct json *m, struct descriptor *config, struct err *e);

/*
 * The `image` member (rp-json(5)) from a checked manifest, its digest, and its configuration.
 * reference may be NULL.
 */
int image_describe(struct json *manifest, struct json *config, const char *reference,
		   const char *digest, struct json **out, struct err *e);

/*
 * The same from the store. ERR_NOTFOUND where manifest or configuration are missing or damaged.
 * With manifest and config (may be NULL) the documents are handed out as well.
 */
int image_load(const struct store *s, const char *reference, const char *digest, struct json **out,
	       struct json **manifest, struct json **config, struct err *e);

/* A JSON blob of the store, ERR_NOTFOUND where there is none. */
int blob_json(const struct store *s, const char *digest, struct json **out, struct err *e);

/* A descriptor of the blob, or -1 with ERR_NOTFOUND. *size as fstat(2) has it. */
int blob_open(const struct store *s, const char *digest, int64_t *size, struct err *e);

/*
 * Fills rootfs.layers of the container document. Returns 1, or 0 where a layer is not unpacked
 * (*missing: its diffID, borrowed; rootfs is left alone), -1 on failure.
 */
int image_rootfs(const struct store *s, const struct json *image, struct json *doc,
		 const char **missing, struct err *e);

#endif
