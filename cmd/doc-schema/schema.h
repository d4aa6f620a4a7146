/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The schemas of doc-schema, JSON as it stands, which the preprocessor makes a string of.
 * rp-json(5) says in words what they say here.
 */
#ifndef DOC_SCHEMA_SCHEMA_H
#define DOC_SCHEMA_SCHEMA_H

#define JSON_STRING(...) #__VA_ARGS__
#define JSON_TEXT(...)	 JSON_STRING(__VA_ARGS__) /* the names below are replaced first */

/* clang-format off */

/* What stands in several places. */
#define STRINGS	   {"type": "array", "items": {"type": "string"}}
#define STRING_MAP {"type": "object", "additionalProperties": {"type": "string"}}
#define PORTS \
	{ \
		"type": "array", \
		"items": { \
			"type": "object", \
			"properties": { \
				"hostIp": {"type": "string"}, \
				"hostPort": { \
					"type": "integer", \
					"minimum": 0, \
					"maximum": 65535 \
				}, \
				"containerPort": { \
					"type": "integer", \
					"minimum": 1, \
					"maximum": 65535 \
				}, \
				"range": {"type": "integer", "minimum": 1}, \
				"protocol": {"enum": ["tcp", "udp"]} \
			}, \
			"required": ["containerPort"] \
		} \
	}
#define PROCESS \
	{ \
		"type": "object", \
		"properties": { \
			"program": {"type": "string"}, \
			"pid": {"type": "integer"}, \
			"startTime": {"type": "integer"}, \
			"pidInode": {"type": "integer"}, \
			"bootId": {"type": "string"} \
		}, \
		"required": ["pid", "startTime", "bootId"] \
	}

/* rp.container/1; .request is described by lib/oci/request.c */
static const char schema_container[] = JSON_TEXT({
	"type": "object",
	"properties": {
		"schema": {"type": "string", "pattern": "^rp\\.container/1(\\.|$)"},
		"request": {"type": "object"},
		"image": {
			"type": "object",
			"properties": {
				"reference": {"type": "string"},
				"digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
				"id": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
				"config": {"type": "object"},
				"platform": {
					"type": "object",
					"properties": {
						"os": {"type": "string"},
						"architecture": {"type": "string"},
						"variant": {"type": "string"}
					}
				},
				"layers": {
					"type": "array",
					"items": {
						"type": "object",
						"properties": {
							"digest": {
								"type": "string",
								"pattern": "^sha256:[0-9a-f]{64}$"
							},
							"diffId": {
								"type": "string",
								"pattern": "^sha256:[0-9a-f]{64}$"
							},
							"mediaType": {"type": "string"},
							"size": {"type": "integer"}
						},
						"required": ["digest", "diffId"]
					}
				}
			},
			"required": ["reference", "digest", "id", "layers"]
		},
		"rootfs": {
			"type": "object",
			"properties": {
				"layers": STRINGS,
				"driver": {"enum": ["overlay", "vfs"]},
				"path": {"type": "string"},
				"user": {
					"type": "object",
					"properties": {
						"uid": {"type": "integer"},
						"gid": {"type": "integer"},
						"additionalGids": {
							"type": "array",
							"items": {"type": "integer"}
						},
						"home": {"type": "string"}
					},
					"required": ["uid", "gid"]
				}
			}
		},
		"container": {
			"type": "object",
			"properties": {
				"id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
				"name": {"type": "string"},
				"created": {"type": "string"},
				"directory": {"type": "string"},
				"runDirectory": {"type": "string"},
				"hostname": {"type": "string"}
			},
			"required": ["id", "directory", "runDirectory"]
		},
		"network": {
			"type": "object",
			"properties": {
				"mode": {
					"enum": [
						"none",
						"host",
						"slirp4netns",
						"pasta",
						"container"
					]
				},
				"namespace": {"type": "string"},
				"forwarder": PROCESS,
				"helper": PROCESS,
				"ports": PORTS,
				"resolvConf": {"type": "string"},
				"hosts": {"type": "string"},
				"address": {"type": "string"},
				"gateway": {"type": "string"}
			},
			"required": ["mode", "namespace"]
		},
		"devices": {
			"type": "array",
			"items": {
				"type": "object",
				"properties": {
					"type": {"enum": ["c", "b"]},
					"major": {"type": "integer"},
					"minor": {"type": "integer"},
					"permissions": {"type": "string"}
				}
			}
		},
		"volumes": {
			"type": "array",
			"items": {
				"type": "object",
				"properties": {
					"type": {"enum": ["bind", "volume", "tmpfs"]},
					"name": {"type": "string"},
					"source": {"type": "string"},
					"destination": {"type": "string"},
					"options": STRINGS,
					"anonymous": {"type": "boolean"}
				},
				"required": ["type", "source", "destination", "options"]
			}
		},
		"selinux": {
			"type": "object",
			"properties": {
				"processLabel": {"type": "string"},
				"mountLabel": {"type": "string"}
			}
		},
		"spec": {"type": "object", "required": ["ociVersion"]},
		"process": {
			"type": "object",
			"properties": {
				"pid": {"type": "integer"},
				"startTime": {"type": "integer"},
				"pidInode": {"type": "integer"},
				"bootId": {"type": "string"},
				"monitorPid": {"type": "integer"},
				"attachSocket": {"type": "string"},
				"started": {"type": "string"},
				"runtime": {"type": "string"},
				"runtimeRoot": {"type": "string"}
			},
			"required": ["attachSocket"]
		},
		"exit": {
			"type": "object",
			"properties": {
				"code": {"type": "integer"},
				"oomKilled": {"type": "boolean"},
				"finished": {"type": "string"},
				"error": {"type": "string"}
			}
		}
	},
	"required": ["schema"]
});

/* rp.images/1 */
static const char schema_images[] = JSON_TEXT({
	"type": "object",
	"properties": {
		"schema": {"const": "rp.images/1"},
		"images": {"type": "array", "items": {"type": "object", "required": ["Id"]}},
		"rows": {"type": "array", "items": {"type": "object"}}
	},
	"required": ["schema", "images", "rows"]
});

/* rp.containers/1 */
static const char schema_containers[] = JSON_TEXT({
	"type": "object",
	"properties": {
		"schema": {"const": "rp.containers/1"},
		"containers": {
			"type": "array",
			"items": {"type": "object", "required": ["Id", "State", "Names"]}
		},
		"rows": {"type": "array", "items": {"type": "object"}}
	},
	"required": ["schema", "containers", "rows"]
});

/* what people know from Podman's inspect */
static const char schema_array[] = JSON_TEXT({"type": "array", "items": {"type": "object", "required": ["Id"]}});

/* what img-remove did */
static const char schema_removed[] = JSON_TEXT({
	"type": "object",
	"properties": {
		"untagged": STRINGS,
		"deleted": STRINGS
	}
});

/* host-info */
static const char schema_info[] = JSON_TEXT({
	"type": "object",
	"properties": {"host": {"type": "object"}, "store": {"type": "object"}},
	"required": ["host", "store"]
});

/* any array or object */
static const char schema_any[] = JSON_TEXT({"type": ["array", "object"]});

/* rp.label/1, question */
static const char schema_label_in[] = JSON_TEXT({
	"type": "object",
	"properties": {
		"schema": {"const": "rp.label/1"},
		"security": {"type": ["object", "null"]},
		"selinux": {
			"type": "object",
			"properties": {
				"processLabel": {"type": "string"},
				"mountLabel": {"type": "string"}
			}
		},
		"relabel": {
			"type": "array",
			"items": {
				"type": "object",
				"properties": {
					"source": {"type": "string"},
					"shared": {"type": "boolean"}
				},
				"required": ["source", "shared"]
			}
		}
	},
	"required": ["schema"]
});

/* rp.label/1, answer */
static const char schema_label_out[] = JSON_TEXT({
	"type": "object",
	"properties": {
		"schema": {"const": "rp.label/1"},
		"selinux": {
			"type": "object",
			"properties": {
				"processLabel": {"type": "string"},
				"mountLabel": {"type": "string"}
			}
		}
	},
	"required": ["schema", "selinux"]
});

/* rp.scope/1 */
static const char schema_scope[] = JSON_TEXT({
	"type": "object",
	"properties": {
		"schema": {"const": "rp.scope/1"},
		"unit": {"type": "string"},
		"slice": {"type": "string"},
		"pid": {"type": "integer", "minimum": 1},
		"below": {"type": "string"},
		"properties": {
			"type": "object",
			"additionalProperties": {"type": ["integer", "string"]}
		},
		"cgroup": {"type": "string"}
	},
	"required": ["schema", "unit"]
});

/* clang-format on */

#endif
