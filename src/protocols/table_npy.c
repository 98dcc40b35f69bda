/* NumPy's .npy: a row of the array is a row. */
#include "codec/npy.h"
#include "protocols/table.h"

static bool fault(struct rows *rows)
{
    rows->fault = ROWS_SHAPE;
    rows->frame.counts[FRAME_SHAPE]++;
    return false;
}

static bool read_header(const struct table *table, struct npy_header *header, struct err *err)
{
    size_t size;
    if (table->length < NPY_PREAMBLE_SIZE)
        return err_set(err, ERR_INVALID, "this is no .npy file");
    if (!npy_header_size(table->text, &size, err))
        return false;
    if (size < NPY_PREAMBLE_SIZE || size > table->length)
        return err_set(err, ERR_INVALID, "the array ends within its header");
    if (!npy_header_read(table->text, size, header, err))
        return false;
    if (table->length - size == header->rows * header->cols * header->item_size)
        return true;
    return err_set(err, ERR_INVALID, "the array is not as long as its header says");
}

/* A flat array is one row, or, where the model takes one value, a column of them. */
static void shape_flat(const struct table *table, struct npy_header *header)
{
    if (header->dimensions == 2 || table->schema->field_count == 1)
        return;
    header->cols = header->rows;
    header->rows = 1;
}

static void convert(const struct npy_header *header, const char *items, struct matrix *matrix)
{
    if (!header->fortran_order) {
        npy_convert(header, items, matrix->rows * matrix->cols, matrix->data, 1);
        return;
    }
    for (size_t i = 0; i < matrix->cols; i++)
        npy_convert(header, items + i * matrix->rows * header->item_size, matrix->rows,
                    matrix->data + i, matrix->stride);
}

bool table_read_npy(struct rows *rows, const struct table *table, struct err *err)
{
    struct npy_header header;
    if (!read_header(table, &header, err))
        return fault(rows);
    shape_flat(table, &header);
    if (header.rows > 0 && header.cols != table->schema->field_count) {
        rows->frame.schema = table->schema;
        return rows_fault_length(rows, err, 0, header.cols);
    }
    if (!rows_begin(rows, table->schema, header.rows, table->max_rows, table->arena, err))
        return false;
    if (header.rows > 0)
        convert(&header, table->text + header.header_bytes, &rows->frame.matrix);
    for (size_t row = 0; row < header.rows; row++)
        frame_check_row(&rows->frame, row);
    return rows_seal(rows, err);
}
