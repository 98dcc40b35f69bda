#include <stdlib.h>
#include <string.h>

#include "graph/ops/kernels.h"
#include "math/stats.h"

/* A column per stored row: the kernel of the two. Centred where the feature space's origin is to be
 * the training data's mean. */
struct pairwise_kernel {
    struct estimator estimator;
    struct kernels kernels;
    struct params_vector
        fit_rows;   /* [stored rows]: means of the training data's kernels; or none */
    double fit_all; /* their mean */
};

static bool centre_read(struct pairwise_kernel *self, struct params *params, struct err *err)
{
    if (!params_has(params, "k_fit_rows_"))
        return true;
    return estimator_vector(&self->estimator, params, "k_fit_rows_", self->kernels.count,
                            &self->fit_rows, err) &&
           estimator_number(params, "k_fit_all_", &self->fit_all, err);
}

static bool kernel_read(struct pairwise_kernel *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    struct op *op = &self->estimator.op;
    if (!estimator_init(&self->estimator, params, in, err) ||
        !kernels_read(&self->kernels, &self->estimator, params, "x_fit_", err) ||
        !centre_read(self, params, err))
        return false;
    if (self->kernels.count > OP_COLUMNS_MAX)
        return params_fail(params, "x_fit_", err, "more than %zu rows", OP_COLUMNS_MAX);
    if (!op_new_columns(op, self->kernels.count, err))
        return false;
    for (size_t i = 0; i < self->kernels.count; i++)
        if (!column_set_formatted(&op->columns.items[i], err, "kernel%zu", i))
            return false;
    return true;
}

static bool kernel_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct pairwise_kernel *self = op_allocate(sizeof *self, &op_pairwise_kernel, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, kernel_read(self, params, in, err));
}

static void row_centre(const struct pairwise_kernel *self, double *row)
{
    size_t count = self->kernels.count;
    double mean = stats_sum(row, count) / (double)count;
    for (size_t i = 0; i < count; i++)
        row[i] = row[i] - self->fit_rows.values[i] - mean + self->fit_all;
}

static bool kernel_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    const struct pairwise_kernel *self = (const struct pairwise_kernel *)op;
    size_t count = self->kernels.count;
    struct kernels_work work;
    if (!estimator_check(op, in, err) || !kernels_work_init(&work, &self->kernels, scratch, err))
        return false;
    for (size_t first = 0; first < in->rows; first += KERNELS_ROWS) {
        size_t rows = kernels_apply(&self->kernels, in, first, &work);
        for (size_t row = 0; row < rows; row++) {
            double *to = matrix_row(&out[0], first + row);
            memcpy(to, work.values + row * count, count * sizeof *to);
            if (self->fit_rows.values != NULL)
                row_centre(self, to);
        }
    }
    return true;
}

static void kernel_destroy(struct op *op)
{
    struct pairwise_kernel *self = (struct pairwise_kernel *)op;
    kernels_finish(&self->kernels);
    params_vector_finish(&self->fit_rows);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_pairwise_kernel = {
    .name = "pairwise_kernel",
    .summary = "kernels between the row and stored ones",
    .create = kernel_create,
    .run = kernel_run,
    .destroy = kernel_destroy,
};
