/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that the configuration wants to be run. */
#ifndef CTR_RUNTIME_HOOKS_H
#define CTR_RUNTIME_HOOKS_H

#include "config/config.h"

/*
 * Runs them in order with the state on standard input. env: the environment of those that the
 * configuration gives none, NULL: this process's. The first that fails is an error, and ends it.
 */
int hooks_run(const struct config_hooks *h, const char *kind, char *const *env, struct json *state,
	      struct err *e);
/* All of them, whatever they do; a warning for each that fails. */
void hooks_poststop(const struct config_hooks *h, struct json *state);

#endif
