/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those who are attached: see oci/attach.h for the packets.
 *
 * Nobody but the owner (the foreground "rp run" that asked for the start) can hold the container
 * up: its queue works like the pipe it stands for, so that no byte of its output is lost. Every
 * other client that lags behind by CLIENT_QUEUE bytes loses output and is told how much.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "monitor.h"
#include "ctr/attach.h"

void clients_accept(struct monitor *m)
{
	int fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	if (fd < 0)
		return;
	if (m->clients.n == MAX_CLIENTS || watch(m, fd, EPOLLIN) < 0) {
		close(fd);
		return;
	}
	c = &m->clients.c[m->clients.n++];
	*c = (struct client){.fd = fd};
	c->last = &c->first;
}

struct client *client_of_fd(struct monitor *m, int fd)
{
	for (size_t i = 0; i < m->clients.n; i++)
		if (m->clients.c[i].fd == fd)
			return &m->clients.c[i];
	return NULL;
}

static void drop_queue(struct client *c)
{
	while (c->first) {
		struct packet *next = c->first->next;

		free(c->first);
		c->first = next;
	}
	c->last = &c->first;
	c->queued = 0;
}

static void client_close(struct monitor *m, struct client *c)
{
	bool was_owner = c->owner;

	drop_queue(c);
	unwatch(m, c->fd);
	close(c->fd);
	*c = m->clients.c[--m->clients.n];
	if (c->last != &c->first && !c->first)
		c->last = &c->first;
	/* the terminal of a foreground run is gone: its input is at its end */
	if (was_owner && !m->plan.terminal)
		stdio_end_input(m);
}

static void enqueue(struct client *c, char type, const char *data, size_t len)
{
	struct packet *p = mem_alloc(sizeof(*p) + len + 1);

	p->len = len + 1;
	p->data[0] = type;
	memcpy(p->data + 1, data, len);
	*c->last = p;
	c->last = &p->next;
	c->queued += p->len;
}

/* 1 sent, 0 would block, -1 gone. */
static int send_one(struct client *c, const void *data, size_t len)
{
	for (;;) {
		if (send(c->fd, data, len, MSG_NOSIGNAL) >= 0)
			return 1;
		if (errno != EINTR)
			return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
	}
}

static void tell_dropped(struct client *c)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "{\"event\":\"dropped\",\"bytes\":%lld}",
			 (long long)c->dropped);

	c->dropped = 0;
	enqueue(c, ATTACH_EVENT, text, n);
}

/* Sends what is queued. False: the client is gone. */
static bool flush(struct monitor *m, struct client *c)
{
	while (c->first) {
		struct packet *p = c->first;
		int r = send_one(c, p->data, p->len);

		if (r < 0)
			return false;
		if (r == 0)
			break;
		c->queued -= p->len;
		c->first = p->next;
		if (!c->first)
			c->last = &c->first;
		free(p);
	}
	if (!c->first && c->dropped)
		tell_dropped(c);
	rewatch(m, c->fd, (c->sent_eof ? 0 : EPOLLIN) | (c->first ? EPOLLOUT : 0));
	return true;
}

static bool deliver(struct monitor *m, struct client *c, char type, const char *data, size_t len)
{
	char packet[ATTACH_DATA_MAX + 1];
	int r;

	if (c->events_only && type != ATTACH_EVENT)
		return true;
	if (type != ATTACH_EVENT && !c->owner && (c->dropped || c->queued > CLIENT_QUEUE)) {
		c->dropped += (int64_t)len;
		return true;
	}
	if (!c->first) {
		packet[0] = type;
		memcpy(packet + 1, data, len);
		r = send_one(c, packet, len + 1);
		if (r != 0)
			return r > 0;
	}
	enqueue(c, type, data, len);
	return flush(m, c);
}

void clients_output(struct monitor *m, char stream, const char *data, size_t len)
{
	while (len) {
		size_t n = len < ATTACH_DATA_MAX ? len : ATTACH_DATA_MAX;

		for (size_t i = m->clients.n; i-- > 0;)
			if (!deliver(m, &m->clients.c[i], stream, data, n))
				client_close(m, &m->clients.c[i]);
		data += n;
		len -= n;
	}
}

void clients_event(struct monitor *m, struct json *event)
{
	_free_ char *text = json_text(event, false);

	json_put(event);
	for (size_t i = m->clients.n; i-- > 0;)
		if (!deliver(m, &m->clients.c[i], ATTACH_EVENT, text, strlen(text)))
			client_close(m, &m->clients.c[i]);
}

bool clients_hold(const struct monitor *m)
{
	for (size_t i = 0; i < m->clients.n; i++)
		if (m->clients.c[i].owner && m->clients.c[i].queued > CLIENT_QUEUE)
			return true;
	return false;
}

static void handle_packet(struct monitor *m, struct client *c, char *data, size_t len)
{
	int a, b;

	data[len] = '\0';
	switch (data[0]) {
	case ATTACH_STDIN:
		if (m->plan.interactive)
			stdio_feed(m, data + 1, len - 1);
		break;
	case ATTACH_RESIZE:
		if (sscanf(data + 1, "%d %d", &a, &b) == 2)
			stdio_resize(m, a, b);
		break;
	case ATTACH_SIGNAL:
		if (sscanf(data + 1, "%d", &a) == 1 && m->pidfd >= 0)
			proc_signal(m->pidfd, a, NULL);
		break;
	case ATTACH_START:
		c->owner = true;
		break;
	case ATTACH_EVENTS:
		c->events_only = true;
		break;
	default:
		break; /* of a later version */
	}
}

void client_ready(struct monitor *m, struct client *c, unsigned events)
{
	char data[ATTACH_DATA_MAX + 2];
	ssize_t n;

	if ((events & EPOLLOUT) && !flush(m, c)) {
		client_close(m, c);
		return;
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	if (stdio_input_full(m) && !(events & (EPOLLHUP | EPOLLERR))) {
		rewatch(m, c->fd, c->first ? EPOLLOUT : 0); /* clients_resume() takes it up again */
		return;
	}
	n = recv(c->fd, data, ATTACH_DATA_MAX + 1, MSG_DONTWAIT);
	if (n > 0) {
		handle_packet(m, c, data, n);
	} else if (n == 0 && !(events & (EPOLLHUP | EPOLLERR))) {
		c->sent_eof = true;
		rewatch(m, c->fd, c->first ? EPOLLOUT : 0);
		if (!m->plan.terminal)
			stdio_end_input(m);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		client_close(m, c);
	}
}

void clients_resume(struct monitor *m)
{
	for (size_t i = 0; i < m->clients.n; i++) {
		struct client *c = &m->clients.c[i];

		rewatch(m, c->fd, (c->sent_eof ? 0 : EPOLLIN) | (c->first ? EPOLLOUT : 0));
	}
}

void clients_finish(struct monitor *m)
{
	/* a client that reads gets all; one that has stopped reading is given up after 10 s */
	for (size_t i = m->clients.n; i-- > 0;) {
		struct client *c = &m->clients.c[i];

		while (c->first) {
			struct pollfd p = {.fd = c->fd, .events = POLLOUT};

			if (poll(&p, 1, c->owner ? -1 : 10000) <= 0 || !flush(m, c))
				break;
		}
		client_close(m, c);
	}
}
