/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One container as "ps" shows it. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "list.h"
#include "ctr/ports.h"
#include "ctr/text.h"
#include "ctr/inventory.h"
#include "sys/path.h"
#include "sys/treesize.h"

bool item_running(const struct item *it)
{
	return container_up(it->state.status);
}

void item_release(struct item *it)
{
	free(it->id);
	json_put(it->doc);
	json_put(it->full);
	json_put(it->row);
	*it = (struct item){0};
}

static void add_size(const struct store *s, struct item *it)
{
	_close_ int dir = container_dir(s, it->id, NULL);
	_close_ int upper =
		dir < 0 ? -1 : path_open_beneath(dir, "upper", O_RDONLY | O_DIRECTORY, 0, NULL);
	int64_t rw = upper < 0 ? 0 : tree_size(upper);
	int64_t root = rw + image_size(s, json_get(it->doc, "image"));
	_free_ char *rw_text = NULL, *root_text = NULL, *text = NULL;
	struct json *size = json_need_obj(it->full, "Size");

	json_set(size, "rwSize", json_new_int(rw));
	json_set(size, "rootFsSize", json_new_int(root));
	rw_text = text_size(rw);
	root_text = text_size(root);
	text = str_fmt("%s (virtual %s)", rw_text, root_text);
	json_set(it->row, "Size", json_new_str(text));
}

static char *join(const struct strv *words, char sep)
{
	struct buf b = {0};

	for (size_t i = 0; i < words->n; i++)
		buf_fmt(&b, "%.*s%s", i ? 1 : 0, &sep, words->v[i]);
	return buf_take(&b);
}

static char *command_text(const struct strv *words, bool no_trunc)
{
	_free_ char *all = join(words, ' ');

	/* counted in bytes, cut at a character */
	if (no_trunc || strlen(all) <= 17)
		return take_ptr(all);
	int cut = 17;

	while (cut > 0 && (all[cut] & 0xc0) == 0x80)
		cut--;
	return str_fmt("%.*s...", cut, all);
}

static char *label_text(const struct json *labels)
{
	_strv_ struct strv words = {0};

	json_foreach (l, labels)
		strv_addf(&words, "%s=%s", l.key, json_str(l.val) ? json_str(l.val) : "");
	return join(&words, ',');
}

static struct json *ports_full(const struct json *ports)
{
	struct json *out = json_new_array();

	json_each (p, ports) {
		struct json *o = json_new_object();

		json_set(o, "host_ip", json_new_str(json_get_str(p.v, "hostIp", "")));
		json_set(o, "container_port", json_new_int(json_get_int(p.v, "containerPort", 0)));
		json_set(o, "host_port", json_new_int(json_get_int(p.v, "hostPort", 0)));
		json_set(o, "range", json_new_int(json_get_int(p.v, "range", 1)));
		json_set(o, "protocol", json_new_str(json_get_str(p.v, "protocol", "tcp")));
		json_add(out, o);
	}
	return out;
}

static void fill_full(struct item *it, const struct strv *command, const struct json *ports)
{
	struct json *f = it->full, *names = json_new_array(), *mounts = json_new_array();
	const struct json *c = json_get(it->doc, "container");
	const char *image_id = json_get_str(json_get(it->doc, "image"), "id", "");
	_free_ char *status = text_status(&it->state);

	json_set(f, "AutoRemove", json_new_bool(json_bool(json_path(it->doc, "request.remove"))));
	json_set(f, "Command", json_new_strv(command));
	json_set(f, "CreatedAt", json_new_str(it->created));
	json_set(f, "Created", json_new_int(time_seconds(it->created)));
	json_set(f, "Exited", json_new_bool(it->state.status == CONTAINER_EXITED));
	json_set(f, "ExitedAt", json_new_int(time_seconds(it->state.finished)));
	json_set(f, "ExitCode",
		 json_new_int(it->state.status == CONTAINER_EXITED ? it->state.exit_code : 0));
	json_set(f, "Id", json_new_str(it->id));
	json_set(f, "Image", json_new_str(container_image(it->doc)));
	json_set(f, "ImageID",
		 json_new_str(strchr(image_id, ':') ? strchr(image_id, ':') + 1 : image_id));
	json_set(f, "IsInfra", json_new_bool(false));
	json_set(f, "Labels", container_labels(it->doc));
	json_each (m, json_get(it->doc, "volumes"))
		json_add(mounts, json_new_str(json_get_str(m.v, "destination", "")));
	json_set(f, "Mounts", mounts);
	json_add(names, json_new_str(json_get_str(c, "name", "")));
	json_set(f, "Names", names);
	json_set(f, "Networks", json_new_array());
	json_set(f, "Pid", json_new_int(item_running(it) ? it->state.process.pid : 0));
	json_set(f, "Pod", json_new_str(json_get_str(json_get(it->doc, "request"), "pod", "")));
	json_set(f, "PodName", json_new_str(""));
	json_set(f, "Ports", ports_full(ports));
	json_set(f, "Restarts", json_new_int(0));
	json_set(f, "StartedAt", json_new_int(time_seconds(it->state.started)));
	json_set(f, "State", json_new_str(container_status_name(it->state.status)));
	json_set(f, "Status", json_new_str(status));
}

static void fill_row(struct item *it, const struct strv *command, const struct json *ports,
		     bool no_trunc)
{
	struct json *r = it->row, *f = it->full;
	_free_ char *id = str_ndup(it->id, no_trunc ? 64 : 12);
	_free_ char *image_id = str_ndup(json_get_str(f, "ImageID", ""), no_trunc ? 64 : 12);
	_free_ char *cmd = command_text(command, no_trunc);
	_free_ char *age = text_duration(time(NULL) - time_seconds(it->created));
	_free_ char *ago = str_fmt("%s ago", age);
	_free_ char *port_text = text_ports(ports);
	_free_ char *labels = label_text(json_get(f, "Labels"));
	_strv_ struct strv mounts = {0};
	_free_ char *mount_text = NULL;

	json_each (m, json_get(f, "Mounts"))
		strv_add(&mounts, json_str(m.v) ? json_str(m.v) : "");
	mount_text = join(&mounts, ',');
	json_set(r, "ID", json_new_str(id));
	json_set(r, "Id", json_new_str(id));
	json_set(r, "Image", json_ref(json_get(f, "Image")));
	json_set(r, "ImageID", json_new_str(image_id));
	json_set(r, "Command", json_new_str(cmd));
	json_set(r, "Created", json_new_str(ago));
	json_set(r, "CreatedHuman", json_new_str(ago));
	json_set(r, "CreatedAt", json_ref(json_get(f, "CreatedAt")));
	json_set(r, "RunningFor", json_new_str(ago));
	json_set(r, "Status", json_ref(json_get(f, "Status")));
	json_set(r, "State", json_ref(json_get(f, "State")));
	json_set(r, "Ports", json_new_str(port_text));
	json_set(r, "Names",
		 json_new_str(json_get_str(json_get(it->doc, "container"), "name", "")));
	json_set(r, "Labels", json_ref(json_get(f, "Labels")));
	json_set(r, "LabelText", json_new_str(labels));
	json_set(r, "Mounts", json_new_str(mount_text));
	json_set(r, "Networks", json_new_str(""));
	json_set(r, "Pid", json_ref(json_get(f, "Pid")));
	json_set(r, "ExitCode", json_ref(json_get(f, "ExitCode")));
	json_set(r, "Exited", json_ref(json_get(f, "Exited")));
	json_set(r, "ExitedAt", json_ref(json_get(f, "ExitedAt")));
	json_set(r, "IsInfra", json_new_bool(false));
	json_set(r, "StartedAt", json_ref(json_get(f, "StartedAt")));
	json_set(r, "AutoRemove", json_ref(json_get(f, "AutoRemove")));
	json_set(r, "Restarts", json_new_int(0));
	json_set(r, "Pod", json_new_str(""));
	json_set(r, "PodName", json_new_str(""));
	json_set(r, "Size", json_new_str(""));
}

int item_load(const struct store *s, const char *id, bool no_trunc, bool size, struct item *it,
	      struct err *e)
{
	_strv_ struct strv command = {0};
	_json_ struct json *ports = NULL;

	*it = (struct item){0};
	if (container_load(s, id, &it->doc, e) < 0 || container_state(s, id, &it->state, e) < 0) {
		item_release(it);
		return -1;
	}
	container_add_start(s, id, it->doc);
	it->id = str_dup(id);
	snprintf(it->created, sizeof(it->created), "%s",
		 json_get_str(json_get(it->doc, "container"), "created", ""));
	it->full = json_new_object();
	it->row = json_new_object();
	text_command(it->doc, &command);
	ports = container_ports(s, it->doc);
	fill_full(it, &command, ports);
	fill_row(it, &command, ports, no_trunc);
	item_namespaces(it);
	if (size)
		add_size(s, it);
	return 0;
}
