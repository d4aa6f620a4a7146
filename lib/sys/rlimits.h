/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resource limits by name: setrlimit(2). */
#ifndef RP_SYS_RLIMITS_H
#define RP_SYS_RLIMITS_H

/* RLIMIT_NOFILE for "RLIMIT_NOFILE" or "nofile"; -1 where there is none of the name. */
int rlimit_number(const char *name);

#endif
