/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of net-port-forward. */
#ifndef NET_PORT_FORWARD_H
#define NET_PORT_FORWARD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/fd.h"

#define MAX_PORTS   8192	/* sockets of the host */
#define BUFFER_SIZE (128 << 10) /* at least the largest UDP packet */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct forward;

/* What epoll hands back. fd is -1 once it was closed; its memory lives until the events that came
 * with the close are through. */
struct source {
	void (*ready)(struct forward *f, struct source *s, uint32_t events);
	int fd;
};

/* One published port: a socket of the host. */
struct port {
	struct source source;
	uint16_t container; /* port in the container, host byte order */
	bool udp;
	bool any; /* bound to all addresses of its IP version */
};

struct conn;
struct flow;

struct forward {
	int epoll;
	bool ending; /* the container is gone: what is under way is finished */
	bool full;   /* no descriptors left: no new connections for now */
	struct port *ports;
	size_t nports;
	struct source life, term;
	struct conn *conns, *dead; /* tcp.c */
	struct flow *flows;	   /* udp.c */
	int netlink;		   /* in the container's namespace */
	bool transparent;	   /* clients keep their address, inside.c */
	struct in_addr source4;	   /* of the route for answers, udp.c; 0: none yet */
	struct in6_addr source6;
	char *buffer; /* BUFFER_SIZE */
};

/* 0 or -1 with errno. */
int watch(const struct forward *f, struct source *s, uint32_t events);
int watch_change(const struct forward *f, struct source *s, uint32_t events);
void source_close(struct source *s); /* leaves the epoll set by itself */

socklen_t address_len(const union address *a);
uint16_t address_port(const union address *a); /* host byte order */
void address_set_port(union address *a, uint16_t port);
bool address_equal(const union address *a, const union address *b); /* with the port */

/* listen.c: "[IP]:PORT[-LAST]:CONTAINERPORT[-LAST][/tcp|/udp]", bound on the host. */
int listen_ports(struct forward *f, int n, char **words, struct err *e);

/*
 * inside.c: the container's side, in its network namespace.
 *
 * Enters it and prepares that sockets of ours may have a client's address.
 */
int inside_enter(struct forward *f, const char *netns, struct err *e);
/* The container's own address of this IP version; false where it has none that is not loopback. */
bool inside_own(int family, union address *out);
/*
 * How the client is shown to a server that is reached at own: its own address where the IP version
 * fits; a client on the host's loopback, and one of the other version, as the gateway, else own.
 */
void inside_client(const union address *client, const union address *own, union address *shown);
/*
 * A socket (SOCK_STREAM, SOCK_DGRAM) bound to the address that the client is shown as, with its
 * port where that is free. -1 with errno.
 */
int inside_socket(const struct forward *f, int type, const union address *shown);
/* Routes that bring a server's UDP answers to the client back to our socket; on or off. */
int inside_answers(struct forward *f, const union address *own, uint16_t port,
		   const union address *shown, bool on);

/* tcp.c */
void tcp_accept(struct forward *f, struct source *s, uint32_t events);
void tcp_free_dead(struct forward *f);

/* udp.c */
void udp_from_client(struct forward *f, struct source *s, uint32_t events);
void udp_end_idle(struct forward *f);

#endif
