/* LIBSVM: a line is a row, and what it leaves out is missing. */
#include <string.h>

#include "codec/libsvm.h"
#include "protocols/table.h"

static bool fault(struct rows *rows)
{
    rows->fault = ROWS_SHAPE;
    rows->frame.counts[FRAME_SHAPE]++;
    return false;
}

static size_t count_lines(const struct table *table)
{
    const char *end = table->text + table->length;
    size_t lines = 1;
    for (const char *at = table->text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return lines;
}

/* Rows are counted first: most lines of a body may be blank. */
static bool count_rows(struct rows *rows, const struct table *table, size_t *count, struct err *err)
{
    struct libsvm_reader reader;
    struct libsvm_pair pair;
    enum libsvm_status status;
    *count = 0;
    libsvm_init(&reader, table->text, table->length);
    while ((status = libsvm_next(&reader, &pair, err)) != LIBSVM_END) {
        *count += status == LIBSVM_ROW;
        if (status == LIBSVM_BAD) {
            err_prefix(err, "line %llu", (unsigned long long)reader.line);
            return fault(rows);
        }
    }
    return true;
}

static bool set_pair(struct rows *rows, size_t row, const struct libsvm_pair *pair,
                     uint32_t first_index, uint32_t *last_row, struct err *err)
{
    size_t fields = rows->frame.schema->field_count;
    size_t column = (size_t)pair->index - first_index;
    if (pair->index < first_index || column >= fields) {
        err_set(err, ERR_INVALID,
                "row %zu has an index beyond the model's %zu fields, counted from %u; "
                "text/libsvm;index=%u counts from %u",
                row, fields, first_index, 1 - first_index, 1 - first_index);
        err_at(err, (int64_t)row, NULL);
        return fault(rows);
    }
    if (last_row[column] == row + 1) {
        err_set(err, ERR_INVALID, "row %zu has an index twice", row);
        err_at(err, (int64_t)row, rows->frame.schema->fields[column].name);
        return fault(rows);
    }
    last_row[column] = (uint32_t)row + 1;
    frame_set_number(&rows->frame, row, column, pair->value);
    return true;
}

/* A field that a line leaves out is missing by the format's own rules, required or not. */
static void set_rest(struct rows *rows, size_t row, const uint32_t *last_row)
{
    for (size_t i = 0; i < rows->frame.schema->field_count; i++)
        if (last_row[i] != row + 1)
            frame_set_missing(&rows->frame, row, i);
}

bool table_read_libsvm(struct rows *rows, const struct table *table, uint32_t first_index,
                       struct err *err)
{
    struct libsvm_reader reader;
    struct libsvm_pair pair;
    enum libsvm_status status;
    size_t count, row = 0;
    if (count_lines(table) > UINT32_MAX - 1)
        return err_set(err, ERR_LIMIT, "more lines than can be counted");
    if (!count_rows(rows, table, &count, err) ||
        !rows_begin(rows, table->schema, count, table->max_rows, table->arena, err))
        return false;
    uint32_t *last_row = arena_zeroed(table->arena, table->schema->field_count, sizeof *last_row);
    if (last_row == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu fields", table->schema->field_count);
    libsvm_init(&reader, table->text, table->length);
    while ((status = libsvm_next(&reader, &pair, err)) != LIBSVM_END) {
        if (status == LIBSVM_PAIR && !set_pair(rows, row - 1, &pair, first_index, last_row, err))
            return false;
        if (status == LIBSVM_ROW && row > 0)
            set_rest(rows, row - 1, last_row);
        row += status == LIBSVM_ROW;
    }
    if (row > 0)
        set_rest(rows, row - 1, last_row);
    return rows_seal(rows, err);
}
