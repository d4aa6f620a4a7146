/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which steps of a start have something to do: see work.h. Only the document is looked at. */
#include "ctr/work.h"

#include <signal.h>
#include <unistd.h>

#include "ctr/labelling.h"
#include "wire/prog.h"

bool work_volumes(const struct json *doc)
{
	return json_len(json_path(doc, "request.mounts")) ||
	       json_len(json_path(doc, "request.devices")) ||
	       json_len(json_path(doc, "request.volumesFrom")) ||
	       json_len(json_path(doc, "image.config.Volumes")) ||
	       json_len(json_get(doc, "volumes")) || labelling_is_on();
}

void status_work(int64_t fd, const struct json *doc)
{
	struct json *event;

	if (fd <= 0)
		return;
	event = json_new_object();
	if (work_volumes(doc))
		json_add(json_need_arr(event, "work"), json_new_str(WORK_VOLUMES));
	else
		json_need_arr(event, "work");
	status_event((int)fd, "ready", event);
}

void work_copy(int64_t fd, const struct json *doc)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

	if (fd <= 0)
		return;
	sigaction(SIGPIPE, &ignore, &old);
	json_write((int)fd, doc, NULL);
	sigaction(SIGPIPE, &old, NULL);
	close((int)fd); /* the reader waits for the end */
}
