/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's first process. */
#ifndef CTR_RUNTIME_CHILD_H
#define CTR_RUNTIME_CHILD_H

#include "make/container.h"

/* The child's side of making a container; does not return. */
_Noreturn void child_main(struct create *c);
/* Between the runtime and the child where a user or pid namespace is to be joined. */
_Noreturn void intermediate_main(struct create *c);

#endif
