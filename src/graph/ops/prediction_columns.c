#include <stdlib.h>

#include "base/mem.h"
#include "graph/columns.h"
#include "graph/ops/members.h"

static const char *const output_names[] = {"value", "label", "probability", "score", NULL};
static const enum output_kind output_kinds[] = {OUTPUT_VALUE, OUTPUT_LABEL, OUTPUT_PROBABILITY,
                                                OUTPUT_SCORE};

/* What an estimator answers as columns for the next step: stacks and chains are made of it. */
struct prediction_columns {
    struct op op;
    struct member member;
    uint32_t output;
    size_t *indices;
    size_t index_count;
    struct params_vector classes; /* a label's numbers; empty: its position */
};

static bool indices_all(struct prediction_columns *self, size_t cols, struct err *err)
{
    self->indices = mem_array(cols, sizeof *self->indices);
    if (self->indices == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", cols);
    for (size_t i = 0; i < cols; i++)
        self->indices[i] = i;
    self->index_count = cols;
    return true;
}

static bool classes_read(struct prediction_columns *self, enum output_kind kind,
                         struct params *params, struct err *err)
{
    if (!params_has(params, "classes"))
        return true;
    if (kind != OUTPUT_LABEL)
        return params_fail(params, "classes", err, "goes with the output \"label\" only");
    return params_vector(params, "classes", member_last(&self->member)->classes, &self->classes,
                         err);
}

static bool columns_name(struct prediction_columns *self, enum output_kind kind, struct err *err)
{
    if (!op_new_columns(&self->op, self->index_count, err))
        return false;
    for (size_t i = 0; i < self->index_count; i++)
        if (!column_set_formatted(&self->op.columns.items[i], err, "%s%zu", output_names[kind],
                                  self->indices[i]))
            return false;
    return true;
}

static bool prediction_read(struct prediction_columns *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    int chosen;
    if (!member_read(&self->member, &self->op, params, in, err) ||
        !params_choice_or(params, "output", output_names, 0, &chosen, err))
        return false;
    enum output_kind kind = output_kinds[chosen];
    self->output = member_output(&self->member, kind);
    if (self->output == MEMBER_NO_OUTPUT)
        return params_fail(params, "output", err, "the estimator has no output \"%s\"",
                           output_names[chosen]);
    size_t cols = member_columns(&self->member, self->output);
    bool ok =
        params_has(params, "indices")
            ? op_read_positions(params, "indices", cols, &self->indices, &self->index_count, err)
            : indices_all(self, cols, err);
    return ok && classes_read(self, kind, params, err) && columns_name(self, kind, err);
}

static bool prediction_create(struct op **op, struct params *params, const struct columns *in,
                              struct err *err)
{
    struct prediction_columns *self = op_allocate(sizeof *self, &op_prediction_columns, in, err);
    return self != NULL && op_deliver(op, &self->op, prediction_read(self, params, in, err));
}

static bool prediction_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    const struct prediction_columns *self = (const struct prediction_columns *)op;
    struct matrix answer;
    struct arena_mark mark = arena_mark(scratch);
    bool ok = member_answer(&self->member, in, self->output, &answer, scratch, err);
    for (size_t row = 0; ok && row < in->rows; row++)
        for (size_t i = 0; i < self->index_count; i++) {
            double value = matrix_row(&answer, row)[self->indices[i]];
            matrix_row(&out[0], row)[i] =
                self->classes.values != NULL ? self->classes.values[(size_t)value] : value;
        }
    arena_rewind(scratch, mark);
    return ok;
}

static void prediction_destroy(struct op *op)
{
    struct prediction_columns *self = (struct prediction_columns *)op;
    member_finish(&self->member);
    free(self->indices);
    params_vector_finish(&self->classes);
    free(self);
}

const struct op_type op_prediction_columns = {
    .name = "prediction_columns",
    .summary = "what an estimator answers, as columns",
    .create = prediction_create,
    .run = prediction_run,
    .destroy = prediction_destroy,
};
