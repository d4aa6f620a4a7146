/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pasta(1): the container's packets to sockets of the host, with the host's own addresses.
 *
 * It is configured on the command line alone: ports, no map of the gateway to the host's loopback.
 * It goes to the background when it is ready, writes its process id to --pid, and ends when the
 * file of the namespace's pin is removed.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "net.h"
#include "sys/spawn.h"

#define DNS_FORWARD "169.254.1.1"

static void add_ports(const struct net *n, const char *protocol, const char *flag, struct strv *a)
{
	bool any = false;

	for (size_t i = 0; i < n->nports; i++) {
		const struct port *p = &n->ports[i];
		_buf_ struct buf b = {0};

		if (!str_eq(p->protocol, protocol) || udp_relayed(n, p))
			continue;
		any = true;
		if (*p->host_ip)
			buf_fmt(&b, "%s/", p->host_ip);
		if (p->range > 1)
			buf_fmt(&b, "%d-%d:%d-%d", p->host, p->host + p->range - 1, p->container,
				p->container + p->range - 1);
		else
			buf_fmt(&b, "%d:%d", p->host, p->container);
		strv_add(a, flag);
		strv_add(a, b.data);
	}
	if (!any) {
		strv_add(a, flag);
		strv_add(a, "none");
	}
}

static void build_argv(struct net *n, struct strv *a)
{
	bool map_gw = false;

	strv_add(a, "pasta");
	strv_add(a, "--config-net");
	strv_add(a, "--quiet");
	for (size_t i = 0; n->options.v && i < n->options.n; i++) {
		if (str_eq(n->options.v[i], "--map-gw"))
			map_gw = true;
		else
			strv_add(a, n->options.v[i]); /* the user's own flags of pasta */
	}
	if (!map_gw)
		strv_add(a, "--no-map-gw");
	n->relay = !map_gw;
	strv_add(a, "--dns-forward");
	strv_add(a, DNS_FORWARD);
	add_ports(n, "tcp", "-t", a);
	add_ports(n, "udp", "-u", a);
	strv_add(a, "-T");
	strv_add(a, "none");
	strv_add(a, "-U");
	strv_add(a, "none");
	strv_add(a, "--pid");
	strv_addf(a, "%s/containers/%s/pasta.pid", n->s.run_path, n->id);
	strv_add(a, "--netns");
	strv_add(a, n->netns);
}

static int read_pid(struct net *n, struct err *e)
{
	_buf_ struct buf b = {0};
	int64_t pid;

	if (file_read(n->run, "pasta.pid", 64, &b, e) < 0)
		return -1;
	while (b.len && isspace((unsigned char)b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	if (str_to_int(b.data ? b.data : "", 1, INT32_MAX, &pid) < 0)
		return err_set(e, ERR_FAILED, 0, "pasta", "pasta wrote no process id");
	n->helper = (pid_t)pid;
	n->helper_name = "pasta";
	return 0;
}

static int failed(int log, int status, struct err *e)
{
	_buf_ struct buf said = {0};

	lseek(log, 0, SEEK_SET);
	fd_read_all(log, 8192, &said, "pasta", NULL);
	while (said.len && said.data[said.len - 1] == '\n')
		said.data[--said.len] = '\0';
	return err_set(e, ERR_FAILED, 0, "pasta", "pasta ended with status %d: %s", status,
		       said.data ? (strrchr(said.data, '\n') ?: said.data) : "");
}

int pasta_start(struct net *n, struct err *e)
{
	_strv_ struct strv argv = {0};
	_close_ int log = openat(n->run, "pasta.log",
				 O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct child c;
	int status;

	if (log < 0)
		return err_sys(e, "openat", "cannot make pasta.log");
	build_argv(n, &argv);
	if (spawn(&(struct spawn){.file = "pasta",
				  .argv = argv.v,
				  .in = SPAWN_NULL,
				  .out = log,
				  .err = log},
		  &c, e) < 0 ||
	    child_wait(&c, &status, e) < 0)
		return -1;
	if (status != 0)
		return failed(log, status, e);
	snprintf(n->dns, sizeof(n->dns), "%s", DNS_FORWARD);
	return read_pid(n, e) < 0 ? -1 : net_record(n, e);
}
