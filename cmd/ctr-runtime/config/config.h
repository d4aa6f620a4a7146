/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json of a bundle as a struct: parsed once, interpreted after.
 *
 * Strings point into the JSON document that the struct holds; arrays belong to it. config_parse()
 * checks types, ranges and what can be judged from the document alone; every error names the path
 * (".linux.namespaces[1].type: ...").
 */
#ifndef CTR_RUNTIME_CONFIG_H
#define CTR_RUNTIME_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/json.h"

#define CONFIG_MAX_SIZE (16u << 20)
#define CONFIG_UNSET	INT64_MIN /* a number that was not given */

/* A line of .linux.uidMappings and its like. */
struct config_map {
	int64_t container, host, size;
};

struct config_maps {
	struct config_map *v;
	size_t n;
};

/* An element of .mounts. */
struct config_mount {
	const char *destination, *type, *source;
	struct strv options;
	struct config_maps uid_maps, gid_maps;
};

/* .process.rlimits */
struct config_rlimit {
	const char *type;
	int number; /* RLIMIT_* */
	uint64_t soft, hard;
};

/* A program of .hooks. */
struct config_hook {
	const char *path;
	struct strv args, env;
	bool env_given;	 /* no env is the caller's, an empty one is empty */
	int64_t timeout; /* seconds, 0: none */
};

struct config_hooks {
	struct config_hook *v;
	size_t n;
};

/* .linux.namespaces: to be made, or with a path to be joined. */
struct config_namespace {
	const char *type, *path;
};

/* .linux.devices */
struct config_device {
	const char *path, *type;
	int64_t major, minor, mode, uid, gid;
};

/* .linux.netDevices: what it is called on the host and in the container. */
struct config_netdev {
	const char *host, *name;
};

/* .process.scheduler: sched_setattr(2) */
struct config_scheduler {
	bool given;
	const char *policy;
	int64_t nice, priority, runtime, deadline, period;
	struct strv flags;
};

/* .process. Numbers that were not given are 0 or CONFIG_UNSET, strings NULL. */
struct config_process {
	bool given;
	bool terminal, no_new_privs;
	int64_t console_height, console_width;
	int64_t uid, gid, umask; /* umask: CONFIG_UNSET */
	uint32_t *groups;
	size_t ngroups;
	struct strv args, env;
	const char *cwd;
	bool caps_given;
	struct strv bounding, effective, inheritable, permitted, ambient;
	struct config_rlimit *rlimits;
	size_t nrlimits;
	const char *apparmor, *selinux;
	int64_t oom_score_adj; /* CONFIG_UNSET */
	struct config_scheduler scheduler;
	const char *io_class;
	int64_t io_priority;
	const char *affinity_initial, *affinity_final;
};

/* The document. */
struct config {
	struct json *doc;

	const char *version;
	const char *root;
	bool root_readonly;
	struct config_process process;
	const char *hostname, *domainname;
	struct config_mount *mounts;
	size_t nmounts;
	struct config_hooks prestart, create_runtime, create_container, start_container, poststart,
		poststop;
	struct json *annotations; /* NULL: none */

	struct config_namespace *namespaces;
	size_t nnamespaces;
	struct config_maps uid_maps, gid_maps;
	struct config_device *devices;
	size_t ndevices;
	struct config_netdev *netdevs;
	size_t nnetdevs;
	const char *cgroups_path, *propagation, *mount_label, *personality;
	struct strv masked, readonly;
	struct json *sysctl, *seccomp, *resources, *intel_rdt, *memory_policy, *time_offsets;
};

/* Takes over doc. On failure *out is released. */
int config_parse(struct json *doc, struct config *out, struct err *e);
/* A process object alone, as "exec --process" takes it. */
int config_parse_process(struct json *doc, struct config *out, struct err *e);
/* An array of mounts, or an object with .mounts: "mounts add" and "mounts remove". */
int config_parse_mounts(struct json *doc, struct config *out, struct err *e);
void config_release(struct config *c);
#define _config_ _clean_(config_release)

const struct config_namespace *config_namespace(const struct config *c, const char *type);

#endif
