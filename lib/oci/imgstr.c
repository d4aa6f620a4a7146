/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The validator of strings that come from images: see imgstr.h.
 *
 * It works on the text alone: it must not look at any file, resolve no path and no name. Whether a
 * path that it lets pass exists, or is a symbolic link, is for those who open it below a
 * descriptor.
 */
#include "oci/imgstr.h"

#include <limits.h>

bool imgstr_printable(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return false;
		if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			return false;
	}
	return true;
}

const char *imgstr_env_problem(const char *item)
{
	const char *eq = strchr(item, '=');

	if (!eq)
		return "has no \"=\"";
	if (eq == item)
		return "has no name";
	for (const char *p = item; p < eq; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			return "has a blank or control character in its name";
	return NULL;
}

char *imgstr_path(const char *path)
{
	_buf_ struct buf out = {0};
	const char *p = path;

	if (*p != '/' || strlen(p) > IMGSTR_MAX_PATH || !imgstr_printable(p))
		return NULL;
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (out.len && out.data[--out.len] != '/')
				;
		} else if (n && !(n == 1 && *p == '.')) {
			buf_char(&out, '/');
			buf_add(&out, p, n);
		}
		p += n;
		p += *p == '/';
	}
	if (!out.len)
		buf_char(&out, '/');
	out.data[out.len] = '\0';
	return buf_take(&out);
}

bool imgstr_path_below(const char *path, const char *dir)
{
	const char *rest = str_after(path, dir);

	return rest && (*rest == '\0' || *rest == '/' || str_eq(dir, "/"));
}

bool imgstr_is_process_path(const char *clean)
{
	static const char *const links[] = {"/proc/self", "/proc/thread-self", "/dev/fd",
					    "/dev/stdin", "/dev/stdout",       "/dev/stderr"};
	const char *rest = str_after(clean, "/proc/");

	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if (imgstr_path_below(clean, links[i]))
			return true;
	return rest && *rest >= '0' && *rest <= '9';
}

/* A name, or digits that fit an id. */
static bool user_part(const char *s, size_t n)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.@$-";
	_free_ char *part = str_ndup(s, n);
	int64_t id;

	if (!n || n > IMGSTR_MAX_NAME || *part == '-' || !str_only(part, set))
		return false;
	if (str_only(part, "0123456789"))
		return str_to_int(part, 0, INT32_MAX, &id) == 0;
	return true;
}

bool imgstr_user(const char *user)
{
	const char *colon = strchr(user, ':');

	if (!*user)
		return true;
	if (!colon)
		return user_part(user, strlen(user));
	return (colon == user || user_part(user, (size_t)(colon - user))) &&
	       (!colon[1] || user_part(colon + 1, strlen(colon + 1)));
}

bool imgstr_hostname(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-_";

	return str_only(name, set) && strlen(name) <= 64 && *name != '-' && *name != '.';
}

static int check_count(const struct cur *list, size_t max, struct err *e)
{
	return json_len(list->val) <= max ? 0 : cur_bad(list, e, "more than %zu items", max);
}

static int check_strings(const struct cur *config, const char *key, struct err *e)
{
	_strv_ struct strv v = {0};
	struct cur list = cur_key(config, key);

	if (check_count(&list, IMGSTR_MAX_ITEMS, e) < 0)
		return -1;
	return cur_strv(config, key, CUR_OPTIONAL, &v, e);
}

static int check_volumes(const struct cur *config, struct err *e)
{
	struct cur volumes;

	if (cur_obj(config, "Volumes", CUR_OPTIONAL, &volumes, e) < 0 ||
	    check_count(&volumes, IMGSTR_MAX_VOLUMES, e) < 0)
		return -1;
	json_foreach (m, volumes.val) {
		_free_ char *clean = imgstr_path(m.key);

		if (!clean || str_eq(clean, "/") || imgstr_path_below(clean, "/proc"))
			return cur_bad(&volumes, e, "\"%.200s\" cannot be a volume of an image",
				       m.key);
	}
	return 0;
}

static int check_user_and_dir(const struct cur *config, struct err *e)
{
	const char *user = "", *dir = "", *signal = "";
	struct cur c;

	if (cur_str(config, "User", CUR_OPTIONAL, &user, e) < 0 ||
	    cur_str(config, "WorkingDir", CUR_OPTIONAL, &dir, e) < 0 ||
	    cur_str(config, "StopSignal", CUR_OPTIONAL, &signal, e) < 0)
		return -1;
	c = cur_key(config, "User");
	if (!imgstr_user(user))
		return cur_bad(&c, e, "\"%.200s\" is no user", user);
	c = cur_key(config, "StopSignal");
	if (!imgstr_printable(signal))
		return cur_bad(&c, e, "\"%.200s\" is no signal", signal);
	c = cur_key(config, "WorkingDir");
	if (*dir) {
		_free_ char *clean = imgstr_path(dir);

		if (!clean)
			return cur_bad(&c, e, "\"%.200s\" is no absolute path", dir);
		if (imgstr_is_process_path(clean))
			return cur_bad(&c, e, "\"%.200s\" leads to a process's own entries", dir);
	}
	return 0;
}

int imgstr_check_config(const struct cur *config, struct err *e)
{
	struct cur ports;

	if (check_strings(config, "Env", e) < 0 || check_strings(config, "Cmd", e) < 0 ||
	    check_strings(config, "Entrypoint", e) < 0 || check_volumes(config, e) < 0 ||
	    check_user_and_dir(config, e) < 0 ||
	    cur_obj(config, "ExposedPorts", CUR_OPTIONAL, &ports, e) < 0 ||
	    check_count(&ports, IMGSTR_MAX_ITEMS, e) < 0)
		return -1;
	json_foreach (m, ports.val) {
		if (!imgstr_printable(m.key))
			return cur_bad(&ports, e, "\"%.200s\" is no port", m.key);
	}
	return 0;
}
