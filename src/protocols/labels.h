/* Names for versions, such as "stable": "MODEL/LABEL=VERSION", separated by commas. */
#ifndef OMEN_PROTOCOLS_LABELS_H
#define OMEN_PROTOCOLS_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The version, in the arena, or NULL. labels may be NULL. */
const char *labels_find(const char *labels, const char *model, const char *label,
                        struct arena *arena);

#endif
