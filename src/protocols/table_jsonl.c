/* JSON lines: a line is a row. */
#include <string.h>

#include "codec/envelope.h"
#include "protocols/instances.h"
#include "protocols/table.h"

struct line {
    const char *text;
    size_t length;
};

/* The next line that is not blank. */
static bool next_line(const char **at, const char *end, struct line *line)
{
    while (*at < end) {
        const char *feed = memchr(*at, '\n', (size_t)(end - *at));
        const char *stop = feed != NULL ? feed : end;
        line->text = *at;
        line->length = (size_t)(stop - *at);
        *at = feed != NULL ? feed + 1 : end;
        for (size_t i = 0; i < line->length; i++)
            if (memchr(" \t\r", line->text[i], 3) == NULL)
                return true;
    }
    return false;
}

static size_t count_rows(const struct table *table)
{
    struct line line;
    size_t rows = 0;
    for (const char *at = table->text; next_line(&at, table->text + table->length, &line);)
        rows++;
    return rows;
}

/* A list of numbers went from the bytes to doubles; they move into the row's place. */
static bool read_numbers(struct rows *rows, const struct json_numbers *numbers, size_t row,
                         struct err *err)
{
    size_t fields = rows->frame.schema->field_count;
    if (numbers->count != fields)
        return rows_fault_length(rows, err, row, numbers->count);
    if (fields > 0)
        memcpy(matrix_row(&rows->frame.matrix, row), numbers->values, fields * sizeof(double));
    frame_check_row(&rows->frame, row);
    return true;
}

/* The tree of a row that is refused stays: its names are told. */
static bool read_line(struct rows *rows, const struct line *line, size_t row, struct err *err)
{
    static const char *const places[] = {"", NULL};
    static const struct json_wanted wanted = {.places = places, .dimensions = 1};
    struct arena *arena = rows->frame.arena;
    struct arena_mark mark = arena_mark(arena);
    rows_finish(rows);
    if (!json_parse_envelope(line->text, line->length, &wanted, arena, &rows->owned, err)) {
        rows->fault = ROWS_SHAPE;
        rows->frame.counts[FRAME_SHAPE]++;
        err_prefix(err, "row %zu", row);
        return err_at(err, (int64_t)row, NULL);
    }
    const struct json_numbers *numbers = json_numbers(rows->owned);
    if (numbers != NULL) {
        bool ok = read_numbers(rows, numbers, row, err);
        arena_rewind(arena, mark);
        return ok;
    }
    return instances_read_one(rows, row, rows->owned, err);
}

bool table_read_jsonl(struct rows *rows, const struct table *table, struct err *err)
{
    struct line line;
    size_t row = 0;
    if (!rows_begin(rows, table->schema, count_rows(table), table->max_rows, table->arena, err))
        return false;
    for (const char *at = table->text; next_line(&at, table->text + table->length, &line);)
        if (!read_line(rows, &line, row++, err))
            return false;
    return rows_seal(rows, err);
}
