/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "run" and "create" find in the caller's own process: see commands.h. */
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "commands.h"
#include "oci/request.h"

void run_warn(struct json *request)
{
	const char *net = json_get_str(json_get(request, "network"), "mode", "");

	if (request_flag(request, "terminal") && request_flag(request, "interactive") &&
	    !isatty(STDIN_FILENO))
		log_warn("The input device is not a TTY. The --tty and --interactive flags might "
			 "not work properly");
	if (!json_has(request, "ports") ||
	    (!str_eq(net, "none") && !str_eq(net, "host") && !str_eq(net, "container")))
		return;
	log_warn("Port mappings have been discarded as one of the Host, Container, Pod, and None "
		 "network modes are in use");
	json_del(request, "ports");
}

int run_check_descriptors(const struct json *request, struct err *e)
{
	int64_t n = json_get_int(request, "preserveFds", 0);

	for (int64_t i = 0; i < n; i++)
		if (fcntl(3 + (int)i, F_GETFD) < 0)
			return err_set(e, ERR_USAGE, 0, NULL,
				       "--preserve-fds: descriptor %d is not open", 3 + (int)i);
	return 0;
}
