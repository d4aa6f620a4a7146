/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp filter of a container: compiled, or taken from the cache beside the containers,
 * before there is a second process, so that both have it.
 */
#include "make/filter.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "manage/state.h"
#include "sys/fdpass.h"

static int open_cache(const struct global *g)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = TEMP_FAILURE_RETRY(openat(g->root_fd, STATE_SECCOMP_CACHE, flags));

	if (fd < 0 && mkdirat(g->root_fd, STATE_SECCOMP_CACHE, 0700) == 0)
		fd = TEMP_FAILURE_RETRY(openat(g->root_fd, STATE_SECCOMP_CACHE, flags));
	return fd;
}

/* A filter that asks a listener: connects to it. */
int filter_listener(struct create *c, struct err *e)
{
	const char *path;

	c->has_filter = true;
	if (!c->filter.notify) /* the profile, most of the document, needs no look into it */
		return 0;
	path = json_get_str(c->cfg.seccomp, "listenerPath", NULL);
	if (!path)
		return err_set(e, ERR_UNSUPPORTED, 0, NULL,
			       "config.json: .linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath");
	c->listener = fdpass_connect(path, e);
	return c->listener < 0 ? -1 : 0;
}

/*
 * The filter is compiled or read before the clone, so that both processes have it. The profile goes
 * from the document, which is recorded for later commands: they have the filter in a file.
 */
int filter_load(struct create *c, struct json *document, struct err *e)
{
	_close_ int cache = -1;
	struct cur root = cur_root(document), l = cur_key(&root, "linux");
	struct cur profile = cur_key(&l, "seccomp");

	if (!profile.val)
		return 0;
	cache = open_cache(c->g);
	if (seccomp_cached(cache, &profile, &c->filter, e) < 0)
		return err_prefix(e, "config.json");
	c->cfg.seccomp = json_ref(profile.val);
	json_del(l.val, "seccomp");
	return filter_listener(c, e);
}
