/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up what is not needed; see confine.h for the contract.
 *
 * Stages, in this order because each would be refused after the next:
 *   1. no_new_privs (prctl(2)), which Landlock and an unprivileged filter require;
 *   2. Landlock (landlock(7), Linux 5.13): a rule set that handles all rights that the kernel's ABI
 *      knows and grants only those below the given descriptors. ABI 1 refuses each link and rename
 *      between two folders, so it is left out where something may be written;
 *   3. capabilities: inheritable and with it ambient emptied, permitted and effective cut;
 *   4. the seccomp filter (seccomp(2)), made here as classic BPF from a table.
 *
 * It must not open anything itself and must not need libseccomp or libcap: small programs link it.
 *
 * Kernel facts: Landlock ABI 2 (5.19) REFER, 3 (6.2) TRUNCATE, 4 (6.7) TCP, 5 (6.10) IOCTL_DEV,
 * 6 (6.12) scopes. The constants are spelled out here since the headers of Debian 12 end at ABI 2.
 * A refused clone3(2) answers ENOSYS: its flags lie in memory that a filter cannot read, and libc
 * then falls back to clone(2), whose flags it can.
 */
#include "sys/confine.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/clean.h"

/* Landlock, the part of linux/landlock.h that is used; the numbers are the same everywhere. */
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_LANDLOCK_ADD_RULE	   445
#define NR_LANDLOCK_RESTRICT_SELF  446
#define LL_CREATE_VERSION	   1u
#define LL_RULE_PATH_BENEATH	   1
#define LL_FS_EXECUTE		   (1u << 0)
#define LL_FS_WRITE_FILE	   (1u << 1)
#define LL_FS_READ_FILE		   (1u << 2)
#define LL_FS_READ_DIR		   (1u << 3)
#define LL_FS_ABI1		   ((1u << 13) - 1)
#define LL_FS_REFER		   (1u << 13)
#define LL_FS_TRUNCATE		   (1u << 14)
#define LL_FS_IOCTL_DEV		   (1u << 15)
#define LL_NET_TCP		   3u /* bind and connect */
#define LL_SCOPE_ABSTRACT_UNIX	   (1u << 0)
#define LL_SCOPE_SIGNAL		   (1u << 1)

struct ll_ruleset {
	uint64_t fs, net, scoped;
};

struct ll_path_beneath {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

int confine_landlock_abi(void)
{
	long v = syscall(NR_LANDLOCK_CREATE_RULESET, NULL, 0, LL_CREATE_VERSION);

	return v < 0 ? 0 : (int)v;
}

static int ll_allow(int ruleset, const int *fds, uint64_t access, struct err *e)
{
	for (; fds && *fds >= 0; fds++) {
		struct ll_path_beneath rule = {.access = access, .fd = *fds};
		struct stat st;

		if (fstat(*fds, &st) < 0)
			return err_sys(e, "fstat", "cannot allow descriptor %d", *fds);
		if (!S_ISDIR(st.st_mode))
			rule.access &=
				LL_FS_EXECUTE | LL_FS_READ_FILE | LL_FS_WRITE_FILE | LL_FS_TRUNCATE;
		if (syscall(NR_LANDLOCK_ADD_RULE, ruleset, LL_RULE_PATH_BENEATH, &rule, 0) < 0)
			return err_sys(e, "landlock_add_rule", "cannot allow descriptor %d", *fds);
	}
	return 0;
}

static int confine_files(const struct confine *c, struct err *e)
{
	int abi = confine_landlock_abi();
	struct ll_ruleset rs = {.fs = LL_FS_ABI1};
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	uint64_t rd = LL_FS_READ_FILE | LL_FS_READ_DIR | (c->exec ? LL_FS_EXECUTE : 0);
	bool writes = c->write_fds && c->write_fds[0] >= 0;
	_close_ int fd = -1;

	if (abi < 1 || (abi < 2 && writes))
		return 0;
	rs.fs |= abi >= 2 ? LL_FS_REFER : 0;
	rs.fs |= abi >= 3 ? LL_FS_TRUNCATE : 0;
	rs.fs |= abi >= 5 ? LL_FS_IOCTL_DEV : 0;
	rs.net = c->network ? 0 : LL_NET_TCP;
	rs.scoped =
		(c->unix_sockets ? 0 : LL_SCOPE_ABSTRACT_UNIX) | (c->signals ? 0 : LL_SCOPE_SIGNAL);
	fd = (int)syscall(NR_LANDLOCK_CREATE_RULESET, &rs, size, 0);
	if (fd < 0)
		return err_sys(e, "landlock_create_ruleset", "cannot restrict file access");
	if (ll_allow(fd, c->read_fds, rd, e) < 0 ||
	    ll_allow(fd, c->write_fds, rs.fs & ~(uint64_t)(LL_FS_EXECUTE | LL_FS_IOCTL_DEV), e) < 0)
		return -1;
	if (syscall(NR_LANDLOCK_RESTRICT_SELF, fd, 0) < 0)
		return err_sys(e, "landlock_restrict_self", "cannot restrict file access");
	return 0;
}

/* Without inheritable ones the kernel empties the ambient set as well: capset(2), Linux 4.3. */
static int confine_caps(uint64_t keep, struct err *e)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}};

	if (keep && syscall(SYS_capget, &h, d) < 0)
		return err_sys(e, "capget", "cannot read capabilities");
	for (int i = 0; i < 2; i++) {
		d[i].permitted &= (uint32_t)(keep >> (32 * i));
		d[i].effective &= (uint32_t)(keep >> (32 * i));
		d[i].inheritable = 0;
	}
	h.pid = 0;
	if (syscall(SYS_capset, &h, d) < 0)
		return err_sys(e, "capset", "cannot drop capabilities");
	return 0;
}

#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#else
#define FILTER_ARCH 0
#endif

#define FILTER_MAX 320
#define RULES_MAX  120
#define LEAF	   4 /* rules that are compared one after the other */

/* One call by its number. */
struct rule {
	uint32_t nr, action;
};

struct filter {
	struct sock_filter ins[FILTER_MAX];
	unsigned short n;
	struct rule rules[RULES_MAX]; /* laid out by put_tree() */
	size_t nrules;
};

#define NR_OFFSET      ((uint32_t)offsetof(struct seccomp_data, nr))
#define ARCH_OFFSET    ((uint32_t)offsetof(struct seccomp_data, arch))
#define ARG_OFFSET(i)  ((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (i))) /* low half */
#define DENY	       (SECCOMP_RET_ERRNO | EPERM)
#define CLONE_NEW_MASK 0x7e020000u /* CLONE_NEWNS ... CLONE_NEWNET, CLONE_NEWCGROUP */

static void put(struct filter *f, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (f->n < FILTER_MAX)
		f->ins[f->n++] = (struct sock_filter){code, jt, jf, k};
}

static void put_ret(struct filter *f, uint32_t action)
{
	put(f, BPF_RET | BPF_K, 0, 0, action);
}

static void put_load(struct filter *f, uint32_t offset)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void on_call(struct filter *f, long nr, uint32_t action)
{
	if (f->nrules < RULES_MAX)
		f->rules[f->nrules++] = (struct rule){(uint32_t)nr, action};
}

static int by_number(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/*
 * The rules from low to high as a binary tree; the accumulator holds the number. The kernel runs a
 * new filter once for each call that there is, to learn which are always allowed, so that a list
 * would take several times as long to install.
 */
static void put_tree(struct filter *f, size_t low, size_t high, uint32_t otherwise)
{
	size_t middle = (low + high) / 2;
	unsigned short at = f->n;

	if (high - low > LEAF) {
		put(f, BPF_JMP | BPF_JGE | BPF_K, 0, 0, f->rules[middle].nr);
		put_tree(f, low, middle, otherwise);
		/* 8 bits: RULES_MAX keeps half of the tree below that */
		f->ins[at].jt = (uint8_t)(f->n - at - 1);
		put_tree(f, middle, high, otherwise);
		return;
	}
	for (size_t i = low; i < high; i++) {
		put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, f->rules[i].nr);
		put_ret(f, f->rules[i].action);
	}
	put_ret(f, otherwise);
}

static void put_rules(struct filter *f, uint32_t otherwise)
{
	qsort(f->rules, f->nrules, sizeof(f->rules[0]), by_number);
	put_tree(f, 0, f->nrules, otherwise);
}

/* Before the tree, the accumulator holds the number: argument i of the call nr compared (op BPF_JEQ
 * or BPF_JSET) with k, then yes or no. */
static void on_arg(struct filter *f, long nr, int i, uint16_t op, uint32_t k, uint32_t yes,
		   uint32_t no)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)nr);
	put_load(f, ARG_OFFSET(i));
	put(f, BPF_JMP | op | BPF_K, 0, 1, k);
	put_ret(f, yes);
	put_ret(f, no);
}

/* The accumulator holds this: allowed. */
static void put_is(struct filter *f, uint32_t k)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, k);
	put_ret(f, SECCOMP_RET_ALLOW);
}

static void put_head(struct filter *f)
{
	put_load(f, ARCH_OFFSET);
	put(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, FILTER_ARCH);
	put_ret(f, SECCOMP_RET_KILL_PROCESS);
	put_load(f, NR_OFFSET);
#ifdef __x86_64__
	put(f, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000u); /* __X32_SYSCALL_BIT */
	put_ret(f, SECCOMP_RET_KILL_PROCESS);
#endif
}

/* Calls of the first table have no place in any program that confines itself. */
static const long never[] = {
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_clock_adjtime,
	SYS_adjtimex,
	SYS_setdomainname,
	SYS_sethostname,
	SYS_quotactl,
	SYS_acct,
	SYS_userfaultfd,
	SYS_open_by_handle_at,
	SYS_pidfd_getfd,
	SYS_fanotify_init,
	SYS_syslog,
	SYS_vhangup,
	SYS_personality,
#ifdef __x86_64__
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_uselib,
#endif
};

static const long mount_calls[] = {
	SYS_mount,   SYS_umount2,  SYS_pivot_root, SYS_move_mount, SYS_open_tree,
	SYS_fsopen,  SYS_fsconfig, SYS_fsmount,	   SYS_fspick,	   442 /* mount_setattr */,
	SYS_unshare, SYS_setns,
};

/* What a program needs that only reads and writes what it has: memory, an end, its messages. */
static const long pipe_calls[] = {
	SYS_read,	SYS_write,	     SYS_readv,		 SYS_writev,
	SYS_close,	SYS_fstat,	     SYS_lseek,		 SYS_brk,
	SYS_munmap,	SYS_mremap,	     SYS_madvise,	 SYS_exit,
	SYS_exit_group, SYS_rt_sigreturn,    SYS_rt_sigprocmask, SYS_futex,
	SYS_getrandom,	SYS_uname,	     SYS_clock_gettime,	 SYS_getpid,
	SYS_gettid,	SYS_restart_syscall, SYS_tgkill,
};

static void put_processes(struct filter *f, const struct confine *c)
{
	uint32_t thread = CLONE_THREAD;

	if (!c->fork) {
#ifdef __x86_64__
		on_call(f, SYS_fork, DENY);
		on_call(f, SYS_vfork, DENY);
#endif
		/* a thread has no namespaces of its own: clone(2) refuses the two together */
		on_arg(f, SYS_clone, 0, BPF_JSET, thread, SECCOMP_RET_ALLOW, DENY);
	} else if (!c->mounts) {
		on_arg(f, SYS_clone, 0, BPF_JSET, CLONE_NEW_MASK, DENY, SECCOMP_RET_ALLOW);
	}
	if (!c->fork || !c->mounts)
		on_call(f, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
}

/* socket(2) for these families only. getaddrinfo(3) asks NETLINK_ROUTE, which is protocol 0. */
static void put_families(struct filter *f, const struct confine *c)
{
	unsigned short at = f->n;

	put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, SYS_socket);
	put_load(f, ARG_OFFSET(0));
	if (c->unix_sockets)
		put_is(f, AF_UNIX);
	if (c->network) {
		put_is(f, AF_INET);
		put_is(f, AF_INET6);
		put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, AF_NETLINK);
		put_load(f, ARG_OFFSET(2));
		put_is(f, NETLINK_ROUTE);
	}
	put_ret(f, DENY);
	f->ins[at].jf = (uint8_t)(f->n - at - 1); /* another call */
}

static void put_sockets(struct filter *f, const struct confine *c)
{
	put_families(f, c);
	if (c->network || c->unix_sockets)
		return;
	on_call(f, SYS_connect, DENY);
	on_call(f, SYS_bind, DENY);
	on_call(f, SYS_listen, DENY);
}

/* Memory that may be run as code: what takes a process over would put its own there. */
static void put_no_code(struct filter *f)
{
	on_arg(f, SYS_mmap, 2, BPF_JSET, PROT_EXEC, DENY, SECCOMP_RET_ALLOW);
	on_arg(f, SYS_mprotect, 2, BPF_JSET, PROT_EXEC, DENY, SECCOMP_RET_ALLOW);
}

static void make_deny_list(struct filter *f, const struct confine *c)
{
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		on_call(f, never[i], DENY);
	for (size_t i = 0; !c->mounts && i < ARRAY_LEN(mount_calls); i++)
		on_call(f, mount_calls[i], DENY);
	if (!c->exec) {
		on_call(f, SYS_execve, DENY);
		on_call(f, SYS_execveat, DENY);
		on_call(f, SYS_pkey_mprotect, DENY);
		on_arg(f, SYS_shmat, 2, BPF_JSET, SHM_EXEC, DENY, SECCOMP_RET_ALLOW);
		put_no_code(f);
	}
	if (!c->mounts && !c->chroot)
		on_call(f, SYS_chroot, DENY);
	put_processes(f, c);
	put_sockets(f, c);
	put_rules(f, SECCOMP_RET_ALLOW);
}

static void make_pipe_list(struct filter *f)
{
	for (size_t i = 0; i < ARRAY_LEN(pipe_calls); i++)
		on_call(f, pipe_calls[i], SECCOMP_RET_ALLOW);
	put_no_code(f);
	put_rules(f, DENY);
}

static int confine_calls(const struct confine *c, struct err *e)
{
	struct filter f = {.n = 0};
	struct sock_fprog prog = {.filter = f.ins};

	if (!FILTER_ARCH)
		return 0;
	put_head(&f);
	if (c->pipes_only)
		make_pipe_list(&f);
	else
		make_deny_list(&f, c);
	if (f.n >= FILTER_MAX || f.nrules >= RULES_MAX)
		return err_set(e, ERR_FAILED, 0, "seccomp", "the filter is too long");
	prog.len = f.n;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0)
		return err_sys(e, "seccomp", "cannot install a filter of system calls");
	return 0;
}

int confine(const struct confine *c, struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "prctl", "cannot set no_new_privs");
	/* the allow-list of pipes_only has no call that names a file */
	if (!c->any_files && !(c->pipes_only && FILTER_ARCH) && confine_files(c, e) < 0)
		return -1;
	if (confine_caps(c->caps, e) < 0)
		return -1;
	return confine_calls(c, e);
}

int confine_starter(uint64_t caps, struct err *e)
{
	const struct confine c = {
		.any_files = true,
		.network = true,
		.unix_sockets = true,
		.exec = true,
		.fork = true,
		.mounts = true,
		.signals = true,
		.caps = caps,
	};

	return confine(&c, e);
}

int confine_pipes(struct err *e)
{
	static const struct confine pipes = {.pipes_only = true};

	return confine(&pipes, e);
}

int confine_reader(struct err *e)
{
	static const struct confine reader = {.any_files = true};

	return confine(&reader, e);
}
