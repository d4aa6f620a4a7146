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
#include "sys/caps.h"

static const char *const default_caps[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER",  "CAP_FSETID",		  "CAP_KILL",
	"CAP_SETGID",  "CAP_SETUID",	   "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
	"CAP_SETFCAP",
};

/* Those that have a name here, which is as many as this runtime can be asked for. */
static uint64_t set_all(void)
{
	uint64_t set = 0;

	for (int i = 0; caps_name(i); i++)
		set |= CAP_BIT(i);
	return set;
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
		int nr = caps_number(names.v[i]);

		if (strcasecmp(names.v[i], "ALL") == 0)
			*all = true;
		else if (nr < 0)
			return cur_bad(&item, e, "\"%.60s\" is no capability", names.v[i]);
		else
			*set |= CAP_BIT(nr);
	}
	return 0;
}

static struct json *set_names(uint64_t set, struct strv *names)
{
	struct json *a = json_new_array();

	for (int i = 0; caps_name(i); i++) {
		if (!(set & CAP_BIT(i)))
			continue;
		json_add(a, json_new_str(caps_name(i)));
		if (names)
			strv_add(names, caps_name(i));
	}
	return a;
}

static uint64_t default_set(void)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_LEN(default_caps); i++)
		set |= CAP_BIT(caps_number(default_caps[i]));
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
		bounding = g->privileged || add_all ? set_all() : default_set();
	bounding = (bounding | add) & ~drop;
	own = (add_all ? set_all() : add) & bounding;
	json_set(c, "bounding", set_names(bounding, &g->caps));
	json_set(c, "effective", set_names(uid == 0 ? bounding : own, NULL));
	json_set(c, "permitted", set_names(uid == 0 ? bounding : own, NULL));
	json_set(c, "inheritable", set_names(uid == 0 ? 0 : own, NULL));
	json_set(c, "ambient", set_names(uid == 0 ? 0 : own, NULL));
	return 0;
}
