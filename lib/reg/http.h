/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP requests through libcurl, each with a handle of its own: no header, cookie or credential of
 * one request can get into another. Redirects are not followed here. Connections are kept and
 * reused by all requests to the same origin.
 */
#ifndef RP_REG_HTTP_H
#define RP_REG_HTTP_H

#include <curl/curl.h>

#include "base/str.h"

struct http;

/* TLS settings of one registry. All texts are PEM in memory. */
struct tls {
	bool no_verify;
	struct buf ca;	 /* trusted besides the system's; may be empty */
	struct buf cert; /* client certificate and key, or empty */
	struct buf key;
};
void tls_release(struct tls *t);
/* certs.d of the host ("HOST:PORT"), or of dir only where dir is not NULL. */
int tls_load(struct tls *t, const char *host, const char *dir, struct err *e);

struct request {
	/* to be set */
	char *url;
	struct strv headers;
	const char *post; /* form data: POST instead of GET */
	const struct tls *tls;
	bool no_client_cert; /* keep our own certificate to ourselves */
	bool plain_http;     /* http:// is allowed */
	bool bulk;	     /* a blob: only a minimal speed is asked for, no total time */
	/* Gets the body of a 2xx answer, piece by piece; status is set. Fails by filling e. */
	int (*sink)(void *data, struct request *r, const char *bytes, size_t len, struct err *e);
	/* Called before each try, so that what an earlier one brought does not count; may be NULL.
	 */
	void (*restart)(void *data);
	void *data;

	/* results */
	bool done;
	bool begun;  /* some of the body came */
	long status; /* HTTP status, 0 where there was none */
	CURLcode code;
	struct err err; /* of sink or of the limits */
	char *type, *location, *challenge, *digest, *content_range, *retry_after;
	struct buf error_body; /* the beginning of the body of other answers */

	/* private */
	CURL *easy;
	struct curl_slist *list;
	size_t header_bytes;
	char curl_text[CURL_ERROR_SIZE];
};
#define REQUEST_NONE \
	{            \
		0    \
	}
void request_release(struct request *r);
#define _request_ _clean_(request_release)

/* timeout in seconds: for a whole small answer, or for a blob that does not move. */
struct http *http_new(int64_t timeout, struct err *e);
void http_free(struct http *h);

/* Starts a request; it is done when http_wait() has set r->done. */
int http_start(struct http *h, struct request *r, struct err *e);
/* Stops it at once. */
void http_stop(struct http *h, struct request *r);
/* Works on all requests; returns when something happened, or fd (-1: none) has input, or in ms. */
int http_wait(struct http *h, int fd, int timeout_ms, struct err *e);
/* One request to its end; others go on meanwhile. */
int http_do(struct http *h, struct request *r, struct err *e);

/* "SCHEME://HOST:PORT" of a URL, the port always there; NULL for what is no http(s) URL. */
char *url_origin(const char *url);
/* A Location relative to base; NULL where it is no http(s) URL, or has a user name in it. */
char *url_resolve(const char *base, const char *location);

#endif
