/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References are parsed from the right: a digest behind '@', a tag behind the last ':' that no '/'
 * follows, then the domain in front of the first '/'. Each part is checked against its grammar by
 * hand-written scanners (no regular expressions: this runs before each container start). The
 * characters that pass are harmless in URLs, in file names and on terminals.
 *
 * Grammar: github.com/opencontainers/distribution-spec, spec.md, "Pulling manifests"; the domain
 * rules are those of the distribution project's "reference" package.
 */
#include <ctype.h>

#include "oci/ref.h"
#include "oci/store.h"

#define LOWER_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"
#define TAG_CHARS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
#define NAME_MAX_LEN 255
#define TAG_MAX_LEN  128

void ref_release(struct ref *r)
{
	free(r->domain);
	free(r->path);
	free(r->tag);
	free(r->digest);
	*r = (struct ref){0};
}

/* One path component: [a-z0-9]+ joined by ".", "_", "__" or dashes. */
static bool component_ok(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		size_t word = strspn(s + i, LOWER_DIGITS), dashes;

		if (word == 0)
			return false;
		i += word;
		if (i >= n)
			return i == n;
		dashes = strspn(s + i, "-");
		if (dashes > 0)
			i += dashes;
		else if (s[i] == '.')
			i++;
		else if (s[i] == '_')
			i += s[i + 1] == '_' ? 2 : 1;
		else
			return false;
	}
	return false;
}

static bool path_ok(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "/");
		_free_ char *part = str_ndup(s, n);

		if (!component_ok(part, n))
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

/* One label of a host name; '_' is not allowed. */
static bool label_ok(const char *s, size_t n)
{
	if (n == 0 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return false;
	return true;
}

static bool port_ok(const char *s)
{
	int64_t port;

	return isdigit((unsigned char)s[0]) && str_to_int(s, 1, 65535, &port) == 0;
}

/* "[v6]" or labels joined by dots, and perhaps ":port". */
static bool domain_ok(const char *s)
{
	if (s[0] == '[') {
		size_t n = strspn(s + 1, "0123456789abcdefABCDEF:.");

		if (n == 0 || s[n + 1] != ']')
			return false;
		s += n + 2;
		return !*s || (*s == ':' && port_ok(s + 1));
	}
	for (;;) {
		size_t n = strcspn(s, ".:");

		if (!label_ok(s, n))
			return false;
		s += n;
		if (*s != '.')
			break;
		s++;
	}
	return !*s || port_ok(s + 1);
}

static bool is_domain(const char *s, size_t n)
{
	if (n == 9 && strncmp(s, "localhost", n) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (s[i] == '.' || s[i] == ':' || isupper((unsigned char)s[i]))
			return true;
	return false;
}

static void library(struct ref *r)
{
	if (str_eq(r->domain, "index.docker.io")) {
		free(r->domain);
		r->domain = str_dup("docker.io");
	}
	if (str_eq(r->domain, "docker.io") && !strchr(r->path, '/')) {
		char *path = str_fmt("library/%s", r->path);

		free(r->path);
		r->path = path;
	}
}

/* Cuts ":TAG" and "@DIGEST" off the text. */
static int split_tail(char *text, struct ref *out, const char *whole, struct err *e)
{
	char *at = strchr(text, '@'), *colon, *slash;

	if (at) {
		*at = '\0';
		if (!digest_hex(at + 1))
			return err_set(e, ERR_INPUT, 0, NULL,
				       "%s: the digest is not sha256: and 64 lower-case digits",
				       whole);
		out->digest = str_dup(at + 1);
	}
	colon = strrchr(text, ':');
	slash = strrchr(text, '/');
	if (!colon || (slash && colon < slash))
		return 0;
	*colon = '\0';
	if (!str_only(colon + 1, TAG_CHARS) || colon[1] == '.' || colon[1] == '-' ||
	    strlen(colon + 1) > TAG_MAX_LEN)
		return err_set(e, ERR_INPUT, 0, NULL, "%s: %s is not a valid tag", whole,
			       colon[1] ? colon + 1 : "an empty word");
	out->tag = str_dup(colon + 1);
	return 0;
}

static int parse_name(const char *text, struct ref *out, const char *whole, struct err *e)
{
	const char *slash = strchr(text, '/');

	if (slash && is_domain(text, (size_t)(slash - text))) {
		out->domain = str_ndup(text, (size_t)(slash - text));
		if (!domain_ok(out->domain))
			return err_set(e, ERR_INPUT, 0, NULL, "%s: %s is not a valid host name",
				       whole, out->domain);
		text = slash + 1;
	}
	if (!path_ok(text)) {
		err_set(e, ERR_INPUT, 0, NULL, "%s: %s is not a valid image name", whole,
			*text ? text : "an empty word");
		return err_hint(e, "lower-case letters, digits, and . _ - / between them");
	}
	if (strlen(text) > NAME_MAX_LEN)
		return err_set(e, ERR_INPUT, 0, NULL, "image name longer than %d characters",
			       NAME_MAX_LEN);
	out->path = str_dup(text);
	library(out);
	return 0;
}

int ref_parse(const char *s, struct ref *out, struct err *e)
{
	_ref_ struct ref r = {0};
	_free_ char *text = str_dup(s);

	if (strlen(s) > 2 * NAME_MAX_LEN + TAG_MAX_LEN)
		return err_set(e, ERR_INPUT, 0, NULL, "image reference too long");
	if (split_tail(text, &r, s, e) < 0 || parse_name(text, &r, s, e) < 0)
		return -1;
	*out = r;
	r = (struct ref){0};
	return 0;
}

struct ref ref_copy(const struct ref *r)
{
	return (struct ref){.domain = str_dup(r->domain),
			    .path = str_dup(r->path),
			    .tag = str_dup(r->tag),
			    .digest = str_dup(r->digest)};
}

struct ref ref_with_domain(const struct ref *r, const char *domain)
{
	struct ref out = ref_copy(r);

	free(out.domain);
	out.domain = str_dup(domain);
	library(&out);
	return out;
}

void ref_complete(struct ref *r)
{
	if (r->digest) {
		free(r->tag);
		r->tag = NULL;
	} else if (!r->tag) {
		r->tag = str_dup("latest");
	}
}

char *ref_repository(const struct ref *r)
{
	return r->domain ? str_fmt("%s/%s", r->domain, r->path) : str_dup(r->path);
}

char *ref_text(const struct ref *r)
{
	return str_fmt("%s%s%s%s%s%s%s", r->domain ? r->domain : "", r->domain ? "/" : "", r->path,
		       r->tag ? ":" : "", r->tag ? r->tag : "", r->digest ? "@" : "",
		       r->digest ? r->digest : "");
}
