#include "graph/ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/ops/categories.h"

enum unknown { UNKNOWN_ERROR, UNKNOWN_IGNORE, UNKNOWN_INFREQUENT };

/* Where one feature's categories go; CATEGORY_NONE: nowhere, the feature's columns stay 0. */
struct feature {
    uint32_t *columns; /* by category */
    uint32_t unknown;
};

struct one_hot_encoder {
    struct op op;
    struct categories *categories; /* one per input */
    struct feature *features;
    int handle_unknown;
};

/* Categories take columns in their order, those that are infrequent share one behind the others,
 * and the dropped one takes none. Returns how many columns that makes. */
static uint32_t feature_place(struct feature *feature, size_t count, const bool *infrequent,
                              double dropped, uint32_t first)
{
    uint32_t next = first;
    bool shared = false;
    bool drop_shared = dropped >= 0 && infrequent[(size_t)dropped];
    for (size_t i = 0; i < count; i++) {
        shared = shared || infrequent[i];
        feature->columns[i] = CATEGORY_NONE;
        if (!infrequent[i] && (double)i != dropped)
            feature->columns[i] = next++;
    }
    feature->unknown = CATEGORY_NONE;
    if (shared && !drop_shared)
        feature->unknown = next++;
    for (size_t i = 0; i < count; i++)
        if (infrequent[i])
            feature->columns[i] = feature->unknown;
    return next - first;
}

static bool feature_read(struct one_hot_encoder *self, size_t index, double dropped, uint32_t *next,
                         struct params *params, struct err *err)
{
    struct feature *feature = &self->features[index];
    const struct categories *categories = &self->categories[index];
    size_t count = categories->list.count;
    if (!isnan(dropped) && !(dropped >= 0 && dropped < (double)count && dropped == floor(dropped)))
        return params_fail(params, "drop_idx_", err, "item %zu is no position in its categories_",
                           index);
    bool any;
    bool *infrequent = mem_array(count, sizeof *infrequent);
    feature->columns = mem_array(count, sizeof *feature->columns);
    bool ok = (infrequent != NULL && feature->columns != NULL) ||
              err_set(err, ERR_MEMORY, "no memory for %zu categories", count);
    ok = ok && categories_mark_infrequent(categories, params, self->op.inputs, index, infrequent,
                                          &any, err);
    if (ok)
        *next += feature_place(feature, count, infrequent, dropped, *next);
    free(infrequent);
    if (self->handle_unknown != UNKNOWN_INFREQUENT)
        feature->unknown = CATEGORY_NONE;
    self->op.bytes += sizeof *feature + count * sizeof *feature->columns;
    return ok;
}

static bool features_read(struct one_hot_encoder *self, struct params *params, uint32_t *total,
                          struct err *err)
{
    struct params_vector dropped = {0};
    if (params_has(params, "drop_idx_") &&
        !params_vector(params, "drop_idx_", self->op.inputs, &dropped, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < self->op.inputs; i++) {
        ok = feature_read(self, i, dropped.values != NULL ? dropped.values[i] : NAN, total, params,
                          err);
        if (ok && *total > OP_COLUMNS_MAX)
            ok = params_fail(params, "categories_", err, "make more than %zu columns",
                             OP_COLUMNS_MAX);
    }
    params_vector_finish(&dropped);
    return ok;
}

/* "sex=female"; what is shared, "sex=infrequent". */
static bool columns_name(struct one_hot_encoder *self, struct err *err)
{
    char buffer[CATEGORY_TEXT_SIZE];
    for (size_t i = 0; i < self->op.inputs; i++) {
        const struct categories *categories = &self->categories[i];
        for (size_t j = 0; j < categories->list.count; j++) {
            uint32_t at = self->features[i].columns[j];
            if (at == CATEGORY_NONE)
                continue;
            struct column *column = &self->op.columns.items[at];
            bool shared = column->name != NULL;
            const char *text = category_text(&categories->list.values[j], buffer);
            if (!column_set_formatted(column, err, "%s=%s", categories->name,
                                      shared ? "infrequent" : text))
                return false;
        }
    }
    return true;
}

static bool encoder_read(struct one_hot_encoder *self, struct params *params,
                         const struct columns *in, struct err *err)
{
    static const char *const choices[] = {"error", "ignore", "infrequent_if_exist", NULL};
    uint32_t total = 0;
    if (!params_choice_or(params, "handle_unknown", choices, UNKNOWN_ERROR, &self->handle_unknown,
                          err) ||
        !categories_create(&self->categories, params, in, &self->op.bytes, err))
        return false;
    self->features = mem_array(in->count, sizeof *self->features);
    if (self->features == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", in->count);
    if (!features_read(self, params, &total, err))
        return false;
    if (total == 0)
        return params_fail(params, "categories_", err, "make no column");
    return op_new_columns(&self->op, total, err) && columns_name(self, err);
}

static bool encoder_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct one_hot_encoder *self = op_allocate(sizeof *self, &op_one_hot_encoder, in, err);
    return self != NULL && op_deliver(op, &self->op, encoder_read(self, params, in, err));
}

static bool row_encode(const struct one_hot_encoder *self, const double *from, double *to,
                       size_t row, struct err *err)
{
    for (size_t i = 0; i < self->op.inputs; i++) {
        uint32_t category = categories_find(&self->categories[i], from[i]);
        uint32_t column = self->features[i].unknown;
        if (category != CATEGORY_NONE)
            column = self->features[i].columns[category];
        else if (self->handle_unknown == UNKNOWN_ERROR)
            return categories_refuse(&self->categories[i], row, err);
        if (column != CATEGORY_NONE)
            to[column] = 1;
    }
    return true;
}

static bool encoder_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch;
    const struct one_hot_encoder *self = (const struct one_hot_encoder *)op;
    for (size_t row = 0; row < in->rows; row++) {
        double *to = matrix_row(&out[0], row);
        memset(to, 0, op->columns.count * sizeof *to);
        if (!row_encode(self, matrix_row(in, row), to, row, err))
            return false;
    }
    return true;
}

static void encoder_destroy(struct op *op)
{
    struct one_hot_encoder *self = (struct one_hot_encoder *)op;
    for (size_t i = 0; self->features != NULL && i < op->inputs; i++)
        free(self->features[i].columns);
    free(self->features);
    categories_destroy(self->categories, op->inputs);
    free(self);
}

const struct op_type op_one_hot_encoder = {
    .name = "one_hot_encoder",
    .summary = "a column of 0 and 1 for each category",
    .create = encoder_create,
    .run = encoder_run,
    .destroy = encoder_destroy,
};
