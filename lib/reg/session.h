/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to one endpoint: its scheme, its credentials, redirects, failures that pass. */
#ifndef RP_REG_SESSION_H
#define RP_REG_SESSION_H

#include "reg/auth.h"
#include "oci/registries.h"
#include "reg/http.h"

struct session {
	struct http *http;
	struct ref ref; /* the name as the endpoint knows it; borrowed */
	bool insecure;	/* plain HTTP and unverified TLS are allowed */
	struct tls tls;
	struct cred cred;	   /* for this endpoint; user NULL: none */
	const struct auths *auths; /* for token servers that have credentials of their own */
	int64_t retry;		   /* further attempts after a failure that may pass */
	int64_t delay_ms;	   /* before the first; doubles */

	/* private */
	char *base;	     /* "https://HOST[:PORT]" */
	char *origin;	     /* of base */
	bool settled;	     /* the endpoint has answered over this scheme */
	char *authorization; /* the value of the header, or NULL */
	char *distrusted;    /* a token server that did not get the password */
};
void session_init(struct session *s);
void session_release(struct session *s);

/* One request with all that it may take. */
struct call {
	struct session *session;
	char *path;	    /* "/v2/..." */
	char *foreign;	    /* instead: a URL elsewhere, asked without credentials */
	const char *accept; /* or NULL */
	int64_t from;	    /* first byte that is wanted */
	struct request req;
	int redirects, auths, tries;
	int wait_ms; /* with CALL_WAIT */
};
void call_release(struct call *c);
#define _call_ _clean_(call_release)

enum call_result {
	CALL_OK,
	CALL_AGAIN,  /* call_begin() again at once */
	CALL_WAIT,   /* call_begin() again in wait_ms */
	CALL_FAILED, /* *e says why */
};

int call_begin(struct call *c, struct err *e);
/* What follows from a request that is done. */
enum call_result call_react(struct call *c, struct err *e);
/* A failure that may pass: CALL_WAIT with the delay, or CALL_FAILED where all tries are used up. */
enum call_result call_retry(struct call *c, int64_t at_least_ms);
/* All of it. */
int call_run(struct call *c, struct err *e);

/* ---- token.c ---- */

/*
 * Answers the WWW-Authenticate lines of a 401: sets s->authorization. ERR_DENIED where there are no
 * credentials for it.
 */
int session_authorize(struct session *s, const char *challenge, struct err *e);

/* The message of a registry's JSON error, or NULL. The caller frees. */
char *registry_message(const struct buf *body);

#endif
