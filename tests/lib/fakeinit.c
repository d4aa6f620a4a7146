/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fakeinit: stands for systemd as the first process of a container. It says what it finds of that
 * which systemd needs, one line each, then "ready"; it ends with 0 by SIGRTMIN+3, with 15 by
 * SIGTERM (https://systemd.io/CONTAINER_INTERFACE).
 */
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *place(const char *path)
{
	struct statfs s;

	if (statfs(path, &s) < 0)
		return "missing";
	if (s.f_type != TMPFS_MAGIC)
		return "no tmpfs";
	return access(path, W_OK) == 0 ? "tmpfs" : "read-only";
}

int main(void)
{
	static const char *const places[] = {"/run", "/run/lock", "/tmp", "/var/log/journal"};
	const char *uuid = getenv("container_uuid"), *name = getenv("container");
	struct statvfs v;
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("pid %d\n", (int)getpid());
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		printf("%s %s\n", places[i], place(places[i]));
	printf("cgroup %s\n", statvfs("/sys/fs/cgroup", &v) < 0 ? "missing"
			      : v.f_flag & ST_RDONLY		? "read-only"
								: "writable");
	printf("uuid %s\n", uuid && strlen(uuid) == 32 ? "yes" : "no");
	printf("container %s\nready\n", name ? name : "");
	fflush(stdout);
	sig = sigwaitinfo(&set, NULL);
	return sig == SIGTERM ? 15 : 0;
}
