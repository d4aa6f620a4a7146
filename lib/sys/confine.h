/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program gives up what it does not need: privileges that exec would grant, capabilities, the
 * file system (Landlock), system calls (seccomp). Everything is off unless a member says otherwise.
 *
 *	const int blobs[] = {fd, -1};
 *	const struct confine c = {.read_fds = blobs};
 *
 *	if (confine(&c, e) < 0)
 *		return -1;
 *
 * Descriptors that are open already stay usable: Landlock and the filter stop new ones.
 */
#ifndef RP_SYS_CONFINE_H
#define RP_SYS_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct confine {
	const int *read_fds;  /* ends with -1, NULL: none; files and folders (with all below them)
			       * that  may be read */
	const int *write_fds; /* the same: may be read, written, made, removed, renamed */
	bool any_files;	      /* no Landlock: the whole file system as the file modes allow */
	bool network;	      /* sockets of IPv4 and IPv6, and what tells the machine's addresses */
	bool unix_sockets;    /* AF_UNIX sockets */
	bool exec;	      /* execve(2); what lies in read_fds may be executed; without it no
			       * memory becomes executable any more, dlopen(3) fails */
	bool fork;	      /* new processes; new threads are always allowed */
	bool mounts;	 /* mount(2) and its family, unshare(2), setns(2), chroot(2), pivot_root(2);
			  * wants any_files, as Landlock forbids mounting */
	bool chroot;	 /* chroot(2) alone, where CAP_SYS_CHROOT is kept */
	bool signals;	 /* signals to processes outside; others are refused where Landlock can */
	bool pipes_only; /* an allow-list in place of all the above: descriptors that are open may
			  * be read and written, memory had, the program ended; nothing else */
	uint64_t caps;	 /* capabilities to keep, CONFINE_CAP(CAP_CHOWN) | ... */
};
#define CONFINE_CAP(n) ((uint64_t)1 << (n))

/*
 * Applies it to the calling process, all its threads, and what it will ever start; there is no way
 * back. A kernel without Landlock, or an architecture for which there is no filter (other than
 * x86_64 and aarch64), is not an error. Forbidden calls fail with EPERM, opening with EACCES; a
 * call of another architecture (i386 or x32 on x86_64) kills the process.
 *
 * Landlock and capabilities belong to a thread: to be called before any is made.
 */
int confine(const struct confine *c, struct err *e);

/*
 * For programs that read our own files and print: no new programs or processes, no sockets, no
 * mounts, no capabilities. Files as their modes allow: the store may lie anywhere.
 */
int confine_reader(struct err *e);

/*
 * For programs that still have others to start and namespaces to make, until they confine
 * themselves further: any files, sockets of IP and AF_UNIX, programs, processes, mounts, signals,
 * and these capabilities; nothing else.
 */
int confine_starter(uint64_t caps, struct err *e);

/* For programs that turn their input into output: pipes_only. */
int confine_pipes(struct err *e);

/* The Landlock ABI of the running kernel, 0 where there is none. */
int confine_landlock_abi(void);

#endif
