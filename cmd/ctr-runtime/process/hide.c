/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container could find in a process of the runtime: see hide.h.
 *
 * From the moment at which a process is in the pid namespace of a container, whoever has
 * CAP_SYS_PTRACE there, in the user namespace in which the runtime was executed, can follow its
 * descriptors (/proc/PID/fd/N/.. leads on into the host), read its memory and its environment,
 * though it is not dumpable (ptrace(2), access mode checking). So there must be nothing:
 * descriptors are closed and the environment is away before the process is made.
 *
 * The environment is copied to a mapping that fork(2) leaves out (MADV_DONTFORK, madvise(2)) and
 * erased where the kernel had put it.
 */
#include "process/hide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "make/steps.h"
#include "make/waiting.h"

static char *none[] = {NULL};

static void erase(void)
{
	for (char **v = environ; v && *v; v++)
		explicit_bzero(*v, strlen(*v));
}

int hide_environment(struct err *e)
{
	size_t n = 0, size = sizeof(char *);
	char **copy, *text;

	if (!environ)
		return 0;
	for (; environ[n]; n++)
		size += sizeof(char *) + strlen(environ[n]) + 1;
	copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED || madvise(copy, size, MADV_DONTFORK) < 0)
		return err_sys(e, "mmap", "cannot hide the environment");
	text = (char *)(copy + n + 1);
	for (size_t i = 0; i < n; i++) {
		copy[i] = text;
		text = stpcpy(text, environ[i]) + 1;
	}
	copy[n] = NULL;
	erase();
	environ = copy;
	return 0;
}

void hide_forget(void)
{
	environ = none;
}

void hide_erase(void)
{
	erase();
	environ = none;
}

static void erase_hooks(struct config_hooks *h)
{
	for (size_t i = 0; i < h->n; i++) {
		strv_foreach (arg, &h->v[i].args)
			explicit_bzero(arg, strlen(arg));
		strv_foreach (item, &h->v[i].env)
			explicit_bzero(item, strlen(item));
	}
	h->n = 0;
}

void hide_hooks(struct create *c, bool keep_start)
{
	struct config *cfg = &c->cfg;

	json_foreach (m, json_get(cfg->doc, "hooks"))
		if (!keep_start || !str_eq(m.key, "startContainer"))
			json_wipe(m.val);
	erase_hooks(&cfg->prestart);
	erase_hooks(&cfg->create_runtime);
	erase_hooks(&cfg->create_container);
	erase_hooks(&cfg->poststart);
	erase_hooks(&cfg->poststop);
	if (!keep_start)
		erase_hooks(&cfg->start_container);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Both included; to -1: all from there on. */
static int close_from(int from, int to, struct err *e)
{
	if (to >= 0 && from > to)
		return 0;
	if (syscall(SYS_close_range, (unsigned)from, to < 0 ? ~0U : (unsigned)to, 0) == 0)
		return 0;
	if (errno != ENOSYS)
		return err_sys(e, "close_range", "cannot close descriptors");
	for (int fd = from; to < 0 || fd <= to; fd++)
		if (close(fd) < 0 && to < 0 && fd > 4096)
			break;
	return 0;
}

int hide_descriptors(const struct create *c, int *keep, size_t n, struct err *e)
{
	int next = 3 + (c->g ? c->g->listen_fds : 0) + (int)(c->o ? c->o->preserve_fds : 0);

	qsort(keep, n, sizeof(*keep), compare);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < next)
			continue;
		if (close_from(next, keep[i] - 1, e) < 0)
			return -1;
		next = keep[i] + 1;
	}
	return close_from(next, -1, e);
}

int leave_host(struct create *c, int pid_ns, struct err *e)
{
	int keep[6 + WAITING_TYPES] = {c->err_write, c->sync_child, c->start_socket,
				       c->listener,  c->cwd,	    c->peer};

	if (!c->start)
		waiting_namespaces(c->proc, pid_ns, c->ns_own);
	memcpy(keep + 6, c->ns_own, sizeof(c->ns_own));
	if (hide_descriptors(c, keep, ARRAY_LEN(keep), e) < 0)
		return -1;
	c->root = c->root_source = c->null = c->dev = c->proc = c->host_proc = c->devpts =
		c->console = -1;
	c->nspent = 0;
	c->cgroup.fd = -1;
	hide_erase();
	hide_hooks(c, true);
	return 0;
}
