#include "graph/ops/ops.h"

#include <stdlib.h>

#include "base/mem.h"
#include "graph/columns.h"

struct select_columns {
    struct op op;
    size_t *indices;
    size_t count;
    uint32_t *places; /* of each input among those that are taken, or none; NULL: not ascending */
};

#define NO_PLACE UINT32_MAX

/* Sparse rows stay in order if the columns do. */
static bool places_set(struct select_columns *self, size_t inputs, struct err *err)
{
    for (size_t i = 1; i < self->count; i++)
        if (self->indices[i - 1] >= self->indices[i])
            return true;
    self->places = mem_array(inputs, sizeof *self->places);
    if (self->places == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", inputs);
    for (size_t i = 0; i < inputs; i++)
        self->places[i] = NO_PLACE;
    for (size_t i = 0; i < self->count; i++)
        self->places[self->indices[i]] = (uint32_t)i;
    self->op.bytes += inputs * sizeof *self->places;
    self->op.sparse = OP_PASSES_SPARSE;
    return true;
}

static bool select_read(struct select_columns *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    bool names = params_has(params, "columns");
    if (names == params_has(params, "indices"))
        return params_fail(params, "", err, "needs either columns or indices");
    if (names) {
        if (!columns_resolve(params, "columns", in, &self->indices, &self->count, err))
            return false;
    } else if (!op_read_positions(params, "indices", in->count, &self->indices, &self->count,
                                  err)) {
        return false;
    }
    if (self->count == 0)
        return params_fail(params, "indices", err, "names no column");
    if (!op_new_columns(&self->op, self->count, err))
        return false;
    for (size_t i = 0; i < self->count; i++)
        if (!column_copy(&self->op.columns.items[i], &in->items[self->indices[i]], err))
            return false;
    self->op.bytes += self->count * sizeof *self->indices;
    return places_set(self, in->count, err);
}

static bool select_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct select_columns *self = op_allocate(sizeof *self, &op_select, in, err);
    return self != NULL && op_deliver(op, &self->op, select_read(self, params, in, err));
}

static bool select_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct select_columns *self = (const struct select_columns *)op;
    columns_gather(in, self->indices, self->count, &out[0]);
    return true;
}

static bool select_pass_sparse(const struct op *op, const struct sparse *in, struct sparse *out,
                               struct arena *memory, struct err *err)
{
    const struct select_columns *self = (const struct select_columns *)op;
    *out = sparse_in_arena(memory, in->rows, self->count);
    if (out->items == NULL)
        return op_no_room(in->rows, self->count, err);
    for (size_t row = 0; row < in->rows; row++) {
        const struct sparse_row *from = &in->items[row];
        struct sparse_row to = {
            .columns = arena_array(memory, from->count, sizeof *to.columns),
            .values = arena_array(memory, from->count, sizeof *to.values),
        };
        if (to.columns == NULL || to.values == NULL)
            return op_no_room(1, from->count, err);
        for (size_t i = 0; i < from->count; i++) {
            uint32_t place = self->places[from->columns[i]];
            if (place == NO_PLACE)
                continue;
            to.columns[to.count] = place;
            to.values[to.count++] = from->values[i];
        }
        out->items[row] = to;
    }
    return true;
}

static void select_destroy(struct op *op)
{
    free(((struct select_columns *)op)->places);
    free(((struct select_columns *)op)->indices);
    free(op);
}

const struct op_type op_select = {
    .name = "select",
    .summary = "some of the columns, in the order given",
    .create = select_create,
    .run = select_run,
    .pass_sparse = select_pass_sparse,
    .destroy = select_destroy,
};
