/* x coef^T + intercept, and the regressors and classifiers that are little more. */
#ifndef OMEN_GRAPH_OPS_LINEAR_H
#define OMEN_GRAPH_OPS_LINEAR_H

#include "graph/ops/estimator.h"

struct linear {
    struct matrix coef;             /* outputs x inputs */
    struct matrix weights;          /* inputs x outputs; coef's memory where that has one row */
    struct params_vector intercept; /* [outputs] */
};

/* Reads coef_ ([F], or [n, F]) and intercept_ (a number for all, or [n]; 0 when absent). */
bool linear_read(struct linear *linear, struct estimator *estimator, struct params *params,
                 struct err *err);
void linear_finish(struct linear *linear);
/* y: x->rows x outputs. */
void linear_apply(const struct linear *linear, const struct matrix *x, const struct matrix *y);
void linear_apply_sparse(const struct linear *linear, const struct sparse *x,
                         const struct matrix *y);

/* What makes probabilities of scores. */
enum linear_probability {
    LINEAR_PROBABILITY_NONE,    /* outputs label, score; else label, probability, score */
    LINEAR_PROBABILITY_SIGMOID, /* of each score, divided by their sum; one score: of class 1 */
    LINEAR_PROBABILITY_SOFTMAX, /* one score s: of -s and s */
};

struct linear_classifier {
    struct estimator estimator;
    struct linear linear;
    enum linear_probability probability;
};

/* After self->probability was set or is set from linear.coef.rows afterwards. */
bool linear_classifier_read(struct linear_classifier *self, struct params *params,
                            const struct columns *in, struct err *err);
/* Sets probability and the outputs. */
void linear_classifier_set(struct linear_classifier *self, enum linear_probability probability);
bool linear_classifier_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err);
bool linear_classifier_take_sparse(const struct op *op, const struct sparse *in, struct matrix *out,
                                   uint32_t wanted, struct arena *scratch, struct err *err);
void linear_classifier_destroy(struct op *op);

#endif
