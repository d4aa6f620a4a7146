/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network devices over rtnetlink(7): see netdev.h for the contract.
 *
 * Addresses come as a dump. A device that is moved is set down and loses its addresses, so these
 * are read before and given again afterwards, by a process that is in the new namespace. The kernel
 * takes the namespace as a descriptor or as a process (IFLA_NET_NS_FD, IFLA_NET_NS_PID); the latter
 * needs no right to look at the process.
 */
#include "sys/netdev.h"

#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clean.h"
#include "base/str.h"
#include "sys/netlink.h"

static int index_of(int s, const char *name)
{
	struct ifreq ifr = {0};

	if (strlen(name) >= sizeof(ifr.ifr_name)) {
		errno = ENODEV;
		return -1;
	}
	strcpy(ifr.ifr_name, name);
	return ioctl(s, SIOCGIFINDEX, &ifr) < 0 ? -1 : ifr.ifr_ifindex;
}

static void take_address(struct netdev *d, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	struct netdev_address a = {.family = m->ifa_family, .prefix = m->ifa_prefixlen};
	int len = (int)IFA_PAYLOAD(h);

	if ((int)m->ifa_index != d->index || m->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(m->ifa_flags & IFA_F_PERMANENT) || d->n == NETDEV_ADDRESSES)
		return;
	for (struct rtattr *r = IFA_RTA(m); RTA_OK(r, len); r = RTA_NEXT(r, len)) {
		void *to = r->rta_type == IFA_ADDRESS	  ? a.address
			   : r->rta_type == IFA_LOCAL	  ? a.local
			   : r->rta_type == IFA_BROADCAST ? a.broadcast
							  : NULL;

		if (!to || RTA_PAYLOAD(r) > sizeof(a.address))
			continue;
		memcpy(to, RTA_DATA(r), RTA_PAYLOAD(r));
		a.has_broadcast = a.has_broadcast || r->rta_type == IFA_BROADCAST;
	}
	/* version 6 has no IFA_LOCAL */
	if (a.family == AF_INET6)
		memcpy(a.local, a.address, sizeof(a.local));
	d->addresses[d->n++] = a;
}

static int read_addresses(int s, struct netdev *d)
{
	struct nl_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.address)),
			 .nlmsg_type = RTM_GETADDR,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	};
	char text[16384];

	if (TEMP_FAILURE_RETRY(send(s, &r, r.head.nlmsg_len, 0)) < 0)
		return -1;
	for (;;) {
		ssize_t n = TEMP_FAILURE_RETRY(recv(s, text, sizeof(text), 0));
		int len = (int)n;

		if (n <= 0)
			return -1;
		for (struct nlmsghdr *h = (void *)text; NLMSG_OK(h, (unsigned)len);
		     h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == RTM_NEWADDR)
				take_address(d, h);
		}
	}
}

int netdev_find(const char *name, struct netdev *out, struct err *e)
{
	_close_ int s = nl_open(e);

	*out = (struct netdev){0};
	if (s < 0)
		return -1;
	out->index = index_of(s, name);
	if (out->index < 0)
		return errno == ENODEV
			       ? err_set(e, ERR_NOTFOUND, ENODEV, "ioctl", "device %s", name)
			       : err_sys(e, "ioctl", "device %s", name);
	if (read_addresses(s, out) < 0)
		return err_sys(e, "recv", "cannot read the addresses of %s", name);
	return 0;
}

int netdev_move(const struct netdev *d, int netns, pid_t pid, const char *name, struct err *e)
{
	struct nl_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.link)), .nlmsg_type = RTM_NEWLINK},
	};
	_close_ int s = nl_open(e);
	unsigned where = netns >= 0 ? (unsigned)netns : (unsigned)pid;

	if (s < 0)
		return -1;
	r.link.ifi_index = d->index;
	nl_add(&r, netns >= 0 ? IFLA_NET_NS_FD : IFLA_NET_NS_PID, &where, sizeof(where));
	nl_add(&r, IFLA_IFNAME, name, strnlen(name, IFNAMSIZ - 1) + 1);
	if (nl_ask(s, &r) < 0)
		return err_sys(e, "RTM_NEWLINK", "cannot move it to %s of the container", name);
	return 0;
}

static int give_address(int s, int index, const struct netdev_address *a)
{
	struct nl_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.address)),
			 .nlmsg_type = RTM_NEWADDR,
			 .nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE},
	};
	size_t len = a->family == AF_INET6 ? 16 : 4;

	r.address.ifa_family = a->family;
	r.address.ifa_prefixlen = a->prefix;
	r.address.ifa_index = (unsigned)index;
	nl_add(&r, IFA_LOCAL, a->local, len);
	nl_add(&r, IFA_ADDRESS, a->address, len);
	if (a->has_broadcast)
		nl_add(&r, IFA_BROADCAST, a->broadcast, len);
	return nl_ask(s, &r);
}

int netdev_restore(const struct netdev *d, const char *name, struct err *e)
{
	struct nl_request up = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(up.link)), .nlmsg_type = RTM_NEWLINK},
	};
	_close_ int s = nl_open(e);
	int index;

	if (s < 0)
		return -1;
	index = index_of(s, name);
	if (index < 0)
		return err_sys(e, "ioctl", "device %s", name);
	for (size_t i = 0; i < d->n; i++)
		if (give_address(s, index, &d->addresses[i]) < 0)
			return err_sys(e, "RTM_NEWADDR", "cannot give %s its addresses", name);
	up.link.ifi_index = index;
	up.link.ifi_flags = up.link.ifi_change = IFF_UP;
	if (nl_ask(s, &up) < 0)
		return err_sys(e, "RTM_NEWLINK", "cannot set %s up", name);
	return 0;
}
