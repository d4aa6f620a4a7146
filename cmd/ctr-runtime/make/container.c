/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from the description of a container alone: see container.h. */
#include "make/container.h"

#include <sched.h>
#include <signal.h>

#include "manage/state.h"
#include "sys/nsfork.h"
#include "sys/proc.h"

void create_signals(struct create *c)
{
	c->ignored = proc_ignored_signals();
	if (c->ignored >> (SIGCHLD - 1) & 1)
		signal(SIGCHLD, SIG_DFL);
}

struct json *create_state(const struct create *c, const char *status)
{
	struct oci_state s = {
		.version = c->cfg.version,
		.id = c->id,
		.status = status,
		.pid = c->pid,
		.has_pid = !str_eq(status, "stopped"),
		.bundle = c->bundle,
		.annotations = c->cfg.annotations,
	};

	return oci_state(&s);
}

uint64_t child_namespaces(const struct create *c)
{
	uint64_t flags = c->new_ns & ~ns_type_find("time")->flag;

	return c->cgroup.fd >= 0 || c->cgroup.adopt ? flags & ~(uint64_t)CLONE_NEWCGROUP : flags;
}

bool child_waits(const struct create *c)
{
	return c->new_ns & CLONE_NEWUSER || c->cfg.create_container.n || c->cfg.nnetdevs ||
	       c->cgroup.adopt;
}

int namespace_fd(const struct create *c, const char *oci)
{
	for (int i = 0; ns_types[i].oci; i++)
		if (str_eq(ns_types[i].oci, oci))
			return c->ns_fd[i];
	return -1;
}
