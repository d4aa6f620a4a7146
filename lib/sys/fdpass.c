/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors over unix sockets: see fdpass.h for the contract.
 *
 * sun_path holds 107 bytes (unix(7)); a longer path is reached through an O_PATH descriptor of the
 * socket and /proc/self/fd/N.
 */
#include "sys/fdpass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

static int try_connect(const char *path, int type)
{
	_close_ int s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (s < 0)
		return -1;
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (TEMP_FAILURE_RETRY(connect(s, (struct sockaddr *)&a, sizeof(a))) < 0)
		return -1;
	return take_fd(&s);
}

int fdpass_connect(const char *path, struct err *e)
{
	_close_ int node = TEMP_FAILURE_RETRY(open(path, O_PATH | O_CLOEXEC));
	struct sockaddr_un room;
	char link[40];
	const char *at = link;
	int s;

	if (node < 0)
		return err_sys(e, "open", "cannot open the socket %s", path);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", node);
	if (strlen(path) < sizeof(room.sun_path))
		at = path;
	s = try_connect(at, SOCK_STREAM);
	if (s < 0 && errno == EPROTOTYPE)
		s = try_connect(at, SOCK_SEQPACKET);
	return s < 0 ? err_sys(e, "connect", "cannot connect to the socket %s", path) : s;
}

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

int fdpass_send(int sock, int fd, const void *text, size_t len, struct err *e)
{
	union control c = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)text, .iov_len = len};
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.space,
		.msg_controllen = sizeof(c.space),
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(int));
	if (TEMP_FAILURE_RETRY(sendmsg(sock, &m, MSG_NOSIGNAL)) < 0)
		return err_sys(e, "sendmsg", "cannot send a descriptor");
	return 0;
}

int fdpass_recv(int sock, struct err *e)
{
	union control c = {0};
	char text[512];
	struct iovec iov = {.iov_base = text, .iov_len = sizeof(text)};
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.space,
		.msg_controllen = sizeof(c.space),
	};
	struct cmsghdr *h;
	ssize_t n;
	int fd;

	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "recvmsg", "cannot receive a descriptor");
	h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof(int)))
		return err_set(e, ERR_FAILED, 0, "recvmsg", "no descriptor came");
	memcpy(&fd, CMSG_DATA(h), sizeof(int));
	return fd;
}
