/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Image references: [DOMAIN/]PATH[:TAG][@DIGEST], the grammar of the OCI distribution specification
 * and of the "reference" package that all engines share.
 */
#ifndef RP_OCI_REF_H
#define RP_OCI_REF_H

#include "base/str.h"

/*
 * domain is NULL in a short name ("busybox", "library/busybox"): the first component is a domain
 * only where it has a '.' or ':', or is "localhost", or has an upper-case letter.
 */
struct ref {
	char *domain; /* "docker.io", "localhost:5000", or NULL */
	char *path;   /* "library/busybox" */
	char *tag;    /* or NULL */
	char *digest; /* "sha256:HEX" or NULL */
};
void ref_release(struct ref *r);
#define _ref_ _clean_(ref_release)

/*
 * Parses s as it is: no tag is added. A domain of docker.io (or index.docker.io) gets the
 * "library/" that the hub's official images have. ERR_INPUT names what is wrong.
 */
int ref_parse(const char *s, struct ref *out, struct err *e);

/* A copy with the domain put in front of a short name, docker.io's "library/" included. */
struct ref ref_with_domain(const struct ref *r, const char *domain);
struct ref ref_copy(const struct ref *r);

/* Adds ":latest" where there is neither tag nor digest; drops the tag where there is a digest. */
void ref_complete(struct ref *r);

/* "DOMAIN/PATH" and the whole reference. The caller frees. */
char *ref_repository(const struct ref *r);
char *ref_text(const struct ref *r);

#endif
