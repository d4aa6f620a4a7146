/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "exec": another process in a container that runs.
 *
 * The runtime starts an intermediate process that shares its memory, in the container's cgroup: it
 * becomes non-dumpable, closes all that the other one does not need, joins the namespaces of the
 * container's first process by one setns(2) on its pidfd (Linux 5.8), then starts the real one as a
 * sibling of itself, because a pid namespace is entered by children only. It is in the container's
 * cgroup from the beginning so that the real one need not be put there, by a descriptor of a
 * directory of the host. Two kinds the real one has to join by itself: from inside of a cgroup
 * namespace nobody can be put into a cgroup from outside of it, and a process that shares its
 * memory, as that of a vfork(2) does, may not change its time namespace. From there on the stages
 * are those of create that concern a process. The container's files are hostile: nothing of them is
 * executed or read before the command itself, and its root is only a descriptor.
 *
 * The real process can be looked into from its first instruction on by whoever has CAP_SYS_PTRACE
 * in the container, where that has no user namespace of its own. So it begins without any
 * descriptor but those that it gives the command, pipes to the runtime, and the container's own;
 * the environment of the runtime is not in its memory; and what is written through /proc or asked
 * of a keyring for it is done by the intermediate process, which hands it down.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cgroup/cgroup.h"
#include "cgroup/scope.h"
#include "config/config.h"
#include "join/nsjoin.h"
#include "make/channel.h"
#include "make/container.h"
#include "make/filter.h"
#include "make/foreground.h"
#include "make/pidfile.h"
#include "make/stage.h"
#include "make/steps.h"
#include "manage/exec_options.h"
#include "manage/state.h"
#include "process/hide.h"
#include "process/process.h"
#include "process/schedule.h"
#include "process/sysctl.h"
#include "process/terminal.h"
#include "runtime.h"
#include "sys/cgroup2.h"
#include "sys/fdpass.h"
#include "sys/nsfork.h"
#include "sys/proc.h"
#include "sys/seccomp_filter.h"

#define EXEC_FAILED 255 /* as other runtimes: hardly a status of the command */

static struct state container;
static struct nsjoin spaces = NSJOIN_NONE;

static int read_process(struct create *c, const struct exec_options *o, struct err *e)
{
	struct json *doc = NULL;
	_close_ int fd = -1;

	if (!o->process)
		return config_parse(json_ref(container.config), &c->cfg, e);
	/* whatever can be read: a file, a fifo, /dev/stdin */
	fd = TEMP_FAILURE_RETRY(open(o->process, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	if (fd < 0)
		return err_sys(e, "open", "cannot open %s", o->process);
	if (json_read(fd, CONFIG_MAX_SIZE, o->process, &doc, e) < 0)
		return -1;
	return config_parse_process(doc, &c->cfg, e) < 0 ? err_prefix(e, "%s", o->process) : 0;
}

/* A cgroup below the container's; the path may not lead out of it. */
static int check_below(const char *path, struct err *e)
{
	_strv_ struct strv parts = {0};

	strv_split(&parts, path, '/');
	if (!strv_has(&parts, ".."))
		return 0;
	return err_set(e, ERR_USAGE, 0, NULL, "--cgroup %s is not below the container's cgroup",
		       path);
}

/* That of the container's first process, which may have moved on and the one it was made for gone.
 */
static int open_first_cgroup(struct create *c, struct err *e)
{
	if (c->cgroup.fd >= 0)
		close(take_fd(&c->cgroup.fd));
	free(take_ptr(c->cgroup.path));
	if (cgroup2_of(container.proc.pid, &c->cgroup.path, e) < 0)
		return -1;
	c->cgroup.fd = cgroup2_open(c->cgroup.path, e);
	return c->cgroup.fd < 0 ? -1 : 0;
}

static int open_cgroup(struct create *c, const struct exec_options *o, struct err *e)
{
	_free_ char *path = NULL;

	if (o->cgroup && check_below(o->cgroup, e) < 0)
		return -1;

	if (!*container.cgroup)
		return o->cgroup ? err_set(e, ERR_UNSUPPORTED, 0, NULL,
					   "--cgroup: container %s has no cgroup of its own",
					   container.id)
				 : 0;
	path = o->cgroup && str_after(o->cgroup, "/") ? str_fmt("%s%s", container.cgroup, o->cgroup)
	       : o->cgroup ? str_fmt("%s/%s", container.cgroup, o->cgroup)
			   : str_dup(container.cgroup);
	c->cgroup.fd = cgroup2_open(path, e);
	c->cgroup.path = take_ptr(path);
	if (c->cgroup.fd >= 0)
		return 0;
	if (o->cgroup || e->errnum != ENOENT)
		return -1;
	err_clear(e);
	return open_first_cgroup(c, e);
}

/*
 * Where clone3(2) could not do it. Between a login session and the tree of the user's systemd only
 * systemd may move a process: cgroups(7), "delegation containment rules".
 */
static int enter_cgroup(struct create *c, struct err *e)
{
	_free_ char *now = NULL;

	if (!c->cgroup.path)
		return 0;
	if (cgroup2_of(c->pid, &now, e) < 0)
		return child_error(c, e);
	if (str_eq(now, c->cgroup.path) || cgroup2_attach(c->cgroup.fd, c->pid, e) == 0)
		return 0;
	/* it has cgroups with controllers below it, cgroups(7) "no internal processes rule" */
	if (e->errnum == EBUSY) {
		err_clear(e);
		return open_first_cgroup(c, e) < 0 ? -1 : cgroup2_attach(c->cgroup.fd, c->pid, e);
	}
	if (e->code != ERR_DENIED || !*container.cgroup_scope)
		return err_prefix(e, "cgroup %s", c->cgroup.path);
	err_clear(e);
	return scope_attach(c->g, container.cgroup_scope, c->cgroup.path + strlen(container.cgroup),
			    c->pid, e);
}

/* What the process itself joins, not the intermediate one. */
#define JOIN_LATE (CLONE_NEWCGROUP | CLONE_NEWTIME)

static int join_late(struct create *c, struct err *e)
{
	int rc = nsjoin_enter(&spaces, JOIN_LATE, e);

	nsjoin_release(&spaces);
	return rc;
}

/* The container's root, which setns(2) to its mount namespace has made ours. */
static int open_root(struct create *c, struct err *e)
{
	c->root = TEMP_FAILURE_RETRY(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
	return c->root < 0 ? err_sys(e, "open", "cannot open the container's root") : 0;
}

static int final_affinity(struct create *c, struct err *e)
{
	const char *list = c->cfg.process.affinity_final;

	return list ? schedule_affinity(list, ".execCPUAffinity.final", e) : 0;
}

/* Where the container has a user namespace of its own, the keyring is to belong to a user of it. */
static int join_keyring(struct create *c, struct err *e)
{
	return c->joined_early & CLONE_NEWUSER ? process_keyring(c, e) : 0;
}

/* Numbers that mean nothing here: the intermediate process has closed them. */
static int forget(struct create *c, struct err *e)
{
	hide_forget();
	c->proc = c->host_proc = c->cgroup.fd = c->state_dir = c->pid_file_dir = c->console = -1;
	c->sync_parent = c->err_read = c->g->root_fd = -1;
	return follow_parent(c, e);
}

/* As in child.c; must not execute anything of the container, nor read but its /etc/passwd. */
static const struct stage child_stages[] = {
	{"follow the runtime", forget},
	{"join the rest", join_late},
	{"become root", become_root},
	{"open root", open_root},
	{"final affinity", final_affinity},
	{"open cwd", process_open_cwd},
	{"new session", new_session},
	{"terminal", terminal_make},
	{"adopt terminal", terminal_adopt},
	{"keyring", join_keyring},
	{"limits", process_limits},
	{"find command", process_find_exe},
	{"home", process_home},
	{"passed sockets", process_listen},
	{"wait for the record", wait_go},
	{"enter cwd", process_enter_cwd},
	{"user and capabilities", process_identity},
	{"enter cwd as the user", process_enter_cwd_late},
	{"leave the runtime", process_leave},
	{"seccomp filter", process_filter},
	{"execute", process_exec},
	{0},
};

static _Noreturn void fail(struct create *c, const struct err *e)
{
	err_send(c->err_write, e);
	_exit(1);
}

/*
 * What the intermediate process hands down; the runtime keeps its own. Written before the process
 * hides, as its /proc files are shut afterwards.
 */
static int inherited(struct create *c, struct err *e)
{
	const struct config_process *p = &c->cfg.process;
	char text[16];

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot follow the runtime");
	if (p->affinity_initial &&
	    schedule_affinity(p->affinity_initial, ".execCPUAffinity.initial", e) < 0)
		return -1;
	if (process_labels(c, e) < 0 || process_keyring_label(c, e) < 0)
		return -1;
	if (!(c->joined_early & CLONE_NEWUSER) && process_keyring(c, e) < 0)
		return -1;
	if (p->oom_score_adj == CONFIG_UNSET)
		return 0;
	snprintf(text, sizeof(text), "%d", (int)p->oom_score_adj);
	return proc_write(c->proc, "self/oom_score_adj", text, e) < 0
		       ? err_prefix(e, ".process.oomScoreAdj")
		       : 0;
}

static int close_host(struct create *c, struct err *e)
{
	int keep[4 + NSJOIN_TYPES] = {c->err_write, c->sync_child, c->listener, spaces.pidfd};

	memcpy(keep + 4, spaces.fd, sizeof(spaces.fd));
	return hide_descriptors(c, keep, ARRAY_LEN(keep), e);
}

/* What the intermediate process leaves in the memory, which is the runtime's. */
struct result {
	struct create *c;
	struct err *e;
	pid_t pid;  /* of the real process, or -1 */
	bool began; /* it has come to do something */
	bool full;  /* its cgroup had room for itself, but not for one more */
};

static int intermediate(void *arg)
{
	volatile struct result *r = arg;
	struct create *c = r->c;
	struct err *e = r->e;
	int pidfd;
	pid_t pid;

	r->began = true;
	if (inherited(c, e) < 0)
		return 0;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		err_sys(e, "prctl", "cannot protect the runtime");
		return 0;
	}
	if (close_host(c, e) < 0 || nsjoin_enter(&spaces, ~(uint64_t)JOIN_LATE, e) < 0)
		return 0;
	pid = ns_fork(0, -1, true, &pidfd, e);
	if (pid == 0) {
		struct err own = {0};

		stages_run(child_stages, "child", c, &own);
		fail(c, &own);
	}
	r->full = pid < 0 && e->errnum == EAGAIN;
	r->pid = pid;
	return 0;
}

static int run_intermediate(struct result *r, int cgroup_fd, struct err *e)
{
	/* what it opens, on kernels without setns(2) on a pidfd, has numbers of its own table */
	struct nsjoin own = spaces;
	pid_t pid = ns_vfork(cgroup_fd, intermediate, r, e);

	spaces = own;
	if (pid < 0)
		return -1;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/*
 * In the cgroup, or, where that cannot be, beside it: enter_cgroup() then. It cannot where the
 * kernel is too old, where systemd has to move the process, where the kernel kills the process at
 * once (see birth.c), and where the last place that pids.max leaves was taken by the intermediate
 * process. One that is frozen would stay so, and the runtime with it.
 */
static int start_inside(struct result *r, bool frozen, struct err *e)
{
	if (r->c->cgroup.fd < 0 || frozen)
		return run_intermediate(r, -1, e);
	if (run_intermediate(r, r->c->cgroup.fd, e) < 0) {
		if (e->errnum == EAGAIN)
			return -1;
	} else if (r->began && !r->full) {
		return 0;
	}
	err_clear(e);
	return run_intermediate(r, -1, e);
}

static int start(struct create *c, struct err *e)
{
	struct result r = {.c = c, .e = e, .pid = -1};

	if (host_proc(c, e) < 0 || nsjoin_open(&container, &spaces, e) < 0)
		return -1;
	c->proc = c->host_proc;
	c->joined_early = spaces.flags;
	if (hide_environment(e) < 0 || start_inside(&r, cgroup_is_frozen(container.cgroup), e) < 0)
		return -1;
	if (r.pid < 0 && !e->code)
		return err_set(e, ERR_FAILED, 0, NULL, "the process that was to join was killed");
	if (r.pid < 0)
		return -1;
	nsjoin_release(&spaces);
	channels_parted(c);
	c->pid = r.pid;
	c->pidfd = sys_pidfd_open(r.pid);
	return 0;
}

static int connect_console(struct create *c, struct err *e)
{
	if (c->o->console_socket) {
		c->console = fdpass_connect(c->o->console_socket, e);
		if (c->console < 0)
			return -1;
	}
	return terminal_check(c, e);
}

static int load_filter(struct create *c, struct err *e)
{
	/* none, or a record of a runtime that kept the profile there */
	if (!container.seccomp)
		return filter_load(c, container.config, e);
	if (seccomp_kept(container.dir, STATE_SECCOMP, &c->filter, &c->cfg.seccomp, e) < 0)
		return err_prefix(e, "the state of %s", container.id);
	return filter_listener(c, e);
}

static const struct stage stages[] = {
	{"seccomp filter", load_filter},
	{"connect sockets", connect_console},
	{"channels", channels},
	{"start child", start},
	{"enter cgroup", enter_cgroup},
	{"terminal", create_receive_terminal},
	{"pid file", write_pid_file},
	{"let go", create_let_go},
	{"wait for the command", wait_ready},
	{0},
};

static int check_running(const struct exec_options *o, struct err *e)
{
	const char *status = state_status(&container);

	if (str_eq(status, "stopped"))
		return err_set(e, ERR_NOTFOUND, 0, NULL, "container %s is not running",
			       container.id);
	/* its process is still in the host's file system */
	if (str_eq(status, "creating"))
		return err_set(e, ERR_AGAIN, 0, NULL, "container %s is being created",
			       container.id);
	if (str_eq(status, "paused") && !o->ignore_paused) {
		err_set(e, ERR_EXISTS, 0, NULL, "container %s is paused", container.id);
		return err_hint(e, "resume it first");
	}
	return 0;
}

static void undo(struct create *c)
{
	if (c->pid <= 0)
		return;
	proc_signal(c->pidfd, SIGKILL, NULL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (c->pid_file_name)
		unlinkat(c->pid_file_dir, c->pid_file_name, 0);
}

static bool has_user_namespace(void)
{
	json_each (n, json_path(container.config, "linux.namespaces"))
		if (str_eq(json_get_str(n.v, "type", ""), "user"))
			return true;
	return false;
}

static int run_exec(struct global *g, void *opts, int argc, char **argv, struct err *e)
{
	static struct create c = CREATE_NONE;
	const struct exec_options *o = opts;

	c.g = g;
	c.o = &o->base;
	c.start = c.exec = true;
	create_signals(&c);
	if (state_root(g, e) < 0 || state_load(g, argv[0], false, &container, e) < 0)
		return -1;
	c.id = container.id;
	c.bundle = str_dup(container.bundle);
	if (check_running(o, e) < 0 || read_process(&c, o, e) < 0 ||
	    exec_apply_options(&c, o, argc - 1, argv + 1, e) < 0 || open_cgroup(&c, o, e) < 0 ||
	    open_pid_file(&c, e) < 0)
		return -1;
	if (!c.cfg.version)
		c.cfg.version = container.version;
	c.cfg.annotations = container.annotations;
	process_caps(&c.cfg.process, has_user_namespace(), &c.caps);
	if (!o->base.detach)
		foreground_prepare(!o->base.no_subreaper);
	if (stages_run(stages, "main", &c, e) < 0) {
		undo(&c);
		return -1;
	}
	return o->base.detach ? 0 : foreground_status(c.pid, c.pidfd, c.tty_master, e);
}

#define O(member) offsetof(struct exec_options, member)
static const struct opt table[] = {
	{"process", 'p', OPT_STR, O(process), "FILE", "a process document in place of the options"},
	{"cwd", 0, OPT_STR, O(cwd), "DIR", "working directory"},
	{"user", 'u', OPT_STR, O(user), "UID[:GID]", "user and group by number"},
	{"additional-gids", 'g', OPT_LIST, O(groups), "GID", "a supplementary group"},
	{"env", 'e', OPT_LIST, O(env), "NAME=VALUE", "an environment variable"},
	{"cap", 'c', OPT_LIST, O(cap), "CAP", "one more capability"},
	{"tty", 't', OPT_FLAG, O(tty), NULL, "give it a terminal"},
	{"detach", 'd', OPT_FLAG, O(base.detach), NULL, "return as soon as the command runs"},
	{"console-socket", 0, OPT_STR, O(base.console_socket), "SOCKET",
	 "unix socket that gets the terminal's master"},
	{"pid-file", 0, OPT_STR, O(base.pid_file), "FILE", "file to write the process id to"},
	{"preserve-fds", 0, OPT_INT, O(base.preserve_fds), "N",
	 "descriptors from 3 on to pass to the command"},
	{"no-subreaper", 0, OPT_FLAG, O(base.no_subreaper), NULL,
	 "do not become the parent of orphaned processes"},
	{"no-new-privs", 0, OPT_FLAG, O(no_new_privs), NULL, "set no_new_privs"},
	{"process-label", 0, OPT_STR, O(process_label), "LABEL", "SELinux label"},
	{"apparmor", 0, OPT_STR, O(apparmor), "PROFILE", "AppArmor profile"},
	{"cgroup", 0, OPT_STR, O(cgroup), "PATH", "a cgroup below the container's"},
	{"ignore-paused", 0, OPT_FLAG, O(ignore_paused), NULL, "also in a paused container"},
	{0},
};
const struct command cmd_exec = {
	"exec",
	"ID [COMMAND...]",
	"run another command in a container",
	table,
	sizeof(struct exec_options),
	1,
	-1,
	true,
	true,
	run_exec,
	EXEC_FAILED,
};
