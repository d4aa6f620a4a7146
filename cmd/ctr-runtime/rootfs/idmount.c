/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Id-mapped mounts: see idmount.h.
 *
 * mount_setattr(2) takes the mapping from a user namespace. One with the mount's own mapping is
 * made by a child that does nothing and is ended as soon as its namespace is open; without a
 * mapping of its own a mount takes the container's. The kernel allows it to whoever owns the file
 * system (Linux 5.12); a rootless caller does not own the host's. It is the runtime that does it,
 * not the process in the container's namespaces: there /proc shows other numbers, and in a new user
 * namespace no file system of the host is owned.
 */
#include "rootfs/idmount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "config/ids.h"
#include "sys/idmap.h"
#include "sys/mountfd.h"
#include "sys/nsfork.h"
#include "sys/proc.h"
#include "sys/userns_map.h"

static int open_namespace(pid_t pid, struct err *e)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open", "cannot open the user namespace of a mount") : fd;
}

static int make_namespace(const struct config_mount *m, struct err *e)
{
	static struct idmap uid, gid;
	int pidfd, fd = -1;
	pid_t pid;

	if (ids_from_config(&m->uid_maps, &uid, e) < 0 ||
	    ids_from_config(&m->gid_maps, &gid, e) < 0)
		return -1;
	pid = ns_fork(CLONE_NEWUSER, -1, false, &pidfd, e);
	if (pid < 0)
		return -1;
	while (pid == 0)
		pause();
	if (userns_write_maps(pid, &uid, &gid, e) == 0)
		fd = open_namespace(pid, e);
	proc_signal(pidfd, SIGKILL, NULL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(pidfd);
	return fd;
}

static bool is_plain(const char *option)
{
	return str_eq(option, "idmap") || str_eq(option, "ridmap");
}

/* "idmap=uids=..." as well, which is refused. */
static bool is_option(const char *option)
{
	return str_after(option, "idmap") || str_after(option, "ridmap");
}

bool idmount_wanted(const struct config_mount *m)
{
	strv_foreach (option, &m->options)
		if (is_option(option))
			return true;
	return m->uid_maps.n || m->gid_maps.n;
}

int idmount_check(const struct config_mount *m, struct err *e)
{
	strv_foreach (option, &m->options)
		if (is_option(option) && !is_plain(option)) {
			err_set(e, ERR_INPUT, 0, NULL, "the option \"%s\" is not understood",
				option);
			return err_hint(e, "give .uidMappings and .gidMappings of the mount");
		}
	if (!m->uid_maps.n == !m->gid_maps.n)
		return 0;
	return err_set(e, ERR_INPUT, 0, NULL, ".%s is missing",
		       m->uid_maps.n ? "gidMappings" : "uidMappings");
}

static int of_container(const struct create *c, struct err *e)
{
	int fd = namespace_fd(c, "user");

	if (c->new_ns & CLONE_NEWUSER)
		return open_namespace(c->pid, e);
	if (fd < 0)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "idmap without mappings needs a container with a user namespace");
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? err_sys(e, "fcntl", "cannot keep the user namespace") : fd;
}

int idmount_apply(const struct create *c, const struct config_mount *m, int fd, struct err *e)
{
	_close_ int ns = -1;

	ns = m->uid_maps.n ? make_namespace(m, e) : of_container(c, e);
	return ns < 0 ? -1 : mount_change(fd, strv_has(&m->options, "ridmap"), 0, 0, 0, ns, e);
}
