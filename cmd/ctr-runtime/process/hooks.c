/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: programs that the configuration names, run in order, each with the state of the container
 * on its standard input, killed when their time is over. A hook has descriptors 0 to 2 and nothing
 * else; what it prints is no output of the container's, it goes into the message where the hook
 * fails. Its environment is what the configuration gives it, and where that says nothing the
 * runtime's own; a hook inside the container (startContainer) gets the container's then.
 */
#include "process/hooks.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "runtime.h"
#include "sys/proc.h"
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

/* The last line of what a hook has printed, for the message about its failure. */
static void add_words(int said, struct err *e)
{
	char text[512], *line;
	off_t size = lseek(said, 0, SEEK_END);
	off_t at = size > (off_t)sizeof(text) - 1 ? size - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = pread(said, text, sizeof(text) - 1, at);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	err_printable(line);
	if (*line)
		err_hint(e, "%.200s", line);
}

static int run_hook(const struct config_hook *h, char *const *env, const char *state, struct err *e)
{
	static char *const no_env[] = {NULL};
	char *const only_path[] = {(char *)(uintptr_t)h->path, NULL};
	_close_ int in = state_input(state, e);
	_close_ int said = in < 0 ? -1 : memfd_create("hook", MFD_CLOEXEC);
	struct spawn s = {
		.file = h->path,
		.argv = h->args.n ? h->args.v : only_path,
		.envp = !h->env_given ? env
			: h->env.n    ? h->env.v
				      : no_env,
		.in = in,
		.out = said,
		.err = said,
		.close_rest = true,
	};
	struct child c;
	int status;

	if (said < 0)
		return in < 0 ? -1 : err_sys(e, "memfd_create", "cannot keep what it prints");
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
	if (status == 0)
		return 0;
	err_set(e, ERR_FAILED, 0, NULL, "it ended with status %d", status);
	add_words(said, e);
	return -1;
}

/* A hook that does not read must not end this process. */
static int run_named(const struct config_hook *h, const char *kind, char *const *env,
		     const char *state, struct err *e)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, saved;
	int rc;

	sigaction(SIGPIPE, &ignore, &saved);
	rc = run_hook(h, env, state, e);
	sigaction(SIGPIPE, &saved, NULL);
	return rc < 0 ? err_prefix(e, "%s hook %s", kind, h->path) : 0;
}

int hooks_run(const struct config_hooks *h, const char *kind, char *const *env, struct json *state,
	      struct err *e)
{
	_free_ char *text = h->n ? json_text(state, false) : NULL;

	for (size_t i = 0; i < h->n; i++)
		if (run_named(&h->v[i], kind, env, text, e) < 0)
			return -1;
	return 0;
}

void hooks_poststop(const struct config_hooks *h, struct json *state)
{
	_free_ char *text = h->n ? json_text(state, false) : NULL;

	for (size_t i = 0; i < h->n; i++) {
		struct err e = {0};
		char line[1200];

		if (run_named(&h->v[i], "poststop", NULL, text, &e) == 0)
			continue;
		err_text(&e, line, sizeof(line));
		report_warn("%s", line);
	}
}
