#include "graph/ops/likelihood.h"

#include <math.h>

#include "math/special.h"

void likelihood_outputs(struct op *op, size_t classes)
{
    op->classes = classes;
    op_add_output(op, OUTPUT_LABEL, 1);
    op_add_output(op, OUTPUT_PROBABILITY, classes);
}

void likelihood_answer(const struct op *op, const double *joint, struct matrix *out, size_t row,
                       uint32_t wanted)
{
    size_t classes = op->classes;
    if (estimator_wants(wanted, LIKELIHOOD_LABEL))
        matrix_row(&out[LIKELIHOOD_LABEL], row)[0] = (double)special_argmax(joint, classes);
    if (!estimator_wants(wanted, LIKELIHOOD_PROBABILITY))
        return;
    double all = special_log_sum_exp(joint, classes);
    for (size_t k = 0; k < classes; k++)
        matrix_row(&out[LIKELIHOOD_PROBABILITY], row)[k] = exp(joint[k] - all);
}

bool likelihood_logs(struct estimator *estimator, struct params *params, const char *key,
                     size_t expected, struct params_vector *out, struct err *err)
{
    if (!estimator_vector(estimator, params, key, expected, out, err))
        return false;
    for (size_t i = 0; i < out->count; i++)
        if (out->values[i] > 0.0)
            return params_fail(params, key, err, "expected logarithms of probabilities");
    return true;
}
