/* The process as a whole: how much memory its heaps keep, and its own metrics: build, memory,
 * descriptors, CPU, start time. */
#ifndef OMEN_APP_PROCESS_H
#define OMEN_APP_PROCESS_H

#include <stdbool.h>

#include "base/metrics.h"

/* Before any thread is there: what large requests took is given back when they end. */
void process_limit_heaps(void);

/* False without memory. */
bool process_metrics_add(struct metrics *metrics);

#endif
