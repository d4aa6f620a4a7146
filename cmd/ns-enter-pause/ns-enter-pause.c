/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns-enter-pause: runs a command in the user's user and mount namespace.
 *
 * Stages: join the namespaces that the pause process of RUN/pause.json holds (sys/userns.c);
 * where there is none, take RUN/pause.lock, look again, make both (create.c); exec the command.
 * Several starts at once make one pause process: the lock decides, the others join.
 *
 * It must not start a thread (setns(2) into a user namespace refuses then), and must not change
 * anything in the namespaces that it joins.
 */
#include "ns-enter-pause.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/log.h"
#include "oci/store.h"
#include "sys/path.h"
#include "sys/spawn.h"
#include "sys/userns.h"
#include "wire/prog.h"

struct options {
	bool start, stop, private_mounts;
};

static const struct opt options[] = {
	{"start", 0, OPT_FLAG, offsetof(struct options, start), NULL,
	 "make sure that the pause process runs, then exit"},
	{"stop", 0, OPT_FLAG, offsetof(struct options, stop), NULL,
	 "end the pause process; the namespaces go with their last process"},
	{"private", 0, OPT_FLAG, offsetof(struct options, private_mounts), NULL,
	 "give CMD a mount namespace of its own, so that its mounts end with it"},
	{0},
};

/*
 * The pause process may have been killed while containers go on: their monitors live in the same
 * namespaces, and a new pause process joins there, so that all containers stay in one.
 */
static int join_survivor(const struct store *s, struct err *e)
{
	_close_ int dir = path_open_beneath(s->run, "containers", O_RDONLY | O_DIRECTORY, 0, NULL);
	int copy = dir < 0 ? -1 : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;

	while (d && (ent = readdir(d))) {
		_free_ char *file = str_fmt("%s/monitor.json", ent->d_name);
		struct proc_id id;
		_close_ int pidfd = -1;

		if (ent->d_name[0] == '.' || proc_record_read(dir, file, &id, NULL) < 0)
			continue;
		pidfd = proc_open(&id, NULL);
		if (pidfd >= 0 && userns_join_process(pidfd, id.pid, NULL) == 0)
			return 0;
	}
	return err_set(e, ERR_NOTFOUND, 0, NULL, "no container of this user runs");
}

/* With the lock held: the pause process does not run, or ran a moment ago for another start. */
static int make(const struct store *s, struct err *e)
{
	_close_ int lock = store_lock(s->run, "pause.lock", false, e);

	if (lock < 0)
		return -1;
	if (userns_join_pause(s->run, e) == 0)
		return 0;
	if (e->code != ERR_NOTFOUND)
		return -1;
	err_clear(e);
	if (join_survivor(s, e) == 0)
		return pause_start(s, e);
	err_clear(e);
	return pause_create(s, e);
}

static int enter(const struct store *s, struct err *e)
{
	if (userns_join_pause(s->run, e) == 0)
		return 0;
	if (e->code != ERR_NOTFOUND)
		return -1;
	err_clear(e);
	return make(s, e);
}

static int stop(const struct store *s, struct err *e)
{
	struct proc_id id;
	_close_ int lock = store_lock(s->run, "pause.lock", false, e);
	_close_ int pidfd = -1;

	if (lock < 0)
		return -1;
	if (proc_record_read(s->run, PAUSE_RECORD, &id, e) == 0)
		pidfd = proc_open(&id, e);
	if (pidfd < 0) {
		if (e->code != ERR_NOTFOUND)
			return -1;
	} else if (proc_signal(pidfd, SIGTERM, e) < 0 || proc_wait(pidfd, 5000, e) < 0) {
		return -1;
	}
	err_clear(e);
	unlinkat(s->run, PAUSE_RECORD, 0);
	return 0;
}

/*
 * execvp(3) says EACCES also where a directory of PATH cannot be read and the program is in none of
 * the others; for a shell that is "not found".
 */
static int exec_errno(const char *name, int errnum)
{
	_free_ char *found = NULL;

	if (errnum != EACCES || strchr(name, '/'))
		return errnum;
	found = program_in_path(name, F_OK);
	return found ? EACCES : ENOENT;
}

static int run(struct prog *p, struct err *e)
{
	const struct options *o = p->opts;
	_store_ struct store s = STORE_NONE;
	char *login_shell = getenv("SHELL"), default_shell[] = "/bin/sh";
	char *shell[] = {login_shell ? login_shell : default_shell, NULL};
	char **argv = p->argc ? p->argv : shell;

	if (store_open(&s, e) < 0)
		return -1;
	if (o->stop)
		return stop(&s, e);
	if (enter(&s, e) < 0)
		return -1;
	if (o->start)
		return 0;
	if (o->private_mounts && userns_private_mounts(e) < 0)
		return -1;
	store_close(&s);
	execvp(argv[0], argv);
	errno = exec_errno(argv[0], errno);
	err_sys(e, "execve", "cannot run %s", argv[0]);
	p->exit_status = e->errnum == ENOENT ? 127 : 126; /* as sh(1) and Podman */
	return 0;
}

static const struct program program = {
	.name = "ns-enter-pause",
	.summary = "run a command in the user's user and mount namespace",
	.usage = "[--start | --stop | --private] [--] [CMD [ARG...]]",
	.description =
		"Joins the namespaces that the pause process holds; makes both where there\n"
		"is none, with the ids of /etc/subuid and /etc/subgid. Without CMD: a shell.",
	.opts = options,
	.opts_size = sizeof(struct options),
	.io = PROG_STOP_AT_OPERAND,
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
