/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default profile and its compiled form. The BPF program is run here by a small interpreter, so
 * that calls by other architectures can be judged as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "ctr/seccomp_default.h"
#include "sys/seccomp_filter.h"

#define ALLOW	   SECCOMP_RET_ALLOW
#define FAILS(err) (SECCOMP_RET_ERRNO | (err))
#define X32	   0x40000000u

static uint32_t load(const struct seccomp_data *d, uint32_t offset)
{
	uint32_t v;

	assert_true(offset + 4 <= sizeof(*d));
	memcpy(&v, (const char *)d + offset, 4);
	return v;
}

static bool jump(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	case BPF_JSET:
		return a & i->k;
	default:
		fail_msg("jump %x", i->code);
		return false;
	}
}

/* Classic BPF as seccomp(2) takes it. */
static uint32_t judge(const struct seccomp_filter *f, const struct seccomp_data *d)
{
	const struct sock_filter *p = (const void *)f->bpf.data;
	size_t n = f->bpf.len / sizeof(*p);
	uint32_t a = 0, m[16] = {0};

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &p[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			a = BPF_MODE(i->code) == BPF_MEM ? m[i->k & 15] : load(d, i->k);
			break;
		case BPF_ST:
			m[i->k & 15] = a;
			break;
		case BPF_ALU:
			assert_int_equal(BPF_OP(i->code), BPF_AND);
			a &= i->k;
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += jump(i, a) ? i->jt : i->jf;
			break;
		case BPF_RET:
			return i->k;
		default:
			fail_msg("instruction %x", i->code);
		}
	}
	fail_msg("ran off the end");
	return 0;
}

static struct json *profile(const char *caps)
{
	_strv_ struct strv v = {0};

	strv_split(&v, caps, ' ');
	return seccomp_default_profile(&v, "amd64");
}

static void compile(struct json *p, struct seccomp_filter *f)
{
	struct cur c = cur_root(p);
	struct err e = {0};

	if (seccomp_compile(&c, f, &e) < 0)
		fail_msg("%s", e.msg);
}

static uint32_t call(const struct seccomp_filter *f, uint32_t arch, int nr, uint64_t a0,
		     uint64_t a1, uint64_t a2)
{
	struct seccomp_data d = {.nr = nr, .arch = arch, .args = {a0, a1, a2}};

	return judge(f, &d);
}

struct fixture {
	struct json *profile;
	struct seccomp_filter f;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->profile = profile("CAP_CHOWN CAP_SETUID");
	compile(x->profile, &x->f);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	json_put(x->profile);
	seccomp_filter_release(&x->f);
	free(x);
	return 0;
}

static const uint32_t native = AUDIT_ARCH_X86_64, i386 = AUDIT_ARCH_I386;

static void plain_calls(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(call(&x->f, native, SYS_read, 0, 0, 0), ALLOW);
	assert_int_equal(call(&x->f, native, SYS_mount, 0, 0, 0), ALLOW);
	assert_int_equal(call(&x->f, native, SYS_unshare, 0, 0, 0), ALLOW);
	assert_int_equal(call(&x->f, native, SYS_clone, ~UINT64_C(0), 0, 0), ALLOW);
	assert_int_equal(call(&x->f, native, SYS_setns, 0, 0, 0), ALLOW);
	/* unknown: programs fall back */
	assert_int_equal(call(&x->f, native, 9999, 0, 0, 0), FAILS(ENOSYS));
	assert_int_equal(call(&x->f, native, SYS_io_uring_setup, 0, 0, 0), FAILS(ENOSYS));
	assert_int_equal(call(&x->f, native, SYS_add_key, 0, 0, 0), FAILS(ENOSYS));
	assert_int_equal(call(&x->f, native, SYS_request_key, 0, 0, 0), FAILS(ENOSYS));
	assert_int_equal(call(&x->f, native, SYS_userfaultfd, 0, 0, 0), FAILS(EPERM));
	assert_int_equal(call(&x->f, native, SYS_kexec_load, 0, 0, 0), FAILS(EPERM));
	assert_int_equal(call(&x->f, native, SYS_swapon, 0, 0, 0), FAILS(EPERM));
}

static void sockets(void **state)
{
	struct fixture *x = *state;
	const uint64_t high = UINT64_C(1) << 32;

	for (uint64_t family = 0; family < 64; family++) {
		uint32_t want = family == 38 || family == 40 ? FAILS(EPERM) : ALLOW;

		for (int arch = 0; arch < 3; arch++) {
			uint32_t a = arch == 1 ? i386 : native;
			int nr = arch == 1 ? 359 : arch == 2 ? (int)(SYS_socket | X32) : SYS_socket;

			if (call(&x->f, a, nr, family, 1, 0) != want)
				fail_msg("family %d architecture %d", (int)family, arch);
		}
	}
	/* the kernel takes the low 32 bits */
	assert_int_equal(call(&x->f, native, SYS_socket, high | 38, 5, 0), FAILS(EPERM));
	assert_int_equal(call(&x->f, native, SYS_socket, high | 40, 1, 0), FAILS(EPERM));
	assert_int_equal(call(&x->f, native, SYS_socket, ~UINT64_C(0) << 32 | 2, 1, 0), ALLOW);
	/* arguments in memory cannot be looked at */
	for (int sub = 1; sub <= 20; sub++)
		assert_int_equal(call(&x->f, i386, 102, (uint64_t)sub, 0, 0), FAILS(EPERM));
	assert_int_equal(call(&x->f, i386, 362, 0, 0, 0), ALLOW); /* connect */
}

static void audit_sockets(void **state)
{
	struct fixture *x = *state;
	_json_ struct json *p = profile("CAP_AUDIT_WRITE");
	struct seccomp_filter f = {0};

	for (uint64_t protocol = 0; protocol < 32; protocol++)
		assert_int_equal(call(&x->f, native, SYS_socket, 16, 3, protocol),
				 protocol == 9 ? FAILS(EINVAL) : ALLOW);
	assert_int_equal(call(&x->f, native, SYS_socket, 16, 3, UINT64_C(1) << 32 | 9),
			 FAILS(EINVAL));
	compile(p, &f);
	assert_int_equal(call(&f, native, SYS_socket, 16, 3, 9), ALLOW);
	seccomp_filter_release(&f);
}

static void personalities(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(call(&x->f, native, SYS_personality, 0, 0, 0), ALLOW);
	assert_int_equal(call(&x->f, native, SYS_personality, 8, 0, 0), ALLOW);
	assert_int_equal(call(&x->f, native, SYS_personality, 0x20008, 0, 0), ALLOW);
	assert_int_equal(call(&x->f, native, SYS_personality, 0xffffffff, 0, 0), ALLOW);
	/* ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC */
	assert_int_equal(call(&x->f, native, SYS_personality, 0x40000, 0, 0), FAILS(ENOSYS));
	assert_int_equal(call(&x->f, native, SYS_personality, 0x400000, 0, 0), FAILS(ENOSYS));
}

static void capabilities_open_calls(void **state)
{
	static const struct {
		const char *cap;
		int nr;
	} t[] = {
		{"CAP_SYS_ADMIN", SYS_bpf},
		{"CAP_BPF", SYS_bpf},
		{"CAP_PERFMON", SYS_perf_event_open},
		{"CAP_SYS_CHROOT", SYS_chroot},
		{"CAP_SYS_TIME", SYS_settimeofday},
		{"CAP_SYS_PTRACE", SYS_kcmp},
		{"SYS_MODULE", SYS_init_module},
		{"CAP_SYS_RAWIO", SYS_iopl},
		{"CAP_SYS_TTY_CONFIG", SYS_vhangup},
		{"CAP_SYS_PACCT", SYS_acct},
		{"CAP_DAC_READ_SEARCH", SYS_open_by_handle_at},
	};
	struct fixture *x = *state;

	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		_json_ struct json *p = profile(t[i].cap);
		struct seccomp_filter f = {0};

		assert_int_equal(call(&x->f, native, t[i].nr, 0, 0, 0), FAILS(EPERM));
		compile(p, &f);
		if (call(&f, native, t[i].nr, 0, 0, 0) != ALLOW)
			fail_msg("%s", t[i].cap);
		seccomp_filter_release(&f);
	}
}

static void other_machines(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(call(&x->f, AUDIT_ARCH_AARCH64, 0, 0, 0, 0), SECCOMP_RET_KILL_THREAD);
	for (const char *const *a = (const char *const[]){"arm64", "s390x", "ppc64le", "riscv64",
							  "unheard-of", NULL};
	     *a; a++) {
		_json_ struct json *p = seccomp_default_profile(NULL, *a);
		struct seccomp_filter f = {0};

		compile(p, &f);
		seccomp_filter_release(&f);
	}
}

static void same_bytes(void **state)
{
	_json_ struct json *a = profile("CAP_CHOWN"), *b = profile("CAP_CHOWN");
	_free_ char *s = json_text(a, false), *t = json_text(b, false);

	assert_string_equal(s, t);
}

static int make_dir(char *path)
{
	int fd;

	assert_non_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void assert_same(const struct seccomp_filter *a, const struct seccomp_filter *b)
{
	assert_int_equal(a->bpf.len, b->bpf.len);
	assert_memory_equal(a->bpf.data, b->bpf.data, a->bpf.len);
	assert_int_equal(a->flags, b->flags);
}

/* Fills *f through the cache and says whether it came from there. */
static bool cached(int dir, struct json *p, struct seccomp_filter *f)
{
	struct cur c = cur_root(p);
	struct err e = {0};

	if (seccomp_cached(dir, &c, f, &e) < 0)
		fail_msg("%s", e.msg);
	return f->from_cache;
}

static void cache_equals_compile(void **state)
{
	struct fixture *x = *state;
	char path[] = "/tmp/rp-seccomp.XXXXXX";
	_close_ int dir = make_dir(path);
	struct seccomp_filter f[3] = {0};

	assert_false(cached(dir, x->profile, &f[0]));
	assert_true(cached(dir, x->profile, &f[1]));
	assert_same(&x->f, &f[0]);
	assert_same(&x->f, &f[1]);
	assert_false(cached(-1, x->profile, &f[2]));
	for (int i = 0; i < 3; i++)
		seccomp_filter_release(&f[i]);
	_free_ char *cmd = str_fmt("rm -rf %s", path);
	assert_int_equal(system(cmd), 0);
}

/* Any change of a cache file must lead to a compile, never to another filter. */
static void damaged_cache(void **state)
{
	struct fixture *x = *state;
	char path[] = "/tmp/rp-seccomp.XXXXXX";
	_close_ int dir = make_dir(path);
	struct seccomp_filter f = {0};
	_buf_ struct buf good = {0};
	char name[256] = "";
	DIR *d = fdopendir(dup(dir));

	cached(dir, x->profile, &f);
	seccomp_filter_release(&f);
	for (struct dirent *ent; (ent = readdir(d));)
		if (str_ends(ent->d_name, ".bpf"))
			snprintf(name, sizeof(name), "%s", ent->d_name);
	closedir(d);
	assert_int_equal(file_read(dir, name, 1 << 22, &good, NULL), 0);
	for (size_t at = 0; at <= good.len; at += at < 64		? 1
						  : at + 997 < good.len ? 997
									: good.len - at + 1) {
		_free_ char *bad = malloc(good.len);
		size_t len = at == good.len ? good.len / 2 : good.len;

		memcpy(bad, good.data, good.len);
		if (at < good.len)
			bad[at] ^= 0x5a;
		assert_int_equal(file_replace(dir, name, bad, len, 0600, false, NULL), 0);
		memset(&f, 0, sizeof(f));
		cached(dir, x->profile, &f);
		assert_same(&x->f, &f);
		seccomp_filter_release(&f);
	}
	_free_ char *cmd = str_fmt("rm -rf %s", path);
	assert_int_equal(system(cmd), 0);
}

/* Reads what seccomp_keep() wrote, after one change of the file; -1 where it is refused. */
static int kept(int dir, const struct buf *good, const char *from, const char *to,
		struct seccomp_filter *f, struct json **profile)
{
	_free_ char *text = malloc(good->len);
	struct err e = {0};
	char *at;

	memcpy(text, good->data, good->len);
	if (from) {
		at = memmem(text, good->len, from, strlen(from));
		assert_non_null(at);
		memcpy(at, to, strlen(to));
	}
	assert_int_equal(file_replace(dir, "kept", text, good->len, 0600, false, NULL), 0);
	memset(f, 0, sizeof(*f));
	return seccomp_kept(dir, "kept", f, profile, &e);
}

static void kept_for_later(void **state)
{
	struct fixture *x = *state;
	char path[] = "/tmp/rp-seccomp.XXXXXX";
	_close_ int dir = make_dir(path);
	struct seccomp_filter f = {0}, g;
	_json_ struct json *profile = NULL;
	_buf_ struct buf good = {0};
	struct err e = {0};

	cached(-1, x->profile, &f);
	assert_int_equal(seccomp_keep(&f, dir, "kept", &e), 0);
	assert_int_equal(file_read(dir, "kept", 1 << 22, &good, NULL), 0);
	seccomp_filter_release(&f);
	assert_int_equal(kept(dir, &good, NULL, NULL, &g, &profile), 0);
	assert_null(profile);
	assert_same(&x->f, &g);
	seccomp_filter_release(&g);
	/* of another kernel: compiled from the profile in it */
	assert_int_equal(kept(dir, &good, "kernel", "KERNEL", &g, &profile), 0);
	assert_true(json_equal(profile, x->profile));
	assert_same(&x->f, &g);
	seccomp_filter_release(&g);
	/* not whole */
	json_put(take_ptr(profile));
	assert_int_equal(kept(dir, &good, "rp-seccomp", "xx-seccomp", &g, &profile), -1);
	seccomp_filter_release(&g);
	good.data[good.len - 1] ^= 1;
	assert_int_equal(kept(dir, &good, NULL, NULL, &g, &profile), -1);
	seccomp_filter_release(&g);
	good.len--;
	assert_int_equal(kept(dir, &good, NULL, NULL, &g, &profile), -1);
	seccomp_filter_release(&g);
	assert_null(profile);
	_free_ char *cmd = str_fmt("rm -rf %s", path);
	assert_int_equal(system(cmd), 0);
}

/* What comes from the cache is kept as a link to the file that was read. */
static void kept_as_link(void **state)
{
	struct fixture *x = *state;
	char path[] = "/tmp/rp-seccomp.XXXXXX";
	_close_ int dir = make_dir(path);
	struct seccomp_filter f = {0}, g = {0};
	_json_ struct json *profile = NULL;
	struct stat file, kept;

	cached(dir, x->profile, &f);
	seccomp_filter_release(&f);
	memset(&f, 0, sizeof(f));
	assert_true(cached(dir, x->profile, &f));
	assert_int_equal(seccomp_keep(&f, dir, "kept", NULL), 0);
	assert_int_equal(fstat(f.file, &file), 0);
	assert_int_equal(fstatat(dir, "kept", &kept, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(kept.st_ino, file.st_ino);
	assert_int_equal(kept.st_nlink, 2);
	/* a file of that name is replaced, as before */
	assert_int_equal(seccomp_keep(&f, dir, "kept", NULL), 0);
	assert_int_equal(seccomp_kept(dir, "kept", &g, &profile, NULL), 0);
	assert_same(&x->f, &g);
	seccomp_filter_release(&f);
	seccomp_filter_release(&g);
	_free_ char *cmd = str_fmt("rm -rf %s", path);
	assert_int_equal(system(cmd), 0);
}

static void refuses(const char *text, const char *path)
{
	_json_ struct json *p = NULL;
	struct seccomp_filter f = {0};
	struct err e = {0};
	struct cur c;

	assert_int_equal(json_parse(text, strlen(text), "x", &p, &e), 0);
	c = cur_root(p);
	assert_int_equal(seccomp_compile(&c, &f, &e), -1);
	if (!strstr(e.msg, path))
		fail_msg("\"%s\" does not name %s", e.msg, path);
	seccomp_filter_release(&f);
}

static void wrong_profiles(void **state)
{
	refuses("{}", ".defaultAction");
	refuses("{\"defaultAction\":\"SCMP_ACT_MAYBE\"}", ".defaultAction");
	refuses("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"VAX\"]}",
		".architectures[0]");
	refuses("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"X\"]}", ".flags[0]");
	refuses("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"]}]}",
		".syscalls[0].action");
	refuses("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[7],"
		"\"action\":\"SCMP_ACT_ERRNO\"}]}",
		".syscalls[0].names[0]");
	refuses("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":6,\"value\":0,"
		"\"op\":\"SCMP_CMP_EQ\"}]}]}",
		".syscalls[0].args[0].index");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_calls),
		cmocka_unit_test(sockets),
		cmocka_unit_test(audit_sockets),
		cmocka_unit_test(personalities),
		cmocka_unit_test(capabilities_open_calls),
		cmocka_unit_test(other_machines),
		cmocka_unit_test(same_bytes),
		cmocka_unit_test(cache_equals_compile),
		cmocka_unit_test(kept_for_later),
		cmocka_unit_test(kept_as_link),
		cmocka_unit_test(damaged_cache),
		cmocka_unit_test(wrong_profiles),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
