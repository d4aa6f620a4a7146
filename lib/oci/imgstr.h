/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings that come from images, and are therefore hostile: one validator for all of them.
 *
 * JSON has already taken care of valid UTF-8 and of NUL. What is left: control characters (a
 * newline in a home folder becomes a line of /etc/passwd), relative or climbing paths, paths that
 * lead to descriptors of the runtime (/proc/self/fd/N), numbers that overflow to uid 0, items of
 * Env that an engine would fill from the host's environment.
 */
#ifndef RP_OCI_IMGSTR_H
#define RP_OCI_IMGSTR_H

#include "wire/json.h"

#define IMGSTR_MAX_PATH 4095
#define IMGSTR_MAX_NAME 256
/* Of Env, Cmd, Entrypoint, ExposedPorts each; execve(2) takes about twice as many at most. */
#define IMGSTR_MAX_ITEMS 65536
/* Each becomes a folder of the store and a mount of the container. */
#define IMGSTR_MAX_VOLUMES 1000

/* No control character (below 0x20, 0x7f, and the C1 range as UTF-8 spells it). */
bool imgstr_printable(const char *s);

/* NULL where item is KEY=VALUE with a usable key, otherwise what is wrong with it, for a message.
 */
const char *imgstr_env_problem(const char *item);

/*
 * An absolute path, cleaned by its text alone: no "//", ".", "..", no "/" at the end. NULL where it
 * is relative, empty, too long or holds control characters. The caller frees.
 */
char *imgstr_path(const char *path);

/* Does a cleaned path lead to a process's own entries: /proc/self/..., /proc/1/fd, /dev/fd/3? */
bool imgstr_is_process_path(const char *clean);

/* dir itself, or something below it; both cleaned. */
bool imgstr_path_below(const char *path, const char *dir);

/*
 * "USER[:GROUP]", each a name of [A-Za-z0-9_.@$-] that does not start with "-", or a number up to
 * 2147483647 without sign, blanks or other base. Digits that overflow are refused: they must never
 * become uid 0. Empty means the default, as a whole and in each of its parts.
 */
bool imgstr_user(const char *user);

/* A host name: at most 64 of letters, digits, ".", "-", "_", not starting with "-" or ".". */
bool imgstr_hostname(const char *name);

/*
 * Checks the config object of an OCI image configuration whole: the types of Env, Cmd, Entrypoint,
 * User, WorkingDir, Volumes, StopSignal, ExposedPorts, and the content of all but Env, whose single
 * items the caller may drop. None may be longer than the limits above. ERR_INPUT names the member.
 * A missing config is fine.
 */
int imgstr_check_config(const struct cur *config, struct err *e);

#endif
