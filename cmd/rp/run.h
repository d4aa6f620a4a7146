/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What run and start have in common: the steps of a start, and what they mean when they fail. */
#ifndef RP_RUN_H
#define RP_RUN_H

#include "plan.h"

/*
 * The steps of a start. Those that have nothing to do are left out: the document, which is what the
 * first step reads, tells, or the first step itself once it has found the image (tells).
 */
void run_add_start(struct pipeline *p, const struct json *doc, bool tells);

/* The client, with the user's streams. sig_proxy: "true", "false", or NULL. */
void run_add_attach(struct pipeline *p, const char *sig_proxy);

/* Failed in a program before the one after which the container is its monitor's business. */
bool run_failed_before_attach(const struct pipeline *p, const struct outcome *o);

/* The exit status for the user. */
int run_status(const struct pipeline *p, const struct outcome *o);

#endif
