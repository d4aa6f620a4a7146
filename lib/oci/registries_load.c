/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading registries.conf: which files, what may stand in them, and how they are laid over each
 * other. See registries.h for the order. A file that is missing is no error, unless the user named
 * it in the environment; a malformed one is an error that names the file and line or key.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "oci/registries.h"
#include "wire/toml.h"

#define CONF_MAX (1 << 20)
#define SYSTEM	 "/etc/containers"
#define VENDOR	 "/usr/share/containers"

static void trim_slash(char *s)
{
	size_t n = strlen(s);

	while (n > 1 && s[n - 1] == '/')
		s[--n] = '\0';
}

/* Checks the types of one [[registry]] or mirror table. */
static int check_table(const struct cur *t, struct err *e)
{
	static const char *const flags[] = {"insecure", "blocked", "mirror-by-digest-only"};
	const char *s = "";
	bool b;

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (cur_bool(t, flags[i], CUR_OPTIONAL, &b, e) < 0)
			return -1;
	if (cur_str(t, "location", CUR_OPTIONAL, &s, e) < 0 ||
	    cur_str(t, "prefix", CUR_OPTIONAL, &s, e) < 0)
		return -1;
	s = "all";
	if (cur_str(t, "pull-from-mirror", CUR_OPTIONAL, &s, e) < 0)
		return -1;
	if (*s && !str_eq(s, "all") && !str_eq(s, "digest-only") && !str_eq(s, "tag-only"))
		return cur_bad(t, e, "pull-from-mirror must be all, digest-only or tag-only");
	return 0;
}

static int check_mirrors(const struct cur *t, struct err *e)
{
	struct cur list;

	if (cur_arr(t, "mirror", CUR_OPTIONAL, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur m = cur_at(&list, i);

		if (check_table(&m, e) < 0)
			return -1;
		if (!*json_get_str(m.val, "location", ""))
			return cur_bad(&m, e, "a mirror needs a location");
	}
	return 0;
}

static int add_table(struct registries *r, const struct cur *t, struct err *e)
{
	const char *prefix = json_get_str(t->val, "prefix", "");
	const char *location = json_get_str(t->val, "location", "");
	_free_ char *key = NULL;

	if (check_table(t, e) < 0 || check_mirrors(t, e) < 0)
		return -1;
	if (!*prefix && !*location)
		return cur_bad(t, e, "a registry needs a prefix or a location");
	if (*prefix && !*location && !str_after(prefix, "*."))
		json_set(t->val, "location", json_new_str(prefix));
	key = str_dup(*prefix ? prefix : location);
	trim_slash(key);
	if (str_after(key, "*.") && strpbrk(key, "/:@"))
		return cur_bad(t, e, "a wildcard prefix must be *.HOST");
	json_set(r->tables, key, json_ref(t->val));
	return 0;
}

static int add_tables(struct registries *r, const struct cur *root, struct err *e)
{
	struct cur list;

	if (cur_arr(root, "registry", CUR_OPTIONAL, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur t = cur_at(&list, i);

		if (add_table(r, &t, e) < 0)
			return -1;
	}
	return 0;
}

static int add_aliases(struct registries *r, const struct cur *root, struct err *e)
{
	struct cur list;

	if (cur_obj(root, "aliases", CUR_OPTIONAL, &list, e) < 0)
		return -1;
	if (!list.val)
		return 0;
	json_foreach (m, list.val) {
		const char *to = NULL;

		if (cur_str(&list, m.key, CUR_NEED, &to, e) < 0)
			return -1;
		if (*to)
			json_set(r->aliases, m.key, json_new_str(to));
		else
			json_del(r->aliases, m.key);
	}
	return 0;
}

static int add_mode(struct registries *r, const struct cur *root, struct err *e)
{
	const char *mode = "";

	if (cur_str(root, "short-name-mode", CUR_OPTIONAL, &mode, e) < 0)
		return -1;
	if (str_eq(mode, "enforcing"))
		r->mode = SHORT_ENFORCING;
	else if (str_eq(mode, "permissive"))
		r->mode = SHORT_PERMISSIVE;
	else if (str_eq(mode, "disabled"))
		r->mode = SHORT_DISABLED;
	else if (*mode)
		return cur_bad(root, e,
			       "short-name-mode must be enforcing, permissive or disabled");
	return 0;
}

static int add_list(const struct cur *root, const char *key, struct strv *list, struct err *e)
{
	if (!json_has(root->val, key))
		return 0;
	strv_release(list);
	return cur_strv(root, key, CUR_OPTIONAL, list, e);
}

/* One of the three lists of version 1: [registries.NAME] registries = [...] */
static int old_list(const struct cur *old, const char *name, struct strv *out, struct err *e)
{
	struct cur t;

	if (cur_obj(old, name, CUR_OPTIONAL, &t, e) < 0)
		return -1;
	return t.val ? cur_strv(&t, "registries", CUR_OPTIONAL, out, e) : 0;
}

static void old_flag(struct registries *r, const struct strv *names, const char *flag)
{
	strv_foreach (host, names) {
		struct json *t = json_need_obj(r->tables, host);

		json_set(t, "location", json_new_str(host));
		json_set(t, flag, json_new_bool(true));
	}
}

static int add_old(struct registries *r, const struct cur *root, struct err *e)
{
	_strv_ struct strv insecure = {0}, blocked = {0}, search = {0};
	struct cur old;

	if (cur_obj(root, "registries", CUR_OPTIONAL, &old, e) < 0)
		return -1;
	if (!old.val)
		return 0;
	if (json_has(root->val, "registry") || json_has(root->val, "unqualified-search-registries"))
		return cur_bad(&old, e, "versions 1 and 2 of the format in one file");
	if (old_list(&old, "search", &search, e) < 0 ||
	    old_list(&old, "insecure", &insecure, e) < 0 ||
	    old_list(&old, "block", &blocked, e) < 0)
		return -1;
	old_flag(r, &insecure, "insecure");
	old_flag(r, &blocked, "blocked");
	if (search.n) {
		strv_release(&r->search);
		r->search = search;
		search = (struct strv){0};
	}
	return 0;
}

int registries_add(struct registries *r, const char *text, size_t len, const char *name,
		   struct err *e)
{
	_json_ struct json *j = NULL;
	struct cur root;

	if (!r->aliases)
		r->aliases = json_new_object();
	if (!r->tables)
		r->tables = json_new_object();
	if (toml_parse(text, len, name, &j, e) < 0)
		return -1;
	root = cur_root(j);
	if (add_list(&root, "unqualified-search-registries", &r->search, e) < 0 ||
	    add_list(&root, "credential-helpers", &r->helpers, e) < 0 ||
	    add_mode(r, &root, e) < 0 || add_aliases(r, &root, e) < 0 ||
	    add_tables(r, &root, e) < 0 || add_old(r, &root, e) < 0)
		return err_prefix(e, "%s", name);
	return 0;
}

/* 1 the file was there, 0 not. */
static int add_file(struct registries *r, const char *path, bool must, struct err *e)
{
	_buf_ struct buf b = {0};

	if (file_read(AT_FDCWD, path, CONF_MAX, &b, e) < 0) {
		if (must || e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
		return 0;
	}
	return registries_add(r, b.data ? b.data : "", b.len, path, e) < 0 ? -1 : 1;
}

static int add_drop_ins(struct registries *r, const char *dir, struct err *e)
{
	_free_ char *path = str_fmt("%s/registries.conf.d", dir);
	struct dirent **names = NULL;
	int n = scandir(path, &names, NULL, alphasort), bad = 0;

	for (int i = 0; i < n; i++) {
		_free_ char *file = str_fmt("%s/%s", path, names[i]->d_name);

		if (!bad && str_ends(names[i]->d_name, ".conf") && names[i]->d_name[0] != '.')
			bad = add_file(r, file, false, e) < 0;
		free(names[i]);
	}
	free(names);
	return bad ? -1 : 0;
}

/* $VARIABLE, or ~/FALLBACK, with "/containers" behind. NULL without a home. */
static char *user_dir(const char *variable, const char *fallback)
{
	const char *dir = getenv(variable), *home = getenv("HOME");

	if (dir && *dir == '/')
		return str_fmt("%s/containers", dir);
	return home && *home == '/' ? str_fmt("%s/%s/containers", home, fallback) : NULL;
}

static int add_main(struct registries *r, const char *user, struct err *e)
{
	const char *dirs[] = {user, SYSTEM, VENDOR};

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		_free_ char *path = NULL;
		int n;

		if (!dirs[i])
			continue;
		path = str_fmt("%s/registries.conf", dirs[i]);
		n = add_file(r, path, false, e);
		if (n != 0)
			return n < 0 ? -1 : 0;
	}
	return 0;
}

int registries_load(struct registries *r, struct err *e)
{
	const char *named = getenv("CONTAINERS_REGISTRIES_CONF");
	const char *last = getenv("CONTAINERS_REGISTRIES_CONF_OVERRIDE");
	_free_ char *user = user_dir("XDG_CONFIG_HOME", ".config");
	_free_ char *cache = user_dir("XDG_CACHE_HOME", ".cache"), *aliases = NULL;

	if (named && *named) {
		if (add_file(r, named, true, e) < 0)
			return -1;
	} else if (add_main(r, user, e) < 0 || add_drop_ins(r, VENDOR, e) < 0 ||
		   add_drop_ins(r, SYSTEM, e) < 0 || (user && add_drop_ins(r, user, e) < 0)) {
		return -1;
	}
	if (last && *last && add_file(r, last, true, e) < 0)
		return -1;
	if (!cache)
		return 0;
	aliases = str_fmt("%s/short-name-aliases.conf", cache);
	return add_file(r, aliases, false, e) < 0 ? -1 : 0;
}
