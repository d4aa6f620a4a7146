/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small network peers for tests inside of containers:
 *	netprobe udp PORT	answers each UDP packet with the address that it came from
 *	netprobe ping ADDRESS	one ICMP echo by an unprivileged socket (icmp(7)), 0 where it is
 *answered netprobe raw		0 where a raw socket can be made
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int udp(int port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return 1;
	for (;;) {
		socklen_t len = sizeof(sa);
		char text[512];

		if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&sa, &len) < 0)
			return 1;
		snprintf(text, sizeof(text), "from %s\n", inet_ntoa(sa.sin_addr));
		sendto(fd, text, strlen(text), 0, (struct sockaddr *)&sa, len);
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
	if (argc == 3 && strcmp(argv[1], "udp") == 0)
		return udp(atoi(argv[2]));
	if (argc == 3 && strcmp(argv[1], "ping") == 0)
		return ping(argv[2]);
	return argc == 2 && socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 ? 0 : 1;
}
