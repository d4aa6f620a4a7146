/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of net-slirp-launch. */
#ifndef NET_SLIRP_LAUNCH_H
#define NET_SLIRP_LAUNCH_H

#include "ctr/container.h"

struct port {
	const char *host_ip; /* "" for all */
	int host, container; /* host 0: any free one */
	int range;
	const char *protocol; /* "tcp", "udp" */
};

struct net {
	struct store s;
	struct json *doc;
	const char *id;
	const char *mode;   /* resolved: none host slirp4netns pasta container */
	bool asked_private; /* the user left the choice to us */
	struct strv options;
	struct port *ports;
	size_t nports;
	int run, dir;		 /* RUN/containers/ID, STORE/containers/ID */
	char *netns;		 /* path of the pinned namespace, NULL for none and host */
	pid_t helper, forwarder; /* 0: none */
	const char *helper_name;
	bool helper_forwards; /* the user wants the helper's own port forwarding */
	char address[64], gateway[64], dns[64]; /* of the container, "" unknown */
	char host[64]; /* where the container reaches the host, "" nowhere */
};

/* ports.c */
int ports_read(struct net *n, const struct cur *request, struct err *e);
/* Tries to bind each port on the host, chooses one where any will do. */
int ports_check(struct net *n, struct err *e);
struct json *ports_json(const struct net *n);

/* netns.c: a new network namespace with its loopback up, pinned as RUN/containers/ID/netns */
int netns_make(struct net *n, struct err *e);
/* Pins the namespace of another container's process there. */
int netns_share(struct net *n, const char *other, struct err *e);

/*
 * The container's fifo "life", for reading: it hangs up when the monitor, which holds it for
 * writing, is gone.
 */
int net_life(struct net *n, struct err *e);

/* forward.c: starts net-port-forward(1) where ports are published and the helper does not do it */
int forward_start(struct net *n, struct err *e);

/* slirp.c, pasta.c: start the helper; ERR_NOTFOUND where it is not installed */
int slirp_start(struct net *n, struct err *e);
int pasta_start(struct net *n, struct err *e);

/*
 * Writes the helper's process to RUN/containers/ID/network.json, for ctr-cleanup(1); done as soon
 * as its number is known, so that a helper of a start that broke off is found.
 */
int net_record(const struct net *n, struct err *e);

/*
 * The host's IPv4 address on its default route, in INET_ADDRSTRLEN bytes; false where it has none.
 */
bool net_host_address(char *out, size_t size);

/* True where PATH leads to the program. */
bool net_installed(const char *program);

#endif
