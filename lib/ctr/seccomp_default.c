/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default seccomp profile: three tables and what must be built by rule. It is made as text: a
 * tree of its 450 names and 45 objects would be most of the memory of the program that makes it.
 *
 * Order of the object: architectures, calls always allowed, calls always refused with EPERM, calls
 * that hang on a capability, personality(2), socket(2).
 *
 * Facts it leans on:
 * - The kernel reads int arguments from the low 32 bits of a register, a filter compares all 64
 *   (seccomp(2)). "family != 40" therefore lets 1<<32 | 40 through. The rules for socket(2) compare
 *   under a mask of 32 bits, and allow ranges of families rather than refuse single ones: the
 *   allowed and refused sets are disjoint, so the order of rules cannot matter.
 * - socketcall(2) of i386 takes its arguments in memory, where a filter cannot look: the call is
 *   refused whole. socket(2) and its kin have numbers of their own there since Linux 4.3.
 * - libseccomp translates each name for every architecture of the list, x32 included, so that
 *   "int 0x80" and x32 numbers meet the same rules.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <linux/netlink.h>
#include <linux/personality.h>

#include "ctr/seccomp_default.h"

#define MASK32 0xffffffffu

/* Always allowed. Blank-separated, alphabetical. */
static const char allowed[] =
	"_llseek _newselect accept accept4 access adjtimex alarm bind brk cachestat capget capset "
	"chdir "
	"chmod chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
	"clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 clone clone3 close "
	"close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 "
	"epoll_ctl "
	"epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve "
	"execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate "
	"fanotify_mark "
	"fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync "
	"fgetxattr "
	"file_getattr file_setattr flistxattr flock fork fremovexattr fsconfig fsetxattr fsmount "
	"fsopen "
	"fspick fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex "
	"futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat get_mempolicy "
	"get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 "
	"geteuid "
	"geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp "
	"getpid "
	"getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit "
	"getrusage "
	"getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat "
	"inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy "
	"io_getevents io_setup io_submit ioctl ioprio_get ioprio_set ipc keyctl kill "
	"landlock_add_rule "
	"landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat "
	"listen "
	"listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lsm_get_self_attr "
	"lsm_list_modules lstat lstat64 madvise map_shadow_stack mbind membarrier memfd_create "
	"memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mount "
	"mount_setattr move_mount mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
	"mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl "
	"msgget "
	"msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat open "
	"open_tree open_tree_attr openat openat2 pause pidfd_getfd pidfd_open pidfd_send_signal "
	"pipe "
	"pipe2 pivot_root pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 "
	"preadv preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 "
	"pselect6_time64 ptrace pwrite64 pwritev pwritev2 read readahead readdir readlink "
	"readlinkat "
	"readv reboot recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr "
	"removexattrat rename renameat renameat2 restart_syscall riscv_flush_icache riscv_hwprobe "
	"rmdir "
	"rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
	"rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max "
	"sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
	"sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr "
	"sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop "
	"semtimedop "
	"semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_mempolicy "
	"set_mempolicy_home_node set_robust_list set_thread_area set_tid_address setfsgid "
	"setfsgid32 "
	"setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setns setpgid "
	"setpriority "
	"setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 "
	"setrlimit "
	"setsid setsockopt setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown "
	"sigaction sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn "
	"sigsuspend "
	"socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync "
	"sync_file_range syncfs syscall sysinfo syslog tee tgkill time timer_create timer_delete "
	"timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd "
	"timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times "
	"tkill "
	"truncate truncate64 ugetrlimit umask umount umount2 uname unlink unlinkat unshare "
	"uretprobe "
	"utime utimensat utimensat_time64 utimes vfork wait4 waitid waitpid write writev";

/* Refused with EPERM: programs that try them expect a refusal rather than a missing call. */
static const char refused[] =
	"bdflush io_pgetevents kexec_file_load kexec_load migrate_pages move_pages nfsservctl nice "
	"oldfstat oldlstat oldolduname oldstat olduname pciconfig_iobase pciconfig_read "
	"pciconfig_write "
	"sgetmask socketcall ssetmask swapcontext swapoff swapon sysfs uselib userfaultfd ustat "
	"vm86 "
	"vm86old vmsplice";

/* Allowed where one of the capabilities is kept, otherwise EPERM. */
static const struct {
	const char *caps;
	const char *calls;
} by_cap[] = {
	{"DAC_READ_SEARCH", "open_by_handle_at"},
	{"SYS_ADMIN",
	 "fanotify_init lookup_dcookie quotactl quotactl_fd setdomainname sethostname"},
	{"SYS_ADMIN BPF", "bpf"},
	{"SYS_ADMIN PERFMON", "perf_event_open"},
	{"SYS_CHROOT", "chroot"},
	{"SYS_MODULE", "delete_module finit_module init_module query_module"},
	{"SYS_PACCT", "acct"},
	{"SYS_PTRACE", "kcmp process_madvise"},
	{"SYS_RAWIO", "ioperm iopl"},
	{"SYS_TIME", "clock_settime clock_settime64 settimeofday stime"},
	{"SYS_TTY_CONFIG", "vhangup"},
};

static const struct {
	const char *names; /* GOARCH and uname(2) */
	const char *archs; /* what the filter covers */
	const char *calls; /* allowed on this machine only */
} machines[] = {
	{"amd64 x86_64", "X86_64 X86 X32", "arch_prctl modify_ldt"},
	{"386 i386 i686", "X86", "modify_ldt"},
	{"arm64 aarch64", "AARCH64 ARM",
	 "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"},
	{"arm armv7l armv6l", "ARM",
	 "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"},
	{"ppc64le", "PPC64LE", "sync_file_range2"},
	{"riscv64", "RISCV64", NULL},
	{"s390x", "S390X S390", "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"},
};

/* personality(2): Linux, 32 bits, without address randomisation, or asking for the present one. */
static const uint32_t personalities[] = {
	PER_LINUX, PER_LINUX32, UNAME26, PER_LINUX32 | UNAME26, 0xffffffff,
};

/* A range of 32-bit values that one masked comparison covers. */
struct range {
	uint32_t mask;
	uint32_t value;
};
/* Families below 64 but NETLINK (16), ALG (38), VSOCK (40). */
static const struct range families[] = {
	{~15u, 0}, {~0u, 17}, {~1u, 18}, {~3u, 20}, {~7u, 24}, {~3u, 32},
	{~1u, 36}, {~0u, 39}, {~0u, 41}, {~1u, 42}, {~3u, 44}, {~15u, 48},
};
/* Netlink protocols below 32 but AUDIT (9). */
static const struct range protocols[] = {{~7u, 0}, {~0u, 8}, {~1u, 10}, {~3u, 12}, {~15u, 16}};

static bool word_in(const char *word, const char *words)
{
	_strv_ struct strv v = {0};

	strv_split(&v, words, ' ');
	return strv_has(&v, word);
}

static void add_words(struct buf *b, const char *lead, const char *words)
{
	_strv_ struct strv v = {0};

	strv_split(&v, words, ' ');
	for (size_t i = 0; i < v.n; i++)
		buf_fmt(b, "%s\"%s%s\"", i ? "," : "", lead, v.v[i]);
}

/* Adds {"names":[...],"action":...,"args":[...]}; errnum 0 allows; args may be "". */
static void add_rule(struct buf *b, const char *names, int errnum, const char *args)
{
	buf_str(b, b->data[b->len - 1] == '[' ? "{\"names\":[" : ",{\"names\":[");
	add_words(b, "", names);
	buf_fmt(b, "],\"action\":\"%s\"", errnum ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW");
	if (errnum)
		buf_fmt(b, ",\"errnoRet\":%d", errnum);
	if (*args)
		buf_fmt(b, ",\"args\":[%s]", args);
	buf_char(b, '}');
}

/* One condition of a rule. */
#define ARG_LEN 128
static const char *masked(char out[ARG_LEN], unsigned index, struct range r)
{
	snprintf(out, ARG_LEN,
		 "{\"index\":%u,\"value\":%u,\"valueTwo\":%u,\"op\":\"SCMP_CMP_MASKED_EQ\"}", index,
		 r.mask, r.value);
	return out;
}

static bool keeps_cap(const struct strv *caps, const char *any_of)
{
	_strv_ struct strv v = {0};

	strv_split(&v, any_of, ' ');
	if (!caps)
		return false;
	strv_foreach (cap, caps) {
		const char *bare = str_after(cap, "CAP_");

		if (strv_has(&v, bare ? bare : cap))
			return true;
	}
	return false;
}

static void add_personality(struct buf *b)
{
	for (size_t i = 0; i < ARRAY_LEN(personalities); i++) {
		char arg[ARG_LEN];

		snprintf(arg, sizeof(arg), "{\"index\":0,\"value\":%u,\"op\":\"SCMP_CMP_EQ\"}",
			 personalities[i]);
		add_rule(b, "personality", 0, arg);
	}
}

/*
 * The audit protocol of netlink answers EINVAL without CAP_AUDIT_WRITE, as Podman has it: login
 * programs take that for a kernel without audit.
 */
static void add_socket(struct buf *b, bool audit)
{
	static const struct range alg = {MASK32, AF_ALG}, vsock = {MASK32, AF_VSOCK},
				  netlink = {MASK32, AF_NETLINK},
				  audit_only = {MASK32, NETLINK_AUDIT};
	char one[ARG_LEN], two[ARG_LEN], both[2 * ARG_LEN + 1];

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		add_rule(b, "socket", 0, masked(one, 0, families[i]));
	add_rule(b, "socket", EPERM, masked(one, 0, alg));
	add_rule(b, "socket", EPERM, masked(one, 0, vsock));
	masked(one, 0, netlink);
	for (size_t i = 0; i < ARRAY_LEN(protocols) && !audit; i++) {
		snprintf(both, sizeof(both), "%s,%s", one, masked(two, 2, protocols[i]));
		add_rule(b, "socket", 0, both);
	}
	snprintf(both, sizeof(both), "%s,%s", one, masked(two, 2, audit_only));
	add_rule(b, "socket", audit ? 0 : EINVAL, audit ? one : both);
}

static int machine_of(const char *arch)
{
	struct utsname u;

	if (!arch)
		arch = uname(&u) == 0 ? u.machine : "";
	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		if (word_in(arch, machines[i].names))
			return (int)i;
	return -1;
}

char *seccomp_default_text(const struct strv *caps, const char *arch)
{
	int machine = machine_of(arch);
	struct buf b = {0};

	buf_reserve(&b, 12288); /* once is enough */
	buf_fmt(&b, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":%d", ENOSYS);
	if (machine >= 0) {
		buf_str(&b, ",\"architectures\":[");
		add_words(&b, "SCMP_ARCH_", machines[machine].archs);
		buf_char(&b, ']');
	}
	buf_str(&b, ",\"syscalls\":[");
	add_rule(&b, allowed, 0, "");
	if (machine >= 0 && machines[machine].calls)
		add_rule(&b, machines[machine].calls, 0, "");
	add_rule(&b, refused, EPERM, "");
	for (size_t i = 0; i < ARRAY_LEN(by_cap); i++)
		add_rule(&b, by_cap[i].calls, keeps_cap(caps, by_cap[i].caps) ? 0 : EPERM, "");
	add_personality(&b);
	add_socket(&b, keeps_cap(caps, "AUDIT_WRITE"));
	buf_str(&b, "]}");
	return buf_take(&b);
}

struct json *seccomp_default_profile(const struct strv *caps, const char *arch)
{
	_free_ char *text = seccomp_default_text(caps, arch);
	struct json *profile = NULL;

	json_parse(text, strlen(text), "seccomp profile", &profile, NULL);
	return profile;
}
