/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Credentials.
 *
 * The files are read at once and kept in memory, so that a program can give up its file system
 * before it talks to anybody; helpers must have been asked by then. A credential is only ever
 * looked up by the host it is for: there is no default and no fall-back to another registry.
 * Secrets never get into messages; a helper gets the host on its standard input.
 */
#include <ctype.h>
#include <fcntl.h>

#include "base/fd.h"
#include "reg/auth.h"
#include "sys/spawn.h"

#define AUTH_MAX   (1 << 20)
#define HELPER_MAX 65536
#define AUTH_FILES "containers-auth.json" /* the word for the files in credential-helpers */

void cred_release(struct cred *c)
{
	if (c->secret)
		explicit_bzero(c->secret, strlen(c->secret));
	free(c->user);
	free(c->secret);
	*c = (struct cred){0};
}

void auths_release(struct auths *a)
{
	json_put(a->files);
	a->files = NULL;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t len)
{
	const unsigned char *p = data;
	_buf_ struct buf b = {0};

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) |
			     (i + 2 < len ? p[i + 2] : 0);

		buf_char(&b, alphabet[v >> 18]);
		buf_char(&b, alphabet[v >> 12 & 63]);
		buf_char(&b, i + 1 < len ? alphabet[v >> 6 & 63] : '=');
		buf_char(&b, i + 2 < len ? alphabet[v & 63] : '=');
	}
	return buf_take(&b);
}

char *base64_decode(const char *s, size_t *len)
{
	_buf_ struct buf b = {0};
	uint32_t v = 0;
	int bits = 0;

	for (; *s && *s != '='; s++) {
		const char *hit = strchr(alphabet, *s);

		if (!hit)
			return NULL;
		v = v << 6 | (uint32_t)(hit - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_char(&b, (char)(v >> bits & 255));
		}
	}
	if (strspn(s, "=") != strlen(s) || strlen(s) > 2)
		return NULL;
	*len = b.len;
	return buf_take(&b);
}

int cred_parse(const char *text, struct cred *out, struct err *e)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text)
		return err_set(e, ERR_INPUT, 0, NULL, "credentials are not USER:PASSWORD");
	out->user = str_ndup(text, (size_t)(colon - text));
	out->secret = str_dup(colon + 1);
	return 0;
}

int auths_add(struct auths *a, const char *text, size_t len, const char *name, struct err *e)
{
	_json_ struct json *j = NULL;

	if (!a->files)
		a->files = json_new_array();
	if (json_parse(text, len, name, &j, e) < 0)
		return -1;
	if (json_kind(j) != JSON_OBJECT)
		return err_set(e, ERR_INPUT, 0, NULL, "%s: expected object", name);
	json_add(a->files, take_ptr(j));
	return 0;
}

/* flat: ~/.dockercfg, which is the "auths" object alone. */
static int add_file(struct auths *a, const char *path, bool must, bool flat, struct err *e)
{
	_buf_ struct buf b = {0};

	if (file_read(AT_FDCWD, path, AUTH_MAX, &b, e) < 0) {
		if (must || (e->code != ERR_NOTFOUND && e->code != ERR_DENIED))
			return -1;
		err_clear(e);
		return 0;
	}
	if (!str_only(b.data ? b.data : "", " \t\r\n") && b.len &&
	    auths_add(a, b.data, b.len, path, e) < 0)
		return -1;
	explicit_bzero(b.data, b.len);
	if (flat && json_len(a->files)) {
		struct json *wrap = json_new_object();
		size_t last = json_len(a->files) - 1;

		json_set(wrap, "auths", json_ref(json_at(a->files, last)));
		json_set_at(a->files, last, wrap);
	}
	return 0;
}

/* The file DIR/NAME, where DIR is a variable's value or a folder of the home. */
static int add_user_file(struct auths *a, const char *variable, const char *home_dir,
			 const char *name, bool flat, struct err *e)
{
	const char *dir = variable ? getenv(variable) : NULL, *home = getenv("HOME");
	_free_ char *path = NULL;

	if (dir && *dir)
		path = str_fmt("%s/%s", dir, name);
	else if (home_dir && home && *home)
		path = str_fmt("%s/%s%s%s", home, home_dir, *home_dir ? "/" : "", name);
	return path ? add_file(a, path, false, flat, e) : 0;
}

int auths_load(struct auths *a, const char *authfile, struct err *e)
{
	const char *env = getenv("REGISTRY_AUTH_FILE");

	if (!authfile && env && *env)
		authfile = env;
	if (!a->files)
		a->files = json_new_array();
	if (authfile)
		return add_file(a, authfile, true, false, e);
	if (add_user_file(a, "XDG_RUNTIME_DIR", NULL, "containers/auth.json", false, e) < 0 ||
	    add_user_file(a, "XDG_CONFIG_HOME", ".config", "containers/auth.json", false, e) < 0 ||
	    add_user_file(a, "DOCKER_CONFIG", ".docker", "config.json", false, e) < 0 ||
	    add_user_file(a, NULL, "", ".dockercfg", true, e) < 0)
		return -1;
	return 0;
}

/* A key of auths without the scheme and path of old docker versions: the host alone. */
static char *plain_host(const char *key)
{
	const char *s = str_after(key, "https://");

	s = s ? s : str_after(key, "http://");
	s = s ? s : key;
	return str_ndup(s, strcspn(s, "/"));
}

static int from_entry(const struct json *entry, const char *key, struct cred *out, struct err *e)
{
	const char *token = json_get_str(entry, "identitytoken", "");
	const char *text = json_get_str(entry, "auth", "");
	_free_ char *plain = NULL;
	size_t n = 0;
	int r;

	if (*token) {
		out->user = str_dup("<token>");
		out->secret = str_dup(token);
		out->identity = true;
		return 1;
	}
	if (!*text)
		return 0;
	plain = base64_decode(text, &n);
	if (!plain || strlen(plain) != n)
		return err_set(e, ERR_INPUT, 0, NULL, "auth of %s is no base64", key);
	r = cred_parse(plain, out, e);
	explicit_bzero(plain, n);
	return r < 0 ? err_prefix(e, "auth of %s", key) : 1;
}

/* The keys that hosts have had over time. */
static bool same_host(const char *key, const char *host)
{
	_free_ char *plain = plain_host(key);

	if (str_eq(host, "docker.io"))
		return str_eq(plain, "docker.io") || str_eq(plain, "index.docker.io");
	return str_eq(plain, host);
}

static int find_in_auths(const struct json *file, const struct ref *repo, struct cred *out,
			 struct err *e)
{
	const struct json *auths = json_get(file, "auths");
	_free_ char *key = ref_repository(repo);
	char *slash;

	for (;;) {
		if (json_has(auths, key))
			return from_entry(json_get(auths, key), key, out, e);
		slash = strrchr(key, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	json_foreach (m, auths) {
		if (str_after(m.key, "http") || str_eq(repo->domain, "docker.io"))
			if (same_host(m.key, repo->domain))
				return from_entry(m.val, m.key, out, e);
	}
	return 0;
}

static int helper_answer(const struct buf *b, const char *helper, struct cred *out, struct err *e)
{
	_json_ struct json *j = NULL;
	const char *user, *secret;

	if (json_parse(b->data ? b->data : "", b->len, helper, &j, e) < 0)
		return -1;
	user = json_get_str(j, "Username", "");
	secret = json_get_str(j, "Secret", "");
	if (!*user || !*secret)
		return 0;
	out->user = str_dup(user);
	out->secret = str_dup(secret);
	out->identity = str_eq(user, "<token>");
	return 1;
}

/* docker-credential-NAME get: the host on stdin, JSON on stdout; not found is a status of 1. */
static int ask_helper(const char *name, const char *host, struct cred *out, struct err *e)
{
	_free_ char *file = str_fmt("docker-credential-%s", name);
	char *argv[] = {file, (char[]){"get"}, NULL};
	const struct spawn s = {.file = file, .argv = argv, .in = -1, .out = -1, .err = -1};
	_buf_ struct buf b = {0};
	int status = 0, r;

	if (!*name || strchr(name, '/'))
		return err_set(e, ERR_INPUT, 0, NULL, "credential helper %s: no such name", name);
	if (run_program(&s, host, strlen(host), &b, HELPER_MAX, &status, e) < 0)
		return err_prefix(e, "credential helper %s", name);
	if (status != 0) {
		if (b.data && strcasestr(b.data, "not found"))
			return 0;
		return err_set(e, ERR_FAILED, 0, NULL, "credential helper %s failed (status %d)",
			       file, status);
	}
	r = helper_answer(&b, file, out, e);
	explicit_bzero(b.data, b.len);
	return r;
}

static int find_in_files(const struct auths *a, const struct ref *repo, bool run_helpers,
			 struct cred *out, struct err *e)
{
	json_each (f, a->files) {
		const char *helper = json_get_str(json_get(f.v, "credHelpers"), repo->domain, NULL);
		int r = 0;

		if (helper && run_helpers)
			r = ask_helper(helper, repo->domain, out, e);
		if (r == 0)
			r = find_in_auths(f.v, repo, out, e);
		if (r != 0)
			return r;
	}
	return 0;
}

int auths_find(const struct auths *a, const struct ref *repo, const struct strv *helpers,
	       bool run_helpers, struct cred *out, struct err *e)
{
	if (!helpers || helpers->n == 0)
		return find_in_files(a, repo, run_helpers, out, e);
	strv_foreach (name, helpers) {
		int r = 0;

		if (str_eq(name, AUTH_FILES))
			r = find_in_files(a, repo, run_helpers, out, e);
		else if (run_helpers)
			r = ask_helper(name, repo->domain, out, e);
		if (r != 0)
			return r;
	}
	return 0;
}
