/* Our answers against the trainer's, an output at a time. */
#ifndef OMEN_TESTS_GOLDEN_COMPARE_H
#define OMEN_TESTS_GOLDEN_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/json.h"
#include "graph/graph.h"
#include "math/matrix.h"

/* How far apart two matrices of the same shape are. */
struct comparison {
    size_t values;   /* compared */
    size_t exact;    /* the same to the last bit of the output's width */
    size_t agreeing; /* by the rule */
    double relative; /* largest |got - expected| / |expected| */
    double judged;   /* largest |got - expected| / max(|expected|, floor): what is held to the
                        tolerance */
};

struct comparison_rule {
    const double *floors; /* one for each column, or NULL for none (then judged == relative) */
    bool single;          /* values are float32: compared as such */
    double tolerance;     /* of what is judged */
    double ulp;           /* or so many units in the last place of a float32 */
};

/* expected: an array with a row each, a number or an array of numbers ("NaN" and the infinities as
 * words), or labels as the trainer has them, which become class indices. The matrix is in the
 * arena; rows x output->cols is what it must be. */
bool compare_read(const struct graph *graph, const struct graph_output *output,
                  const struct json *expected, size_t rows, struct arena *arena,
                  struct matrix *matrix, struct err *err);

struct comparison compare_matrices(const struct matrix *got, const struct matrix *expected,
                                   const struct comparison_rule *rule);

/* The largest magnitude of each column, in the arena: a floor for columns whose terms cancel, so
 * that values near zero have no accurate digits for a relative difference to count. */
double *compare_column_sizes(const struct matrix *expected, struct arena *arena);

#endif
