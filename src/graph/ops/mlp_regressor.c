#include "graph/ops/mlp.h"

#include <stdlib.h>

struct mlp_regressor {
    struct estimator estimator;
    struct mlp mlp;
};

static bool regressor_read(struct mlp_regressor *self, struct params *params,
                           const struct columns *in, struct err *err)
{
    static const char *const names[] = {"identity", "logistic", "exp", NULL};
    static const enum mlp_activation activations[] = {MLP_IDENTITY, MLP_LOGISTIC, MLP_EXP};
    int output;
    if (!estimator_init(&self->estimator, params, in, err) ||
        !mlp_read(&self->mlp, &self->estimator, params, err) ||
        !params_choice_or(params, "out_activation_", names, 0, &output, err))
        return false;
    self->mlp.output_activation = activations[output];
    op_add_output(&self->estimator.op, OUTPUT_VALUE, mlp_outputs(&self->mlp));
    return true;
}

static bool regressor_create(struct op **op, struct params *params, const struct columns *in,
                             struct err *err)
{
    struct mlp_regressor *self = op_allocate(sizeof *self, &op_mlp_regressor, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, regressor_read(self, params, in, err));
}

static bool regressor_run(const struct op *op, const struct matrix *in, struct matrix *out,
                          uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct mlp_regressor *self = (const struct mlp_regressor *)op;
    if (!estimator_check(op, in, err))
        return false;
    return !estimator_wants(wanted, 0) || mlp_apply(&self->mlp, in, &out[0], scratch, err);
}

static void regressor_destroy(struct op *op)
{
    struct mlp_regressor *self = (struct mlp_regressor *)op;
    mlp_finish(&self->mlp);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_mlp_regressor = {
    .name = "mlp_regressor",
    .summary = "multi-layer perceptron, values",
    .create = regressor_create,
    .run = regressor_run,
    .destroy = regressor_destroy,
};
