/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .linux.resources.devices as a program of type BPF_PROG_TYPE_CGROUP_DEVICE (Linux 4.15): bpf(2),
 * the kernel's admin-guide/cgroup-v2 "Device controller", runtime-spec config-linux.md.
 *
 * The kernel runs it for each mknod(2) and open(2) of a device; 0 refuses with EPERM. The list is
 * read as the files of cgroup v1 took it: in order, a later rule overriding an earlier one for each
 * kind of access. So the program goes from the last rule to the first with the kinds that are not
 * decided yet: a rule that denies one of them ends with 0, one that allows takes its own out, none
 * left ends with 1. What no rule decides is refused. The devices that every container has are
 * allowed behind the list.
 *
 * Registers: r2 type, r3 kinds not decided yet, r4 major, r5 minor, r0 scratch and result.
 */
#include "cgroup/devices_bpf.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_RULES    1024
#define INSNS_A_RULE 12
#define ANY	     (-1)
#define ALL_KINDS    (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

struct rule {
	bool allow;
	int type;	      /* BPF_DEVCG_DEV_*, ANY */
	int64_t major, minor; /* ANY */
	int kinds;	      /* BPF_DEVCG_ACC_* */
};

static const struct rule always[] = {
	/* to make a node opens nothing: who may not make one is held back by CAP_MKNOD */
	{true, BPF_DEVCG_DEV_CHAR, ANY, ANY, BPF_DEVCG_ACC_MKNOD},
	{true, BPF_DEVCG_DEV_BLOCK, ANY, ANY, BPF_DEVCG_ACC_MKNOD},
	{true, BPF_DEVCG_DEV_CHAR, 1, 3, ALL_KINDS},	 /* null */
	{true, BPF_DEVCG_DEV_CHAR, 1, 5, ALL_KINDS},	 /* zero */
	{true, BPF_DEVCG_DEV_CHAR, 1, 7, ALL_KINDS},	 /* full */
	{true, BPF_DEVCG_DEV_CHAR, 1, 8, ALL_KINDS},	 /* random */
	{true, BPF_DEVCG_DEV_CHAR, 1, 9, ALL_KINDS},	 /* urandom */
	{true, BPF_DEVCG_DEV_CHAR, 5, 0, ALL_KINDS},	 /* tty */
	{true, BPF_DEVCG_DEV_CHAR, 5, 2, ALL_KINDS},	 /* ptmx */
	{true, BPF_DEVCG_DEV_CHAR, 10, 200, ALL_KINDS},	 /* net/tun */
	{true, BPF_DEVCG_DEV_CHAR, 136, ANY, ALL_KINDS}, /* pts */
};

struct code {
	struct bpf_insn *v;
	size_t n;
};

static void emit(struct code *c, uint8_t op, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	c->v[c->n++] = (struct bpf_insn){
		.code = op, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm};
}

static void emit_return(struct code *c, int value)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, value);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* struct bpf_cgroup_dev_ctx: access_type (kinds << 16 | type), major, minor */
static void emit_start(struct code *c)
{
	emit(c, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, 0, 0);
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit(c, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	emit(c, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
	emit(c, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_4, BPF_REG_1, 4, 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_5, BPF_REG_1, 8, 0);
}

static void emit_rule(struct code *c, const struct rule *r)
{
	size_t jumps[3], n = 0;

	if (r->type != ANY) {
		jumps[n++] = c->n;
		emit(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 0, r->type);
	}
	if (r->major != ANY) {
		jumps[n++] = c->n;
		emit(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_4, 0, 0, (int32_t)r->major);
	}
	if (r->minor != ANY) {
		jumps[n++] = c->n;
		emit(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_5, 0, 0, (int32_t)r->minor);
	}
	if (r->allow) {
		emit(c, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_3, 0, 0, ~r->kinds);
		emit(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_3, 0, 2, 0);
		emit_return(c, 1);
	} else {
		emit(c, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_3, 0, 0);
		emit(c, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, r->kinds);
		emit(c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0);
		emit_return(c, 0);
	}
	for (size_t i = 0; i < n; i++)
		c->v[jumps[i]].off = (int16_t)(c->n - jumps[i] - 1);
}

static int read_kinds(const struct cur *dev, int *out, struct err *e)
{
	const char *access = "rwm";
	struct cur at = cur_key(dev, "access");

	if (cur_str(dev, "access", CUR_OPTIONAL, &access, e) < 0)
		return -1;
	*out = 0;
	for (const char *p = access; *p; p++) {
		if (!strchr("rwm", *p))
			return cur_bad(&at, e, "\"%s\" is not of the letters r, w, m", access);
		*out |= *p == 'r'   ? BPF_DEVCG_ACC_READ
			: *p == 'w' ? BPF_DEVCG_ACC_WRITE
				    : BPF_DEVCG_ACC_MKNOD;
	}
	return 0;
}

static int read_rule(const struct cur *dev, struct rule *r, struct err *e)
{
	const char *type = "a";
	struct cur at = cur_key(dev, "type");

	*r = (struct rule){.type = ANY, .major = ANY, .minor = ANY};
	if (cur_bool(dev, "allow", CUR_NEED, &r->allow, e) < 0 ||
	    cur_str(dev, "type", CUR_OPTIONAL, &type, e) < 0 ||
	    cur_int(dev, "major", CUR_OPTIONAL, -1, INT32_MAX, &r->major, e) < 0 ||
	    cur_int(dev, "minor", CUR_OPTIONAL, -1, INT32_MAX, &r->minor, e) < 0 ||
	    read_kinds(dev, &r->kinds, e) < 0)
		return -1;
	if (str_eq(type, "b"))
		r->type = BPF_DEVCG_DEV_BLOCK;
	else if (str_eq(type, "c") || str_eq(type, "u"))
		r->type = BPF_DEVCG_DEV_CHAR;
	else if (!str_eq(type, "a"))
		return cur_bad(&at, e, "must be one of a, b, c, u");
	return 0;
}

static int generate(const struct cur *list, struct code *c, struct err *e)
{
	emit_start(c);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		emit_rule(c, &always[i]);
	for (size_t i = json_len(list->val); i-- > 0;) {
		struct cur dev = cur_at(list, i);
		struct rule r;

		if (read_rule(&dev, &r, e) < 0)
			return -1;
		emit_rule(c, &r);
	}
	emit_return(c, 0);
	return 0;
}

static int bpf(int command, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, command, a, sizeof(*a));
}

static int load(const struct code *c, struct err *e)
{
	static const char license[] = "GPL";
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE};
	int fd;

	a.insns = (uint64_t)(uintptr_t)c->v;
	a.insn_cnt = (uint32_t)c->n;
	a.license = (uint64_t)(uintptr_t)license;
	a.expected_attach_type = BPF_CGROUP_DEVICE;
	fd = bpf(BPF_PROG_LOAD, &a);
	return fd < 0 ? err_sys(e, "bpf", "cannot load the device filter") : fd;
}

#define MAX_PROGS 64

/* The programs attached to this very cgroup, before another one is. */
static uint32_t attached(int dir, uint32_t ids[MAX_PROGS])
{
	union bpf_attr a = {.query.target_fd = (uint32_t)dir,
			    .query.attach_type = BPF_CGROUP_DEVICE,
			    .query.prog_ids = (uint64_t)(uintptr_t)ids,
			    .query.prog_cnt = MAX_PROGS};

	return bpf(BPF_PROG_QUERY, &a) < 0 ? 0 : a.query.prog_cnt;
}

static int detach(int dir, uint32_t id, struct err *e)
{
	union bpf_attr by_id = {.prog_id = id}, a = {.attach_type = BPF_CGROUP_DEVICE};
	_close_ int prog = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);

	a.target_fd = (uint32_t)dir;
	a.attach_bpf_fd = (uint32_t)prog;
	if (prog < 0 || bpf(BPF_PROG_DETACH, &a) < 0)
		return err_sys(e, "bpf", "cannot detach the device filter that was there");
	return 0;
}

/* All that are attached decide together, so a wider list is in force only without the old one. */
int devices_replace(int dir, struct json *resources, struct err *e)
{
	uint32_t ids[MAX_PROGS], n = attached(dir, ids);

	if (devices_filter(dir, resources, e) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (detach(dir, ids[i], e) < 0)
			return err_prefix(e, ".linux.resources.devices");
	return 0;
}

int devices_filter(int dir, struct json *resources, struct err *e)
{
	struct cur root = {.val = resources}, list;
	_free_ struct bpf_insn *insns = NULL;
	union bpf_attr a = {.attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
	struct code c = {0};
	_close_ int prog = -1;
	size_t n;

	if (cur_arr(&root, "devices", CUR_OPTIONAL, &list, e) < 0)
		return err_prefix(e, ".linux.resources");
	n = json_len(list.val);
	if (!n)
		return 0;
	if (n > MAX_RULES)
		return err_set(e, ERR_INPUT, 0, NULL,
			       ".linux.resources.devices: more than %d rules", MAX_RULES);
	insns = mem_alloc((n + sizeof(always) / sizeof(always[0]) + 1) * INSNS_A_RULE *
			  sizeof(*insns));
	c.v = insns;
	if (generate(&list, &c, e) < 0)
		return err_prefix(e, ".linux.resources");
	prog = load(&c, e);
	a.target_fd = (uint32_t)dir;
	a.attach_bpf_fd = (uint32_t)prog;
	if (prog >= 0 && bpf(BPF_PROG_ATTACH, &a) < 0)
		err_sys(e, "bpf", "cannot attach the device filter to the cgroup");
	if (!e->code)
		return 0;
	err_prefix(e, ".linux.resources.devices");
	return err_hint(e, "it needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, on the host");
}
