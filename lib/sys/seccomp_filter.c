/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seccomp profiles to BPF: see seccomp_filter.h for the contract.
 *
 * Stages of a compile: default action, architectures, one libseccomp rule for each name of each
 * entry, export to a memfd, read back. An entry whose action is the default one says nothing and is
 * left out, as libseccomp refuses it. An entry with two conditions on one argument means "one of
 * them", as in runc, because libseccomp takes one condition an argument.
 *
 * The filter is laid out as a binary tree (SCMP_FLTATR_CTL_OPTIMIZE 2, libseccomp 2.5): the kernel
 * runs it once for each call number when it is installed (seccomp(2) keeps a bitmap of calls that
 * are always allowed, Linux 5.11), which a linear list of 400 comparisons makes slow.
 */
#include "sys/seccomp_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "base/fd.h"

#define MAX_CACHE_FILE (4u << 20)
#define MAGIC	       "rp-seccomp 1\n"

struct action {
	const char *name;
	uint32_t value;
	bool has_errno;
};
static const struct action actions[] = {
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true},
	{"SCMP_ACT_KILL", SCMP_ACT_KILL, false},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG, false},
	{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, false},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP, false},
};

static const struct {
	const char *name;
	enum scmp_compare op;
} operators[] = {
	{"SCMP_CMP_EQ", SCMP_CMP_EQ}, {"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT}, {"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_LT", SCMP_CMP_LT}, {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	{"SCMP_CMP_NE", SCMP_CMP_NE},
};

static const struct {
	const char *name;
	uint32_t token;
} archs[] = {
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
	{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
	{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
	{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
	{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
	{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
	{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
	{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
	{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
	{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
	{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
	{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
	{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
	{"SCMP_ARCH_S390", SCMP_ARCH_S390},
	{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
	{"SCMP_ARCH_X32", SCMP_ARCH_X32},
	{"SCMP_ARCH_X86", SCMP_ARCH_X86},
	{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
};

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
static const struct {
	const char *name;
	unsigned flag;
} filter_flags[] = {
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_TSYNC", 0}, /* the process has one thread */
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

#define NAMES_OF(function, table)                               \
	const char *const *function(void)                       \
	{                                                       \
		static const char *names[ARRAY_LEN(table) + 1]; \
                                                                \
		for (size_t i = 0; i < ARRAY_LEN(table); i++)   \
			names[i] = (table)[i].name;             \
		return names;                                   \
	}
NAMES_OF(seccomp_action_names, actions)
NAMES_OF(seccomp_operator_names, operators)
NAMES_OF(seccomp_arch_names, archs)
NAMES_OF(seccomp_flag_names, filter_flags)

/* The index of key's value in a table whose rows start with a name; -1 and an error, or -2 absent.
 */
static int lookup(const struct cur *obj, const char *key, enum cur_need need,
		  const char *const *names, struct err *e)
{
	const char *word = NULL;
	struct cur c = cur_key(obj, key);

	if (cur_str(obj, key, need, &word, e) < 0)
		return -1;
	if (!word)
		return -2;
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return cur_bad(&c, e, "unknown value \"%s\"", word);
}

static int get_action(const struct cur *obj, const char *key, const char *errno_key, uint32_t *out,
		      struct err *e)
{
	int i = lookup(obj, key, CUR_NEED, seccomp_action_names(), e);
	int64_t number = EPERM;

	if (i < 0)
		return -1;
	if (cur_int(obj, errno_key, CUR_OPTIONAL, 0, 0xffff, &number, e) < 0)
		return -1;
	*out = actions[i].value;
	if (actions[i].has_errno)
		*out |= (uint32_t)number;
	return 0;
}

static int add_archs(scmp_filter_ctx ctx, const struct cur *profile, struct err *e)
{
	_strv_ struct strv names = {0};
	struct cur list = {0};

	if (cur_arr(profile, "architectures", CUR_OPTIONAL, &list, e) < 0 ||
	    cur_strv(profile, "architectures", CUR_OPTIONAL, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct cur at = cur_at(&list, i);
		size_t k = 0;
		int rc;

		while (k < ARRAY_LEN(archs) && strcmp(archs[k].name, names.v[i]) != 0)
			k++;
		if (k == ARRAY_LEN(archs))
			return cur_bad(&at, e, "unknown architecture \"%s\"", names.v[i]);
		rc = seccomp_arch_add(ctx, archs[k].token);
		/* EDOM: another byte order, whose calls this kernel never makes */
		if (rc < 0 && rc != -EEXIST && rc != -EDOM)
			return err_set(e, ERR_FAILED, -rc, "seccomp_arch_add",
				       "cannot filter architecture %s", names.v[i]);
	}
	return 0;
}

static int get_u64(const struct cur *obj, const char *key, enum cur_need need, uint64_t *out,
		   struct err *e)
{
	struct cur c = cur_key(obj, key);

	if (!c.val && need == CUR_OPTIONAL)
		return 0;
	if (json_kind(c.val) != JSON_INT)
		return cur_bad(&c, e, "expected a number");
	*out = json_uint(c.val);
	return 0;
}

static int get_arg(const struct cur *arg, struct scmp_arg_cmp *out, struct err *e)
{
	int64_t index = 0;
	uint64_t value = 0, second = 0;
	int op = lookup(arg, "op", CUR_NEED, seccomp_operator_names(), e);

	if (op < 0 || cur_int(arg, "index", CUR_NEED, 0, 5, &index, e) < 0 ||
	    get_u64(arg, "value", CUR_NEED, &value, e) < 0 ||
	    get_u64(arg, "valueTwo", CUR_OPTIONAL, &second, e) < 0)
		return -1;
	*out = (struct scmp_arg_cmp){(unsigned)index, operators[op].op, value, second};
	return 0;
}

struct rule {
	uint32_t action;
	struct scmp_arg_cmp args[6];
	unsigned nargs;
	bool either; /* one of the conditions, not all */
};

static int get_args(const struct cur *entry, struct rule *r, struct err *e)
{
	unsigned seen = 0;
	struct cur list = {0};

	if (cur_arr(entry, "args", CUR_OPTIONAL, &list, e) < 0)
		return -1;
	if (json_len(list.val) > ARRAY_LEN(r->args))
		return cur_bad(&list, e, "more than 6 conditions");
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur arg = cur_at(&list, i);

		if (get_arg(&arg, &r->args[r->nargs], e) < 0)
			return -1;
		if (seen & 1u << r->args[r->nargs].arg)
			r->either = true;
		seen |= 1u << r->args[r->nargs++].arg;
	}
	return 0;
}

static int add_name(scmp_filter_ctx ctx, const struct rule *r, const char *name, struct err *e)
{
	int nr = seccomp_syscall_resolve_name(name), rc = 0;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	if (r->either)
		for (unsigned i = 0; i < r->nargs && rc == 0; i++)
			rc = seccomp_rule_add_array(ctx, r->action, nr, 1, &r->args[i]);
	else
		rc = seccomp_rule_add_array(ctx, r->action, nr, r->nargs, r->args);
	/* EEXIST: the first rule for these very conditions stands; EDOM: not on these machines */
	if (rc < 0 && rc != -EEXIST && rc != -EDOM)
		return err_set(e, ERR_INPUT, -rc, "seccomp_rule_add",
			       "cannot add a seccomp rule for %s", name);
	return 0;
}

static int add_entry(scmp_filter_ctx ctx, const struct cur *entry, uint32_t dflt, bool *notify,
		     struct err *e)
{
	struct rule r = {0};
	struct cur names = {0};

	if (get_action(entry, "action", "errnoRet", &r.action, e) < 0 ||
	    cur_arr(entry, "names", CUR_NEED, &names, e) < 0 || get_args(entry, &r, e) < 0)
		return -1;
	if (r.action == SCMP_ACT_NOTIFY)
		*notify = true;
	for (size_t i = 0; i < json_len(names.val); i++) {
		struct cur n = cur_at(&names, i);
		const char *name = NULL;

		if (cur_self_str(&n, &name, e) < 0)
			return -1;
		if (r.action != dflt && add_name(ctx, &r, name, e) < 0)
			return -1;
	}
	return 0;
}

static int get_flags(const struct cur *profile, unsigned *out, struct err *e)
{
	struct cur list = {0};

	if (cur_arr(profile, "flags", CUR_OPTIONAL, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur at = cur_at(&list, i);
		const char *name = NULL;
		size_t k = 0;

		if (cur_self_str(&at, &name, e) < 0)
			return -1;
		while (k < ARRAY_LEN(filter_flags) && strcmp(filter_flags[k].name, name) != 0)
			k++;
		if (k == ARRAY_LEN(filter_flags))
			return cur_bad(&at, e, "unknown flag \"%s\"", name);
		*out |= filter_flags[k].flag;
	}
	return 0;
}

static int export(scmp_filter_ctx ctx, struct buf *out, struct err *e)
{
	_close_ int fd = memfd_create("seccomp", MFD_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(e, "memfd_create", "cannot compile the seccomp profile");
	rc = seccomp_export_bpf(ctx, fd);
	if (rc < 0)
		return err_set(e, ERR_FAILED, -rc, "seccomp_export_bpf",
			       "cannot compile the seccomp profile");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "lseek", "cannot compile the seccomp profile");
	return fd_read_all(fd, MAX_CACHE_FILE, out, "the seccomp program", e);
}

static int build(scmp_filter_ctx ctx, const struct cur *profile, uint32_t dflt,
		 struct seccomp_filter *out, struct err *e)
{
	struct cur list = {0};

	/* without CAP_SYS_ADMIN the caller may need the filter without no_new_privs: our business
	 */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (add_archs(ctx, profile, e) < 0 ||
	    cur_arr(profile, "syscalls", CUR_OPTIONAL, &list, e) < 0)
		return -1;
	for (size_t i = 0; i < json_len(list.val); i++) {
		struct cur entry = cur_at(&list, i);

		if (add_entry(ctx, &entry, dflt, &out->notify, e) < 0)
			return -1;
	}
	return export(ctx, &out->bpf, e);
}

int seccomp_compile(const struct cur *profile, struct seccomp_filter *out, struct err *e)
{
	uint32_t dflt = 0;
	scmp_filter_ctx ctx;
	int rc;

	if (get_action(profile, "defaultAction", "defaultErrnoRet", &dflt, e) < 0 ||
	    get_flags(profile, &out->flags, e) < 0)
		return -1;
	ctx = seccomp_init(dflt);
	if (!ctx)
		return err_set(e, ERR_FAILED, EINVAL, "seccomp_init", "cannot start libseccomp");
	rc = build(ctx, profile, dflt, out, e);
	seccomp_release(ctx);
	return rc;
}

/* FNV-1a, for a file name and for torn files; equality is decided by the whole text. */
static uint64_t fnv(const void *data, size_t len, uint64_t h)
{
	const unsigned char *p = data;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}
#define FNV_START 0xcbf29ce484222325u

struct cache_head {
	char magic[16];
	uint64_t key_len, bpf_len, sum;
	uint32_t flags, notify;
};

/* The program and what goes with it. */
static uint64_t checksum(const struct cache_head *h, const void *bpf)
{
	uint64_t sum = fnv(bpf, h->bpf_len, FNV_START);

	return fnv(&h->notify, sizeof(h->notify), fnv(&h->flags, sizeof(h->flags), sum));
}

/* What a program depends on besides its profile. */
static void make_version(struct buf *key)
{
	const struct scmp_version *v = seccomp_version();
	struct utsname u = {0};

	uname(&u);
	buf_fmt(key, "libseccomp %u.%u.%u kernel %s arch %x\n", v->major, v->minor, v->micro,
		u.release, seccomp_arch_native());
}

static void make_key(const struct cur *profile, struct buf *key)
{
	_free_ char *text = json_text(profile->val, false);

	make_version(key);
	buf_str(key, text);
}

/* Takes the program out of out->entry; *key gets the text that it was made from, borrowed. */
static bool take_entry(struct seccomp_filter *out, const char **key, size_t *key_len)
{
	const struct buf *b = &out->entry;
	struct cache_head h;

	if (b->len < sizeof(h))
		return false;
	memcpy(&h, b->data, sizeof(h));
	*key = b->data + sizeof(h);
	*key_len = h.key_len;
	if (memcmp(h.magic, MAGIC, sizeof(MAGIC)) != 0 || h.key_len > b->len ||
	    h.bpf_len > b->len || h.bpf_len % sizeof(struct sock_filter) ||
	    sizeof(h) + h.key_len + h.bpf_len != b->len || h.sum != checksum(&h, *key + h.key_len))
		return false;
	buf_add(&out->bpf, *key + h.key_len, h.bpf_len);
	out->flags = h.flags;
	out->notify = h.notify;
	return true;
}

static bool read_cache(int dir, const char *name, const struct buf *key, struct seccomp_filter *out)
{
	_close_ int fd =
		dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *found;
	size_t len;

	if (fd >= 0 && fd_read_all(fd, MAX_CACHE_FILE, &out->entry, name, NULL) == 0 &&
	    take_entry(out, &found, &len) && len == key->len &&
	    memcmp(found, key->data, len) == 0) {
		out->file = take_fd(&fd);
		return out->from_cache = true;
	}
	seccomp_filter_release(out);
	*out = (struct seccomp_filter){0};
	return false;
}

static void make_entry(const struct buf *key, struct seccomp_filter *f)
{
	struct cache_head h = {
		.key_len = key->len,
		.bpf_len = f->bpf.len,
		.flags = f->flags,
		.notify = f->notify,
	};

	h.sum = checksum(&h, f->bpf.data);
	memcpy(h.magic, MAGIC, sizeof(MAGIC));
	buf_add(&f->entry, &h, sizeof(h));
	buf_add(&f->entry, key->data, key->len);
	buf_add(&f->entry, f->bpf.data, f->bpf.len);
}

int seccomp_cached(int cachedir, const struct cur *profile, struct seccomp_filter *out,
		   struct err *e)
{
	_buf_ struct buf key = {0};
	char name[32];

	make_key(profile, &key);
	snprintf(name, sizeof(name), "%016llx.bpf",
		 (unsigned long long)fnv(key.data, key.len, FNV_START));
	if (read_cache(cachedir, name, &key, out))
		return 0;
	if (seccomp_compile(profile, out, e) < 0)
		return -1;
	make_entry(&key, out);
	if (cachedir >= 0)
		seccomp_keep(out, cachedir, name, NULL);
	return 0;
}

int seccomp_keep(const struct seccomp_filter *f, int dir, const char *name, struct err *e)
{
	char link[40];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", f->file);
	if (f->from_cache && linkat(AT_FDCWD, link, dir, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	return file_replace(dir, name, f->entry.data, f->entry.len, 0600, false, e);
}

int seccomp_kept(int dir, const char *name, struct seccomp_filter *out, struct json **profile,
		 struct err *e)
{
	_buf_ struct buf version = {0};
	const char *key, *text;
	size_t len;
	bool same;

	*profile = NULL;
	if (file_read(dir, name, MAX_CACHE_FILE, &out->entry, e) < 0)
		return -1;
	if (!take_entry(out, &key, &len) || !(text = memchr(key, '\n', len)))
		return err_set(e, ERR_INPUT, 0, NULL, "%s is damaged", name);
	text++;
	make_version(&version);
	same = version.len == (size_t)(text - key) && memcmp(version.data, key, version.len) == 0;
	if (same && !out->notify)
		return 0;
	if (json_parse(text, len - (size_t)(text - key), name, profile, e) < 0)
		return -1;
	if (same)
		return 0;
	buf_release(&out->bpf);
	return seccomp_compile(&(struct cur){.val = *profile}, out, e);
}

void seccomp_filter_release(struct seccomp_filter *f)
{
	buf_release(&f->bpf);
	buf_release(&f->entry);
	if (f->from_cache)
		close(f->file);
	f->from_cache = false;
}

int seccomp_install(const struct seccomp_filter *f, int *listener, struct err *e)
{
	struct sock_fprog p = {
		.len = (unsigned short)(f->bpf.len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)f->bpf.data,
	};
	unsigned flags = f->flags | (f->notify ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0);
	long rc;

	if (f->bpf.len / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return err_set(e, ERR_INPUT, 0, "seccomp", "the seccomp profile is too large");
	rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
	if (rc < 0)
		return err_sys(e, "seccomp", "cannot install the seccomp filter");
	if (f->notify && listener)
		*listener = (int)rc;
	return 0;
}
