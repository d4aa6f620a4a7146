/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request with all that it may take: challenge and token, redirects, retries.
 *
 * Rules that keep credentials where they belong (CVE-2020-15157 and its family): the Authorization
 * header is put on a request, and our certificate shown, only if the URL's origin (scheme, host,
 * port) is the endpoint's own, decided anew for each request; a redirect is a new request; a
 * foreign URL never gets one. https
 * never falls back to http unless registries.conf or --tls-verify=false call the registry insecure,
 * and then only until it has answered over https once.
 *
 * Failures that pass (connection lost, too slow, 429, 502-504) are tried again from the first URL
 * with a doubling delay of at most a minute; Retry-After is honoured up to that. Others are final.
 */
#include <stdio.h>
#include <time.h>

#include "oci/image.h"
#include "reg/session.h"

#define MAX_REDIRECTS 5
#define MAX_AUTHS     2
#define MAX_DELAY_MS  60000

static void set_base(struct session *s, const char *scheme)
{
	const char *host = s->ref.domain;

	if (str_eq(host, "docker.io"))
		host = "registry-1.docker.io";
	free(s->base);
	free(s->origin);
	s->base = str_fmt("%s://%s", scheme, host);
	s->origin = url_origin(s->base);
}

void session_init(struct session *s)
{
	s->tls.no_verify = s->insecure;
	set_base(s, "https");
}

void session_release(struct session *s)
{
	if (s->authorization)
		explicit_bzero(s->authorization, strlen(s->authorization));
	free(s->authorization);
	free(s->base);
	free(s->origin);
	free(s->distrusted);
	tls_release(&s->tls);
	cred_release(&s->cred);
}

void call_release(struct call *c)
{
	request_release(&c->req);
	free(c->path);
	free(c->foreign);
}

static bool at_home(const struct call *c)
{
	_free_ char *origin = url_origin(c->req.url);

	return !c->foreign && str_eq(origin, c->session->origin);
}

int call_begin(struct call *c, struct err *e)
{
	struct session *s = c->session;
	struct request *r = &c->req;

	if (!r->url)
		r->url = c->foreign ? str_dup(c->foreign) : str_fmt("%s%s", s->base, c->path);
	strv_release(&r->headers);
	if (c->accept)
		strv_addf(&r->headers, "Accept: %s", c->accept);
	if (c->from > 0)
		strv_addf(&r->headers, "Range: bytes=%lld-", (long long)c->from);
	r->no_client_cert = !at_home(c);
	if (s->authorization && at_home(c))
		strv_addf(&r->headers, "Authorization: %s", s->authorization);
	r->tls = &s->tls;
	r->plain_http = s->insecure;
	return http_start(s->http, r, e);
}

static void forget_url(struct call *c)
{
	free(c->req.url);
	c->req.url = NULL;
	c->redirects = 0;
}

enum call_result call_retry(struct call *c, int64_t at_least_ms)
{
	int64_t delay = c->session->delay_ms;

	if (c->tries >= c->session->retry)
		return CALL_FAILED;
	for (int i = 0; i < c->tries && delay < MAX_DELAY_MS; i++)
		delay *= 2;
	if (delay < at_least_ms)
		delay = at_least_ms;
	c->wait_ms = (int)(delay > MAX_DELAY_MS ? MAX_DELAY_MS : delay);
	c->tries++;
	forget_url(c);
	return CALL_WAIT;
}

/* A document that comes so slowly that its time is over will do so again. */
static bool passing(CURLcode code, const struct request *r)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return r->bulk || !r->begun;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

/* Could this mean that the server speaks plain HTTP only? */
static bool no_tls(CURLcode code)
{
	return code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

static enum call_result connection_failed(struct call *c, struct err *e)
{
	struct session *s = c->session;
	CURLcode code = c->req.code;
	_free_ char *origin = url_origin(c->req.url);

	if (s->insecure && !s->settled && at_home(c) && str_after(s->base, "https:") &&
	    no_tls(code)) {
		set_base(s, "http");
		forget_url(c);
		return CALL_AGAIN;
	}
	err_set(e, ERR_FAILED, 0, NULL, "%s: %s", origin ? origin : c->req.url,
		c->req.curl_text[0] ? c->req.curl_text : curl_easy_strerror(code));
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		err_hint(e, "put the registry's authority into certs.d/%s/ca.crt", s->ref.domain);
	else if (code == CURLE_SSL_CONNECT_ERROR && strcasestr(c->req.curl_text, "version"))
		err_hint(e, "for plain HTTP mark the registry as insecure in registries.conf");
	return passing(code, &c->req) ? call_retry(c, 0) : CALL_FAILED;
}

static enum call_result redirected(struct call *c, struct err *e)
{
	_free_ char *to = NULL;

	if (++c->redirects > MAX_REDIRECTS) {
		err_set(e, ERR_FAILED, 0, NULL, "%s: more than %d redirects", c->session->origin,
			MAX_REDIRECTS);
		return CALL_FAILED;
	}
	if (!c->req.location) {
		err_set(e, ERR_FAILED, 0, NULL, "%s answers %ld without saying where to go",
			c->session->origin, c->req.status);
		return CALL_FAILED;
	}
	to = url_resolve(c->req.url, c->req.location);
	if (!to || (!str_after(to, "https:") && !c->session->insecure)) {
		err_set(e, ERR_DENIED, 0, NULL, "%s: redirect to %s refused", c->session->origin,
			to ? "plain HTTP" : "a bad address");
		return CALL_FAILED;
	}
	free(c->req.url);
	c->req.url = take_ptr(to);
	return CALL_AGAIN;
}

static enum call_result unauthorized(struct call *c, struct err *e)
{
	struct session *s = c->session;
	_free_ char *text = registry_message(&c->req.error_body);
	bool password = s->cred.user != NULL;

	if (at_home(c) && c->req.challenge && c->auths++ < MAX_AUTHS &&
	    (c->auths == 1 || !s->authorization || !str_after(s->authorization, "Basic ")))
		return session_authorize(s, c->req.challenge, e) < 0 ? CALL_FAILED : CALL_AGAIN;
	err_set(e, ERR_DENIED, 0, NULL, "%s refuses %s%s%s", s->ref.domain,
		password ? "the user name and password" : "access without a password",
		text ? ": " : "", text ? text : "");
	if (s->distrusted)
		err_hint(e,
			 "the password was not sent to the token server %s; to allow it, add "
			 "credentials for it to auth.json",
			 s->distrusted);
	else if (!password)
		err_hint(e, "add credentials for %s to auth.json, or check the name",
			 s->ref.domain);
	return CALL_FAILED;
}

/* Retry-After in milliseconds: seconds or an HTTP date; 0 for anything else. */
static int64_t retry_after(const char *text)
{
	int64_t seconds = 0;
	time_t when;

	if (!text)
		return 0;
	if (str_only(text, "0123456789")) {
		if (str_to_int(text, 0, MAX_DELAY_MS / 1000, &seconds) < 0)
			seconds = MAX_DELAY_MS / 1000;
		return seconds * 1000;
	}
	when = strchr(text, ':') ? curl_getdate(text, NULL) : -1;
	if (when < 0)
		return 0;
	seconds = (int64_t)(when - time(NULL));
	if (seconds > MAX_DELAY_MS / 1000)
		seconds = MAX_DELAY_MS / 1000;
	return seconds < 0 ? 0 : seconds * 1000;
}

static enum call_result refused(struct call *c, struct err *e)
{
	_free_ char *text = registry_message(&c->req.error_body);
	_free_ char *origin = url_origin(c->req.url);
	long status = c->req.status;
	bool passes = status == 429 || (status >= 502 && status <= 504);
	enum err_code code = status == 404   ? ERR_NOTFOUND
			     : status == 403 ? ERR_DENIED
			     : passes	     ? ERR_AGAIN
					     : ERR_FAILED;

	err_set(e, code, 0, NULL, "%s answers %ld%s%s", origin ? origin : "server", status,
		text ? ": " : "", text ? text : "");
	return passes ? call_retry(c, retry_after(c->req.retry_after)) : CALL_FAILED;
}

enum call_result call_react(struct call *c, struct err *e)
{
	long status = c->req.status;

	if (c->req.err.code) {
		*e = c->req.err;
		return CALL_FAILED;
	}
	if (status == 0 || (status < 300 && c->req.code != CURLE_OK))
		return connection_failed(c, e);
	c->session->settled = true;
	if (status >= 200 && status < 300)
		return CALL_OK;
	if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308)
		return redirected(c, e);
	return status == 401 ? unauthorized(c, e) : refused(c, e);
}

int call_run(struct call *c, struct err *e)
{
	for (;;) {
		enum call_result r;

		if (call_begin(c, e) < 0)
			return -1;
		while (!c->req.done)
			if (http_wait(c->session->http, -1, 1000, e) < 0)
				return -1;
		r = call_react(c, e);
		if (r == CALL_OK || r == CALL_FAILED)
			return r == CALL_OK ? 0 : -1;
		if (r == CALL_WAIT) {
			struct timespec t = {c->wait_ms / 1000, c->wait_ms % 1000 * 1000000L};

			nanosleep(&t, NULL);
		}
		err_clear(e);
	}
}
