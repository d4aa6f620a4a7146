/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP: a flow for each client and port, which is a socket in the container's namespace. Their
 * number is bounded: the flow that was silent longest makes room for the next, and one that was
 * silent for IDLE_SECONDS ends. What cannot be sent is lost, as ever.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "forward.h"

#define MAX_FLOWS    512
#define IDLE_SECONDS 120
#define KEPT_PACKET  4096 /* a first packet that is larger is not sent again */

/* The address of the host that a packet came to, as an answer's sender takes it. */
struct local {
	union {
		struct in_pktinfo v4;
		struct in6_pktinfo v6;
	};
};

struct flow {
	struct source source; /* fd -1: free */
	const struct port *port;
	union address client, own, shown;
	struct local local;
	bool ruled;
	bool fresh;	    /* nothing was sent yet */
	bool other_version; /* tried, because the client's was refused */
	struct buf first;   /* the first packet, until something has come back */
	time_t used;
};

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void end_flow(struct forward *f, struct flow *flow)
{
	if (flow->source.fd < 0)
		return;
	if (flow->ruled)
		inside_answers(f, &flow->own, flow->port->container, &flow->shown, false);
	flow->ruled = false;
	source_close(&flow->source);
	buf_release(&flow->first);
}

void udp_end_idle(struct forward *f)
{
	time_t limit = now() - IDLE_SECONDS;

	for (size_t i = 0; f->flows && i < MAX_FLOWS; i++)
		if (f->flows[i].used < limit)
			end_flow(f, &f->flows[i]);
}

/* IP_PKTINFO and IPV6_PKTINFO, ip(7) and ipv6(7): where a packet came to, or shall come from. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void take_local(struct msghdr *m, struct local *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&out->v4, CMSG_DATA(c), sizeof(out->v4));
			out->v4.ipi_spec_dst = out->v4.ipi_addr;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&out->v6, CMSG_DATA(c), sizeof(out->v6));
		}
	}
}

static void from_container(struct forward *f, struct source *s, uint32_t events);

static int open_flow(struct forward *f, struct flow *flow, int family)
{
	union address target;
	socklen_t len = sizeof(flow->shown);

	flow->source = (struct source){.ready = from_container, .fd = -1};
	if (!inside_own(family, &flow->own))
		return -1;
	inside_client(&flow->client, &flow->own, &flow->shown);
	flow->source.fd = inside_socket(f, SOCK_DGRAM, &flow->shown);
	target = flow->own;
	address_set_port(&target, flow->port->container);
	if (flow->source.fd < 0 ||
	    connect(flow->source.fd, &target.any, address_len(&target)) < 0 ||
	    getsockname(flow->source.fd, &flow->shown.any, &len) < 0 ||
	    watch(f, &flow->source, EPOLLIN) < 0) {
		source_close(&flow->source);
		return -1;
	}
	flow->ruled = inside_answers(f, &flow->own, flow->port->container, &flow->shown, true) == 0;
	return 0;
}

static int other_family(int family)
{
	return family == AF_INET ? AF_INET6 : AF_INET;
}

static void try_other_version(struct forward *f, struct flow *flow)
{
	struct buf first = flow->first;

	if (flow->other_version || !first.len)
		return;
	flow->first = (struct buf){0};
	end_flow(f, flow);
	flow->other_version = true;
	if (open_flow(f, flow, other_family(flow->client.any.sa_family)) == 0)
		send(flow->source.fd, first.data, first.len, MSG_NOSIGNAL);
	buf_release(&first);
}

static void to_client(struct flow *flow, char *packet, size_t len)
{
	bool v6 = flow->client.any.sa_family == AF_INET6;
	struct iovec data = {.iov_base = packet, .iov_len = len};
	size_t size = v6 ? sizeof(flow->local.v6) : sizeof(flow->local.v4);
	union control control = {.head = {
					 .cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP,
					 .cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO,
					 .cmsg_len = CMSG_LEN(size),
				 }};
	struct msghdr m = {
		.msg_name = &flow->client,
		.msg_namelen = address_len(&flow->client),
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(size),
	};

	memcpy(CMSG_DATA(&control.head), &flow->local, size);
	sendmsg(flow->port->source.fd, &m, MSG_NOSIGNAL);
}

static void from_container(struct forward *f, struct source *s, uint32_t events)
{
	struct flow *flow = (struct flow *)s;
	ssize_t n = recv(s->fd, f->buffer, BUFFER_SIZE, 0);

	if (n < 0 && errno == ECONNREFUSED)
		try_other_version(f, flow);
	if (n < 0)
		return;
	buf_release(&flow->first);
	flow->used = now();
	to_client(flow, f->buffer, (size_t)n);
}

static int make_flow(struct forward *f, struct flow *flow, const struct port *p,
		     const union address *client, const struct local *local)
{
	int family = client->any.sa_family;

	end_flow(f, flow);
	*flow = (struct flow){.source.fd = -1,
			      .port = p,
			      .client = *client,
			      .local = *local,
			      .fresh = true,
			      .used = now()};
	if (open_flow(f, flow, family) == 0)
		return 0;
	flow->other_version = true;
	return open_flow(f, flow, other_family(family));
}

/* The client's flow, a new one in a free place or in that of the one that was silent longest. */
static struct flow *flow_of(struct forward *f, const struct port *p, const union address *client,
			    const struct local *local)
{
	struct flow *oldest = &f->flows[0];

	for (size_t i = 0; i < MAX_FLOWS; i++) {
		struct flow *flow = &f->flows[i];

		if (flow->source.fd >= 0 && flow->port == p &&
		    address_equal(&flow->client, client)) {
			flow->local = *local;
			return flow;
		}
		if (oldest->source.fd >= 0 && (flow->source.fd < 0 || flow->used < oldest->used))
			oldest = flow;
	}
	return make_flow(f, oldest, p, client, local) < 0 ? NULL : oldest;
}

static void first_flow(struct forward *f)
{
	f->flows = mem_alloc(MAX_FLOWS * sizeof(*f->flows));
	for (size_t i = 0; i < MAX_FLOWS; i++)
		f->flows[i].source.fd = -1;
}

/* One packet a call: epoll asks again while there are more. */
void udp_from_client(struct forward *f, struct source *s, uint32_t events)
{
	union address client = {0};
	union control control = {0};
	struct local local = {0};
	struct iovec data = {.iov_base = f->buffer, .iov_len = BUFFER_SIZE};
	struct msghdr m = {
		.msg_name = &client,
		.msg_namelen = sizeof(client),
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(s->fd, &m, 0);
	struct flow *flow;

	if (n < 0)
		return;
	if (!f->flows)
		first_flow(f);
	take_local(&m, &local);
	flow = flow_of(f, (struct port *)s, &client, &local);
	if (!flow)
		return;
	if (flow->fresh && n <= KEPT_PACKET)
		buf_add(&flow->first, f->buffer, (size_t)n);
	flow->fresh = false;
	flow->used = now();
	send(flow->source.fd, f->buffer, (size_t)n, MSG_NOSIGNAL);
}
