#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/categories.h"
#include "graph/ops/ops.h"

/* Each category becomes the target's smoothed mean in the training data, or one number per class of
 * the target; an unknown one the mean of all. Micci-Barreca, "A preprocessing scheme for
 * high-cardinality categorical attributes" (2001). */
struct target_encoder {
    struct op op;
    struct categories *categories;   /* [inputs] */
    struct params_vector *encodings; /* [inputs x targets], a number per category */
    struct params_vector means;      /* [targets] */
};

static bool encodings_read(struct target_encoder *self, struct params *params, struct err *err)
{
    size_t targets = self->means.count, count;
    if (!mem_multiply(self->op.inputs, targets, &count) || count > OP_COLUMNS_MAX)
        return params_fail(params, "target_mean_", err, "more than %zu columns", OP_COLUMNS_MAX);
    if (params_length(params, "encodings_") != count)
        return params_fail(params, "encodings_", err, "expected %zu lists, got %zu", count,
                           params_length(params, "encodings_"));
    self->encodings = mem_array(count, sizeof *self->encodings);
    if (self->encodings == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu lists", count);
    for (size_t i = 0; i < count; i++) {
        struct params *element = params_element(params, "encodings_", i, err);
        size_t categories = self->categories[i / targets].list.count;
        if (element == NULL || !params_vector(element, "", categories, &self->encodings[i], err))
            return false;
        self->op.bytes += categories * sizeof(double);
    }
    return true;
}

static bool columns_name(struct target_encoder *self, const struct columns *in, struct err *err)
{
    size_t targets = self->means.count;
    for (size_t i = 0; i < self->op.columns.count; i++) {
        const char *name = in->items[i / targets].name;
        struct column *column = &self->op.columns.items[i];
        if (targets == 1 ? !column_set(column, name, NULL, 0, err)
                         : !column_set_formatted(column, err, "%s=%zu", name != NULL ? name : "",
                                                 i % targets))
            return false;
    }
    return true;
}

static bool encoder_read(struct target_encoder *self, struct params *params,
                         const struct columns *in, struct err *err)
{
    if (!params_vector(params, "target_mean_", PARAMS_ANY, &self->means, err))
        return false;
    if (self->means.count == 0)
        return params_fail(params, "target_mean_", err, "expected a number for each target");
    return categories_create(&self->categories, params, in, &self->op.bytes, err) &&
           encodings_read(self, params, err) &&
           op_new_columns(&self->op, in->count * self->means.count, err) &&
           columns_name(self, in, err);
}

static bool encoder_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct target_encoder *self = op_allocate(sizeof *self, &op_target_encoder, in, err);
    return self != NULL && op_deliver(op, &self->op, encoder_read(self, params, in, err));
}

static bool encoder_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct target_encoder *self = (const struct target_encoder *)op;
    size_t targets = self->means.count;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < op->inputs; i++) {
            uint32_t category = categories_find(&self->categories[i], from[i]);
            for (size_t k = 0; k < targets; k++)
                to[i * targets + k] = category != CATEGORY_NONE
                                          ? self->encodings[i * targets + k].values[category]
                                          : self->means.values[k];
        }
    }
    return true;
}

static void encoder_destroy(struct op *op)
{
    struct target_encoder *self = (struct target_encoder *)op;
    for (size_t i = 0; self->encodings != NULL && i < op->inputs * self->means.count; i++)
        params_vector_finish(&self->encodings[i]);
    free(self->encodings);
    if (self->categories != NULL)
        categories_destroy(self->categories, op->inputs);
    params_vector_finish(&self->means);
    free(self);
}

const struct op_type op_target_encoder = {
    .name = "target_encoder",
    .summary = "the target's mean for each category",
    .create = encoder_create,
    .run = encoder_run,
    .destroy = encoder_destroy,
};
