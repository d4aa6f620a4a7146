/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers that a start needs: ctr-load and ctr-create say with status 7 that something does not
 * run, or runs already. What that is ctr-inspect knows; it is asked only then, so that an ordinary
 * start costs nothing.
 */
#include "commands.h"

#define MAX_DEPTH 20 /* of containers that need one another */

static int inspect(const char *name, struct json **out, struct err *e)
{
	_plan_ struct pipeline p = {0};
	_outcome_ struct outcome o = {0};

	plan_add(&p, "ctr-inspect", "--", name, NULL);
	if (plan_run(&p, &o, e) < 0)
		return -1;
	if (o.failed >= 0)
		return err_set(e, ERR_FAILED, 0, NULL, "cannot look at container %s", name);
	*out = json_ref(json_at(o.out, 0));
	return 0;
}

/* One container that is needed, and before it those that it needs itself. */
static int start_needed(const char *name, int depth, int *status, struct err *e)
{
	bool runs;
	int n = start_once(name, status, e);

	if (n != 1)
		return n;
	if (depth == 0)
		return err_set(e, ERR_FAILED, 0, NULL, "container %s needs too many others", name);
	if (needed_start(name, depth - 1, &runs, status, e) < 0)
		return -1;
	if (runs || *status)
		return 0;
	n = start_once(name, status, e);
	return n == 1 ? err_set(e, ERR_AGAIN, 0, NULL, "container %s did not start", name) : n;
}

int needed_start(const char *name, int depth, bool *runs, int *status, struct err *e)
{
	_json_ struct json *c = NULL;

	*status = 0;
	if (inspect(name, &c, e) < 0)
		return -1;
	*runs = json_bool(json_path(c, "State.Running"));
	if (*runs)
		return 0;
	json_each (id, json_get(c, "Dependencies"))
		if (start_needed(json_str(id.v), depth < 0 ? MAX_DEPTH : depth, status, e) < 0 ||
		    *status)
			return *status ? 0 : -1;
	return 0;
}

int needed_by_request(const struct json *request, int *status, struct err *e)
{
	const char *network = json_str(json_path(request, "network.container"));

	*status = 0;
	if (network && (start_needed(network, MAX_DEPTH, status, e) < 0 || *status))
		return *status ? 0 : -1;
	json_each (name, json_get(request, "requires"))
		if (start_needed(json_str(name.v), MAX_DEPTH, status, e) < 0 || *status)
			return *status ? 0 : -1;
	return 0;
}

int needed_ended(const struct json *request, struct err *e)
{
	const char *name = json_str(json_path(request, "network.container"));

	if (!name)
		name = json_str(json_at(json_get(request, "requires"), 0));
	return err_set(e, ERR_AGAIN, 0, NULL,
		       "container %s is needed and not running: it has ended again", name);
}
