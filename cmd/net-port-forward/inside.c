/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's side: sockets in its network namespace that carry the client's address.
 *
 * A socket with IP_TRANSPARENT (ip(7)) may be bound to an address that the namespace does not have,
 * and connect from it to the container's own address: that stays within the namespace. The answers
 * must stay there too, instead of going out to where that client lives:
 *
 *   - TCP: our sockets have a mark (SO_MARK, socket(7)), which a server's socket takes over from
 * the connection it accepted (tcp_fwmark_accept, Linux 3.15), and a rule (ip-rule(8)) sends packets
 *     with the mark to a table in which every address is local;
 *   - UDP: a server's socket has no connection, so there is a rule for each client that is being
 *     served: its address and port, from the published port, to the same table (Linux 4.17).
 *
 * Where the kernel or the container's owner has none of this, the client is shown as the
 * container's own address. A client is never shown with a loopback address, which some servers
 * trust, and what is bound to the container's loopback is not reached: the target is always its
 * other address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

#include "forward.h"
#include "sys/netlink.h"

#define MARK  0x72700001u /* "rp" */
#define TABLE 29296u	  /* a number that nobody has: "rp" as well */
#define LO    1		  /* the index of lo in every namespace */

static void set_address(struct nl_request *r, unsigned short type, const union address *a)
{
	if (a->any.sa_family == AF_INET)
		nl_add(r, type, &a->v4.sin_addr, sizeof(a->v4.sin_addr));
	else
		nl_add(r, type, &a->v6.sin6_addr, sizeof(a->v6.sin6_addr));
}

/* Every address is local in our table; a server's answers have the container's address, own. */
static int add_table(const struct forward *f, int family, const union address *own)
{
	struct nl_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.route)),
			 .nlmsg_type = RTM_NEWROUTE,
			 .nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE},
		.route = {.rtm_family = (unsigned char)family,
			  .rtm_protocol = RTPROT_STATIC,
			  .rtm_scope = RT_SCOPE_HOST,
			  .rtm_type = RTN_LOCAL},
	};
	unsigned table = TABLE, lo = LO;

	nl_add(&r, RTA_TABLE, &table, sizeof(table));
	nl_add(&r, RTA_OIF, &lo, sizeof(lo));
	if (own)
		set_address(&r, RTA_PREFSRC, own);
	return nl_ask(f->netlink, &r);
}

static int mark_rule(const struct forward *f, int family)
{
	struct nl_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.rule)),
			 .nlmsg_type = RTM_NEWRULE,
			 .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL},
		.rule = {.family = (unsigned char)family, .action = FR_ACT_TO_TBL},
	};
	unsigned table = TABLE, mark = MARK;

	nl_add(&r, FRA_TABLE, &table, sizeof(table));
	nl_add(&r, FRA_FWMARK, &mark, sizeof(mark));
	return nl_ask(f->netlink, &r) == 0 || errno == EEXIST ? 0 : -1;
}

/* They belong to the network namespace of whoever opens them, which is the container's now. */
static int set_sysctl(const char *path)
{
	_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, "1", 1) == 1 ? 0 : -1;
}

/* Answers have the mark of what they answer: those of accepted sockets, and the kernel's refusals.
 */
static int answers_have_marks(void)
{
	if (set_sysctl("/proc/sys/net/ipv4/tcp_fwmark_accept") < 0 ||
	    set_sysctl("/proc/sys/net/ipv4/fwmark_reflect") < 0)
		return -1;
	set_sysctl("/proc/sys/net/ipv6/fwmark_reflect"); /* where there is IPv6 */
	return 0;
}

int inside_enter(struct forward *f, const char *netns, struct err *e)
{
	_close_ int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return err_sys(e, "setns", "cannot enter the network namespace %s", netns);
	f->netlink = nl_open(e);
	if (f->netlink < 0)
		return -1;
	f->transparent = answers_have_marks() == 0 && add_table(f, AF_INET, NULL) == 0 &&
			 mark_rule(f, AF_INET) == 0;
	/* a namespace without IPv6 has no clients to show there */
	if (f->transparent && add_table(f, AF_INET6, NULL) == 0)
		mark_rule(f, AF_INET6);
	return 0;
}

static bool is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

/*
 * An address that no network has, so that the way to it is the default route: 192.0.0.8 (RFC 7600)
 * and one of the discard prefix 100::/64 (RFC 6666). Nothing is sent, the kernel only chooses.
 */
static void address_outside(int family, union address *out)
{
	*out = (union address){.any.sa_family = (sa_family_t)family};
	if (family == AF_INET)
		inet_pton(AF_INET, "192.0.0.8", &out->v4.sin_addr);
	else
		inet_pton(AF_INET6, "100::1", &out->v6.sin6_addr);
	address_set_port(out, 9);
}

bool inside_own(int family, union address *out)
{
	union address to;
	_close_ int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*out);

	address_outside(family, &to);
	if (fd < 0 || connect(fd, &to.any, address_len(&to)) < 0 ||
	    getsockname(fd, &out->any, &len) < 0 || is_loopback(out))
		return false;
	address_set_port(out, 0);
	return true;
}

static void take_gateway(const struct nlmsghdr *h, union address *out)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	int len = (int)RTM_PAYLOAD(h);

	for (struct rtattr *a = RTM_RTA(m); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type != RTA_GATEWAY)
			continue;
		if (m->rtm_family == AF_INET)
			memcpy(&out->v4.sin_addr, RTA_DATA(a), sizeof(out->v4.sin_addr));
		else
			memcpy(&out->v6.sin6_addr, RTA_DATA(a), sizeof(out->v6.sin6_addr));
		out->any.sa_family = m->rtm_family;
	}
}

/* The way to an address outside, which is that of the default route. */
static bool find_gateway(int family, union address *out)
{
	struct nl_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.route)),
			 .nlmsg_type = RTM_GETROUTE,
			 .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = (unsigned char)family,
			  .rtm_dst_len = family == AF_INET ? 32 : 128},
	};
	union address to;
	_close_ int s = nl_open(NULL);
	char answer[2048];
	const struct nlmsghdr *h = (void *)answer;
	ssize_t n;

	address_outside(family, &to);
	set_address(&r, RTA_DST, &to);
	*out = (union address){0};
	if (s < 0 || send(s, &r, r.head.nlmsg_len, 0) < 0)
		return false;
	n = recv(s, answer, sizeof(answer), 0);
	if (n > 0 && NLMSG_OK(h, (unsigned)n) && h->nlmsg_type == RTM_NEWROUTE)
		take_gateway(h, out);
	/* an address of the link alone says nothing without the link */
	return out->any.sa_family == family &&
	       (family == AF_INET || !IN6_IS_ADDR_LINKLOCAL(&out->v6.sin6_addr));
}

void inside_client(const union address *client, const union address *own, union address *shown)
{
	bool fits =
		client->any.sa_family == own->any.sa_family && !is_loopback(client) &&
		(client->any.sa_family == AF_INET || !IN6_IS_ADDR_LINKLOCAL(&client->v6.sin6_addr));

	if (fits)
		*shown = *client;
	else if (!find_gateway(own->any.sa_family, shown))
		*shown = *own;
	address_set_port(shown, address_port(client));
}

static int make_transparent(int fd, int family)
{
	unsigned mark = MARK;
	int one = 1;

	return family == AF_INET
		       ? setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof(one)) ||
				 setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark))
		       : setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &one, sizeof(one)) ||
				 setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
}

int inside_socket(const struct forward *f, int type, const union address *shown)
{
	int family = shown->any.sa_family, one = 1;
	_close_ int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	union address any_port = *shown;

	if (fd < 0)
		return -1;
	if (!f->transparent || make_transparent(fd, family) != 0)
		return take_fd(&fd); /* the kernel takes the container's own address */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	address_set_port(&any_port, 0);
	if (bind(fd, &shown->any, address_len(shown)) < 0 &&
	    bind(fd, &any_port.any, address_len(&any_port)) < 0)
		return -1;
	return take_fd(&fd);
}

static int set_source(struct forward *f, const union address *own)
{
	bool v4 = own->any.sa_family == AF_INET;

	if (v4 ? f->source4.s_addr == own->v4.sin_addr.s_addr
	       : memcmp(&f->source6, &own->v6.sin6_addr, sizeof(f->source6)) == 0)
		return 0;
	if (add_table(f, own->any.sa_family, own) < 0)
		return -1;
	if (v4)
		f->source4 = own->v4.sin_addr;
	else
		f->source6 = own->v6.sin6_addr;
	return 0;
}

int inside_answers(struct forward *f, const union address *own, uint16_t port,
		   const union address *shown, bool on)
{
	struct fib_rule_port_range from = {port, port};
	struct fib_rule_port_range to = {address_port(shown), address_port(shown)};
	struct nl_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.rule)),
			 .nlmsg_type = on ? RTM_NEWRULE : RTM_DELRULE,
			 .nlmsg_flags = on ? NLM_F_CREATE : 0},
		.rule = {.family = (unsigned char)shown->any.sa_family, .action = FR_ACT_TO_TBL},
	};
	unsigned char udp = IPPROTO_UDP;
	unsigned table = TABLE;

	if (!f->transparent)
		return 0;
	if (on && set_source(f, own) < 0)
		return -1;
	r.rule.dst_len = shown->any.sa_family == AF_INET ? 32 : 128;
	set_address(&r, FRA_DST, shown);
	nl_add(&r, FRA_TABLE, &table, sizeof(table));
	nl_add(&r, FRA_IP_PROTO, &udp, sizeof(udp));
	nl_add(&r, FRA_SPORT_RANGE, &from, sizeof(from));
	nl_add(&r, FRA_DPORT_RANGE, &to, sizeof(to));
	return nl_ask(f->netlink, &r);
}
