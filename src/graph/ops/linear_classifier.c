#include "graph/ops/linear.h"

static bool classifier_read(struct linear_classifier *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    if (!linear_classifier_read(self, params, in, err))
        return false;
    linear_classifier_set(self, LINEAR_PROBABILITY_NONE);
    return true;
}

static bool classifier_create(struct op **op, struct params *params, const struct columns *in,
                              struct err *err)
{
    struct linear_classifier *self = op_allocate(sizeof *self, &op_linear_classifier, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, classifier_read(self, params, in, err));
}

const struct op_type op_linear_classifier = {
    .name = "linear_classifier",
    .summary = "the class of the largest x coef^T + intercept, without probabilities",
    .create = classifier_create,
    .run = linear_classifier_run,
    .take_sparse = linear_classifier_take_sparse,
    .destroy = linear_classifier_destroy,
};
