#include "graph/ops/isotonic.h"

#include <math.h>
#include <stdlib.h>

#include "graph/ops/estimator.h"

static const char *const bounds_names[] = {"nan", "clip", "raise", NULL};
enum { BOUNDS_NAN, BOUNDS_CLIP, BOUNDS_RAISE };

struct isotonic_regression {
    struct estimator estimator;
    struct isotonic isotonic;
    int bounds;
};

static bool regression_read(struct isotonic_regression *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    if (!estimator_init(&self->estimator, params, in, err) ||
        !isotonic_read(&self->isotonic, params, err) ||
        !params_choice_or(params, "out_of_bounds", bounds_names, BOUNDS_NAN, &self->bounds, err))
        return false;
    if (in->count != 1)
        return params_fail(params, "", err, "expected 1 column, got %zu", in->count);
    self->estimator.op.bytes += 2 * self->isotonic.x.count * sizeof(double);
    if (!op_new_columns(&self->estimator.op, 1, err))
        return false;
    return column_set(&self->estimator.op.columns.items[0], in->items[0].name, NULL, 0, err);
}

static bool regression_create(struct op **op, struct params *params, const struct columns *in,
                              struct err *err)
{
    struct isotonic_regression *self = op_allocate(sizeof *self, &op_isotonic_regression, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, regression_read(self, params, in, err));
}

static bool out_of_bounds(const struct isotonic_regression *self, size_t row, struct err *err)
{
    const char *name = self->estimator.inputs.items[0].name;
    err_set(err, ERR_RANGE, "'%.64s' is beyond the values that the model was trained on",
            name != NULL ? name : "column 0");
    return err_at(err, (int64_t)row, name);
}

static bool regression_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)scratch;
    const struct isotonic_regression *self = (const struct isotonic_regression *)op;
    const struct params_vector *xs = &self->isotonic.x;
    if (!estimator_check(op, in, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        double x = matrix_row(in, row)[0];
        bool inside = x >= xs->values[0] && x <= xs->values[xs->count - 1];
        if (!inside && self->bounds == BOUNDS_RAISE)
            return out_of_bounds(self, row, err);
        if (estimator_wants(wanted, 0))
            matrix_row(&out[0], row)[0] =
                inside || self->bounds == BOUNDS_CLIP ? isotonic_at(&self->isotonic, x) : NAN;
    }
    return true;
}

static void regression_destroy(struct op *op)
{
    struct isotonic_regression *self = (struct isotonic_regression *)op;
    isotonic_finish(&self->isotonic);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_isotonic_regression = {
    .name = "isotonic_regression",
    .summary = "linear between points that never fall or never rise",
    .create = regression_create,
    .run = regression_run,
    .destroy = regression_destroy,
};
