/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json to struct config: see config.h for the contract.
 *
 * Each object of the OCI runtime specification has a field table here (wire/fields.h), which
 * config_parse() reads and config_release() frees. What a row cannot say (a path that must be
 * absolute, a name that the kernel's headers know) is checked by a function that the row names.
 * Unknown keys are ignored, as the specification demands.
 */
#include "config/config.h"

#include "sys/nsfork.h"
#include "sys/rlimits.h"
#include "wire/fields.h"

/* Checks that the tables name. */

static int check_absolute(const struct cur *at, void *self, struct err *e)
{
	return *json_str(at->val) == '/' ? 0 : cur_bad(at, e, "must be an absolute path");
}

static int check_rlimit(const struct cur *at, void *self, struct err *e)
{
	struct config_rlimit *r = self;

	r->number = rlimit_number(r->type);
	return r->number < 0 ? cur_bad(at, e, "unknown resource limit \"%s\"", r->type) : 0;
}

static int check_namespace(const struct cur *at, void *self, struct err *e)
{
	const char *type = json_str(at->val);

	return ns_type_find(type) ? 0 : cur_bad(at, e, "unknown namespace \"%s\"", type);
}

static int check_device_type(const struct cur *at, void *self, struct err *e)
{
	const char *s = json_str(at->val);

	return strlen(s) == 1 && strchr("cubp", *s) ? 0
						    : cur_bad(at, e, "must be one of c, u, b, p");
}

/* Also for a prerelease: "1.0.2-dev". */
static int check_version(const struct cur *at, void *self, struct err *e)
{
	const char *v = json_str(at->val);

	if (v[0] != '1' || v[1] != '.' || v[2] < '0' || v[2] > '9')
		return cur_bad(at, e, "version \"%s\" is not supported (1.x is)", v);
	return 0;
}

/* Without a new name they keep theirs. */
static int name_netdevs(const struct cur *at, void *self, struct err *e)
{
	struct config *c = self;

	for (size_t i = 0; i < c->nnetdevs; i++)
		if (!c->netdevs[i].name)
			c->netdevs[i].name = c->netdevs[i].host;
	return 0;
}

/* Tables: the specification's objects. */

#define ID_RANGE .min = 0, .max = UINT32_MAX - 1

static const struct field map_table[] = {
	{"containerID", FIELD(struct config_map, container), FIELD_NEED, ID_RANGE},
	{"hostID", FIELD(struct config_map, host), FIELD_NEED, ID_RANGE},
	{"size", FIELD(struct config_map, size), FIELD_NEED, .min = 1, .max = UINT32_MAX},
	{0},
};

static const struct field mount_table[] = {
	{"destination", FIELD(struct config_mount, destination), FIELD_NEED},
	{"type", FIELD(struct config_mount, type)},
	{"source", FIELD(struct config_mount, source)},
	{"options", FIELD(struct config_mount, options)},
	{"uidMappings", FIELD_LIST(struct config_mount, uid_maps.v, uid_maps.n),
	 .table = map_table},
	{"gidMappings", FIELD_LIST(struct config_mount, gid_maps.v, gid_maps.n),
	 .table = map_table},
	{0},
};

static const struct field hook_table[] = {
	{"path", FIELD(struct config_hook, path), FIELD_NEED, .check = check_absolute},
	{"args", FIELD(struct config_hook, args)},
	{"env", FIELD(struct config_hook, env), FIELD_GIVEN(struct config_hook, env_given)},
	{"timeout", FIELD(struct config_hook, timeout), .min = 1, .max = INT32_MAX},
	{0},
};

static const struct field hooks_table[] = {
	{"prestart", FIELD_LIST(struct config, prestart.v, prestart.n), .table = hook_table},
	{"createRuntime", FIELD_LIST(struct config, create_runtime.v, create_runtime.n),
	 .table = hook_table},
	{"createContainer", FIELD_LIST(struct config, create_container.v, create_container.n),
	 .table = hook_table},
	{"startContainer", FIELD_LIST(struct config, start_container.v, start_container.n),
	 .table = hook_table},
	{"poststart", FIELD_LIST(struct config, poststart.v, poststart.n), .table = hook_table},
	{"poststop", FIELD_LIST(struct config, poststop.v, poststop.n), .table = hook_table},
	{0},
};

static const struct field namespace_table[] = {
	{"type", FIELD(struct config_namespace, type), FIELD_NEED | FIELD_UNIQUE,
	 .check = check_namespace},
	{"path", FIELD(struct config_namespace, path), .check = check_absolute},
	{0},
};

static const struct field device_table[] = {
	{"path", FIELD(struct config_device, path), FIELD_NEED, .check = check_absolute},
	{"type", FIELD(struct config_device, type), FIELD_NEED, .check = check_device_type},
	{"major", FIELD(struct config_device, major), .min = -1, .max = 0xfff},
	{"minor", FIELD(struct config_device, minor), .min = -1, .max = 0xfffff},
	{"fileMode", FIELD(struct config_device, mode), .max = 0177777, .dflt = 0666},
	{"uid", FIELD(struct config_device, uid), ID_RANGE},
	{"gid", FIELD(struct config_device, gid), ID_RANGE},
	{0},
};

static const struct field rlimit_table[] = {
	{"type", FIELD(struct config_rlimit, type), FIELD_NEED | FIELD_UNIQUE,
	 .check = check_rlimit},
	{"soft", FIELD(struct config_rlimit, soft), FIELD_NEED},
	{"hard", FIELD(struct config_rlimit, hard), FIELD_NEED},
	{0},
};

static const struct field user_table[] = {
	{"uid", FIELD(struct config_process, uid), ID_RANGE},
	{"gid", FIELD(struct config_process, gid), ID_RANGE},
	{"umask", FIELD(struct config_process, umask), .max = 0777, .dflt = CONFIG_UNSET},
	{"additionalGids", FIELD_LIST(struct config_process, groups, ngroups), ID_RANGE},
	{0},
};

static const struct field size_table[] = {
	{"height", FIELD(struct config_process, console_height), .max = UINT16_MAX},
	{"width", FIELD(struct config_process, console_width), .max = UINT16_MAX},
	{0},
};

static const struct field caps_table[] = {
	{"bounding", FIELD(struct config_process, bounding)},
	{"effective", FIELD(struct config_process, effective)},
	{"inheritable", FIELD(struct config_process, inheritable)},
	{"permitted", FIELD(struct config_process, permitted)},
	{"ambient", FIELD(struct config_process, ambient)},
	{0},
};

static const struct field scheduler_table[] = {
	{"policy", FIELD(struct config_scheduler, policy), FIELD_NEED},
	{"nice", FIELD(struct config_scheduler, nice), .min = -20, .max = 19},
	{"priority", FIELD(struct config_scheduler, priority), .max = 99},
	{"flags", FIELD(struct config_scheduler, flags)},
	{"runtime", FIELD(struct config_scheduler, runtime), .max = INT64_MAX},
	{"deadline", FIELD(struct config_scheduler, deadline), .max = INT64_MAX},
	{"period", FIELD(struct config_scheduler, period), .max = INT64_MAX},
	{0},
};

static const struct field io_table[] = {
	{"class", FIELD(struct config_process, io_class), FIELD_NEED},
	{"priority", FIELD(struct config_process, io_priority), .max = 7},
	{0},
};

static const struct field affinity_table[] = {
	{"initial", FIELD(struct config_process, affinity_initial)},
	{"final", FIELD(struct config_process, affinity_final)},
	{0},
};

static const struct field process_table[] = {
	{"terminal", FIELD(struct config_process, terminal)},
	{"consoleSize", FIELD_OBJECT, .table = size_table},
	{"user", FIELD_OBJECT, .table = user_table},
	{"args", FIELD(struct config_process, args)},
	{"env", FIELD(struct config_process, env)},
	{"cwd", FIELD(struct config_process, cwd), FIELD_NEED, .check = check_absolute},
	{"capabilities", FIELD_OBJECT, .table = caps_table,
	 FIELD_GIVEN(struct config_process, caps_given)},
	{"rlimits", FIELD_LIST(struct config_process, rlimits, nrlimits), .table = rlimit_table},
	{"noNewPrivileges", FIELD(struct config_process, no_new_privs)},
	{"apparmorProfile", FIELD(struct config_process, apparmor)},
	{"oomScoreAdj", FIELD(struct config_process, oom_score_adj), .min = -1000, .max = 1000,
	 .dflt = CONFIG_UNSET},
	{"selinuxLabel", FIELD(struct config_process, selinux)},
	{"scheduler", FIELD(struct config_process, scheduler), .table = scheduler_table,
	 FIELD_GIVEN(struct config_process, scheduler.given)},
	{"ioPriority", FIELD_OBJECT, .table = io_table},
	{"execCPUAffinity", FIELD_OBJECT, .table = affinity_table},
	{0},
};

static const struct field personality_table[] = {
	{"domain", FIELD(struct config, personality), FIELD_NEED},
	{0},
};

static const struct field netdev_table[] = {
	{"name", FIELD(struct config_netdev, name)},
	{0},
};

static const struct field linux_table[] = {
	{"namespaces", FIELD_LIST(struct config, namespaces, nnamespaces),
	 .table = namespace_table},
	{"uidMappings", FIELD_LIST(struct config, uid_maps.v, uid_maps.n), .table = map_table},
	{"gidMappings", FIELD_LIST(struct config, gid_maps.v, gid_maps.n), .table = map_table},
	{"devices", FIELD_LIST(struct config, devices, ndevices), .table = device_table},
	{"cgroupsPath", FIELD(struct config, cgroups_path)},
	{"rootfsPropagation", FIELD(struct config, propagation)},
	{"mountLabel", FIELD(struct config, mount_label)},
	{"maskedPaths", FIELD(struct config, masked)},
	{"readonlyPaths", FIELD(struct config, readonly)},
	{"personality", FIELD_OBJECT, .table = personality_table},
	{"sysctl", FIELD_AS(FIELD_MAP, struct config, sysctl)},
	{"seccomp", FIELD(struct config, seccomp)},
	{"resources", FIELD(struct config, resources)},
	{"intelRdt", FIELD(struct config, intel_rdt)},
	{"memoryPolicy", FIELD(struct config, memory_policy)},
	{"timeOffsets", FIELD(struct config, time_offsets)},
	{"netDevices", FIELD_LIST_AS(FIELD_KEYED, struct config, netdevs, nnetdevs),
	 .table = netdev_table, .check = name_netdevs},
	{0},
};

static const struct field root_table[] = {
	{"path", FIELD(struct config, root), FIELD_NEED},
	{"readonly", FIELD(struct config, root_readonly)},
	{0},
};

static const struct field config_table[] = {
	{"ociVersion", FIELD(struct config, version), FIELD_NEED, .check = check_version},
	{"root", FIELD_OBJECT, .flags = FIELD_NEED, .table = root_table},
	{"process", FIELD(struct config, process), .table = process_table,
	 FIELD_GIVEN(struct config, process.given)},
	{"hostname", FIELD(struct config, hostname)},
	{"domainname", FIELD(struct config, domainname)},
	{"mounts", FIELD_LIST(struct config, mounts, nmounts), .table = mount_table},
	{"hooks", FIELD_OBJECT, .table = hooks_table},
	{"annotations", FIELD_AS(FIELD_MAP, struct config, annotations)},
	{"linux", FIELD_OBJECT, .table = linux_table},
	{0},
};

static int parse(struct json *doc, const struct field *table, size_t off, struct config *out,
		 struct err *e)
{
	struct cur root = cur_root(doc);

	*out = (struct config){.doc = doc};
	fields_defaults(config_table, out);
	if (fields_read(table, &root, (char *)out + off, e) == 0)
		return 0;
	config_release(out);
	return -1;
}

int config_parse(struct json *doc, struct config *out, struct err *e)
{
	return parse(doc, config_table, 0, out, e);
}

int config_parse_process(struct json *doc, struct config *out, struct err *e)
{
	if (parse(doc, process_table, offsetof(struct config, process), out, e) < 0)
		return -1;
	out->process.given = true;
	return 0;
}

int config_parse_mounts(struct json *doc, struct config *out, struct err *e)
{
	static const struct field table[] = {
		{"mounts", FIELD_LIST(struct config, mounts, nmounts), FIELD_NEED,
		 .table = mount_table},
		{0},
	};
	struct json *object = doc;

	if (json_kind(doc) == JSON_ARRAY) {
		object = json_new_object();
		json_set(object, "mounts", doc);
	}
	return parse(object, table, 0, out, e);
}

void config_release(struct config *c)
{
	fields_release(config_table, c);
	json_put(c->doc);
	*c = (struct config){0};
}

const struct config_namespace *config_namespace(const struct config *c, const char *type)
{
	for (size_t i = 0; i < c->nnamespaces; i++)
		if (str_eq(c->namespaces[i].type, type))
			return &c->namespaces[i];
	return NULL;
}
