/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readiness: the command of a container tells the service manager of its caller that it is ready.
 */
#ifndef CTR_RUNTIME_NOTIFY_H
#define CTR_RUNTIME_NOTIFY_H

#include "make/container.h"

/* The folder in the state directory, what the container has of it, and the socket's path there. */
#define NOTIFY_DIR    "notify"
#define NOTIFY_PLACE  "/run/notify"
#define NOTIFY_SOCKET NOTIFY_PLACE "/notify"

/* Does the caller want to hear of it: is NOTIFY_SOCKET set? */
bool notify_wanted(void);

/* A stage: makes the folder. */
int notify_make(struct create *c, struct err *e);
/* Stages of the child: opens it while the host's paths are there; mounts it, and tells the command
 * of the socket. */
int notify_open(struct create *c, struct err *e);
int notify_mount(struct create *c, struct err *e);

/* Makes the socket in a container's state directory and returns it; -1 without *e: not wanted. */
int notify_listen(int state_dir, struct err *e);

/*
 * Waits for READY=1 on the socket, or for the end of the process, and passes READY=1 and nothing
 * else on to NOTIFY_SOCKET.
 */
int notify_relay(int sock, int pidfd, struct err *e);

/* The same in a process of its own, which ends with this one. */
int notify_relay_beside(int sock, int pidfd, struct err *e);

#endif
