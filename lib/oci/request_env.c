/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment of a request, and files of variables and labels: see request.h. */
#include <fcntl.h>
#include <stdlib.h>

#include "base/fd.h"
#include "oci/request.h"

extern char **environ;

static void parse_env(struct strv *env, const char *value)
{
	size_t n = strlen(value);

	if (strchr(value, '=')) {
		strv_add(env, value);
		return;
	}
	for (char **v = environ; *v; v++) {
		size_t len = strcspn(*v, "=");

		if (n && value[n - 1] == '*' ? strncmp(*v, value, n - 1) == 0
					     : len == n && strncmp(*v, value, n) == 0)
			strv_add(env, *v);
	}
}

/* The lines of a file that are not empty and no comments, blanks in front of them taken off. */
static int read_lines(const char *path, struct strv *out, struct err *e)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_buf_ struct buf b = {0};
	_strv_ struct strv lines = {0};

	/* /dev/stdin and <(...) are as good as a file */
	if (fd < 0)
		err_sys(e, "open", "cannot open %s", path);
	if (fd < 0 || fd_read_all(fd, 1 << 20, &b, path, e) < 0) {
		e->code = ERR_USAGE;
		return -1;
	}
	strv_split(&lines, b.data ? b.data : "", '\n');
	strv_foreach (line, &lines) {
		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = '\0';
		if (*line && *line != '#')
			strv_add(out, line);
	}
	return 0;
}

int parse_label_file(struct json *request, const char *path, struct err *e)
{
	_strv_ struct strv lines = {0};

	if (read_lines(path, &lines, e) < 0)
		return -1;
	strv_foreach (line, &lines) {
		const char *eq = strchr(line, '=');
		_free_ char *name = eq ? str_ndup(line, eq - line) : str_dup(line);

		if (!*name)
			return err_set(e, ERR_USAGE, 0, NULL, "%s: \"%s\": a label needs a name",
				       path, line);
		json_set(json_need_obj(request, "labels"), name, json_new_str(eq ? eq + 1 : ""));
	}
	return 0;
}

static int parse_env_file(struct strv *env, const char *path, struct err *e)
{
	_strv_ struct strv lines = {0};

	if (read_lines(path, &lines, e) < 0)
		return -1;
	strv_foreach (line, &lines) {
		if (*line == '=')
			return err_set(e, ERR_USAGE, 0, NULL, "%s: \"%s\": a variable needs a name",
				       path, line);
		parse_env(env, line);
	}
	return 0;
}

/* The variables of files stand before those of the command line, whatever their order there. */
#define ENV_FILES "envFiles"

int parse_env_item(struct json *request, const char *value, struct err *e)
{
	_strv_ struct strv env = {0};

	if (*value == '=')
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" has no name", value);
	parse_env(&env, value);
	strv_foreach (v, &env)
		json_add(json_need_arr(request, "env"), json_new_str(v));
	return 0;
}

int parse_env_merge(struct json *request, const char *value, struct err *e)
{
	if (*value == '=' || !strchr(value, '='))
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not KEY=VALUE", value);
	json_add(json_need_arr(request, "envMerge"), json_new_str(value));
	return 0;
}

int parse_env_file_option(struct json *request, const char *value, struct err *e)
{
	json_add(json_need_arr(request, ENV_FILES), json_new_str(value));
	return 0;
}

static int read_env_files(struct json *request, struct err *e)
{
	_strv_ struct strv env = {0};

	if (!json_has(request, ENV_FILES))
		return 0;
	json_each (f, json_get(request, ENV_FILES))
		if (parse_env_file(&env, json_str(f.v), e) < 0)
			return err_prefix(e, "--env-file");
	json_each (v, json_get(request, "env"))
		strv_add(&env, json_str(v.v));
	json_del(request, ENV_FILES);
	if (env.n)
		json_set(request, "env", json_new_strv(&env));
	return 0;
}

/* Of the caller; weaker than the image's variables and those of the command line. */
static void add_callers(struct json *request)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
					    "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"};

	for (char **v = environ; request_flag(request, "envHost") && *v; v++)
		json_add(json_need_arr(request, "envDefaults"), json_new_str(*v));
	for (size_t i = 0; request_flag(request, "httpProxy") && i < ARRAY_LEN(names); i++) {
		const char *v = getenv(names[i]);
		_free_ char *item = v ? str_fmt("%s=%s", names[i], v) : NULL;

		if (item)
			json_add(json_need_arr(request, "envDefaults"), json_new_str(item));
	}
}

int request_finish_env(struct json *request, struct err *e)
{
	if (read_env_files(request, e) < 0)
		return -1;
	add_callers(request);
	return 0;
}
