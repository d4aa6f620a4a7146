/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP engine: one curl multi handle drives all requests of the process.
 *
 * Limits, because a server may be hostile: 64 KiB of header lines, a total time for small answers,
 * a minimal speed for blobs (1 KiB/s averaged over the timeout), no redirects, no protocols but
 * HTTP. Bodies of failures are kept up to 16 KiB for the message.
 *
 * What is not used is off: cookies, netrc, authentication by curl, referers, redirects.
 */
#include <string.h>

#include "reg/http.h"

#define HEADERS_MAX    (64 << 10)
#define ERROR_BODY_MAX (16 << 10)
#define MIN_SPEED      1024

struct http {
	CURLM *multi;
	int64_t timeout;
};

struct http *http_new(int64_t timeout, struct err *e)
{
	struct http *h;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		err_set(e, ERR_FAILED, 0, "curl_global_init", "libcurl does not start");
		return NULL;
	}
	h = mem_alloc(sizeof(*h));
	h->timeout = timeout;
	h->multi = curl_multi_init();
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_multi_cleanup(h->multi);
	free(h);
}

static void results_release(struct request *r)
{
	char **texts[] = {&r->type,   &r->location,	 &r->challenge,
			  &r->digest, &r->content_range, &r->retry_after};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
	buf_release(&r->error_body);
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->list);
	r->easy = NULL;
	r->list = NULL;
	r->status = 0;
	r->header_bytes = 0;
	r->done = false;
	r->begun = false;
	err_clear(&r->err);
}

void request_release(struct request *r)
{
	results_release(r);
	free(r->url);
	for (size_t i = 0; i < r->headers.n; i++)
		explicit_bzero(r->headers.v[i], strlen(r->headers.v[i]));
	strv_release(&r->headers);
	*r = (struct request)REQUEST_NONE;
}

static long status_of(struct request *r)
{
	long status = 0;

	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Keeps the value of a header line that we know. Challenges are collected, one a line. */
static void keep_header(struct request *r, const char *line, size_t len)
{
	static const struct {
		const char *name;
		size_t offset;
	} known[] = {
		{"content-type:", offsetof(struct request, type)},
		{"location:", offsetof(struct request, location)},
		{"www-authenticate:", offsetof(struct request, challenge)},
		{"docker-content-digest:", offsetof(struct request, digest)},
		{"content-range:", offsetof(struct request, content_range)},
		{"retry-after:", offsetof(struct request, retry_after)},
	};

	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t n = strlen(known[i].name);
		char **to = (char **)((char *)r + known[i].offset), *old = *to;

		if (len < n || strncasecmp(line, known[i].name, n) != 0)
			continue;
		while (n < len && (line[n] == ' ' || line[n] == '\t'))
			n++;
		if (to == &r->challenge && old)
			*to = str_fmt("%s\n%.*s", old, (int)(len - n), line + n);
		else
			*to = str_ndup(line + n, len - n);
		free(old);
	}
}

static size_t on_header(char *line, size_t one, size_t len, void *data)
{
	struct request *r = data;

	r->header_bytes += len;
	if (r->header_bytes > HEADERS_MAX) {
		err_set(&r->err, ERR_INPUT, 0, NULL, "more than %d bytes of headers", HEADERS_MAX);
		return 0;
	}
	keep_header(r, line, len);
	return len;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *data)
{
	struct request *r = data;

	r->status = status_of(r);
	r->begun = r->begun || len;
	if (r->status >= 200 && r->status < 300)
		return r->sink(r->data, r, bytes, len, &r->err) < 0 ? 0 : len;
	if (r->error_body.len < ERROR_BODY_MAX) {
		buf_add(&r->error_body, bytes, len);
		return len;
	}
	return 0; /* the rest is of no use */
}

static void set_blob(CURL *c, CURLoption option, const struct buf *b)
{
	struct curl_blob blob = {b->data, b->len, CURL_BLOB_COPY};

	if (b->len)
		curl_easy_setopt(c, option, &blob);
}

static void set_tls(CURL *c, const struct tls *t, bool no_client_cert)
{
	if (!t)
		return;
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, t->no_verify ? 0L : 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, t->no_verify ? 0L : 2L);
	set_blob(c, CURLOPT_CAINFO_BLOB, &t->ca); /* the system's CURLOPT_CAPATH stays */
	if (no_client_cert)
		return;
	set_blob(c, CURLOPT_SSLCERT_BLOB, &t->cert);
	set_blob(c, CURLOPT_SSLKEY_BLOB, &t->key);
}

static void set_limits(CURL *c, const struct request *r, int64_t timeout)
{
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)(timeout < 30 ? timeout : 30));
	if (r->bulk) {
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)MIN_SPEED);
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)timeout);
		curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 512L << 10);
	} else {
		curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)timeout);
	}
}

int http_start(struct http *h, struct request *r, struct err *e)
{
	CURL *c;

	results_release(r);
	if (r->restart)
		r->restart(r->data);
	c = r->easy = curl_easy_init();
	if (!c)
		return err_set(e, ERR_FAILED, 0, "curl_easy_init", "libcurl does not start");
	strv_foreach (header, &r->headers)
		r->list = curl_slist_append(r->list, header);
	curl_easy_setopt(c, CURLOPT_URL, r->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, r->plain_http ? "http,https" : "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, r->list);
	curl_easy_setopt(c, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "rp/1 img-fetch");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(c, CURLOPT_PRIVATE, r);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->curl_text);
	if (r->post)
		curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, r->post);
	set_tls(c, r->tls, r->no_client_cert);
	set_limits(c, r, h->timeout);
	if (curl_multi_add_handle(h->multi, c) != CURLM_OK)
		return err_set(e, ERR_FAILED, 0, "curl_multi_add_handle", "cannot start a request");
	return 0;
}

void http_stop(struct http *h, struct request *r)
{
	if (r->easy && !r->done)
		curl_multi_remove_handle(h->multi, r->easy);
	r->done = true;
}

static void reap(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct request *r = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&r);
		r->code = code;
		r->status = status_of(r);
		curl_multi_remove_handle(h->multi, r->easy);
		r->done = true;
	}
}

int http_wait(struct http *h, int fd, int timeout_ms, struct err *e)
{
	struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
	CURLMcode code;
	int running;

	code = curl_multi_poll(h->multi, fd >= 0 ? &extra : NULL, fd >= 0 ? 1 : 0, timeout_ms,
			       NULL);
	if (code == CURLM_OK)
		code = curl_multi_perform(h->multi, &running);
	if (code != CURLM_OK)
		return err_set(e, ERR_FAILED, 0, "curl_multi_poll", "%s",
			       curl_multi_strerror(code));
	reap(h);
	return 0;
}

int http_do(struct http *h, struct request *r, struct err *e)
{
	int running;

	if (http_start(h, r, e) < 0)
		return -1;
	curl_multi_perform(h->multi, &running);
	reap(h);
	while (!r->done)
		if (http_wait(h, -1, 1000, e) < 0)
			return -1;
	return 0;
}

static char *url_part(CURLU *u, CURLUPart part, unsigned flags)
{
	char *s = NULL, *own;

	if (curl_url_get(u, part, &s, flags) != CURLUE_OK)
		return NULL;
	own = str_dup(s);
	curl_free(s);
	return own;
}

static bool http_scheme(const char *s)
{
	return str_eq(s, "http") || str_eq(s, "https");
}

char *url_origin(const char *url)
{
	CURLU *u = curl_url();
	_free_ char *scheme = NULL, *host = NULL, *port = NULL;

	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
		scheme = url_part(u, CURLUPART_SCHEME, 0);
		host = url_part(u, CURLUPART_HOST, 0);
		port = url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	}
	curl_url_cleanup(u);
	if (!scheme || !host || !port || !http_scheme(scheme))
		return NULL;
	for (char *c = host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	return str_fmt("%s://%s:%s", scheme, host, port);
}

char *url_resolve(const char *base, const char *location)
{
	CURLU *u = curl_url();
	_free_ char *scheme = NULL, *user = NULL, *url = NULL;

	if (curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_URL, location, 0) == CURLUE_OK) {
		scheme = url_part(u, CURLUPART_SCHEME, 0);
		user = url_part(u, CURLUPART_USER, 0);
		url = url_part(u, CURLUPART_URL, 0);
	}
	curl_url_cleanup(u);
	return scheme && http_scheme(scheme) && !user ? take_ptr(url) : NULL;
}
