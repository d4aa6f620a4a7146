/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Joining the user's namespaces: see userns.h.
 *
 * A record is believed only if pid, start time and boot id all fit, so a killed pause process, a
 * reused number and a record of an earlier boot all read as "none". setns(2) needs a process with
 * one thread and, for the user namespace of somebody else, fails with EPERM: no file can lead us
 * into a stranger's namespace.
 */
#include "sys/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "sys/idmap.h"
#include "wire/json.h"

struct json *proc_record(const struct proc_id *id)
{
	struct json *j = json_new_object();

	json_set(j, "pid", json_new_int(id->pid));
	json_set(j, "startTime", json_new_int((int64_t)id->start));
	json_set(j, "bootId", json_new_str(id->boot));
	if (id->inode)
		json_set(j, "pidInode", json_new_uint(id->inode));
	return j;
}

int proc_record_read(int dir, const char *file, struct proc_id *id, struct err *e)
{
	_json_ struct json *j = NULL;
	struct cur root;
	const char *boot = "";
	int64_t pid = 0, start = 0, inode = 0;

	if (json_read_file(dir, file, 65536, &j, e) < 0)
		return -1;
	root = cur_root(j);
	if (cur_int(&root, "pid", CUR_NEED, 1, INT32_MAX, &pid, e) < 0 ||
	    cur_int(&root, "startTime", CUR_NEED, 0, INT64_MAX, &start, e) < 0 ||
	    cur_int(&root, "pidInode", CUR_OPTIONAL, 0, INT64_MAX, &inode, e) < 0 ||
	    cur_str(&root, "bootId", CUR_NEED, &boot, e) < 0)
		return err_prefix(e, "%s", file);
	id->pid = (pid_t)pid;
	id->start = (uint64_t)start;
	id->inode = (uint64_t)inode;
	snprintf(id->boot, sizeof(id->boot), "%s", boot);
	return 0;
}

static bool same_userns(pid_t pid)
{
	char path[40];
	struct stat a, b;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return stat("/proc/self/ns/user", &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int userns_join_process(int pidfd, pid_t pid, struct err *e)
{
	char cwd[PATH_MAX];
	bool same = same_userns(pid);
	int flags = CLONE_NEWNS | (same ? 0 : CLONE_NEWUSER);

	/* inside a namespace that it owns, a process is there already; real root has no other one
	 */
	if (same && userns_host_uid() != 0)
		return 0;
	if (!getcwd(cwd, sizeof(cwd)))
		snprintf(cwd, sizeof(cwd), "/");
	if (setns(pidfd, flags) < 0)
		return err_sys(e, "setns", "cannot join the namespaces of process %d", (int)pid);
	if (chdir(cwd) < 0 && chdir("/") < 0)
		return err_sys(e, "chdir", "cannot change to /");
	return 0;
}

int userns_join_pause(int run_dir, struct err *e)
{
	struct proc_id id;
	_close_ int pidfd = -1;

	if (proc_record_read(run_dir, PAUSE_RECORD, &id, e) < 0) {
		if (e && e->code == ERR_INPUT) /* half a record of an older version: as if none */
			e->code = ERR_NOTFOUND;
		return -1;
	}
	pidfd = proc_open(&id, e);
	if (pidfd < 0)
		return -1;
	return userns_join_process(pidfd, id.pid, e);
}

int userns_private_mounts(struct err *e)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "unshare", "cannot make a mount namespace");
	/* what the host mounts later still arrives; what is mounted here stays here */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, "mount", "cannot make the mounts private");
	return 0;
}

uid_t userns_host_uid(void)
{
	struct idmap map;
	int64_t uid;

	if (idmap_current(false, &map, NULL) < 0)
		return getuid();
	uid = idmap_to_outside(&map, getuid());
	return uid < 0 ? getuid() : (uid_t)uid;
}

/* PROC_USER_INIT_INO of the kernel: the inode of that namespace, never another's (Linux 3.8). */
#define INITIAL_USERNS 0xEFFFFFFDu

bool userns_real_root(void)
{
	struct stat st;

	return geteuid() == 0 && stat("/proc/self/ns/user", &st) == 0 &&
	       st.st_ino == INITIAL_USERNS;
}
