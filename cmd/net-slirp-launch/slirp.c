/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slirp4netns(1): the user's packets through a TAP device and a TCP/IP stack in user space.
 *
 * It is always sandboxed (--enable-sandbox, --enable-seccomp) and kept from the host's loopback
 * unless the user allows it. It says "1" on the ready descriptor when the interface is there. The
 * exit descriptor is a fifo RUN/containers/ID/life that the monitor holds open for writing: with no
 * writer left it ends. Linux reports the hang-up of a fifo only after a first writer has come
 * (fifo(7)), so nothing is lost before the monitor starts.
 *
 * Ports that it shall forward itself (port_handler=slirp4netns) are asked for over its API socket,
 * one JSON object a connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net.h"
#include "sys/spawn.h"

#define READY_MS 10000
#define MTU	 "65520"

struct slirp_options {
	bool host_loopback, ipv6;
	bool forwards; /* publishes ports itself */
	const char *mtu, *cidr, *outbound, *outbound6;
};

static bool is_true(const char *v)
{
	return str_eq(v, "true") || str_eq(v, "1") || str_eq(v, "yes");
}

static int parse_options(const struct net *n, struct slirp_options *o, struct err *e)
{
	const char *v;
	int64_t mtu;

	*o = (struct slirp_options){.mtu = MTU};
	for (size_t i = 0; n->options.v && i < n->options.n; i++) {
		const char *w = n->options.v[i];

		if ((v = str_after(w, "allow_host_loopback=")))
			o->host_loopback = is_true(v);
		else if ((v = str_after(w, "disable_host_loopback=")))
			o->host_loopback = !is_true(v);
		else if ((v = str_after(w, "enable_ipv6=")))
			o->ipv6 = is_true(v);
		else if ((v = str_after(w, "mtu=")) && str_to_int(v, 68, 65521, &mtu) == 0)
			o->mtu = v;
		else if ((v = str_after(w, "cidr=")))
			o->cidr = v;
		else if ((v = str_after(w, "outbound_addr=")))
			o->outbound = v;
		else if ((v = str_after(w, "outbound_addr6=")))
			o->outbound6 = v;
		else if (str_eq(w, "port_handler=slirp4netns"))
			o->forwards = true;
		else if (str_eq(w, "port_handler=rootlesskit"))
			o->forwards = false; /* net-port-forward stands in its place */
		else
			return err_set(e, ERR_USAGE, 0, NULL, "unknown slirp4netns option \"%s\"",
				       w);
	}
	return 0;
}

/* The addresses that slirp4netns gives: .2 gateway, .3 DNS, .100 the container; slirp4netns(1). */
static void note_addresses(struct net *n, const struct slirp_options *o)
{
	unsigned a = 10, b = 0, c = 2;

	if (o->cidr)
		sscanf(o->cidr, "%u.%u.%u.", &a, &b, &c);
	snprintf(n->address, sizeof(n->address), "%u.%u.%u.100", a & 255, b & 255, c & 255);
	snprintf(n->gateway, sizeof(n->gateway), "%u.%u.%u.2", a & 255, b & 255, c & 255);
	snprintf(n->dns, sizeof(n->dns), "%u.%u.%u.3", a & 255, b & 255, c & 255);
	/* the gateway is the host's loopback, which is open only where the user says so */
	if (o->host_loopback)
		memcpy(n->host, n->gateway, sizeof(n->host));
	else
		net_host_address(n->host, sizeof(n->host));
}

static void build_argv(const struct net *n, const struct slirp_options *o, struct strv *a)
{
	strv_add(a, "slirp4netns");
	if (!o->host_loopback)
		strv_add(a, "--disable-host-loopback");
	strv_addf(a, "--mtu=%s", o->mtu);
	strv_add(a, "--enable-sandbox");
	strv_add(a, "--enable-seccomp");
	if (o->cidr)
		strv_addf(a, "--cidr=%s", o->cidr);
	if (o->ipv6)
		strv_add(a, "--enable-ipv6");
	if (o->outbound)
		strv_addf(a, "--outbound-addr=%s", o->outbound);
	if (o->outbound6)
		strv_addf(a, "--outbound-addr6=%s", o->outbound6);
	strv_add(a, "-c");
	strv_add(a, "-r");
	strv_add(a, "3");
	strv_add(a, "-e");
	strv_add(a, "4");
	if (n->nports && o->forwards) {
		strv_add(a, "--api-socket");
		strv_add(a, "slirp.sock"); /* relative: its directory is ours, sun_path is short */
	}
	strv_add(a, "--netns-type=path");
	strv_add(a, n->netns);
	strv_add(a, "tap0");
}

static int wait_ready(int fd, int log, struct child *c, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	_buf_ struct buf said = {0};
	char byte;

	if (poll(&p, 1, READY_MS) == 1 && read(fd, &byte, 1) == 1)
		return 0;
	proc_signal(c->pidfd, SIGKILL, NULL);
	lseek(log, 0, SEEK_SET);
	fd_read_all(log, 4096, &said, "slirp4netns", NULL);
	/* its last line is the cause */
	while (said.len && said.data[said.len - 1] == '\n')
		said.data[--said.len] = '\0';
	return err_set(e, ERR_FAILED, 0, "slirp4netns", "slirp4netns did not start: %s",
		       said.data ? (strrchr(said.data, '\n') ?: said.data) : "");
}

static int api_call(struct net *n, const struct json *call, struct json **answer, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/slirp.sock", n->run);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_sys(e, "connect", "cannot reach slirp4netns");
	if (json_write(fd, call, e) < 0)
		return -1;
	shutdown(fd, SHUT_WR);
	return json_read(fd, 4096, "slirp4netns", answer, e);
}

static int forward(struct net *n, const struct port *p, int k, struct err *e)
{
	_json_ struct json *call = json_new_object(), *answer = NULL;
	struct json *args = json_new_object();
	const char *desc;

	json_set(call, "execute", json_new_str("add_hostfwd"));
	json_set(call, "arguments", args);
	json_set(args, "proto", json_new_str(p->protocol));
	json_set(args, "host_addr", json_new_str(*p->host_ip ? p->host_ip : "0.0.0.0"));
	json_set(args, "host_port", json_new_int(p->host + k));
	json_set(args, "guest_port", json_new_int(p->container + k));
	if (api_call(n, call, &answer, e) < 0)
		return -1;
	desc = json_str(json_path(answer, "error.desc"));
	if (!desc && answer)
		return 0;
	return err_set(e, ERR_EXISTS, 0, "add_hostfwd", "cannot publish port %d/%s: %s",
		       p->host + k, p->protocol, desc ? desc : "no answer");
}

static int forward_all(struct net *n, struct err *e)
{
	for (size_t i = 0; i < n->nports; i++)
		for (int k = 0; k < n->ports[i].range; k++)
			if (forward(n, &n->ports[i], k, e) < 0)
				return -1;
	return 0;
}

/* The descriptors of the helper, and the gate that it waits at. */
struct helper_fds {
	int ready, life, log, gate;
};

/*
 * In the child: waits until its number is recorded, then becomes slirp4netns. The end of the gate
 * means that the launcher was killed: nobody would ever end this helper.
 */
static void become_helper(const struct helper_fds *f, char *const *argv)
{
	static const int to[] = {0, 1, 2, 3, 4};
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int from[] = {null_fd, f->log, f->log, f->ready, f->life};
	char byte;

	/* out of the way first, so that no target overwrites a source */
	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 10);
	if (read(f->gate, &byte, 1) != 1)
		_exit(0);
	setsid();
	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		if (dup2(from[i], to[i]) < 0)
			_exit(1);
	execvp(argv[0], argv);
	_exit(1);
}

/* Starts the helper with its record written before it is one. */
static int start_helper(struct net *n, const struct helper_fds *f, int open_gate, char *const *argv,
			struct child *c, struct err *e)
{
	c->pid = fork();
	if (c->pid < 0)
		return err_sys(e, "fork", "cannot fork");
	if (c->pid == 0) {
		close(open_gate);
		become_helper(f, argv);
	}
	c->pidfd = sys_pidfd_open(c->pid); /* our own child, not waited for: no race */
	n->helper = c->pid;
	n->helper_name = "slirp4netns";
	if (net_record(n, e) < 0)
		return -1;
	return fd_write_all(open_gate, "g", 1, e);
}

/* A pipe for the helper's "ready", the gate, the fifo of its life, its log. */
static int open_fds(struct net *n, struct helper_fds *f, int *ready, int *gate, struct err *e)
{
	int pipe_fds[2];

	if ((f->life = net_life(n, e)) < 0 || fd_pipe(pipe_fds, e) < 0)
		return -1;
	*ready = pipe_fds[0];
	f->ready = pipe_fds[1];
	if (fd_pipe(pipe_fds, e) < 0)
		return -1;
	f->gate = pipe_fds[0];
	*gate = pipe_fds[1];
	f->log = openat(n->run, "slirp.log", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (f->log < 0 || fchdir(n->run) < 0)
		return err_sys(e, "openat", "cannot make slirp.log");
	return 0;
}

int slirp_start(struct net *n, struct err *e)
{
	struct slirp_options o;
	_strv_ struct strv argv = {0};
	struct helper_fds f;
	int ready, gate, r;
	struct child c = {.pidfd = -1};

	if (parse_options(n, &o, e) < 0)
		return -1;
	if (!net_installed("slirp4netns"))
		return err_set(e, ERR_NOTFOUND, ENOENT, "execve",
			       "cannot find the program slirp4netns");
	if (open_fds(n, &f, &ready, &gate, e) < 0) /* this program ends: no need to close */
		return -1;
	note_addresses(n, &o);
	n->helper_forwards = o.forwards;
	build_argv(n, &o, &argv);
	r = start_helper(n, &f, gate, argv.v, &c, e);
	close(f.ready);
	close(gate);
	if (r == 0)
		r = wait_ready(ready, f.log, &c, e);
	if (r == 0 && o.forwards)
		r = forward_all(n, e);
	if (r < 0 && c.pid > 0)
		proc_signal(c.pidfd, SIGKILL, NULL);
	return r;
}
