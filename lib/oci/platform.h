/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Platforms of images: OS/ARCH[/VARIANT] in Go's words, and the choice among several. */
#ifndef RP_OCI_PLATFORM_H
#define RP_OCI_PLATFORM_H

#include "wire/json.h"

struct platform {
	char *os;
	char *arch;
	char *variant; /* "" where there is none */
};
void platform_release(struct platform *p);
#define _platform_ _clean_(platform_release)

/* What this machine runs, from uname(2). */
void platform_host(struct platform *out);

/* "linux/arm64", "linux/arm/v7"; names of uname(2) such as x86_64 are translated. */
int platform_parse(const char *s, struct platform *out, struct err *e);

/* {"os","architecture","variant"}; members that are missing are the host's. */
int platform_from_json(const struct cur *c, struct platform *out, struct err *e);
struct json *platform_to_json(const struct platform *p);

/*
 * How well an image of this platform fits the wish: 0 best, more is worse, -1 not at all. Without a
 * variant in the wish all variants of the architecture fit, the newest first; with one, it and the
 * older ones. have is an object with os, architecture, variant (all optional).
 */
int platform_rank(const struct platform *want, const struct json *have);

/* "linux/arm/v7". The caller frees. */
char *platform_text(const struct platform *p);

/* The same of a JSON object, "?" for what is missing; NULL where it says neither. The caller frees.
 */
char *platform_name(const struct json *j);

#endif
