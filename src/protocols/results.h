/* What a model computed, as JSON. */
#ifndef OMEN_PROTOCOLS_RESULTS_H
#define OMEN_PROTOCOLS_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "graph/graph.h"
#include "math/matrix.h"

/* One output of all rows: a list of answers, or the first row's answer alone. An answer is a label,
 * a number, or a list of numbers where the output has several columns by nature. */
void results_write_output(struct buf *out, const struct graph *graph, size_t output,
                          const struct matrix *result, bool single);
/* [label, ...] of all classes. */
void results_write_labels(struct buf *out, const struct graph *graph);
/* [name, ...] */
void results_write_targets(struct buf *out, const struct graph *graph);

#endif
