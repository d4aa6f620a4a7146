/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The namespaces that .linux.namespaces gives by path. They are opened with the rights of the
 * caller, before anything is made; child.c joins them by these descriptors.
 */
#include "join/namespaces.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "sys/nsfork.h"

/* By ioctl_nsfs(2) (Linux 4.11): the path may be a bind mount, whose link text says nothing. */
static bool is_namespace(int fd, const struct ns_type *t)
{
	return ioctl(fd, NS_GET_NSTYPE) == (int)t->flag;
}

/* Opens what is to be joined; the type of each is checked, as setns(2) would for the flag only. */
int open_namespaces(struct create *c, struct err *e)
{
	for (int i = 0; ns_types[i].oci; i++) {
		const struct config_namespace *n = config_namespace(&c->cfg, ns_types[i].oci);
		struct stat own, other;
		char self[32];

		if (!n || !n->path)
			continue;
		c->ns_fd[i] = TEMP_FAILURE_RETRY(open(n->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
		if (c->ns_fd[i] < 0)
			return err_sys(e, "open", "cannot open the %s namespace %s", n->type,
				       n->path);
		snprintf(self, sizeof(self), "/proc/self/ns/%s", ns_types[i].proc);
		if (fstat(c->ns_fd[i], &other) < 0 || stat(self, &own) < 0)
			return err_sys(e, "fstat", "cannot look at the namespace %s", n->path);
		if (own.st_ino == other.st_ino && own.st_dev == other.st_dev) {
			/* there already; joining one's own user namespace is refused */
			close(c->ns_fd[i]);
			c->ns_fd[i] = -1;
		} else if (!is_namespace(c->ns_fd[i], &ns_types[i])) {
			return err_set(e, ERR_INPUT, 0, NULL, "%s is not a %s namespace", n->path,
				       n->type);
		}
	}
	return 0;
}
