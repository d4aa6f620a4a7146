/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user of a container: "USER[:GROUP]", names or numbers, looked up in the image's own
 * /etc/passwd and /etc/group.
 *
 * Both files are hostile: lib/ctr/passwd.c reads them. A word of digits is always a number, also
 * where passwd has a user of that name; a number out of range is an error; nothing silently becomes
 * 0.
 */
#include "rootfs-mount.h"

#include <stdlib.h>

#include "ctr/passwd.h"

void user_release(struct user *u)
{
	free(u->name);
	free(u->home);
	json_put(u->groups);
}

static bool is_number(const char *s)
{
	return str_only(s, "0123456789");
}

/*
 * NAME:PASSWORD:GID:MEMBER,MEMBER. With member: adds the gids of all its groups to *gids. With
 * name: *gid becomes that group's; returns whether it was found.
 */
static bool scan_groups(int root, const char *name, const char *member, int64_t *gid,
			struct json *gids)
{
	_buf_ struct buf b = {0};
	char *text, *line;

	passwd_read(root, "/etc/group", &b);
	for (text = b.data; (line = passwd_next_line(&text));) {
		_strv_ struct strv f = {0}, members = {0};
		int64_t id;

		strv_split(&f, line, ':');
		if (f.n < 3 || str_to_int(f.v[2], 0, PASSWD_MAX_ID, &id) < 0)
			continue;
		if (name && strcmp(f.v[0], name) == 0) {
			*gid = id;
			return true;
		}
		if (!member || f.n < 4)
			continue;
		strv_split(&members, f.v[3], ',');
		if (strv_has(&members, member))
			json_add(gids, json_new_int(id));
	}
	return false;
}

static int number(const char *s, const char *what, int64_t *out, struct err *e)
{
	if (str_to_int(s, 0, PASSWD_MAX_ID, out) == 0)
		return 0;
	return err_set(e, ERR_INPUT, 0, NULL, "%s %s is out of range", what, s);
}

static int find_user(int root, const char *user, struct account *a, struct err *e)
{
	if (is_number(user)) {
		if (number(user, "user id", &a->uid, e) < 0)
			return -1;
		passwd_find(root, NULL, a->uid, a);
		return 0;
	}
	if (!passwd_find(root, user, 0, a))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "unable to find user %s: no matching entries in passwd file", user);
	return 0;
}

static int find_group(int root, const char *group, int64_t *gid, struct err *e)
{
	if (is_number(group))
		return number(group, "group id", gid, e);
	if (!scan_groups(root, group, NULL, gid, NULL))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "unable to find group %s: no matching entries in group file", group);
	return 0;
}

static void add_gid(struct json *gids, int64_t gid)
{
	json_each (g, gids)
		if (json_int(g.v) == gid)
			return;
	json_add(gids, json_new_int(gid));
}

bool group_known(int root, int64_t gid)
{
	_buf_ struct buf b = {0};
	char *text, *line;

	passwd_read(root, "/etc/group", &b);
	for (text = b.data; (line = passwd_next_line(&text));) {
		_strv_ struct strv f = {0};
		int64_t id;

		strv_split(&f, line, ':');
		if (f.n >= 3 && str_to_int(f.v[2], 0, PASSWD_MAX_ID, &id) == 0 && id == gid)
			return true;
	}
	return false;
}

static int more_groups(int root, const struct strv *groups, struct user *u, struct err *e)
{
	strv_foreach (g, groups) {
		int64_t gid;

		if (str_eq(g, "keep-groups"))
			continue;
		if (find_group(root, g, &gid, e) < 0)
			return -1;
		add_gid(u->groups, gid);
	}
	return 0;
}

/* As Podman's: a ':' alone means no group of the image's besides, "1:" and ":1" are fine. */
int user_lookup(int root, const char *user, const struct strv *groups, struct user *out,
		struct err *e)
{
	_account_ struct account a = {0};
	const char *group = strchr(user, ':'), *word;

	out->name = group ? str_ndup(user, group - user) : str_dup(user);
	out->groups = json_new_array();
	if (find_user(root, *out->name ? out->name : "0", &a, e) < 0)
		return -1;
	if (group && group[1] && find_group(root, group + 1, &a.gid, e) < 0)
		return -1;
	if (!group && a.name)
		scan_groups(root, NULL, a.name, NULL, out->groups);
	out->uid = a.uid;
	out->gid = a.gid;
	out->known = a.name;
	out->numeric = is_number(out->name);
	word = group ? group + 1 : out->name;
	out->group_number = is_number(word) ? strtoll(word, NULL, 10) : -1;
	out->home = str_dup(a.home ? a.home : a.uid == 0 ? "/root" : "/");
	return more_groups(root, groups, out, e);
}

struct json *user_json(const struct user *u)
{
	struct json *j = json_new_object();

	json_set(j, "uid", json_new_int(u->uid));
	json_set(j, "gid", json_new_int(u->gid));
	json_set(j, "additionalGids", json_ref(u->groups));
	json_set(j, "home", json_new_str(u->home));
	return j;
}
