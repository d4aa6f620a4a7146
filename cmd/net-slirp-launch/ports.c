/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Published ports: read, expanded, and tried on the host before anything is made, so that a port in
 * use or below the unprivileged limit is an error that names it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net.h"

#define MAX_EXPOSED 1000 /* ports of one container that --publish-all publishes */

static bool is_published(const struct json *ports, int64_t port, const char *protocol)
{
	json_each (p, ports) {
		int64_t first = json_get_int(p.v, "containerPort", 0);

		if (str_eq(json_get_str(p.v, "protocol", "tcp"), protocol) && port >= first &&
		    port < first + json_get_int(p.v, "range", 1))
			return true;
	}
	return false;
}

/* "80" or "80/udp", published on any free port of the host. */
static int publish_exposed(struct json *ports, const char *exposed, struct err *e)
{
	_free_ char *number = str_ndup(exposed, strcspn(exposed, "/"));
	const char *protocol = exposed[strlen(number)] ? exposed + strlen(number) + 1 : "tcp";
	struct json *p;
	int64_t port;

	if (str_to_int(number, 1, 65535, &port) < 0 ||
	    (!str_eq(protocol, "tcp") && !str_eq(protocol, "udp")))
		return err_set(e, ERR_INPUT, 0, NULL, "exposed port \"%.60s\" is none", exposed);
	if (is_published(ports, port, protocol))
		return 0;
	if (json_len(ports) >= MAX_EXPOSED)
		return err_set(e, ERR_INPUT, 0, NULL, "more than %d exposed ports", MAX_EXPOSED);
	p = json_new_object();
	json_set(p, "containerPort", json_new_int(port));
	json_set(p, "protocol", json_new_str(protocol));
	json_add(ports, p);
	return 0;
}

/* What the image and the request expose becomes the request's. At a later start it is there. */
static int add_exposed(struct net *n, const struct cur *request, struct err *e)
{
	struct json *ports;

	if (!json_get_bool(request->val, "publishAll", false) || str_eq(n->mode, "none") ||
	    str_eq(n->mode, "host") || str_eq(n->mode, "container"))
		return 0;
	ports = json_need_arr(request->val, "ports");
	json_each (p, json_get(request->val, "expose"))
		if (publish_exposed(ports, json_str(p.v) ? json_str(p.v) : "", e) < 0)
			return -1;
	json_foreach (p, json_path(n->doc, "image.config.ExposedPorts"))
		if (publish_exposed(ports, p.key, e) < 0)
			return -1;
	return 0;
}

int ports_read(struct net *n, const struct cur *request, struct err *e)
{
	struct cur arr;

	if (add_exposed(n, request, e) < 0)
		return -1;
	if (cur_arr(request, "ports", CUR_OPTIONAL, &arr, e) < 0)
		return -1;
	n->nports = json_len(arr.val);
	n->ports = mem_alloc((n->nports + 1) * sizeof(*n->ports));
	for (size_t i = 0; i < n->nports; i++) {
		struct cur c = cur_at(&arr, i);
		struct port *p = &n->ports[i];
		int64_t host = 0, container = 0, range = 1;

		p->host_ip = "";
		p->protocol = "tcp";
		if (cur_str(&c, "hostIp", CUR_OPTIONAL, &p->host_ip, e) < 0 ||
		    cur_int(&c, "hostPort", CUR_OPTIONAL, 0, 65535, &host, e) < 0 ||
		    cur_int(&c, "containerPort", CUR_NEED, 1, 65535, &container, e) < 0 ||
		    cur_int(&c, "range", CUR_OPTIONAL, 1, 65535, &range, e) < 0 ||
		    cur_str(&c, "protocol", CUR_OPTIONAL, &p->protocol, e) < 0)
			return -1;
		if (!str_eq(p->protocol, "tcp") && !str_eq(p->protocol, "udp"))
			return cur_bad(&c, e, "protocol \"%s\" is not tcp or udp", p->protocol);
		if (container + range > 65536 || host + range > 65536)
			return cur_bad(&c, e, "the range goes beyond port 65535");
		p->host = (int)host;
		p->container = (int)container;
		p->range = (int)range;
	}
	return 0;
}

static socklen_t address(const char *ip, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (strchr(ip, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1 ? sizeof(*v6) : 0;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	if (*ip && inet_pton(AF_INET, ip, &v4->sin_addr) != 1)
		return 0;
	return sizeof(*v4);
}

static int refused(const struct port *p, int port, struct err *e)
{
	int errnum = errno;

	err_set(e, err_code_of(errnum), errnum, "bind", "cannot publish %s%sport %d/%s", p->host_ip,
		*p->host_ip ? " " : "", port, p->protocol);
	if (errnum == EACCES)
		return err_hint(e, "ports below sysctl net.ipv4.ip_unprivileged_port_start are for "
				   "root; choose a higher one");
	if (errnum == EADDRINUSE)
		return err_hint(e, "another program listens there");
	return -1;
}

/*
 * Binds one port of one address; with port 0 the kernel's choice is returned in *chosen. As
 * net-port-forward does: a port whose old connections are in TIME_WAIT is free, :: is IPv6 alone.
 * -1 with errno.
 */
static int bind_at(const char *ip, int port, bool tcp, int *chosen)
{
	struct sockaddr_storage sa;
	socklen_t len = address(ip, port, &sa);
	_close_ int fd = socket(sa.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return -1;
	if (tcp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, len) < 0 || (tcp && listen(fd, 1) < 0))
		return -1;
	len = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return -1;
	*chosen = ntohs(((struct sockaddr_in *)&sa)->sin_port);
	return 0;
}

static int try_bind(const struct port *p, int port, int *chosen, struct err *e)
{
	bool tcp = str_eq(p->protocol, "tcp");
	struct sockaddr_storage sa;
	int unused;

	if (!address(p->host_ip, port, &sa))
		return err_set(e, ERR_INPUT, 0, NULL, "\"%s\" is not an IP address", p->host_ip);
	if (bind_at(p->host_ip, port, tcp, chosen) < 0)
		return refused(p, port, e);
	/* no address means both IP versions, where the host has both */
	if (!*p->host_ip && bind_at("::", *chosen, tcp, &unused) < 0 && errno == EADDRINUSE)
		return refused(p, port, e);
	return 0;
}

int ports_check(struct net *n, struct err *e)
{
	for (size_t i = 0; i < n->nports; i++) {
		struct port *p = &n->ports[i];
		int chosen = 0;

		if (p->host == 0) {
			if (try_bind(p, 0, &chosen, e) < 0)
				return -1;
			p->host = chosen;
			if (p->range > 1 && chosen + p->range > 65536)
				p->host = chosen - p->range;
		}
		for (int k = 0; k < p->range; k++)
			if (try_bind(p, p->host + k, &chosen, e) < 0)
				return -1;
	}
	return 0;
}

struct json *ports_json(const struct net *n)
{
	struct json *arr = json_new_array();

	for (size_t i = 0; i < n->nports; i++) {
		struct json *p = json_new_object();

		json_set(p, "hostIp", json_new_str(n->ports[i].host_ip));
		json_set(p, "hostPort", json_new_int(n->ports[i].host));
		json_set(p, "containerPort", json_new_int(n->ports[i].container));
		json_set(p, "range", json_new_int(n->ports[i].range));
		json_set(p, "protocol", json_new_str(n->ports[i].protocol));
		json_add(arr, p);
	}
	return arr;
}
