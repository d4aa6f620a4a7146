/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of block devices: DEVICE:NUMBER. The numbers of the device are looked up here, where the
 * caller's files are, so that the programs that follow need not look at the host.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "oci/request.h"

enum unit { WEIGHT, BYTES, OPERATIONS };

static int read_number(const char *text, enum unit unit, int64_t *out)
{
	if (unit == BYTES)
		return str_to_size(text, out);
	return unit == WEIGHT ? str_to_int(text, 10, 1000, out)
			      : str_to_int(text, 0, INT64_MAX, out);
}

static int device_limit(struct json *request, const char *list, const char *value, enum unit unit,
			struct err *e)
{
	static const char *const wanted[] = {"DEVICE:WEIGHT, a weight from 10 to 1000",
					     "DEVICE:RATE, a rate such as 1mb", "DEVICE:NUMBER"};
	const char *colon = strrchr(value, ':');
	_free_ char *path = colon ? str_ndup(value, colon - value) : NULL;
	struct json *item;
	struct stat st;
	int64_t n;

	if (!colon || *path != '/' || read_number(colon + 1, unit, &n) < 0)
		return err_set(e, ERR_USAGE, 0, NULL, "\"%s\" is not %s", value, wanted[unit]);
	if (stat(path, &st) < 0)
		return err_sys(e, "stat", "device %s", path);
	if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
		return err_set(e, ERR_USAGE, 0, NULL, "%s is no device", path);
	item = json_new_object();
	json_set(item, "path", json_new_str(path));
	json_set(item, "major", json_new_int(major(st.st_rdev)));
	json_set(item, "minor", json_new_int(minor(st.st_rdev)));
	json_set(item, unit == WEIGHT ? "weight" : "rate", json_new_int(n));
	json_add(json_need_arr(json_need_obj(request, "resources"), list), item);
	return 0;
}

int parse_weight_device(struct json *request, const char *value, struct err *e)
{
	return device_limit(request, "blkioWeightDevice", value, WEIGHT, e);
}

int parse_read_bps(struct json *request, const char *value, struct err *e)
{
	return device_limit(request, "deviceReadBps", value, BYTES, e);
}

int parse_write_bps(struct json *request, const char *value, struct err *e)
{
	return device_limit(request, "deviceWriteBps", value, BYTES, e);
}

int parse_read_iops(struct json *request, const char *value, struct err *e)
{
	return device_limit(request, "deviceReadIops", value, OPERATIONS, e);
}

int parse_write_iops(struct json *request, const char *value, struct err *e)
{
	return device_limit(request, "deviceWriteIops", value, OPERATIONS, e);
}
