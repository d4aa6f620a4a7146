/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of "exec". */
#ifndef CTR_RUNTIME_EXEC_OPTIONS_H
#define CTR_RUNTIME_EXEC_OPTIONS_H

#include "make/container.h"

/* What the command line says; strings are its own. */
struct exec_options {
	struct create_options base; /* console-socket, pid-file, preserve-fds, detach */
	const char *process, *cwd, *user, *process_label, *apparmor, *cgroup;
	struct strv env, cap, groups;
	bool tty, no_new_privs, ignore_paused;
};

/* Puts it, and the command (argc, argv), over what the document says, in c->cfg.process. */
int exec_apply_options(struct create *c, const struct exec_options *o, int argc, char **argv,
		       struct err *e);

#endif
