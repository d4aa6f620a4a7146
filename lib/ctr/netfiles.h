/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container reads of its network: resolv.conf and hosts beside its record. Written by
 * net-slirp-launch(1), and by ctr-create(1) where there is nothing to launch.
 */
#ifndef RP_CTR_NETFILES_H
#define RP_CTR_NETFILES_H

#include "wire/json.h"

struct netfiles {
	int dir;	  /* STORE/containers/ID, or what will become it */
	bool is_new;	  /* the latter: the files are not there yet */
	const char *path; /* of it, then */
	const struct json *doc;
	bool own_network;		  /* not the host's: its loopback addresses are of no use */
	const char *address, *dns, *host; /* of the container, its name server, where it reaches
					   * the host; "" unknown or none */
};

/* The request's .dns, .addHosts, .noHosts with what the host has. ERR_USAGE for a bad name. */
int netfiles_write(const struct netfiles *n, const struct cur *request, struct err *e);

/* Fills .resolvConf and .hosts of the document's .network for the files that are there. */
void netfiles_describe(const struct netfiles *n, struct json *network);

/* True where the request asks for the host's network or for none, for no ports, and for nothing of
 * the image: the files can be written before anything is mounted. */
bool network_is_plain(const struct json *request);

#endif
