/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes by pidfd and by (pid, start time, boot id). A start time counts ticks of 10 ms, in
 * which a number can be used twice; where the kernel numbers pidfds (Linux 6.9) that number is the
 * identity.
 */
#ifndef RP_SYS_PROC_H
#define RP_SYS_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

#define BOOT_ID_LEN 37

struct proc_id {
	pid_t pid;
	uint64_t start; /* field 22 of /proc/PID/stat: clock ticks since boot; proc(5) */
	char boot[BOOT_ID_LEN];
	uint64_t inode; /* proc_inode(), 0: not known */
};

/* /proc/sys/kernel/random/boot_id */
int boot_id(char out[BOOT_ID_LEN], struct err *e);

/* The identity of a process that runs now. ERR_NOTFOUND where it does not (a zombie does not). */
int proc_identify(pid_t pid, struct proc_id *out, struct err *e);

/* The same with a pidfd of it that the caller has. */
int proc_identify_by(int pidfd, pid_t pid, struct proc_id *out, struct err *e);

/*
 * The signals that this process ignores, bit N - 1 for signal N: what execve(2) hands down. All
 * where the kernel does not say.
 */
uint64_t proc_ignored_signals(void);

/* The parent of a process, which may be a zombie; -1 where there is no such process. */
pid_t proc_parent(pid_t pid);

/*
 * A pidfd for exactly this process. ERR_NOTFOUND where it has ended, its number was reused, or the
 * record is of another boot.
 */
int proc_open(const struct proc_id *id, struct err *e);

/* pidfd_send_signal(2); ERR_NOTFOUND for ESRCH. */
int proc_signal(int pidfd, int sig, struct err *e);

/* Waits until the process has ended. timeout_ms -1: for ever. Returns 1 ended, 0 timed out. */
int proc_wait(int pidfd, int timeout_ms, struct err *e);

/*
 * The number that no other process gets until the next boot: the inode of its pidfd in pidfs. 0
 * where the kernel has none (before Linux 6.9). The start time alone counts clock ticks: within one
 * a number may have had two owners.
 */
uint64_t proc_inode(int pidfd);

int sys_pidfd_open(pid_t pid);

/* "SIGTERM", "TERM", "term", "15" to 15; -1 where there is no such signal. RTMIN+N as well. */
int signal_number(const char *s);
const char *signal_name(int sig); /* "SIGTERM", or NULL */

#endif
