/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended regular expressions on container ids, for --regex. */
#ifndef CTR_RUNTIME_MATCH_H
#define CTR_RUNTIME_MATCH_H

#include <stdbool.h>

/*
 * Does the pattern match somewhere in text? Characters, ".", "[a-z]", "[^a-z]", "\\c", "^", "$",
 * "*", "+", "?", "|" and "(...)", as in regex(7); no intervals, classes or back references.
 */
bool match_text(const char *pattern, const char *text);

/* False where brackets or parentheses do not close, or a repetition has nothing to repeat. */
bool match_valid(const char *pattern);

#endif
