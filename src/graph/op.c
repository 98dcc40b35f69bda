#include "graph/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/ops/ops.h"

/* Operators hold operators (column_transformer); each level takes stack when it is made, run and
 * destroyed. */
#define OP_DEPTH_MAX 16

static void column_finish(struct column *column)
{
    free(column->name);
    for (size_t i = 0; column->words != NULL && i < column->word_count; i++)
        free(column->words[i]);
    free(column->words);
    *column = (struct column){0};
}

void columns_finish(struct columns *columns)
{
    if (columns == NULL)
        return;
    for (size_t i = 0; i < columns->count; i++)
        column_finish(&columns->items[i]);
    free(columns->items);
    *columns = (struct columns){0};
}

bool columns_init(struct columns *columns, size_t count, struct err *err)
{
    *columns = (struct columns){0};
    if (count > OP_COLUMNS_MAX)
        return err_set(err, ERR_LIMIT, "%zu columns; at most %zu are accepted", count,
                       OP_COLUMNS_MAX);
    columns->items = mem_array(count, sizeof *columns->items);
    if (columns->items == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", count);
    columns->count = count;
    return true;
}

static bool column_set_words(struct column *column, char *const *words, size_t word_count,
                             struct err *err)
{
    char **copies = mem_array(word_count, sizeof *copies);
    if (copies == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a column's words");
    column->words = copies;
    column->word_count = word_count;
    for (size_t i = 0; i < word_count; i++) {
        copies[i] = mem_copy_text(words[i], strlen(words[i]));
        if (copies[i] == NULL)
            return err_set(err, ERR_MEMORY, "no memory for a column's words");
    }
    return true;
}

bool column_set(struct column *column, const char *name, char *const *words, size_t word_count,
                struct err *err)
{
    struct column fresh = {0};
    if (name != NULL && (fresh.name = mem_copy_text(name, strlen(name))) == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a column's name");
    if (words != NULL && !column_set_words(&fresh, words, word_count, err)) {
        column_finish(&fresh);
        return false;
    }
    column_finish(column);
    *column = fresh;
    return true;
}

bool column_copy(struct column *to, const struct column *from, struct err *err)
{
    return column_set(to, from->name, from->words, from->word_count, err);
}

bool column_set_formatted(struct column *column, struct err *err, const char *format, ...)
{
    char *name = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&name, format, arguments);
    va_end(arguments);
    if (length < 0)
        return err_set(err, ERR_MEMORY, "no memory for a column's name");
    column_finish(column);
    column->name = name;
    return true;
}

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
        if (column->words != NULL && column->name != NULL)
            return params_fail(params, "", err, "column '%s' holds words; encode it first",
                               column->name);
        if (column->words != NULL)
            return params_fail(params, "", err, "column %zu holds words; encode it first", i);
    }
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
