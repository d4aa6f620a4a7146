/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a name to places: short names to full names, full names to endpoints.
 *
 * A file is parsed to JSON values (oci/toml.h), its types are checked with cursors, and it is laid
 * over what earlier files said: lists and modes replace, aliases and [[registry]] tables replace by
 * name. Only then names are resolved, from memory. Loading is in registries_load.c.
 *
 * Names are matched as text "DOMAIN/PATH:TAG" against prefixes. A prefix must end where a part of
 * the name ends, so that "example.com/foo" does not match "example.com/foobar", and "example.com"
 * does not match "example.com:5000".
 */
#include "oci/registries.h"

void registries_release(struct registries *r)
{
	strv_release(&r->search);
	strv_release(&r->helpers);
	json_put(r->aliases);
	json_put(r->tables);
	*r = (struct registries){0};
}

void refs_add(struct refs *l, struct ref r)
{
	l->v = mem_resize(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = r;
}

void refs_release(struct refs *l)
{
	for (size_t i = 0; i < l->n; i++)
		ref_release(&l->v[i]);
	free(l->v);
	*l = (struct refs){0};
}

void endpoints_release(struct endpoints *l)
{
	for (size_t i = 0; i < l->n; i++)
		ref_release(&l->v[i].ref);
	free(l->v);
	*l = (struct endpoints){0};
}

/* The short name in a search registry, which may have a path itself. */
static int in_registry(const char *registry, const struct ref *name, struct refs *out,
		       struct err *e)
{
	_free_ char *shrt = ref_text(name), *full = str_fmt("%s/%s", registry, shrt);
	struct ref r = {0};

	if (ref_parse(full, &r, e) < 0)
		return err_prefix(e, "unqualified-search-registries");
	if (!r.domain) {
		ref_release(&r);
		return err_set(e, ERR_INPUT, 0, NULL,
			       "unqualified-search-registries: %s is no registry", registry);
	}
	ref_complete(&r);
	refs_add(out, r);
	return 0;
}

/* 1 and one more reference where the short name has an alias. */
static int aliased(const struct registries *r, const struct ref *name, struct refs *out,
		   struct err *e)
{
	const char *target = json_get_str(r->aliases, name->path, NULL);
	struct ref full = {0};

	if (!target)
		return 0;
	if (ref_parse(target, &full, e) < 0)
		return err_prefix(e, "alias of %s", name->path);
	if (!full.domain || full.tag || full.digest) {
		ref_release(&full);
		return err_set(e, ERR_INPUT, 0, NULL,
			       "alias of %s: %s is no full name without tag and digest", name->path,
			       target);
	}
	full.tag = str_dup(name->tag);
	full.digest = str_dup(name->digest);
	ref_complete(&full);
	refs_add(out, full);
	return 1;
}

static int unresolved(const struct ref *name, struct err *e)
{
	err_set(e, ERR_NOTFOUND, 0, NULL,
		"short name %s: no alias and no unqualified-search-registries in registries.conf",
		name->path);
	return err_hint(e, "use a full name such as docker.io/%s%s",
			strchr(name->path, '/') ? "" : "library/", name->path);
}

int registries_candidates(const struct registries *r, const struct ref *name, struct refs *out,
			  struct err *e)
{
	int alias;

	if (name->domain) {
		struct ref full = ref_copy(name);

		ref_complete(&full);
		refs_add(out, full);
		return 0;
	}
	alias = aliased(r, name, out, e);
	if (alias != 0)
		return alias < 0 ? -1 : 0;
	if (r->search.n == 0)
		return unresolved(name, e);
	if (r->search.n > 1 && r->mode == SHORT_ENFORCING) {
		err_set(e, ERR_DENIED, 0, NULL,
			"short name %s is ambiguous: %zu search registries and short-name-mode "
			"enforcing",
			name->path, r->search.n);
		return err_hint(e, "use the full name, such as %s/%s", r->search.v[0], name->path);
	}
	strv_foreach (registry, &r->search)
		if (in_registry(registry, name, out, e) < 0)
			return -1;
	return 0;
}

bool registries_ambiguous(const struct registries *r, const struct ref *name)
{
	return !name->domain && r->mode != SHORT_DISABLED && r->search.n > 1 &&
	       !json_get_str(r->aliases, name->path, NULL);
}

void registries_local(const struct registries *r, const struct ref *name, struct refs *out)
{
	struct ref full;
	struct err e = {0};

	if (name->domain) {
		full = ref_copy(name);
		ref_complete(&full);
		refs_add(out, full);
		return;
	}
	full = ref_with_domain(name, "localhost");
	ref_complete(&full);
	refs_add(out, full);
	aliased(r, name, out, &e);
	strv_foreach (registry, &r->search)
		in_registry(registry, name, out, &e);
	if (!strv_has(&r->search, "docker.io"))
		in_registry("docker.io", name, out, &e);
}

/* The length of text that prefix covers, or 0. */
static size_t prefix_match(const char *text, const char *prefix)
{
	const char *rest = str_after(text, prefix);
	size_t host = strcspn(text, "/"), n;

	if (str_after(prefix, "*.")) {
		const char *suffix = prefix + 1;

		n = strlen(suffix);
		return host > n && strncmp(text + host - n, suffix, n) == 0 ? host : 0;
	}
	if (!rest || rest == text)
		return 0;
	if (*rest && *rest != '/' && *rest != '@' && !(*rest == ':' && strchr(prefix, '/')))
		return 0;
	return (size_t)(rest - text);
}

static struct json *find_table(const struct registries *r, const char *text, size_t *covered)
{
	struct json *best = NULL;

	*covered = 0;
	json_foreach (m, r->tables) {
		size_t n = prefix_match(text, m.key);

		/* An exact host wins over a wildcard that covers as much. */
		if (n > *covered || (n && n == *covered && m.key[0] != '*')) {
			*covered = n;
			best = m.val;
		}
	}
	return best;
}

static int add_endpoint(struct endpoints *out, const char *location, const char *rest,
			const struct json *table, bool mirror, struct err *e)
{
	_free_ char *text = str_fmt("%s%s", location, rest);
	struct endpoint p = {.insecure = json_get_bool(table, "insecure", false), .mirror = mirror};

	if (ref_parse(text, &p.ref, e) < 0)
		return err_prefix(e, "registries.conf, location %s", location);
	if (!p.ref.domain) {
		ref_release(&p.ref);
		return err_set(e, ERR_INPUT, 0, NULL, "registries.conf: location %s has no host",
			       location);
	}
	out->v = mem_resize(out->v, out->n + 1, sizeof(*out->v));
	out->v[out->n++] = p;
	return 0;
}

static bool mirror_fits(const struct json *table, const struct json *mirror, const struct ref *name)
{
	const char *from = json_get_str(mirror, "pull-from-mirror", "all");

	if (json_get_bool(table, "mirror-by-digest-only", false) || str_eq(from, "digest-only"))
		return name->digest != NULL;
	if (str_eq(from, "tag-only"))
		return name->digest == NULL;
	return true;
}

int registries_endpoints(const struct registries *r, const struct ref *name, struct endpoints *out,
			 struct err *e)
{
	_free_ char *text = ref_text(name);
	size_t covered;
	struct json *table = find_table(r, text, &covered);
	_free_ char *self = str_ndup(text, covered);
	const char *location = json_get_str(table, "location", "");

	if (!table)
		return add_endpoint(out, text, "", NULL, false, e);
	if (json_get_bool(table, "blocked", false)) {
		err_set(e, ERR_DENIED, 0, NULL, "%s is blocked by registries.conf", text);
		return -1;
	}
	json_each (m, json_get(table, "mirror")) {
		if (mirror_fits(table, m.v, name) &&
		    add_endpoint(out, json_get_str(m.v, "location", ""), text + covered, m.v, true,
				 e) < 0)
			return -1;
	}
	return add_endpoint(out, *location ? location : self, text + covered, table, false, e);
}
