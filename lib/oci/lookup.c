/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local images by what people type. This is on the path of each container start: a full name, and a
 * short name of an image of localhost, are answered from index.json alone.
 */
#include "oci/lookup.h"
#include "oci/registries.h"

static int found(struct json *desc, const struct ref *name, struct json **out, char **reference)
{
	*out = desc;
	if (reference)
		*reference = ref_text(name);
	return 1;
}

static int by_short_name(const struct json *index, const struct ref *name, struct json **out,
			 char **reference, struct err *e)
{
	_registries_ struct registries r = {0};
	_refs_ struct refs list = {0};
	_ref_ struct ref local = ref_with_domain(name, "localhost");
	struct json *d;

	ref_complete(&local);
	d = index_find(index, &local);
	if (d)
		return found(d, &local, out, reference);
	if (registries_load(&r, e) < 0)
		return -1;
	registries_local(&r, name, &list);
	for (size_t i = 0; i < list.n; i++) {
		d = index_find(index, &list.v[i]);
		if (d)
			return found(d, &list.v[i], out, reference);
	}
	return 0;
}

static int by_name(const struct json *index, const char *text, struct json **out, char **reference,
		   struct err *e)
{
	const char *rest = str_after(text, "docker://");
	_ref_ struct ref name = {0};
	struct json *d;

	if (ref_parse(rest ? rest : text, &name, e) < 0)
		return -1;
	if (rest && !name.domain) {
		struct ref hub = ref_with_domain(&name, "docker.io");

		ref_release(&name);
		name = hub;
	}
	if (!name.domain)
		return by_short_name(index, &name, out, reference, e);
	ref_complete(&name);
	d = index_find(index, &name);
	return d ? found(d, &name, out, reference) : 0;
}

int lookup_image(const struct store *s, const struct json *index, const char *text,
		 struct json **out, char **reference, struct err *e)
{
	struct err bad = {0};
	bool only_id = str_after(text, "sha256:") != NULL;
	int r = 0, id;

	if (!only_id) {
		r = by_name(index, text, out, reference, &bad);
		if (r == 1 || (r < 0 && bad.code != ERR_INPUT))
			goto named;
	}
	id = index_find_id(s, index, text, out, e);
	if (id == 1 && reference)
		*reference = str_dup(index_note(*out, ANN_NAME));
	if (id != 0)
		return id;
named:
	if (r < 0)
		*e = bad;
	return r;
}
