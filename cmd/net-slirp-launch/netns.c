/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces and their pins.
 *
 * A namespace is pinned by a bind mount of /proc/self/ns/net on RUN/containers/ID/netns
 * (network_namespaces(7)). The mount lives in the mount namespace of the pipeline, so that it ends
 * with the container's monitor whatever happens. A child makes the namespace and sets its loopback
 * up.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "net.h"
#include "sys/loopback.h"

static int pin(struct net *n, const char *from, struct err *e)
{
	_close_ int fd = openat(n->run, "netns", O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0400);

	n->netns = str_fmt("%s/containers/%s/netns", n->s.run_path, n->id);
	if (fd < 0)
		return err_sys(e, "openat", "cannot make %s", n->netns);
	if (mount(from, n->netns, NULL, MS_BIND, NULL) < 0)
		return err_sys(e, "mount", "cannot pin the network namespace at %s", n->netns);
	return 0;
}

/* In a child, since there is no way back into a network namespace of the initial user namespace. */
static void make_in_child(struct net *n, int report)
{
	struct err e = {0};

	if (unshare(CLONE_NEWNET) < 0)
		err_sys(&e, "unshare", "cannot make a network namespace");
	else if (loopback_up(&e) == 0 && pin(n, "/proc/self/ns/net", &e) == 0)
		_exit(0);
	err_send(report, &e);
	_exit(1);
}

int netns_make(struct net *n, struct err *e)
{
	int report[2], r;
	pid_t pid;

	if (fd_pipe(report, e) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		make_in_child(n, report[1]);
	close(report[1]);
	r = pid < 0 ? err_sys(e, "fork", "cannot fork") : err_recv(report[0], e);
	close(report[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	n->netns = str_fmt("%s/containers/%s/netns", n->s.run_path, n->id);
	return r == 0 ? 0 : -1;
}

int netns_share(struct net *n, const char *other, struct err *e)
{
	_free_ char *id = container_find(&n->s, other, e), *path = NULL;
	struct container_state st;
	_close_ int pidfd = -1;

	if (!id)
		return -1;
	if (container_state(&n->s, id, &st, e) < 0)
		return -1;
	pidfd = container_up(st.status) ? proc_open(&st.process, NULL) : -1;
	if (pidfd < 0)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "container %s is not running", other);
	path = str_fmt("/proc/%d/ns/net", (int)st.process.pid);
	if (pin(n, path, e) < 0)
		return -1;
	/* still the same process: then the path led to its namespace */
	if (proc_wait(pidfd, 0, NULL) == 1)
		return err_set(e, ERR_NOTFOUND, 0, NULL, "container %s has ended", other);
	return 0;
}
