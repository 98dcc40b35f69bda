#include "graph/ops/linear.h"

static const char *const multi_class_names[] = {"binary", "multinomial", "ovr", NULL};
enum { BINARY, MULTINOMIAL, OVR };

static bool logistic_read(struct linear_classifier *self, struct params *params,
                          const struct columns *in, struct err *err)
{
    if (!linear_classifier_read(self, params, in, err))
        return false;
    int kind, usual = self->linear.coef.rows == 1 ? BINARY : MULTINOMIAL;
    if (!params_choice_or(params, "multi_class", multi_class_names, usual, &kind, err))
        return false;
    if (kind == BINARY && self->linear.coef.rows != 1)
        return params_fail(params, "multi_class", err, "\"binary\" takes one row of coef_, not %zu",
                           self->linear.coef.rows);
    linear_classifier_set(self, kind == MULTINOMIAL ? LINEAR_PROBABILITY_SOFTMAX
                                                    : LINEAR_PROBABILITY_SIGMOID);
    return true;
}

static bool logistic_create(struct op **op, struct params *params, const struct columns *in,
                            struct err *err)
{
    struct linear_classifier *self = op_allocate(sizeof *self, &op_logistic_regression, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, logistic_read(self, params, in, err));
}

const struct op_type op_logistic_regression = {
    .name = "logistic_regression",
    .summary = "sigmoid or softmax of x coef^T + intercept",
    .create = logistic_create,
    .run = linear_classifier_run,
    .take_sparse = linear_classifier_take_sparse,
    .destroy = linear_classifier_destroy,
};
