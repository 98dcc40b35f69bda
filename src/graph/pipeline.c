#include "graph/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/columns.h"
#include "graph/ops/ops.h"
#include "graph/step.h"

void pipeline_finish(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (size_t i = 0; i < pipeline->count; i++)
        op_destroy(pipeline->steps[i]);
    free(pipeline->steps);
    *pipeline = (struct pipeline){0};
}

static bool columns_behind(const struct op *op, struct columns *columns, struct err *err)
{
    struct columns behind = {0};
    if (op_is_transformer(op) && !columns_copy(&behind, &op->columns, err))
        return false;
    columns_finish(columns);
    *columns = behind;
    return true;
}

bool pipeline_add(struct pipeline *pipeline, struct params *params, struct columns *columns,
                  struct err *err)
{
    if (columns->count == 0)
        return params_fail(params, "", err, "nothing can follow a step that makes the answer");
    struct op *op;
    return step_create(&op, params, columns, err) && pipeline_append(pipeline, op, columns, err);
}

bool pipeline_append(struct pipeline *pipeline, struct op *op, struct columns *columns,
                     struct err *err)
{
    struct op **steps = mem_resize(pipeline->steps, pipeline->count + 1, sizeof *steps);
    if (steps != NULL)
        pipeline->steps = steps;
    if (steps == NULL || op->inputs != columns->count) {
        size_t inputs = op->inputs;
        op_destroy(op);
        return steps == NULL
                   ? err_set(err, ERR_MEMORY, "no memory for another step")
                   : err_set(err, ERR_INVALID, "the model takes %zu columns, there are %zu", inputs,
                             columns->count);
    }
    steps[pipeline->count++] = op;
    return columns_behind(op, columns, err);
}

/* What is no array has no length either, and must not count as an empty one. */
static bool steps_expect_list(struct params *params, const char *key, struct err *err)
{
    struct params_list empty;
    if (!params_has(params, key))
        return true;
    bool ok = params_list(params, key, 0, &empty, err);
    params_list_finish(&empty);
    return ok;
}

bool pipeline_read(struct pipeline *pipeline, struct params *params, const char *key,
                   struct columns *columns, struct err *err)
{
    size_t count = params_length(params, key);
    if (count == 0)
        return steps_expect_list(params, key, err);
    for (size_t i = 0; i < count; i++) {
        struct params *step = params_element(params, key, i, err);
        if (step == NULL || !pipeline_add(pipeline, step, columns, err))
            return false;
        if (!op_is_transformer(pipeline->steps[i]))
            return params_fail(step, "op", err, "is not a transformer");
    }
    return true;
}

/* Whether step `index`, given sparse rows or not, hands on sparse rows: if it can, and the next one
 * wants them, or those behind the pipeline do. */
static bool step_is_sparse(const struct pipeline *pipeline, size_t index, bool given, bool behind)
{
    unsigned can = pipeline->steps[index]->sparse;
    if ((can & (given ? OP_PASSES_SPARSE : OP_MAKES_SPARSE)) == 0)
        return false;
    if (index + 1 == pipeline->count)
        return behind;
    return (pipeline->steps[index + 1]->sparse & (OP_TAKES_SPARSE | OP_PASSES_SPARSE)) != 0;
}

bool pipeline_makes_sparse(const struct pipeline *pipeline)
{
    bool sparse = false;
    for (size_t i = 0; i < pipeline->count; i++)
        sparse = step_is_sparse(pipeline, i, sparse, true);
    return sparse;
}

/* What goes from step to step. */
struct rows {
    bool is_sparse;
    struct matrix dense;
    struct sparse sparse;
};

static bool rows_densify(struct rows *rows, struct arena *memory, struct err *err)
{
    if (!rows->is_sparse)
        return true;
    rows->dense = matrix_in_arena(memory, rows->sparse.rows, rows->sparse.cols);
    if (rows->dense.data == NULL)
        return op_no_room(rows->sparse.rows, rows->sparse.cols, err);
    sparse_to_dense(&rows->sparse, &rows->dense);
    rows->is_sparse = false;
    return true;
}

/* A step whose answer is matrices. */
static bool answer_run(const struct op *op, struct rows *rows, struct matrix *out, uint32_t wanted,
                       struct arena *scratch, struct err *err)
{
    if (rows->is_sparse && (op->sparse & OP_TAKES_SPARSE) != 0)
        return op->type->take_sparse(op, &rows->sparse, out, wanted, scratch, err);
    return rows_densify(rows, scratch, err) && op_run(op, &rows->dense, out, wanted, scratch, err);
}

static bool sparse_run(const struct op *op, struct rows *rows, struct arena *memory,
                       struct err *err)
{
    struct sparse next = {0};
    bool ok = rows->is_sparse ? op->type->pass_sparse(op, &rows->sparse, &next, memory, err)
                              : op->type->make_sparse(op, &rows->dense, &next, memory, err);
    rows->is_sparse = true;
    rows->sparse = next;
    return ok;
}

static bool step_run(const struct op *op, struct rows *rows, struct arena *scratch, struct err *err)
{
    size_t count = rows->is_sparse ? rows->sparse.rows : rows->dense.rows;
    struct matrix next = matrix_in_arena(scratch, count, op->outputs[0].cols);
    if (next.data == NULL)
        return op_no_room(next.rows, next.cols, err);
    struct arena_mark mark = arena_mark(scratch);
    bool ok = answer_run(op, rows, &next, 1, scratch, err);
    arena_rewind(scratch, mark);
    *rows = (struct rows){.dense = next};
    return ok;
}

/* Steps [0, count). `behind`: the last of all steps hands on sparse rows too. */
static bool steps_run(const struct pipeline *pipeline, size_t count, bool behind, struct rows *rows,
                      struct arena *scratch, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (step_is_sparse(pipeline, i, rows->is_sparse, behind))
            ok = sparse_run(pipeline->steps[i], rows, scratch, err);
        else
            ok = step_run(pipeline->steps[i], rows, scratch, err);
    }
    return ok;
}

bool pipeline_run_sparse(const struct pipeline *pipeline, const struct matrix *in,
                         struct sparse *out, struct arena *memory, struct err *err)
{
    struct rows rows = {.dense = *in};
    bool ok = steps_run(pipeline, pipeline->count, true, &rows, memory, err);
    *out = rows.sparse;
    return ok;
}

static void matrix_copy(const struct matrix *from, struct matrix *to)
{
    for (size_t row = 0; row < from->rows; row++)
        memcpy(matrix_row(to, row), matrix_row(from, row), from->cols * sizeof(double));
}

bool pipeline_run(const struct pipeline *pipeline, const struct matrix *in, struct matrix *out,
                  uint32_t wanted, struct arena *scratch, struct err *err)
{
    if (pipeline->count == 0) {
        matrix_copy(in, &out[0]);
        return true;
    }
    struct arena_mark mark = arena_mark(scratch);
    struct rows rows = {.dense = *in};
    size_t last = pipeline->count - 1;
    bool ok = steps_run(pipeline, last, false, &rows, scratch, err) &&
              answer_run(pipeline->steps[last], &rows, out, wanted, scratch, err);
    arena_rewind(scratch, mark);
    return ok;
}

size_t pipeline_bytes(const struct pipeline *pipeline)
{
    size_t bytes = 0;
    for (size_t i = 0; i < pipeline->count; i++)
        bytes += pipeline->steps[i]->bytes;
    return bytes;
}

size_t pipeline_width(const struct pipeline *pipeline, bool is_sparse)
{
    size_t between = 0, within = 0;
    bool given = false;
    for (size_t i = 0; i < pipeline->count; i++) {
        const struct op *op = pipeline->steps[i];
        bool sparse = step_is_sparse(pipeline, i, given, is_sparse);
        if (given && !sparse && (op->sparse & OP_TAKES_SPARSE) == 0) /* made dense before */
            between += op->inputs;
        between += i + 1 < pipeline->count && !sparse ? op->outputs[0].cols : 0;
        given = sparse;
        within = op->scratch_width > within ? op->scratch_width : within;
    }
    return between + within;
}
