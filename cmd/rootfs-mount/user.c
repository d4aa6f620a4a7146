/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user of a container: "USER[:GROUP]", names or numbers, looked up in the image's own
 * /etc/passwd and /etc/group.
 *
 * Both files are hostile: read through path_read_in_root() (regular, at most 1 MiB, no blocking),
 * parsed here line by line, never by NSS. A word of digits is always a number, also where passwd
 * has a user of that name; a number out of range is an error; nothing silently becomes 0.
 */
#include "rootfs-mount.h"

#include <ctype.h>

#include "sys/path.h"

#define MAX_FILE (1u << 20)
#define MAX_ID	 INT32_MAX

struct account {
	int64_t uid, gid;
	char *name; /* NULL where the uid has no entry */
	char *home;
};

static bool is_number(const char *s)
{
	return str_only(s, "0123456789");
}

static char *next_line(char **text)
{
	char *line = *text;
	size_t n;

	if (!*line)
		return NULL;
	n = strcspn(line, "\n");
	*text = line + n + (line[n] == '\n');
	line[n] = '\0';
	return line;
}

static void read_database(int root, const char *path, struct buf *b)
{
	/* an image without one, or with something else in its place, has no names */
	if (path_read_in_root(root, path, MAX_FILE, b, NULL) < 0)
		buf_release(b);
	buf_reserve(b, 0);
	b->data[b->len] = '\0';
}

/* NAME:PASSWORD:UID:GID:GECOS:HOME:SHELL */
static bool passwd_line(const char *line, const char *name, int64_t uid, struct account *a)
{
	_strv_ struct strv f = {0};
	int64_t id, gid;

	strv_split(&f, line, ':');
	if (f.n < 6 || str_to_int(f.v[2], 0, MAX_ID, &id) < 0 ||
	    str_to_int(f.v[3], 0, MAX_ID, &gid) < 0)
		return false;
	if (name ? strcmp(f.v[0], name) != 0 : id != uid)
		return false;
	a->uid = id;
	a->gid = gid;
	a->name = str_dup(f.v[0]);
	a->home = str_dup(*f.v[5] == '/' ? f.v[5] : "/");
	return true;
}

static bool find_passwd(int root, const char *name, int64_t uid, struct account *a)
{
	_buf_ struct buf b = {0};
	char *text, *line;

	read_database(root, "/etc/passwd", &b);
	for (text = b.data; (line = next_line(&text));)
		if (passwd_line(line, name, uid, a))
			return true;
	return false;
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

	read_database(root, "/etc/group", &b);
	for (text = b.data; (line = next_line(&text));) {
		_strv_ struct strv f = {0}, members = {0};
		int64_t id;

		strv_split(&f, line, ':');
		if (f.n < 3 || str_to_int(f.v[2], 0, MAX_ID, &id) < 0)
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
	if (str_to_int(s, 0, MAX_ID, out) == 0)
		return 0;
	return err_set(e, ERR_INPUT, 0, NULL, "%s %s is out of range", what, s);
}

static int find_user(int root, const char *user, struct account *a, struct err *e)
{
	if (is_number(user)) {
		if (number(user, "user id", &a->uid, e) < 0)
			return -1;
		find_passwd(root, NULL, a->uid, a);
		return 0;
	}
	if (!find_passwd(root, user, 0, a))
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

static void release_account(struct account *a)
{
	free(a->name);
	free(a->home);
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
	_clean_(release_account) struct account a = {0};
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
