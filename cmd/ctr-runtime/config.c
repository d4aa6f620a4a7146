/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json to struct config: see config.h for the contract.
 *
 * Each object of the OCI runtime specification has a table here: key, kind, place in the struct.
 * One function, read_object(), walks a table; arrays of objects and nested objects name the table
 * of their elements. What a table cannot say (a word out of a list, no duplicates) is checked by a
 * function that the table names. Unknown keys are ignored, as the specification demands.
 */
#include "config.h"

#include "sys/nsfork.h"
#include "sys/rlimits.h"

enum kind {
	STR,	/* const char * */
	INT,	/* int64_t, min..max */
	U64,	/* uint64_t */
	BOOL,	/* bool */
	STRV,	/* struct strv */
	OBJECT, /* members of table put into the same struct, offset 0 of it at .off */
	LIST,	/* array of objects: pointer at .off, count behind it (struct {T *v; size_t n;}) */
	RAW,	/* struct json *: must be an object */
	CALL,	/* fn(cursor of the value, place) where the value is there */
};

struct field {
	const char *key;
	enum kind kind;
	size_t off;
	enum cur_need need;
	const struct field *table; /* OBJECT, LIST */
	size_t size;		   /* LIST: of an element */
	int64_t min, max;	   /* INT */
	int64_t dflt;		   /* INT: value where absent, if has_dflt */
	int (*fn)(struct config *c, const struct cur *at, void *place, struct err *e);
};

static int read_object(struct config *c, const struct cur *obj, const struct field *t, void *base,
		       struct err *e);

/* Every array and vector is remembered, so that release is one loop. */
static void own(struct config *c, void *p)
{
	c->owned = mem_resize(c->owned, c->nowned + 1, sizeof(void *));
	c->owned[c->nowned++] = p;
}

static void own_strv(struct config *c, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		own(c, v->v[i]);
	if (v->v)
		own(c, v->v);
}

static int read_list(struct config *c, const struct cur *arr, const struct field *f, void *place,
		     struct err *e)
{
	struct {
		void *v;
		size_t n;
	} *list = place;
	size_t n = json_len(arr->val);

	if (!n)
		return 0;
	list->v = mem_alloc(n * f->size);
	list->n = n;
	own(c, list->v);
	for (size_t i = 0; i < n; i++) {
		struct cur item = cur_at(arr, i);

		if (json_kind(item.val) != JSON_OBJECT)
			return cur_bad(&item, e, "expected object, got %s",
				       json_kind_name(json_kind(item.val)));
		if (read_object(c, &item, f->table, (char *)list->v + i * f->size, e) < 0)
			return -1;
	}
	return 0;
}

static int read_u64(const struct cur *obj, const struct field *f, uint64_t *out, struct err *e)
{
	struct cur at = cur_key(obj, f->key);

	if (!at.val && f->need == CUR_OPTIONAL)
		return 0;
	if (json_kind(at.val) != JSON_INT)
		return cur_bad(&at, e, "expected number, got %s",
			       json_kind_name(json_kind(at.val)));
	*out = json_uint(at.val);
	return 0;
}

static int read_strv(struct config *c, const struct cur *obj, const struct field *f,
		     struct strv *out, struct err *e)
{
	int rc = cur_strv(obj, f->key, f->need, out, e);

	own_strv(c, out);
	return rc;
}

static int read_compound(struct config *c, const struct cur *obj, const struct field *f,
			 void *place, struct err *e)
{
	struct cur at = {0};

	if (f->kind == LIST) {
		if (cur_arr(obj, f->key, f->need, &at, e) < 0)
			return -1;
		return read_list(c, &at, f, place, e);
	}
	if (cur_obj(obj, f->key, f->need, &at, e) < 0)
		return -1;
	if (!at.val)
		return 0;
	if (f->kind == RAW) {
		*(struct json **)place = at.val;
		return f->fn ? f->fn(c, &at, place, e) : 0;
	}
	if (f->fn && f->fn(c, &at, place, e) < 0)
		return -1;
	return read_object(c, &at, f->table, place, e);
}

static int read_field(struct config *c, const struct cur *obj, const struct field *f, void *place,
		      struct err *e)
{
	struct cur at;

	switch (f->kind) {
	case STR:
		if (cur_str(obj, f->key, f->need, place, e) < 0)
			return -1;
		break;
	case INT:
		*(int64_t *)place = f->dflt;
		return cur_int(obj, f->key, f->need, f->min, f->max, place, e);
	case U64:
		return read_u64(obj, f, place, e);
	case BOOL:
		return cur_bool(obj, f->key, f->need, place, e);
	case STRV:
		if (read_strv(c, obj, f, place, e) < 0)
			return -1;
		break;
	case OBJECT:
	case LIST:
	case RAW:
		return read_compound(c, obj, f, place, e);
	case CALL:
		break;
	}
	at = cur_key(obj, f->key);
	return at.val && f->fn ? f->fn(c, &at, place, e) : 0;
}

static int read_object(struct config *c, const struct cur *obj, const struct field *t, void *base,
		       struct err *e)
{
	for (; t->key; t++)
		if (read_field(c, obj, t, (char *)base + t->off, e) < 0)
			return -1;
	return 0;
}

/* Checks and values that the tables name. */

static int mark_given(struct config *c, const struct cur *at, void *place, struct err *e)
{
	c->process.given = true;
	return 0;
}

static int mark_caps(struct config *c, const struct cur *at, void *place, struct err *e)
{
	c->process.caps_given = true;
	return 0;
}

static int mark_scheduler(struct config *c, const struct cur *at, void *place, struct err *e)
{
	c->process.scheduler.given = true;
	return 0;
}

static int mark_hook_env(struct config *c, const struct cur *at, void *place, struct err *e)
{
	((struct config_hook *)(void *)((char *)place - offsetof(struct config_hook, env)))
		->env_given = true;
	return 0;
}

static int check_absolute(struct config *c, const struct cur *at, void *place, struct err *e)
{
	const char *s = json_str(at->val);

	return s && *s == '/' ? 0 : cur_bad(at, e, "must be an absolute path");
}

static int check_rlimit(struct config *c, const struct cur *at, void *place, struct err *e)
{
	struct config_rlimit *self = (void *)((char *)place - offsetof(struct config_rlimit, type));
	const struct config_process *p = &c->process;

	self->number = rlimit_number(self->type);
	if (self->number < 0)
		return cur_bad(at, e, "unknown resource limit \"%s\"", self->type);
	for (const struct config_rlimit *r = p->rlimits; r < self; r++)
		if (r->number == self->number)
			return cur_bad(at, e, "\"%s\" is there twice", self->type);
	return 0;
}

static int check_namespace(struct config *c, const struct cur *at, void *place, struct err *e)
{
	struct config_namespace *self =
		(void *)((char *)place - offsetof(struct config_namespace, type));

	if (!ns_type_find(self->type))
		return cur_bad(at, e, "unknown namespace \"%s\"", self->type);
	for (const struct config_namespace *n = c->namespaces; n < self; n++)
		if (str_eq(n->type, self->type))
			return cur_bad(at, e, "\"%s\" is there twice", self->type);
	return 0;
}

static int check_device_type(struct config *c, const struct cur *at, void *place, struct err *e)
{
	const char *s = json_str(at->val);

	return s && strlen(s) == 1 && strchr("cubp", *s)
		       ? 0
		       : cur_bad(at, e, "must be one of c, u, b, p");
}

static int read_groups(struct config *c, const struct cur *at, void *place, struct err *e)
{
	struct config_process *p = &c->process;
	size_t n = json_len(at->val);

	if (json_kind(at->val) != JSON_ARRAY)
		return cur_bad(at, e, "expected array, got %s", json_kind_name(json_kind(at->val)));
	p->groups = mem_alloc((n + 1) * sizeof(*p->groups));
	own(c, p->groups);
	for (size_t i = 0; i < n; i++) {
		struct cur g = cur_at(at, i);
		int64_t v = json_int(g.val);

		if (json_kind(g.val) != JSON_INT || v < 0 || v >= UINT32_MAX)
			return cur_bad(&g, e, "expected a group number");
		p->groups[p->ngroups++] = (uint32_t)v;
	}
	return 0;
}

static int read_netdevs(struct config *c, const struct cur *at, void *place, struct err *e)
{
	size_t n = json_len(at->val);

	c->netdevs = mem_alloc((n + 1) * sizeof(*c->netdevs));
	own(c, c->netdevs);
	json_foreach (m, at->val) {
		struct cur dev = cur_key(at, m.key);
		struct config_netdev *d = &c->netdevs[c->nnetdevs++];

		d->host = d->name = m.key;
		if (json_kind(dev.val) != JSON_OBJECT)
			return cur_bad(&dev, e, "expected object");
		if (cur_str(&dev, "name", CUR_OPTIONAL, &d->name, e) < 0)
			return -1;
	}
	return 0;
}

static int check_strings(struct config *c, const struct cur *at, void *place, struct err *e)
{
	json_foreach (m, at->val) {
		struct cur v = cur_key(at, m.key);

		if (json_kind(v.val) != JSON_STRING)
			return cur_bad(&v, e, "expected string, got %s",
				       json_kind_name(json_kind(v.val)));
	}
	return 0;
}

/* Also for a prerelease: "1.0.2-dev". */
static int check_version(struct config *c, const struct cur *at, void *place, struct err *e)
{
	const char *v = c->version;

	if (v[0] != '1' || v[1] != '.' || v[2] < '0' || v[2] > '9')
		return cur_bad(at, e, "version \"%s\" is not supported (1.x is)", v);
	return 0;
}

/* Tables: the specification's objects. */

#define AT(type, member) offsetof(struct type, member)
#define ID_RANGE	 .min = 0, .max = UINT32_MAX - 1

static const struct field map_table[] = {
	{"containerID", INT, AT(config_map, container), CUR_NEED, ID_RANGE},
	{"hostID", INT, AT(config_map, host), CUR_NEED, ID_RANGE},
	{"size", INT, AT(config_map, size), CUR_NEED, .min = 1, .max = UINT32_MAX},
	{0},
};

static const struct field mount_table[] = {
	{"destination", STR, AT(config_mount, destination), CUR_NEED},
	{"type", STR, AT(config_mount, type)},
	{"source", STR, AT(config_mount, source)},
	{"options", STRV, AT(config_mount, options)},
	{"uidMappings", LIST, AT(config_mount, uid_maps), 0, map_table, sizeof(struct config_map)},
	{"gidMappings", LIST, AT(config_mount, gid_maps), 0, map_table, sizeof(struct config_map)},
	{0},
};

static const struct field hook_table[] = {
	{"path", STR, AT(config_hook, path), CUR_NEED, .fn = check_absolute},
	{"args", STRV, AT(config_hook, args)},
	{"env", STRV, AT(config_hook, env), .fn = mark_hook_env},
	{"timeout", INT, AT(config_hook, timeout), .min = 1, .max = INT32_MAX},
	{0},
};
#define HOOKS(key, member)                                                               \
	{                                                                                \
		key, LIST, AT(config, member), 0, hook_table, sizeof(struct config_hook) \
	}
static const struct field hooks_table[] = {
	HOOKS("prestart", prestart),
	HOOKS("createRuntime", create_runtime),
	HOOKS("createContainer", create_container),
	HOOKS("startContainer", start_container),
	HOOKS("poststart", poststart),
	HOOKS("poststop", poststop),
	{0},
};

static const struct field namespace_table[] = {
	{"type", STR, AT(config_namespace, type), CUR_NEED, .fn = check_namespace},
	{"path", STR, AT(config_namespace, path), .fn = check_absolute},
	{0},
};

static const struct field device_table[] = {
	{"path", STR, AT(config_device, path), CUR_NEED, .fn = check_absolute},
	{"type", STR, AT(config_device, type), CUR_NEED, .fn = check_device_type},
	{"major", INT, AT(config_device, major), .min = -1, .max = 0xfff},
	{"minor", INT, AT(config_device, minor), .min = -1, .max = 0xfffff},
	{"fileMode", INT, AT(config_device, mode), .max = 0177777, .dflt = 0666},
	{"uid", INT, AT(config_device, uid), ID_RANGE},
	{"gid", INT, AT(config_device, gid), ID_RANGE},
	{0},
};

static const struct field rlimit_table[] = {
	{"type", STR, AT(config_rlimit, type), CUR_NEED, .fn = check_rlimit},
	{"soft", U64, AT(config_rlimit, soft), CUR_NEED},
	{"hard", U64, AT(config_rlimit, hard), CUR_NEED},
	{0},
};

static const struct field user_table[] = {
	{"uid", INT, AT(config_process, uid), ID_RANGE},
	{"gid", INT, AT(config_process, gid), ID_RANGE},
	{"umask", INT, AT(config_process, umask), .max = 0777, .dflt = CONFIG_UNSET},
	{"additionalGids", CALL, 0, .fn = read_groups},
	{0},
};

static const struct field size_table[] = {
	{"height", INT, AT(config_process, console_height), .max = UINT16_MAX},
	{"width", INT, AT(config_process, console_width), .max = UINT16_MAX},
	{0},
};

static const struct field caps_table[] = {
	{"bounding", STRV, AT(config_process, bounding)},
	{"effective", STRV, AT(config_process, effective)},
	{"inheritable", STRV, AT(config_process, inheritable)},
	{"permitted", STRV, AT(config_process, permitted)},
	{"ambient", STRV, AT(config_process, ambient)},
	{0},
};

static const struct field scheduler_table[] = {
	{"policy", STR, AT(config_scheduler, policy), CUR_NEED},
	{"nice", INT, AT(config_scheduler, nice), .min = -20, .max = 19},
	{"priority", INT, AT(config_scheduler, priority), .max = 99},
	{"flags", STRV, AT(config_scheduler, flags)},
	{"runtime", INT, AT(config_scheduler, runtime), .max = INT64_MAX},
	{"deadline", INT, AT(config_scheduler, deadline), .max = INT64_MAX},
	{"period", INT, AT(config_scheduler, period), .max = INT64_MAX},
	{0},
};

static const struct field io_table[] = {
	{"class", STR, AT(config_process, io_class), CUR_NEED},
	{"priority", INT, AT(config_process, io_priority), .max = 7},
	{0},
};

static const struct field affinity_table[] = {
	{"initial", STR, AT(config_process, affinity_initial)},
	{"final", STR, AT(config_process, affinity_final)},
	{0},
};

static const struct field process_table[] = {
	{"terminal", BOOL, AT(config_process, terminal)},
	{"consoleSize", OBJECT, 0, 0, size_table},
	{"user", OBJECT, 0, 0, user_table},
	{"args", STRV, AT(config_process, args)},
	{"env", STRV, AT(config_process, env)},
	{"cwd", STR, AT(config_process, cwd), CUR_NEED, .fn = check_absolute},
	{"capabilities", OBJECT, 0, 0, caps_table, .fn = mark_caps},
	{"rlimits", LIST, AT(config_process, rlimits), 0, rlimit_table,
	 sizeof(struct config_rlimit)},
	{"noNewPrivileges", BOOL, AT(config_process, no_new_privs)},
	{"apparmorProfile", STR, AT(config_process, apparmor)},
	{"oomScoreAdj", INT, AT(config_process, oom_score_adj), .min = -1000, .max = 1000,
	 .dflt = CONFIG_UNSET},
	{"selinuxLabel", STR, AT(config_process, selinux)},
	{"scheduler", OBJECT, AT(config_process, scheduler), 0, scheduler_table,
	 .fn = mark_scheduler},
	{"ioPriority", OBJECT, 0, 0, io_table},
	{"execCPUAffinity", OBJECT, 0, 0, affinity_table},
	{0},
};

static const struct field personality_table[] = {
	{"domain", STR, AT(config, personality), CUR_NEED},
	{0},
};

static const struct field linux_table[] = {
	{"namespaces", LIST, AT(config, namespaces), 0, namespace_table,
	 sizeof(struct config_namespace)},
	{"uidMappings", LIST, AT(config, uid_maps), 0, map_table, sizeof(struct config_map)},
	{"gidMappings", LIST, AT(config, gid_maps), 0, map_table, sizeof(struct config_map)},
	{"devices", LIST, AT(config, devices), 0, device_table, sizeof(struct config_device)},
	{"cgroupsPath", STR, AT(config, cgroups_path)},
	{"rootfsPropagation", STR, AT(config, propagation)},
	{"mountLabel", STR, AT(config, mount_label)},
	{"maskedPaths", STRV, AT(config, masked)},
	{"readonlyPaths", STRV, AT(config, readonly)},
	{"personality", OBJECT, 0, 0, personality_table},
	{"sysctl", RAW, AT(config, sysctl), .fn = check_strings},
	{"seccomp", RAW, AT(config, seccomp)},
	{"resources", RAW, AT(config, resources)},
	{"intelRdt", RAW, AT(config, intel_rdt)},
	{"memoryPolicy", RAW, AT(config, memory_policy)},
	{"timeOffsets", RAW, AT(config, time_offsets)},
	{"netDevices", CALL, 0, .fn = read_netdevs},
	{0},
};

static const struct field root_table[] = {
	{"path", STR, AT(config, root), CUR_NEED},
	{"readonly", BOOL, AT(config, root_readonly)},
	{0},
};

static const struct field config_table[] = {
	{"ociVersion", STR, AT(config, version), CUR_NEED, .fn = check_version},
	{"root", OBJECT, 0, CUR_NEED, root_table},
	{"process", OBJECT, AT(config, process), 0, process_table, .fn = mark_given},
	{"hostname", STR, AT(config, hostname)},
	{"domainname", STR, AT(config, domainname)},
	{"mounts", LIST, AT(config, mounts), 0, mount_table, sizeof(struct config_mount)},
	{"hooks", OBJECT, 0, 0, hooks_table},
	{"annotations", RAW, AT(config, annotations), .fn = check_strings},
	{"linux", OBJECT, 0, 0, linux_table},
	{0},
};

static int parse(struct json *doc, const struct field *table, size_t off, struct config *out,
		 struct err *e)
{
	struct cur root = cur_root(doc);

	*out = (struct config){.doc = doc};
	out->process.oom_score_adj = out->process.umask = CONFIG_UNSET;
	if (json_kind(doc) != JSON_OBJECT)
		err_set(e, ERR_INPUT, 0, NULL, "expected object, got %s",
			json_kind_name(json_kind(doc)));
	else if (read_object(out, &root, table, (char *)out + off, e) == 0)
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
		{"mounts", LIST, AT(config, mounts), CUR_NEED, mount_table,
		 sizeof(struct config_mount)},
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
	for (size_t i = 0; i < c->nowned; i++)
		free(c->owned[i]);
	free(c->owned);
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
