/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dead processes left of containers: found without a list, taken down by ctr-cleanup(1).
 *
 * A container is somebody's business as long as one of these holds:
 *   - its monitor has the flock(2) on RUN/containers/ID;
 *   - its first process lives (RUN/containers/ID/process.json), though its monitor may be dead;
 *   - the process that starts it lives: RUN/starting/ID is a symbolic link whose text is "PID
 *     STARTTIME BOOTID", made in one step by start_mark() and removed by the monitor.
 * Anything else below RUN/containers or RUN/starting is left over.
 */
#ifndef RP_CTR_SWEEP_H
#define RP_CTR_SWEEP_H

#include "oci/store.h"

/*
 * Marks the container as one that the caller's parent process (rp, a shell) is about to start. The
 * mark of a parent that has died meanwhile is replaced. Waits for a sweep that goes on just now, so
 * that what is made from now on is safe from it.
 */
int start_mark(const struct store *s, const char *id, struct err *e);

/* The start is over: the monitor lives, or everything is gone. Missing is fine. */
void start_unmark(const struct store *s, const char *id);

/* Is there a mark whose maker lives? */
bool start_marked(const struct store *s, const char *id);

/*
 * Has ctr-cleanup take down what is left over; containers with .request.remove are removed. Three
 * system calls a running container where nothing is left over. Best effort: what cannot be removed
 * now is left for the next one.
 */
void container_sweep(const struct store *s);

/* The same, and names that lead nowhere, staging/ and trash/; for programs that list. */
void container_sweep_all(const struct store *s);

#endif
