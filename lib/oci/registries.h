/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * registries.conf, version 2 (and the older version 1): where an image name leads to.
 * Reference: containers-registries.conf(5), containers-registries.conf.d(5).
 *
 * Files, in this order:
 *   - the main file: $CONTAINERS_REGISTRIES_CONF (then no drop-ins are read), else the first of
 *     $XDG_CONFIG_HOME/containers/, /etc/containers/, /usr/share/containers/registries.conf;
 *   - drop-ins registries.conf.d/[name].conf of /usr/share, /etc and the user, by name in each;
 *   - $CONTAINERS_REGISTRIES_CONF_OVERRIDE;
 *   - the machine-written $XDG_CACHE_HOME/containers/short-name-aliases.conf.
 * What is read later wins.
 */
#ifndef RP_OCI_REGISTRIES_H
#define RP_OCI_REGISTRIES_H

#include "oci/ref.h"
#include "wire/json.h"

enum short_name_mode { SHORT_PERMISSIVE, SHORT_ENFORCING, SHORT_DISABLED };

struct registries {
	struct strv search;   /* unqualified-search-registries */
	struct strv helpers;  /* credential-helpers */
	struct json *aliases; /* object: short name -> full name */
	struct json *tables;  /* object: prefix -> the [[registry]] table */
	enum short_name_mode mode;
};
void registries_release(struct registries *r);
#define _registries_ _clean_(registries_release)

int registries_load(struct registries *r, struct err *e);

/* Adds one file's text on top; for registries_load() and for tests. */
int registries_add(struct registries *r, const char *text, size_t len, const char *name,
		   struct err *e);

/* A list of references that it owns. */
struct refs {
	struct ref *v;
	size_t n;
};
void refs_add(struct refs *l, struct ref r); /* takes over */
void refs_release(struct refs *l);
#define _refs_ _clean_(refs_release)

/*
 * The full names that a reference may stand for, complete with a tag, best first. A full name
 * stands for itself. A short name for its alias, otherwise for the name in each search registry.
 * ERR_NOTFOUND: no alias and no search registry. ERR_DENIED: several search registries in
 * short-name-mode "enforcing", which a person has to
 * decide, because anybody may own the name in one of them.
 */
int registries_candidates(const struct registries *r, const struct ref *name, struct refs *out,
			  struct err *e);

/*
 * Does a short name have several candidates among which a person should choose? Not in
 * short-name-mode "disabled", where all are tried.
 */
bool registries_ambiguous(const struct registries *r, const struct ref *name);

/*
 * The same among local images: localhost/NAME, the alias, each search registry, docker.io, from
 * where most short names were pulled before registries.conf was changed. Never fails.
 */
void registries_local(const struct registries *r, const struct ref *name, struct refs *out);

/* Where to ask for an image. */
struct endpoint {
	struct ref ref; /* domain and path as the server knows them */
	bool insecure;	/* plain HTTP and unverified TLS are allowed */
	bool mirror;
};
struct endpoints {
	struct endpoint *v;
	size_t n;
};
void endpoints_release(struct endpoints *l);
#define _endpoints_ _clean_(endpoints_release)

/*
 * The places for a full name: mirrors in order, then the location itself. ERR_DENIED where the
 * prefix is blocked.
 */
int registries_endpoints(const struct registries *r, const struct ref *name, struct endpoints *out,
			 struct err *e);

#endif
