/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Credentials for registries: containers-auth.json(5) and docker-credential-helpers.
 *
 * Files in order: the one named (--authfile), else $REGISTRY_AUTH_FILE, and then no other; else
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json,
 * ~/.docker/config.json (or $DOCKER_CONFIG/config.json), ~/.dockercfg. In each, a credHelpers entry
 * for the host, then the keys of auths from the most specific (HOST/NAMESPACE/REPO) to HOST. The
 * first match wins.
 */
#ifndef RP_REG_AUTH_H
#define RP_REG_AUTH_H

#include "oci/ref.h"
#include "wire/json.h"

struct cred {
	char *user;
	char *secret; /* password, or with identity an OAuth2 refresh token */
	bool identity;
};
/* Overwrites the secret before it is freed. */
void cred_release(struct cred *c);
#define _cred_ _clean_(cred_release)

struct auths {
	struct json *files; /* array of parsed files, in order */
};
int auths_load(struct auths *a, const char *authfile, struct err *e);
/* Adds one file's text; for tests. */
int auths_add(struct auths *a, const char *text, size_t len, const char *name, struct err *e);
void auths_release(struct auths *a);
#define _auths_ _clean_(auths_release)

/*
 * The credentials for a repository. helpers is registries.conf's credential-helpers (may be empty
 * or NULL). With run_helpers programs docker-credential-NAME may be started. Returns 1 found,
 * 0 none, -1 error.
 */
int auths_find(const struct auths *a, const struct ref *repo, const struct strv *helpers,
	       bool run_helpers, struct cred *out, struct err *e);

/* "USER:PASSWORD", split at the first colon. */
int cred_parse(const char *text, struct cred *out, struct err *e);

/* Base64 with padding, as HTTP and auth.json use it. */
char *base64_encode(const void *data, size_t len);
/* Returns the bytes with a NUL behind, or NULL where s is no base64. */
char *base64_decode(const char *s, size_t *len);

#endif
