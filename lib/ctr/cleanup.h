/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking down what a container that has ended leaves behind: the pieces that ctr-cleanup(1), which
 * does all of it, and ctr-monitor(1), which does it for most containers itself, have in common.
 *
 * The order is the same in both, so that a SIGKILL at any point leaves what the next command's
 * sweep finds (ctr/sweep.h): the runtime's record, the mounts, the container's record and name, the
 * run directory behind them, and last what only takes up space.
 */
#ifndef RP_CTR_CLEANUP_H
#define RP_CTR_CLEANUP_H

#include "oci/store.h"

/*
 * Removes the record that our own ctr-runtime keeps of the container in RUN/runtime, and its
 * cgroup. 0: gone, or never there. 1: left alone, since only "ctr-runtime delete" can: the process
 * runs, there are poststop hooks, systemd has the cgroup, or the record is not one that this
 * version knows.
 */
int cleanup_forget(const struct store *s, const char *id, struct err *e);

/* Unmounts what is mounted on the entry name of the directory; no mount there is fine. */
int cleanup_unmount(int dir, const char *name, struct err *e);

/* RUN/containers/ID, and the mark of a start. */
int cleanup_run_dir(const struct store *s, const char *id, struct err *e);

/*
 * All that is to be done for a container of our own runtime without a network namespace, a helper
 * or a cidfile; its root file system is mounted on rootfs in the directory bundle. With remove the
 * record, whose name this is, goes to trash/, where container_shred() finds it. 0: done. 1: nothing
 * was done, or not all: ctr-cleanup is needed, which does what is left and tells what failed.
 */
int cleanup_plain(const struct store *s, const char *id, const char *name, int bundle, bool remove);

#endif
