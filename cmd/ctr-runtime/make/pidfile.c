/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --pid-file: its directory is opened before anything is made, because the path is relative to
 * where the runtime was started; the file is written whole, by rename, before the command is
 * executed.
 */
#include "make/pidfile.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"

int open_pid_file(struct create *c, struct err *e)
{
	_free_ char *path = c->o->pid_file ? str_dup(c->o->pid_file) : NULL;
	char *slash = path ? strrchr(path, '/') : NULL;

	if (!path)
		return 0;
	c->pid_file_name = str_dup(slash ? slash + 1 : path);
	if (slash)
		slash[slash == path ? 1 : 0] = '\0';
	c->pid_file_dir =
		TEMP_FAILURE_RETRY(open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	return c->pid_file_dir < 0
		       ? err_sys(e, "open", "cannot open the directory of %s", c->o->pid_file)
		       : 0;
}

int write_pid_file(struct create *c, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)c->pid);

	if (!c->pid_file_name)
		return 0;
	return file_replace(c->pid_file_dir, c->pid_file_name, text, (size_t)n, 0644, false, e);
}
