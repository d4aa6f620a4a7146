/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file for the programs that the start of a container runs, under a name (a hard link) each.
 *
 * Linked statically, as each of them is for a start that takes half of the page faults, they would
 * be eleven copies of the C library. Here they are one; each still is a program of its own: its
 * main() is called with the arguments as they are, and another file can take the place of any name.
 * The Makefile lists those whose cmd/PROGRAM/libs has the word "multi" in MULTI_PROGRAMS.
 *
 * Stages: the name that was executed (AT_EXECFN of getauxval(3), which costs no system call); where
 * that is a link's (podman -> rp), the name of the file behind it. argv[0] says nothing: a caller
 * may put there what it likes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/clean.h"

#ifndef MULTI_PROGRAMS /* for tools that look at this file alone */
#define MULTI_PROGRAMS PROGRAM(main_rp, "rp")
#endif

#define PROGRAM(function, name) int function(int argc, char **argv);
MULTI_PROGRAMS
#undef PROGRAM

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} programs[] = {
#define PROGRAM(function, name) {name, function},
	MULTI_PROGRAMS
#undef PROGRAM
};

/* The index of the program that the path names, or -1. */
static int find(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (strcmp(name, programs[i].name) == 0)
			return (int)i;
	return -1;
}

int main(int argc, char **argv)
{
	const char *executed = (const char *)getauxval(AT_EXECFN);
	char file[4096];
	int i = executed ? find(executed) : -1;
	ssize_t n;

	if (i < 0) {
		n = readlink("/proc/self/exe", file, sizeof(file) - 1);
		file[n < 0 ? 0 : n] = '\0';
		i = find(file);
	}
	if (i >= 0)
		return programs[i].main(argc, argv);
	fprintf(stderr, "%s: this file must have the name of one of its programs:", file);
	for (size_t k = 0; k < ARRAY_LEN(programs); k++)
		fprintf(stderr, " %s", programs[k].name);
	fputc('\n', stderr);
	return 2;
}
