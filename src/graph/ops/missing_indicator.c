#include "graph/ops/ops.h"

#include <stdlib.h>

#include "graph/ops/missing.h"

struct missing_indicator {
    struct op op;
    double *marks;    /* [inputs] what is missing */
    size_t *features; /* positions of the inputs that are looked at */
    size_t feature_count;
};

static bool indicator_read(struct missing_indicator *self, struct params *params,
                           const struct columns *in, struct err *err)
{
    if (!missing_read(&self->marks, params, in, err) ||
        !op_read_positions(params, "features_", in->count, &self->features, &self->feature_count,
                           err))
        return false;
    if (self->feature_count == 0)
        return params_fail(params, "features_", err, "names no column");
    if (!op_new_columns(&self->op, self->feature_count, err))
        return false;
    for (size_t i = 0; i < self->feature_count; i++) {
        const char *name = in->items[self->features[i]].name;
        if (!column_set_formatted(&self->op.columns.items[i], err, "missingindicator_%s",
                                  name != NULL ? name : ""))
            return false;
    }
    self->op.bytes += in->count * sizeof(double) + self->feature_count * sizeof(size_t);
    return true;
}

static bool indicator_create(struct op **op, struct params *params, const struct columns *in,
                             struct err *err)
{
    struct missing_indicator *self = op_allocate(sizeof *self, &op_missing_indicator, in, err);
    return self != NULL && op_deliver(op, &self->op, indicator_read(self, params, in, err));
}

static bool indicator_run(const struct op *op, const struct matrix *in, struct matrix *out,
                          uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct missing_indicator *self = (const struct missing_indicator *)op;
    for (size_t row = 0; row < in->rows; row++)
        for (size_t i = 0; i < self->feature_count; i++) {
            size_t at = self->features[i];
            matrix_row(&out[0], row)[i] = missing_is(self->marks[at], matrix_row(in, row)[at]);
        }
    return true;
}

static void indicator_destroy(struct op *op)
{
    struct missing_indicator *self = (struct missing_indicator *)op;
    free(self->marks);
    free(self->features);
    free(self);
}

const struct op_type op_missing_indicator = {
    .name = "missing_indicator",
    .summary = "a column of 0 and 1 that says what was missing",
    .create = indicator_create,
    .run = indicator_run,
    .destroy = indicator_destroy,
};
