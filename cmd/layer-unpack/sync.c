/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From "unsynced" to "durable": one syncfs(2) for all layers, then each record replaced.
 *
 * Until then a layer counts in this boot only (its record carries the boot id), so nothing waits
 * for the disk: this runs in a process of its own that has let go of everything the caller might
 * wait for. When it is killed the layers stay unsynced, and the next call finishes the work.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "oci/layer_meta.h"
#include "sys/path.h"
#include "unpack.h"

static int make_durable(const struct store *s, int layers, const char *diff_id, struct err *e)
{
	_layer_meta_ struct layer_meta m = {0};
	_close_ int dir = -1;
	int r = layer_meta_read(s, diff_id, &m, e);

	if (r <= 0 || m.durable)
		return r < 0 ? -1 : 0;
	dir = path_open_beneath(layers, digest_hex(diff_id), O_RDONLY | O_DIRECTORY, 0, e);
	if (dir < 0)
		return -1;
	m.durable = true;
	return layer_meta_write(dir, &m, e);
}

static bool any_unsynced(const struct store *s, const struct layer *layers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_layer_meta_ struct layer_meta m = {0};

		if (layer_meta_read(s, layers[i].diff_id, &m, NULL) == 1 && !m.durable)
			return true;
	}
	return false;
}

static int sync_all(const struct store *s, int dir, const struct layer *layers, size_t n,
		    struct err *e)
{
	int r = 0;

	if (syncfs(dir) < 0)
		return err_sys(e, "syncfs", "cannot write the layers to the disk");
	for (size_t i = 0; i < n; i++)
		if (make_durable(s, dir, layers[i].diff_id, e) < 0)
			r = -1;
	return r;
}

/* Nobody shall wait for this process: of all descriptors it keeps those of the store. */
static void let_go(const struct store *s, int dir)
{
	int last = dir > s->fd ? dir : s->fd;

	last = s->run > last ? s->run : last;
	for (int fd = 0; fd < last; fd++)
		if (fd != dir && fd != s->fd && fd != s->run)
			close(fd);
	fd_close_from(last + 1);
}

int sync_layers(const struct store *s, const struct layer *layers, size_t n, bool detach,
		struct err *e)
{
	_close_ int dir = -1;
	pid_t pid;

	if (!any_unsynced(s, layers, n))
		return 0;
	dir = store_dir(s, "layers/sha256", e);
	if (dir < 0)
		return -1;
	if (!detach)
		return sync_all(s, dir, layers, n, e);
	pid = fork();
	if (pid < 0)
		return 0; /* the layers stay unsynced, which is safe */
	if (pid > 0)
		return 0;
	setsid();
	let_go(s, dir);
	_exit(sync_all(s, dir, layers, n, NULL) < 0);
}
