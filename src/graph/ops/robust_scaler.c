#include "graph/ops/ops.h"

#include <stdlib.h>

#include "graph/ops/center_scale.h"

struct robust_scaler {
    struct op op;
    struct center_scale values;
};

static bool scaler_read(struct robust_scaler *self, struct params *params, const struct columns *in,
                        struct err *err)
{
    if (!op_need_numbers(params, in, err) || !op_same_columns(&self->op, in, err) ||
        !center_scale_read(&self->values, params, "center_", "scale_", in->count, err))
        return false;
    self->op.bytes += center_scale_bytes(&self->values);
    return true;
}

static bool scaler_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct robust_scaler *self = op_allocate(sizeof *self, &op_robust_scaler, in, err);
    return self != NULL && op_deliver(op, &self->op, scaler_read(self, params, in, err));
}

static bool scaler_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    center_scale_run(&((const struct robust_scaler *)op)->values, in, &out[0]);
    return true;
}

static void scaler_destroy(struct op *op)
{
    center_scale_finish(&((struct robust_scaler *)op)->values);
    free(op);
}

const struct op_type op_robust_scaler = {
    .name = "robust_scaler",
    .summary = "(x - center) / scale: median and quantiles",
    .create = scaler_create,
    .run = scaler_run,
    .destroy = scaler_destroy,
};
