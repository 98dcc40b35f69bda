#include "decode/cell.h"

#include <strings.h>

#include "codec/number.h"

static bool is_missing(const struct field *field, const struct csv_field *cell)
{
    if (cell->length > 0)
        return false;
    bool empty_word =
        field->type == FIELD_TEXT ||
        (field->type == FIELD_CATEGORY && strmap_get(&field->word_codes, "", 0) != STRMAP_NONE);
    return !cell->quoted || !empty_word;
}

/* Truth values as Python and R write them, where the field has them as words. */
static bool read_boolean(const struct field *field, const struct csv_field *cell, bool *value)
{
    bool is_true = cell->length == 4 && strncasecmp(cell->text, "true", 4) == 0;
    bool is_false = cell->length == 5 && strncasecmp(cell->text, "false", 5) == 0;
    *value = is_true;
    return (is_true || is_false) && field->type == FIELD_CATEGORY &&
           strmap_get(&field->word_codes, cell->text, cell->length) == STRMAP_NONE &&
           strmap_get(&field->word_codes, is_true ? "true" : "false", cell->length) != STRMAP_NONE;
}

void cell_set(struct frame *frame, size_t row, size_t column, const struct csv_field *cell)
{
    const struct field *field = &frame->schema->fields[column];
    double value;
    bool truth;
    if (is_missing(field, cell))
        frame_set_missing(frame, row, column);
    else if (field->type == FIELD_NUMBER && number_read_text(cell->text, cell->length, &value))
        frame_set_number(frame, row, column, value);
    else if (read_boolean(field, cell, &truth))
        frame_set_boolean(frame, row, column, truth);
    else
        frame_set_text(frame, row, column, cell->text, cell->length);
}
