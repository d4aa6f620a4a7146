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

#include "ctr/passwd.h"

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
			       "unable to find user %s: no matching entries in the image's passwd "
			       "file",
			       user);
	return 0;
}

static int find_group(int root, const char *group, int64_t *gid, struct err *e)
{
	if (is_number(group))
		return number(group, "group id", gid, e);
	if (!scan_groups(root, group, NULL, gid, NULL))
		return err_set(e, ERR_INPUT, 0, NULL,
			       "unable to find group %s: no matching entries in the image's group "
			       "file",
			       group);
	return 0;
}

static void add_gid(struct json *gids, int64_t gid)
{
	json_each (g, gids)
		if (json_int(g.v) == gid)
			return;
	json_add(gids, json_new_int(gid));
}

int user_lookup(int root, const char *user, const struct strv *groups, struct json **out,
		struct err *e)
{
	_account_ struct account a = {0};
	_json_ struct json *gids = json_new_array();
	_free_ char *name = str_dup(user);
	char *group = strchr(name, ':');

	if (group)
		*group++ = '\0';
	if (*name || group) {
		if ((*name ? find_user(root, name, &a, e) : find_user(root, "0", &a, e)) < 0)
			return -1;
	} else {
		find_user(root, "0", &a, e);
	}
	if (group && *group) {
		if (find_group(root, group, &a.gid, e) < 0)
			return -1;
	} else if (a.name) {
		scan_groups(root, NULL, a.name, NULL, gids);
	}
	for (size_t i = 0; i < groups->n; i++) {
		int64_t gid;

		if (find_group(root, groups->v[i], &gid, e) < 0)
			return -1;
		add_gid(gids, gid);
	}
	*out = json_new_object();
	json_set(*out, "uid", json_new_int(a.uid));
	json_set(*out, "gid", json_new_int(a.gid));
	json_set(*out, "additionalGids", take_ptr(gids));
	json_set(*out, "home", json_new_str(a.home ? a.home : a.uid == 0 ? "/root" : "/"));
	return 0;
}
