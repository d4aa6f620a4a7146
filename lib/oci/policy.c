/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.json: see policy.h.
 *
 * The file is checked as a whole first, strictly as its manual page wants it: a word that is not
 * known might be a restriction. Then the list of requirements for an image is that of its most
 * specific scope: the image itself, its repository, each name space above it, the host, "*." and
 * each domain above the host, the transport's "", the global default. Of several requirements all
 * must be met.
 */
#include "oci/policy.h"

#include <fcntl.h>

#include "base/fd.h"

#define POLICY_MAX (1u << 20)

void policy_release(struct policy *p)
{
	json_put(p->doc);
	free(p->path);
	*p = (struct policy){0};
}

static bool known_type(const char *type)
{
	static const char *const types[] = {"insecureAcceptAnything", "reject", "signedBy",
					    "signedBaseLayer", "sigstoreSigned"};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

static bool takes_more(const char *type)
{
	return !str_eq(type, "insecureAcceptAnything") && !str_eq(type, "reject");
}

static int check_requirements(const struct cur *list, struct err *e)
{
	if (json_len(list->val) == 0)
		return cur_bad(list, e, "no requirement");
	for (size_t i = 0; i < json_len(list->val); i++) {
		struct cur c = cur_at(list, i), t = cur_key(&c, "type");
		const char *type = NULL;

		if (cur_str(&c, "type", CUR_NEED, &type, e) < 0)
			return -1;
		if (!known_type(type))
			return cur_bad(&t, e, "\"%.100s\" is not known", type);
		json_foreach (m, c.val) {
			struct cur k = cur_key(&c, m.key);

			if (!str_eq(m.key, "type") && !takes_more(type))
				return cur_bad(&k, e, "not known for %s", type);
		}
	}
	return 0;
}

static int check_transports(const struct cur *root, struct err *e)
{
	struct cur all, scopes, list;

	if (cur_obj(root, "transports", CUR_OPTIONAL, &all, e) < 0)
		return -1;
	json_foreach (t, all.val) {
		if (cur_obj(&all, t.key, CUR_NEED, &scopes, e) < 0)
			return -1;
		json_foreach (s, scopes.val)
			if (cur_arr(&scopes, s.key, CUR_NEED, &list, e) < 0 ||
			    check_requirements(&list, e) < 0)
				return -1;
	}
	return 0;
}

static int check(struct json *doc, struct err *e)
{
	struct cur root = cur_root(doc), list;

	json_foreach (m, doc) {
		struct cur k = cur_key(&root, m.key);

		if (!str_eq(m.key, "default") && !str_eq(m.key, "transports"))
			return cur_bad(&k, e, "not known");
	}
	if (cur_arr(&root, "default", CUR_NEED, &list, e) < 0 || check_requirements(&list, e) < 0)
		return -1;
	return check_transports(&root, e);
}

int policy_parse(struct policy *p, const char *text, size_t len, const char *path, struct err *e)
{
	*p = (struct policy){.path = str_dup(path)};
	if (json_parse(text, len, path, &p->doc, e) < 0)
		return -1;
	return check(p->doc, e) < 0 ? err_prefix(e, "%s", path) : 0;
}

int policy_load(struct policy *p, struct err *e)
{
	const char *home = getenv("HOME");
	_strv_ struct strv paths = {0};

	*p = (struct policy){0};
	if (home && *home == '/')
		strv_addf(&paths, "%s/.config/containers/policy.json", home);
	strv_add(&paths, "/etc/containers/policy.json");
	strv_foreach (path, &paths) {
		_buf_ struct buf b = {0};
		struct err why = {0};

		if (file_read(AT_FDCWD, path, POLICY_MAX, &b, &why) == 0)
			return policy_parse(p, b.data ? b.data : "", b.len, path, e);
		if (why.code != ERR_NOTFOUND) {
			if (e)
				*e = why;
			return -1;
		}
	}
	return 0;
}

/* The scopes of a name, the most specific first. */
static void registry_scopes(const struct ref *name, struct strv *out)
{
	_free_ char *full = ref_text(name), *part = ref_repository(name);
	char *slash, *dot;

	strv_add(out, full);
	for (;;) {
		strv_add(out, part);
		slash = strrchr(part, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	part[strcspn(part, ":")] = '\0';
	for (dot = part; (dot = strchr(dot, '.'));)
		strv_addf(out, "*.%s", ++dot);
	strv_add(out, "");
}

static void layout_scopes(const char *dir, const char *name, struct strv *out)
{
	_free_ char *part = str_dup(dir);
	char *slash;

	if (name)
		strv_addf(out, "%s:%s", dir, name);
	while (*part) {
		strv_add(out, part);
		slash = strrchr(part, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	strv_add(out, "");
}

static const struct json *find(const struct policy *p, const char *transport,
			       const struct strv *scopes, const char **scope)
{
	const struct json *all = json_get(json_get(p->doc, "transports"), transport);

	strv_foreach (s, scopes) {
		*scope = s;
		if (json_has(all, s))
			return json_get(all, s);
	}
	*scope = NULL;
	return json_get(p->doc, "default");
}

static int judge(const struct policy *p, const char *transport, const struct strv *scopes,
		 const char *image, struct err *e)
{
	const char *scope = NULL;
	const struct json *list = find(p, transport, scopes, &scope);
	_free_ char *place = scope ? str_fmt("transport %s, scope \"%s\"", transport, scope)
				   : str_dup("the default");

	json_each (r, list) {
		const char *type = json_get_str(r.v, "type", "");

		if (str_eq(type, "insecureAcceptAnything"))
			continue;
		if (str_eq(type, "reject"))
			return err_set(e, ERR_DENIED, 0, NULL,
				       "image %s is rejected by policy (%s of %s)", image, place,
				       p->path);
		err_set(e, ERR_DENIED, 0, NULL,
			"image %s must be signed (%s, %s of %s), and signatures cannot be checked",
			image, type, place, p->path);
		return -1;
	}
	return 0;
}

int policy_check_registry(const struct policy *p, const struct ref *name, struct err *e)
{
	_free_ char *text = ref_text(name), *image = str_fmt("docker://%s", text);
	_strv_ struct strv scopes = {0};

	if (!p->doc)
		return 0;
	registry_scopes(name, &scopes);
	return judge(p, "docker", &scopes, image, e);
}

int policy_check_layout(const struct policy *p, const char *dir, const char *name, struct err *e)
{
	_free_ char *image = str_fmt("oci:%s%s%s", dir, name ? ":" : "", name ? name : "");
	_strv_ struct strv scopes = {0};

	if (!p->doc)
		return 0;
	layout_scopes(dir, name, &scopes);
	return judge(p, "oci", &scopes, image, e);
}
