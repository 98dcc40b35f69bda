#include "protocols/rows.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "codec/envelope.h"
#include "base/utf8.h"
#include "protocols/answer.h"
#include "protocols/row_faults.h"

void rows_finish(struct rows *rows)
{
    json_free(rows->owned);
    rows->owned = NULL;
}

static bool fault_shape(struct rows *rows, struct err *err, size_t row, const char *is)
{
    rows->fault = ROWS_SHAPE;
    rows->frame.counts[FRAME_SHAPE]++;
    err_set(err, ERR_INVALID, "row %zu is %s; a row is a list of values or an object by name", row,
            is);
    return err_at(err, (int64_t)row, NULL);
}

bool rows_fault_length(struct rows *rows, struct err *err, size_t row, size_t got)
{
    size_t expected = rows->frame.schema->field_count;
    rows->fault = ROWS_LENGTH;
    rows->frame.counts[FRAME_SHAPE]++;
    rows->expected = expected;
    rows->got = got;
    if (rows->single && expected == 1 && got > 1)
        err_set(
            err, ERR_INVALID,
            "a flat list is one row, and the model takes 1 value; for several rows nest each in "
            "a list of its own: [[a],[b]]");
    else
        err_set(err, ERR_INVALID, "row %zu has %zu values, the model takes %zu", row, got,
                expected);
    return err_at(err, (int64_t)row, NULL);
}

static bool count_within(struct rows *rows, size_t count, size_t max_rows, struct err *err)
{
    if (count <= max_rows)
        return true;
    rows->fault = ROWS_SHAPE;
    return err_set(err, ERR_LIMIT, "%zu rows, the limit is %zu; send them in several requests",
                   count, max_rows);
}

/* A text that came as base64. */
static bool set_encoded(struct frame *frame, size_t row, size_t column, const struct json *value)
{
    size_t length, size;
    bool found = false;
    const struct json *text = json_object_get(value, "b64", &found);
    if (!found || json_object_size(value) != 1 || json_type(text) != JSON_STRING)
        return false;
    const char *encoded = json_string(text, &length);
    char *bytes = arena_alloc(frame->arena, length + 1);
    if (bytes == NULL) {
        frame->no_memory = true;
        return true;
    }
    if (!base64_decode(encoded, length, bytes, length + 1, &size) || !utf8_is_valid(bytes, size))
        return false;
    frame_set_text(frame, row, column, bytes, size);
    return true;
}

void rows_read_cell(struct rows *rows, size_t row, size_t column, const struct json *value)
{
    struct frame *frame = &rows->frame;
    size_t length;
    const char *text;
    if (rows->tensors && json_type(value) == JSON_ARRAY && json_array_length(value) == 1)
        value = json_array_at(value, 0);
    switch (json_type(value)) {
    case JSON_NULL:
        frame_set_missing(frame, row, column);
        break;
    case JSON_NUMBER:
        frame_set_number(frame, row, column, json_number(value));
        break;
    case JSON_STRING:
        text = json_string(value, &length);
        frame_set_text(frame, row, column, text, length);
        break;
    case JSON_BOOL:
        frame_set_boolean(frame, row, column, json_bool(value));
        break;
    case JSON_OBJECT:
        if (!rows->tensors || !set_encoded(frame, row, column, value))
            frame_set_wrong(frame, row, column);
        break;
    case JSON_ARRAY:
    case JSON_NUMBERS:
        frame_set_wrong(frame, row, column);
        break;
    }
}

static bool read_list(struct rows *rows, size_t row, const struct json *list, struct err *err)
{
    size_t length = json_array_length(list);
    if (length != rows->frame.schema->field_count)
        return rows_fault_length(rows, err, row, length);
    for (size_t i = 0; i < length; i++)
        rows_read_cell(rows, row, i, json_array_at(list, i));
    return true;
}

static bool is_missing(const struct json *object, const struct field *field)
{
    bool found = true;
    if (field->required)
        json_object_get(object, field->name, &found);
    return !found;
}

static size_t count_missing(const struct schema *schema, const struct json *object)
{
    size_t count = 0;
    for (size_t i = 0; i < schema->field_count; i++)
        count += is_missing(object, &schema->fields[i]);
    return count;
}

/* The longest head of a client's name of at most ROWS_NAME_MAX bytes that ends between characters.
 */
static size_t name_cut(const char *name, size_t length)
{
    if (length <= ROWS_NAME_MAX)
        return length;
    length = ROWS_NAME_MAX;
    while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80)
        length--;
    return length;
}

/* Names for a sentence, as many as it holds; the answer's lists have them all. */
struct name_list {
    char text[ERR_TEXT_SIZE];
    size_t used;
    size_t count;
};

static void name_list_add(struct name_list *list, const char *kind, const char *name, size_t length)
{
    size_t room = sizeof list->text - list->used;
    if (room > 1) {
        int size = list->count == 0
                       ? snprintf(list->text + list->used, room, "%s%s %.*s",
                                  list->used > 0 ? "; " : "", kind, (int)length, name)
                       : snprintf(list->text + list->used, room, ", %.*s", (int)length, name);
        list->used += size < 0 ? 0 : (size_t)size < room ? (size_t)size : room - 1;
    }
    list->count++;
}

static bool is_unexpected(const struct schema *schema, const struct json_iterator *it)
{
    return schema_find(schema, it->key, it->key_length) == STRMAP_NONE;
}

bool rows_fault_names(struct rows *rows, struct err *err, size_t row, const struct json *object)
{
    const struct schema *schema = rows->frame.schema;
    struct name_list list = {.used = 0};
    for (size_t i = 0; i < schema->field_count; i++) {
        if (is_missing(object, &schema->fields[i]))
            name_list_add(&list, "missing", schema->fields[i].name, strlen(schema->fields[i].name));
    }
    size_t missing = list.count;
    list.count = 0;
    for (struct json_iterator it = json_begin(object); json_next(&it);) {
        if (is_unexpected(schema, &it) && list.count < ROWS_UNEXPECTED_MAX)
            name_list_add(&list, "unexpected", it.key, name_cut(it.key, it.key_length));
    }
    rows->fault = ROWS_NAMES;
    rows->object = object;
    rows->frame.counts[FRAME_MISSING] += missing;
    rows->frame.counts[FRAME_WRONG_TYPE] += list.count;
    err_set(err, missing > 0 ? ERR_MISSING : ERR_INVALID, "%s", list.text);
    if (row == ROWS_COLUMNS)
        return false;
    err_prefix(err, "row %zu", row);
    return err_at(err, (int64_t)row, NULL);
}

/* A row of all fields and no other needs no second look; json-c keeps one of duplicate keys. */
static bool read_object(struct rows *rows, size_t row, const struct json *object, struct err *err)
{
    const struct schema *schema = rows->frame.schema;
    size_t known = 0;
    for (struct json_iterator it = json_begin(object); json_next(&it);) {
        uint32_t column = schema_find(schema, it.key, it.key_length);
        if (column == STRMAP_NONE)
            return rows_fault_names(rows, err, row, object);
        rows_read_cell(rows, row, column, it.value);
        known++;
    }
    if (known < schema->field_count && count_missing(schema, object) > 0)
        return rows_fault_names(rows, err, row, object);
    return true;
}

static bool read_row(struct rows *rows, size_t row, const struct json *value, struct err *err)
{
    switch (json_type(value)) {
    case JSON_ARRAY:
        return read_list(rows, row, value, err);
    case JSON_OBJECT:
        return read_object(rows, row, value, err);
    case JSON_NUMBERS:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_STRING:
        break;
    }
    return fault_shape(rows, err, row, json_type_name(json_type(value)));
}

bool rows_read_row(struct rows *rows, size_t row, const struct json *value, struct err *err)
{
    return read_row(rows, row, value, err) || row_faults_keep(rows, row, err);
}

bool rows_seal(struct rows *rows, struct err *err)
{
    rows->fault = ROWS_FINE;
    if (frame_seal(&rows->frame, err))
        return true;
    rows->fault = ROWS_VALUES;
    return false;
}

static bool is_container(const struct json *value)
{
    return json_type(value) == JSON_ARRAY || json_type(value) == JSON_OBJECT;
}

/* A list whose first element is a row is a batch; so is an empty one. */
static bool is_batch(const struct json *value)
{
    return json_type(value) == JSON_ARRAY &&
           (json_array_length(value) == 0 || is_container(json_array_at(value, 0)));
}

bool rows_begin(struct rows *rows, const struct schema *schema, size_t count, size_t max_rows,
                struct arena *arena, struct err *err)
{
    *rows = (struct rows){.fault = ROWS_SHAPE, .by_row = rows->by_row};
    return count_within(rows, count, max_rows, err) &&
           frame_init(&rows->frame, schema, count, arena, err) &&
           (!rows->by_row || frame_judge_by_row(&rows->frame, err));
}

bool rows_read_matrix(struct rows *rows, const struct schema *schema, const struct matrix *numbers,
                      size_t max_rows, struct arena *arena, struct err *err)
{
    rows->fault = ROWS_SHAPE;
    if (!count_within(rows, numbers->rows, max_rows, err) ||
        !frame_init(&rows->frame, schema, 0, arena, err))
        return false;
    if (numbers->rows > 0 && numbers->cols != schema->field_count)
        return rows_fault_length(rows, err, 0, numbers->cols);
    rows->frame.matrix = *numbers;
    rows->frame.matrix.cols = schema->field_count;
    if (rows->by_row && !frame_judge_by_row(&rows->frame, err))
        return false;
    for (size_t row = 0; row < numbers->rows; row++)
        frame_check_row(&rows->frame, row);
    return rows_seal(rows, err);
}

/* A flat list is one row. */
static bool read_numbers(struct rows *rows, const struct schema *schema,
                         const struct json_numbers *numbers, size_t max_rows, struct arena *arena,
                         struct err *err)
{
    bool flat = numbers->dimensions == 1;
    size_t cols = numbers->shape[numbers->dimensions - 1];
    const struct matrix matrix = {
        .data = numbers->values,
        .rows = flat ? cols > 0 : numbers->shape[0],
        .cols = cols,
        .stride = cols,
    };
    *rows = (struct rows){.single = flat && cols > 0, .by_row = rows->by_row};
    return rows_read_matrix(rows, schema, &matrix, max_rows, arena, err);
}

bool rows_read(struct rows *rows, const struct schema *schema, const struct json *value,
               size_t max_rows, struct arena *arena, struct err *err)
{
    const struct json_numbers *numbers = json_numbers(value);
    if (numbers != NULL)
        return read_numbers(rows, schema, numbers, max_rows, arena, err);
    bool batch = is_batch(value);
    size_t count = batch ? json_array_length(value) : 1;
    if (!batch && !is_container(value)) {
        *rows = (struct rows){.fault = ROWS_SHAPE, .single = true};
        rows->frame.counts[FRAME_SHAPE] = 1;
        return err_set(err, ERR_INVALID,
                       "the input is %s; it must be a row (a list of values or an object by name) "
                       "or a list of rows",
                       json_type_name(json_type(value)));
    }
    if (!rows_begin(rows, schema, count, max_rows, arena, err))
        return false;
    rows->single = !batch;
    for (size_t row = 0; row < count; row++) {
        if (!rows_read_row(rows, row, batch ? json_array_at(value, row) : value, err))
            return false;
    }
    return rows_seal(rows, err);
}

static void write_missing(const struct rows *rows, struct buf *out)
{
    const struct schema *schema = rows->frame.schema;
    size_t count = 0;
    buf_put_text(out, ",\"missing\":[");
    for (size_t i = 0; i < schema->field_count; i++) {
        const char *name = schema->fields[i].name;
        if (!is_missing(rows->object, &schema->fields[i]))
            continue;
        if (count > 0 && count < ROWS_MISSING_MAX)
            buf_put_char(out, ',');
        if (count < ROWS_MISSING_MAX)
            json_write_string(out, name, strlen(name));
        count++;
    }
    buf_put_char(out, ']');
    if (count > ROWS_MISSING_MAX)
        buf_printf(out, ",\"missing_count\":%zu", count);
}

static void write_unexpected(const struct rows *rows, struct buf *out)
{
    size_t count = 0;
    buf_put_text(out, ",\"unexpected\":[");
    for (struct json_iterator it = json_begin(rows->object); json_next(&it);) {
        if (!is_unexpected(rows->frame.schema, &it))
            continue;
        if (count > 0 && count < ROWS_UNEXPECTED_MAX)
            buf_put_char(out, ',');
        if (count < ROWS_UNEXPECTED_MAX)
            json_write_string(out, it.key, name_cut(it.key, it.key_length));
        count++;
    }
    buf_put_char(out, ']');
    if (count > ROWS_UNEXPECTED_MAX)
        buf_printf(out, ",\"unexpected_count\":%zu", count);
}

static void write_problem(const struct frame *frame, const struct frame_problem *problem,
                          struct buf *out)
{
    struct err err = ERR_INIT;
    const char *code = frame_reason_name(problem->reason);
    const char *field = frame->schema->fields[problem->column].name;
    frame_problem_describe(frame, problem, &err);
    buf_printf(out, "{\"row\":%zu,\"field\":", problem->row);
    json_write_string(out, field, strlen(field));
    buf_put_text(out, ",\"code\":");
    json_write_string(out, code, strlen(code));
    buf_put_text(out, ",\"error\":");
    json_write_string(out, err.text, strlen(err.text));
    buf_put_char(out, '}');
}

static void write_problems(const struct frame *frame, struct buf *out)
{
    size_t kept =
        frame->problem_count < FRAME_PROBLEMS_MAX ? frame->problem_count : FRAME_PROBLEMS_MAX;
    if (frame->problem_count < 2)
        return;
    buf_printf(out, ",\"problem_count\":%zu,\"problems\":[", frame->problem_count);
    for (size_t i = 0; i < kept; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        write_problem(frame, &frame->problems[i], out);
    }
    buf_put_char(out, ']');
}

static const char *fault_code(const struct rows *rows, const struct err *err)
{
    if (rows->fault == ROWS_LENGTH)
        return "wrong_length";
    if (rows->fault == ROWS_NAMES)
        return err->code == ERR_MISSING ? "missing_field" : "unexpected_field";
    if (rows->fault == ROWS_VALUES && rows->frame.problem_count > 0)
        return frame_reason_name(rows->frame.problems[0].reason);
    return err_code_name(err->code);
}

static void write_details(const struct rows *rows, struct buf *out)
{
    if (rows->fault == ROWS_LENGTH) {
        buf_printf(out, ",\"expected\":%zu,\"got\":%zu", rows->expected, rows->got);
    } else if (rows->fault == ROWS_NAMES) {
        write_missing(rows, out);
        write_unexpected(rows, out);
    } else if (rows->fault == ROWS_VALUES) {
        write_problems(&rows->frame, out);
    }
}

void rows_write_fault(const struct rows *rows, const struct err *err, struct buf *out)
{
    answer_write(out, fault_code(rows, err), err);
    write_details(rows, out);
    buf_put_char(out, '}');
}

void rows_answer_error(const struct rows *rows, const struct err *err,
                       struct http_response *response)
{
    answer_open(response, answer_status_of(err->code), fault_code(rows, err), err);
    write_details(rows, &response->body);
    answer_close(response);
}
