/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What will be tried, in order, with all that must be read from files before confinement. */
#ifndef IMG_FETCH_PLAN_H
#define IMG_FETCH_PLAN_H

#include "oci/policy.h"
#include "fetch.h"
#include "reg/session.h"

struct plan_options {
	const char *authfile;
	const char *cert_dir;
	int64_t creds_fd; /* 0: none */
	int64_t retry, delay_ms, timeout;
	int tls_verify; /* -1: as registries.conf says */
	bool prompt;	/* an ambiguous short name: ask on the terminal */
};

/* One full name and the places that have it. */
struct candidate {
	struct ref name;
	struct err err; /* why there is no place: blocked, or against the policy */
	struct session *sessions;
	size_t n;
};

struct plan {
	struct auths auths;
	struct policy policy;
	struct http *http;
	struct candidate *v;
	size_t n;
};
void plan_release(struct plan *p);
#define _plan_ _clean_(plan_release)

/* Reads policy.json, registries.conf, auth.json, certs.d; asks credential helpers. */
int plan_make(struct plan *p, const struct plan_options *o, const struct ref *name, struct err *e);

/*
 * ask.c: the terminal, -1 where there is none. Shows the names on it and leaves the chosen one;
 * ERR_DENIED where none was. shrt: what the user said.
 */
int ask_terminal(void);
int ask_image(int tty, const char *shrt, struct refs *names, struct err *e);

/* Tries all in order. */
int plan_run(struct plan *p, struct fetch *f, const char *text, struct json **image, struct err *e);

#endif
