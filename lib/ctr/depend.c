/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which containers need which: see depend.h. */
#include "ctr/depend.h"

static int add_named(const struct store *s, const char *name, struct strv *ids, struct err *e)
{
	_free_ char *id = name ? container_find(s, name, e) : NULL;

	if (!name)
		return 0;
	if (!id && e && e->code == ERR_NOTFOUND)
		return err_set(e, ERR_NOTFOUND, 0, NULL,
			       "no container with name or ID \"%s\" found: no such container",
			       name);
	if (!id)
		return -1;
	if (!strv_has(ids, id))
		strv_add(ids, id);
	return 0;
}

int depend_on(const struct store *s, const struct json *doc, struct strv *ids, struct err *e)
{
	const struct json *known = json_path(doc, "container.dependencies");

	json_each (id, known)
		if (json_str(id.v) && !strv_has(ids, json_str(id.v)))
			strv_add(ids, json_str(id.v));
	if (known)
		return 0;
	json_each (name, json_path(doc, "request.requires"))
		if (add_named(s, json_str(name.v), ids, e) < 0)
			return -1;
	return add_named(s, json_str(json_path(doc, "request.network.container")), ids, e);
}

int depend_running(const struct store *s, const struct strv *ids, struct err *e)
{
	strv_foreach (id, ids) {
		struct container_state st;

		if (container_state(s, id, &st, e) < 0)
			return err_prefix(e, "a container that is needed");
		if (!container_up(st.status))
			return err_set(e, ERR_AGAIN, 0, NULL,
				       "container %.12s, which is needed, is not running", id);
	}
	return 0;
}

void depend_release(struct depend_edges *edges)
{
	strv_release(&edges->who);
	strv_release(&edges->whom);
}

int depend_read(const struct store *s, struct depend_edges *out, struct err *e)
{
	_strv_ struct strv all = {0};

	if (container_list(s, &all, e) < 0)
		return -1;
	strv_foreach (id, &all) {
		_json_ struct json *doc = NULL;
		_strv_ struct strv needs = {0};

		if (container_load(s, id, &doc, NULL) < 0 || depend_on(s, doc, &needs, NULL) < 0)
			continue;
		strv_foreach (other, &needs) {
			strv_add(&out->who, id);
			strv_add(&out->whom, other);
		}
	}
	return 0;
}

void depend_dependents(const struct depend_edges *edges, const char *id, struct strv *ids)
{
	for (size_t i = 0; i < edges->who.n; i++)
		if (str_eq(edges->whom.v[i], id) && !strv_has(ids, edges->who.v[i]))
			strv_add(ids, edges->who.v[i]);
}
