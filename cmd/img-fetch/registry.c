/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image from a registry: the documents, one request each. The blobs are in blobs.c.
 * Reference: opencontainers/distribution-spec, spec.md, "Pull".
 */
#include "registry.h"

#define ACCEPT MT_OCI_MANIFEST ", " MT_OCI_INDEX ", " MT_DOCKER_MANIFEST ", " MT_DOCKER_LIST

struct sink {
	struct buf *out;
	const char *what;
};

static int keep(void *data, struct request *r, const char *bytes, size_t len, struct err *e)
{
	struct sink *s = data;

	if (s->out->len + len > JSON_MAX_REMOTE)
		return err_set(e, ERR_INPUT, 0, NULL, "%s is larger than %u bytes", s->what,
			       JSON_MAX_REMOTE);
	buf_add(s->out, bytes, len);
	return 0;
}

static void forget(void *data)
{
	struct sink *s = data;

	s->out->len = 0;
}

static int get(struct registry *r, const char *kind, const char *what, const char *accept,
	       struct buf *out, struct call *c, struct err *e)
{
	struct sink sink = {out, kind[0] == 'm' ? "the manifest" : "the image configuration"};

	*c = (struct call){.session = r->session, .accept = accept};
	c->path = str_fmt("/v2/%s/%s/%s", r->session->ref.path, kind, what);
	c->req.sink = keep;
	c->req.restart = forget;
	c->req.data = &sink;
	return call_run(c, e);
}

static int registry_manifest(struct source *src, const struct descriptor *want, struct buf *out,
			     char **type, struct err *e)
{
	struct registry *r = (struct registry *)src;
	const struct ref *ref = &r->session->ref;
	const char *what = want ? want->digest : ref->digest ? ref->digest : ref->tag;
	_call_ struct call c = {0};
	char sum[DIGEST_LEN];

	if (get(r, "manifests", what, ACCEPT, out, &c, e) < 0) {
		if (e->code == ERR_NOTFOUND)
			err_set(e, ERR_NOTFOUND, 0, NULL, "%s has no image %s%s%s",
				r->session->ref.domain, ref->path, strchr(what, ':') ? "@" : ":",
				what);
		return -1;
	}
	digest_of(out->data ? out->data : "", out->len, sum);
	if (c.req.digest && digest_hex(c.req.digest) && !str_eq(c.req.digest, sum))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "the manifest has the digest %s, the registry says %s", sum,
			       c.req.digest);
	*type = take_ptr(c.req.type);
	return 0;
}

static int registry_small(struct source *src, const struct descriptor *want, struct buf *out,
			  struct err *e)
{
	_call_ struct call c = {0};

	return get((struct registry *)src, "blobs", want->digest, NULL, out, &c, e);
}

void registry_init(struct registry *r, struct fetch *f, struct session *s)
{
	*r = (struct registry){
		.src = {registry_manifest, registry_small, registry_blobs}, .f = f, .session = s};
}
