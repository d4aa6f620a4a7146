/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HostConfig: what the host gives the container, and what it takes from it. */
#include <ctype.h>

#include "inspect.h"

/* What a container has that asks for nothing; the keys that scripts look for are always there. */
static const char defaults[] =
	"{\"Binds\":[],\"CgroupManager\":\"cgroupfs\",\"CgroupMode\":\"private\","
	"\"ContainerIDFile\":\"\",\"LogConfig\":{},\"NetworkMode\":\"\",\"PortBindings\":{},"
	"\"RestartPolicy\":{\"Name\":\"no\",\"MaximumRetryCount\":0},\"AutoRemove\":false,"
	"\"VolumeDriver\":\"\",\"VolumesFrom\":null,\"CapAdd\":[],\"CapDrop\":[],\"Dns\":[],"
	"\"DnsOptions\":[],\"DnsSearch\":[],\"ExtraHosts\":[],\"GroupAdd\":[],"
	"\"IpcMode\":\"shareable\",\"Cgroup\":\"\",\"Cgroups\":\"default\",\"Links\":null,"
	"\"OomScoreAdj\":0,\"PidMode\":\"private\",\"Privileged\":false,\"PublishAllPorts\":false,"
	"\"ReadonlyRootfs\":false,\"SecurityOpt\":[],\"Tmpfs\":{},\"UTSMode\":\"private\","
	"\"UsernsMode\":\"\",\"ShmSize\":67108864,\"Runtime\":\"oci\",\"ConsoleSize\":[0,0],"
	"\"Isolation\":\"\",\"CpuShares\":0,\"Memory\":0,\"NanoCpus\":0,\"CgroupParent\":\"\","
	"\"BlkioWeight\":0,\"CpuPeriod\":0,\"CpuQuota\":0,\"CpuRealtimePeriod\":0,"
	"\"CpuRealtimeRuntime\":0,\"CpusetCpus\":\"\",\"CpusetMems\":\"\",\"Devices\":[],"
	"\"DiskQuota\":0,\"KernelMemory\":0,\"MemoryReservation\":0,\"MemorySwap\":0,"
	"\"MemorySwappiness\":0,\"OomKillDisable\":false,\"PidsLimit\":0,\"Ulimits\":[],"
	"\"CpuCount\":0,\"CpuPercent\":0,\"IOMaximumIOps\":0,\"IOMaximumBandwidth\":0,"
	"\"CgroupConf\":null}";

/* Members that are taken over as they are. */
static const char *const copied[][2] = {
	{"AutoRemove", "request.remove"},
	{"Privileged", "request.privileged"},
	{"ReadonlyRootfs", "request.readOnly"},
	{"ContainerIDFile", "request.cidfile"},
	{"CgroupManager", "request.cgroupManager"},
	{"GroupAdd", "request.groups"},
	{"Dns", "request.dns.servers"},
	{"DnsOptions", "request.dns.options"},
	{"DnsSearch", "request.dns.search"},
	{"ShmSize", "request.shmSize"},
	{"CpuShares", "request.resources.cpuShares"},
	{"CpuPeriod", "request.resources.cpuPeriod"},
	{"CpuQuota", "request.resources.cpuQuota"},
	{"CpusetCpus", "request.resources.cpusetCpus"},
	{"CpusetMems", "request.resources.cpusetMems"},
	{"Memory", "request.resources.memory"},
	{"MemoryReservation", "request.resources.memoryReservation"},
	{"MemorySwap", "request.resources.memorySwap"},
	{"PidsLimit", "request.resources.pidsLimit"},
	{"BlkioWeight", "request.resources.blkioWeight"},
	{"CgroupConf", "request.cgroupConf"},
	{"CgroupParent", "request.cgroupParent"},
	{"CgroupMode", "request.cgroupns"},
	{"UTSMode", "request.uts"},
	{"PublishAllPorts", "request.publishAll"},
	{"OomScoreAdj", "request.oomScoreAdj"},
	{"Cgroups", "request.cgroups"},
	{"UsernsMode", "request.userns"},
	{"IpcMode", "request.ipc"},
	{"PidMode", "request.pid"},
	{"VolumesFrom", "request.volumesFrom"},
};

/* "net_admin" and "NET_ADMIN" become "CAP_NET_ADMIN"; "ALL" stays. */
static struct json *capabilities(const struct json *list)
{
	struct json *out = json_new_array();

	json_each (w, list) {
		_free_ char *name = str_dup(json_str(w.v) ? json_str(w.v) : "");
		_free_ char *full = NULL;

		for (char *p = name; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		full = str_eq(name, "ALL") || str_after(name, "CAP_") ? str_dup(name)
								      : str_fmt("CAP_%s", name);
		json_add(out, json_new_str(full));
	}
	return out;
}

/* "3.198MB": four digits, powers of 1000. */
static char *size_text(int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	double v = (double)bytes;
	size_t u = 0;

	for (; v >= 1000 && u + 1 < ARRAY_LEN(units); u++)
		v /= 1000;
	return str_fmt("%.4g%s", v, units[u]);
}

static struct json *log_config(const struct subject *c)
{
	const struct json *log = json_path(c->doc, "request.log");
	_free_ char *own = str_fmt("%s/ctr.log", c->dir);
	_free_ char *size = size_text(json_get_int(log, "maxSize", 0));
	const char *driver = json_get_str(log, "driver", "k8s-file");
	bool file = str_eq(driver, "k8s-file") || str_eq(driver, "json-file");
	struct json *o = json_new_object();

	json_set(o, "Type", json_new_str(driver));
	json_set(o, "Config", NULL);
	json_set(o, "Path", json_new_str(file ? json_get_str(log, "path", own) : ""));
	json_set(o, "Tag", json_new_str(json_get_str(log, "tag", "")));
	json_set(o, "Size", json_new_str(size));
	return o;
}

/* "mask=/a:/b" of .request.security.mask. */
static void add_list(const struct json *security, const char *key, char sep, struct strv *out)
{
	_buf_ struct buf list = {0};

	json_each (w, json_get(security, key)) {
		if (list.len)
			buf_char(&list, sep);
		buf_str(&list, json_str(w.v) ? json_str(w.v) : "");
	}
	if (list.len)
		strv_addf(out, "%s=%s", str_eq(key, "procOptions") ? "proc-opts" : key, list.data);
}

/* The limits of single devices: [{"Path", "Rate"}], or "Weight". */
static struct json *device_limits(const struct json *list, const char *key, const char *name)
{
	struct json *out = json_new_array();

	json_each (d, list) {
		struct json *o = json_new_object();

		json_set(o, "Path", json_new_str(json_get_str(d.v, "path", "")));
		json_set(o, name, json_new_int(json_get_int(d.v, key, 0)));
		json_add(out, o);
	}
	return out;
}

static void set_device_limits(const struct json *resources, struct json *o)
{
	static const char *const names[][4] = {
		{"blkioWeightDevice", "BlkioWeightDevice", "weight", "Weight"},
		{"deviceReadBps", "BlkioDeviceReadBps", "rate", "Rate"},
		{"deviceWriteBps", "BlkioDeviceWriteBps", "rate", "Rate"},
		{"deviceReadIops", "BlkioDeviceReadIOps", "rate", "Rate"},
		{"deviceWriteIops", "BlkioDeviceWriteIOps", "rate", "Rate"},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct json *list = json_get(resources, names[i][0]);

		json_set(o, names[i][1],
			 list ? device_limits(list, names[i][2], names[i][3]) : NULL);
	}
}

static struct json *security(const struct subject *c)
{
	const struct json *s = json_path(c->doc, "request.security");
	_strv_ struct strv out = {0};

	if (json_get_bool(s, "noNewPrivileges", false))
		strv_add(&out, "no-new-privileges");
	if (json_get_str(s, "seccomp", NULL))
		strv_addf(&out, "seccomp=%s", json_get_str(s, "seccomp", ""));
	if (json_get_bool(s, "labelDisable", false))
		strv_add(&out, "label=disable");
	if (json_get_str(s, "apparmor", NULL))
		strv_addf(&out, "apparmor=%s", json_get_str(s, "apparmor", ""));
	add_list(s, "mask", ':', &out);
	add_list(s, "unmask", ':', &out);
	add_list(s, "procOptions", ',', &out);
	return json_new_strv(&out);
}

static struct json *devices(const struct subject *c)
{
	struct json *out = json_new_array();

	json_each (d, json_path(c->doc, "request.devices")) {
		struct json *o = json_new_object();

		json_set(o, "PathOnHost", json_new_str(json_get_str(d.v, "source", "")));
		json_set(o, "PathInContainer", json_new_str(json_get_str(d.v, "destination", "")));
		json_set(o, "CgroupPermissions",
			 json_new_str(json_get_str(d.v, "permissions", "rwm")));
		json_add(out, o);
	}
	return out;
}

static void add_ulimit(struct json *out, const char *name, struct json *soft, struct json *hard)
{
	struct json *o = json_new_object();

	json_set(o, "Name", json_new_str(name));
	json_set(o, "Soft", json_ref(soft));
	json_set(o, "Hard", json_ref(hard));
	json_add(out, o);
}

/* Those that the last start had, or those that were asked for. */
static struct json *ulimits(const struct subject *c)
{
	struct json *out = json_new_array();

	json_each (r, json_path(c->config, "process.rlimits"))
		add_ulimit(out, json_get_str(r.v, "type", ""), json_get(r.v, "soft"),
			   json_get(r.v, "hard"));
	if (c->config)
		return out;
	json_each (u, json_path(c->doc, "request.ulimits")) {
		_free_ char *name = str_fmt("RLIMIT_%s", json_get_str(u.v, "type", ""));

		for (char *p = name; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		add_ulimit(out, name, json_get(u.v, "soft"), json_get(u.v, "hard"));
	}
	return out;
}

static struct json *network_mode(const struct subject *c)
{
	const char *asked = json_str(json_path(c->doc, "request.network.mode"));
	const char *used = json_str(json_path(c->doc, "network.mode"));
	const char *other = json_str(json_path(c->doc, "request.network.container"));
	_free_ char *text = NULL;

	if (str_eq(asked, "container") && other) {
		text = str_fmt("container:%s", other);
		return json_new_str(text);
	}
	return json_new_str(used ? used : asked ? asked : "private");
}

static struct json *extra_hosts(const struct subject *c)
{
	_strv_ struct strv out = {0};

	json_each (h, json_path(c->doc, "request.addHosts"))
		strv_addf(&out, "%s:%s", json_get_str(h.v, "name", ""),
			  json_get_str(h.v, "ip", ""));
	return json_new_strv(&out);
}

struct json *describe_host(const struct subject *c)
{
	_json_ struct json *mounts = describe_mounts(c);
	const struct json *r = json_path(c->doc, "request.resources");
	const char *cgroups = json_str(json_path(c->doc, "request.cgroups"));
	struct json *o = NULL;

	if (json_parse(defaults, sizeof(defaults) - 1, "defaults", &o, NULL) < 0)
		return json_new_object();
	for (size_t i = 0; i < ARRAY_LEN(copied); i++) {
		struct json *v = json_path(c->doc, copied[i][1]);

		if (v)
			json_set(o, copied[i][0], json_ref(v));
	}
	json_set(o, "Binds", describe_binds(mounts));
	json_set(o, "LogConfig", log_config(c));
	json_set(o, "NetworkMode", network_mode(c));
	json_set(o, "PortBindings", describe_ports(c, false));
	json_set(o, "CapAdd", capabilities(json_path(c->doc, "request.capAdd")));
	json_set(o, "CapDrop", capabilities(json_path(c->doc, "request.capDrop")));
	json_set(o, "ExtraHosts", extra_hosts(c));
	json_set(o, "SecurityOpt", security(c));
	json_set(o, "Tmpfs", describe_tmpfs(c));
	json_set(o, "Devices", devices(c));
	json_set(o, "Ulimits", ulimits(c));
	set_device_limits(r, o);
	json_set(o, "Cgroups", json_new_str(str_eq(cgroups, "disabled") ? "disabled" : "default"));
	if (json_get_int(r, "cpuPeriod", 0) > 0)
		json_set(o, "NanoCpus",
			 json_new_int((int64_t)((double)json_get_int(r, "cpuQuota", 0) /
						(double)json_get_int(r, "cpuPeriod", 1) * 1e9)));
	return o;
}
