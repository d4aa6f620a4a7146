/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Published ports, by net-port-forward(1): a process of its own that listens on the host and
 * connects in the container's network namespace, in the same way whatever the helper is.
 */
#include <poll.h>
#include <signal.h>

#include "net.h"
#include "sys/spawn.h"

#define READY_MS 10000

static void add_ports(const struct net *n, struct strv *a)
{
	for (size_t i = 0; i < n->nports; i++) {
		const struct port *p = &n->ports[i];
		_buf_ struct buf b = {0};

		if (*p->host_ip)
			buf_fmt(&b, strchr(p->host_ip, ':') ? "[%s]:" : "%s:", p->host_ip);
		buf_fmt(&b, "%d-%d:%d-%d/%s", p->host, p->host + p->range - 1, p->container,
			p->container + p->range - 1, p->protocol);
		strv_add(a, b.data);
	}
}

static int wait_ready(int fd, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&p, 1, READY_MS) == 1 && read(fd, &byte, 1) == 1)
		return 0;
	return err_set(e, ERR_FAILED, 0, "net-port-forward", "the ports cannot be published");
}

int forward_start(struct net *n, struct err *e)
{
	_strv_ struct strv argv = {0};
	_free_ char *file = program_path("net-port-forward");
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
	add_ports(n, &argv);
	if (!n->nports || n->helper_forwards)
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
