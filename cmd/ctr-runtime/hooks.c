/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: programs that the configuration names, run in order, each with the state of the container
 * on its standard input, killed when their time is over. They see the environment that the
 * configuration gives them and nothing of the runtime's; no other descriptors.
 */
#include "create.h"

#include <errno.h>
#include <signal.h>

#include "sys/spawn.h"

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
	int in[2], status;

	if (fd_pipe(in, e) < 0)
		return -1;
	s.in = in[0];
	if (spawn(&s, &c, e) < 0) {
		close(in[0]);
		close(in[1]);
		return -1;
	}
	close(in[0]);
	/* a hook need not read; the state is far below the size of a pipe */
	fd_write_all(in[1], state, strlen(state), NULL);
	close(in[1]);
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
