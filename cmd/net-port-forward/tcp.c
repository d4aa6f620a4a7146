/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections: two sockets each, the client's and one in the container's namespace.
 *
 * What is read from one end is written to the other; what that does not take is kept, and nothing
 * more is read meanwhile, so that a slow reader slows its writer and nobody else. End of file is
 * passed on as such (shutdown(2)), each direction by itself; a connection that breaks breaks its
 * other end too, with a reset. A server that listens for the other IP version alone is tried there
 * when it refuses the client's.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "forward.h"

/* One end of a connection, and what is kept for it. */
struct end {
	struct source source;
	struct conn *conn;
	uint32_t events; /* that are waited for */
	struct buf kept; /* not written yet */
	size_t written;	 /* of kept */
	bool eof;	 /* nothing more comes from here */
	bool shut;	 /* nothing more goes there */
};

struct conn {
	struct conn *next, *prev;
	struct end client, server;
	const struct port *port;
	union address from;
	bool connecting, second_try;
};

static void conn_unlink(struct forward *f, struct conn *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		f->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
}

/* With reset the other side is told that something was lost. */
static void conn_close(struct forward *f, struct conn *c, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	struct end *ends[] = {&c->client, &c->server};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (reset && ends[i]->source.fd >= 0)
			setsockopt(ends[i]->source.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		source_close(&ends[i]->source);
		buf_release(&ends[i]->kept);
	}
	conn_unlink(f, c);
	c->next = f->dead;
	f->dead = c;
	if (f->full && !f->ending) { /* there are descriptors again */
		f->full = false;
		for (size_t i = 0; i < f->nports; i++)
			if (!f->ports[i].udp)
				watch_change(f, &f->ports[i].source, EPOLLIN);
	}
}

void tcp_free_dead(struct forward *f)
{
	while (f->dead) {
		struct conn *c = f->dead;

		f->dead = c->next;
		free(c);
	}
}

/*
 * An end that waits for nothing is taken out of the set: epoll reports a hang-up whatever was asked
 * for, and again and again.
 */
static void set_events(struct forward *f, struct end *end, uint32_t events)
{
	if (end->events == events || end->source.fd < 0)
		return;
	if (!events)
		epoll_ctl(f->epoll, EPOLL_CTL_DEL, end->source.fd, NULL);
	else if (!end->events)
		watch(f, &end->source, events);
	else
		watch_change(f, &end->source, events);
	end->events = events;
}

static struct end *other(struct end *end)
{
	return end == &end->conn->client ? &end->conn->server : &end->conn->client;
}

/* What each end waits for follows from what is kept and what has ended. */
static void wait_for(struct forward *f, struct conn *c)
{
	struct end *ends[] = {&c->client, &c->server};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct end *end = ends[i];
		bool reads = !end->eof && !other(end)->kept.len;

		set_events(f, end, (reads ? EPOLLIN : 0u) | (end->kept.len ? EPOLLOUT : 0u));
	}
}

static bool try_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Writes to the end; what it does not take is kept. -1: it is broken. */
static int put(struct end *end, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(end->source.fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -1;
		if (n < 0) {
			buf_add(&end->kept, data, len);
			return 0;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* 1: all is through; 0: something is still kept; -1: it is broken. */
static int put_kept(struct end *end)
{
	while (end->written < end->kept.len) {
		ssize_t n = send(end->source.fd, end->kept.data + end->written,
				 end->kept.len - end->written, MSG_NOSIGNAL);

		if (n < 0)
			return try_again() ? 0 : -1;
		end->written += (size_t)n;
	}
	buf_release(&end->kept);
	end->written = 0;
	return 1;
}

static void pass_eof(struct end *from)
{
	struct end *to = other(from);

	if (from->eof && !to->kept.len && !to->shut) {
		to->shut = true;
		shutdown(to->source.fd, SHUT_WR);
	}
}

/* One buffer at a time: epoll asks again while there is more. -1: broken. */
static int take(struct forward *f, struct end *from)
{
	ssize_t n = recv(from->source.fd, f->buffer, BUFFER_SIZE, 0);

	if (n < 0)
		return try_again() ? 0 : -1;
	if (n == 0) {
		from->eof = true;
		return 0;
	}
	return put(other(from), f->buffer, (size_t)n);
}

static void relay(struct forward *f, struct end *end, uint32_t events)
{
	struct conn *c = end->conn;
	int r = 0;

	if (events & EPOLLOUT)
		r = put_kept(end);
	if (r >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !end->eof &&
	    !other(end)->kept.len)
		r = take(f, end);
	if (r < 0 || (events & EPOLLERR)) {
		conn_close(f, c, true);
		return;
	}
	pass_eof(&c->client);
	pass_eof(&c->server);
	if (c->client.shut && c->server.shut)
		conn_close(f, c, false);
	else
		wait_for(f, c);
}

static void server_ready(struct forward *f, struct source *s, uint32_t events);
static void client_ready(struct forward *f, struct source *s, uint32_t events);

/* The two ways in: by the client's IP version, then by the other one. */
static int try_connect(struct forward *f, struct conn *c)
{
	int family = c->from.any.sa_family, one = 1;
	union address own, shown;

	if (c->second_try)
		family = family == AF_INET ? AF_INET6 : AF_INET;
	if (!inside_own(family, &own)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	inside_client(&c->from, &own, &shown);
	source_close(&c->server.source);
	c->server.source.fd = inside_socket(f, SOCK_STREAM, &shown);
	if (c->server.source.fd < 0)
		return -1;
	setsockopt(c->server.source.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	address_set_port(&own, c->port->container);
	if (connect(c->server.source.fd, &own.any, address_len(&own)) < 0 && errno != EINPROGRESS) {
		if (errno != EADDRNOTAVAIL && errno != EADDRINUSE)
			return -1;
		/* this very connection is still known there: with another port, then */
		address_set_port(&shown, 0);
		source_close(&c->server.source);
		c->server.source.fd = inside_socket(f, SOCK_STREAM, &shown);
		if (c->server.source.fd < 0 ||
		    (connect(c->server.source.fd, &own.any, address_len(&own)) < 0 &&
		     errno != EINPROGRESS))
			return -1;
	}
	c->server.events = EPOLLOUT;
	return watch(f, &c->server.source, EPOLLOUT);
}

static int connect_server(struct forward *f, struct conn *c)
{
	if (try_connect(f, c) == 0)
		return 0;
	if (c->second_try)
		return -1;
	c->second_try = true;
	return try_connect(f, c);
}

static void connected(struct forward *f, struct conn *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->server.source.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error) {
		if (!c->second_try) {
			c->second_try = true;
			if (try_connect(f, c) == 0)
				return;
		}
		conn_close(f, c, true);
		return;
	}
	c->connecting = false;
	wait_for(f, c);
}

static void server_ready(struct forward *f, struct source *s, uint32_t events)
{
	struct conn *c = (struct conn *)((char *)s - offsetof(struct conn, server.source));

	if (c->connecting)
		connected(f, c);
	else
		relay(f, &c->server, events);
}

static void client_ready(struct forward *f, struct source *s, uint32_t events)
{
	struct conn *c = (struct conn *)((char *)s - offsetof(struct conn, client.source));

	relay(f, &c->client, events);
}

static void begin(struct forward *f, const struct port *p, int fd, const union address *from)
{
	struct conn *c = mem_alloc(sizeof(*c));
	int one = 1;

	*c = (struct conn){.port = p, .from = *from, .connecting = true, .next = f->conns};
	c->client = (struct end){.source = {.ready = client_ready, .fd = fd}, .conn = c};
	c->server = (struct end){.source = {.ready = server_ready, .fd = -1}, .conn = c};
	if (f->conns)
		f->conns->prev = c;
	f->conns = c;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (connect_server(f, c) < 0)
		conn_close(f, c, true);
}

void tcp_accept(struct forward *f, struct source *s, uint32_t events)
{
	union address from = {0};
	socklen_t len = sizeof(from);
	int fd = accept4(s->fd, &from.any, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		begin(f, (struct port *)s, fd, &from);
		return;
	}
	if ((errno != EMFILE && errno != ENFILE) || !f->conns)
		return;
	f->full = true; /* clients wait in the queue until a connection ends */
	for (size_t i = 0; i < f->nports; i++)
		if (!f->ports[i].udp)
			watch_change(f, &f->ports[i].source, 0);
}
