/* A LightGBM model as an operator: its trees' sums, and what the objective makes of them. */
#ifndef OMEN_FORMATS_LIGHTGBM_MODEL_H
#define OMEN_FORMATS_LIGHTGBM_MODEL_H

#include "base/err.h"
#include "formats/lightgbm_objective.h"
#include "formats/lightgbm_trees.h"
#include "graph/op.h"

/* What is not in the trees themselves. */
struct lightgbm_model_shape {
    size_t features;
    size_t iterations;
    bool average;
    double missing; /* counts as missing besides NaN; NaN: nothing else does */
};

/* A classifier has label, probability and score (the sums), anything else value, and score where
 * the objective has a link. Empties `trees` on success. */
struct op *lightgbm_model_create(struct lightgbm_trees *trees,
                                 const struct lightgbm_objective *objective,
                                 const struct lightgbm_model_shape *shape, struct err *err);

#endif
