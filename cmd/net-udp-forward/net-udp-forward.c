/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net-udp-forward: published UDP ports for clients on the host's own loopback.
 *
 * slirp4netns and pasta forward what comes from other hosts. What comes from 127.0.0.1 they would
 * have to answer to the host's loopback, which is closed to containers; so this small relay stands
 * there, with ordinary sockets on both sides: it binds the ports, enters the container's network
 * namespace (setns(2)), and makes there a socket for each client, connected to the container's own
 * address. Its sockets of the host stay the host's: a socket belongs to the namespace it was made
 * in (network_namespaces(7)).
 *
 * The container sees its own address as the peer, never 127.0.0.1, which some services trust.
 *
 * Stages: wait at the gate until the launcher has recorded this process; bind; enter the namespace;
 * confine; say "ready"; relay until nobody holds the container's fifo "life" for writing any more.
 * Memory and descriptors are bounded: MAX_FLOWS clients, the one that was silent longest goes.
 *
 * It must not open files or start programs, and must not relay to another address than the
 * container's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/fd.h"
#include "sys/confine.h"
#include "wire/prog.h"

#define MAX_PORTS    4096
#define MAX_FLOWS    256
#define IDLE_SECONDS 120
#define MAX_PACKET   65535

struct options {
	const char *netns;
	int64_t life, gate, ready;
};

static const struct opt options[] = {
	{"netns", 0, OPT_STR, offsetof(struct options, netns), "PATH",
	 "the container's network namespace"},
	{"life", 0, OPT_INT, offsetof(struct options, life), "FD",
	 "end when this descriptor hangs up"},
	{"gate", 0, OPT_INT, offsetof(struct options, gate), "FD",
	 "begin when a byte can be read from this descriptor"},
	{"ready", 0, OPT_INT, offsetof(struct options, ready), "FD",
	 "write a byte here when the ports are bound"},
	{0},
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* What epoll returns: a port of the host, a flow's socket in the namespace, or the fifo. */
struct source {
	enum { PORT, FLOW, LIFE } kind;
	int fd;
};

struct port {
	struct source source;
	uint16_t container; /* network byte order */
};

struct flow {
	struct source source; /* fd -1: free */
	const struct port *port;
	union address client;
	time_t used;
};

struct relay {
	struct port *ports;
	size_t nports;
	struct flow flows[MAX_FLOWS];
	struct source life;
	int epoll;
	struct in_addr container;
	char packet[MAX_PACKET];
};

static int bad_port(const char *word, struct err *e)
{
	return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not IP:PORT:CONTAINERPORT", word);
}

/* "127.0.0.1:53:5353", "[::1]:53:5353" */
static int parse_port(const char *word, union address *host, socklen_t *len, struct port *p,
		      struct err *e)
{
	_free_ char *ip = str_dup(word);
	char *container = strrchr(ip, ':'), *port;
	int64_t from, to;
	size_t n;

	if (!container)
		return bad_port(word, e);
	*container++ = '\0';
	port = strrchr(ip, ':');
	if (!port)
		return bad_port(word, e);
	*port++ = '\0';
	if (str_to_int(port, 1, 65535, &from) < 0 || str_to_int(container, 1, 65535, &to) < 0)
		return bad_port(word, e);
	*host = (union address){0};
	n = strlen(ip);
	if (ip[0] == '[' && ip[n - 1] == ']') {
		ip[n - 1] = '\0';
		host->v6.sin6_family = AF_INET6;
		host->v6.sin6_port = htons((uint16_t)from);
		*len = sizeof(host->v6);
		if (inet_pton(AF_INET6, ip + 1, &host->v6.sin6_addr) != 1)
			return bad_port(word, e);
	} else {
		host->v4.sin_family = AF_INET;
		host->v4.sin_port = htons((uint16_t)from);
		*len = sizeof(host->v4);
		if (inet_pton(AF_INET, ip, &host->v4.sin_addr) != 1)
			return bad_port(word, e);
	}
	p->container = htons((uint16_t)to);
	return 0;
}

static int bind_port(const char *word, struct port *p, struct err *e)
{
	union address host;
	socklen_t len = 0;
	int one = 1;

	p->source = (struct source){.kind = PORT, .fd = -1};
	if (parse_port(word, &host, &len, p, e) < 0)
		return -1;
	p->source.fd = socket(host.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* beside the helper's socket for all addresses: the more specific one is asked first */
	if (p->source.fd < 0 ||
	    setsockopt(p->source.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(p->source.fd, &host.any, len) < 0)
		return err_sys(e, "bind", "cannot publish %s/udp", word);
	return 0;
}

static int watch(const struct relay *r, struct source *s)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = s};

	return epoll_ctl(r->epoll, EPOLL_CTL_ADD, s->fd, &ev);
}

/* The source address of its default route; without one there is the namespace's loopback. */
static void find_container(struct relay *r)
{
	/* 192.0.2.1, RFC 5737: nothing is sent, the kernel only chooses */
	struct sockaddr_in out = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0xc0000201)};
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(out);

	r->container.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&out, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&out, &len) == 0)
		r->container = out.sin_addr;
}

static int enter(struct relay *r, const char *netns, struct err *e)
{
	_close_ int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return err_sys(e, "setns", "cannot enter the network namespace %s", netns);
	find_container(r);
	return 0;
}

static bool same(const union address *a, const union address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_port == b->v4.sin_port &&
		       a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->v6.sin6_port == b->v6.sin6_port &&
	       memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

static void end_flow(struct flow *f)
{
	if (f->source.fd >= 0)
		close(take_fd(&f->source.fd)); /* leaves the epoll set by itself */
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int make_flow(struct relay *r, struct flow *f, const struct port *p,
		     const union address *client)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = p->container, .sin_addr = r->container};

	end_flow(f);
	f->source = (struct source){
		.kind = FLOW, .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
	f->port = p;
	f->client = *client;
	if (f->source.fd < 0)
		return -1;
	if (connect(f->source.fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    watch(r, &f->source) == 0)
		return 0;
	end_flow(f);
	return -1;
}

/* The client's flow, a new one in a free place or in that of the one that was silent longest. */
static struct flow *flow_of(struct relay *r, const struct port *p, const union address *client)
{
	struct flow *oldest = &r->flows[0];

	for (size_t i = 0; i < MAX_FLOWS; i++) {
		struct flow *f = &r->flows[i];

		if (f->source.fd >= 0 && f->port == p && same(&f->client, client))
			return f;
		if (oldest->source.fd >= 0 && (f->source.fd < 0 || f->used < oldest->used))
			oldest = f;
	}
	return make_flow(r, oldest, p, client) < 0 ? NULL : oldest;
}

/* One packet a call: epoll asks again while there are more. What cannot be sent is lost, as ever.
 */
static void from_client(struct relay *r, const struct port *p)
{
	union address client = {0};
	socklen_t len = sizeof(client);
	ssize_t n = recvfrom(p->source.fd, r->packet, sizeof(r->packet), 0, &client.any, &len);
	struct flow *f = n < 0 ? NULL : flow_of(r, p, &client);

	if (!f)
		return;
	f->used = now();
	send(f->source.fd, r->packet, (size_t)n, MSG_NOSIGNAL);
}

static void from_container(struct relay *r, struct flow *f)
{
	ssize_t n = recv(f->source.fd, r->packet, sizeof(r->packet), 0);

	if (n < 0)
		return; /* nobody listens yet (ECONNREFUSED) */
	f->used = now();
	sendto(f->port->source.fd, r->packet, (size_t)n, MSG_NOSIGNAL, &f->client.any,
	       f->client.any.sa_family == AF_INET ? sizeof(f->client.v4) : sizeof(f->client.v6));
}

static void end_idle(struct relay *r)
{
	time_t limit = now() - IDLE_SECONDS;

	for (size_t i = 0; i < MAX_FLOWS; i++)
		if (r->flows[i].used < limit)
			end_flow(&r->flows[i]);
}

static void relay(struct relay *r)
{
	for (;;) {
		struct epoll_event ev[16];
		int n = epoll_wait(r->epoll, ev, ARRAY_LEN(ev), IDLE_SECONDS * 1000);

		if (n < 0 && errno != EINTR)
			return;
		for (int i = 0; i < n; i++) {
			struct source *s = ev[i].data.ptr;

			/* a flow that an event before this one has replaced is another one now:
			 * its socket has nothing to read, which is no error */
			if (s->kind == LIFE)
				return;
			if (s->kind == PORT)
				from_client(r, (struct port *)s);
			else if (s->fd >= 0)
				from_container(r, (struct flow *)s);
		}
		end_idle(r);
	}
}

static int pass_gate(int gate, struct err *e)
{
	char byte;

	if (gate <= 0)
		return 0;
	while (read(gate, &byte, 1) != 1)
		if (errno != EINTR)
			return err_set(e, ERR_FAILED, 0, NULL, "the launcher is gone");
	close(gate);
	return 0;
}

static int prepare(struct relay *r, const struct options *o, const struct prog *p, struct err *e)
{
	static const struct confine c = {.network = true};

	if (pass_gate((int)o->gate, e) < 0)
		return -1;
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll < 0)
		return err_sys(e, "epoll_create1", "cannot make an epoll set");
	r->life = (struct source){.kind = LIFE, .fd = (int)o->life};
	for (size_t i = 0; i < MAX_FLOWS; i++)
		r->flows[i].source.fd = -1;
	r->ports = mem_alloc((size_t)p->argc * sizeof(*r->ports));
	for (int i = 0; i < p->argc; i++, r->nports++)
		if (bind_port(p->argv[i], &r->ports[i], e) < 0 ||
		    (watch(r, &r->ports[i].source) < 0 &&
		     err_sys(e, "epoll_ctl", "cannot wait for packets")))
			return -1;
	if (o->life > 0 && watch(r, &r->life) < 0)
		return err_sys(e, "epoll_ctl", "--life %lld", (long long)o->life);
	return enter(r, o->netns, e) < 0 || confine(&c, e) < 0 ? -1 : 0;
}

static int run(struct prog *p, struct err *e)
{
	static struct relay r;
	const struct options *o = p->opts;

	if (!o->netns || p->argc < 1 || p->argc > MAX_PORTS)
		return err_set(e, ERR_USAGE, 0, NULL, "--netns and 1 to %d ports are needed",
			       MAX_PORTS);
	if (prepare(&r, o, p, e) < 0)
		return -1;
	if (o->ready > 0) {
		if (fd_write_all((int)o->ready, "1", 1, e) < 0)
			return -1;
		close((int)o->ready);
	}
	relay(&r);
	return 0;
}

static const struct program program = {
	.name = "net-udp-forward",
	.summary = "relay UDP from the host's loopback into a network namespace",
	.usage = "--netns PATH [options] IP:PORT:CONTAINERPORT...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
