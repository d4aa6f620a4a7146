/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pasta(1): the container's packets to sockets of the host, with the host's own addresses.
 *
 * It is configured on the command line alone: no ports but those that the user gives it, no map of
 * the gateway to the host's loopback.
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

/* pasta(1): -t, --tcp-ports, -u, --udp-ports in any form, given by the user. */
static bool own_ports(const struct net *n, const char *letter, const char *name)
{
	for (size_t i = 0; n->options.v && i < n->options.n; i++)
		if (str_after(n->options.v[i], letter) || str_after(n->options.v[i], name))
			return true;
	return false;
}

static void no_ports(const struct net *n, const char *letter, const char *name, struct strv *a)
{
	if (own_ports(n, letter, name))
		return;
	strv_add(a, letter);
	strv_add(a, "none");
}

/* The container's address is the host's, unless the user gives another one: -a, --address. */
static void note_address(struct net *n)
{
	const char *own = NULL;

	for (size_t i = 0; n->options.v && i < n->options.n; i++) {
		const char *w = n->options.v[i];
		const char *v = str_after(w, "--address=") ?: str_after(w, "-a");

		if (str_eq(w, "-a") || str_eq(w, "--address"))
			v = i + 1 < n->options.n ? n->options.v[i + 1] : NULL;
		if (v && !strchr(v, ':'))
			own = v;
	}
	if (own)
		snprintf(n->address, sizeof(n->address), "%s", own);
	else
		net_host_address(n->address, sizeof(n->address));
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
	strv_add(a, "--dns-forward");
	strv_add(a, DNS_FORWARD);
	no_ports(n, "-t", "--tcp-ports", a);
	no_ports(n, "-u", "--udp-ports", a);
	no_ports(n, "-T", "--tcp-ns", a);
	no_ports(n, "-U", "--udp-ns", a);
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
	note_address(n);
	return read_pid(n, e) < 0 ? -1 : net_record(n, e);
}
