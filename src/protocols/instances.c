#include "protocols/instances.h"

#include <string.h>

#include "codec/envelope.h"
#include "protocols/row_faults.h"

/* What all rows of a request are, by the first one. {"b64":...} is a value. */
enum kind { KIND_OBJECT, KIND_LIST, KIND_VALUE };

static enum kind kind_of(const struct json *value)
{
    bool encoded = false;
    if (json_type(value) == JSON_ARRAY)
        return KIND_LIST;
    if (json_type(value) != JSON_OBJECT)
        return KIND_VALUE;
    json_object_get(value, "b64", &encoded);
    return encoded && json_object_size(value) == 1 ? KIND_VALUE : KIND_OBJECT;
}

static bool fault(struct rows *rows)
{
    rows->fault = ROWS_SHAPE;
    rows->frame.counts[FRAME_SHAPE]++;
    return false;
}

static bool fault_empty(struct rows *rows, const char *member, struct err *err)
{
    err_set(err, ERR_INVALID, "No values in '%s'", member);
    return fault(rows);
}

static bool fault_mixed(struct rows *rows, enum kind first, enum kind found, size_t row,
                        struct err *err)
{
    if (first == KIND_OBJECT)
        err_set(err, ERR_INVALID, "Expecting object but got %s at item %zu of input list",
                found == KIND_LIST ? "list" : "value", row);
    else if (found == KIND_OBJECT)
        err_set(err, ERR_INVALID, "Expecting value/list but got object at item %zu of input list",
                row);
    else
        err_set(err, ERR_INVALID, "Expecting %s but got %s at item %zu of input list",
                first == KIND_LIST ? "list" : "value", found == KIND_LIST ? "list" : "value", row);
    err_at(err, (int64_t)row, NULL);
    return fault(rows);
}

static bool read_instance(struct rows *rows, size_t row, enum kind kind, const struct json *value,
                          struct err *err)
{
    if (kind != KIND_VALUE)
        return rows_read_row(rows, row, value, err);
    if (rows->frame.schema->field_count != 1)
        return rows_fault_length(rows, err, row, 1);
    rows_read_cell(rows, row, 0, value);
    return true;
}

/* The list of {"features":[...]}, as SageMaker's own containers take it; else the value. */
static const struct json *unwrap(const struct schema *schema, const struct json *value)
{
    static const char name[] = "features";
    bool found = false;
    if (json_type(value) != JSON_OBJECT || json_object_size(value) != 1 ||
        schema_find(schema, name, sizeof name - 1) != STRMAP_NONE)
        return value;
    const struct json *features = json_object_get(value, name, &found);
    return found && json_type(features) == JSON_ARRAY ? features : value;
}

bool instances_read_one(struct rows *rows, size_t row, const struct json *value, struct err *err)
{
    value = unwrap(rows->frame.schema, value);
    return read_instance(rows, row, kind_of(value), value, err);
}

/* The place is TensorFlow Serving's sentence, what is wrong there is ours. */
static bool seal(struct rows *rows, const char *member, struct err *err)
{
    char field[ERR_FIELD_SIZE];
    if (rows_seal(rows, err))
        return true;
    int64_t row = err->row;
    memcpy(field, err->field, sizeof field);
    if (row == ERR_NO_ROW)
        return false;
    err_prefix(err, "Failed to process element: %lld key: %s of '%s' list. Error", (long long)row,
               field, member);
    return err_at(err, row, field);
}

/* A flat list is one of rows of one value each. */
static bool read_numbers(struct rows *rows, const struct schema *schema,
                         const struct json_numbers *numbers, const char *member, size_t max_rows,
                         struct arena *arena, struct err *err)
{
    size_t cols = numbers->dimensions == 1 ? 1 : numbers->shape[1];
    const struct matrix matrix = {
        .data = numbers->values,
        .rows = numbers->shape[0],
        .cols = cols,
        .stride = cols,
    };
    return matrix.rows > 0 ? rows_read_matrix(rows, schema, &matrix, max_rows, arena, err)
                           : fault_empty(rows, member, err);
}

bool instances_read(struct rows *rows, const struct schema *schema, const struct json *value,
                    const char *member, size_t max_rows, struct arena *arena, struct err *err)
{
    const struct json_numbers *numbers = json_numbers(value);
    if (numbers != NULL)
        return read_numbers(rows, schema, numbers, member, max_rows, arena, err);
    if (json_type(value) != JSON_ARRAY) {
        err_set(err, ERR_INVALID, "Expecting '%s' to be an list/array", member);
        return fault(rows);
    }
    size_t count = json_array_length(value);
    if (count == 0)
        return fault_empty(rows, member, err);
    if (!rows_begin(rows, schema, count, max_rows, arena, err))
        return false;
    rows->tensors = true;
    enum kind kind = kind_of(unwrap(schema, json_array_at(value, 0)));
    for (size_t row = 0; row < count; row++) {
        const struct json *instance = unwrap(schema, json_array_at(value, row));
        enum kind found = kind_of(instance);
        bool ok = found == kind ? read_instance(rows, row, kind, instance, err)
                                : fault_mixed(rows, kind, found, row, err);
        if (!ok && !row_faults_keep(rows, row, err))
            return false;
    }
    return seal(rows, member, err);
}

/* --- columns ------------------------------------------------------------------------------- */

static bool fault_column(struct rows *rows, struct err *err, const char *name, const char *what)
{
    err_set(err, ERR_INVALID, "the column '%.160s' of 'inputs' %s", name, what);
    err_at(err, ERR_NO_ROW, name);
    return fault(rows);
}

static bool check_names(struct rows *rows, const struct schema *schema, const struct json *value,
                        struct err *err)
{
    bool known = true;
    bool found = true;
    rows->frame.schema = schema;
    for (struct json_iterator it = json_begin(value); known && json_next(&it);)
        known = schema_find(schema, it.key, it.key_length) != STRMAP_NONE;
    for (size_t i = 0; known && i < schema->field_count; i++) {
        json_object_get(value, schema->fields[i].name, &found);
        known = found || !schema->fields[i].required;
    }
    return known || rows_fault_names(rows, err, ROWS_COLUMNS, value);
}

static size_t column_length(const struct json *column)
{
    const struct json_numbers *numbers = json_numbers(column);
    return numbers != NULL ? numbers->shape[0] : json_array_length(column);
}

static void read_column(struct rows *rows, uint32_t column, const struct json *value)
{
    const struct json_numbers *numbers = json_numbers(value);
    size_t count = rows->frame.matrix.rows;
    bool plain = numbers != NULL && numbers->count == count; /* [x] is x */
    for (size_t row = 0; row < count; row++) {
        if (plain)
            frame_set_number(&rows->frame, row, column, numbers->values[row]);
        else if (numbers != NULL)
            frame_set_wrong(&rows->frame, row, column);
        else
            rows_read_cell(rows, row, column, json_array_at(value, row));
    }
}

/* Length of the columns, which is the first one's. */
static bool find_length(struct rows *rows, const struct schema *schema, const struct json *value,
                        size_t *length, struct err *err)
{
    bool first = true;
    for (struct json_iterator it = json_begin(value); json_next(&it);) {
        const char *name = schema->fields[schema_find(schema, it.key, it.key_length)].name;
        if (json_type(it.value) != JSON_ARRAY && json_type(it.value) != JSON_NUMBERS)
            return fault_column(rows, err, name, "is no list of values, one for each row");
        if (!first && column_length(it.value) != *length)
            return fault_column(rows, err, name, "has another length than the one before it");
        *length = column_length(it.value);
        first = false;
    }
    if (!first && *length > 0)
        return true;
    return fault_empty(rows, "inputs", err);
}

bool instances_read_columns(struct rows *rows, const struct schema *schema,
                            const struct json *value, size_t max_rows, struct arena *arena,
                            struct err *err)
{
    size_t count = 0;
    if (!check_names(rows, schema, value, err) || !find_length(rows, schema, value, &count, err) ||
        !rows_begin(rows, schema, count, max_rows, arena, err))
        return false;
    rows->tensors = true;
    for (struct json_iterator it = json_begin(value); json_next(&it);)
        read_column(rows, schema_find(schema, it.key, it.key_length), it.value);
    return rows_seal(rows, err);
}

/* --- examples ------------------------------------------------------------------------------ */

/* Each name of the example, or of the context where the example has none. */
static bool read_example(struct rows *rows, size_t row, const struct json *example,
                         const struct json *context, struct err *err)
{
    const struct schema *schema = rows->frame.schema;
    size_t known = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        bool found = false;
        const struct json *value = json_object_get(example, schema->fields[i].name, &found);
        known += found;
        if (!found)
            value = json_object_get(context, schema->fields[i].name, &found);
        if (found)
            rows_read_cell(rows, row, i, value);
    }
    return known == json_object_size(example) || rows_fault_names(rows, err, row, example);
}

bool instances_read_examples(struct rows *rows, const struct schema *schema,
                             const struct json *value, const struct json *context, size_t max_rows,
                             struct arena *arena, struct err *err)
{
    if (json_type(value) != JSON_ARRAY || json_array_length(value) == 0 ||
        (context != NULL && json_type(context) != JSON_OBJECT)) {
        err_set(err, ERR_INVALID,
                "'examples' is a list of objects by name, at least one, and 'context' an object");
        return fault(rows);
    }
    size_t count = json_array_length(value);
    if (!rows_begin(rows, schema, count, max_rows, arena, err))
        return false;
    rows->tensors = true;
    for (size_t row = 0; row < count; row++) {
        const struct json *example = json_array_at(value, row);
        bool ok = true;
        if (json_type(example) != JSON_OBJECT)
            ok = fault_mixed(rows, KIND_OBJECT, kind_of(example), row, err);
        else if (context == NULL)
            ok = rows_read_row(rows, row, example, err);
        else
            ok = read_example(rows, row, example, context, err);
        if (!ok && !row_faults_keep(rows, row, err))
            return false;
    }
    return seal(rows, "examples", err);
}
