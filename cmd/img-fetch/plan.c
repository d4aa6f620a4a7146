/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names, places, credentials, certificates: everything that has to be read or asked for before the
 * network is touched, so that the program can give up the file system first.
 *
 * A short name becomes several candidates, each candidate has its mirrors and its own place. All
 * are tried in order, each failure is reported, the first success wins. Credentials handed over by
 * the caller are used only where there is just one candidate, and not for its mirrors: nobody said
 * that the others may know them.
 */
#include <stdio.h>

#include "base/fd.h"
#include "plan.h"
#include "registry.h"

#define CREDS_MAX 4096

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct candidate *c = &p->v[i];

		for (size_t k = 0; k < c->n; k++) {
			ref_release(&c->sessions[k].ref);
			session_release(&c->sessions[k]);
		}
		free(c->sessions);
		ref_release(&c->name);
	}
	free(p->v);
	auths_release(&p->auths);
	policy_release(&p->policy);
	http_free(p->http);
	*p = (struct plan){0};
}

static int read_creds(int fd, struct cred *out, struct err *e)
{
	_buf_ struct buf b = {0};
	int r;

	if (fd_read_all(fd, CREDS_MAX, &b, "credentials", e) < 0)
		return -1;
	while (b.len && (b.data[b.len - 1] == '\n' || b.data[b.len - 1] == '\r'))
		b.data[--b.len] = '\0';
	r = cred_parse(b.data ? b.data : "", out, e);
	if (b.data)
		explicit_bzero(b.data, b.cap);
	return r;
}

static int make_session(struct plan *p, const struct plan_options *o, const struct registries *conf,
			const struct endpoint *at, const struct cred *given, struct session *s,
			struct err *e)
{
	*s = (struct session){
		.http = p->http, .auths = &p->auths, .retry = o->retry, .delay_ms = o->delay_ms};
	s->insecure = o->tls_verify < 0 ? at->insecure : !o->tls_verify;
	s->ref = ref_copy(&at->ref);
	session_init(s);
	if (tls_load(&s->tls, s->ref.domain, o->cert_dir, e) < 0)
		return -1;
	if (given && given->user && !at->mirror) {
		s->cred.user = str_dup(given->user);
		s->cred.secret = str_dup(given->secret);
		return 0;
	}
	return auths_find(&p->auths, &s->ref, &conf->helpers, true, &s->cred, e) < 0 ? -1 : 0;
}

static int make_candidate(struct plan *p, const struct plan_options *o,
			  const struct registries *conf, const struct cred *given,
			  struct candidate *c, struct err *e)
{
	_endpoints_ struct endpoints places = {0};

	/* both are reported when its turn comes */
	if (policy_check_registry(&p->policy, &c->name, &c->err) < 0 ||
	    registries_endpoints(conf, &c->name, &places, &c->err) < 0)
		return 0;
	c->sessions = mem_alloc(places.n * sizeof(*c->sessions));
	for (size_t i = 0; i < places.n; i++) {
		c->n++;
		if (make_session(p, o, conf, &places.v[i], given, &c->sessions[i], e) < 0)
			return -1;
	}
	return 0;
}

static int find_names(struct registries *conf, const struct plan_options *o, const struct ref *name,
		      struct refs *out, struct err *e)
{
	_close_ int tty = o->prompt && registries_ambiguous(conf, name) ? ask_terminal() : -1;
	_free_ char *text = ref_text(name);

	if (tty >= 0)
		conf->mode = SHORT_PERMISSIVE; /* the person is there */
	if (registries_candidates(conf, name, out, e) < 0)
		return -1;
	return tty >= 0 ? ask_image(tty, text, out, e) : 0;
}

int plan_make(struct plan *p, const struct plan_options *o, const struct ref *name, struct err *e)
{
	_registries_ struct registries conf = {0};
	_refs_ struct refs names = {0};
	_cred_ struct cred given = {0};

	if (policy_load(&p->policy, e) < 0 || registries_load(&conf, e) < 0 ||
	    find_names(&conf, o, name, &names, e) < 0 || auths_load(&p->auths, o->authfile, e) < 0)
		return -1;
	if (o->creds_fd && read_creds((int)o->creds_fd, &given, e) < 0)
		return -1;
	if (o->creds_fd && names.n > 1) {
		err_set(e, ERR_USAGE, 0, NULL, "--creds-fd with a short name of %zu candidates",
			names.n);
		return err_hint(e, "use the full name");
	}
	p->http = http_new(o->timeout, e);
	if (!p->http)
		return -1;
	p->v = mem_alloc((names.n + 1) * sizeof(*p->v));
	for (size_t i = 0; i < names.n; i++) {
		p->v[p->n].name = ref_copy(&names.v[i]);
		if (make_candidate(p, o, &conf, &given, &p->v[p->n++], e) < 0)
			return -1;
	}
	return 0;
}

/* The error of all: the only one, or a sum of them. */
static void sum_up(struct err *e, const char *text, size_t failures, bool all_missing,
		   const struct err *worst)
{
	struct err w = *worst;

	if (failures > 1)
		err_set(e, all_missing ? ERR_NOTFOUND : (enum err_code)w.code, 0, NULL,
			"%s: all %zu places failed", text, failures);
	else
		*e = w;
}

static int try_one(struct fetch *f, const struct candidate *c, struct session *s,
		   struct json **image, struct err *e)
{
	struct registry r;

	registry_init(&r, f, s);
	return pull(f, &r.src, &c->name, image, e);
}

int plan_run(struct plan *p, struct fetch *f, const char *text, struct json **image, struct err *e)
{
	size_t failures = 0, places = 0;
	bool all_missing = true;
	struct err worst = {0};

	for (size_t i = 0; i < p->n; i++)
		places += p->v[i].n ? p->v[i].n : 1;
	for (size_t i = 0; i < p->n; i++) {
		struct candidate *c = &p->v[i];
		_free_ char *full = ref_text(&c->name);

		progress_trying(f->progress, full);
		for (size_t k = 0; k < (c->n ? c->n : 1); k++) {
			struct err now = c->err;

			if (c->n && try_one(f, c, &c->sessions[k], image, &now) == 0)
				return 0;
			failures++;
			progress_failed(f->progress, full, &now, places == 1);
			if (!worst.code || (all_missing && now.code != ERR_NOTFOUND))
				worst = now;
			all_missing = all_missing && now.code == ERR_NOTFOUND;
		}
	}
	sum_up(e, text, failures, all_missing, &worst);
	return -1;
}
