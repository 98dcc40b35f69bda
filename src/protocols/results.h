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
/* How a dialect wants them. */
struct results_style {
    bool floats;   /* 3.0, not 3: clients that go by the text see a float */
    bool bare_nan; /* NaN, Infinity and -Infinity, which are no JSON, in place of null */
    bool base64;   /* words as {"b64":"..."} */
};
/* One row's answer. */
void results_write_answer(struct buf *out, const struct graph *graph, size_t output,
                          const double *cells, const struct results_style *style);
void results_write_number(struct buf *out, const struct graph_output *output, double value,
                          const struct results_style *style);
/* A class's label, as a text whatever it is. */
void results_write_label_text(struct buf *out, const struct graph *graph, size_t index);
/* [label, ...] of all classes. */
void results_write_labels(struct buf *out, const struct graph *graph);
/* [name, ...] */
void results_write_targets(struct buf *out, const struct graph *graph);

#endif
