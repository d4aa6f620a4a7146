/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing id maps: see userns_map.h for the contract. */
#include "sys/userns_map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sys/caps.h"
#include "sys/path.h"
#include "sys/spawn.h"

/* The root of a procfs and nothing that lies over it: its number is 1 (PROC_ROOT_INO in Linux). */
static int open_proc(struct err *e)
{
	_close_ int fd = TEMP_FAILURE_RETRY(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct statfs fs;
	struct stat st;

	if (fd < 0 || TEMP_FAILURE_RETRY(fstatfs(fd, &fs)) < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open", "cannot open /proc");
	if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != 1)
		return err_set(e, ERR_DENIED, 0, NULL, "/proc is not a proc file system");
	return take_fd(&fd);
}

static int write_file(pid_t pid, const char *file, const char *text, struct err *e)
{
	char path[48];
	_close_ int proc = open_proc(e), fd = -1;
	struct statfs fs;

	if (proc < 0)
		return -1;
	snprintf(path, sizeof(path), "%d/%s", (int)pid, file);
	fd = path_open_beneath(proc, path, O_WRONLY, 0, e);
	if (fd < 0)
		return err_prefix(e, "cannot write /proc/%s", path);
	/* something may be mounted on the file */
	if (TEMP_FAILURE_RETRY(fstatfs(fd, &fs)) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, ERR_DENIED, 0, NULL, "/proc/%s is not the kernel's", path);
	if (TEMP_FAILURE_RETRY(write(fd, text, strlen(text))) < 0)
		return err_sys(e, file, "cannot write /proc/%s", path);
	return 0;
}

static int write_map(pid_t pid, const char *file, const struct idmap *m, struct err *e)
{
	_buf_ struct buf b = {0};

	for (size_t i = 0; i < m->n; i++)
		buf_fmt(&b, "%u %u %u\n", m->r[i].inside, m->r[i].outside, m->r[i].count);
	return write_file(pid, file, b.data, e);
}

static int run_mapper(const char *tool, pid_t pid, const struct idmap *m, struct err *e)
{
	_strv_ struct strv argv = {0};
	struct spawn s = {.file = tool, .in = SPAWN_NULL, .out = SPAWN_NULL, .err = -1};
	struct child c;
	int status;

	strv_add(&argv, tool);
	strv_addf(&argv, "%d", (int)pid);
	for (size_t i = 0; i < m->n; i++) {
		strv_addf(&argv, "%u", m->r[i].inside);
		strv_addf(&argv, "%u", m->r[i].outside);
		strv_addf(&argv, "%u", m->r[i].count);
	}
	s.argv = argv.v;
	if (spawn(&s, &c, e) < 0) {
		if (e->code == ERR_NOTFOUND)
			err_hint(e, "install the package uidmap (newuidmap and newgidmap)");
		return -1;
	}
	if (child_wait(&c, &status, e) < 0)
		return -1;
	if (status == 0)
		return 0;
	err_set(e, ERR_DENIED, 0, tool, "%s refused the mapping of the user namespace", tool);
	return err_hint(e, "are these ids granted in %s?",
			strcmp(tool, "newuidmap") == 0 ? "/etc/subuid" : "/etc/subgid");
}

static bool only_self(const struct idmap *m, uint32_t id)
{
	return m->n == 1 && m->r[0].count == 1 && m->r[0].outside == id;
}

int userns_write_maps(pid_t pid, const struct idmap *uid, const struct idmap *gid, struct err *e)
{
	uint64_t need = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID);
	bool privileged = (caps_effective() & need) == need;

	if (!privileged && !(only_self(uid, geteuid()) && only_self(gid, getegid()))) {
		if (run_mapper("newuidmap", pid, uid, e) < 0)
			return -1;
		return run_mapper("newgidmap", pid, gid, e);
	}
	if (!privileged && write_file(pid, "setgroups", "deny", e) < 0)
		return -1;
	if (write_map(pid, "uid_map", uid, e) < 0)
		return -1;
	return write_map(pid, "gid_map", gid, e);
}
