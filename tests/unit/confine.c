/* SPDX-License-Identifier: GPL-2.0-or-later */
/* confine: a child gives things up, then tries them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "sys/confine.h"

/* A child calls confine(c), then attempt(). Its exit status is what attempt() returned. */
static int in_child(const struct confine *c, int (*attempt)(void *), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = {0};

		if (c && confine(c, &e) < 0)
			_exit(99);
		_exit(attempt(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* errno of a call that failed, 0 where it succeeded */
#define OUTCOME(call) ((call) < 0 ? errno : 0)

struct call {
	long nr;
	long args[4];
};

static int one_call(void *arg)
{
	const struct call *c = arg;

	return OUTCOME(syscall(c->nr, c->args[0], c->args[1], c->args[2], c->args[3], 0, 0));
}

static const struct confine deny_all = {0};

static void test_denied_calls(void **state)
{
	static struct call calls[] = {
		{SYS_socket, {AF_INET, SOCK_STREAM}},
		{SYS_socket, {AF_UNIX, SOCK_STREAM}},
		{SYS_socket, {38, SOCK_SEQPACKET}},
		{SYS_connect, {-1}},
		{SYS_execve, {0}},
		{SYS_execveat, {-1}},
		{SYS_ptrace, {PTRACE_TRACEME}},
		{SYS_mount, {0}},
		{SYS_umount2, {0}},
		{SYS_open_tree, {-1}},
		{SYS_fsopen, {0}},
		{SYS_pivot_root, {0}},
		{SYS_chroot, {0}},
		{SYS_unshare, {CLONE_NEWUSER}},
		{SYS_setns, {-1}},
		{SYS_bpf, {0}},
		{SYS_io_uring_setup, {1}},
		{SYS_keyctl, {0}},
		{SYS_add_key, {0}},
		{SYS_kexec_load, {0}},
		{SYS_init_module, {0}},
		{SYS_perf_event_open, {0}},
		{SYS_userfaultfd, {0}},
		{SYS_process_vm_readv, {0}},
		{SYS_pidfd_getfd, {-1}},
		{SYS_clone, {SIGCHLD}},
		{SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS}},
		{SYS_mprotect, {0, 0, PROT_READ | PROT_EXEC}},
		{SYS_pkey_mprotect, {0, 0, PROT_READ | PROT_EXEC, -1}},
		{SYS_shmat, {-1, 0, SHM_EXEC}},
	};
	static struct call clone3 = {SYS_clone3, {0}};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		assert_int_equal(in_child(&deny_all, one_call, &calls[i]), EPERM);
	assert_int_equal(in_child(&deny_all, one_call, &clone3), ENOSYS);
}

static void *nothing(void *arg)
{
	return arg;
}

static int make_thread(void *arg)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL);
}

static int do_fork(void *arg)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : waitpid(pid, NULL, 0) != pid;
}

static int do_exec(void *arg)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static void test_kept(void **state)
{
	const struct confine may_fork = {.fork = true},
			     may_exec = {.exec = true, .any_files = true},
			     may_unix = {.unix_sockets = true}, may_net = {.network = true};
	static struct call un = {SYS_socket, {AF_UNIX, SOCK_STREAM}},
			   inet = {SYS_socket, {AF_INET, SOCK_STREAM}},
			   ns = {SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
			   code = {SYS_mprotect, {0, 0, PROT_READ | PROT_EXEC}},
			   data = {SYS_mprotect, {0, 0, PROT_READ | PROT_WRITE}};

	assert_int_equal(in_child(&deny_all, make_thread, NULL), 0);
	assert_int_equal(in_child(&deny_all, do_fork, NULL), EPERM);
	assert_int_equal(in_child(&may_fork, do_fork, NULL), 0);
	assert_int_equal(in_child(&may_fork, one_call, &ns), EPERM);
	assert_int_equal(in_child(&may_exec, do_exec, NULL), 0);
	assert_int_equal(in_child(&may_exec, one_call, &code), 0);
	assert_int_equal(in_child(&deny_all, one_call, &data), 0);
	assert_int_equal(in_child(&may_unix, one_call, &un), 0);
	assert_int_equal(in_child(&may_unix, one_call, &inet), EPERM);
	assert_int_equal(in_child(&may_net, one_call, &inet), 0);
}

static int try_int80(void *arg)
{
#ifdef __x86_64__
	long r = 20; /* getpid of i386 */

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory");
#endif
	return 0;
}

static void test_foreign_calls(void **state)
{
#ifdef __x86_64__
	static struct call x32 = {0x40000000 + SYS_getpid, {0}};
	int without = in_child(NULL, try_int80, NULL);

	assert_int_equal(in_child(&deny_all, one_call, &x32), 128 + SIGSYS);
	/* a kernel without i386 calls answers with SIGSEGV before any filter */
	assert_int_equal(in_child(&deny_all, try_int80, NULL),
			 without == 0 ? 128 + SIGSYS : without);
#else
	skip();
#endif
}

struct paths {
	int dir; /* allowed for writing, or reading */
	char in[64], out[64];
};

static int try_paths(void *arg)
{
	struct paths *p = arg;
	int r = 0;
	int fd = open(p->in, O_RDONLY);

	r |= fd >= 0 ? 1 : 0;
	fd = openat(p->dir, "new", O_WRONLY | O_CREAT, 0600);
	r |= fd >= 0 ? 2 : 0;
	fd = open(p->out, O_RDONLY);
	r |= fd >= 0 ? 4 : 0;
	fd = open("/etc/passwd", O_RDONLY);
	r |= fd >= 0 ? 8 : 0;
	r |= mkdirat(p->dir, "sub", 0700) == 0 ? 16 : 0;
	r |= renameat(p->dir, "new", p->dir, "sub/moved") == 0 ? 32 : 0;
	return r;
}

static void put_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void test_files(void **state)
{
	char dir[] = "/tmp/confine.XXXXXX", inside[64];
	struct paths p;
	int fds[2] = {-1, -1};
	const struct confine rd = {.read_fds = fds}, wr = {.write_fds = fds},
			     any = {.any_files = true};

	if (confine_landlock_abi() < 2)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(inside, sizeof(inside), "%s/d", dir);
	assert_int_equal(mkdir(inside, 0700), 0);
	snprintf(p.in, sizeof(p.in), "%s/d/file", dir);
	snprintf(p.out, sizeof(p.out), "%s/file", dir);
	put_file(p.in);
	put_file(p.out);
	p.dir = open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(in_child(&deny_all, try_paths, &p), 0);
	fds[0] = p.dir;
	assert_int_equal(in_child(&rd, try_paths, &p), 1);
	assert_int_equal(in_child(&wr, try_paths, &p), 1 | 2 | 16 | 32);
	assert_int_equal(unlinkat(p.dir, "sub/moved", 0), 0);
	assert_int_equal(unlinkat(p.dir, "sub", AT_REMOVEDIR), 0);
	assert_int_equal(in_child(&any, try_paths, &p), 63);
	unlinkat(p.dir, "sub/moved", 0);
	unlinkat(p.dir, "sub", AT_REMOVEDIR);
	unlinkat(p.dir, "file", 0);
	close(p.dir);
	assert_int_equal(unlink(p.out), 0);
	assert_int_equal(rmdir(inside), 0);
	assert_int_equal(rmdir(dir), 0);
}

static int effective_caps(void *arg)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return 98;
	if (d[0].inheritable || d[1].inheritable || d[1].effective)
		return 97;
	return (int)(d[0].effective & 0x3f) | (d[0].effective & ~(uint32_t)0x3f ? 64 : 0);
}

/* One that programs would keep through execve(2). */
static int raise_ambient(int cap)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return -1;
	d[0].inheritable |= 1u << cap;
	if (syscall(SYS_capset, &h, d) < 0)
		return -1;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

/* In a user namespace of its own a process has all capabilities to lose. */
static int caps_in_userns(void *arg)
{
	struct err e = {0};
	const struct confine *c = arg;

	if (unshare(CLONE_NEWUSER) < 0)
		return 96;
	if (raise_ambient(CAP_CHOWN) < 0)
		return 97;
	if (confine(c, &e) < 0)
		return 95;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) != 0)
		return 94;
	return effective_caps(NULL);
}

static void test_caps(void **state)
{
	struct confine keep = {.caps = CONFINE_CAP(CAP_CHOWN) | CONFINE_CAP(CAP_FOWNER)};
	int none = in_child(NULL, caps_in_userns, (void *)(uintptr_t)&deny_all);

	if (none == 96)
		skip();
	assert_int_equal(none, 0);
	assert_int_equal(in_child(NULL, caps_in_userns, &keep), 1 << CAP_CHOWN | 1 << CAP_FOWNER);
}

#ifndef __SANITIZE_ADDRESS__ /* a sanitizer makes calls of its own, which the list refuses */
static const struct confine pipes = {.pipes_only = true};

static int pipes_work(void *arg)
{
	int *fds = arg;
	char c = 0;
	void *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	free(malloc(1 << 22));
	return !(write(fds[1], "x", 1) == 1 && read(fds[0], &c, 1) == 1 && c == 'x' &&
		 m != MAP_FAILED);
}

static void test_pipes_only(void **state)
{
	static struct call calls[] = {
		{SYS_openat, {AT_FDCWD, (long)"/etc/passwd", O_RDONLY}},
		{SYS_socket, {AF_UNIX, SOCK_STREAM}},
		{SYS_clone, {SIGCHLD}},
		{SYS_execve, {0}},
		{SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS}},
		{SYS_unlinkat, {AT_FDCWD, (long)"/nonexistent", 0}},
		{SYS_kill, {1, 0}},
		{SYS_dup, {0}},
		{SYS_getuid, {0}},
	};
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(in_child(&pipes, pipes_work, fds), 0);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		assert_int_equal(in_child(&pipes, one_call, &calls[i]), EPERM);
	close(fds[0]);
	close(fds[1]);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied_calls),  cmocka_unit_test(test_kept),
		cmocka_unit_test(test_foreign_calls), cmocka_unit_test(test_files),
		cmocka_unit_test(test_caps),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_pipes_only),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
