/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which containers a command means: see select.h. */
#include "ctr/select.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"

void selection_release(struct selection *s)
{
	strv_release(&s->ids);
	strv_release(&s->given);
}

int container_select_name(const struct store *s, const char *what, bool ignore,
			  struct selection *out, struct err *e)
{
	char *id = container_find(s, what, e);

	if (id) {
		strv_take(&out->ids, id);
		strv_add(&out->given, what);
		return 0;
	}
	if (!ignore || e->code != ERR_NOTFOUND)
		return -1;
	err_clear(e);
	return 0;
}

static int add_cidfile(const struct store *s, const char *file, bool ignore, struct selection *out,
		       struct err *e)
{
	_buf_ struct buf b = {0};

	if (file_read(AT_FDCWD, file, 4096, &b, e) < 0) {
		if (!ignore || e->code != ERR_NOTFOUND)
			return -1;
		err_clear(e);
		return 0;
	}
	while (b.len && isspace((unsigned char)b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	return container_select_name(s, b.data ? b.data : "", ignore, out, e);
}

/* All that fit. */
static int add_matching(const struct store *s, const struct filters *f, bool running,
			struct selection *out, struct err *e)
{
	_strv_ struct strv ids = {0};

	if (container_list(s, &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		_json_ struct json *doc = NULL;
		struct container_state st;
		struct filtered it = {.id = ids.v[i], .state = &st};

		if (container_state(s, ids.v[i], &st, NULL) < 0)
			continue;
		if (running && !container_up(st.status))
			continue;
		if (f->words.n) {
			if (container_load(s, ids.v[i], &doc, NULL) < 0)
				continue;
			container_add_start(s, ids.v[i], doc);
			it.doc = doc;
			if (!filters_match(f, &it))
				continue;
		}
		strv_add(&out->ids, ids.v[i]);
		strv_add(&out->given, ids.v[i]);
	}
	return 0;
}

char *container_latest(const struct store *s, struct err *e)
{
	_strv_ struct strv ids = {0};
	char newest[TIME_TEXT_LEN] = "";
	char *latest = NULL;

	if (container_list(s, &ids, e) < 0)
		return NULL;
	for (size_t i = 0; i < ids.n; i++) {
		_json_ struct json *doc = NULL;
		const char *created;

		if (container_load(s, ids.v[i], &doc, NULL) < 0)
			continue;
		created = json_get_str(json_get(doc, "container"), "created", "");
		if (latest && strcmp(created, newest) <= 0)
			continue;
		snprintf(newest, sizeof(newest), "%s", created);
		free(latest);
		latest = str_dup(ids.v[i]);
	}
	if (!latest)
		err_set(e, ERR_NOTFOUND, 0, NULL, "there is no container");
	return latest;
}

int container_select_check(int argc, const struct selecting *how, struct err *e)
{
	bool any = how->all || how->latest || how->cidfiles.n || how->filter.n;

	if (argc && (how->all || how->latest))
		return err_set(e, ERR_USAGE, 0, NULL, "no arguments are needed with --%s",
			       how->all ? "all" : "latest");
	if (how->all && how->latest)
		return err_set(e, ERR_USAGE, 0, NULL, "--all and --latest exclude each other");
	if (argc && how->filter.n)
		return err_set(e, ERR_USAGE, 0, NULL, "no arguments are needed with --filter");
	if (!argc && !any)
		return err_set(e, ERR_USAGE, 0, NULL, "you must provide at least one name or id");
	return 0;
}

int container_select(const struct store *s, int argc, char **argv, const struct selecting *how,
		     bool running, struct selection *out, struct err *e)
{
	_filters_ struct filters f = {0};
	_free_ char *latest = NULL;

	if (container_select_check(argc, how, e) < 0 || filters_parse(&f, s, &how->filter, e) < 0)
		return -1;
	for (int i = 0; i < argc; i++)
		if (container_select_name(s, argv[i], how->ignore, out, e) < 0)
			return -1;
	for (size_t i = 0; i < how->cidfiles.n; i++)
		if (add_cidfile(s, how->cidfiles.v[i], how->ignore, out, e) < 0)
			return -1;
	if (how->latest) {
		latest = container_latest(s, e);
		if (!latest)
			return -1;
		return container_select_name(s, latest, false, out, e);
	}
	return how->all || f.words.n ? add_matching(s, &f, running, out, e) : 0;
}

int monitor_connect(const struct store *s, const char *id, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	_close_ int run = container_run_dir(s, id, e);
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (run < 0)
		return -1;
	/* by descriptor: the path itself may be longer than the 108 bytes of sun_path */
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/attach", run);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_set(e, ERR_NOTFOUND, errno, "connect",
			       "cannot reach the monitor of container %.12s", id);
	return take_fd(&fd);
}
