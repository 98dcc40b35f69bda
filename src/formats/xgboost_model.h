/* A trained XGBoost model as an operator: margins in float32, in XGBoost's own order, and what it
 * makes of them. */
#ifndef OMEN_FORMATS_XGBOOST_MODEL_H
#define OMEN_FORMATS_XGBOOST_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "graph/op.h"
#include "math/forest.h"

/* From a margin to the answer (XGBoost's PredTransform). */
enum xgboost_link {
    XGBOOST_IDENTITY,
    XGBOOST_LOGISTIC,
    XGBOOST_EXP,
    XGBOOST_SIGN,       /* hinge: the class alone */
    XGBOOST_SOFTMAX,    /* the class is the first of the largest probabilities */
    XGBOOST_ARGMAX,     /* the same, but the class is the first of the largest margins */
    XGBOOST_SORTED,     /* quantiles, from 3.4 on: ascending */
    XGBOOST_EXPECTILES, /* each is the one before and something positive */
};

struct xgboost_parts {
    size_t features, outputs;
    struct forest *forest; /* trees; or NULL: weights */
    float *weights;        /* (features + 1) x outputs, the last row is the bias */
    float *base;           /* margins before the first tree, a number per output */
    bool base_last;        /* until 1.2, dart until 1.3: the trees are summed first */
    float missing;         /* counts as missing besides NaN; NaN: nothing else does */
    enum xgboost_link link;
    bool classifier; /* label, probability and score; else value and maybe score */
};

/* **Takes** what parts point to, also on failure. */
bool xgboost_model_create(struct op **op, const struct xgboost_parts *parts, struct err *err);
void xgboost_model_parts_finish(struct xgboost_parts *parts);

#endif
