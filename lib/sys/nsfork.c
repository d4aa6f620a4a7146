/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child in new namespaces: see nsfork.h for the contract.
 *
 * clone3(2) is Linux 5.3; without it clone(2) does the same (CLONE_PIDFD there is 5.2), the child
 * continues on a copy of this stack. glibc keeps no copy of the pid since 2.25, so a raw call is a
 * fork. The program has one thread, so no lock can be held in the child.
 *
 * A child that shares the memory shares the stack too. The function that makes it must not return
 * in the child, nor may the system call be made by another function that has returned by the time
 * the parent goes on: hence the instruction itself.
 *
 * A process enters a time namespace by unshare(2) for its children only; setns(2) with
 * time_for_children moves the caller itself and freezes the offsets (Linux 5.6).
 */
#include "sys/nsfork.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/fd.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const struct ns_type ns_types[] = {
	{"user", "user", CLONE_NEWUSER},
	{"ipc", "ipc", CLONE_NEWIPC},
	{"uts", "uts", CLONE_NEWUTS},
	{"network", "net", CLONE_NEWNET},
	{"pid", "pid", CLONE_NEWPID},
	{"cgroup", "cgroup", CLONE_NEWCGROUP},
	{"time", "time", CLONE_NEWTIME},
	{"mount", "mnt", CLONE_NEWNS},
	{0},
};

const struct ns_type *ns_type_find(const char *oci_name)
{
	for (const struct ns_type *t = ns_types; t->oci; t++)
		if (strcmp(t->oci, oci_name) == 0)
			return t;
	return NULL;
}

static pid_t old_clone(uint64_t flags, int *pidfd)
{
#if defined(__s390__) || defined(__CRIS__)
	return (pid_t)syscall(SYS_clone, NULL, flags | SIGCHLD, pidfd, NULL, 0);
#else
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, pidfd, NULL, 0);
#endif
}

pid_t ns_fork(uint64_t flags, int cgroup_fd, bool as_sibling, int *pidfd, struct err *e)
{
	struct clone_args a = {
		.flags = flags | CLONE_PIDFD | (as_sibling ? CLONE_PARENT : 0) |
			 (cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		/* with CLONE_PARENT the signal is that of the caller, and must not be given */
		.exit_signal = as_sibling ? 0 : SIGCHLD,
		.cgroup = cgroup_fd >= 0 ? (uint64_t)cgroup_fd : 0,
	};
	pid_t pid;

	*pidfd = -1;
	pid = (pid_t)syscall(SYS_clone3, &a, sizeof(a));
	if (pid < 0 && (errno == ENOSYS || errno == EINVAL || errno == E2BIG)) {
		if (cgroup_fd >= 0)
			return err_set(e, ERR_UNSUPPORTED, errno, "clone3",
				       "cannot start a process in a cgroup");
		if (errno == ENOSYS)
			pid = old_clone(a.flags, pidfd);
	}
	if (pid < 0)
		err_sys(e, "clone3", "cannot start a process in new namespaces");
	return pid;
}

#if defined(__x86_64__)
#define HAVE_SHARED_CLONE 1
static inline long clone_here(struct clone_args *a, size_t size)
{
	long rc;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(SYS_clone3), "D"(a), "S"(size)
			 : "rcx", "r11", "memory");
	return rc;
}
#elif defined(__aarch64__)
#define HAVE_SHARED_CLONE 1
static inline long clone_here(struct clone_args *a, size_t size)
{
	register long nr __asm__("x8") = SYS_clone3;
	register long rc __asm__("x0") = (long)a;
	register long second __asm__("x1") = (long)size;

	__asm__ volatile("svc 0" : "+r"(rc) : "r"(nr), "r"(second) : "memory");
	return rc;
}
#endif

#ifdef HAVE_SHARED_CLONE
static __attribute__((noinline)) long shared_clone(struct clone_args *a, int (*run)(void *),
						   void *arg)
{
	long rc = clone_here(a, sizeof(*a));

	if (rc == 0)
		_exit(run(arg));
	return rc;
}
#endif

static pid_t plain_vfork(int (*run)(void *), void *arg, struct err *e)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(run(arg));
	return pid < 0 ? err_sys(e, "vfork", "cannot start a process") : pid;
}

pid_t ns_vfork(int cgroup_fd, int (*run)(void *arg), void *arg, struct err *e)
{
	if (cgroup_fd < 0)
		return plain_vfork(run, arg, e);
#ifdef HAVE_SHARED_CLONE
	struct clone_args a = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup_fd,
	};
	long rc = shared_clone(&a, run, arg);

	if (rc >= 0)
		return (pid_t)rc;
	errno = (int)-rc;
	if (errno == ENOSYS || errno == EINVAL || errno == E2BIG)
		return err_set(e, ERR_UNSUPPORTED, errno, "clone3",
			       "cannot start a process in a cgroup");
	return err_sys(e, "clone3", "cannot start a process in a cgroup");
#else
	return err_set(e, ERR_UNSUPPORTED, ENOSYS, "clone3", "cannot start a process in a cgroup");
#endif
}

int ns_enter_time(int proc, const char *offsets, struct err *e)
{
	_close_ int ns = -1, file = -1;

	if (unshare(CLONE_NEWTIME) < 0)
		return err_sys(e, "unshare", "cannot make a time namespace");
	if (*offsets) {
		file = openat(proc, "self/timens_offsets", O_WRONLY | O_CLOEXEC);
		if (file < 0 || fd_write_all(file, offsets, strlen(offsets), e) < 0)
			return err_sys(e, "timens_offsets", "cannot set the time offsets");
	}
	ns = openat(proc, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWTIME) < 0)
		return err_sys(e, "setns", "cannot enter the time namespace");
	return 0;
}
