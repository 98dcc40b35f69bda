#include "graph/ops/side_by_side.h"

#include <stdlib.h>

#include "base/mem.h"
#include "graph/columns.h"
#include "graph/ops/ops.h"
#include "graph/pipeline.h"

struct part {
    struct pipeline pipeline;
    size_t *taken; /* NULL: all */
    size_t taken_count;
    struct columns columns; /* that come out; moved to the operator when it is complete */
};

struct side_by_side {
    struct op op;
    struct part *parts;
    size_t part_count;
};

static bool part_read(struct part *part, bool by_name, struct params *params,
                      const struct columns *in, struct err *err)
{
    if (params == NULL)
        return false;
    if (!by_name) {
        part->taken_count = in->count;
        return columns_copy(&part->columns, in, err) &&
               pipeline_read(&part->pipeline, params, "steps", &part->columns, err);
    }
    return columns_resolve(params, "columns", in, &part->taken, &part->taken_count, err) &&
           columns_select(&part->columns, in, part->taken, part->taken_count, err) &&
           pipeline_read(&part->pipeline, params, "steps", &part->columns, err);
}

/* The parts' columns become the operator's, without a copy. */
static bool columns_join(struct side_by_side *self, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < self->part_count; i++)
        count += self->parts[i].columns.count;
    if (!op_new_columns(&self->op, count, err))
        return false;
    struct column *to = self->op.columns.items;
    for (size_t i = 0; i < self->part_count; i++) {
        struct columns *from = &self->parts[i].columns;
        for (size_t j = 0; j < from->count; j++) {
            *to++ = from->items[j];
            from->items[j] = (struct column){0};
        }
    }
    return true;
}

static size_t part_width(const struct part *part)
{
    return (part->taken != NULL ? part->taken_count : 0) +
           pipeline_width(&part->pipeline, pipeline_makes_sparse(&part->pipeline));
}

static bool parts_read(struct side_by_side *self, bool by_name, struct params *params,
                       const struct columns *in, struct err *err)
{
    size_t count = params_length(params, "transformers");
    if (count == 0)
        return params_fail(params, "transformers", err, "expected a list that is not empty");
    self->parts = mem_array(count, sizeof *self->parts);
    if (self->parts == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu transformers", count);
    self->part_count = count;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        struct part *part = &self->parts[i];
        struct params *element = params_element(params, "transformers", i, err);
        if (!part_read(part, by_name, element, in, err))
            return false;
        if (pipeline_makes_sparse(&part->pipeline))
            self->op.sparse = OP_MAKES_SPARSE;
        total += part->columns.count;
        if (total > OP_COLUMNS_MAX)
            return params_fail(params, "transformers", err, "make more than %zu columns",
                               OP_COLUMNS_MAX);
        if (part_width(part) > self->op.scratch_width)
            self->op.scratch_width = part_width(part);
        self->op.bytes += sizeof *part + pipeline_bytes(&part->pipeline) +
                          (by_name ? part->taken_count * sizeof *part->taken : 0);
    }
    return columns_join(self, err);
}

bool side_by_side_create(struct op **op, const struct op_type *type, bool by_name,
                         struct params *params, const struct columns *in, struct err *err)
{
    struct side_by_side *self = op_allocate(sizeof *self, type, in, err);
    return self != NULL && op_deliver(op, &self->op, parts_read(self, by_name, params, in, err));
}

static bool part_run(const struct part *part, const struct matrix *in, struct matrix *out,
                     struct arena *scratch, struct err *err)
{
    if (part->taken == NULL)
        return pipeline_run(&part->pipeline, in, out, 1, scratch, err);
    struct arena_mark mark = arena_mark(scratch);
    struct matrix taken = matrix_in_arena(scratch, in->rows, part->taken_count);
    if (taken.data == NULL)
        return op_no_room(in->rows, part->taken_count, err);
    columns_gather(in, part->taken, part->taken_count, &taken);
    bool ok = pipeline_run(&part->pipeline, &taken, out, 1, scratch, err);
    arena_rewind(scratch, mark);
    return ok;
}

bool side_by_side_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    const struct side_by_side *self = (const struct side_by_side *)op;
    struct matrix view = out[0];
    for (size_t i = 0; i < self->part_count; i++) {
        view.cols = self->parts[i].columns.count;
        if (!part_run(&self->parts[i], in, &view, scratch, err))
            return false;
        view.data += view.cols;
    }
    return true;
}

/* The cells of a dense part that are not 0 (NaN is not). */
static bool row_sparsify(const double *dense, size_t cols, struct sparse_row *row,
                         struct arena *memory)
{
    size_t count = 0;
    for (size_t i = 0; i < cols; i++)
        count += dense[i] != 0.0;
    row->columns = arena_array(memory, count, sizeof *row->columns);
    row->values = arena_array(memory, count, sizeof *row->values);
    if (row->columns == NULL || row->values == NULL)
        return false;
    row->count = 0;
    for (size_t i = 0; i < cols; i++) {
        if (dense[i] == 0.0)
            continue;
        row->columns[row->count] = (uint32_t)i;
        row->values[row->count++] = dense[i];
    }
    return true;
}

static bool part_run_dense(const struct part *part, const struct matrix *in, struct sparse *out,
                           struct arena *memory, struct err *err)
{
    struct matrix dense = matrix_in_arena(memory, in->rows, part->columns.count);
    *out = sparse_in_arena(memory, in->rows, part->columns.count);
    if (dense.data == NULL || out->items == NULL)
        return op_no_room(in->rows, part->columns.count, err);
    if (!part_run(part, in, &dense, memory, err))
        return false;
    for (size_t row = 0; row < in->rows; row++)
        if (!row_sparsify(matrix_row(&dense, row), dense.cols, &out->items[row], memory))
            return op_no_room(1, dense.cols, err);
    return true;
}

static bool part_run_sparse(const struct part *part, const struct matrix *in, struct sparse *out,
                            struct arena *memory, struct err *err)
{
    struct matrix taken = *in;
    if (!pipeline_makes_sparse(&part->pipeline))
        return part_run_dense(part, in, out, memory, err);
    if (part->taken != NULL) {
        taken = matrix_in_arena(memory, in->rows, part->taken_count);
        if (taken.data == NULL)
            return op_no_room(in->rows, part->taken_count, err);
        columns_gather(in, part->taken, part->taken_count, &taken);
    }
    return pipeline_run_sparse(&part->pipeline, &taken, out, memory, err);
}

/* The parts' cells one after the other, each part's columns behind those before it. */
static bool rows_join(const struct side_by_side *self, const struct sparse *parts, size_t row,
                      struct sparse_row *joined, struct arena *memory)
{
    size_t count = 0, first = 0;
    for (size_t i = 0; i < self->part_count; i++)
        count += parts[i].items[row].count;
    joined->columns = arena_array(memory, count, sizeof *joined->columns);
    joined->values = arena_array(memory, count, sizeof *joined->values);
    if (joined->columns == NULL || joined->values == NULL)
        return false;
    joined->count = 0;
    for (size_t i = 0; i < self->part_count; i++) {
        const struct sparse_row *part = &parts[i].items[row];
        for (size_t j = 0; j < part->count; j++) {
            joined->columns[joined->count] = (uint32_t)(first + part->columns[j]);
            joined->values[joined->count++] = part->values[j];
        }
        first += parts[i].cols;
    }
    return true;
}

bool side_by_side_make_sparse(const struct op *op, const struct matrix *in, struct sparse *out,
                              struct arena *memory, struct err *err)
{
    const struct side_by_side *self = (const struct side_by_side *)op;
    struct sparse *parts = arena_array(memory, self->part_count, sizeof *parts);
    *out = sparse_in_arena(memory, in->rows, op->outputs[0].cols);
    if (parts == NULL || out->items == NULL)
        return op_no_room(in->rows, op->outputs[0].cols, err);
    for (size_t i = 0; i < self->part_count; i++)
        if (!part_run_sparse(&self->parts[i], in, &parts[i], memory, err))
            return false;
    for (size_t row = 0; row < in->rows; row++)
        if (!rows_join(self, parts, row, &out->items[row], memory))
            return op_no_room(1, op->outputs[0].cols, err);
    return true;
}

void side_by_side_destroy(struct op *op)
{
    struct side_by_side *self = (struct side_by_side *)op;
    for (size_t i = 0; i < self->part_count; i++) {
        pipeline_finish(&self->parts[i].pipeline);
        columns_finish(&self->parts[i].columns);
        free(self->parts[i].taken);
    }
    free(self->parts);
    free(self);
}

const struct op *side_by_side_inner(const struct op *op, size_t index)
{
    const struct side_by_side *self = (const struct side_by_side *)op;
    for (size_t i = 0; i < self->part_count; i++) {
        const struct pipeline *pipeline = &self->parts[i].pipeline;
        if (index < pipeline->count)
            return pipeline->steps[index];
        index -= pipeline->count;
    }
    return NULL;
}
