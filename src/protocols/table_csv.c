/* CSV: one record is a row. */
#include <string.h>

#include "base/mem.h"
#include "codec/csv.h"
#include "codec/json.h"
#include "codec/number.h"
#include "decode/cell.h"
#include "protocols/table.h"

#define COLUMNS_MAX ((size_t)200000)

struct csv_table {
    const struct table *table;
    struct rows *rows;
    struct csv_reader reader;
    size_t fed;        /* bytes of the body that the reader has */
    uint32_t *columns; /* the schema's field of each of the table's columns */
    size_t column_count;
    size_t row;
};

static bool feed(struct csv_table *csv, struct err *err)
{
    size_t size, left = csv->table->length - csv->fed;
    char *place = csv_reserve(&csv->reader, &size, err);
    if (place == NULL)
        return false;
    size = size < left ? size : left;
    memcpy(place, csv->table->text + csv->fed, size);
    csv->fed += size;
    csv_commit(&csv->reader, size);
    if (csv->fed == csv->table->length)
        csv_close(&csv->reader);
    return true;
}

static bool fault(struct csv_table *csv)
{
    csv->rows->fault = ROWS_SHAPE;
    csv->rows->frame.counts[FRAME_SHAPE]++;
    return false;
}

/* Every row takes a line, and a byte for each of its cells: the cells are no more than the bytes.
 */
static size_t count_rows_at_most(const struct table *table)
{
    const char *end = table->text + table->length;
    size_t lines = 1;
    for (const char *at = table->text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    size_t fields = table->schema->field_count > 0 ? table->schema->field_count : 1;
    size_t bound = (table->length + 1) / fields;
    return lines < bound ? lines : bound;
}

/* --- the header ---------------------------------------------------------------------------- */

static bool is_header(const struct schema *schema, const struct csv_record *record)
{
    double value;
    bool all_numbers = true;
    for (size_t i = 0; i < record->count; i++) {
        const struct csv_field *field = &record->fields[i];
        if (schema_find(schema, field->text, field->length) == STRMAP_NONE)
            return false;
        all_numbers = all_numbers && number_read_text(field->text, field->length, &value);
    }
    return !all_numbers;
}

/* The names as an object, so that what is missing and what is too much is told as ever. */
static bool fault_names(struct csv_table *csv, const struct csv_record *record, struct err *err)
{
    struct buf text = BUF_INIT;
    struct err ignored = ERR_INIT;
    for (size_t i = 0; i < record->count; i++) {
        buf_put_char(&text, i == 0 ? '{' : ',');
        json_write_string(&text, record->fields[i].text, record->fields[i].length);
        buf_put_text(&text, ":0");
    }
    buf_put_char(&text, '}');
    bool ok = !text.failed && json_parse(text.data, text.length, &csv->rows->owned, &ignored);
    buf_finish(&text);
    if (!ok)
        return err_set(err, ERR_MEMORY, "no memory for the names of %zu columns", record->count);
    return rows_fault_names(csv->rows, err, ROWS_COLUMNS, csv->rows->owned);
}

static bool take_header(struct csv_table *csv, const struct csv_record *record, struct err *err)
{
    const struct schema *schema = csv->table->schema;
    bool *seen = arena_zeroed(csv->table->arena, schema->field_count, sizeof *seen);
    csv->columns = arena_array(csv->table->arena, record->count, sizeof *csv->columns);
    csv->column_count = record->count;
    csv->rows->frame.schema = schema;
    if (seen == NULL || csv->columns == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", record->count);
    for (size_t i = 0; i < record->count; i++) {
        const struct csv_field *name = &record->fields[i];
        csv->columns[i] = schema_find(schema, name->text, name->length);
        if (csv->columns[i] == STRMAP_NONE)
            return fault_names(csv, record, err);
        if (seen[csv->columns[i]]) {
            err_set(err, ERR_INVALID, "the header names the column '%.160s' twice",
                    schema->fields[csv->columns[i]].name);
            return fault(csv);
        }
        seen[csv->columns[i]] = true;
    }
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].required && !seen[i])
            return fault_names(csv, record, err);
    return true;
}

/* --- rows ---------------------------------------------------------------------------------- */

static bool take_record(struct csv_table *csv, const struct csv_record *record, struct err *err)
{
    size_t count = csv->columns != NULL ? csv->column_count : csv->table->schema->field_count;
    if (record->count != count) {
        csv->rows->frame.schema = csv->table->schema;
        rows_fault_length(csv->rows, err, csv->row, record->count);
        csv->rows->expected = count;
        return false;
    }
    if (csv->row >= csv->rows->frame.matrix.rows) {
        err_set(err, ERR_LIMIT, "more than %zu rows; send them in several requests",
                csv->table->max_rows);
        return fault(csv);
    }
    for (size_t i = 0; i < count; i++)
        cell_set(&csv->rows->frame, csv->row, csv->columns != NULL ? csv->columns[i] : i,
                 &record->fields[i]);
    csv->row++;
    return true;
}

/* An empty line, such as one behind the last row, is no row, unless one empty cell is one. */
static bool is_blank(const struct csv_table *csv, const struct csv_record *record)
{
    return record->count == 1 && record->fields[0].length == 0 && !record->fields[0].quoted &&
           csv->table->schema->field_count != 1;
}

static bool begin_rows(struct csv_table *csv, struct err *err)
{
    const struct table *table = csv->table;
    size_t count = count_rows_at_most(table);
    count = count < table->max_rows ? count : table->max_rows;
    return rows_begin(csv->rows, table->schema, count, table->max_rows, table->arena, err);
}

static bool read_records(struct csv_table *csv, enum table_header *header, struct err *err)
{
    struct csv_record record;
    bool first = true;
    for (;;) {
        enum csv_status status = csv_next(&csv->reader, &record, err);
        if (status == CSV_MORE && !feed(csv, err))
            return false;
        if (status == CSV_MORE)
            continue;
        if (status == CSV_END)
            return true;
        if (status == CSV_BAD) {
            err_prefix(err, "line %llu", (unsigned long long)record.line);
            return fault(csv);
        }
        if (first && *header == TABLE_HEADER_GUESS)
            *header =
                is_header(csv->table->schema, &record) ? TABLE_HEADER_PRESENT : TABLE_HEADER_ABSENT;
        if (first && *header == TABLE_HEADER_PRESENT) {
            if (!take_header(csv, &record, err))
                return false;
        } else if (!is_blank(csv, &record) && !take_record(csv, &record, err)) {
            return false;
        }
        first = false;
    }
}

bool table_read_csv(struct rows *rows, const struct table *table, enum table_header *header,
                    struct err *err)
{
    struct csv_table csv = {.table = table, .rows = rows};
    const struct csv_limits limits = {table->length + 1, COLUMNS_MAX};
    csv_init(&csv.reader, ',', &limits);
    bool ok = begin_rows(&csv, err) && read_records(&csv, header, err);
    csv_finish(&csv.reader);
    if (!ok)
        return false;
    rows->frame.matrix.rows = csv.row;
    return rows_seal(rows, err);
}
