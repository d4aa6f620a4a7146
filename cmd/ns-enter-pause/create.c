/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the namespaces.
 *
 * A user namespace can only be mapped from outside by newuidmap(1) and newgidmap(1), which are
 * setuid (or have file capabilities) and check /etc/subuid and /etc/subgid themselves. So a forked
 * mapper stays outside, waits until this process has called unshare(2), and maps it:
 *
 *	this process			mapper (outside)
 *	unshare(CLONE_NEWUSER) ------>	newuidmap PID 0 UID 1 1 START COUNT ...
 *					newgidmap PID ...
 *	unshare(CLONE_NEWNS)  <------	report
 *	start ns-pause, write pause.json
 *
 * Without subordinate ids the process maps itself to "0 UID 1" (setgroups denied, as
 * user_namespaces(7) demands) and the user is told once what is missing.
 *
 * It must not leave a process behind when a step fails.
 */
#include "ns-enter-pause.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/log.h"
#include "sys/idmap.h"
#include "sys/spawn.h"
#include "sys/userns.h"

struct maps {
	struct idmap uid, gid;
	char name[64];
};

static int read_maps(struct maps *m, struct err *e)
{
	struct passwd *pw = getpwuid(getuid());

	snprintf(m->name, sizeof(m->name), "%s", pw ? pw->pw_name : "");
	if (idmap_read("/etc/subuid", pw ? m->name : NULL, getuid(), getuid(), &m->uid, e) < 0)
		return -1;
	return idmap_read("/etc/subgid", pw ? m->name : NULL, getuid(), getgid(), &m->gid, e);
}

static bool single(const struct maps *m)
{
	return m->uid.n < 2 || m->gid.n < 2;
}

static int run_mapper(const char *tool, pid_t pid, const struct idmap *map, struct err *e)
{
	_strv_ struct strv argv = {0};
	_buf_ struct buf text = {0};
	int out[2], status;
	struct child c;

	strv_add(&argv, tool);
	strv_addf(&argv, "%d", (int)pid);
	for (size_t i = 0; i < map->n; i++) {
		strv_addf(&argv, "%u", map->r[i].inside);
		strv_addf(&argv, "%u", map->r[i].outside);
		strv_addf(&argv, "%u", map->r[i].count);
	}
	if (fd_pipe(out, e) < 0)
		return -1;
	if (spawn(&(struct spawn){.file = tool,
				  .argv = argv.v,
				  .in = SPAWN_NULL,
				  .out = out[1],
				  .err = out[1]},
		  &c, e) < 0) {
		close(out[0]);
		close(out[1]);
		if (e->code == ERR_NOTFOUND)
			err_hint(e, "install the package uidmap (newuidmap and newgidmap)");
		return -1;
	}
	close(out[1]);
	fd_read_all(out[0], 4096, &text, tool, NULL);
	close(out[0]);
	if (child_wait(&c, &status, e) < 0)
		return -1;
	if (status == 0)
		return 0;
	if (text.len)
		text.data[strcspn(text.data, "\n")] = '\0';
	err_set(e, ERR_DENIED, 0, tool, "%s: %s", tool, text.len ? text.data : "failed");
	return err_hint(e, "is %s setuid root, and does /etc/subuid belong to root?", tool);
}

/* The mapper: waits for the word of the other side, maps, reports, ends. */
static void mapper(pid_t target, const struct maps *m, int go, int report)
{
	struct err e = {0};
	char c;

	if (read(go, &c, 1) != 1)
		_exit(0);
	if (run_mapper("newuidmap", target, &m->uid, &e) < 0 ||
	    run_mapper("newgidmap", target, &m->gid, &e) < 0) {
		err_send(report, &e);
		_exit(1);
	}
	_exit(0);
}

static int unshare_user(struct err *e)
{
	if (unshare(CLONE_NEWUSER) == 0)
		return 0;
	err_sys(e, "unshare", "cannot make a user namespace");
	if (errno == ENOSPC || errno == EUSERS)
		return err_hint(e, "raise the limit: sysctl user.max_user_namespaces");
	return err_hint(e, "unprivileged user namespaces are switched off: see sysctl "
			   "kernel.unprivileged_userns_clone and "
			   "kernel.apparmor_restrict_unprivileged_userns");
}

static int map_by_tools(const struct maps *m, struct err *e)
{
	int go[2], report[2], r, status = -1;
	pid_t self = getpid(), pid;

	if (fd_pipe(go, e) < 0 || fd_pipe(report, e) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return err_sys(e, "fork", "cannot fork");
	if (pid == 0) {
		close(go[1]);
		close(report[0]);
		mapper(self, m, go[0], report[1]);
	}
	close(go[0]);
	close(report[1]);
	r = unshare_user(e);
	if (r == 0)
		r = fd_write_all(go[1], "g", 1, e);
	close(go[1]);
	if (r == 0 && err_recv(report[0], e) != 0)
		r = -1;
	close(report[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && status != 0)
		return err_set(e, ERR_FAILED, 0, "newuidmap", "the mapping of the ids failed");
	return r;
}

static int write_proc(const char *file, const char *text, struct err *e)
{
	_close_ int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "open", "cannot open %s", file);
	return fd_write_all(fd, text, strlen(text), e) < 0 ? err_prefix(e, "%s", file) : 0;
}

static int map_single(const struct maps *m, struct err *e)
{
	_free_ char *uid = str_fmt("0 %u 1", (unsigned)getuid());
	_free_ char *gid = str_fmt("0 %u 1", (unsigned)getgid());

	log_warn("no subordinate ids for %s: images with other owners than root cannot be used "
		 "(add \"%s:100000:65536\" to /etc/subuid and /etc/subgid, then run "
		 "ns-enter-pause --stop)",
		 m->name[0] ? m->name : "this user", m->name[0] ? m->name : uid + 2);
	if (unshare_user(e) < 0 || write_proc("/proc/self/setgroups", "deny", e) < 0 ||
	    write_proc("/proc/self/uid_map", uid, e) < 0)
		return -1;
	return write_proc("/proc/self/gid_map", gid, e);
}

int pause_create(const struct store *s, struct err *e)
{
	_free_ struct maps *m = mem_alloc(sizeof(*m));

	if (geteuid() != 0) {
		if (read_maps(m, e) < 0)
			return -1;
		if ((single(m) ? map_single(m, e) : map_by_tools(m, e)) < 0)
			return -1;
		/* uid and gid 0 are mapped now; become them, so that files are made as root's */
		if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
			return err_sys(e, "setresuid", "cannot become root in the user namespace");
	}
	if (userns_private_mounts(e) < 0)
		return -1;
	return pause_start(s, e);
}

static int write_record(const struct store *s, pid_t pid, struct err *e)
{
	_json_ struct json *j = NULL;
	struct proc_id id;

	if (proc_identify(pid, &id, e) < 0)
		return -1;
	j = proc_record(&id);
	json_set(j, "schema", json_new_str("rp.pause/1"));
	return json_write_file(s->run, PAUSE_RECORD, j, 0600, false, e);
}

int pause_start(const struct store *s, struct err *e)
{
	_free_ char *file = program_path("ns-pause");
	char *argv[] = {file, NULL}, *envp[] = {NULL};
	int ready[2], go[2];
	struct child c;
	char byte;
	ssize_t n;

	if (fd_pipe(ready, e) < 0 || fd_pipe(go, e) < 0)
		return -1;
	if (spawn(&(struct spawn){.file = file,
				  .argv = argv,
				  .envp = envp,
				  .in = go[0],
				  .out = ready[1],
				  .err = SPAWN_NULL,
				  .new_session = true},
		  &c, e) < 0)
		return -1;
	close(ready[1]);
	close(go[0]);
	n = read(ready[0], &byte, 1);
	close(ready[0]);
	close(c.pidfd);
	if (n != 1)
		n = err_set(e, ERR_FAILED, 0, "ns-pause", "the pause process did not start");
	else
		n = write_record(s, c.pid, e);
	/* without this byte it ends */
	if (n == 0 && write(go[1], "g", 1) != 1)
		n = err_sys(e, "write", "the pause process ended");
	close(go[1]);
	return (int)n;
}
