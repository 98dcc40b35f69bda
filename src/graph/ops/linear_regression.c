#include "graph/ops/linear.h"

#include <stdlib.h>

/* Ordinary least squares, ridge, lasso and elastic net differ in how they are trained; what they
 * answer is the same computation. */
struct linear_regression {
    struct estimator estimator;
    struct linear linear;
};

static bool regression_read(struct linear_regression *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    if (!estimator_init(&self->estimator, params, in, err) ||
        !linear_read(&self->linear, &self->estimator, params, err))
        return false;
    self->estimator.op.sparse = OP_TAKES_SPARSE;
    op_add_output(&self->estimator.op, OUTPUT_VALUE, self->linear.coef.rows);
    return true;
}

static bool regression_create(const struct op_type *type, struct op **op, struct params *params,
                              const struct columns *in, struct err *err)
{
    struct linear_regression *self = op_allocate(sizeof *self, type, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, regression_read(self, params, in, err));
}

static bool regression_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)scratch;
    const struct linear_regression *self = (const struct linear_regression *)op;
    if (!estimator_check(op, in, err))
        return false;
    if (estimator_wants(wanted, 0))
        linear_apply(&self->linear, in, &out[0]);
    return true;
}

static bool regression_take_sparse(const struct op *op, const struct sparse *in, struct matrix *out,
                                   uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)scratch;
    const struct linear_regression *self = (const struct linear_regression *)op;
    if (!estimator_check_sparse(op, in, err))
        return false;
    if (estimator_wants(wanted, 0))
        linear_apply_sparse(&self->linear, in, &out[0]);
    return true;
}

static void regression_destroy(struct op *op)
{
    struct linear_regression *self = (struct linear_regression *)op;
    linear_finish(&self->linear);
    estimator_finish(&self->estimator);
    free(self);
}

static bool linear_regression_create(struct op **op, struct params *params,
                                     const struct columns *in, struct err *err)
{
    return regression_create(&op_linear_regression, op, params, in, err);
}

static bool ridge_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    return regression_create(&op_ridge, op, params, in, err);
}

static bool lasso_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    return regression_create(&op_lasso, op, params, in, err);
}

static bool elastic_net_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    return regression_create(&op_elastic_net, op, params, in, err);
}

const struct op_type op_linear_regression = {
    .name = "linear_regression",
    .summary = "x coef^T + intercept",
    .create = linear_regression_create,
    .run = regression_run,
    .take_sparse = regression_take_sparse,
    .destroy = regression_destroy,
};

const struct op_type op_ridge = {
    .name = "ridge",
    .summary = "x coef^T + intercept, as linear_regression",
    .create = ridge_create,
    .run = regression_run,
    .take_sparse = regression_take_sparse,
    .destroy = regression_destroy,
};

const struct op_type op_lasso = {
    .name = "lasso",
    .summary = "x coef^T + intercept, as linear_regression",
    .create = lasso_create,
    .run = regression_run,
    .take_sparse = regression_take_sparse,
    .destroy = regression_destroy,
};

const struct op_type op_elastic_net = {
    .name = "elastic_net",
    .summary = "x coef^T + intercept, as linear_regression",
    .create = elastic_net_create,
    .run = regression_run,
    .take_sparse = regression_take_sparse,
    .destroy = regression_destroy,
};
