#include "graph/ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum encode { ENCODE_ONEHOT, ENCODE_ONEHOT_DENSE, ENCODE_ORDINAL };

struct bins {
    struct params_vector edges; /* ascending, at least 2 */
    size_t first;               /* column of bin 0 when one-hot */
};

struct k_bins_discretizer {
    struct op op;
    struct bins *bins; /* [inputs] */
    char **names;      /* [inputs] */
    int encode;
};

static bool bins_read(struct bins *bins, struct params *params, struct err *err)
{
    if (params == NULL || !params_vector(params, "", PARAMS_ANY, &bins->edges, err))
        return false;
    if (bins->edges.count < 2)
        return params_fail(params, "", err, "expected at least 2 edges, got %zu",
                           bins->edges.count);
    for (size_t i = 1; i < bins->edges.count; i++)
        if (!(bins->edges.values[i - 1] <= bins->edges.values[i]))
            return params_fail(params, "", err, "expected ascending edges");
    return true;
}

static bool columns_name(struct k_bins_discretizer *self, struct err *err)
{
    struct column *columns = self->op.columns.items;
    for (size_t i = 0; i < self->op.inputs; i++) {
        const struct bins *bins = &self->bins[i];
        size_t count = self->encode == ENCODE_ORDINAL ? 0 : bins->edges.count - 1;
        if (count == 0 && !column_set(&columns[i], self->names[i], NULL, 0, err))
            return false;
        for (size_t j = 0; j < count; j++)
            if (!column_set_formatted(&columns[bins->first + j], err, "%s=bin%zu", self->names[i],
                                      j))
                return false;
    }
    return true;
}

static bool features_read(struct k_bins_discretizer *self, struct params *params,
                          const struct columns *in, struct err *err)
{
    self->bins = mem_array(in->count, sizeof *self->bins);
    self->names = mem_array(in->count, sizeof *self->names);
    if (self->bins == NULL || self->names == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", in->count);
    size_t total = 0;
    for (size_t i = 0; i < in->count; i++) {
        const char *name = in->items[i].name != NULL ? in->items[i].name : "";
        struct params *element = params_element(params, "bin_edges_", i, err);
        self->bins[i].first = total;
        self->names[i] = mem_copy_text(name, strlen(name));
        if (self->names[i] == NULL)
            return err_set(err, ERR_MEMORY, "no memory for a column's name");
        if (!bins_read(&self->bins[i], element, err))
            return false;
        total += self->bins[i].edges.count - 1;
        self->op.bytes += sizeof *self->bins + self->bins[i].edges.count * sizeof(double);
    }
    return op_new_columns(&self->op, self->encode == ENCODE_ORDINAL ? in->count : total, err) &&
           columns_name(self, err);
}

static bool discretizer_read(struct k_bins_discretizer *self, struct params *params,
                             const struct columns *in, struct err *err)
{
    static const char *const choices[] = {"onehot", "onehot-dense", "ordinal", NULL};
    if (!op_need_numbers(params, in, err) ||
        !params_choice_or(params, "encode", choices, ENCODE_ONEHOT, &self->encode, err))
        return false;
    size_t count = params_length(params, "bin_edges_");
    if (count != in->count)
        return params_fail(params, "bin_edges_", err, "expected %zu lists, got %zu", in->count,
                           count);
    return features_read(self, params, in, err);
}

static bool discretizer_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    struct k_bins_discretizer *self = op_allocate(sizeof *self, &op_k_bins_discretizer, in, err);
    return self != NULL && op_deliver(op, &self->op, discretizer_read(self, params, in, err));
}

/* The number of inner edges that are <= x: the outer bins are open. */
static size_t bin_find(const struct params_vector *edges, double x)
{
    size_t low = 1, high = edges->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (edges->values[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

static bool discretizer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch;
    const struct k_bins_discretizer *self = (const struct k_bins_discretizer *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        memset(to, 0, op->columns.count * sizeof *to);
        for (size_t i = 0; i < in->cols; i++) {
            if (isnan(from[i]))
                return op_refuse_missing(self->names[i], row, err);
            size_t bin = bin_find(&self->bins[i].edges, from[i]);
            if (self->encode == ENCODE_ORDINAL)
                to[i] = (double)bin;
            else
                to[self->bins[i].first + bin] = 1;
        }
    }
    return true;
}

static void discretizer_destroy(struct op *op)
{
    struct k_bins_discretizer *self = (struct k_bins_discretizer *)op;
    for (size_t i = 0; self->bins != NULL && i < op->inputs; i++)
        params_vector_finish(&self->bins[i].edges);
    for (size_t i = 0; self->names != NULL && i < op->inputs; i++)
        free(self->names[i]);
    free(self->bins);
    free(self->names);
    free(self);
}

const struct op_type op_k_bins_discretizer = {
    .name = "k_bins_discretizer",
    .summary = "the bin of each number",
    .create = discretizer_create,
    .run = discretizer_run,
    .destroy = discretizer_destroy,
};
