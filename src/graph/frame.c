#include "graph/frame.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* A quiet NaN with a payload that neither arithmetic nor a client makes by accident: the cell was
 * not set. A client who makes it on purpose gets what he would get for a missing value. */
#define UNSET_BITS UINT64_C(0x7ff8556e73657421)

static bool is_unset(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits == UNSET_BITS;
}

static void cells_unset(double *cells, size_t count)
{
    const uint64_t bits = UNSET_BITS;
    for (size_t i = 0; i < count; i++)
        memcpy(&cells[i], &bits, sizeof bits);
}

bool frame_init(struct frame *frame, const struct schema *schema, size_t rows, struct arena *arena,
                struct err *err)
{
    *frame = (struct frame){.schema = schema, .arena = arena};
    size_t count, bytes;
    bool fits = mem_multiply(rows, schema->field_count, &count) &&
                mem_multiply(count, sizeof(double), &bytes);
    if (!fits || (arena->limit != 0 && bytes > arena->limit - arena->used))
        return err_set(err, ERR_LIMIT, "%zu rows of %zu fields are more than a request may hold",
                       rows, schema->field_count);
    frame->matrix = matrix_in_arena(arena, rows, schema->field_count);
    if (frame->matrix.data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu rows", rows);
    cells_unset(frame->matrix.data, count);
    return true;
}

void frame_begin_row(struct frame *frame, const struct schema *schema, double *cells,
                     struct arena *arena)
{
    size_t count = schema->field_count;
    frame->schema = schema;
    frame->arena = arena;
    frame->matrix = (struct matrix){.data = cells, .rows = 1, .cols = count, .stride = count};
    frame->problem_count = 0;
    frame->no_memory = false;
    cells_unset(cells, count);
}

static double *cell(struct frame *frame, size_t row, size_t column)
{
    return matrix_row(&frame->matrix, row) + column;
}

static void frame_reject(struct frame *frame, enum frame_reason reason, size_t row, size_t column)
{
    if (frame->problem_count < FRAME_PROBLEMS_MAX)
        frame->problems[frame->problem_count] = (struct frame_problem){reason, row, column};
    frame->problem_count++;
    frame->counts[reason]++;
    if (frame->by_row != NULL && frame->by_row[row].count++ == 0) {
        frame->by_row[row].reason = reason;
        frame->by_row[row].column = (uint32_t)column;
    }
    *cell(frame, row, column) = NAN;
}

bool frame_judge_by_row(struct frame *frame, struct err *err)
{
    size_t rows = frame->matrix.rows;
    frame->by_row = arena_zeroed(frame->arena, rows, sizeof *frame->by_row);
    return frame->by_row != NULL ||
           err_set(err, ERR_LIMIT, "%zu rows are more than a request may hold", rows);
}

void frame_reject_row(struct frame *frame, size_t row)
{
    double *cells = matrix_row(&frame->matrix, row);
    frame->by_row[row].reason = FRAME_SHAPE;
    frame->by_row[row].count++;
    for (size_t column = 0; column < frame->matrix.cols; column++)
        cells[column] = NAN; /* not missing: nobody asks for them any more */
}

static void frame_replace(struct frame *frame, enum frame_reason reason, size_t row, size_t column,
                          double value)
{
    frame->replaced[reason]++;
    *cell(frame, row, column) = value;
}

/* Policies that missing and unknown values have in common. */
static void frame_apply(struct frame *frame, enum frame_reason reason, enum field_policy policy,
                        double replacement, size_t row, size_t column)
{
    bool number = frame->schema->fields[column].type == FIELD_NUMBER;
    switch (policy) {
    case POLICY_NAN:
        frame_replace(frame, reason, row, column, NAN);
        return;
    case POLICY_ZERO:
        frame_replace(frame, reason, row, column, number ? 0 : SCHEMA_UNKNOWN);
        return;
    case POLICY_REPLACE:
        if (frame->schema->fields[column].type == FIELD_TEXT)
            replacement = text_cell(&frame->schema->fields[column].missing_text);
        frame_replace(frame, reason, row, column, replacement);
        return;
    default:
        frame_reject(frame, reason, row, column);
    }
}

void frame_set_missing(struct frame *frame, size_t row, size_t column)
{
    const struct field *field = &frame->schema->fields[column];
    frame_apply(frame, FRAME_MISSING, field->on_missing, field->missing_replacement, row, column);
}

void frame_set_wrong(struct frame *frame, size_t row, size_t column)
{
    frame_reject(frame, FRAME_WRONG_TYPE, row, column);
}

/* The largest number of a field. */
static double field_limit(const struct field *field)
{
    return field->single ? (double)FLT_MAX : DBL_MAX;
}

/* An infinity is out of every range, and cannot be clipped to a bound that is not there. A number
 * that the model would take for an infinity is none that anybody meant, and so never accepted. */
static void frame_set_outside(struct frame *frame, size_t row, size_t column, double value)
{
    const struct field *field = &frame->schema->fields[column];
    bool below = value < field->minimum || value == -INFINITY;
    double bound = below ? field->minimum : field->maximum;
    bool becomes_infinite = isfinite(value) && fabs(value) > field_limit(field);
    if (field->on_out_of_range == POLICY_ACCEPT && becomes_infinite)
        frame_reject(frame, FRAME_OUT_OF_RANGE, row, column);
    else if (field->on_out_of_range == POLICY_ACCEPT)
        *cell(frame, row, column) = value;
    else if (field->on_out_of_range == POLICY_CLIP && isfinite(bound))
        frame_replace(frame, FRAME_OUT_OF_RANGE, row, column, bound);
    else
        frame_apply(frame, FRAME_OUT_OF_RANGE, field->on_out_of_range, field->range_replacement,
                    row, column);
}

/* The word's code, STRMAP_NONE when it is not listed. Most words are spelled as listed, so the
 * normal spelling of numbers is tried second. */
static uint32_t word_find(const struct field *field, const char *text, size_t length)
{
    char normal[32];
    uint32_t code = strmap_get(&field->word_codes, text, length);
    if (code != STRMAP_NONE || !field->number_words)
        return code;
    size_t normal_length = schema_normal_text(text, length, normal, sizeof normal);
    return normal_length > 0 ? strmap_get(&field->word_codes, normal, normal_length) : STRMAP_NONE;
}

static void frame_set_unknown(struct frame *frame, size_t row, size_t column)
{
    const struct field *field = &frame->schema->fields[column];
    frame_apply(frame, FRAME_UNKNOWN_WORD, field->on_unknown, field->unknown_replacement, row,
                column);
}

static void frame_set_category(struct frame *frame, size_t row, size_t column, double value)
{
    const struct field *field = &frame->schema->fields[column];
    char text[32];
    if (!field->number_words) {
        frame_set_wrong(frame, row, column);
        return;
    }
    size_t length = schema_normal_number(value, text, sizeof text);
    uint32_t code = length > 0 ? strmap_get(&field->word_codes, text, length) : STRMAP_NONE;
    if (code != STRMAP_NONE)
        *cell(frame, row, column) = (double)code;
    else
        frame_set_unknown(frame, row, column);
}

static bool field_takes(const struct field *field, double value)
{
    return field->type == FIELD_NUMBER && value >= field->minimum && value <= field->maximum &&
           fabs(value) <= field_limit(field) && (!field->integer || value == rint(value));
}

void frame_set_number(struct frame *frame, size_t row, size_t column, double value)
{
    const struct field *field = &frame->schema->fields[column];
    if (field_takes(field, value))
        *cell(frame, row, column) = value;
    else if (isnan(value))
        frame_set_missing(frame, row, column);
    else if (field->type == FIELD_CATEGORY)
        frame_set_category(frame, row, column, value);
    else if (field->type == FIELD_TEXT || (field->integer && value != rint(value)))
        frame_set_wrong(frame, row, column);
    else
        frame_set_outside(frame, row, column, value);
}

static void frame_keep_text(struct frame *frame, size_t row, size_t column, const char *bytes,
                            size_t length)
{
    const struct text *text = text_in_arena(frame->arena, bytes, length);
    frame->no_memory = frame->no_memory || text == NULL;
    *cell(frame, row, column) = text != NULL ? text_cell(text) : NAN;
}

void frame_set_text(struct frame *frame, size_t row, size_t column, const char *text, size_t length)
{
    const struct field *field = &frame->schema->fields[column];
    if (field->type == FIELD_TEXT) {
        frame_keep_text(frame, row, column, text, length);
        return;
    }
    if (field->type != FIELD_CATEGORY) {
        frame_set_wrong(frame, row, column);
        return;
    }
    uint32_t code = word_find(field, text, length);
    if (code != STRMAP_NONE)
        *cell(frame, row, column) = (double)code;
    else
        frame_set_unknown(frame, row, column);
}

void frame_set_boolean(struct frame *frame, size_t row, size_t column, bool value)
{
    const struct field *field = &frame->schema->fields[column];
    const char *word = value ? "true" : "false";
    uint32_t code = field->type == FIELD_CATEGORY
                        ? strmap_get(&field->word_codes, word, strlen(word))
                        : STRMAP_NONE;
    if (code != STRMAP_NONE)
        *cell(frame, row, column) = (double)code;
    else
        frame_set_wrong(frame, row, column);
}

void frame_check_row(struct frame *frame, size_t row)
{
    const double *values = matrix_row(&frame->matrix, row);
    for (size_t column = 0; column < frame->matrix.cols; column++)
        if (!field_takes(&frame->schema->fields[column], values[column]))
            frame_set_number(frame, row, column, values[column]);
}

static void frame_seal_row(struct frame *frame, size_t row)
{
    const double *values = matrix_row(&frame->matrix, row);
    for (size_t column = 0; column < frame->matrix.cols; column++) {
        if (!is_unset(values[column]))
            continue;
        if (frame->schema->fields[column].required)
            frame_reject(frame, FRAME_MISSING, row, column);
        else
            frame_set_missing(frame, row, column);
    }
}

bool frame_seal(struct frame *frame, struct err *err)
{
    for (size_t row = 0; row < frame->matrix.rows; row++)
        frame_seal_row(frame, row);
    if (frame->no_memory)
        return err_set(err, ERR_LIMIT, "the texts of %zu rows are more than a request may hold",
                       frame->matrix.rows);
    if (frame->problem_count == 0 || frame->by_row != NULL)
        return true;
    frame_problem_describe(frame, &frame->problems[0], err);
    return false;
}

static void range_describe(const struct field *field, char *text, size_t size)
{
    char low[32], high[32];
    bool has_low = schema_normal_number(field->minimum, low, sizeof low) > 0;
    bool has_high = schema_normal_number(field->maximum, high, sizeof high) > 0;
    if (has_low && has_high)
        snprintf(text, size, "must be from %s to %s", low, high);
    else if (has_low)
        snprintf(text, size, "must be finite and at least %s", low);
    else if (has_high)
        snprintf(text, size, "must be finite and at most %s", high);
    else if (field->single)
        snprintf(text, size, "must be from %.8g to %.8g, which float32 holds", -(double)FLT_MAX,
                 (double)FLT_MAX);
    else
        snprintf(text, size, "must be finite");
}

static void words_describe(const struct field *field, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "must be one of ");
    for (size_t i = 0; i < field->word_count; i++) {
        int written =
            snprintf(text + length, size - length, "%s'%s'", i > 0 ? ", " : "", field->words[i]);
        if (written < 0 || (size_t)written >= size - length) {
            snprintf(text, size, "is none of its %zu known values", field->word_count);
            return;
        }
        length += (size_t)written;
    }
}

static void type_describe(const struct field *field, char *text, size_t size)
{
    if (field->type == FIELD_NUMBER)
        snprintf(text, size, field->integer ? "must be a whole number" : "must be a number");
    else if (field->type == FIELD_TEXT)
        snprintf(text, size, "must be a text");
    else
        snprintf(text, size, "must be a %s", field->number_words ? "word or a number" : "word");
}

void frame_problem_describe(const struct frame *frame, const struct frame_problem *problem,
                            struct err *err)
{
    static const enum err_code codes[] = {
        [FRAME_MISSING] = ERR_MISSING,    [FRAME_UNKNOWN_WORD] = ERR_CATEGORY,
        [FRAME_OUT_OF_RANGE] = ERR_RANGE, [FRAME_WRONG_TYPE] = ERR_INVALID,
        [FRAME_SHAPE] = ERR_INVALID,
    };
    const struct field *field = &frame->schema->fields[problem->column];
    char text[192] = "is missing";
    if (problem->reason == FRAME_UNKNOWN_WORD)
        words_describe(field, text, sizeof text);
    else if (problem->reason == FRAME_OUT_OF_RANGE)
        range_describe(field, text, sizeof text);
    else if (problem->reason == FRAME_WRONG_TYPE)
        type_describe(field, text, sizeof text);
    err_set(err, codes[problem->reason], "field '%.160s' %s", field->name, text);
    if (frame->matrix.rows > 1)
        err_prefix(err, "row %zu", problem->row);
    err_at(err, (int64_t)problem->row, field->name);
}

const char *frame_reason_name(enum frame_reason reason)
{
    static const char *const names[] = {
        [FRAME_MISSING] = "missing",
        [FRAME_UNKNOWN_WORD] = "unknown_category",
        [FRAME_OUT_OF_RANGE] = "out_of_range",
        [FRAME_WRONG_TYPE] = "wrong_type",
        [FRAME_SHAPE] = "shape",
    };
    return (size_t)reason < FRAME_REASONS ? names[reason] : "unknown";
}
