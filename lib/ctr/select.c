/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which containers a command means: see select.h. */
#include "ctr/select.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"

void selection_release(struct selection *s)
{
	strv_release(&s->ids);
	strv_release(&s->given);
}

static int add_one(const struct store *s, const char *what, bool ignore, struct selection *out,
		   struct err *e)
{
	char *id = container_find(s, what, e);

	if (id) {
		strv_take(&out->ids, id);
		strv_add(&out->given, what);
		return 0;
	}
	if (!ignore || e->code != ERR_NOTFOUND)
		return -1;
	err_clear(e);
	return 0;
}

static int add_cidfile(const struct store *s, const char *file, bool ignore, struct selection *out,
		       struct err *e)
{
	_buf_ struct buf b = {0};

	if (file_read(AT_FDCWD, file, 4096, &b, e) < 0) {
		if (!ignore || e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
		return 0;
	}
	while (b.len && isspace((unsigned char)b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	return add_one(s, b.data ? b.data : "", ignore, out, e);
}

static int add_all(const struct store *s, bool running, struct selection *out, struct err *e)
{
	_strv_ struct strv ids = {0};

	if (container_list(s, &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		struct container_state st;

		if (running && (container_state(s, ids.v[i], &st, NULL) < 0 ||
				(st.status != CONTAINER_RUNNING && st.status != CONTAINER_PAUSED)))
			continue;
		strv_add(&out->ids, ids.v[i]);
		strv_add(&out->given, ids.v[i]);
	}
	return 0;
}

int container_select(const struct store *s, int argc, char **argv, const struct strv *cidfiles,
		     bool all, bool running, bool ignore, struct selection *out, struct err *e)
{
	for (int i = 0; i < argc; i++)
		if (add_one(s, argv[i], ignore, out, e) < 0)
			return -1;
	for (size_t i = 0; cidfiles && i < cidfiles->n; i++)
		if (add_cidfile(s, cidfiles->v[i], ignore, out, e) < 0)
			return -1;
	return all ? add_all(s, running, out, e) : 0;
}

int monitor_connect(const struct store *s, const char *id, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	_close_ int run = container_run_dir(s, id, e);
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (run < 0)
		return -1;
	/* by descriptor: the path itself may be longer than the 108 bytes of sun_path */
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/attach", run);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_set(e, ERR_NOTFOUND, errno, "connect",
			       "cannot reach the monitor of container %.12s", id);
	return take_fd(&fd);
}
