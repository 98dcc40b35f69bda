#include "graph/op.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/ops.h"

/* Operators hold operators (column_transformer); each level takes stack when it is made, run and
 * destroyed. */
#define OP_DEPTH_MAX 16

void *op_allocate(size_t size, const struct op_type *type, const struct columns *in,
                  struct err *err)
{
    struct op *op = mem_array(1, size);
    if (op == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a %s", type->name);
        return NULL;
    }
    op->type = type;
    op->inputs = in->count;
    op->bytes = size;
    return op;
}

bool op_deliver(struct op **out, struct op *op, bool ok)
{
    if (ok)
        *out = op;
    else
        op_destroy(op);
    return ok;
}

void op_destroy(struct op *op)
{
    if (op == NULL)
        return;
    columns_finish(&op->columns);
    op->type->destroy(op);
}

bool op_run(const struct op *op, const struct matrix *in, struct matrix *out, uint32_t wanted,
            struct arena *scratch, struct err *err)
{
    return op->type->run(op, in, out, wanted, scratch, err);
}

uint32_t op_add_output(struct op *op, enum output_kind kind, size_t cols)
{
    uint32_t index = (uint32_t)op->output_count++;
    op->outputs[index] = (struct op_output){.kind = kind, .cols = cols};
    return index;
}

bool op_is_transformer(const struct op *op)
{
    return op->output_count == 1 && op->outputs[0].kind == OUTPUT_VALUE && op->columns.count > 0 &&
           op->columns.count == op->outputs[0].cols;
}

bool op_need_numbers(struct params *params, const struct columns *in, struct err *err)
{
    for (size_t i = 0; i < in->count; i++) {
        const struct column *column = &in->items[i];
        const char *what = column->is_text ? "free text" : "words";
        if (column->words == NULL && !column->is_text)
            continue;
        if (column->name != NULL)
            return params_fail(params, "", err, "column '%s' holds %s; encode it first",
                               column->name, what);
        return params_fail(params, "", err, "column %zu holds %s; encode it first", i, what);
    }
    return true;
}

bool op_refuse_text(struct params *params, const struct columns *in, struct err *err)
{
    for (size_t i = 0; i < in->count; i++)
        if (in->items[i].is_text)
            return params_fail(params, "", err, "column '%.64s' holds free text",
                               in->items[i].name != NULL ? in->items[i].name : "");
    return true;
}

bool op_new_columns(struct op *op, size_t count, struct err *err)
{
    if (!columns_init(&op->columns, count, err))
        return false;
    op_add_output(op, OUTPUT_VALUE, count);
    op->bytes += count * sizeof(struct column);
    return true;
}

bool op_same_columns(struct op *op, const struct columns *in, struct err *err)
{
    if (!op_new_columns(op, in->count, err))
        return false;
    for (size_t i = 0; i < in->count; i++)
        if (!column_copy(&op->columns.items[i], &in->items[i], err))
            return false;
    return true;
}

void op_free(struct op *op)
{
    free(op);
}

#undef op_no_room

bool op_no_room(size_t rows, size_t cols, struct err *err)
{
    return err_set(err, ERR_LIMIT, "%zu rows of %zu columns do not fit in memory", rows, cols);
}

bool op_refuse_missing(const char *name, size_t row, struct err *err)
{
    err_set(err, ERR_MISSING, "column '%.160s' is missing, and the model does not take that",
            name != NULL ? name : "");
    return err_at(err, (int64_t)row, name);
}

bool op_read_positions(struct params *params, const char *key, size_t bound, size_t **positions,
                       size_t *count, struct err *err)
{
    struct params_vector vector;
    *positions = NULL;
    *count = 0;
    if (!params_vector(params, key, PARAMS_ANY, &vector, err))
        return false;
    size_t *read = mem_array(vector.count, sizeof *read);
    bool ok = read != NULL || err_set(err, ERR_MEMORY, "no memory for %zu columns", vector.count);
    for (size_t i = 0; ok && i < vector.count; i++) {
        double value = vector.values[i];
        if (!(value >= 0 && value < (double)bound) || value != floor(value))
            ok = params_fail(params, key, err, "expected positions of columns, below %zu", bound);
        else
            read[i] = (size_t)value;
    }
    *count = ok ? vector.count : 0;
    params_vector_finish(&vector);
    if (ok)
        *positions = read;
    else
        free(read);
    return ok;
}

/* Loading may happen in more than one thread; the depth is of the call stack, so it is per thread
 * as well. */
static _Thread_local unsigned depth;

bool op_create(struct op **op, struct params *params, const struct columns *in, struct err *err)
{
    *op = NULL;
    char *name = NULL;
    if (depth >= OP_DEPTH_MAX)
        return params_fail(params, "", err, "operators nested deeper than %d", OP_DEPTH_MAX);
    if (!params_text(params, "op", &name, err))
        return false;
    const struct op_type *type = op_type_find(name);
    if (type == NULL) {
        params_fail(params, "op", err, "there is no operator '%.64s'", name);
        free(name);
        return false;
    }
    free(name);
    depth++;
    bool ok = type->create(op, params, in, err);
    depth--;
    return ok;
}
