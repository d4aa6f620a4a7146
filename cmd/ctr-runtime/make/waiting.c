/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket of a created container: see waiting.h.
 *
 * Its first process is still a copy of the runtime: not dumpable, and its memory belongs to the
 * user namespace of whoever called create. So its /proc/PID/ns is shut (ptrace(2), access mode
 * checking) to the very user who owns the container's user namespace and has all capabilities in
 * it, unless he is in a namespace above with CAP_SYS_PTRACE. To make the process dumpable would
 * open its memory and descriptors to what exec starts in the container; instead it has opened its
 * own namespaces, which is always allowed, and hands them out here. The socket is in the state
 * directory, which only the caller's user reaches, and which is not in the container.
 *
 * A client that says nothing is dropped after a second, so that it cannot keep others waiting.
 */
#include "make/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "manage/state.h"
#include "sys/fdpass.h"
#include "sys/nsfork.h"

static struct sockaddr_un address(int state_dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" STATE_FIFO, state_dir);
	return a;
}

int waiting_listen(int state_dir, struct err *e)
{
	_close_ int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = address(state_dir);

	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 8) < 0)
		return err_sys(e, "bind", "cannot make the socket that start connects to");
	return take_fd(&s);
}

void waiting_namespaces(int proc, int pid_ns, int ns[WAITING_TYPES])
{
	char path[32];

	for (int i = 0; ns_types[i].oci; i++) {
		if (pid_ns >= 0 && ns_types[i].flag == CLONE_NEWPID) {
			ns[i] = pid_ns;
			continue;
		}
		snprintf(path, sizeof(path), "self/ns/%s", ns_types[i].proc);
		ns[i] = TEMP_FAILURE_RETRY(openat(proc, path, O_RDONLY | O_CLOEXEC));
	}
}

/* Its end says that there are no more; a kernel need not have all types. */
static void send_namespaces(int sock, const int ns[WAITING_TYPES])
{
	for (int i = 0; i < WAITING_TYPES; i++)
		if (ns[i] >= 0 && fdpass_send(sock, ns[i], ns_types[i].proc, 1, NULL) < 0)
			return;
}

static char hear(int sock)
{
	struct timeval limit = {.tv_sec = 1};
	char word = 0;

	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return TEMP_FAILURE_RETRY(recv(sock, &word, 1, 0)) == 1 ? word : 0;
}

int waiting_serve(int listener, const int ns[WAITING_TYPES], struct err *e)
{
	for (;;) {
		_close_ int s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		char word;

		if (s < 0 && errno != EINTR && errno != ECONNABORTED)
			return err_sys(e, "accept", "cannot wait for start");
		word = s < 0 ? 0 : hear(s);
		if (word == WAITING_START)
			return take_fd(&s);
		if (word == WAITING_NAMESPACES)
			send_namespaces(s, ns);
	}
}

int waiting_ask(int state_dir, enum waiting_word word, struct err *e)
{
	_close_ int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = address(state_dir);
	char c = (char)word;

	if (s < 0 || TEMP_FAILURE_RETRY(connect(s, (struct sockaddr *)&a, sizeof(a))) < 0 ||
	    TEMP_FAILURE_RETRY(send(s, &c, 1, MSG_NOSIGNAL)) != 1)
		return err_sys(e, "connect", "cannot reach the container");
	return take_fd(&s);
}
