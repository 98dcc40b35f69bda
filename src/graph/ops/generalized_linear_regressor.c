#include "graph/ops/linear.h"

#include <stdlib.h>

#include "math/special.h"

/* The mean of the answer's distribution: the inverse link of the linear predictor. */
struct generalized_linear_regressor {
    struct estimator estimator;
    struct linear linear;
    enum special_link link;
};

static bool glm_read(struct generalized_linear_regressor *self, struct params *params,
                     const struct columns *in, struct err *err)
{
    int link;
    if (!estimator_init(&self->estimator, params, in, err) ||
        !params_choice_or(params, "link", special_link_names, -1, &link, err) ||
        !linear_read(&self->linear, &self->estimator, params, err))
        return false;
    self->link = (enum special_link)link;
    op_add_output(&self->estimator.op, OUTPUT_VALUE, self->linear.coef.rows);
    return true;
}

static bool glm_create(struct op **op, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct generalized_linear_regressor *self =
        op_allocate(sizeof *self, &op_generalized_linear_regressor, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, glm_read(self, params, in, err));
}

static bool glm_run(const struct op *op, const struct matrix *in, struct matrix *out,
                    uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)scratch;
    const struct generalized_linear_regressor *self =
        (const struct generalized_linear_regressor *)op;
    if (!estimator_check(op, in, err))
        return false;
    if (!estimator_wants(wanted, 0))
        return true;
    linear_apply(&self->linear, in, &out[0]);
    for (size_t row = 0; row < in->rows; row++) {
        double *value = matrix_row(&out[0], row);
        for (size_t i = 0; i < out[0].cols; i++)
            value[i] = special_link_inverse(self->link, value[i]);
    }
    return true;
}

static void glm_destroy(struct op *op)
{
    struct generalized_linear_regressor *self = (struct generalized_linear_regressor *)op;
    linear_finish(&self->linear);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_generalized_linear_regressor = {
    .name = "generalized_linear_regressor",
    .summary = "inverse link of x coef^T + intercept",
    .create = glm_create,
    .run = glm_run,
    .destroy = glm_destroy,
};
