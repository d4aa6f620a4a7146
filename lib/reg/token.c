/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers to a 401: Basic, or a Bearer token from the token server that the registry names.
 * References: RFC 9110 section 11, RFC 6750, the distribution project's "token authentication" and
 * "OAuth2" pages.
 *
 * The registry chooses the token server, so a hostile registry (or whoever sits on the way to an
 * insecure one) could have the password sent anywhere. It is sent only if the server is the
 * registry's own origin, or both speak https and their hosts share a parent domain (as
 * registry-1.docker.io and auth.docker.io), or the user has credentials for that server by name.
 * Otherwise the token is asked for without a password. We ask for the scope that we need, never for
 * the one that the challenge proposes. A token lives as long as the process.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "wire/json.h"
#include "reg/session.h"

#define TOKEN_MAX 65536

struct challenge {
	bool bearer, basic;
	char *realm, *service;
};

static void challenge_release(struct challenge *c)
{
	free(c->realm);
	free(c->service);
}

char *registry_message(const struct buf *body)
{
	_json_ struct json *j = NULL;
	const struct json *first;
	const char *text;

	if (!body->len || json_parse(body->data, body->len, "answer", &j, NULL) < 0)
		return NULL;
	first = json_at(json_get(j, "errors"), 0);
	text = json_get_str(first, "message", NULL);
	if (!text)
		text = json_get_str(first, "code", NULL);
	if (!text)
		text = json_get_str(j, "details", NULL);
	return text ? str_ndup(text, 200) : NULL;
}

/* key=value or key="quoted", with backslashes, at *s, which is advanced; n bytes are the key. */
static void parameter(const char **s, size_t n, char **key, char **value)
{
	_buf_ struct buf b = {0};
	const char *p = *s + n + 1;

	*key = str_ndup(*s, n);
	buf_str(&b, "");
	if (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && p[1])
				p++;
			buf_char(&b, *p);
		}
		p += *p == '"';
	} else {
		n = strcspn(p, " \t,");
		buf_add(&b, p, n);
		p += n;
	}
	*value = buf_take(&b);
	*s = p;
}

static bool is_scheme(const char *s, size_t n, const char *name)
{
	return n == strlen(name) && strncasecmp(s, name, n) == 0;
}

/*
 * One header may have several challenges, "Negotiate, Basic realm=x, Bearer realm=y,service=z": a
 * word with '=' behind it is a parameter of the last word without (RFC 9110, 11.6.1). The first
 * Bearer with a realm counts.
 */
static void parse_line(const char *line, struct challenge *c)
{
	bool bearer = false;

	for (;;) {
		_free_ char *key = NULL, *value = NULL;
		size_t n;

		line += strspn(line, " \t,=");
		n = strcspn(line, " \t,=");
		if (!n)
			break;
		if (line[n] != '=') {
			c->basic = c->basic || is_scheme(line, n, "basic");
			bearer = is_scheme(line, n, "bearer") && !c->bearer;
			c->bearer = c->realm != NULL;
			line += n;
			continue;
		}
		parameter(&line, n, &key, &value);
		if (bearer && strcasecmp(key, "realm") == 0 && !c->realm)
			c->realm = take_ptr(value);
		else if (bearer && strcasecmp(key, "service") == 0 && !c->service)
			c->service = take_ptr(value);
	}
	c->bearer = c->realm != NULL;
}

static void parse_challenges(const char *text, struct challenge *c)
{
	_strv_ struct strv lines = {0};

	strv_split(&lines, text, '\n');
	strv_foreach (line, &lines)
		parse_line(line, c);
}

/* The header value goes into an HTTP request: nothing but visible characters. */
static bool visible(const char *s)
{
	for (const char *c = s; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return *s != '\0';
}

static void set_authorization(struct session *s, char *value)
{
	free(s->authorization);
	s->authorization = value;
}

static char *basic_value(const struct cred *c)
{
	_free_ char *plain = str_fmt("%s:%s", c->user, c->secret);
	_free_ char *coded = base64_encode(plain, strlen(plain));

	explicit_bzero(plain, strlen(plain));
	return str_fmt("Basic %s", coded);
}

static int basic(struct session *s, struct err *e)
{
	if (!s->cred.user || s->cred.identity) {
		err_set(e, ERR_DENIED, 0, NULL, "%s asks for a user name and password",
			s->ref.domain);
		return err_hint(e, "add credentials for %s to auth.json, as podman login does",
				s->ref.domain);
	}
	set_authorization(s, basic_value(&s->cred));
	return 0;
}

/* "https://HOST:PORT" in two. */
static char *origin_host(const char *origin, const char **port)
{
	const char *host = strstr(origin, "://") + 3, *colon = strrchr(host, ':');

	*port = colon + 1;
	return str_ndup(host, (size_t)(colon - host));
}

static bool is_address(const char *host)
{
	unsigned char b[16];

	return host[0] == '[' || inet_pton(AF_INET, host, b) == 1;
}

/* Is child the domain parent or below it? */
static bool below(const char *child, const char *parent)
{
	size_t c = strlen(child), p = strlen(parent);

	return c >= p && str_eq(child + c - p, parent) && (c == p || child[c - p - 1] == '.');
}

static bool related(const char *registry, const char *server)
{
	const char *rport, *sport, *parent;
	_free_ char *rhost = NULL, *shost = NULL;

	if (str_eq(registry, server))
		return true;
	if (!str_after(registry, "https:") || !str_after(server, "https:"))
		return false;
	rhost = origin_host(registry, &rport);
	shost = origin_host(server, &sport);
	if (is_address(rhost) || is_address(shost) || !strchr(rhost, '.') ||
	    (!str_eq(sport, "443") && !str_eq(sport, rport)))
		return false;
	parent = strchr(rhost, '.') + 1;
	return below(shost, rhost) || (strchr(parent, '.') && below(shost, parent));
}

/* The credentials that the token server may see; 1 and *out (borrowed or in *own), 0 none. */
static int token_cred(struct session *s, const char *server, struct cred *own,
		      const struct cred **out)
{
	const char *port;
	_free_ char *host = origin_host(server, &port);
	_free_ char *named = str_fmt("%s:%s", host, port);
	const char *names[] = {named, host};

	if (related(s->origin, server)) {
		*out = &s->cred;
		return s->cred.user != NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct ref r = {.domain = (char *)names[i], .path = (char *)"token"};
		struct err ignored = {0};

		if (i == 1 && !str_eq(port, "443"))
			break;
		if (s->auths && auths_find(s->auths, &r, NULL, false, own, &ignored) == 1) {
			*out = own;
			return 1;
		}
	}
	if (s->cred.user && !s->distrusted)
		s->distrusted = str_dup(named);
	return 0;
}

static int keep(void *data, struct request *r, const char *bytes, size_t len, struct err *e)
{
	struct buf *b = data;

	if (b->len + len > TOKEN_MAX)
		return err_set(e, ERR_INPUT, 0, NULL, "the token is larger than %d bytes",
			       TOKEN_MAX);
	buf_add(b, bytes, len);
	return 0;
}

static void add_escaped(struct buf *b, const char *name, const char *value)
{
	char *text = curl_easy_escape(NULL, value, (int)strlen(value));

	buf_fmt(b, "%s=%s", name, text ? text : "");
	curl_free(text);
}

/* Query and form of the token request, with or without credentials. */
static void build(struct session *s, const struct challenge *c, const struct cred *cred,
		  struct request *r, struct buf *form)
{
	_free_ char *scope = str_fmt("repository:%s:pull", s->ref.path);
	_buf_ struct buf query = {0};

	buf_fmt(&query, "%s%s", c->realm, strchr(c->realm, '?') ? "&" : "?");
	if (cred && cred->identity) {
		add_escaped(form, "grant_type=refresh_token&client_id=rp&scope", scope);
		add_escaped(form, "&service", c->service ? c->service : "");
		add_escaped(form, "&refresh_token", cred->secret);
		r->post = form->data;
		r->url = str_dup(c->realm);
		return;
	}
	add_escaped(&query, "scope", scope);
	if (c->service)
		add_escaped(&query, "&service", c->service);
	r->url = buf_take(&query);
	if (cred) {
		_free_ char *value = basic_value(cred);

		strv_addf(&r->headers, "Authorization: %s", value);
		explicit_bzero(value, strlen(value));
	}
}

static int use_token(struct session *s, const struct buf *body, const char *server, struct err *e)
{
	_json_ struct json *j = NULL;
	const char *token;

	if (json_parse(body->data ? body->data : "", body->len, server, &j, e) < 0)
		return -1;
	token = json_get_str(j, "token", "");
	if (!*token)
		token = json_get_str(j, "access_token", "");
	if (!visible(token))
		return err_set(e, ERR_INPUT, 0, NULL, "%s sends no token", server);
	set_authorization(s, str_fmt("Bearer %s", token));
	return 0;
}

static int bearer(struct session *s, const struct challenge *c, struct err *e)
{
	_request_ struct request r = REQUEST_NONE;
	_buf_ struct buf body = {0}, form = {0};
	_free_ char *server = url_origin(c->realm), *clean = url_resolve(c->realm, c->realm);
	_cred_ struct cred own = {0};
	const struct cred *cred = NULL;
	_free_ char *text = NULL;

	if (!server || !clean || (!str_after(server, "https:") && !s->insecure))
		return err_set(e, ERR_DENIED, 0, NULL, "%s names a token server that is not https",
			       s->ref.domain);
	if (token_cred(s, server, &own, &cred) == 0)
		cred = NULL;
	r.tls = &s->tls;
	r.no_client_cert = !str_eq(server, s->origin);
	r.plain_http = s->insecure;
	r.sink = keep;
	r.data = &body;
	build(s, c, cred, &r, &form);
	if (http_do(s->http, &r, e) < 0)
		return -1;
	if (form.data)
		explicit_bzero(form.data, form.len);
	if (r.err.code) {
		*e = r.err;
		return -1;
	}
	text = registry_message(&r.error_body);
	if (r.status == 0)
		return err_set(e, ERR_FAILED, 0, NULL, "token server %s: %s", server, r.curl_text);
	if (r.status != 200)
		return err_set(e, r.status == 401 || r.status == 403 ? ERR_DENIED : ERR_FAILED, 0,
			       NULL, "token server %s answers %ld%s%s", server, r.status,
			       text ? ": " : "", text ? text : "");
	return use_token(s, &body, server, e);
}

int session_authorize(struct session *s, const char *challenge, struct err *e)
{
	_clean_(challenge_release) struct challenge c = {0};

	parse_challenges(challenge, &c);
	if (c.bearer)
		return bearer(s, &c, e);
	if (c.basic)
		return basic(s, e);
	return err_set(e, ERR_UNSUPPORTED, 0, NULL,
		       "%s asks for a kind of authentication that is not supported", s->ref.domain);
}
