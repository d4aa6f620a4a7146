/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor's process, split off first.
 *
 * A monitor stays as long as its container, so it must be small. Forked after the document was
 * parsed it would keep a heap full of holes; so it is forked before, while the program waits for
 * its input anyway, and sleeps. What the first process then prepares reaches it by two ways: *m and
 * the plan's texts lie in shared memory, and the table of descriptors is shared (CLONE_FILES,
 * clone(2)), so that a number means the same in both. When it goes it takes a copy of the table
 * (unshare(2)) and says so; the first process closes nothing before.
 *
 * PR_SET_PDEATHSIG ends a sleeping monitor whose first process was killed.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "monitor.h"

#define TEXTS 32768 /* eleven paths and names */

static void sleep_until_go(struct split *s, pid_t parent, void (*life)(struct monitor *m))
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || read(s->go[0], &byte, 1) != 1)
		_exit(0);
	if (unshare(CLONE_FILES) < 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, 0);
	if (write(s->gone[1], "g", 1) != 1)
		_exit(1);
	life(s->m); /* closes what is not its own, these pipes too */
	_exit(0);
}

int split_make(struct split *s, void (*life)(struct monitor *m), struct err *e)
{
	pid_t parent = getpid();
	char *shared = mmap(NULL, sizeof(struct monitor) + TEXTS, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return err_sys(e, "mmap", "cannot make shared memory");
	s->m = (struct monitor *)shared;
	s->m->pidfd = -1;
	s->m->memory_events = -1;
	s->texts = shared + sizeof(struct monitor);
	if (fd_pipe(s->go, e) < 0 || fd_pipe(s->gone, e) < 0)
		return -1;
	/* like fork(2), but with one table of descriptors; this program has one thread */
	s->pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (s->pid < 0)
		return err_sys(e, "clone", "cannot fork the monitor");
	if (s->pid == 0)
		sleep_until_go(s, parent, life);
	return 0;
}

int split_share_plan(struct split *s, struct err *e)
{
	struct plan *p = &s->m->plan;
	char **texts[] = {&p->id,	  &p->name,	      &p->bundle,  &p->run_path,
			  &p->runtime,	  &p->runtime_root,   &p->pidfile, &p->cgroup_manager,
			  &p->store_path, &p->store_run_path, &p->log_name};
	char *to = s->texts;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		size_t n = *texts[i] ? strlen(*texts[i]) + 1 : 0;

		if (!n)
			continue;
		if (n > (size_t)(s->texts + TEXTS - to))
			return err_set(e, ERR_INPUT, ENAMETOOLONG, NULL, "%.60s...", *texts[i]);
		memcpy(to, *texts[i], n);
		free(*texts[i]);
		*texts[i] = to;
		to += n;
	}
	return 0;
}

int split_go(struct split *s, struct err *e)
{
	char byte;

	if (write(s->go[1], "g", 1) != 1 || read(s->gone[0], &byte, 1) != 1)
		return err_set(e, ERR_FAILED, 0, NULL, "the monitor ended unexpectedly");
	return 0;
}

void split_abandon(struct split *s)
{
	kill(s->pid, SIGKILL); /* our child, not waited for: the number is its */
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
