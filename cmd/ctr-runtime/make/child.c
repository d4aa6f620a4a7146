/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's side of making a container: the process that clone3 started in the new
 * namespaces walks the table of stages below and becomes the user's command.
 *
 * It is alone in its pid namespace (where one is joined it stays outside: pidjoin.c), not dumpable
 * (nobody in a namespace that it joined can look at its memory or take its descriptors), and dies
 * with the runtime. It executes nothing from the container's file system but hooks of
 * startContainer and, at the end, the command. Up to "pivot" the host's file system is still
 * visible; paths of the container are resolved below the descriptor of its root only.
 */
#include "make/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "join/pidjoin.h"
#include "make/birth.h"
#include "make/note.h"
#include "make/notify.h"
#include "make/spent.h"
#include "make/stage.h"
#include "make/steps.h"
#include "make/waiting.h"
#include "process/hide.h"
#include "process/hooks.h"
#include "process/netdevs.h"
#include "process/process.h"
#include "process/sysctl.h"
#include "process/terminal.h"
#include "rootfs/devices.h"
#include "rootfs/mask.h"
#include "rootfs/mounts.h"
#include "rootfs/rootfs.h"
#include "rootfs/sources.h"
#include "sys/loopback.h"
#include "sys/mountfd.h"
#include "sys/nsfork.h"

static void drop(int *fd)
{
	if (*fd >= 0)
		close(take_fd(fd));
}

/* The rest of the namespaces given by path; those of start_intermediate() are joined already. */
static int join_namespaces(struct create *c, struct err *e)
{
	for (int i = 0; ns_types[i].oci; i++) {
		uint64_t flag = ns_types[i].flag;

		if (c->ns_fd[i] < 0 || c->joined_early & flag ||
		    (c->pid_last && flag == CLONE_NEWPID))
			continue;
		if (setns(c->ns_fd[i], (int)flag) < 0)
			return err_sys(e, "setns", "cannot join the %s namespace", ns_types[i].oci);
	}
	return 0;
}

static int wait_mapped(struct create *c, struct err *e)
{
	struct note n;

	if (!child_waits(c))
		return 0;
	if (note_wait(c->sync_child, NOTE_MAPPED, &n, e) < 0)
		return -1;
	c->pid = n.pid;
	return 0;
}

/* oom_score_adj goes through /proc/self, which a non-dumpable process may not write. */
static int oom_score(struct create *c, struct err *e)
{
	char text[16];

	if (c->cfg.process.oom_score_adj != CONFIG_UNSET) {
		if (c->new_ns & CLONE_NEWUSER && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
			return err_sys(e, "prctl", "cannot open the own files in /proc");
		snprintf(text, sizeof(text), "%d", (int)c->cfg.process.oom_score_adj);
		if (proc_write(c->proc, "self/oom_score_adj", text, e) < 0)
			return err_prefix(e, ".process.oomScoreAdj");
	}
	return 0;
}

static int hide(struct create *c, struct err *e)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot protect the container's first process");
	return 0;
}

/* From the cgroup that this process is in by now. */
static int cgroup_namespace(struct create *c, struct err *e)
{
	if (!(c->new_ns & CLONE_NEWCGROUP) || child_namespaces(c) & CLONE_NEWCGROUP)
		return 0;
	if (unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(e, "unshare", "cannot make a cgroup namespace");
	return 0;
}

static int append_offset(const struct cur *all, const char *clock, struct buf *b, struct err *e)
{
	struct cur o = {0};
	int64_t secs = 0, nanos = 0;

	if (cur_obj(all, clock, CUR_OPTIONAL, &o, e) < 0)
		return -1;
	if (!o.val)
		return 0;
	if (cur_int(&o, "secs", CUR_OPTIONAL, INT64_MIN, INT64_MAX, &secs, e) < 0 ||
	    cur_int(&o, "nanosecs", CUR_OPTIONAL, 0, 999999999, &nanos, e) < 0)
		return -1;
	buf_fmt(b, "%s %lld %lld\n", clock, (long long)secs, (long long)nanos);
	return 0;
}

static int time_namespace(struct create *c, struct err *e)
{
	struct cur root = cur_root(c->cfg.doc), l = cur_key(&root, "linux");
	struct cur all = cur_key(&l, "timeOffsets");
	_buf_ struct buf text = {0};

	if (!(c->new_ns & ns_type_find("time")->flag))
		return 0;
	if (append_offset(&all, "monotonic", &text, e) < 0 ||
	    append_offset(&all, "boottime", &text, e) < 0)
		return -1;
	/* its files in /proc are root's of a namespace above since this process has changed its
	 * user */
	if (text.len && c->new_ns & CLONE_NEWUSER && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot open the own files in /proc");
	return ns_enter_time(c->proc, text.len ? text.data : "", e);
}

/*
 * A procfs of this pid namespace. Through this descriptor, which no mount can cover, all writes to
 * /proc go; rootfs_mounts() attaches the same one where the configuration has a proc.
 */
static int open_proc(struct create *c, struct err *e)
{
	static const struct strv none = {0};

	/* this process is, and stays, where the host's is right */
	c->proc = c->pid_last ? -1 : mount_new("proc", "proc", &none, 0, e);
	if (c->proc >= 0)
		return 0;
	host_proc(c, NULL);
	if (c->host_proc < 0)
		return err_prefix(e, "there is no usable /proc");
	err_clear(e);
	c->proc = fcntl(c->host_proc, F_DUPFD_CLOEXEC, 3);
	c->proc_placed = true; /* not ours to attach */
	return c->proc < 0 ? err_sys(e, "fcntl", "cannot keep /proc") : 0;
}

/* A namespace that somebody else made is theirs to set up. */
static int loopback(struct create *c, struct err *e)
{
	return c->new_ns & CLONE_NEWNET ? loopback_up(e) : 0;
}

static int host_names(struct create *c, struct err *e)
{
	const char *h = c->cfg.hostname, *d = c->cfg.domainname;

	if (h && sethostname(h, strlen(h)) < 0)
		return err_sys(e, "sethostname", "cannot set .hostname \"%s\"", h);
	if (d && setdomainname(d, strlen(d)) < 0)
		return err_sys(e, "setdomainname", "cannot set .domainname \"%s\"", d);
	return 0;
}

/* A hook may mount, and unmount, what it likes in the container. */
static void before_hooks(struct create *c)
{
	spent_close(c);
	c->proc_is_slash_proc = false;
}

static int runtime_hooks(struct create *c, struct err *e)
{
	if (!c->cfg.prestart.n && !c->cfg.create_runtime.n)
		return 0;
	before_hooks(c);
	if (note_send(c->sync_child, NOTE_ROOTFS, 0, e) < 0)
		return -1;
	return note_wait(c->sync_child, NOTE_ROOTFS, NULL, e);
}

static int hooks_here(struct create *c, const struct config_hooks *h, const char *kind,
		      const char *status, char *const *env, struct err *e)
{
	_json_ struct json *state = NULL;

	if (!h->n)
		return 0;
	before_hooks(c);
	state = create_state(c, status);
	return hooks_run(h, kind, env, state, e);
}

static int container_hooks(struct create *c, struct err *e)
{
	return hooks_here(c, &c->cfg.create_container, "createContainer", "creating", NULL, e);
}

/*
 * create ends here, this process waits for start. From now on it does not depend on the runtime;
 * errors go to whoever connects.
 */
static int wait_start(struct create *c, struct err *e)
{
	int s;

	if (c->start)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot leave the runtime");
	if (note_send(c->sync_child, NOTE_READY, 0, e) < 0)
		return -1;
	close(c->sync_child);
	c->sync_child = -1;
	s = waiting_serve(c->start_socket, c->ns_own, e);
	for (int i = 0; i < WAITING_TYPES; i++)
		drop(&c->ns_own[i]);
	if (s < 0)
		return -1;
	drop(&c->start_socket);
	if (TEMP_FAILURE_RETRY(dup3(s, c->err_write, O_CLOEXEC)) < 0)
		return err_sys(e, "dup3", "cannot answer start");
	close(s);
	return 0;
}

/* One that has joined a pid namespace has done so before it went there. */
static int leave_to_wait(struct create *c, struct err *e)
{
	return c->start || c->pid_last ? 0 : leave_host(c, -1, e);
}

/* They belong to the container, which sees nothing of the host's environment. */
static int start_hooks(struct create *c, struct err *e)
{
	static char *const none[] = {NULL};
	char *const *env = c->cfg.process.env.n ? c->cfg.process.env.v : none;

	return hooks_here(c, &c->cfg.start_container, "startContainer", "created", env, e);
}

static const struct stage stages[] = {
	{"follow the runtime", follow_parent},
	{"join namespaces", join_namespaces},
	{"wait for id maps", wait_mapped},
	{"open root", rootfs_open_source},
	{"open sources", sources_open_early},
	{"notify folder", notify_open},
	{"become root", become_root},
	{"open proc", open_proc},
	{"oom score", oom_score},
	{"time namespace", time_namespace},
	{"cgroup namespace", cgroup_namespace},
	{"hide", hide},
	{"shared sources", sources_clone_shared},
	{"private mounts", rootfs_private_tree},
	{"attach root", rootfs_attach_root},
	{"mounts", rootfs_mounts},
	{"notify socket", notify_mount},
	{"devices", devices_make},
	{"device links", devices_links},
	{"new session", new_session},
	{"terminal", terminal_make},
	{"sysctl", sysctl_apply},
	{"loopback", loopback},
	{"network devices", netdevs_restore},
	{"names", host_names},
	{"createRuntime hooks", runtime_hooks},
	{"createContainer hooks", container_hooks},
	{"open cwd", process_open_cwd},
	{"read-only tmpfs", mounts_late_readonly},
	{"masked paths", mask_paths},
	{"read-only root", rootfs_readonly},
	{"pivot", rootfs_pivot},
	{"labels", process_labels},
	{"label of the keyring", process_keyring_label},
	{"keyring", process_keyring},
	{"pid namespace", pidjoin_enter},
	{"adopt terminal", terminal_adopt},
	{"limits", process_limits},
	{"find command", process_find_exe},
	{"home", process_home},
	{"passed sockets", process_listen},
	{"wait for the record", wait_go},
	{"leave the host", leave_to_wait},
	{"wait for start", wait_start},
	{"startContainer hooks", start_hooks},
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

_Noreturn void child_main(struct create *c)
{
	struct err e = {0};

	stages_run(stages, "child", c, &e);
	fail(c, &e);
}

/* Joins now what could not be joined later. A refusal is left for the child to report. */
static int join_first(struct create *c, struct err *e)
{
	for (int i = 0; ns_types[i].oci; i++) {
		uint64_t flag = ns_types[i].flag;
		bool must = flag & (CLONE_NEWUSER | CLONE_NEWPID);

		if (c->ns_fd[i] < 0 || (!must && !(c->new_ns & CLONE_NEWUSER)) ||
		    (c->pid_last && flag == CLONE_NEWPID))
			continue;
		if (setns(c->ns_fd[i], (int)flag) == 0)
			c->joined_early |= flag;
		else if (must)
			return err_sys(e, "setns", "cannot join the %s namespace", ns_types[i].oci);
	}
	return 0;
}

_Noreturn void intermediate_main(struct create *c)
{
	uint64_t flags = child_namespaces(c);
	struct err e = {0};
	int pidfd;
	pid_t pid;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || join_first(c, &e) < 0)
		fail(c, &e);
	pid = birth(flags, c->cgroup.fd, true, &pidfd, &e);
	if (pid < 0)
		fail(c, &e);
	if (pid == 0)
		child_main(c);
	if (note_send(c->sync_child, NOTE_PID, pid, &e) < 0)
		kill(pid, SIGKILL);
	_exit(0);
}
