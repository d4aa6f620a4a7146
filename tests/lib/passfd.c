/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests: a container that gives its standard output to another one.
 * "passfd give SOCKET" sends descriptor 1 and ends; "passfd flood SOCKET" writes to it without end.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char space[CMSG_SPACE(sizeof(int))] = "", data[4096] = "x";
	struct iovec iov = {.iov_base = data, .iov_len = 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c, fd = 1;

	if (argc != 3)
		return 2;
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", argv[2]);
	if (argv[1][0] == 'g') {
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);

		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(fd));
		if (connect(s, (struct sockaddr *)&a, sizeof(a)) < 0 || sendmsg(s, &m, 0) < 0)
			return 1;
		sleep(1);
		return 0;
	}
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 1) < 0)
		return 1;
	c = accept(s, NULL, NULL);
	if (recvmsg(c, &m, 0) < 0)
		return 1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	while (write(fd, data, sizeof(data)) > 0)
		;
	return 0;
}
