/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The namespaces of a container that exists: see nsjoin.h.
 *
 * They are looked at in /proc/PID/ns; the pidfd, opened before, makes sure that the number still
 * means the same process. Where /proc refuses and the container is only created, its first process
 * hands them out (waiting.c). They are joined together by one setns(2) on the pidfd (Linux 5.8) or,
 * opened then, one by one, the user namespace first, as it gives the right to the others.
 */
#include "join/nsjoin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "make/waiting.h"
#include "sys/fdpass.h"
#include "sys/nsfork.h"

void nsjoin_release(struct nsjoin *n)
{
	for (int i = 0; i < NSJOIN_TYPES; i++)
		if (n->fd[i] >= 0)
			close(n->fd[i]);
	if (n->pidfd >= 0)
		close(n->pidfd);
	*n = (struct nsjoin)NSJOIN_NONE;
}

/* They come without names; ioctl_nsfs(2) tells what each is. */
static int receive_all(const struct state *s, struct nsjoin *n, struct err *e)
{
	_close_ int sock = waiting_ask(s->dir, WAITING_NAMESPACES, e);
	int fd, got = 0;

	if (sock < 0)
		return -1;
	while ((fd = fdpass_recv(sock, e)) >= 0) {
		int type = ioctl(fd, NS_GET_NSTYPE), i = 0;

		while (ns_types[i].oci && (int)ns_types[i].flag != type)
			i++;
		if (!ns_types[i].oci || n->fd[i] >= 0) {
			close(fd);
			continue;
		}
		n->fd[i] = fd;
		got++;
	}
	if (!got)
		return -1;
	err_clear(e);
	return 0;
}

static int look(const struct nsjoin *n, int i, struct stat *out)
{
	char path[48];

	if (n->fd[i] >= 0)
		return fstat(n->fd[i], out);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)n->pid, ns_types[i].proc);
	return stat(path, out);
}

/*
 * What the caller is in already is not joined: a second time the kernel may refuse. ENOENT: this
 * kernel has no such namespaces.
 */
static int find_others(struct nsjoin *n, struct err *e)
{
	char path[40];

	n->flags = 0;
	for (int i = 0; ns_types[i].oci; i++) {
		struct stat own, other;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_types[i].proc);
		if (stat(path, &own) < 0 || look(n, i, &other) < 0) {
			if (errno == ENOENT)
				continue;
			return err_sys(e, "stat", "cannot look at the namespaces of the container");
		}
		if (own.st_ino != other.st_ino || own.st_dev != other.st_dev)
			n->flags |= ns_types[i].flag;
		else if (n->fd[i] >= 0)
			close(take_fd(&n->fd[i]));
	}
	return 0;
}

int nsjoin_open(const struct state *s, struct nsjoin *n, struct err *e)
{
	*n = (struct nsjoin)NSJOIN_NONE;
	n->pid = s->proc.pid;
	n->pidfd = state_pidfd(s, e);
	if (n->pidfd < 0)
		return -1;
	if (find_others(n, e) < 0) {
		if (e->errnum != EACCES || !str_eq(state_status(s), "created"))
			return -1;
		err_clear(e);
		if (receive_all(s, n, e) < 0 || find_others(n, e) < 0)
			return -1;
	}
	return proc_signal(n->pidfd, 0, e);
}

/* Before anything is joined: the host's /proc is there, and the pidfd says whose number it is. */
static int open_others(struct nsjoin *n, struct err *e)
{
	char path[48];

	for (int i = 0; ns_types[i].oci; i++) {
		if (!(n->flags & ns_types[i].flag) || n->fd[i] >= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)n->pid, ns_types[i].proc);
		n->fd[i] = TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC));
		if (n->fd[i] < 0)
			return err_sys(e, "open", "cannot open the namespaces of the container");
	}
	return proc_signal(n->pidfd, 0, e);
}

int nsjoin_enter(struct nsjoin *n, uint64_t mask, struct err *e)
{
	uint64_t flags = n->flags & mask;

	if (!flags)
		return 0;
	if (setns(n->pidfd, (int)flags) == 0) {
		n->by_pidfd = true;
		return 0;
	}
	/* /proc may be the container's by now */
	if (n->by_pidfd)
		return err_sys(e, "setns", "cannot join the namespaces of the container");
	if (open_others(n, e) < 0)
		return -1;
	for (int i = 0; ns_types[i].oci; i++)
		if (flags & ns_types[i].flag && setns(n->fd[i], (int)ns_types[i].flag) < 0)
			return err_sys(e, "setns", "cannot join the %s namespace of the container",
				       ns_types[i].oci);
	return 0;
}
