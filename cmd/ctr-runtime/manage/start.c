/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "create", "run", "start", "state": the life of a container by command. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "make/create.h"
#include "manage/delete.h"
#include "make/notify.h"
#include "make/waiting.h"

#define CREATE_OPTIONS                                                                            \
	{"bundle", 'b',                                                                           \
	 OPT_STR,  offsetof(struct create_options, bundle),                                       \
	 "DIR",	   "directory with config.json (default: the current one)"},                      \
		{"config", 'f',                                                                   \
		 OPT_STR,  offsetof(struct create_options, config),                               \
		 "FILE",   "another file in place of BUNDLE/config.json"},                        \
		{"console-socket", 0,                                                             \
		 OPT_STR,	   offsetof(struct create_options, console_socket),               \
		 "SOCKET",	   "unix socket that gets the terminal's master"},                \
		{"pid-file", 0,                                                                   \
		 OPT_STR,    offsetof(struct create_options, pid_file),                           \
		 "FILE",     "file to write the process id to"},                                  \
		{"preserve-fds",                                                                  \
		 0,                                                                               \
		 OPT_INT,                                                                         \
		 offsetof(struct create_options, preserve_fds),                                   \
		 "N",                                                                             \
		 "descriptors from 3 on to pass to the container"},                               \
		{"no-pivot", 0,                                                                   \
		 OPT_FLAG,   offsetof(struct create_options, no_pivot),                           \
		 NULL,	     "move the root instead of pivot_root, for a root on a ramfs"},       \
		{"no-new-keyring",                                                                \
		 0,                                                                               \
		 OPT_FLAG,                                                                        \
		 offsetof(struct create_options, no_new_keyring),                                 \
		 NULL,                                                                            \
		 "keep the session keyring of the caller"},                                       \
	{                                                                                         \
		"no-subreaper", 0, OPT_FLAG, offsetof(struct create_options, no_subreaper), NULL, \
			"do not become the parent of orphaned processes"                          \
	}

static const struct opt create_table[] = {CREATE_OPTIONS, {0}};
static const struct opt run_table[] = {
	CREATE_OPTIONS,
	{"detach", 'd', OPT_FLAG, offsetof(struct create_options, detach), NULL,
	 "return as soon as the command runs"},
	{"hold-fd", 0, OPT_INT, offsetof(struct create_options, hold_fd), "N",
	 "make the container only when a byte can be read from this descriptor"},
	{"keep", 0, OPT_FLAG, offsetof(struct create_options, keep), NULL,
	 "do not delete the container when its command ends"},
	{0},
};

static int check_options(const struct create_options *o, struct err *e)
{
	if (o->preserve_fds < 0 || o->preserve_fds > 4096)
		return err_set(e, ERR_USAGE, 0, NULL, "--preserve-fds: 0 to 4096");
	if (o->hold_fd < 0 || o->hold_fd > INT32_MAX)
		return err_set(e, ERR_USAGE, 0, NULL, "--hold-fd: not a descriptor");
	return 0;
}

/*
 * Until here only files were read: who asked for the container can still change its mind, by
 * closing the other end.
 */
int wait_hold(struct create *c, struct err *e)
{
	int fd = (int)c->o->hold_fd;
	ssize_t n;
	char word;

	if (!fd)
		return 0;
	while ((n = read(fd, &word, 1)) < 0 && errno == EINTR)
		;
	if (n < 0)
		return err_sys(e, "read", "--hold-fd %d", fd);
	close(fd);
	return n == 1 ? 0 : err_set(e, ERR_FAILED, 0, NULL, "the start was called off");
}

static int run_create(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	return check_options(opts, e) < 0 ? -1 : create_container(g, opts, argv[0], false, e);
}

static int run_run(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	return check_options(opts, e) < 0 ? -1 : create_container(g, opts, argv[0], true, e);
}

const struct command cmd_create = {
	"create",
	"ID",
	"make a container that waits for start",
	create_table,
	sizeof(struct create_options),
	1,
	1,
	false,
	true,
	run_create,
};
const struct command cmd_run = {
	"run",
	"ID",
	"make and start a container",
	run_table,
	sizeof(struct create_options),
	1,
	1,
	false,
	true,
	run_run,
};

/* The child answers with an error, or with the end of file when it has executed the command. */
static int knock(const struct state *s, struct err *e)
{
	_close_ int sock = waiting_ask(s->dir, WAITING_START, e);
	struct err said = {0};

	if (sock < 0)
		return -1;
	unlinkat(s->dir, STATE_FIFO, 0);
	if (err_recv(sock, &said) == 1) {
		*e = said;
		return -1;
	}
	return 0;
}

static int poststart(struct state *s, struct err *e)
{
	_config_ struct config cfg = {0};
	_json_ struct json *state = NULL;
	struct oci_state running;
	struct err ignored = {0};

	if (state_load_hooks(s, e) < 0)
		return -1;
	if (!json_path(s->config, "hooks.poststart"))
		return 0;
	if (config_parse(json_ref(s->config), &cfg, e) < 0)
		return -1;
	running = state_describe(s, "running");
	state = oci_state(&running);
	if (hooks_run(&cfg.poststart, "poststart", NULL, state, e) == 0)
		return 0;
	/* it is stopped then; poststop hooks are delete's */
	delete_kill(s, &ignored);
	return -1;
}

static int run_start(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	_state_ struct state s = STATE_NONE;
	_close_ int ready = -1;
	const char *status;

	if (state_root(g, e) < 0 || state_load(g, argv[0], true, &s, e) < 0)
		return -1;
	status = state_status(&s);
	if (!str_eq(status, "created"))
		return err_set(e, ERR_EXISTS, 0, NULL, "container %s is %s, not created", s.id,
			       status);
	ready = notify_listen(s.dir, e);
	if (ready < 0 && e->code)
		return -1;
	if (knock(&s, e) < 0 || poststart(&s, e) < 0)
		return -1;
	return ready < 0 ? 0 : notify_relay(ready, s.pidfd, e);
}
const struct command cmd_start = {
	"start", "ID", "start a created container", NULL, 0, 1, 1, false, false, run_start,
};

static int run_state(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	_state_ struct state s = STATE_NONE;
	_json_ struct json *j = NULL;
	_free_ char *text = NULL;
	struct oci_state d;

	if (state_root(g, e) < 0 || state_load(g, argv[0], false, &s, e) < 0)
		return -1;
	d = state_describe(&s, state_status(&s));
	d.has_pid = true; /* as other runtimes print it, 0 as well */
	d.rootfs = s.rootfs;
	d.created = s.created;
	j = oci_state(&d);
	text = json_text(j, true);
	printf("%s\n", text);
	return fflush(stdout) == 0 ? 0 : err_sys(e, "write", "cannot write the state");
}
const struct command cmd_state = {
	"state", "ID", "print the state of a container", NULL, 0, 1, 1, false, false, run_state,
};
