/* The state file: what became of every version, for who brings them (omen-sync). */
#ifndef OMEN_APP_STATE_H
#define OMEN_APP_STATE_H

#include <stdbool.h>

#include "base/err.h"
#include "registry/registry.h"

/* Replaces the file at path by one that says what /status says of the models. */
bool state_write(struct registry *registry, const char *path, struct err *err);

#endif
