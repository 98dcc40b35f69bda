#include "graph/ops/ops.h"

#include <stdlib.h>

#include "graph/columns.h"

struct select_columns {
    struct op op;
    size_t *indices;
    size_t count;
};

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
    return true;
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

static void select_destroy(struct op *op)
{
    free(((struct select_columns *)op)->indices);
    free(op);
}

const struct op_type op_select = {
    .name = "select",
    .summary = "some of the columns, in the order given",
    .create = select_create,
    .run = select_run,
    .destroy = select_destroy,
};
