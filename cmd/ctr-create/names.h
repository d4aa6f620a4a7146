/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names for containers whose user gave none. */
#ifndef CTR_CREATE_NAMES_H
#define CTR_CREATE_NAMES_H

/* "quality_thing", random; from the tenth try on with a number behind. The caller frees. */
char *random_name(unsigned try);

#endif
