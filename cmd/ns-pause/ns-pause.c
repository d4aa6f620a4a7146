/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns-pause: keeps a user and a mount namespace alive by existing; ns-enter-pause(1) starts it.
 *
 * It ignores the signals of a terminal, writes one byte to standard output (a pipe of the starter)
 * to say so, reads one from standard input (a pipe of the starter, who has recorded it by then; its
 * end means that the starter is dead and nobody knows of this process), closes everything, and
 * sleeps until SIGTERM. It must not open, write or allocate
 * anything else. Static and without a C library (three pages of memory), because it stays for as
 * long as the user is logged in: its only parts are _start and the system call instruction.
 * Signal numbers and struct layouts are those of the kernel's uapi headers.
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>

static long sys(long nr, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#elif defined(__riscv)
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
	return a0;
#else
#error "ns-pause has no system call instruction for this architecture yet"
#endif
}

/* struct sigaction of the kernel; handler 1 is SIG_IGN */
struct kernel_sigaction {
	unsigned long handler, flags, restorer, mask;
};

/* HUP INT QUIT USR1 USR2 PIPE TSTP TTIN TTOU */
static const unsigned char ignored[] = {1, 2, 3, 10, 12, 13, 20, 21, 22};

void _start(void);

__attribute__((noreturn, used)) void _start(void)
{
	struct kernel_sigaction ignore = {.handler = 1};
	char byte;

	for (unsigned i = 0; i < sizeof(ignored); i++)
		sys(__NR_rt_sigaction, ignored[i], (long)&ignore, 0, sizeof(ignore.mask));
	sys(__NR_prctl, PR_SET_NAME, (long)"rp-pause", 0, 0);
	sys(__NR_chdir, (long)"/", 0, 0, 0);
	sys(__NR_write, 1, (long)"r", 1, 0);
	if (sys(__NR_read, 0, (long)&byte, 1, 0) != 1)
		sys(__NR_exit_group, 1, 0, 0, 0);
	sys(__NR_close_range, 0, ~0U, 0, 0);
	for (int fd = 0; fd < 64; fd++) /* before Linux 5.9 */
		sys(__NR_close, fd, 0, 0, 0);
	for (;;)
		sys(__NR_ppoll, 0, 0, 0, 0);
}
