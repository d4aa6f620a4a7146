/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's user and mount namespace, held by a pause process; ns-enter-pause(1). */
#ifndef RP_SYS_USERNS_H
#define RP_SYS_USERNS_H

#include "sys/proc.h"

/* RUN/pause.json: {"schema":"rp.pause/1","pid","startTime","bootId"} */
#define PAUSE_RECORD "pause.json"

/* {pid, startTime, bootId, pidInode}, the last where it is known. */
struct json *proc_record(const struct proc_id *id);

/*
 * Reads such a process identity from a JSON file below dir.
 * ERR_NOTFOUND where there is no file; ERR_INPUT where it is not understood.
 */
int proc_record_read(int dir, const char *file, struct proc_id *id, struct err *e);

/*
 * Joins the namespaces of the process of RUN/pause.json: user and mount namespace together by one
 * setns(2) on a pidfd (Linux 5.8), or the mount namespace alone for real root. The working
 * directory is kept by its path. The caller must have one thread.
 *
 * ERR_NOTFOUND: no such process any more; nothing has changed. Inside these namespaces already: 0.
 */
int userns_join_pause(int run_dir, struct err *e);

/* The same for any process that lives in them. */
int userns_join_process(int pidfd, pid_t pid, struct err *e);

/*
 * A mount namespace of its own for this process and its children, so that what they mount vanishes
 * with the last of them.
 */
int userns_private_mounts(struct err *e);

/* The user's id in the initial namespace, also from inside: /proc/self/uid_map says it. */
uid_t userns_host_uid(void);

/* Root, and in the initial user namespace: what only it may do can be tried. */
bool userns_real_root(void);

#endif
