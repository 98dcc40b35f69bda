#include <math.h>
#include <stdlib.h>

#include "graph/ops/trees.h"

enum { LABEL, SCORE };

/* How soon random splits set a row apart: leaf values are path lengths. F. T. Liu, K. M. Ting,
 * Z.-H. Zhou: Isolation forest, 2008. */
struct isolation_forest {
    struct estimator estimator;
    struct trees trees;
    double denominator; /* trees times the usual path length */
    double offset;
};

static bool forest_read(struct isolation_forest *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    struct op *op = &self->estimator.op;
    if (!estimator_init(&self->estimator, params, in, err) ||
        !trees_read(&self->trees, &self->estimator, params, in, err) ||
        !params_number(params, "denominator", &self->denominator, err) ||
        !params_number(params, "offset_", &self->offset, err))
        return false;
    if (self->trees.outputs != 1)
        return params_fail(params, "outputs", err, "expected 1, got %zu", self->trees.outputs);
    if (!(self->denominator >= 0.0) || isinf(self->denominator))
        return params_fail(params, "denominator", err, "expected a finite number from 0 on");
    if (!isfinite(self->offset))
        return params_fail(params, "offset_", err, "expected a finite number");
    op->classes = 2;
    op_add_output(op, OUTPUT_LABEL, 1);
    op_add_output(op, OUTPUT_SCORE, 1);
    return true;
}

static bool isolation_create(struct op **op, struct params *params, const struct columns *in,
                             struct err *err)
{
    struct isolation_forest *self = op_allocate(sizeof *self, &op_isolation_forest, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, forest_read(self, params, in, err));
}

static bool isolation_run(const struct op *op, const struct matrix *in, struct matrix *out,
                          uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct isolation_forest *self = (const struct isolation_forest *)op;
    struct matrix depths = matrix_in_arena(scratch, in->rows, 1);
    if (depths.data == NULL)
        return op_no_room(in->rows, 1, err);
    for (size_t row = 0; row < in->rows; row++)
        depths.data[row] = 0.0;
    if (!trees_sum(&self->trees, op, in, &depths, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        /* A single training row has no path: its score is that of the most usual one. */
        double length = self->denominator != 0.0 ? depths.data[row] / self->denominator : 1.0;
        double score = -exp2(-length) - self->offset;
        if (estimator_wants(wanted, LABEL))
            matrix_row(&out[LABEL], row)[0] = score >= 0.0;
        if (estimator_wants(wanted, SCORE))
            matrix_row(&out[SCORE], row)[0] = score;
    }
    return true;
}

static void isolation_destroy(struct op *op)
{
    struct isolation_forest *self = (struct isolation_forest *)op;
    trees_finish(&self->trees);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_isolation_forest = {
    .name = "isolation_forest",
    .summary = "outliers by the length of their paths through random trees",
    .create = isolation_create,
    .run = isolation_run,
    .destroy = isolation_destroy,
};
