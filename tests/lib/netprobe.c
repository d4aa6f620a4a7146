/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small network peers for tests inside of containers:
 *	netprobe udp PORT [ADDRESS]	answers each packet with the address that it came from
 *	netprobe tcp PORT [ADDRESS]	the same for each connection, then gives back what comes
 *	netprobe ping ADDRESS		one ICMP echo by an unprivileged socket (icmp(7)), 0 where
 *it is answered netprobe raw			0 where a raw socket can be made The servers listen
 *at ADDRESS, 0.0.0.0 by default; :: is IPv6 alone.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int listen_at(int type, int port, const char *address)
{
	union address sa = {.v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}};
	socklen_t len = sizeof(sa.v4);
	int fd, one = 1;

	if (strchr(address, ':')) {
		sa = (union address){
			.v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)}};
		len = sizeof(sa.v6);
		inet_pton(AF_INET6, address, &sa.v6.sin6_addr);
	} else {
		inet_pton(AF_INET, address, &sa.v4.sin_addr);
	}
	fd = socket(sa.any.sa_family, type, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (sa.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, &sa.any, len) < 0) {
		perror("bind");
		exit(1);
	}
	return fd;
}

static size_t from(const union address *a, char *text, size_t size)
{
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(a->any.sa_family,
		  a->any.sa_family == AF_INET ? (const void *)&a->v4.sin_addr
					      : (const void *)&a->v6.sin6_addr,
		  ip, sizeof(ip));
	return (size_t)snprintf(text, size, "from %s\n", ip);
}

static int udp(int port, const char *address)
{
	int fd = listen_at(SOCK_DGRAM, port, address);

	for (;;) {
		union address sa;
		socklen_t len = sizeof(sa);
		char text[512];

		if (recvfrom(fd, text, sizeof(text), 0, &sa.any, &len) < 0)
			return 1;
		sendto(fd, text, from(&sa, text, sizeof(text)), 0, &sa.any, len);
	}
}

static void give_back(int fd, const union address *client)
{
	static char text[65536];
	ssize_t n = (ssize_t)from(client, text, sizeof(text));

	do {
		for (ssize_t at = 0, w; at < n; at += w) {
			w = write(fd, text + at, (size_t)(n - at));
			if (w <= 0)
				_exit(1);
		}
	} while ((n = read(fd, text, sizeof(text))) > 0);
	_exit(0);
}

static int tcp(int port, const char *address)
{
	int fd = listen_at(SOCK_STREAM, port, address);

	signal(SIGCHLD, SIG_IGN);
	listen(fd, 1024);
	for (;;) {
		union address sa;
		socklen_t len = sizeof(sa);
		int c = accept(fd, &sa.any, &len);

		if (c < 0)
			return 1;
		if (fork() == 0)
			give_back(c, &sa);
		close(c);
	}
}

static int ping(const char *address)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct timeval patience = {.tv_sec = 3};
	unsigned char echo[16] = {8}, answer[256];
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	if (fd < 0) {
		perror("socket");
		return 1;
	}
	inet_pton(AF_INET, address, &sa.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (sendto(fd, echo, sizeof(echo), 0, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < 1) {
		perror("ping");
		return 1;
	}
	return answer[0] == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "udp") == 0)
		return udp(atoi(argv[2]), argc > 3 ? argv[3] : "0.0.0.0");
	if (argc >= 3 && strcmp(argv[1], "tcp") == 0)
		return tcp(atoi(argv[2]), argc > 3 ? argv[3] : "0.0.0.0");
	if (argc == 3 && strcmp(argv[1], "ping") == 0)
		return ping(argv[2]);
	return argc == 2 && socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 ? 0 : 1;
}
