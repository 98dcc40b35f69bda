/* What a classifier answers that has a logarithm of P(class, x) for each class: naive Bayes,
 * mixtures. */
#ifndef OMEN_GRAPH_OPS_LIKELIHOOD_H
#define OMEN_GRAPH_OPS_LIKELIHOOD_H

#include "graph/ops/estimator.h"

/* The first two outputs of such an operator. */
enum { LIKELIHOOD_LABEL, LIKELIHOOD_PROBABILITY };

/* Sets op->classes and adds the two outputs. */
void likelihood_outputs(struct op *op, size_t classes);

/* Row `row` of the two outputs as far as they are wanted: the class of the largest (the first of
 * equals) and exp(joint - log of the sum of exp(joint)). joint: op->classes numbers. */
void likelihood_answer(const struct op *op, const double *joint, struct matrix *out, size_t row,
                       uint32_t wanted);

/* A vector of finite logarithms, [expected]; each at most 0 if they are of probabilities. */
bool likelihood_logs(struct estimator *estimator, struct params *params, const char *key,
                     size_t expected, struct params_vector *out, struct err *err);

#endif
