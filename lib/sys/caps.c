/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities by capset(2) and prctl(2): see caps.h for the contract.
 *
 * A permitted set can only shrink, and asking for more than there is fails whole (capset(2)). The
 * sets are therefore cut to what the process holds, as a container in a user namespace or a caller
 * with a bounding set of its own cannot have more. Ambient bits must be permitted and inheritable
 * (Linux 4.3); capset(2) drops the others by itself.
 */
#include "sys/caps.h"

#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

int caps_number(const char *name)
{
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcasecmp(names[i] + 4, name) == 0)
			return (int)i;
	return -1;
}

const char *caps_name(int number)
{
	return number >= 0 && (size_t)number < ARRAY_LEN(names) ? names[number] : NULL;
}

/* PR_CAPBSET_READ fails with EINVAL for a number that the kernel does not have. */
uint64_t caps_all(void)
{
	int n = 63;

	while (n >= 0 && prctl(PR_CAPBSET_READ, n, 0, 0, 0) < 0)
		n--;
	return n >= 63 ? ~(uint64_t)0 : CAP_BIT(n + 1) - 1;
}

uint64_t caps_set(const struct strv *list, struct strv *unknown)
{
	uint64_t set = 0;

	strv_foreach (name, list) {
		int n = caps_number(name);

		if (n >= 0)
			set |= CAP_BIT(n);
		else if (unknown && !strv_has(unknown, name))
			strv_add(unknown, name);
	}
	return set;
}

static int get(struct __user_cap_data_struct d[2])
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capget, &h, d);
}

static uint64_t join(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

uint64_t caps_effective(void)
{
	struct __user_cap_data_struct d[2] = {0};

	return get(d) < 0 ? 0 : join(d[0].effective, d[1].effective);
}

uint64_t caps_permitted(void)
{
	struct __user_cap_data_struct d[2] = {0};

	return get(d) < 0 ? 0 : join(d[0].permitted, d[1].permitted);
}

int caps_limit(const struct caps *c, struct err *e)
{
	for (int n = 0; n < 64; n++) {
		if (c->bounding & CAP_BIT(n) || prctl(PR_CAPBSET_DROP, n, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			return 0; /* behind the last one */
		if (prctl(PR_CAPBSET_READ, n, 0, 0, 0) == 1)
			return err_sys(e, "prctl", "cannot drop %s from the bounding set",
				       caps_name(n) ? caps_name(n) : "a capability");
	}
	return 0;
}

static int raise_ambient(uint64_t set, struct err *e)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return err_sys(e, "prctl", "cannot clear the ambient capabilities");
	for (int n = 0; n < 64 && set >> n; n++)
		if (set & CAP_BIT(n) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, n, 0, 0) < 0)
			return err_sys(e, "prctl", "cannot make %s ambient",
				       caps_name(n) ? caps_name(n) : "a capability");
	return 0;
}

int caps_apply(const struct caps *c, struct err *e)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};
	uint64_t have, permitted, effective, inheritable;

	if (get(d) < 0)
		return err_sys(e, "capget", "cannot read the capabilities");
	have = join(d[0].permitted, d[1].permitted);
	permitted = c->permitted & have;
	effective = c->effective & permitted;
	inheritable = c->inheritable & (have | join(d[0].inheritable, d[1].inheritable));
	for (int i = 0; i < 2; i++) {
		d[i].permitted = (uint32_t)(permitted >> (32 * i));
		d[i].effective = (uint32_t)(effective >> (32 * i));
		d[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	if (syscall(SYS_capset, &h, d) < 0)
		return err_sys(e, "capset", "cannot set the capabilities");
	return raise_ambient(c->ambient & permitted & inheritable, e);
}
