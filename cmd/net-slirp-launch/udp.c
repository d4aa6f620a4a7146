/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Published UDP ports for clients on the host's own loopback, by net-udp-forward(1).
 *
 * A packet from 127.0.0.1 reaches the container through slirp4netns or pasta, but the answer does
 * not come back: the host's loopback is closed to containers. (TCP is answered: the helper holds
 * the connection's other end.) So a relay takes these ports on the loopback; the helper keeps the
 * other addresses.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>

#include "net.h"
#include "sys/spawn.h"

#define READY_MS 10000

bool udp_relayed(const struct net *n, const struct port *p)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (!n->relay || !str_eq(p->protocol, "udp"))
		return false;
	if (inet_pton(AF_INET, p->host_ip, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, p->host_ip, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* The address that the relay binds for this port; NULL where no loopback is meant. */
static const char *loopback_of(const struct net *n, const struct port *p)
{
	if (udp_relayed(n, p))
		return p->host_ip;
	if (!str_eq(p->protocol, "udp"))
		return NULL;
	if (!*p->host_ip || str_eq(p->host_ip, "0.0.0.0"))
		return "127.0.0.1";
	return str_eq(p->host_ip, "::") ? "::1" : NULL;
}

static size_t add_ports(const struct net *n, struct strv *a)
{
	size_t ports = 0;

	for (size_t i = 0; i < n->nports; i++) {
		const struct port *p = &n->ports[i];
		const char *ip = loopback_of(n, p);

		for (int k = 0; ip && k < p->range; k++, ports++)
			strv_addf(a, strchr(ip, ':') ? "[%s]:%d:%d" : "%s:%d:%d", ip, p->host + k,
				  p->container + k);
	}
	return ports;
}

static int wait_ready(int fd, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&p, 1, READY_MS) == 1 && read(fd, &byte, 1) == 1)
		return 0;
	return err_set(e, ERR_FAILED, 0, "net-udp-forward", "the UDP ports cannot be published");
}

int udp_start(struct net *n, struct err *e)
{
	_strv_ struct strv argv = {0};
	_free_ char *file = program_path("net-udp-forward");
	_close_ int life = -1;
	int gate[2], ready[2], r;
	struct child c;

	strv_add(&argv, file);
	strv_add(&argv, "--netns");
	strv_add(&argv, n->netns);
	strv_add(&argv, "--life=3");
	strv_add(&argv, "--gate=4");
	strv_add(&argv, "--ready=5");
	strv_add(&argv, "--");
	if (!n->relay || !add_ports(n, &argv))
		return 0;
	life = net_life(n, e);
	if (life < 0 || fd_pipe(gate, e) < 0 || fd_pipe(ready, e) < 0)
		return -1;
	const struct spawn_fd fds[] = {
		{.from = life, .to = 3}, {.from = gate[0], .to = 4}, {.from = ready[1], .to = 5}};

	if (spawn(&(struct spawn){.file = file,
				  .argv = argv.v,
				  .in = SPAWN_NULL,
				  .out = SPAWN_NULL,
				  .err = -1,
				  .fds = fds,
				  .nfds = ARRAY_LEN(fds),
				  .new_session = true},
		  &c, e) < 0)
		return -1;
	close(gate[0]);
	close(ready[1]);
	n->forwarder = c.pid;
	r = net_record(n, e);
	if (r == 0)
		r = fd_write_all(gate[1], "g", 1, e);
	close(gate[1]);
	if (r == 0)
		r = wait_ready(ready[0], e);
	close(ready[0]);
	close(c.pidfd);
	return r;
}
