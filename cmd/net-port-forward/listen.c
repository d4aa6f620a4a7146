/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's side: words of the command line become listening sockets. Without an address a port is
 * bound for IPv4 and, where the host has it, for IPv6, by a socket each (IPV6_V6ONLY), so that
 * 0.0.0.0 and :: can be published apart and no client has an IPv4 address in IPv6 clothes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "forward.h"

struct range {
	const char *ip; /* "" for all */
	int64_t host, container, count;
	bool udp;
};

static int bad_port(const char *word, struct err *e)
{
	return err_set(e, ERR_USAGE, 0, NULL,
		       "\"%s\" is not [IP:]PORT[-LAST]:CONTAINERPORT[-LAST][/PROTOCOL]", word);
}

/* "80" or "80-90" */
static int parse_numbers(char *text, int64_t *first, int64_t *count)
{
	char *dash = strchr(text, '-');
	int64_t last;

	if (dash)
		*dash++ = '\0';
	if (str_to_int(text, 1, 65535, first) < 0)
		return -1;
	last = *first;
	if (dash && str_to_int(dash, *first, 65535, &last) < 0)
		return -1;
	*count = last - *first + 1;
	return 0;
}

/* Takes ":NUMBERS" off the end. */
static int last_part(char *text, int64_t *first, int64_t *count)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return -1;
	*colon++ = '\0';
	return parse_numbers(colon, first, count);
}

static int parse(const char *word, char *copy, struct range *r, struct err *e)
{
	char *slash = strchr(copy, '/');
	int64_t count;
	size_t n;

	if (slash) {
		*slash++ = '\0';
		r->udp = str_eq(slash, "udp");
		if (!r->udp && !str_eq(slash, "tcp"))
			return bad_port(word, e);
	}
	if (last_part(copy, &r->container, &count) < 0)
		return bad_port(word, e);
	if (!strchr(copy, ':')) {
		r->ip = "";
		if (parse_numbers(copy, &r->host, &r->count) < 0)
			return bad_port(word, e);
	} else if (last_part(copy, &r->host, &r->count) < 0) {
		return bad_port(word, e);
	} else {
		n = strlen(copy);
		if (n > 1 && copy[0] == '[' && copy[n - 1] == ']') {
			copy[n - 1] = '\0';
			copy++;
		} else if (strchr(copy, ':')) {
			return bad_port(word, e);
		}
		r->ip = copy;
	}
	return count == r->count ? 0 : bad_port(word, e);
}

static int bind_one(struct forward *f, const union address *host, const struct range *r, int k,
		    struct err *e)
{
	int type = (r->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, one = 1;
	bool v6 = host->any.sa_family == AF_INET6;
	struct port *p = &f->ports[f->nports];
	union address at = *host;

	if (f->nports == MAX_PORTS)
		return err_set(e, ERR_USAGE, 0, NULL, "more than %d ports", MAX_PORTS);
	address_set_port(&at, (uint16_t)(r->host + k));
	*p = (struct port){
		.source = {.ready = r->udp ? udp_from_client : tcp_accept},
		.container = (uint16_t)(r->container + k),
		.udp = r->udp,
		.any = !*r->ip || str_eq(r->ip, "0.0.0.0") || str_eq(r->ip, "::"),
	};
	p->source.fd = socket(at.any.sa_family, type, 0);
	if (p->source.fd < 0)
		return err_sys(e, "socket", "cannot make a socket");
	f->nports++;
	if ((v6 && setsockopt(p->source.fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0) ||
	    (!r->udp &&
	     setsockopt(p->source.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0) ||
	    /* an answer leaves from the address that was asked */
	    (r->udp && setsockopt(p->source.fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				  v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &one, sizeof(one)) < 0) ||
	    bind(p->source.fd, &at.any, address_len(&at)) < 0 ||
	    (!r->udp && listen(p->source.fd, SOMAXCONN) < 0) || watch(f, &p->source, EPOLLIN) < 0)
		return err_sys(e, "bind", "cannot publish port %d/%s", (int)(r->host + k),
			       r->udp ? "udp" : "tcp");
	return 0;
}

static int bind_range(struct forward *f, const union address *host, const struct range *r,
		      struct err *e)
{
	for (int k = 0; k < r->count; k++)
		if (bind_one(f, host, r, k, e) < 0)
			return -1;
	return 0;
}

/* A host without IPv6 has sockets of it or has not, but never its loopback address. */
static bool has_v6(void)
{
	union address lo = {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
	_close_ int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, &lo.any, sizeof(lo.v6)) == 0;
}

int listen_ports(struct forward *f, int n, char **words, struct err *e)
{
	f->ports = mem_alloc(MAX_PORTS * sizeof(*f->ports));
	for (int i = 0; i < n; i++) {
		_free_ char *copy = str_dup(words[i]);
		struct range r = {0};
		union address v4 = {.v4.sin_family = AF_INET}, v6 = {.v6.sin6_family = AF_INET6};

		if (parse(words[i], copy, &r, e) < 0)
			return -1;
		if (!*r.ip) {
			if (bind_range(f, &v4, &r, e) < 0 ||
			    (has_v6() && bind_range(f, &v6, &r, e) < 0))
				return -1;
		} else if (inet_pton(AF_INET, r.ip, &v4.v4.sin_addr) == 1) {
			if (bind_range(f, &v4, &r, e) < 0)
				return -1;
		} else if (inet_pton(AF_INET6, r.ip, &v6.v6.sin6_addr) == 1) {
			if (bind_range(f, &v6, &r, e) < 0)
				return -1;
		} else {
			return bad_port(words[i], e);
		}
	}
	return 0;
}
