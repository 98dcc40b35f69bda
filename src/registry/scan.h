/* The loader's part of the registry: what changes the table. Loader thread only. */
#ifndef OMEN_REGISTRY_SCAN_H
#define OMEN_REGISTRY_SCAN_H

#include "registry/registry_private.h"

/* Retires everything. */
void scan_forget_all(struct registry *registry);

#endif
