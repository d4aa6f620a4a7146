/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message that the kernel acknowledges: see netlink.h for the contract. */
#include "sys/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int nl_open(struct err *e)
{
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return s < 0 ? err_sys(e, "socket", "cannot speak with the kernel about the network") : s;
}

void nl_add(struct nl_request *r, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

int nl_ask(int s, struct nl_request *r)
{
	char answer[1024];
	const struct nlmsghdr *h = (void *)answer;
	const struct nlmsgerr *said;
	ssize_t n;

	r->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (TEMP_FAILURE_RETRY(send(s, r, r->head.nlmsg_len, 0)) < 0)
		return -1;
	n = TEMP_FAILURE_RETRY(recv(s, answer, sizeof(answer), 0));
	if (n < 0)
		return -1;
	said = NLMSG_DATA(h);
	errno = EPROTO;
	if ((size_t)n < NLMSG_LENGTH(sizeof(*said)) || h->nlmsg_type != NLMSG_ERROR)
		return -1;
	errno = -said->error;
	return said->error ? -1 : 0;
}
