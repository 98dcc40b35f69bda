#include "graph/ops/linear.h"

/* Two classes: scikit-learn takes the sigmoid of the one score, not the softmax of -s and s (which
 * would be the sigmoid of 2 s). */
static bool discriminant_read(struct linear_classifier *self, struct params *params,
                              const struct columns *in, struct err *err)
{
    if (!linear_classifier_read(self, params, in, err))
        return false;
    linear_classifier_set(self, self->linear.coef.rows == 1 ? LINEAR_PROBABILITY_SIGMOID
                                                            : LINEAR_PROBABILITY_SOFTMAX);
    return true;
}

static bool discriminant_create(struct op **op, struct params *params, const struct columns *in,
                                struct err *err)
{
    struct linear_classifier *self =
        op_allocate(sizeof *self, &op_linear_discriminant_analysis, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, discriminant_read(self, params, in, err));
}

const struct op_type op_linear_discriminant_analysis = {
    .name = "linear_discriminant_analysis",
    .summary = "classes as normal distributions of one covariance",
    .create = discriminant_create,
    .run = linear_classifier_run,
    .destroy = linear_classifier_destroy,
};
