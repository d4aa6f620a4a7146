/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .linux.sysctl: only what belongs to a namespace that the container does not share with the host,
 * and only by a name of letters, digits and a few others, one file each. The writes go through a
 * procfs that no mount of the container can cover.
 */
#include "process/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "sys/nsfork.h"
#include "sys/path.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@"

static const struct {
	const char *prefix; /* ending in '.': all below it */
	const char *ns;
} owned[] = {
	{"net.", "network"},
	{"fs.mqueue.", "ipc"},
	{"kernel.msgmax", "ipc"},
	{"kernel.msgmnb", "ipc"},
	{"kernel.msgmni", "ipc"},
	{"kernel.sem", "ipc"},
	{"kernel.shmall", "ipc"},
	{"kernel.shmmax", "ipc"},
	{"kernel.shmmni", "ipc"},
	{"kernel.shm_rmid_forced", "ipc"},
	{"kernel.domainname", "uts"},
	{"kernel.hostname", "uts"},
	{"user.", "user"},
};

/*
 * sysctl(8): '.' and '/' trade places where the first separator is '/'. The result has dots between
 * the parts; a slash in it belongs to a name ("net.ipv4.conf.eth0/1.forwarding").
 */
static char *normalise(const char *key)
{
	char *s = str_dup(key), *sep = strpbrk(s, "./");

	if (sep && *sep == '/')
		for (char *p = s; *p; p++)
			*p = *p == '/' ? '.' : *p == '.' ? '/' : *p;
	return s;
}

static const char *namespace_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(owned); i++) {
		const char *p = owned[i].prefix;

		if (str_ends(p, ".") ? str_after(name, p) != NULL : str_eq(name, p))
			return owned[i].ns;
	}
	return NULL;
}

/* open_namespaces() has dropped the descriptor where a path is the runtime's own namespace. */
static bool has_own(const struct create *c, const char *ns)
{
	for (int i = 0; ns_types[i].oci; i++)
		if (str_eq(ns_types[i].oci, ns))
			return c->new_ns & ns_types[i].flag || c->ns_fd[i] >= 0;
	return false;
}

/* The same thing said twice; which one would count is nobody's guess. */
static int check_clash(const struct create *c, const char *name, struct err *e)
{
	bool host = c->cfg.hostname && str_eq(name, "kernel.hostname");

	if (!host && !(c->cfg.domainname && str_eq(name, "kernel.domainname")))
		return 0;
	return err_set(e, ERR_INPUT, 0, NULL,
		       "config.json: .linux.sysctl: %s beside .%s, which says the same", name,
		       host ? "hostname" : "domainname");
}

int sysctl_check(struct create *c, struct err *e)
{
	json_foreach (m, c->cfg.sysctl) {
		_free_ char *name = normalise(m.key);
		const char *ns = namespace_of(name);

		if (!str_only(name, NAME_CHARS) || strstr(name, "..") || strstr(name, "//"))
			return err_set(e, ERR_INPUT, 0, NULL,
				       "config.json: .linux.sysctl: invalid name \"%s\"", m.key);
		if (strchr(json_str(m.val), '\n'))
			return err_set(e, ERR_INPUT, 0, NULL,
				       "config.json: .linux.sysctl: %s has a value of more than "
				       "one line",
				       m.key);
		if (!ns || !has_own(c, ns))
			return err_set(e, ERR_INPUT, 0, NULL,
				       "config.json: .linux.sysctl: %s is not in a namespace of "
				       "the container's own",
				       m.key);
		if (check_clash(c, name, e) < 0)
			return -1;
	}
	return 0;
}

int proc_write(int proc, const char *file, const char *text, struct err *e)
{
	/* procfs has links only where we never go ("self" is one, and given by us) */
	_close_ int fd = TEMP_FAILURE_RETRY(openat(proc, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW));

	if (fd < 0 || TEMP_FAILURE_RETRY(write(fd, text, strlen(text))) < 0)
		return err_sys(e, "write", "cannot write \"%s\" to /proc/%s", text, file);
	return 0;
}

static int write_one(int proc, const char *key, const char *value, struct err *e)
{
	_free_ char *name = normalise(key);
	_free_ char *path = str_fmt("sys/%s", name);
	_close_ int fd = -1;

	for (char *p = path + 4; *p; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	fd = path_open_beneath(proc, path, O_WRONLY, 0, e);
	if (fd < 0)
		return -1;
	if (TEMP_FAILURE_RETRY(write(fd, value, strlen(value))) < 0)
		return err_sys(e, "write", "cannot write \"%s\"", value);
	return 0;
}

int sysctl_apply(struct create *c, struct err *e)
{
	json_foreach (m, c->cfg.sysctl)
		if (write_one(c->proc, m.key, json_str(m.val), e) < 0)
			return err_prefix(e, ".linux.sysctl: %s", m.key);
	return 0;
}
