/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net-port-forward: published ports of a container, TCP and UDP, whatever its network is.
 *
 * It listens on the host, enters the container's network namespace (setns(2)), and connects there
 * to the container's own address. Its sockets of the host stay the host's: a socket belongs to the
 * namespace that it was made in (network_namespaces(7)). So one program decides what slirp4netns,
 * pasta and rootless port handlers each decide in their own way: the server sees the client's
 * address (inside.c), never a loopback one, over both IP versions, and nothing that is bound to the
 * container's loopback is reached.
 *
 * Stages: wait at the gate until the launcher has recorded this process; bind (listen.c); enter the
 * namespace (inside.c); confine; say "ready"; relay (tcp.c, udp.c) until nobody holds the
 * container's fifo "life" for writing any more, or SIGTERM. Then no new connection is taken, and
 * those there are are finished, for LINGER_SECONDS at most: a container's last words are often in
 * them.
 *
 * It must not open files or start programs once it relays, and must not connect to another address
 * than the container's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "forward.h"
#include "sys/confine.h"
#include "wire/prog.h"

#define IDLE_CHECK_MS  30000
#define LINGER_SECONDS 3

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

int watch(const struct forward *f, struct source *s, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};

	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, s->fd, &ev);
}

int watch_change(const struct forward *f, struct source *s, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};

	return epoll_ctl(f->epoll, EPOLL_CTL_MOD, s->fd, &ev);
}

void source_close(struct source *s)
{
	if (s->fd >= 0)
		close(take_fd(&s->fd));
}

socklen_t address_len(const union address *a)
{
	return a->any.sa_family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

uint16_t address_port(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

void address_set_port(union address *a, uint16_t port)
{
	if (a->any.sa_family == AF_INET)
		a->v4.sin_port = htons(port);
	else
		a->v6.sin6_port = htons(port);
}

bool address_equal(const union address *a, const union address *b)
{
	if (a->any.sa_family != b->any.sa_family || address_port(a) != address_port(b))
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

/* The ports are free for others from here on. */
static void container_ended(struct forward *f, struct source *s, uint32_t events)
{
	f->ending = true;
	for (size_t i = 0; i < f->nports; i++)
		source_close(&f->ports[i].source);
	source_close(&f->life);
	source_close(&f->term);
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void relay(struct forward *f)
{
	time_t end = 0;

	while (!f->ending || (f->conns && now() < end)) {
		struct epoll_event ev[32];
		int n = epoll_wait(f->epoll, ev, ARRAY_LEN(ev), f->ending ? 200 : IDLE_CHECK_MS);

		if (n < 0 && errno != EINTR)
			return;
		for (int i = 0; i < n; i++) {
			struct source *s = ev[i].data.ptr;

			/* one that an event before this one has closed has nothing to say */
			if (s->fd >= 0)
				s->ready(f, s, ev[i].events);
		}
		if (f->ending && !end)
			end = now() + LINGER_SECONDS;
		tcp_free_dead(f);
		udp_end_idle(f);
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

/* Two descriptors a connection: as many as the user may have. */
static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int watch_end(struct forward *f, int life, struct err *e)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	f->term = (struct source){.ready = container_ended,
				  .fd = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK)};
	f->life = (struct source){.ready = container_ended, .fd = life > 0 ? life : -1};
	if (f->term.fd < 0 || watch(f, &f->term, EPOLLIN) < 0)
		return err_sys(e, "signalfd", "cannot wait for the end");
	if (life > 0 && watch(f, &f->life, EPOLLIN) < 0)
		return err_sys(e, "epoll_ctl", "--life %d", life);
	return 0;
}

static int prepare(struct forward *f, const struct options *o, const struct prog *p, struct err *e)
{
	/* a client's address on a socket, and its rule, want CAP_NET_ADMIN of the namespace */
	static const struct confine c = {.network = true, .caps = CONFINE_CAP(CAP_NET_ADMIN)};

	if (pass_gate((int)o->gate, e) < 0)
		return -1;
	raise_limit();
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0)
		return err_sys(e, "epoll_create1", "cannot make an epoll set");
	f->buffer = mem_alloc(BUFFER_SIZE);
	if (listen_ports(f, p->argc, p->argv, e) < 0 || watch_end(f, (int)o->life, e) < 0)
		return -1;
	return inside_enter(f, o->netns, e) < 0 || confine(&c, e) < 0 ? -1 : 0;
}

static int run(struct prog *p, struct err *e)
{
	static struct forward f;
	const struct options *o = p->opts;
	_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (!o->netns || p->argc < 1)
		return err_set(e, ERR_USAGE, 0, NULL, "--netns and at least one port are needed");
	if (prepare(&f, o, p, e) < 0)
		return -1;
	if (o->ready > 0) {
		if (fd_write_all((int)o->ready, "1", 1, e) < 0)
			return -1;
		close((int)o->ready);
		/* whoever reads the launcher's messages up to their end does not wait for us */
		dup2(null, STDERR_FILENO);
	}
	relay(&f);
	return 0;
}

static const struct program program = {
	.name = "net-port-forward",
	.summary = "relay published ports into a network namespace",
	.usage = "--netns PATH [options] [IP:]PORT:CONTAINERPORT[/PROTOCOL]...",
	.opts = options,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return prog_main(&program, argc, argv);
}
