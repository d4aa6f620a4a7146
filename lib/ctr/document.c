/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container document as tables: see document.h. They have no places: nobody reads all of it. */
#include "ctr/document.h"

#include "oci/request.h"

#define S    FIELD_STRING, 0, sizeof(char *)
#define SS   FIELD_STRINGS, 0, sizeof(struct strv)
#define N    FIELD_NUMBER, 0, sizeof(int64_t)
#define NN   FIELD_NUMBERS, 0, sizeof(int64_t)
#define B    FIELD_BOOL, 0, sizeof(bool)
#define RAW  FIELD_RAW, 0, 0
#define O    FIELD_OBJECT, 0, 0
#define OO   FIELD_OBJECTS, 0, 0
#define NEED FIELD_NEED
#define SHA  .pattern = "^sha256:[0-9a-f]{64}$"

static const struct field platform[] = {
	{"os", S, 0, "in Go's words, as the others"},
	{"architecture", S},
	{"variant", S},
	{0},
};

static const struct field layer[] = {
	{"digest", S, NEED, "of the blob", SHA},
	{"diffId", S, NEED, "of the archive in it", SHA},
	{"mediaType", S},
	{"size", N, 0, "of the blob, in bytes"},
	{0},
};

static const struct field image[] = {
	{"reference", S, 0, "the full name; missing: it was found by its id"},
	{"digest", S, NEED, "of the manifest", SHA},
	{"id", S, NEED, "digest of the configuration", SHA},
	{"config", RAW, 0, "the member config of the OCI image configuration"},
	{"platform", O, .table = platform},
	{"layers", OO, NEED, "the lowest first", .table = layer},
	{0},
};

static const struct field user[] = {
	{"uid", N, NEED}, {"gid", N, NEED}, {"additionalGids", NN}, {"home", S}, {0},
};

static const struct field rootfs[] = {
	{"layers", SS, 0, "directories, the lowest first"},
	{"driver", S, .words = "overlay vfs"},
	{"path", S, 0, "where it is mounted"},
	{"user", O, .table = user},
	{0},
};

static const struct field container[] = {
	{"id", S, NEED, .pattern = "^[0-9a-f]{64}$"},
	{"name", S},
	{"created", S, 0, "RFC 3339"},
	{"directory", S, NEED, "of its record"},
	{"runDirectory", S, NEED, "of what it is while it runs"},
	{"hostname", S},
	{"dependencies", SS, 0, "ids of those that it needs"},
	{0},
};

static const struct field process_record[] = {
	{"program", S},
	{"pid", N, NEED},
	{"startTime", N, NEED, "in clock ticks since boot: proc_pid_stat(5), starttime"},
	{"pidInode", N, 0, "of its pidfd, where that is unique"},
	{"bootId", S, NEED},
	{0},
};

static const struct field port[] = {
	{"hostIp", S},
	{"hostPort", N, .min = 0, .max = 65535},
	{"containerPort", N, NEED, .min = 1, .max = 65535},
	{"range", N, 0, "how many from there on", .min = 1, .max = 65535},
	{"protocol", S, .words = "tcp udp"},
	{0},
};

static const struct field network[] = {
	{"mode", S, NEED, .words = "none host slirp4netns pasta container"},
	{"kind", S, 0, "what it is, whatever makes it", .words = "none host own joined"},
	{"namespace", S, NEED, "path, \"\" for none of its own"},
	{"forwarder", O, .table = process_record},
	{"helper", O, .table = process_record},
	{"ports", OO, .table = port},
	{"resolvConf", S},
	{"hosts", S},
	{"address", S},
	{"gateway", S},
	{0},
};

static const struct field device[] = {
	{"type", S, .words = "c b"}, {"major", N}, {"minor", N}, {"permissions", S}, {0},
};

static const struct field volume[] = {
	{"type", S, NEED},
	{"name", S},
	{"source", S, NEED},
	{"destination", S, NEED},
	{"options", SS, NEED},
	{"anonymous", B},
	{0},
};

static const struct field selinux[] = {
	{"processLabel", S},
	{"mountLabel", S},
	{0},
};

static const struct field spec[] = {
	{"ociVersion", S, NEED, "the rest is the OCI runtime specification's"},
	{0},
};

static const struct field process[] = {
	{"pid", N},	    {"startTime", N},
	{"pidInode", N},    {"bootId", S},
	{"monitorPid", N},  {"attachSocket", S, NEED},
	{"started", S},	    {"runtime", S},
	{"runtimeRoot", S}, {0},
};

static const struct field exit_record[] = {
	{"code", N}, {"oomKilled", B}, {"started", S}, {"finished", S}, {"error", S}, {0},
};

const struct field container_document[] = {
	{"schema", S, NEED, .pattern = "^rp\\.container/1(\\.|$)"},
	{"request", RAW},
	{"image", O, .table = image},
	{"rootfs", O, .table = rootfs},
	{"container", O, .table = container},
	{"network", O, .table = network},
	{"devices", OO, .table = device},
	{"volumes", OO, .table = volume},
	{"selinux", O, .table = selinux},
	{"spec", O, .table = spec},
	{"process", O, .table = process},
	{"exit", O, .table = exit_record},
	{0},
};

struct json *container_schema(const char *members)
{
	struct json *j = fields_schema(container_document),
		    *required = json_need_arr(j, "required");
	_strv_ struct strv words = {0};

	json_set(json_get(j, "properties"), "request", request_schema());
	strv_split(&words, members, ' ');
	strv_foreach (w, &words)
		json_add(required, json_new_str(w));
	return j;
}
