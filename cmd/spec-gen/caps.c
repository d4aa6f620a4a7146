/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities, as Podman gives them to a rootless container: eleven by default, all for a
 * privileged one, less and more as asked for. Root of the container has them effective; another
 * user has only those that were added by name, as ambient ones. Nothing is inheritable but what
 * must be for that: an inheritable set that is full lets a file capability of the image take effect
 * for everybody.
 */
#include <stdio.h>

#include "gen.h"

static const char *const all_caps[] = {
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

static const char *const default_caps[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER",  "CAP_FSETID",		  "CAP_KILL",
	"CAP_SETGID",  "CAP_SETUID",	   "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
	"CAP_SETFCAP",
};

#define CAP_COUNT ARRAY_LEN(all_caps)
#define SET_ALL	  (((uint64_t)1 << CAP_COUNT) - 1)

/* The number of a capability: with or without CAP_, in any case of letters; -1: no such. */
static int cap_number(const char *name)
{
	const char *bare = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;

	for (size_t i = 0; i < CAP_COUNT; i++)
		if (strcasecmp(all_caps[i] + 4, bare) == 0)
			return (int)i;
	return -1;
}

/* The list at .request.KEY as a set; ALL sets *all. */
static int read_set(struct gen *g, const char *key, uint64_t *set, bool *all, struct err *e)
{
	_strv_ struct strv names = {0};
	struct cur arr = cur_key(&g->request, key);

	if (cur_strv(&g->request, key, CUR_OPTIONAL, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct cur item = cur_at(&arr, i);
		int nr = cap_number(names.v[i]);

		if (strcasecmp(names.v[i], "ALL") == 0)
			*all = true;
		else if (nr < 0)
			return cur_bad(&item, e, "\"%.60s\" is no capability", names.v[i]);
		else
			*set |= (uint64_t)1 << nr;
	}
	return 0;
}

static struct json *set_names(uint64_t set, struct strv *names)
{
	struct json *a = json_new_array();

	for (size_t i = 0; i < CAP_COUNT; i++) {
		if (!(set >> i & 1))
			continue;
		json_add(a, json_new_str(all_caps[i]));
		if (names)
			strv_add(names, all_caps[i]);
	}
	return a;
}

static uint64_t default_set(void)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_LEN(default_caps); i++)
		set |= (uint64_t)1 << cap_number(default_caps[i]);
	return set;
}

int gen_caps(struct gen *g, struct err *e)
{
	struct json *c = json_need_obj(g->process, "capabilities");
	uint64_t add = 0, drop = 0, bounding, own;
	bool add_all = false, drop_all = false;
	int64_t uid = json_int(json_path(g->rootfs.val, "user.uid"));

	if (read_set(g, "capAdd", &add, &add_all, e) < 0 ||
	    read_set(g, "capDrop", &drop, &drop_all, e) < 0)
		return -1;
	if ((add & drop) || (add_all && drop_all))
		return err_set(e, ERR_INPUT, 0, "json",
			       ".request.capAdd: a capability is both added and dropped");
	if (drop_all)
		bounding = 0;
	else
		bounding = g->privileged || add_all ? SET_ALL : default_set();
	bounding = (bounding | add) & ~drop;
	own = (add_all ? SET_ALL : add) & bounding;
	json_set(c, "bounding", set_names(bounding, &g->caps));
	json_set(c, "effective", set_names(uid == 0 ? bounding : own, NULL));
	json_set(c, "permitted", set_names(uid == 0 ? bounding : own, NULL));
	json_set(c, "inheritable", set_names(uid == 0 ? 0 : own, NULL));
	json_set(c, "ambient", set_names(uid == 0 ? 0 : own, NULL));
	return 0;
}
