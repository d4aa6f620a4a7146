/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that begins its life in a cgroup: see birth.h.
 *
 * CLONE_INTO_CGROUP (Linux 5.7) does it in one step, and the child says a first word over a socket
 * pair. Two kinds of kernel need the second way, where the child is started beside its parent,
 * moved by cgroup.procs (cgroups(7)), and only then told to carry on:
 *
 *   - those without the flag;
 *   - Linux 6.14 and the stable releases that took over its repair of cgroup.kill. Each cgroup
 *     counts there how often it was killed, and a child whose cgroup was killed during the clone
 *     gets SIGKILL before its first instruction. With the flag the count at the beginning is read
 *     from the cgroup of the parent and the count at the end from the child's, so the child is
 *     killed whenever these two were not killed equally often: a user session that was cleared
 *     once by cgroup.kill could start no container any more.
 *
 * The count cannot be read, hence the word. A child that was killed for a good reason is started
 * once more, in vain; it has done nothing that could be seen.
 */
#include "make/birth.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/cgroup2.h"
#include "sys/nsfork.h"

enum { PARENT, CHILD }; /* the ends of the pair */

static void drop(int *fd)
{
	if (*fd >= 0)
		close(take_fd(fd));
}

static bool say(int sock)
{
	return TEMP_FAILURE_RETRY(send(sock, "", 1, MSG_NOSIGNAL)) == 1;
}

/* false: the other side is gone. */
static bool hear(int sock)
{
	char c;
	ssize_t n;

	do
		n = recv(sock, &c, 1, 0);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static int make_pair(int pair[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair", "cannot make a socket pair");
	return 0;
}

/* Not a child of ours where it is a sibling: then it is reaped when its parent ends. */
static void bury(pid_t pid, int *pidfd, bool as_sibling)
{
	kill(pid, SIGKILL);
	while (!as_sibling && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	drop(pidfd);
}

/* As ns_fork(); *killed: it did not come to say a word. */
static pid_t born_inside(uint64_t flags, int cgroup_fd, bool as_sibling, int *pidfd, bool *killed,
			 struct err *e)
{
	int pair[2];
	pid_t pid;

	if (make_pair(pair, e) < 0)
		return -1;
	pid = ns_fork(flags, cgroup_fd, as_sibling, pidfd, e);
	if (pid == 0) {
		drop(&pair[PARENT]);
		if (!say(pair[CHILD]))
			_exit(1);
		drop(&pair[CHILD]);
		return 0;
	}
	drop(&pair[CHILD]);
	*killed = pid > 0 && !hear(pair[PARENT]);
	drop(&pair[PARENT]);
	return pid;
}

static pid_t moved_inside(uint64_t flags, int cgroup_fd, bool as_sibling, int *pidfd, struct err *e)
{
	int pair[2];
	pid_t pid;

	if (make_pair(pair, e) < 0)
		return -1;
	pid = ns_fork(flags, -1, as_sibling, pidfd, e);
	if (pid == 0) {
		drop(&pair[PARENT]);
		if (!hear(pair[CHILD]))
			_exit(1);
		drop(&pair[CHILD]);
		return 0;
	}
	drop(&pair[CHILD]);
	if (pid > 0 && cgroup2_attach(cgroup_fd, pid, e) < 0) {
		bury(pid, pidfd, as_sibling);
		pid = -1;
	} else if (pid > 0) {
		say(pair[PARENT]);
	}
	drop(&pair[PARENT]);
	return pid;
}

pid_t birth(uint64_t flags, int cgroup_fd, bool as_sibling, int *pidfd, struct err *e)
{
	bool killed = false;
	pid_t pid;

	if (cgroup_fd < 0)
		return ns_fork(flags, -1, as_sibling, pidfd, e);
	pid = born_inside(flags, cgroup_fd, as_sibling, pidfd, &killed, e);
	if (pid >= 0 && !killed)
		return pid;
	if (pid < 0 && e->code != ERR_UNSUPPORTED)
		return -1;
	if (pid > 0)
		bury(pid, pidfd, as_sibling);
	err_clear(e);
	return moved_inside(flags, cgroup_fd, as_sibling, pidfd, e);
}
