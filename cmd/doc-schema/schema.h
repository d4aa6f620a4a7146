/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schemas of doc-schema, as compact JSON; rp-json(5) says in words what they say here. */
#ifndef DOC_SCHEMA_SCHEMA_H
#define DOC_SCHEMA_SCHEMA_H

/* rp.container/1 */
#define SCHEMA_CONTAINER                                                                       \
	"{\"type\":\"object\",\"properties\":{\"schema\":{\"type\":\"string\",\"pattern\":\"^" \
	"rp\\\\.container/1(\\\\.|$)\"},\"request\":{\"type\":\"object\",\"properties\":{\"im" \
	"age\":{\"type\":\"string\"},\"platform\":{\"type\":\"object\",\"properties\":{\"os\"" \
	":{\"type\":\"string\"},\"architecture\":{\"type\":\"string\"},\"variant\":{\"type\":" \
	"\"string\"}}},\"command\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"ent" \
	"rypoint\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"name\":{\"type\":\"" \
	"string\"},\"hostname\":{\"type\":\"string\"},\"detach\":{\"type\":\"boolean\"},\"rem" \
	"ove\":{\"type\":\"boolean\"},\"interactive\":{\"type\":\"boolean\"},\"terminal\":{\"" \
	"type\":\"boolean\"},\"init\":{\"type\":\"boolean\"},\"readOnly\":{\"type\":\"boolean" \
	"\"},\"readOnlyTmpfs\":{\"type\":\"boolean\"},\"privileged\":{\"type\":\"boolean\"},"  \
	"\"attach\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"env\":{\"type\":\"" \
	"array\",\"items\":{\"type\":\"string\"}},\"user\":{\"type\":\"string\"},\"groups\":{" \
	"\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"workdir\":{\"type\":\"string\"" \
	"},\"stopSignal\":{\"type\":\"string\"},\"umask\":{\"type\":\"string\"},\"timezone\":" \
	"{\"type\":\"string\"},\"stopTimeout\":{\"type\":\"integer\"},\"labels\":{\"type\":\"" \
	"object\",\"additionalProperties\":{\"type\":\"string\"}},\"annotations\":{\"type\":"  \
	"\"object\",\"additionalProperties\":{\"type\":\"string\"}},\"sysctls\":{\"type\":\"o" \
	"bject\",\"additionalProperties\":{\"type\":\"string\"}},\"mounts\":{\"type\":\"array" \
	"\",\"items\":{\"type\":\"object\",\"properties\":{\"type\":{\"enum\":[\"bind\",\"vol" \
	"ume\",\"tmpfs\"]},\"source\":{\"type\":\"string\"},\"destination\":{\"type\":\"strin" \
	"g\"},\"options\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"required\":" \
	"[\"type\",\"destination\"]}},\"devices\":{\"type\":\"array\",\"items\":{\"type\":\"o" \
	"bject\",\"properties\":{\"source\":{\"type\":\"string\"},\"destination\":{\"type\":"  \
	"\"string\"},\"permissions\":{\"type\":\"string\"}}}},\"capAdd\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"string\"}},\"capDrop\":{\"type\":\"array\",\"items\":{\"type\"" \
	":\"string\"}},\"security\":{\"type\":\"object\",\"properties\":{\"noNewPrivileges\":" \
	"{\"type\":\"boolean\"},\"seccomp\":{\"type\":\"string\"},\"seccompProfile\":{\"type"  \
	"\":\"object\"},\"labelDisable\":{\"type\":\"boolean\"},\"labelUser\":{\"type\":\"str" \
	"ing\"},\"labelRole\":{\"type\":\"string\"},\"labelType\":{\"type\":\"string\"},\"lab" \
	"elLevel\":{\"type\":\"string\"},\"mask\":{\"type\":\"array\",\"items\":{\"type\":\"s" \
	"tring\"}},\"unmask\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}},\"ulimit" \
	"s\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"type\":{\"t" \
	"ype\":\"string\"},\"soft\":{\"type\":\"integer\"},\"hard\":{\"type\":\"integer\"}},"  \
	"\"required\":[\"type\",\"soft\",\"hard\"]}},\"resources\":{\"type\":\"object\",\"pro" \
	"perties\":{\"pidsLimit\":{\"type\":\"integer\"},\"memory\":{\"type\":\"integer\"},\"" \
	"memorySwap\":{\"type\":\"integer\"},\"memoryReservation\":{\"type\":\"integer\"},\"c" \
	"puQuota\":{\"type\":\"integer\"},\"cpuPeriod\":{\"type\":\"integer\"},\"cpuShares\":" \
	"{\"type\":\"integer\"},\"cpusetCpus\":{\"type\":\"string\"},\"cpusetMems\":{\"type\"" \
	":\"string\"}}},\"shmSize\":{\"type\":\"integer\"},\"network\":{\"type\":\"object\","  \
	"\"properties\":{\"mode\":{\"enum\":[\"none\",\"host\",\"slirp4netns\",\"pasta\",\"co" \
	"ntainer\",\"private\"]},\"options\":{\"type\":\"array\",\"items\":{\"type\":\"string" \
	"\"}},\"container\":{\"type\":\"string\"}}},\"ports\":{\"type\":\"array\",\"items\":{" \
	"\"type\":\"object\",\"properties\":{\"hostIp\":{\"type\":\"string\"},\"hostPort\":{"  \
	"\"type\":\"integer\",\"minimum\":0,\"maximum\":65535},\"containerPort\":{\"type\":\"" \
	"integer\",\"minimum\":1,\"maximum\":65535},\"range\":{\"type\":\"integer\",\"minimum" \
	"\":1},\"protocol\":{\"enum\":[\"tcp\",\"udp\"]}},\"required\":[\"containerPort\"]}}," \
	"\"dns\":{\"type\":\"object\",\"properties\":{\"servers\":{\"type\":\"array\",\"items" \
	"\":{\"type\":\"string\"}},\"search\":{\"type\":\"array\",\"items\":{\"type\":\"strin" \
	"g\"}},\"options\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}},\"addHosts"  \
	"\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"ty" \
	"pe\":\"string\"},\"ip\":{\"type\":\"string\"}},\"required\":[\"name\",\"ip\"]}},\"no" \
	"Hosts\":{\"type\":\"boolean\"},\"log\":{\"type\":\"object\",\"properties\":{\"driver" \
	"\":{\"enum\":[\"k8s-file\",\"json-file\",\"none\",\"passthrough\"]},\"path\":{\"type" \
	"\":\"string\"},\"tag\":{\"type\":\"string\"},\"maxSize\":{\"type\":\"integer\"}}},\"" \
	"runtime\":{\"type\":\"string\"},\"cidfile\":{\"type\":\"string\"},\"pidfile\":{\"typ" \
	"e\":\"string\"},\"initPath\":{\"type\":\"string\"},\"detachKeys\":{\"type\":\"string" \
	"\"},\"cgroupManager\":{\"enum\":[\"cgroupfs\",\"systemd\",\"disabled\"]}}},\"image\"" \
	":{\"type\":\"object\",\"properties\":{\"reference\":{\"type\":\"string\"},\"digest\"" \
	":{\"type\":\"string\",\"pattern\":\"^sha256:[0-9a-f]{64}$\"},\"id\":{\"type\":\"stri" \
	"ng\",\"pattern\":\"^sha256:[0-9a-f]{64}$\"},\"config\":{\"type\":\"object\"},\"platf" \
	"orm\":{\"type\":\"object\",\"properties\":{\"os\":{\"type\":\"string\"},\"architectu" \
	"re\":{\"type\":\"string\"},\"variant\":{\"type\":\"string\"}}},\"layers\":{\"type\":" \
	"\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"digest\":{\"type\":\"stri" \
	"ng\",\"pattern\":\"^sha256:[0-9a-f]{64}$\"},\"diffId\":{\"type\":\"string\",\"patter" \
	"n\":\"^sha256:[0-9a-f]{64}$\"},\"mediaType\":{\"type\":\"string\"},\"size\":{\"type"  \
	"\":\"integer\"}},\"required\":[\"digest\",\"diffId\"]}}},\"required\":[\"reference\"" \
	",\"digest\",\"id\",\"layers\"]},\"rootfs\":{\"type\":\"object\",\"properties\":{\"la" \
	"yers\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"driver\":{\"enum\":[\"" \
	"overlay\",\"vfs\"]},\"path\":{\"type\":\"string\"},\"user\":{\"type\":\"object\",\"p" \
	"roperties\":{\"uid\":{\"type\":\"integer\"},\"gid\":{\"type\":\"integer\"},\"additio" \
	"nalGids\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},\"home\":{\"type\":"  \
	"\"string\"}},\"required\":[\"uid\",\"gid\"]}}},\"container\":{\"type\":\"object\",\"" \
	"properties\":{\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"},\"name\":{" \
	"\"type\":\"string\"},\"created\":{\"type\":\"string\"},\"directory\":{\"type\":\"str" \
	"ing\"},\"runDirectory\":{\"type\":\"string\"},\"hostname\":{\"type\":\"string\"}},\"" \
	"required\":[\"id\",\"directory\",\"runDirectory\"]},\"network\":{\"type\":\"object\"" \
	",\"properties\":{\"mode\":{\"enum\":[\"none\",\"host\",\"slirp4netns\",\"pasta\",\"c" \
	"ontainer\"]},\"namespace\":{\"type\":\"string\"},\"helper\":{\"type\":\"object\",\"p" \
	"roperties\":{\"program\":{\"type\":\"string\"},\"pid\":{\"type\":\"integer\"},\"star" \
	"tTime\":{\"type\":\"integer\"},\"bootId\":{\"type\":\"string\"}},\"required\":[\"pid" \
	"\",\"startTime\",\"bootId\"]},\"ports\":{\"type\":\"array\",\"items\":{\"type\":\"ob" \
	"ject\",\"properties\":{\"hostIp\":{\"type\":\"string\"},\"hostPort\":{\"type\":\"int" \
	"eger\",\"minimum\":0,\"maximum\":65535},\"containerPort\":{\"type\":\"integer\",\"mi" \
	"nimum\":1,\"maximum\":65535},\"range\":{\"type\":\"integer\",\"minimum\":1},\"protoc" \
	"ol\":{\"enum\":[\"tcp\",\"udp\"]}},\"required\":[\"containerPort\"]}},\"resolvConf\"" \
	":{\"type\":\"string\"},\"hosts\":{\"type\":\"string\"},\"address\":{\"type\":\"strin" \
	"g\"},\"gateway\":{\"type\":\"string\"}},\"required\":[\"mode\",\"namespace\"]},\"vol" \
	"umes\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"type\":{" \
	"\"enum\":[\"bind\",\"volume\",\"tmpfs\"]},\"name\":{\"type\":\"string\"},\"source\":" \
	"{\"type\":\"string\"},\"destination\":{\"type\":\"string\"},\"options\":{\"type\":\"" \
	"array\",\"items\":{\"type\":\"string\"}},\"anonymous\":{\"type\":\"boolean\"}},\"req" \
	"uired\":[\"type\",\"source\",\"destination\",\"options\"]}},\"selinux\":{\"type\":\"" \
	"object\",\"properties\":{\"processLabel\":{\"type\":\"string\"},\"mountLabel\":{\"ty" \
	"pe\":\"string\"}}},\"spec\":{\"type\":\"object\",\"required\":[\"ociVersion\"]},\"pr" \
	"ocess\":{\"type\":\"object\",\"properties\":{\"pid\":{\"type\":\"integer\"},\"startT" \
	"ime\":{\"type\":\"integer\"},\"bootId\":{\"type\":\"string\"},\"monitorPid\":{\"type" \
	"\":\"integer\"},\"attachSocket\":{\"type\":\"string\"},\"started\":{\"type\":\"strin" \
	"g\"},\"runtime\":{\"type\":\"string\"},\"runtimeRoot\":{\"type\":\"string\"}},\"requ" \
	"ired\":[\"attachSocket\"]},\"exit\":{\"type\":\"object\",\"properties\":{\"code\":{"  \
	"\"type\":\"integer\"},\"oomKilled\":{\"type\":\"boolean\"},\"finished\":{\"type\":\"" \
	"string\"},\"error\":{\"type\":\"string\"}}}},\"required\":[\"schema\"]}"

/* rp.images/1 */
#define SCHEMA_IMAGES                                                                          \
	"{\"type\":\"object\",\"properties\":{\"schema\":{\"const\":\"rp.images/1\"},\"images" \
	"\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"Id\"]}},\"rows" \
	"\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}},\"required\":[\"schema\",\"" \
	"images\",\"rows\"]}"

/* rp.containers/1 */
#define SCHEMA_CONTAINERS                                                                      \
	"{\"type\":\"object\",\"properties\":{\"schema\":{\"const\":\"rp.containers/1\"},\"co" \
	"ntainers\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"Id\","  \
	"\"State\",\"Names\"]}},\"rows\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}" \
	"},\"required\":[\"schema\",\"containers\",\"rows\"]}"

/* what people know from Podman's inspect */
#define SCHEMA_ARRAY "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"Id\"]}}"

/* what img-remove did */
#define SCHEMA_REMOVED                                                                         \
	"{\"type\":\"object\",\"properties\":{\"untagged\":{\"type\":\"array\",\"items\":{\"t" \
	"ype\":\"string\"}},\"deleted\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}" \
	"}"

/* host-info */
#define SCHEMA_INFO                                                                            \
	"{\"type\":\"object\",\"properties\":{\"host\":{\"type\":\"object\"},\"store\":{\"typ" \
	"e\":\"object\"}},\"required\":[\"host\",\"store\"]}"

/* any array or object */
#define SCHEMA_ANY "{\"type\":[\"array\",\"object\"]}"

/* rp.label/1, question */
#define SCHEMA_LABEL_IN                                                                        \
	"{\"type\":\"object\",\"properties\":{\"schema\":{\"const\":\"rp.label/1\"},\"securit" \
	"y\":{\"type\":[\"object\",\"null\"]},\"relabel\":{\"type\":\"array\",\"items\":{\"ty" \
	"pe\":\"object\",\"properties\":{\"source\":{\"type\":\"string\"},\"shared\":{\"type"  \
	"\":\"boolean\"}},\"required\":[\"source\",\"shared\"]}}},\"required\":[\"schema\"]}"

/* rp.label/1, answer */
#define SCHEMA_LABEL_OUT                                                                       \
	"{\"type\":\"object\",\"properties\":{\"schema\":{\"const\":\"rp.label/1\"},\"selinux" \
	"\":{\"type\":\"object\",\"properties\":{\"processLabel\":{\"type\":\"string\"},\"mou" \
	"ntLabel\":{\"type\":\"string\"}}}},\"required\":[\"schema\",\"selinux\"]}"

#endif
