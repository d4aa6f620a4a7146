/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process: user, arguments, environment, working directory, limits, label.
 *
 * Arguments follow Podman: the request's entrypoint (also an empty one) replaces the image's and
 * drops the image's Cmd; the command replaces Cmd. The environment is a list in which a later value
 * takes the place of an earlier one of the same name, so its order is fixed: defaults, image,
 * request.
 */
#include <stdio.h>

#include "base/log.h"
#include "gen.h"
#include "ctr/env.h"
#include "ctr/systemd.h"
#include "oci/imgstr.h"

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ID_MAX	     INT32_MAX
#define MAX_WARNINGS 10

/* The image's items that are not KEY=VALUE must not be filled from any environment. */
static int env_of_image(struct gen *g, struct json *env, struct err *e)
{
	_strv_ struct strv items = {0};
	size_t dropped = 0;

	if (cur_strv(&g->config, "Env", CUR_OPTIONAL, &items, e) < 0)
		return -1;
	for (size_t i = 0; i < items.n; i++) {
		const char *problem = imgstr_env_problem(items.v[i]);

		if (!problem)
			env_put(env, items.v[i]);
		else if (dropped++ < MAX_WARNINGS)
			log_warn("dropped Env[%zu] of the image: \"%.100s\" %s", i, items.v[i],
				 problem);
	}
	if (dropped > MAX_WARNINGS)
		log_warn("dropped %zu more items of the image's Env", dropped - MAX_WARNINGS);
	return 0;
}

static int env_of_request(struct gen *g, const char *key, struct json *env, struct err *e)
{
	_strv_ struct strv items = {0};
	struct cur arr = cur_key(&g->request, key);

	if (cur_strv(&g->request, key, CUR_OPTIONAL, &items, e) < 0)
		return -1;
	for (size_t i = 0; i < items.n; i++) {
		const char *problem = imgstr_env_problem(items.v[i]);
		struct cur item = cur_at(&arr, i);

		if (problem)
			return cur_bad(&item, e, "\"%.200s\" %s", items.v[i], problem);
		env_put(env, items.v[i]);
	}
	return 0;
}

/* What the user does not want of the image and of the defaults. */
static int unset_env(struct gen *g, struct json **env, struct err *e)
{
	_strv_ struct strv names = {0};
	bool all = false;

	if (cur_strv(&g->request, "unsetEnv", CUR_OPTIONAL, &names, e) < 0 ||
	    cur_bool(&g->request, "unsetAllEnv", CUR_OPTIONAL, &all, e) < 0)
		return -1;
	if (all) {
		json_put(*env);
		*env = json_new_object();
	}
	strv_foreach (name, &names)
		json_del(*env, name);
	return 0;
}

/* ${NAME} and $NAME in a text, by the variables of env; "" for those that it lacks. */
static void expand(const char *text, const struct json *env, struct buf *out)
{
	static const char name_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_";

	while (*text) {
		bool braced = text[0] == '$' && text[1] == '{';
		const char *start = text + (braced ? 2 : 1);
		size_t len = *text == '$' ? strspn(start, name_set) : 0;
		_free_ char *name = NULL;
		const char *item;

		if (!len || (braced && start[len] != '}')) {
			buf_char(out, *text++);
			continue;
		}
		name = str_ndup(start, len);
		item = json_get_str(env, name, NULL);
		if (item)
			buf_str(out, item + len + 1);
		text = start + len + (braced ? 1 : 0);
	}
}

/* Variables that are made of others. */
static int merge_env(struct gen *g, struct json *env, struct err *e)
{
	_strv_ struct strv items = {0};
	struct cur arr = cur_key(&g->request, "envMerge");

	if (cur_strv(&g->request, "envMerge", CUR_OPTIONAL, &items, e) < 0)
		return -1;
	for (size_t i = 0; i < items.n; i++) {
		const char *problem = imgstr_env_problem(items.v[i]);
		struct cur item = cur_at(&arr, i);
		_buf_ struct buf out = {0};

		if (problem)
			return cur_bad(&item, e, "\"%.200s\" %s", items.v[i], problem);
		expand(items.v[i], env, &out);
		env_put(env, out.data);
	}
	return 0;
}

static int gen_env(struct gen *g, const char *home, struct err *e)
{
	_json_ struct json *env = json_new_object();
	_strv_ struct strv defaults = {0};
	const char *hostname =
		json_get_str(g->container.val, "hostname", json_get_str(g->spec, "hostname", NULL));
	const char *id = json_get_str(g->container.val, "id", NULL);

	strv_add(&defaults, "PATH=" PATH_DEFAULT);
	strv_add(&defaults, "container=podman");
	strv_add(&defaults, "TERM=xterm");
	if (hostname)
		strv_addf(&defaults, "HOSTNAME=%s", hostname);
	strv_addf(&defaults, "HOME=%s", home);
	if (g->systemd && id)
		strv_addf(&defaults, "container_uuid=%.32s", id);
	strv_foreach (item, &defaults)
		env_put(env, item);
	if (env_of_request(g, "envDefaults", env, e) < 0 || env_of_image(g, env, e) < 0 ||
	    unset_env(g, &env, e) < 0 || env_of_request(g, "env", env, e) < 0 ||
	    merge_env(g, env, e) < 0)
		return -1;
	json_set(g->process, "env", env_items(env));
	return 0;
}

static int gen_hostname(struct gen *g, struct err *e)
{
	const char *name = NULL;
	struct cur c = cur_key(&g->container, "hostname");

	if (cur_str(&g->request, "hostname", CUR_OPTIONAL, &name, e) < 0 ||
	    cur_str(&g->container, "hostname", CUR_OPTIONAL, &name, e) < 0)
		return -1;
	if (!name)
		return 0;
	if (!imgstr_hostname(name))
		return cur_bad(&c, e, "\"%.100s\" is no host name", name);
	/* the host's own UTS namespace has the host's name */
	if (!str_eq(json_get_str(g->request.val, "uts", ""), "host"))
		json_set(g->spec, "hostname", json_new_str(name));
	return 0;
}

static bool has_words(const struct strv *v)
{
	return v->n > 1 || (v->n == 1 && *v->v[0]);
}

static int gen_args(struct gen *g, struct err *e)
{
	_strv_ struct strv entry = {0}, cmd = {0};
	bool own_entry = json_get(g->request.val, "entrypoint");
	struct json *args = json_new_array();
	bool init = false;

	json_set(g->process, "args", args);
	if (cur_strv(own_entry ? &g->request : &g->config, own_entry ? "entrypoint" : "Entrypoint",
		     CUR_OPTIONAL, &entry, e) < 0 ||
	    cur_strv(&g->request, "command", CUR_OPTIONAL, &cmd, e) < 0 ||
	    cur_bool(&g->request, "init", CUR_OPTIONAL, &init, e) < 0)
		return -1;
	if (!g->have_command && !cmd.n && !own_entry &&
	    cur_strv(&g->config, "Cmd", CUR_OPTIONAL, &cmd, e) < 0)
		return -1;
	if (init) {
		json_add(args, json_new_str("/run/podman-init"));
		json_add(args, json_new_str("--"));
	}
	if (has_words(&entry))
		strv_foreach (w, &entry)
			json_add(args, json_new_str(w));
	else
		strv_release(&entry);
	strv_foreach (w, g->have_command ? &g->command : &cmd)
		json_add(args, json_new_str(w));
	g->systemd = systemd_wanted(g->request.val, json_str(json_at(args, init ? 2 : 0)));
	if (json_len(args) > (init ? 2u : 0u))
		return 0;
	err_set(e, ERR_INPUT, 0, NULL, "no command: neither the request nor the image has one");
	return err_hint(e, "name a command behind the image");
}

static int gen_cwd(struct gen *g, struct err *e)
{
	_free_ char *cwd = NULL;
	const char *dir = json_get_str(g->config.val, "WorkingDir", "");
	struct cur c = cur_key(&g->request, "workdir");

	if (gen_path(&g->request, "workdir", CUR_OPTIONAL, &cwd, e) < 0)
		return -1;
	if (cwd && imgstr_is_process_path(cwd))
		return cur_bad(&c, e, "\"%.200s\" leads to a process's own entries", cwd);
	if (!cwd)
		cwd = imgstr_path(*dir ? dir : "/");
	json_set(g->process, "cwd", json_new_str(cwd));
	return 0;
}

/* Without a user that was looked up, only the default one is certain. */
static int default_user(struct gen *g, struct err *e)
{
	const char *user = json_get_str(g->config.val, "User", "");
	struct cur c = cur_key(&g->rootfs, "user");

	if (cur_str(&g->request, "user", CUR_OPTIONAL, &user, e) < 0)
		return -1;
	if (!*user || str_eq(user, "0") || str_eq(user, "root") || str_eq(user, "0:0"))
		return 0;
	cur_bad(&c, e, "is missing, and the container's user is to be \"%.100s\"", user);
	return err_hint(e, "rootfs-mount looks the user up");
}

/*
 * The supplementary groups, the primary one first among them: a process that changes its primary
 * group keeps it, and cannot reach by that a file which is shut to the group.
 */
static struct json *all_groups(int64_t gid, const struct json *given)
{
	struct json *all = json_new_array();

	json_add(all, json_new_int(gid));
	json_each (g, given)
		if (json_int(g.v) != gid)
			json_add(all, json_ref(g.v));
	return all;
}

static int gen_user(struct gen *g, const char **home, struct err *e)
{
	struct json *user = json_need_obj(g->process, "user");
	int64_t uid = 0, gid = 0, mask = 022;
	struct cur u, groups;
	const char *umask = NULL;

	*home = "/root";
	if (cur_obj(&g->rootfs, "user", CUR_OPTIONAL, &u, e) < 0 ||
	    (!u.val && default_user(g, e) < 0) ||
	    cur_int(&u, "uid", u.val ? CUR_NEED : CUR_OPTIONAL, 0, ID_MAX, &uid, e) < 0 ||
	    cur_int(&u, "gid", u.val ? CUR_NEED : CUR_OPTIONAL, 0, ID_MAX, &gid, e) < 0 ||
	    cur_str(&u, "home", CUR_OPTIONAL, home, e) < 0 ||
	    cur_arr(&u, "additionalGids", CUR_OPTIONAL, &groups, e) < 0 ||
	    cur_str(&g->request, "umask", CUR_OPTIONAL, &umask, e) < 0)
		return -1;
	if (!imgstr_printable(*home) || **home != '/')
		return err_set(e, ERR_INPUT, 0, "json", ".rootfs.user.home: no absolute path");
	if (umask) {
		char *end = NULL;

		mask = strtol(umask, &end, 8);
		if (!str_only(umask, "01234567") || strlen(umask) > 4 || mask > 0777)
			return err_set(e, ERR_INPUT, 0, "json", ".request.umask: no octal mode");
	}
	for (size_t i = 0; i < json_len(groups.val); i++)
		if (json_kind(json_at(groups.val, i)) != JSON_INT ||
		    json_int(json_at(groups.val, i)) < 0 ||
		    json_int(json_at(groups.val, i)) > ID_MAX)
			return cur_bad(&groups, e, "element %zu is no group id", i);
	json_set(user, "uid", json_new_int(uid));
	json_set(user, "gid", json_new_int(gid));
	json_set(user, "umask", json_new_int(mask));
	json_set(user, "additionalGids", all_groups(gid, groups.val));
	return 0;
}

static struct json *limit_value(int64_t v)
{
	return v < 0 ? json_new_uint(UINT64_MAX) : json_new_int(v);
}

/* "nofile" as "RLIMIT_NOFILE"; false where there is no limit of the name. */
static bool rlimit_name(const char *type, char name[32])
{
	static const char *const types[] = {"core",    "cpu",	   "data",   "fsize",	   "locks",
					    "memlock", "msgqueue", "nice",   "nofile",	   "nproc",
					    "rss",     "rtprio",   "rttime", "sigpending", "stack"};

	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		if (!str_eq(types[t], type))
			continue;
		snprintf(name, 32, "RLIMIT_%s", type);
		for (char *p = name; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		return true;
	}
	return false;
}

static void add_rlimit(struct json *out, const char *name, int64_t soft, int64_t hard)
{
	struct json *item = json_new_object();

	json_set(item, "type", json_new_str(name));
	json_set(item, "hard", limit_value(hard));
	json_set(item, "soft", limit_value(soft));
	json_add(out, item);
}

static bool has_rlimit(const struct json *out, const char *name)
{
	json_each (l, out)
		if (str_eq(json_get_str(l.v, "type", ""), name))
			return true;
	return false;
}

/* TYPE=NUMBER, soft and hard: of those that the request does not name. */
static int default_rlimits(struct gen *g, struct json *out, struct err *e)
{
	strv_foreach (item, &g->default_ulimits) {
		_free_ char *type = str_ndup(item, strcspn(item, "="));
		const char *number = str_after(item + strlen(type), "=");
		char name[32];
		int64_t v;

		if (!rlimit_name(type, name) || !number ||
		    str_to_int(number, -1, INT64_MAX, &v) < 0)
			return err_set(e, ERR_USAGE, 0, NULL,
				       "--default-ulimit: \"%s\" is no limit", item);
		if (!has_rlimit(out, name))
			add_rlimit(out, name, v, v);
	}
	return 0;
}

static int gen_rlimits(struct gen *g, struct err *e)
{
	struct json *out = json_new_array();
	struct cur limits;

	json_set(g->process, "rlimits", out);
	if (cur_arr(&g->request, "ulimits", CUR_OPTIONAL, &limits, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(limits.val); i++) {
		struct cur l = cur_at(&limits, i);
		const char *type = NULL;
		int64_t soft = 0, hard = 0;
		char name[32];

		if (cur_str(&l, "type", CUR_NEED, &type, e) < 0 ||
		    cur_int(&l, "soft", CUR_NEED, -1, INT64_MAX, &soft, e) < 0 ||
		    cur_int(&l, "hard", CUR_NEED, -1, INT64_MAX, &hard, e) < 0)
			return -1;
		if (!rlimit_name(type, name))
			return cur_bad(&l, e, "\"%.60s\" is no limit", type);
		if (hard >= 0 && (soft < 0 || soft > hard))
			return cur_bad(&l, e, "the soft limit is above the hard one");
		add_rlimit(out, name, soft, hard);
	}
	return default_rlimits(g, out, e);
}

/* So that the first program sees the size of the user's terminal, not that of none. */
static int add_console_size(struct gen *g, struct err *e)
{
	struct cur size;
	struct json *out;
	int64_t height = 0, width = 0;

	if (cur_obj(&g->request, "consoleSize", CUR_OPTIONAL, &size, e) < 0 ||
	    cur_int(&size, "height", CUR_OPTIONAL, 0, 65535, &height, e) < 0 ||
	    cur_int(&size, "width", CUR_OPTIONAL, 0, 65535, &width, e) < 0)
		return -1;
	if (!height || !width)
		return 0;
	out = json_new_object();
	json_set(out, "height", json_new_int(height));
	json_set(out, "width", json_new_int(width));
	json_set(g->process, "consoleSize", out);
	return 0;
}

static int gen_oom_score(struct gen *g, struct err *e)
{
	int64_t n = 0;

	if (cur_int(&g->request, "oomScoreAdj", CUR_OPTIONAL, -1000, 1000, &n, e) < 0)
		return -1;
	if (json_has(g->request.val, "oomScoreAdj"))
		json_set(g->process, "oomScoreAdj", json_new_int(n));
	return 0;
}

int gen_process(struct gen *g, struct err *e)
{
	bool terminal = false, no_new_privs = false;
	const char *home = NULL, *label = NULL, *apparmor = NULL;
	struct cur selinux;

	if (cur_bool(&g->request, "terminal", CUR_OPTIONAL, &terminal, e) < 0 ||
	    cur_bool(&g->security, "noNewPrivileges", CUR_OPTIONAL, &no_new_privs, e) < 0 ||
	    cur_str(&g->security, "apparmor", CUR_OPTIONAL, &apparmor, e) < 0 ||
	    cur_obj(&g->root, "selinux", CUR_OPTIONAL, &selinux, e) < 0 ||
	    cur_str(&selinux, "processLabel", CUR_OPTIONAL, &label, e) < 0)
		return -1;
	json_set(g->process, "terminal", json_new_bool(terminal));
	if (terminal && add_console_size(g, e) < 0)
		return -1;
	if (gen_hostname(g, e) < 0 || gen_user(g, &home, e) < 0 || gen_args(g, e) < 0 ||
	    gen_env(g, home, e) < 0 || gen_cwd(g, e) < 0 || gen_rlimits(g, e) < 0 ||
	    gen_oom_score(g, e) < 0)
		return -1;
	json_set(g->process, "noNewPrivileges", json_new_bool(no_new_privs));
	if (label && *label)
		json_set(g->process, "selinuxLabel", json_new_str(label));
	if (apparmor && !str_eq(apparmor, "unconfined"))
		json_set(g->process, "apparmorProfile", json_new_str(apparmor));
	return 0;
}
