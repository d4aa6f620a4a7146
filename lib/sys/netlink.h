/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to the kernel about devices, addresses, routes and rules: rtnetlink(7). */
#ifndef RP_SYS_NETLINK_H
#define RP_SYS_NETLINK_H

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stddef.h>

#include "base/err.h"

/* One request: head.nlmsg_len, nlmsg_type and nlmsg_flags and the fixed part set by the caller. */
struct nl_request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct rtmsg route;
		struct fib_rule_hdr rule;
	};
	char room[256]; /* for attributes */
};

/* A socket for the network namespace that the caller is in. */
int nl_open(struct err *e);

/* Adds an attribute; the caller's attributes fit into the room. */
void nl_add(struct nl_request *r, unsigned short type, const void *data, size_t len);

/* Sends the request and waits for the kernel's acknowledgement. -1 with errno. */
int nl_ask(int s, struct nl_request *r);

#endif
