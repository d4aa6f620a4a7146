/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's standard streams: three pipes, or one terminal whose master the OCI runtime sends
 * over the console socket (SCM_RIGHTS, unix(7)).
 *
 * Output is read in large pieces, logged, handed to the clients. Input that the container does not
 * read is queued; with INPUT_QUEUE bytes waiting, the clients' packets stay in their sockets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#include "monitor.h"
#include "ctr/attach.h"

#define INPUT_QUEUE (1u << 20)
#define PIPE_SIZE   (256 * 1024)

static int make_pipe(int *ours, int *theirs, bool we_read, struct err *e)
{
	int p[2];

	if (fd_pipe(p, e) < 0)
		return -1;
	*ours = we_read ? p[0] : p[1];
	*theirs = we_read ? p[1] : p[0];
	fcntl(*ours, F_SETFL, O_NONBLOCK);
	fcntl(p[0], F_SETPIPE_SZ, PIPE_SIZE); /* refused beyond the user's share: smaller then */
	return 0;
}

static int make_console(struct monitor *m, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* by descriptor: the directory's own path may be longer than the 108 bytes of sun_path */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/console", m->run);
	unlinkat(m->run, "console", 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 1) < 0)
		return err_sys(e, "bind", "cannot make the console socket");
	m->console_listener = take_fd(&fd);
	return 0;
}

int stdio_make(struct monitor *m, struct err *e)
{
	m->in = m->out[0] = m->out[1] = -1;
	m->child[0] = m->child[1] = m->child[2] = SPAWN_NULL;
	m->console_listener = -1;
	if (m->plan.terminal)
		return make_console(m, e);
	if (m->plan.log == LOG_PASSTHROUGH) {
		m->child[0] = m->child[1] = m->child[2] = -1;
		return 0;
	}
	if (m->plan.interactive && make_pipe(&m->in, &m->child[0], false, e) < 0)
		return -1;
	if (make_pipe(&m->out[0], &m->child[1], true, e) < 0)
		return -1;
	return make_pipe(&m->out[1], &m->child[2], true, e);
}

int stdio_take_console(struct monitor *m, struct err *e)
{
	_close_ int conn = accept4(m->console_listener, NULL, NULL, SOCK_CLOEXEC);
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte[256];
	struct iovec iov = {.iov_base = byte, .iov_len = sizeof(byte)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.space,
			     .msg_controllen = sizeof(control.space)};
	struct cmsghdr *c;

	if (conn < 0 || recvmsg(conn, &msg, MSG_CMSG_CLOEXEC) < 0)
		return err_sys(e, "recvmsg", "cannot take the terminal over from the runtime");
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(sizeof(int)))
		return err_set(e, ERR_FAILED, 0, "recvmsg", "the runtime sent no terminal");
	memcpy(&m->out[0], CMSG_DATA(c), sizeof(int));
	m->in = fcntl(m->out[0], F_DUPFD_CLOEXEC, 3);
	fcntl(m->out[0], F_SETFL, O_NONBLOCK);
	if (m->size.ws_row)
		ioctl(m->out[0], TIOCSWINSZ, &m->size);
	unlinkat(m->run, "console", 0);
	close(take_fd(&m->console_listener));
	return 0;
}

bool stdio_input_full(const struct monitor *m)
{
	return m->in_queue.len > INPUT_QUEUE;
}

void stdio_flush(struct monitor *m)
{
	bool was_full = stdio_input_full(m);
	size_t done = 0;

	while (m->in >= 0 && done < m->in_queue.len) {
		ssize_t n = write(m->in, m->in_queue.data + done, m->in_queue.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) { /* the container closed its input */
			done = m->in_queue.len;
			m->in_eof = true;
			break;
		}
		done += n;
	}
	if (done)
		memmove(m->in_queue.data, m->in_queue.data + done, m->in_queue.len - done);
	m->in_queue.len -= done;
	if (was_full && !stdio_input_full(m))
		clients_resume(m);
	if (m->in < 0)
		return;
	if (m->in_queue.len == 0 && m->in_eof) {
		unwatch(m, m->in);
		close(take_fd(&m->in));
		return;
	}
	if (m->in_queue.len && watch(m, m->in, EPOLLOUT) < 0)
		rewatch(m, m->in, EPOLLOUT);
	if (!m->in_queue.len)
		unwatch(m, m->in);
}

void stdio_feed(struct monitor *m, const char *data, size_t len)
{
	if (m->in_eof) /* nobody reads it any more; a full queue would hold signals up, too */
		return;
	/* before the start the pipe or terminal may not be there: kept for later */
	buf_add(&m->in_queue, data, len);
	stdio_flush(m);
}

void stdio_end_input(struct monitor *m)
{
	if (m->in_eof)
		return;
	m->in_eof = true;
	if (m->in >= 0)
		stdio_flush(m);
}

void stdio_resize(struct monitor *m, int rows, int columns)
{
	/* a size that comes before the terminal is there is kept for it */
	m->size.ws_row = (unsigned short)rows;
	m->size.ws_col = (unsigned short)columns;
	if (m->plan.terminal && m->out[0] >= 0)
		ioctl(m->out[0], TIOCSWINSZ, &m->size);
}

bool stdio_read(struct monitor *m, int i)
{
	ssize_t n = read(m->out[i], m->buffer, READ_SIZE);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) { /* end of file, or EIO: the last user of the terminal is gone */
		unwatch(m, m->out[i]);
		close(take_fd(&m->out[i]));
		return false;
	}
	log_write(&m->log, i + 1, m->buffer, n);
	clients_output(m, i == 0 ? ATTACH_STDOUT : ATTACH_STDERR, m->buffer, n);
	return true;
}
