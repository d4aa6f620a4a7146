/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SELinux labels as text: see label.h.
 *
 * Multi-category security keeps containers apart: two processes of the same type can reach each
 * other's files only where their categories match. A pair out of 1024 is chosen, 523776 in all, so
 * a random one is nearly always free; the ones in use are looked at all the same.
 */
#include "sys/label.h"

#include <stdio.h>
#include <sys/random.h>

#define MAX_TRIES 10000

void label_release(struct label *l)
{
	free(l->user);
	free(l->role);
	free(l->type);
	free(l->level);
	*l = (struct label){0};
}

static bool part_valid(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

int label_parse(const char *text, struct label *out, struct err *e)
{
	_strv_ struct strv part = {0};

	*out = (struct label){0};
	strv_split(&part, text, ':');
	if (part.n < 3 || !part_valid(part.v[0]) || !part_valid(part.v[1]) ||
	    !part_valid(part.v[2]) ||
	    (part.n > 3 &&
	     !part_valid(text + strlen(part.v[0]) + strlen(part.v[1]) + strlen(part.v[2]) + 3)))
		return err_set(e, ERR_INPUT, 0, NULL, "\"%.200s\" is not an SELinux label", text);
	out->user = str_dup(part.v[0]);
	out->role = str_dup(part.v[1]);
	out->type = str_dup(part.v[2]);
	if (part.n > 3) /* the level has colons of its own */
		out->level = str_dup(text + strlen(out->user) + strlen(out->role) +
				     strlen(out->type) + 3);
	return 0;
}

char *label_text(const struct label *l)
{
	return str_fmt("%s:%s:%s%s%s", l->user, l->role, l->type, l->level ? ":" : "",
		       l->level ? l->level : "");
}

void label_set(char **part, const char *value)
{
	free(*part);
	*part = str_dup(value);
}

/* The text between the quotes, or without them up to a blank. */
static char *take_value(const char *s)
{
	s += strspn(s, " \t");
	if (*s == '"')
		return str_ndup(s + 1, strcspn(s + 1, "\"\n"));
	return str_ndup(s, strcspn(s, " \t\r\n#"));
}

char *label_from_contexts(const char *text, const char *key)
{
	_strv_ struct strv lines = {0};

	strv_split(&lines, text, '\n');
	strv_foreach (line, &lines) {
		const char *rest = str_after(line + strspn(line, " \t"), key);

		if (!rest)
			continue;
		rest += strspn(rest, " \t");
		if (*rest == '=')
			return take_value(rest + 1);
	}
	return NULL;
}

char *label_level(unsigned a, unsigned b)
{
	return a < b ? str_fmt("s0:c%u,c%u", a, b) : str_fmt("s0:c%u,c%u", b, a);
}

/* The place of a pair in a bit map, or -1 where the text does not end with ":cA,cB". */
static long pair_of(const char *text)
{
	const char *at = strrchr(text, ':');
	unsigned a, b;
	char more;

	if (!at || sscanf(at, ":c%4u,c%4u%c", &a, &b, &more) != 2 || a >= LABEL_CATEGORIES ||
	    b >= LABEL_CATEGORIES)
		return -1;
	return a < b ? (long)a * LABEL_CATEGORIES + b : (long)b * LABEL_CATEGORIES + a;
}

int label_choose_level(const struct strv *in_use, char **out, struct err *e)
{
	_free_ unsigned char *taken = mem_alloc(LABEL_CATEGORIES * LABEL_CATEGORIES / 8);

	for (size_t i = 0; i < in_use->n; i++) {
		long at = pair_of(in_use->v[i]);

		if (at >= 0)
			taken[at / 8] |= (unsigned char)(1u << (at % 8));
	}
	for (int i = 0; i < MAX_TRIES; i++) {
		uint16_t rnd[2];
		unsigned a, b, at;

		if (getrandom(rnd, sizeof(rnd), 0) != sizeof(rnd))
			return err_sys(e, "getrandom", "no random numbers");
		a = rnd[0] % LABEL_CATEGORIES;
		b = rnd[1] % LABEL_CATEGORIES;
		at = a < b ? a * LABEL_CATEGORIES + b : b * LABEL_CATEGORIES + a;
		if (a == b || (taken[at / 8] & (1u << (at % 8))))
			continue;
		*out = label_level(a, b);
		return 0;
	}
	return err_set(e, ERR_AGAIN, 0, NULL, "no free pair of SELinux categories was found");
}

char *label_shared_level(const char *level)
{
	return str_ndup(level, strcspn(level, ":"));
}

bool label_path_allowed(const char *path, const char *home)
{
	static const char *const refused[] = {
		"/",	"/bin", "/boot", "/dev",  "/etc",     "/home",	   "/lib",     "/lib64",
		"/mnt", "/opt", "/proc", "/root", "/run",     "/run/user", "/sbin",    "/srv",
		"/sys", "/tmp", "/usr",	 "/var",  "/var/lib", "/var/log",  "/var/tmp", "/media",
	};
	static const char *const refused_below[] = {"/bin/", "/boot/",	"/dev/",  "/etc/",
						    "/lib/", "/lib64/", "/proc/", "/sbin/",
						    "/sys/", "/usr/"};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (str_eq(path, refused[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(refused_below); i++)
		if (str_after(path, refused_below[i]))
			return false;
	return path[0] == '/' && !str_eq(path, home);
}
