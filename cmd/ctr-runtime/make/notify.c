/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readiness, sd_notify(3): see notify.h.
 *
 * The service manager's own socket is not given to the container: its messages could name another
 * main process, or keep descriptors. The runtime has a socket in the state directory instead, whose
 * folder is mounted into the container; from it READY=1 is passed on, as a message of the
 * runtime's. "run" and "start" wait for it, as in other runtimes, or for the command's end. Each of
 * them makes the socket anew in the folder, so that the one of create need not stay open.
 */
#include "make/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "rootfs/own.h"
#include "sys/mountfd.h"
#include "sys/path.h"

#define READY "READY=1"

bool notify_wanted(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && (*path == '/' || *path == '@') && path[1];
}

int notify_make(struct create *c, struct err *e)
{
	if (!notify_wanted())
		return 0;
	if (mkdirat(c->state_dir, NOTIFY_DIR, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "mkdirat", "cannot make the folder of the notify socket");
	c->notify_dir =
		openat(c->state_dir, NOTIFY_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* the container's users must reach it, whatever the umask */
	if (c->notify_dir < 0 || fchmodat(c->state_dir, NOTIFY_DIR, 0755, 0) < 0)
		return err_sys(e, "openat", "cannot open the folder of the notify socket");
	if (!c->start)
		return 0;
	c->notify = notify_listen(c->state_dir, e);
	return c->notify < 0 ? -1 : 0;
}

/* Only a mount of the own namespace can be bound, so the folder is opened again, by its path. */
int notify_open(struct create *c, struct err *e)
{
	_free_ char *path = NULL;
	struct stat made, here;
	int fd;

	if (c->notify_dir < 0)
		return 0;
	path = str_fmt("%s/%s/" NOTIFY_DIR, c->g->root_path, c->id);
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &here) < 0 || fstat(c->notify_dir, &made) < 0)
		return err_sys(e, "open", "cannot open the folder of the notify socket");
	close(c->notify_dir);
	c->notify_dir = fd;
	if (here.st_dev != made.st_dev || here.st_ino != made.st_ino)
		return err_set(e, ERR_DENIED, 0, NULL, "%s is not what was made", path);
	return 0;
}

static int attach(struct create *c, int target, struct err *e)
{
	_close_ int m = mount_clone(c->notify_dir, false, e);

	if (m >= 0) {
		if (mount_change(m, false,
				 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					 MOUNT_ATTR_RDONLY,
				 0, 0, -1, e) < 0)
			return -1;
		return mount_attach(m, target, e);
	}
	if (e->errnum != ENOSYS)
		return -1;
	err_clear(e);
	return mount_at(NULL, c->notify_dir, target, NULL, MS_BIND, NULL, e);
}

int notify_mount(struct create *c, struct err *e)
{
	struct path_guard guard = own_guard(c);
	_close_ int target = -1;

	if (c->notify_dir < 0)
		return 0;
	target = path_mkdir_guarded(c->root, NOTIFY_PLACE, 0755, &guard, e);
	if (target < 0 && e->errnum == EXDEV)
		err_hint(e, "make " NOTIFY_PLACE " in what is mounted there");
	if (target < 0 || attach(c, target, e) < 0)
		return err_prefix(e, "the notify socket on " NOTIFY_PLACE);
	close(take_fd(&c->notify_dir));
	strv_add(&c->cfg.process.env, "NOTIFY_SOCKET=" NOTIFY_SOCKET);
	return 0;
}

int notify_listen(int state_dir, struct err *e)
{
	_close_ int dir =
		openat(state_dir, NOTIFY_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_close_ int s = -1;
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (dir < 0 || !notify_wanted())
		return -1;
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/notify", dir);
	unlinkat(dir, "notify", 0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    fchmodat(dir, "notify", 0666, 0) < 0)
		return err_sys(e, "bind", "cannot make the notify socket");
	return take_fd(&s);
}

/* One assignment a line; the rest of what a container says is not passed on. */
static bool says_ready(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (str_eq(line, READY))
			return true;
	return false;
}

static int tell(struct err *e)
{
	const char *path = getenv("NOTIFY_SOCKET");
	_close_ int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));

	if (s < 0 || strlen(path) >= sizeof(a.sun_path))
		return err_set(e, ERR_FAILED, ENAMETOOLONG, "socket", "NOTIFY_SOCKET=%s", path);
	memcpy(a.sun_path, path, strlen(path));
	if (*path == '@') /* an abstract one, unix(7) */
		a.sun_path[0] = '\0';
	else
		len++;
	if (sendto(s, READY, strlen(READY), MSG_NOSIGNAL, (struct sockaddr *)&a, len) < 0)
		return err_sys(e, "sendto", "cannot say on NOTIFY_SOCKET=%s that it is ready",
			       path);
	return 0;
}

int notify_relay(int sock, int pidfd, struct err *e)
{
	struct pollfd p[] = {{.fd = sock, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	char text[4096];

	for (;;) {
		ssize_t n;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(e, "poll", "cannot wait for the command to be ready");
		n = p[0].revents ? recv(sock, text, sizeof(text) - 1, MSG_DONTWAIT) : -1;
		if (n >= 0) {
			text[n] = '\0';
			if (says_ready(text))
				return tell(e);
		} else if (p[1].revents) {
			return 0;
		}
	}
}

int notify_relay_beside(int sock, int pidfd, struct err *e)
{
	pid_t pid = fork();
	struct err own = {0};

	if (pid < 0)
		return err_sys(e, "fork", "cannot wait for the command to be ready");
	if (pid > 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && notify_relay(sock, pidfd, &own) < 0)
		report_warn("%s", own.msg);
	_exit(0);
}
