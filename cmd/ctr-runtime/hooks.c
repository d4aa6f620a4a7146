/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: programs that the configuration names, run in order, each with the state of the container
 * on its standard input, killed when their time is over. They see the environment that the
 * configuration gives them and nothing of the runtime's; no other descriptors.
 */
#include "create.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "sys/spawn.h"

/*
 * A descriptor to read the state from. A hook need not read: what does not fit into a pipe (64 KiB,
 * pipe(7)) would wait for it for ever, so that goes into a file in memory.
 */
static int state_input(const char *state, struct err *e)
{
	_close_ int in = -1, out = -1;
	size_t len = strlen(state);
	int fds[2];

	if (len > 60000) {
		in = memfd_create("state", MFD_CLOEXEC);
		if (in < 0)
			return err_sys(e, "memfd_create", "cannot keep the state for a hook");
		if (fd_write_all(in, state, len, e) < 0 || lseek(in, 0, SEEK_SET) < 0)
			return err_prefix(e, "the state for a hook");
		return take_fd(&in);
	}
	if (fd_pipe(fds, e) < 0)
		return -1;
	in = fds[0];
	out = fds[1];
	return fd_write_all(out, state, len, e) < 0 ? -1 : take_fd(&in);
}

static int run_hook(const struct config_hook *h, const char *state, struct err *e)
{
	static char *const no_env[] = {NULL};
	char *const only_path[] = {(char *)(uintptr_t)h->path, NULL};
	struct spawn s = {
		.file = h->path,
		.argv = h->args.n ? h->args.v : only_path,
		.envp = h->env.n ? h->env.v : no_env,
		.out = -1,
		.err = -1,
	};
	struct child c;
	_close_ int in = state_input(state, e);
	int status;

	if (in < 0)
		return -1;
	s.in = in;
	if (spawn(&s, &c, e) < 0)
		return -1;
	if (h->timeout && proc_wait(c.pidfd, (int)(h->timeout * 1000), e) == 0) {
		proc_signal(c.pidfd, SIGKILL, e);
		child_wait(&c, &status, e);
		return err_set(e, ERR_FAILED, ETIMEDOUT, NULL, "it ran longer than %d s",
			       (int)h->timeout);
	}
	if (child_wait(&c, &status, e) < 0)
		return -1;
	return status == 0 ? 0 : err_set(e, ERR_FAILED, 0, NULL, "it ended with status %d", status);
}

int hooks_run(const struct config_hooks *h, const char *kind, struct json *state, struct err *e)
{
	_free_ char *text = h->n ? json_text(state, false) : NULL;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, saved;
	int rc = 0;

	if (!h->n)
		return 0;
	sigaction(SIGPIPE, &ignore, &saved);
	for (size_t i = 0; i < h->n && rc == 0; i++) {
		rc = run_hook(&h->v[i], text, e);
		if (rc < 0)
			err_prefix(e, "%s hook %s", kind, h->v[i].path);
	}
	sigaction(SIGPIPE, &saved, NULL);
	return rc;
}
