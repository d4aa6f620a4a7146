/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of "exec": what they change in the process that the document describes. Nothing here
 * touches the container.
 */
#include "manage/exec_options.h"

static int parse_id(const char *text, int64_t *out, struct err *e)
{
	if (str_to_int(text, 0, UINT32_MAX - 1, out) == 0)
		return 0;
	return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not a user or group number", text);
}

/* UID[:GID]; without a group it is 0, as in a process without one. */
static int set_user(struct config_process *p, const char *user, struct err *e)
{
	_free_ char *uid = str_dup(user);
	char *colon = strchr(uid, ':');

	if (colon)
		*colon = '\0';
	p->gid = 0;
	if (parse_id(uid, &p->uid, e) < 0)
		return -1;
	return colon ? parse_id(colon + 1, &p->gid, e) : 0;
}

/*
 * With the primary group in front: who gives it up must not reach what is shut to the group. The
 * groups of the container's process are for its user only.
 */
static int set_groups(struct config_process *p, const struct strv *groups, struct err *e)
{
	int64_t id;

	free(p->groups);
	p->groups = mem_alloc((groups->n + 1) * sizeof(*p->groups));
	p->groups[0] = (uint32_t)p->gid;
	p->ngroups = 1;
	strv_foreach (g, groups) {
		if (parse_id(g, &id, e) < 0)
			return -1;
		if (id != p->gid)
			p->groups[p->ngroups++] = (uint32_t)id;
	}
	return 0;
}

/* --env replaces a variable of the same name. */
static void set_env(struct config_process *p, const char *item)
{
	size_t len = strcspn(item, "=");

	for (size_t i = 0; i < p->env.n; i++)
		if (strncmp(p->env.v[i], item, len) == 0 && p->env.v[i][len] == '=') {
			free(p->env.v[i]);
			p->env.v[i] = str_dup(item);
			return;
		}
	strv_add(&p->env, item);
}

/* Ambient as well where the container lets it be inherited, as other runtimes do. */
static void add_caps(struct config_process *p, const struct strv *caps)
{
	struct strv *sets[] = {&p->bounding, &p->effective, &p->permitted};
	uint64_t inheritable = caps_set(&p->inheritable, NULL);

	strv_foreach (cap, caps) {
		int n = caps_number(cap);

		for (size_t i = 0; i < ARRAY_LEN(sets); i++)
			strv_add(sets[i], cap);
		if (n >= 0 && inheritable & CAP_BIT(n))
			strv_add(&p->ambient, cap);
	}
}

int exec_apply_options(struct create *c, const struct exec_options *o, int argc, char **argv,
		       struct err *e)
{
	struct config_process *p = &c->cfg.process;

	if (argc > 0) {
		strv_release(&p->args);
		for (int i = 0; i < argc; i++)
			strv_add(&p->args, argv[i]);
	} else if (!o->process) {
		return err_set(e, ERR_USAGE, 0, NULL, "exec needs a command or --process");
	}
	if (!o->process)
		p->terminal = o->tty;
	else if (o->tty)
		p->terminal = true;
	if (o->cwd)
		p->cwd = o->cwd;
	if (o->user && set_user(p, o->user, e) < 0)
		return -1;
	if ((o->user || o->groups.n) && set_groups(p, &o->groups, e) < 0)
		return -1;
	strv_foreach (item, &o->env)
		set_env(p, item);
	add_caps(p, &o->cap);
	if (o->no_new_privs)
		p->no_new_privs = true;
	if (o->process_label)
		p->selinux = o->process_label;
	if (o->apparmor)
		p->apparmor = o->apparmor;
	if (!p->args.n)
		return err_set(e, ERR_INPUT, 0, NULL, "%s: .args is missing", o->process);
	return 0;
}
