/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Size of a tree: see treesize.h. By descriptor from directory to directory, never by a path. */
#include "sys/treesize.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/str.h"

int64_t tree_size(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_closedir_ DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;
	int64_t sum = 0;

	while (d && (ent = readdir(d))) {
		_close_ int sub = -1;
		struct stat st;

		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, "..") ||
		    fstatat(dir, ent->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		sum += S_ISREG(st.st_mode) ? st.st_size : 0;
		if (!S_ISDIR(st.st_mode))
			continue;
		sub = openat(dir, ent->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			sum += tree_size(sub);
	}
	return sum;
}
