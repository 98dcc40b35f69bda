/* What all estimators share: they take numbers, all of them there and finite, as scikit-learn's do,
 * and their parameters are finite. */
#ifndef OMEN_GRAPH_OPS_ESTIMATOR_H
#define OMEN_GRAPH_OPS_ESTIMATOR_H

#include "graph/ops/ops.h"
#include "math/matrix.h"

/* First member of every estimator. */
struct estimator {
    struct op op;
    struct columns inputs; /* names for messages; no words */
};

/* Refuses columns of words and keeps the names. */
bool estimator_init(struct estimator *estimator, struct params *params, const struct columns *in,
                    struct err *err);
void estimator_finish(struct estimator *estimator);

/* Each cell is a finite number: ERR_MISSING or ERR_RANGE with the first one's row and field. */
bool estimator_check(const struct op *op, const struct matrix *in, struct err *err);

bool estimator_check_sparse(const struct op *op, const struct sparse *in, struct err *err);

/* As params_vector and params_matrix; NaN and infinity are refused, and their bytes are counted. */
bool estimator_vector(struct estimator *estimator, struct params *params, const char *key,
                      size_t expected, struct params_vector *out, struct err *err);
bool estimator_matrix(struct estimator *estimator, struct params *params, const char *key,
                      size_t rows, size_t cols, struct matrix *out, struct err *err);

/* A required finite number. */
bool estimator_number(struct params *params, const char *key, double *value, struct err *err);

/* Each value is greater than zero (variances, precisions). */
bool estimator_positive(struct params *params, const char *key, const double *values, size_t count,
                        struct err *err);

/* A vector of prior probabilities [classes], each at least 0, as their logarithms. */
bool estimator_log_priors(struct estimator *estimator, struct params *params, const char *key,
                          size_t classes, struct params_vector *out, struct err *err);

static inline bool estimator_wants(uint32_t wanted, uint32_t output)
{
    return (wanted >> output & 1U) != 0;
}

/* An output if it is wanted, else a block of the same shape in scratch. */
bool estimator_target(const struct op *op, const struct matrix *out, uint32_t wanted,
                      uint32_t output, size_t rows, struct arena *scratch, struct matrix *target,
                      struct err *err);

/* A row of scratch; NULL and err set without memory. */
double *estimator_scratch(struct arena *scratch, size_t count, struct err *err);

#endif
