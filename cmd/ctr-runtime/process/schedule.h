/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .process.scheduler, ioPriority, execCPUAffinity and .linux.memoryPolicy of a process. */
#ifndef CTR_RUNTIME_SCHEDULE_H
#define CTR_RUNTIME_SCHEDULE_H

#include "config/config.h"

/* Applies all of them to the calling process. */
int schedule_apply(const struct config *cfg, struct err *e);

/* A list such as "0-3,8" to the calling process. what is for messages. */
int schedule_affinity(const char *list, const char *what, struct err *e);

extern const char *const schedule_memory_modes[], *const schedule_memory_flags[];

#endif
