#include <math.h>
#include <stdlib.h>

#include "graph/ops/ops.h"

/* Counts become weights: the more the rarer a word is, and rows of the same norm. Manning,
 * Raghavan, Schütze, Introduction to Information Retrieval (2008), chapter 6. */
struct tfidf_transformer {
    struct op op;
    struct params_vector idf; /* [inputs], or none */
    bool sublinear;           /* 1 + log(count) */
    int norm;
};

enum { NORM_NONE, NORM_L1, NORM_L2 };

static bool transformer_read(struct tfidf_transformer *self, struct params *params,
                             const struct columns *in, struct err *err)
{
    static const char *const norms[] = {"none", "l1", "l2", NULL};
    if (!op_need_numbers(params, in, err) || !op_same_columns(&self->op, in, err) ||
        !params_choice_or(params, "norm", norms, NORM_L2, &self->norm, err) ||
        !params_flag_or(params, "sublinear_tf", false, &self->sublinear, err))
        return false;
    self->op.sparse = OP_PASSES_SPARSE;
    self->op.bytes += in->count * sizeof(double);
    return !params_has(params, "idf_") || params_vector(params, "idf_", in->count, &self->idf, err);
}

static bool transformer_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    struct tfidf_transformer *self = op_allocate(sizeof *self, &op_tfidf_transformer, in, err);
    return self != NULL && op_deliver(op, &self->op, transformer_read(self, params, in, err));
}

/* values: the cells of a row that are not 0, columns: where they are; NULL: everywhere. */
static void row_weigh(const struct tfidf_transformer *self, const uint32_t *columns, double *values,
                      size_t count)
{
    double norm = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (self->sublinear && values[i] != 0.0)
            values[i] = log(values[i]) + 1.0;
        if (self->idf.values != NULL)
            values[i] *= self->idf.values[columns != NULL ? columns[i] : i];
        norm += self->norm == NORM_L2 ? values[i] * values[i] : fabs(values[i]);
    }
    if (self->norm == NORM_NONE || norm == 0.0)
        return;
    if (self->norm == NORM_L2)
        norm = sqrt(norm);
    for (size_t i = 0; i < count; i++)
        values[i] /= norm;
}

static bool transformer_pass_sparse(const struct op *op, const struct sparse *in,
                                    struct sparse *out, struct arena *memory, struct err *err)
{
    *out = sparse_in_arena(memory, in->rows, in->cols);
    if (out->items == NULL)
        return op_no_room(in->rows, in->cols, err);
    for (size_t row = 0; row < in->rows; row++) {
        struct sparse_row to = in->items[row]; /* has the same columns */
        to.values = arena_array(memory, to.count, sizeof *to.values);
        if (to.values == NULL)
            return op_no_room(1, to.count, err);
        for (size_t i = 0; i < to.count; i++)
            to.values[i] = in->items[row].values[i];
        row_weigh((const struct tfidf_transformer *)op, to.columns, to.values, to.count);
        out->items[row] = to;
    }
    return true;
}

static bool transformer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    for (size_t row = 0; row < in->rows; row++) {
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++)
            to[i] = matrix_row(in, row)[i];
        row_weigh((const struct tfidf_transformer *)op, NULL, to, in->cols);
    }
    return true;
}

static void transformer_destroy(struct op *op)
{
    params_vector_finish(&((struct tfidf_transformer *)op)->idf);
    free(op);
}

const struct op_type op_tfidf_transformer = {
    .name = "tfidf_transformer",
    .summary = "counts weighed by how rare their words are",
    .create = transformer_create,
    .run = transformer_run,
    .pass_sparse = transformer_pass_sparse,
    .destroy = transformer_destroy,
};
