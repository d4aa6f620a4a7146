/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backtracking matcher: see match.h. regcomp(3) of a static program brings 70 KiB of character
 * sets for what is a list of short ASCII names here.
 *
 * A pattern is alternatives of sequences of atoms, each perhaps repeated. Matching continues with
 * "what comes after", a chain of frames on the stack, so groups need no tree. Steps are bounded:
 * a pattern that would take for ever does not match.
 */
#include "manage/match.h"

#include <stddef.h>
#include <string.h>

#define MAX_STEPS 200000

struct after {
	const char *p, *end; /* the rest of the pattern one level up */
	const struct after *up;
	/* of a repeated group: the group again, at most many more times */
	const char *group, *group_end;
	int many;
	const char *from; /* where the last round began: an empty round must not repeat */
};

struct run {
	const char *text; /* the whole */
	int steps;
};

static bool alternatives(struct run *r, const char *p, const char *end, const char *t,
			 const struct after *next);

/* Behind the atom at p, which is a character, an escape, a set or a group. */
static const char *atom_end(const char *p, const char *end)
{
	int depth = 0;

	if (*p == '\\')
		return p + 2 <= end ? p + 2 : end;
	if (*p == '[') {
		p++;
		if (p < end && *p == '^')
			p++;
		if (p < end && *p == ']')
			p++;
		while (p < end && *p != ']')
			p++;
		return p < end ? p + 1 : end;
	}
	if (*p != '(')
		return p + 1;
	while (p < end) {
		if (*p == '(')
			depth++;
		if (*p == ')' && --depth == 0)
			return p + 1;
		p = *p == '(' || *p == ')' ? p + 1 : atom_end(p, end);
	}
	return end;
}

static bool in_set(const char *p, const char *end, char c)
{
	bool negate = p[1] == '^', found = false;

	for (p += negate ? 2 : 1; p < end - 1; p++) {
		if (p[1] == '-' && p + 2 < end - 1) {
			found = found || (c >= p[0] && c <= p[2]);
			p += 2;
		} else {
			found = found || c == *p;
		}
	}
	return found != negate;
}

static bool one(const char *p, const char *end, char c)
{
	if (!c)
		return false;
	if (*p == '.')
		return true;
	if (*p == '[')
		return in_set(p, end, c);
	return (*p == '\\' && p + 1 < end ? p[1] : *p) == c;
}

/* A group: the rest of this level becomes a frame. */
static bool group(struct run *r, const char *p, const char *end, int min, int max, const char *rest,
		  const char *rest_end, const char *t, const struct after *next)
{
	struct after a = {rest, rest_end, next, p, end, max - 1, t};

	if (max > 0 && alternatives(r, p + 1, end - 1, t, &a))
		return true;
	return min == 0 && alternatives(r, rest, rest_end, t, next);
}

static bool follow(struct run *r, const char *t, const struct after *a)
{
	if (!a)
		return true;
	if (a->many > 0 && t != a->from) {
		struct after again = *a;

		again.many--;
		again.from = t;
		if (alternatives(r, a->group + 1, a->group_end - 1, t, &again))
			return true;
	}
	return alternatives(r, a->p, a->end, t, a->up);
}

static bool sequence(struct run *r, const char *p, const char *end, const char *t,
		     const struct after *next)
{
	const char *behind, *rest;
	int min = 1, max = 1, n = 0;

	if (++r->steps > MAX_STEPS)
		return false;
	if (p >= end)
		return follow(r, t, next);
	if (*p == '^')
		return t == r->text && sequence(r, p + 1, end, t, next);
	if (*p == '$')
		return !*t && sequence(r, p + 1, end, t, next);
	behind = rest = atom_end(p, end);
	if (rest < end && strchr("*+?", *rest)) {
		min = *rest == '+';
		max = *rest == '?' ? 1 : 1000;
		rest++;
	}
	if (*p == '(')
		return group(r, p, behind, min, max, rest, end, t, next);
	while (n < max && one(p, behind, t[n]))
		n++;
	for (; n >= min; n--)
		if (sequence(r, rest, end, t + n, next))
			return true;
	return false;
}

static bool alternatives(struct run *r, const char *p, const char *end, const char *t,
			 const struct after *next)
{
	const char *from = p;

	while (p < end) {
		if (*p == '|') {
			if (sequence(r, from, p, t, next))
				return true;
			from = ++p;
		} else {
			p = atom_end(p, end);
		}
	}
	return sequence(r, from, end, t, next);
}

bool match_text(const char *pattern, const char *text)
{
	struct run r = {.text = text};
	const char *t = text;

	do
		if (alternatives(&r, pattern, pattern + strlen(pattern), t, NULL))
			return true;
	while (*t++);
	return false;
}

bool match_valid(const char *p)
{
	const char *end = p + strlen(p);
	bool atom = false;

	for (const char *next; p < end; p = next) {
		if (strchr("*+?", *p)) {
			if (!atom)
				return false;
			atom = false;
			next = p + 1;
			continue;
		}
		next = atom_end(p, end);
		if (*p == ')' || (*p == '[' && (next[-1] != ']' || next - p < 3)) ||
		    (*p == '(' && next[-1] != ')') || (*p == '\\' && next - p < 2))
			return false;
		atom = *p != '|' && *p != '^' && *p != '$';
	}
	return true;
}
