/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of /etc/passwd and /etc/group for users that the image does not know, as Podman adds them,
 * so that ssh, git and all that ask for their own name have one: the container's user and group
 * where they are given as numbers, and users of the host by --hostuser.
 *
 * The files are the container's own: they are opened below the mounted tree, whose writes go to the
 * read-write layer, also where the container will see its root read-only. What is mounted there by
 * the user is not touched. Both files are hostile: opened without blocking, regular or left alone.
 */
#include "rootfs-mount.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "ctr/passwd.h"
#include "oci/imgstr.h"
#include "sys/path.h"

#define PASSWD "/etc/passwd"
#define GROUP  "/etc/group"

/* A name and what it stands for in the user's own line. */
struct word {
	const char *name, *text;
};

/* The longest name that the text begins with, so that no name hides one that begins alike. */
static char *fill(const char *line, const struct word *words, size_t n)
{
	struct buf out = {0};

	buf_str(&out, "");
	while (*line) {
		const struct word *found = NULL;

		for (size_t i = 0; *line == '$' && i < n; i++)
			if (str_after(line + 1, words[i].name) &&
			    (!found || strlen(words[i].name) > strlen(found->name)))
				found = &words[i];
		if (found) {
			buf_str(&out, found->text);
			line += 1 + strlen(found->name);
		} else {
			buf_char(&out, *line++);
		}
	}
	return buf_take(&out);
}

/* Before it is opened for writing, which copies all of it to the read-write layer. */
static int check_file(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > PASSWD_MAX_FILE)
		return err_set(e, ERR_INPUT, 0, NULL, "%s of the image is no file of a usual size",
			       path);
	return 0;
}

/* One line more, whatever the file ended with. It is made where there is none. */
static int append(int root, const char *path, const char *line, struct err *e)
{
	_buf_ struct buf text = {0}, out = {0};
	_close_ int made = path_mkfile_in_root(root, path, 0644, e), fd = -1;

	if (made < 0 || check_file(made, path, e) < 0)
		return -1;
	passwd_read(root, path, &text);
	fd = path_open_in_root(root, path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY, 0, e);
	if (fd < 0)
		return -1;
	buf_fmt(&out, "%s%s\n", text.len && text.data[text.len - 1] != '\n' ? "\n" : "", line);
	return fd_write_all(fd, out.data, out.len, e);
}

static int add_line(int root, const char *path, const char *line, struct err *e)
{
	if (!imgstr_printable(line))
		return err_set(e, ERR_INPUT, 0, NULL, "a line for %s with control characters",
			       path);
	return append(root, path, line, e);
}

/* A home in a line of passwd: no colon or newline may end it. */
static const char *home_of(const char *workdir)
{
	return *workdir == '/' && !strchr(workdir, ':') && imgstr_printable(workdir) ? workdir
										     : "/";
}

static int add_passwd(int root, const char *entry, const char *name, int64_t uid, int64_t gid,
		      const char *real_name, const char *home, struct err *e)
{
	_free_ char *uid_text = str_fmt("%lld", (long long)uid);
	_free_ char *gid_text = str_fmt("%lld", (long long)gid);
	const struct word words[] = {{"USERNAME", name},
				     {"UID", uid_text},
				     {"GID", gid_text},
				     {"NAME", real_name},
				     {"HOME", home}};
	_free_ char *line = fill(entry ? entry : "$USERNAME:*:$UID:$GID:$NAME:$HOME:/bin/sh", words,
				 ARRAY_LEN(words));

	return add_line(root, PASSWD, line, e);
}

static int add_group(int root, const char *entry, int64_t gid, const char *user, struct err *e)
{
	_free_ char *text = str_fmt("%lld", (long long)gid);
	const struct word words[] = {{"GROUPNAME", text}, {"GID", text}, {"USERLIST", user}};
	_free_ char *line =
		fill(entry ? entry : "$GROUPNAME:x:$GID:$USERLIST", words, ARRAY_LEN(words));

	return add_line(root, GROUP, line, e);
}

/* The name and home of a user of this host are in its own files. */
static int add_host_user(int root, int host, const char *name, const struct places *p,
			 struct err *e)
{
	_account_ struct account a = {0}, known = {0};

	if (!passwd_find(host, str_only(name, "0123456789") ? NULL : name, strtoll(name, NULL, 10),
			 &a))
		return err_set(e, ERR_USAGE, 0, NULL,
			       "--hostuser: this host's /etc/passwd has no user %s", name);
	if (passwd_find(root, a.name, 0, &known))
		return 0;
	return add_passwd(root, p->passwd_entry, a.name, a.uid, a.gid, "",
			  places_cover(p, a.home) ? a.home : home_of(p->workdir), e);
}

int accounts_add_host(int root, const struct places *p, struct err *e)
{
	_close_ int host = p->host_users.n ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!p->passwd || places_cover(p, PASSWD))
		return 0;
	strv_foreach (name, &p->host_users) {
		if (add_host_user(root, host, name, p, e) < 0)
			return -1;
	}
	return 0;
}

/* The user of the container, where it is a number without a name. */
static int add_user(int root, struct user *u, const struct places *p, struct err *e)
{
	_free_ char *name = str_fmt("%lld", (long long)u->uid);

	if (!u->numeric || u->known)
		return 0;
	if (add_passwd(root, p->passwd_entry, name, u->uid, u->gid, "container user",
		       home_of(p->workdir), e) < 0)
		return -1;
	free(u->home);
	u->home = str_dup(home_of(p->workdir));
	return 0;
}

static int add_group_of(int root, const struct user *u, const struct places *p, struct err *e)
{
	if (u->group_number < 0 || group_known(root, u->group_number))
		return 0;
	return add_group(root, p->group_entry, u->group_number, u->name, e);
}

void accounts_add(int root, struct user *u, const struct places *p)
{
	struct err e = {0};

	if (!p->passwd)
		return;
	if (!places_cover(p, PASSWD) && add_user(root, u, p, &e) < 0)
		log_warn("the container's user has no line in " PASSWD ": %s", e.msg);
	err_clear(&e);
	if (!places_cover(p, GROUP) && add_group_of(root, u, p, &e) < 0)
		log_warn("the container's group has no line in " GROUP ": %s", e.msg);
}
