/* Counters, gauges and histograms in the Prometheus text format.
 *
 * A family is a metric's name, help and type; a series is one combination of label values. Adding
 * to a series takes no lock: each has METRICS_SHARDS cells on cache lines of their own, and a
 * thread adds to the cell of its number (metrics_thread_set). Making and destroying series and
 * rendering take the registry's lock. A series that ends (a model version was unloaded) must not be
 * in use by anyone any more: its owner is reference counted. */
#ifndef OMEN_BASE_METRICS_H
#define OMEN_BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define METRICS_SHARDS 16
#define METRICS_LABELS_MAX 6

enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM };

struct metrics;        /* the registry */
struct metrics_family; /* owned by the registry */
struct metrics_series; /* owned by its family until metrics_series_destroy */

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *metrics);

/* label_names and bounds are **Kept** (static arrays). bounds: ascending upper bounds of a
 * histogram, without +Inf; values are doubles in the metric's unit (seconds, bytes). NULL without
 * memory. */
struct metrics_family *metrics_family_add(struct metrics *metrics, enum metrics_type type,
                                          const char *name, const char *help,
                                          const char *const *label_names, size_t label_count,
                                          const double *bounds, size_t bound_count);

/* label_values are copied, as many as the family has names. NULL without memory. Every function
 * below accepts a NULL series and does nothing, so that a lost series never stops a request. */
struct metrics_series *metrics_series_create(struct metrics_family *family,
                                             const char *const *label_values);
void metrics_series_destroy(struct metrics_series *series);

/* Which cell this thread adds to; threads that never call it share cell 0. */
void metrics_thread_set(unsigned number);

void metrics_add(struct metrics_series *series, double value); /* counter, gauge */
void metrics_set(struct metrics_series *series, double value); /* gauge */
void metrics_observe(struct metrics_series *series, double value);
/* Sum of all cells of a counter or gauge; the number of observations of a histogram. */
double metrics_value(const struct metrics_series *series);
double metrics_sum(const struct metrics_series *series); /* of what a histogram observed */

/* A family whose series are written by a callback when rendered: for values that others own
 * (queue length, memory). The callback calls metrics_emit for each. */
struct metrics_emitter;
typedef void metrics_collect_function(void *context, struct metrics_emitter *emitter);
struct metrics_family *
metrics_family_add_callback(struct metrics *metrics, enum metrics_type type, const char *name,
                            const char *help, const char *const *label_names, size_t label_count,
                            metrics_collect_function *collect, void *context);
void metrics_emit(struct metrics_emitter *emitter, const char *const *label_values, double value);

/* Appends everything in the text format, version 0.0.4. Families in the order they were added. */
void metrics_render(struct metrics *metrics, struct buf *out);

#endif
