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

static bool step_run(const struct op *op, struct matrix *current, struct arena *scratch,
                     struct err *err)
{
    struct matrix next = matrix_in_arena(scratch, current->rows, op->outputs[0].cols);
    if (next.data == NULL)
        return op_no_room(next.rows, next.cols, err);
    struct arena_mark mark = arena_mark(scratch);
    bool ok = op_run(op, current, &next, 1, scratch, err);
    arena_rewind(scratch, mark);
    *current = next;
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
    struct matrix current = *in;
    bool ok = true;
    for (size_t i = 0; ok && i + 1 < pipeline->count; i++)
        ok = step_run(pipeline->steps[i], &current, scratch, err);
    ok = ok && op_run(pipeline->steps[pipeline->count - 1], &current, out, wanted, scratch, err);
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

size_t pipeline_width(const struct pipeline *pipeline)
{
    size_t between = 0, within = 0;
    for (size_t i = 0; i < pipeline->count; i++) {
        const struct op *op = pipeline->steps[i];
        between += i + 1 < pipeline->count ? op->outputs[0].cols : 0;
        within = op->scratch_width > within ? op->scratch_width : within;
    }
    return between + within;
}
