/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names for containers: a quality and a thing found near the sea. */
#include "names.h"

#include <sys/random.h>

#include "base/str.h"

static const char *const qualities[] = {
	"amber",   "bold",   "brave",  "brisk",	 "bright", "calm",   "clear", "crisp",
	"deft",	   "eager",  "early",  "fair",	 "fleet",  "fond",   "frank", "fresh",
	"gentle",  "glad",   "grand",  "happy",	 "hardy",  "keen",   "kind",  "light",
	"lively",  "loyal",  "lucid",  "mellow", "merry",  "mild",   "neat",  "noble",
	"patient", "plain",  "proud",  "quick",	 "quiet",  "ready",  "rosy",  "sharp",
	"silent",  "silver", "smooth", "solid",	 "spry",   "steady", "still", "sunny",
	"swift",   "tidy",   "true",   "vivid",	 "warm",   "wise",   "witty", "young",
};

static const char *const things[] = {
	"anchor",  "bay",   "beacon", "breeze", "buoy",	    "cape",    "cliff",	  "cloud",
	"compass", "coral", "cove",   "crane",	"current",  "delta",   "dune",	  "eddy",
	"ferry",   "fjord", "foam",   "gale",	"gannet",   "gull",    "harbour", "heron",
	"island",  "jetty", "kelp",   "ketch",	"lagoon",   "lantern", "lighter", "lock",
	"mast",	   "mist",  "osprey", "otter",	"pebble",   "petrel",  "pier",	  "plover",
	"quay",	   "reef",  "ridge",  "sail",	"schooner", "seal",    "shell",	  "shoal",
	"sloop",   "spray", "squall", "tern",	"tide",	    "wave",    "wharf",	  "wind",
};

char *random_name(unsigned try)
{
	uint32_t r[3] = {0};

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		r[0] = try;
	if (try < 10)
		return str_fmt("%s_%s", qualities[r[0] % ARRAY_LEN(qualities)],
			       things[r[1] % ARRAY_LEN(things)]);
	return str_fmt("%s_%s%u", qualities[r[0] % ARRAY_LEN(qualities)],
		       things[r[1] % ARRAY_LEN(things)], r[2] % 100000);
}
