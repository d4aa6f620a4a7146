/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of the process before it is the user's command. */
#ifndef CTR_RUNTIME_PROCESS_H
#define CTR_RUNTIME_PROCESS_H

#include "make/container.h"

/* Stages of the child, and of exec. */
int process_open_cwd(struct create *c, struct err *e);
int process_find_exe(struct create *c, struct err *e);
/* LISTEN_FDS and its like, where the runtime was given them. */
int process_listen(struct create *c, struct err *e);
/* HOME, where the environment has none. */
int process_home(struct create *c, struct err *e);
int process_limits(struct create *c, struct err *e);
int process_keyring_label(struct create *c, struct err *e);
int process_keyring(struct create *c, struct err *e);
int process_labels(struct create *c, struct err *e);
int process_enter_cwd(struct create *c, struct err *e);
int process_identity(struct create *c, struct err *e);
/* Where root may not, the user may. */
int process_enter_cwd_late(struct create *c, struct err *e);
/* The last things of the runtime's own: descriptors, the death signal. */
int process_leave(struct create *c, struct err *e);
int process_filter(struct create *c, struct err *e);
int process_exec(struct create *c, struct err *e);
/*
 * The capability sets of the configuration. Unknown names are warned about, and what this process
 * cannot grant, unless the command runs in a user namespace that is not this process's (new_user).
 */
void process_caps(const struct config_process *p, bool new_user, struct caps *out);
/* Does the command keep the supplementary groups of the caller: ANNOTATION_KEEP_GROUPS? */
bool process_keeps_groups(const struct create *c);
/* Signals as a command expects them: none blocked, none ignored. */
void process_reset_signals(const struct create *c);

#endif
