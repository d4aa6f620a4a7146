/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .linux.netDevices: devices of the runtime's network namespace that become the container's, under
 * another name if that is asked for, with their global addresses, and up.
 *
 * The runtime looks before the container is made, so that a missing device touches nothing, and
 * moves while the child waits; the child, in the new namespace, gives the addresses again. A device
 * does not come back by itself when the container ends: the kernel returns a physical one to the
 * host, and removes others with their namespace.
 */
#include "process/netdevs.h"

#include <sched.h>

#include "sys/netdev.h"

static struct netdev *devices;

int netdevs_find(struct create *c, struct err *e)
{
	const struct config *cfg = &c->cfg;

	if (!cfg->nnetdevs)
		return 0;
	if (!(c->new_ns & CLONE_NEWNET) && namespace_fd(c, "network") < 0)
		return err_set(e, ERR_INPUT, 0, NULL,
			       "config.json: .linux.netDevices without a network namespace of the "
			       "container's own");
	devices = mem_alloc(cfg->nnetdevs * sizeof(*devices));
	for (size_t i = 0; i < cfg->nnetdevs; i++)
		if (netdev_find(cfg->netdevs[i].host, &devices[i], e) < 0)
			return err_prefix(e, "config.json: .linux.netDevices");
	return 0;
}

int netdevs_move(struct create *c, struct err *e)
{
	for (size_t i = 0; i < c->cfg.nnetdevs; i++) {
		const struct config_netdev *d = &c->cfg.netdevs[i];

		if (netdev_move(&devices[i], namespace_fd(c, "network"), c->pid, d->name, e) < 0) {
			if (e->code == ERR_DENIED)
				err_hint(e, "it needs CAP_NET_ADMIN over the host's network");
			return err_prefix(e, "config.json: .linux.netDevices.%s", d->host);
		}
	}
	return 0;
}

int netdevs_restore(struct create *c, struct err *e)
{
	for (size_t i = 0; i < c->cfg.nnetdevs; i++)
		if (netdev_restore(&devices[i], c->cfg.netdevs[i].name, e) < 0)
			return err_prefix(e, "config.json: .linux.netDevices.%s",
					  c->cfg.netdevs[i].host);
	return 0;
}
