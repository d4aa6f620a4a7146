/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The namespaces of a container's first process, as "ps --namespace" shows them. */
#include <stdio.h>

#include "list.h"

static void read_number(pid_t pid, const char *name, char out[32])
{
	char path[64], link[64] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	n = readlink(path, link, sizeof(link) - 1);
	out[0] = '\0';
	if (n > 0) /* "mnt:[4026531841]" */
		sscanf(link, "%*[a-z]:[%31[0-9]", out);
}

void item_namespaces(struct item *it)
{
	static const struct {
		const char *kernel, *row, *full;
	} list[] = {
		{"cgroup", "CGROUPNS", "Cgroup"},
		{"ipc", "IPC", "Ipc"},
		{"mnt", "MNT", "Mnt"},
		{"net", "NET", "Net"},
		{"pid", "PIDNS", "Pidns"},
		{"user", "USERNS", "Userns"},
		{"uts", "UTS", "Uts"},
	};
	struct json *all = json_need_obj(it->full, "Namespaces");

	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		char number[32] = "";

		if (item_running(it))
			read_number(it->state.process.pid, list[i].kernel, number);
		json_set(it->row, list[i].row, json_new_str(number));
		if (*number)
			json_set(all, list[i].full, json_new_str(number));
	}
	json_set(it->row, "Namespaces", json_ref(all));
}
