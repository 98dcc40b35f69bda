#include "graph/ops/ops.h"

#include <math.h>

/* Outside of a function's domain the answer is NaN or an infinity, as numpy's is. */
struct function_transformer {
    struct op op;
    double (*function)(double);
};

static double identity(double x)
{
    return x;
}

static double square(double x)
{
    return x * x;
}

static double sign(double x)
{
    return isnan(x) ? x : (double)((x > 0) - (x < 0));
}

static double reciprocal(double x)
{
    return 1 / x;
}

static double negative(double x)
{
    return -x;
}

/* In the order of names. */
static double (*const functions[])(double) = {
    identity, log,  log1p, log2,       log10,    exp, expm1, sqrt, cbrt,
    square,   fabs, sign,  reciprocal, negative, sin, cos,   tanh,
};

static const char *const names[] = {
    "identity", "log", "log1p", "log2",       "log10",    "exp", "expm1", "sqrt", "cbrt",
    "square",   "abs", "sign",  "reciprocal", "negative", "sin", "cos",   "tanh", NULL,
};

static bool transformer_read(struct function_transformer *self, struct params *params,
                             const struct columns *in, struct err *err)
{
    int index;
    if (!params_choice_or(params, "func", names, 0, &index, err))
        return false;
    self->function = functions[index];
    return (index == 0 || op_need_numbers(params, in, err)) && op_same_columns(&self->op, in, err);
}

static bool transformer_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    struct function_transformer *self =
        op_allocate(sizeof *self, &op_function_transformer, in, err);
    return self != NULL && op_deliver(op, &self->op, transformer_read(self, params, in, err));
}

static bool transformer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct function_transformer *self = (const struct function_transformer *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++)
            to[i] = self->function(from[i]);
    }
    return true;
}

const struct op_type op_function_transformer = {
    .name = "function_transformer",
    .summary = "a function of each number: log, sqrt, square, ...",
    .create = transformer_create,
    .run = transformer_run,
    .destroy = op_free,
};
