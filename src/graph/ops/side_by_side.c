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
    return (part->taken != NULL ? part->taken_count : 0) + pipeline_width(&part->pipeline);
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
