/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loopback interface, which is down in a new network namespace: see loopback.h. */
#include "sys/loopback.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clean.h"

int loopback_up(struct err *e)
{
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {.ifr_name = "lo"};

	if (fd < 0)
		return err_sys(e, "socket", "cannot set lo up");
	/* all others that can be set are off, as the interface is new */
	ifr.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		return err_sys(e, "ioctl", "cannot set lo up");
	return 0;
}
