/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "start" and "state". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "config/config.h"
#include "make/notify.h"
#include "make/waiting.h"
#include "manage/delete.h"
#include "manage/state.h"
#include "process/hooks.h"
#include "runtime.h"

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
