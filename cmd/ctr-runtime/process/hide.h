/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process that can be seen from a container must not have of the host. */
#ifndef CTR_RUNTIME_HIDE_H
#define CTR_RUNTIME_HIDE_H

#include "make/container.h"

/*
 * Takes the environment out of the memory that children inherit; this process keeps it, in a place
 * that none of its children has. A child calls hide_forget() before anything that reads it.
 */
int hide_environment(struct err *e);
/* In a child: it has no environment and no place of one. */
void hide_forget(void);
/* In a process with a memory of its own: the environment is gone for good. */
void hide_erase(void);

/*
 * In a process with a memory of its own: erases the hooks, whose arguments and environment may be
 * secret, but with keep_start those that run inside of the container.
 */
void hide_hooks(struct create *c, bool keep_start);

/*
 * Closes all descriptors but 0, 1, 2, those of --preserve-fds, and the n of keep, of which -1 is
 * none. The array is put into order.
 */
int hide_descriptors(const struct create *c, int *keep, size_t n, struct err *e);

/*
 * From here on others may look into this process: those that exec puts beside it while it waits,
 * and containers that share its pid namespace. Closes and erases what belongs to the host. pid_ns:
 * the pid namespace that the container has, where that is not the caller's, else -1.
 */
int leave_host(struct create *c, int pid_ns, struct err *e);

#endif
