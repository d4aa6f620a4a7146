/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scheduling of the container's process: see schedule.h. Each value is either applied or an error
 * that names the property: sched_setattr(2), ioprio_set(2), sched_setaffinity(2),
 * set_mempolicy(2).
 */
#include "process/schedule.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>

#define MAX_CPUS  4096
#define MAX_NODES 1024

/* The index of word in a table that ends with NULL, or -1. */
static int find(const char *const *table, const char *word)
{
	for (int i = 0; table[i]; i++)
		if (str_eq(table[i], word))
			return i;
	return -1;
}

struct sched_attr_v0 {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int set_scheduler(const struct config_scheduler *s, struct err *e)
{
	/* the numbers of sched(7) */
	static const char *const policies[] = {
		"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
		"SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE", NULL,
	};
	static const char *const flags[] = {
		"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
		"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
		"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
		"SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
	};
	struct sched_attr_v0 a = {
		.size = sizeof(a),
		.nice = (int32_t)s->nice,
		.priority = (uint32_t)s->priority,
		.runtime = (uint64_t)s->runtime,
		.deadline = (uint64_t)s->deadline,
		.period = (uint64_t)s->period,
	};
	int policy = find(policies, s->policy);

	if (policy < 0)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .process.scheduler.policy: unknown value \"%s\"",
			       s->policy);
	a.policy = (uint32_t)policy;
	strv_foreach (f, &s->flags) {
		int i = find(flags, f);

		if (i < 0)
			return err_set(e, ERR_INPUT, 0, NULL,
				       "config.json: .process.scheduler.flags: unknown \"%s\"", f);
		a.flags |= UINT64_C(1) << i;
	}
	if (syscall(SYS_sched_setattr, 0, &a, 0) < 0)
		return err_sys(e, "sched_setattr", "cannot apply .process.scheduler");
	return 0;
}

static int set_io(const char *class, int64_t priority, struct err *e)
{
	static const char *const classes[] = {"IOPRIO_CLASS_NONE", "IOPRIO_CLASS_RT",
					      "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE", NULL};
	int c = find(classes, class);

	if (c < 1)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .process.ioPriority.class: unknown value \"%s\"",
			       class);
	if (syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0,
		    c << IOPRIO_CLASS_SHIFT | (int)priority) < 0)
		return err_sys(e, "ioprio_set", "cannot apply .process.ioPriority");
	return 0;
}

/* In an array of unsigned long. */
static void set_bit(int64_t number, void *bits)
{
	const int64_t width = 8 * (int64_t)sizeof(long);

	((unsigned long *)bits)[number / width] |= 1UL << (number % width);
}

int schedule_affinity(const char *list, const char *what, struct err *e)
{
	unsigned long bits[MAX_CPUS / (8 * sizeof(long))] = {0};

	if (str_number_list(list, MAX_CPUS, set_bit, bits) < 0)
		return err_set(e, ERR_INPUT, 0, NULL, "%s: \"%s\" is not a list of CPUs", what,
			       list);
	if (syscall(SYS_sched_setaffinity, 0, sizeof(bits), bits) < 0)
		return err_sys(e, "sched_setaffinity", "cannot apply %s \"%s\"", what, list);
	return 0;
}

/* The numbers of set_mempolicy(2). */
const char *const schedule_memory_modes[] = {
	"MPOL_DEFAULT",
	"MPOL_PREFERRED",
	"MPOL_BIND",
	"MPOL_INTERLEAVE",
	"MPOL_LOCAL",
	"MPOL_PREFERRED_MANY",
	"MPOL_WEIGHTED_INTERLEAVE",
	NULL,
};
const char *const schedule_memory_flags[] = {
	"MPOL_F_NUMA_BALANCING",
	"MPOL_F_RELATIVE_NODES",
	"MPOL_F_STATIC_NODES",
	NULL,
};

static int set_memory(const struct config *cfg, struct err *e)
{
	struct cur root = cur_root(cfg->doc), l = cur_key(&root, "linux");
	struct cur m = cur_key(&l, "memoryPolicy"), c = cur_key(&m, "mode");
	unsigned long nodes[MAX_NODES / (8 * sizeof(long))] = {0};
	const char *mode = NULL, *list = "";
	_strv_ struct strv flags = {0};
	int number;

	if (cur_str(&m, "mode", CUR_NEED, &mode, e) < 0 ||
	    cur_str(&m, "nodes", CUR_OPTIONAL, &list, e) < 0 ||
	    cur_strv(&m, "flags", CUR_OPTIONAL, &flags, e) < 0)
		return -1;
	number = find(schedule_memory_modes, mode);
	if (number < 0)
		return cur_bad(&c, e, "unknown value \"%s\"", mode);
	if (*list && str_number_list(list, MAX_NODES, set_bit, nodes) < 0)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.memoryPolicy.nodes: \"%s\" is not a list",
			       list);
	strv_foreach (f, &flags) {
		int i = find(schedule_memory_flags, f);

		if (i < 0)
			return err_set(e, ERR_INPUT, 0, NULL,
				       "config.json: .linux.memoryPolicy.flags: unknown \"%s\"", f);
		number |= 1 << (13 + i);
	}
	if (syscall(SYS_set_mempolicy, number, *list ? nodes : NULL, *list ? MAX_NODES : 0) < 0)
		return err_sys(e, "set_mempolicy", "cannot apply .linux.memoryPolicy");
	return 0;
}

int schedule_apply(const struct config *cfg, struct err *e)
{
	const struct config_process *p = &cfg->process;

	if (p->scheduler.given && set_scheduler(&p->scheduler, e) < 0)
		return -1;
	if (p->io_class && set_io(p->io_class, p->io_priority, e) < 0)
		return -1;
	if (cfg->memory_policy && set_memory(cfg, e) < 0)
		return -1;
	return 0;
}
