/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * enosys CALL[,CALL...] COMMAND...: runs a command on a kernel that pretends not to have these
 * system calls: a seccomp filter answers ENOSYS.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int nr;
} calls[] = {
	{"openat2", SYS_openat2},
	{"clone3", SYS_clone3},
	{"fsopen", SYS_fsopen},
	{"open_tree", SYS_open_tree},
	{"move_mount", SYS_move_mount},
	{"mount_setattr", SYS_mount_setattr},
	{"pidfd_open", SYS_pidfd_open},
	{"close_range", SYS_close_range},
	{"memfd_create", SYS_memfd_create},
	{"mount", SYS_mount},
};

static int number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].nr;
	fprintf(stderr, "enosys: unknown call %s\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct sock_filter f[64] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog p = {.filter = f};
	size_t n = 1;

	if (argc < 3)
		return 2;
	for (char *name = strtok(argv[1], ","); name && n < 60; name = strtok(NULL, ",")) {
		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						      (unsigned)number(name), 0, 1);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	}
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	p.len = (unsigned short)n;
	/* without no_new_privs newuidmap stays setuid, which is what tests want: as root of a
	 * namespace; otherwise it is the price */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) < 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) < 0) {
			perror("enosys: seccomp");
			return 2;
		}
	}
	execvp(argv[2], argv + 2);
	perror("enosys: execvp");
	return 127;
}
