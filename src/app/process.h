/* The process's own metrics: build, memory, descriptors, CPU, start time. */
#ifndef OMEN_APP_PROCESS_H
#define OMEN_APP_PROCESS_H

#include <stdbool.h>

#include "base/metrics.h"

/* False without memory. */
bool process_metrics_add(struct metrics *metrics);

#endif
