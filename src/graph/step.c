#include "graph/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/columns.h"
#include "graph/ops/ops.h"

static const struct op_type restricted_type;

/* Where an output column comes from. */
struct source {
    bool inner;   /* of the inner operator, or passed */
    size_t index; /* of its outputs, or of the inputs */
};

/* An operator applied to some of the columns; the others pass. It is in no table: a document asks
 * for it with "columns". */
struct restricted {
    struct op op;
    struct op *inner;
    size_t *taken; /* positions of its inputs */
    size_t taken_count;
    struct source *sources; /* one per output column; NULL: the inner one makes the answer */
};

/* One column for each that was taken: each stays in its place. */
static void sources_in_place(struct restricted *self)
{
    for (size_t i = 0; i < self->op.inputs; i++)
        self->sources[i] = (struct source){false, i};
    for (size_t i = 0; i < self->taken_count; i++)
        self->sources[self->taken[i]] = (struct source){true, i};
}

/* Else all that the inner one makes stands where the first of those it took stood. */
static bool sources_together(struct restricted *self, struct err *err)
{
    bool *taken = mem_array(self->op.inputs, sizeof *taken);
    if (taken == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", self->op.inputs);
    for (size_t i = 0; i < self->taken_count; i++)
        taken[self->taken[i]] = true;
    size_t made = 0;
    bool placed = false;
    for (size_t i = 0; i < self->op.inputs; i++) {
        for (size_t j = 0; taken[i] && !placed && j < self->inner->columns.count; j++)
            self->sources[made++] = (struct source){true, j};
        placed = placed || taken[i];
        if (!taken[i])
            self->sources[made++] = (struct source){false, i};
    }
    free(taken);
    return true;
}

static bool restricted_place(struct restricted *self, const struct columns *in, struct err *err)
{
    size_t count = in->count - self->taken_count + self->inner->columns.count;
    if (!op_new_columns(&self->op, count, err))
        return false;
    self->sources = mem_array(count, sizeof *self->sources);
    if (self->sources == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", count);
    if (self->inner->columns.count == self->taken_count)
        sources_in_place(self);
    else if (!sources_together(self, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct columns *from = self->sources[i].inner ? &self->inner->columns : in;
        if (!column_copy(&self->op.columns.items[i], &from->items[self->sources[i].index], err))
            return false;
    }
    return true;
}

static bool restricted_read(struct restricted *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    struct columns taken;
    if (!columns_resolve(params, "columns", in, &self->taken, &self->taken_count, err) ||
        !columns_select(&taken, in, self->taken, self->taken_count, err))
        return false;
    bool ok = op_create(&self->inner, params, &taken, err);
    columns_finish(&taken);
    if (!ok)
        return false;
    self->op.bytes += self->inner->bytes;
    self->op.scratch_width =
        self->taken_count + self->inner->columns.count + self->inner->scratch_width;
    if (op_is_transformer(self->inner))
        return restricted_place(self, in, err);
    memcpy(self->op.outputs, self->inner->outputs, sizeof self->op.outputs);
    self->op.output_count = self->inner->output_count;
    self->op.classes = self->inner->classes;
    return true;
}

static bool restricted_create(struct op **op, struct params *params, const struct columns *in,
                              struct err *err)
{
    struct restricted *self = op_allocate(sizeof *self, &restricted_type, in, err);
    return self != NULL && op_deliver(op, &self->op, restricted_read(self, params, in, err));
}

static bool merge_run(const struct restricted *self, const struct matrix *in,
                      const struct matrix *taken, struct matrix *out, struct arena *scratch,
                      struct err *err)
{
    struct matrix made = matrix_in_arena(scratch, in->rows, self->inner->columns.count);
    if (made.data == NULL)
        return op_no_room(in->rows, made.cols, err);
    if (!op_run(self->inner, taken, &made, 1, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from[2] = {matrix_row(in, row), matrix_row(&made, row)};
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < self->op.columns.count; i++)
            to[i] = from[self->sources[i].inner][self->sources[i].index];
    }
    return true;
}

static bool restricted_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct restricted *self = (const struct restricted *)op;
    struct matrix taken = matrix_in_arena(scratch, in->rows, self->taken_count);
    if (taken.data == NULL)
        return op_no_room(in->rows, taken.cols, err);
    columns_gather(in, self->taken, self->taken_count, &taken);
    if (self->sources == NULL)
        return op_run(self->inner, &taken, out, wanted, scratch, err);
    return merge_run(self, in, &taken, out, scratch, err);
}

static void restricted_destroy(struct op *op)
{
    struct restricted *self = (struct restricted *)op;
    op_destroy(self->inner);
    free(self->taken);
    free(self->sources);
    free(self);
}

static const struct op_type restricted_type = {
    .name = "columns",
    .summary = "an operator on some of the columns",
    .create = restricted_create,
    .run = restricted_run,
    .destroy = restricted_destroy,
};

bool step_create(struct op **op, struct params *params, const struct columns *in, struct err *err)
{
    *op = NULL;
    if (!params_has(params, "columns"))
        return op_create(op, params, in, err);
    char *name = NULL;
    if (!params_text(params, "op", &name, err))
        return false;
    bool own = strcmp(name, "select") == 0;
    free(name);
    return own ? op_create(op, params, in, err) : restricted_create(op, params, in, err);
}
