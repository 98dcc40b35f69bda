#include "graph/ops/ops.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/categories.h"

struct ordinal_encoder {
    struct op op;
    struct categories *categories; /* one per input */
    double **codes;                /* by input and category */
    bool encode_unknown;
    double unknown;
    double missing;
};

/* Categories count up in their order, those that are infrequent share the last number; the missing
 * value has its own. */
static void codes_set(const struct ordinal_encoder *self, size_t index, const bool *infrequent)
{
    const struct categories *categories = &self->categories[index];
    double *codes = self->codes[index];
    double next = 0;
    for (size_t i = 0; i < categories->list.count; i++)
        if (!infrequent[i] && i != categories->missing)
            codes[i] = next++;
    for (size_t i = 0; i < categories->list.count; i++)
        if (infrequent[i])
            codes[i] = next;
    if (categories->missing != CATEGORY_NONE && !infrequent[categories->missing])
        codes[categories->missing] = self->missing;
}

static bool codes_read(struct ordinal_encoder *self, size_t index, struct params *params,
                       struct err *err)
{
    const struct categories *categories = &self->categories[index];
    size_t count = categories->list.count;
    bool any;
    bool *infrequent = mem_array(count, sizeof *infrequent);
    self->codes[index] = mem_array(count, sizeof **self->codes);
    bool ok = (infrequent != NULL && self->codes[index] != NULL) ||
              err_set(err, ERR_MEMORY, "no memory for %zu categories", count);
    ok = ok && categories_mark_infrequent(categories, params, self->op.inputs, index, infrequent,
                                          &any, err);
    if (ok)
        codes_set(self, index, infrequent);
    free(infrequent);
    self->op.bytes += count * sizeof **self->codes;
    return ok;
}

static bool encoder_read(struct ordinal_encoder *self, struct params *params,
                         const struct columns *in, struct err *err)
{
    static const char *const choices[] = {"error", "use_encoded_value", NULL};
    int handle;
    if (!params_choice_or(params, "handle_unknown", choices, 0, &handle, err) ||
        !params_number_or(params, "encoded_missing_value", NAN, &self->missing, err))
        return false;
    self->encode_unknown = handle == 1;
    if (self->encode_unknown && !params_number(params, "unknown_value", &self->unknown, err))
        return false;
    if (!op_new_columns(&self->op, in->count, err) ||
        !categories_create(&self->categories, params, in, &self->op.bytes, err))
        return false;
    self->codes = mem_array(in->count, sizeof *self->codes);
    if (self->codes == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", in->count);
    for (size_t i = 0; i < in->count; i++)
        if (!codes_read(self, i, params, err) ||
            !column_set(&self->op.columns.items[i], in->items[i].name, NULL, 0, err))
            return false;
    return true;
}

static bool encoder_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct ordinal_encoder *self = op_allocate(sizeof *self, &op_ordinal_encoder, in, err);
    return self != NULL && op_deliver(op, &self->op, encoder_read(self, params, in, err));
}

static bool encoder_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch;
    const struct ordinal_encoder *self = (const struct ordinal_encoder *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < op->inputs; i++) {
            uint32_t category = categories_find(&self->categories[i], from[i]);
            if (category == CATEGORY_NONE && !self->encode_unknown)
                return categories_refuse(&self->categories[i], row, err);
            to[i] = category != CATEGORY_NONE ? self->codes[i][category] : self->unknown;
        }
    }
    return true;
}

static void encoder_destroy(struct op *op)
{
    struct ordinal_encoder *self = (struct ordinal_encoder *)op;
    for (size_t i = 0; self->codes != NULL && i < op->inputs; i++)
        free(self->codes[i]);
    free(self->codes);
    categories_destroy(self->categories, op->inputs);
    free(self);
}

const struct op_type op_ordinal_encoder = {
    .name = "ordinal_encoder",
    .summary = "the position of each category",
    .create = encoder_create,
    .run = encoder_run,
    .destroy = encoder_destroy,
};
