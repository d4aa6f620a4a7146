/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swap A B: exchanges two names again and again, as fast as it can, until it is killed. */
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	for (;;)
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0)
			return 1;
}
