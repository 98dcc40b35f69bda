#include "graph/ops/ops.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/linalg.h"

struct pca {
    struct op op;
    struct matrix components;   /* n x inputs */
    struct params_vector mean;  /* values NULL: 0 */
    struct params_vector scale; /* [n] roots of explained_variance_; values NULL: not whitened */
};

static bool whiten_read(struct pca *self, struct params *params, struct err *err)
{
    bool whiten;
    if (!params_flag_or(params, "whiten", false, &whiten, err))
        return false;
    if (!whiten && !params_has(params, "explained_variance_"))
        return true;
    if (!params_vector(params, "explained_variance_", self->components.rows, &self->scale, err))
        return false;
    if (!whiten) { /* a fitted one has it all the same */
        params_vector_finish(&self->scale);
        return true;
    }
    for (size_t i = 0; i < self->scale.count; i++) {
        if (!(self->scale.values[i] > 0))
            return params_fail(params, "explained_variance_", err,
                               "expected numbers greater than 0");
        self->scale.values[i] = sqrt(self->scale.values[i]);
    }
    return true;
}

static bool pca_read(struct pca *self, struct params *params, const struct columns *in,
                     struct err *err)
{
    if (!op_need_numbers(params, in, err) ||
        !params_matrix(params, "components_", PARAMS_ANY, in->count, &self->components, err))
        return false;
    size_t count = self->components.rows;
    if (count == 0 || !linalg_size_fits(count, in->count))
        return params_fail(params, "components_", err, "%zu x %zu are not accepted", count,
                           in->count);
    if (params_has(params, "mean_") && !params_vector(params, "mean_", in->count, &self->mean, err))
        return false;
    if (self->mean.values == NULL)
        self->op.sparse = OP_TAKES_SPARSE;
    if (!whiten_read(self, params, err) || !op_new_columns(&self->op, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!column_set_formatted(&self->op.columns.items[i], err, "pca%zu", i))
            return false;
    self->op.bytes += (count * in->count + in->count + count) * sizeof(double);
    return true;
}

static bool pca_create(struct op **op, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct pca *self = op_allocate(sizeof *self, &op_pca, in, err);
    return self != NULL && op_deliver(op, &self->op, pca_read(self, params, in, err));
}

static bool pca_run(const struct op *op, const struct matrix *in, struct matrix *out,
                    uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    const struct pca *self = (const struct pca *)op;
    double *centered = arena_array(scratch, in->cols, sizeof *centered);
    if (centered == NULL)
        return op_no_room(1, in->cols, err);
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++)
            centered[i] = self->mean.values != NULL ? from[i] - self->mean.values[i] : from[i];
        linalg_affine_row(&self->components, NULL, centered, to);
        for (size_t i = 0; i < self->scale.count; i++)
            to[i] /= self->scale.values[i];
    }
    return true;
}

/* Without a mean, as TruncatedSVD has none. */
static bool pca_take_sparse(const struct op *op, const struct sparse *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct pca *self = (const struct pca *)op;
    for (size_t row = 0; row < in->rows; row++) {
        double *to = matrix_row(&out[0], row);
        sparse_affine_row(&self->components, NULL, &in->items[row], to);
        for (size_t i = 0; i < self->scale.count; i++)
            to[i] /= self->scale.values[i];
    }
    return true;
}

static void pca_destroy(struct op *op)
{
    struct pca *self = (struct pca *)op;
    matrix_free(&self->components);
    params_vector_finish(&self->mean);
    params_vector_finish(&self->scale);
    free(self);
}

const struct op_type op_pca = {
    .name = "pca",
    .summary = "principal components",
    .create = pca_create,
    .run = pca_run,
    .take_sparse = pca_take_sparse,
    .destroy = pca_destroy,
};
