/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swap A B [C D ...]: exchanges the names of each pair again and again, as fast as it can, until it
 * is killed.
 */
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc < 3 || argc % 2 == 0)
		return 2;
	for (;;)
		for (int i = 1; i < argc; i += 2)
			if (renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE) <
			    0)
				return 1;
}
