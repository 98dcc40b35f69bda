/* Trees as documents write them, for the operators that are made of trees. */
#ifndef OMEN_GRAPH_OPS_TREES_H
#define OMEN_GRAPH_OPS_TREES_H

#include "graph/ops/estimator.h"
#include "math/forest.h"

struct trees {
    struct forest *forest;
    enum forest_width sum;
    size_t outputs;
    bool missing; /* NaN and infinity may come in; else every number is finite */
};

/* Reads trees, compare, dtype, sum_dtype, missing and outputs. Counts bytes. */
bool trees_read(struct trees *trees, struct estimator *estimator, struct params *params,
                const struct columns *in, struct err *err);
void trees_finish(struct trees *trees);

/* sums (rows x outputs, dense) holds what they begin with. Checks the numbers that come in. */
bool trees_sum(const struct trees *trees, const struct op *op, const struct matrix *in,
               struct matrix *sums, struct arena *scratch, struct err *err);

#endif
