/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processes of create say to each other: one struct note a message, over a socket pair
 * that keeps them apart (SOCK_SEQPACKET, unix(7)).
 */
#include "make/note.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/fd.h"

int note_send(int sock, char kind, pid_t pid, struct err *e)
{
	struct note n = {.kind = kind, .pid = pid};

	if (TEMP_FAILURE_RETRY(send(sock, &n, sizeof(n), MSG_NOSIGNAL)) != sizeof(n))
		return err_sys(e, "send", "cannot reach the other process");
	return 0;
}

int note_read(int sock, struct note *out, struct err *e)
{
	ssize_t len;

	do
		len = recv(sock, out, sizeof(*out), 0);
	while (len < 0 && errno == EINTR);
	if (len == sizeof(*out))
		return 0;
	if (len < 0 && errno != ECONNRESET)
		return err_sys(e, "recv", "cannot hear the other process");
	return err_set(e, ERR_FAILED, 0, "recv", "the other process has ended");
}

int note_wait(int sock, char kind, struct note *out, struct err *e)
{
	struct note n;

	if (note_read(sock, &n, e) < 0)
		return -1;
	if (n.kind != kind)
		return err_set(e, ERR_FAILED, 0, "recv", "the other process has ended");
	if (out)
		*out = n;
	return 0;
}
