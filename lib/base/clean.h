/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Release by scope: a variable marked with one of these is released when it goes out of scope.
 *
 *	_free_ char *name = str_dup(x);
 *	_close_ int fd = open(...);
 *
 * Ownership leaves the scope through take_ptr() and take_fd().
 */
#ifndef RP_BASE_CLEAN_H
#define RP_BASE_CLEAN_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <errno.h>

static inline void clean_free(void *p)
{
	free(*(void **)p);
}

/* errno survives, so that a failing function can release and still report. */
static inline void clean_close(const int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		close(*fd);
		errno = saved;
	}
}

static inline void clean_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static inline void clean_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _clean_(fn) __attribute__((cleanup(fn)))
#define _free_	    _clean_(clean_free)
#define _close_	    _clean_(clean_close)
#define _closedir_  _clean_(clean_dir)
#define _fclose_    _clean_(clean_file)

/* Returns the value of *fd and leaves -1 behind. */
static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

/* Returns the pointer and leaves NULL behind. */
#define take_ptr(p)                          \
	({                                   \
		__typeof__(p) take_v_ = (p); \
		(p) = NULL;                  \
		take_v_;                     \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
