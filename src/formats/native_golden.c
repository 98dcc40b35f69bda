/* "golden": rows with the answers the trainer gave. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats/native.h"
#include "graph/frame.h"

/* Each row is a full vector in memory, however short it is in the document. */
#define GOLDEN_ROWS_MAX 100000
#define GOLDEN_CELLS_MAX ((size_t)1 << 24)

static bool no_memory(const struct node *node, struct err *err)
{
    err_set(err, ERR_MEMORY, "no memory for golden rows");
    node_prefix(node, err);
    return false;
}

static void set_cell(struct frame *frame, size_t row, size_t column, const struct node *value)
{
    size_t length;
    const char *text = json_string(value->value, &length);
    double number;
    switch (json_type(value->value)) {
    case JSON_NULL:
        frame_set_missing(frame, row, column);
        break;
    case JSON_NUMBER:
        frame_set_number(frame, row, column, json_number(value->value));
        break;
    case JSON_STRING:
        if (frame->schema->fields[column].type != FIELD_NUMBER)
            frame_set_text(frame, row, column, text, length);
        else if (!node_number(value, &number, NULL)) /* "NaN", "Infinity" */
            frame_set_wrong(frame, row, column);
        else if (isnan(number))
            frame_set_missing(frame, row, column);
        else
            frame_set_number(frame, row, column, number);
        break;
    case JSON_BOOL:
        frame_set_boolean(frame, row, column, json_bool(value->value));
        break;
    default:
        frame_set_wrong(frame, row, column);
    }
}

static bool read_cells(const struct node *in, struct frame *frame, size_t row, struct err *err)
{
    const struct schema *schema = frame->schema;
    if (json_type(in->value) == JSON_OBJECT) {
        for (struct json_iterator it = json_begin(in->value); json_next(&it);) {
            uint32_t column = schema_find(schema, it.key, it.key_length);
            struct node value;
            node_member(in, it.key, &value);
            if (column == STRMAP_NONE)
                return node_fail(&value, err, "is none of the inputs");
            set_cell(frame, row, column, &value);
        }
        return true;
    }
    if (json_type(in->value) != JSON_ARRAY)
        return node_fail(in, err, "expected a list or an object");
    size_t count = json_array_length(in->value);
    if (count != schema->field_count)
        return node_fail(in, err, "expected %zu values, got %zu", schema->field_count, count);
    for (size_t i = 0; i < count; i++) {
        struct node value = node_element(in, i);
        set_cell(frame, row, i, &value);
    }
    return true;
}

static bool read_class(const struct node *node, const struct graph *graph, double *value,
                       struct err *err)
{
    struct params_value word;
    size_t index;
    if (!node_word(node, &word, err))
        return false;
    bool found = native_class_find(graph, &word, &index);
    free(word.text);
    *value = (double)index;
    return found || node_fail(node, err, "is none of the labels");
}

static bool read_numbers(const struct node *node, size_t count, double *values, struct err *err)
{
    if (count == 1 && json_type(node->value) != JSON_ARRAY)
        return node_number(node, values, err);
    struct params_vector vector;
    if (!node_vector(node, &vector, err))
        return false;
    bool ok = vector.count == count;
    if (ok)
        memcpy(values, vector.values, count * sizeof *values);
    else
        node_fail(node, err, "expected %zu numbers, got %zu", count, vector.count);
    params_vector_finish(&vector);
    return ok;
}

static bool read_expected(const struct node *node, const struct graph *graph,
                          struct golden_value *expected, struct err *err)
{
    int index = graph_output_find(graph, node->place.key, strlen(node->place.key));
    if (index < 0)
        return node_fail(node, err, "the model has no such output");
    const struct graph_output *output = &graph->outputs[index];
    expected->output = index;
    expected->values = mem_array(output->cols, sizeof *expected->values);
    if (expected->values == NULL)
        return no_memory(node, err);
    if (output->kind == OUTPUT_LABEL)
        return read_class(node, graph, expected->values, err);
    return read_numbers(node, output->cols, expected->values, err);
}

static bool read_answers(const struct node *row, const struct graph *graph,
                         struct golden_row *golden, struct err *err)
{
    struct node out;
    if (!node_member(row, "out", &out))
        return node_fail(&out, err, "is required");
    if (!node_expect(&out, JSON_OBJECT, err))
        return false;
    size_t count = json_object_size(out.value);
    if (count == 0)
        return node_fail(&out, err, "is empty");
    golden->expected = mem_array(count, sizeof *golden->expected);
    if (golden->expected == NULL)
        return no_memory(&out, err);
    golden->expected_count = count;
    size_t i = 0;
    for (struct json_iterator it = json_begin(out.value); json_next(&it); i++) {
        struct node answer;
        node_member(&out, it.key, &answer);
        if (!read_expected(&answer, graph, &golden->expected[i], err))
            return false;
    }
    return true;
}

/* A request's cells end with it; these stay. */
static bool keep_cells(const struct frame *frame, const struct node *in, struct golden *golden,
                       struct golden_row *row, struct err *err)
{
    const struct schema *schema = frame->schema;
    row->in = mem_array(schema->field_count, sizeof *row->in);
    if (row->in == NULL)
        return no_memory(in, err);
    memcpy(row->in, matrix_row(&frame->matrix, 0), schema->field_count * sizeof *row->in);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct text *text = schema->fields[i].type == FIELD_TEXT ? text_of(row->in[i]) : NULL;
        if (text == NULL)
            continue;
        text = text_in_arena(&golden->texts, text->bytes, text->length);
        if (text == NULL)
            return no_memory(in, err);
        row->in[i] = text_cell(text);
    }
    return true;
}

/* The rows as a request would bring them: policies included. */
static bool read_row(const struct node *row, const struct graph *graph, struct golden *all,
                     struct golden_row *golden, struct err *err)
{
    static const char *const members[] = {"in", "out", NULL};
    struct node in;
    if (!node_expect(row, JSON_OBJECT, err) || !node_only(row, members, err))
        return false;
    if (!node_member(row, "in", &in))
        return node_fail(&in, err, "is required");
    struct arena arena;
    struct frame frame;
    arena_init(&arena, 0);
    bool ok = frame_init(&frame, &graph->schema, 1, &arena, err) || node_prefix(&in, err);
    ok =
        ok && read_cells(&in, &frame, 0, err) && (frame_seal(&frame, err) || node_prefix(&in, err));
    ok = ok && keep_cells(&frame, &in, all, golden, err);
    arena_finish(&arena);
    return ok && read_answers(row, graph, golden, err);
}

static bool read_rows(const struct node *rows, const struct graph *graph, struct golden *golden,
                      struct err *err)
{
    if (!node_expect(rows, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(rows->value);
    if (count > GOLDEN_ROWS_MAX || count > GOLDEN_CELLS_MAX / graph->schema.field_count) {
        err_set(err, ERR_LIMIT, "%zu golden rows are too many", count);
        return node_prefix(rows, err);
    }
    golden->rows = mem_array(count, sizeof *golden->rows);
    if (golden->rows == NULL)
        return no_memory(rows, err);
    golden->row_count = count;
    for (size_t i = 0; i < count; i++) {
        struct node row = node_element(rows, i);
        if (!read_row(&row, graph, golden, &golden->rows[i], err))
            return false;
    }
    return true;
}

static bool read_tolerance(const struct node *node, const char *key, double *tolerance,
                           struct err *err)
{
    struct node member;
    if (!node_member(node, key, &member))
        return true;
    if (!node_finite(&member, tolerance, err))
        return false;
    return *tolerance >= 0 || node_fail(&member, err, "is negative");
}

bool native_golden_read(const struct node *node, const struct graph *graph, struct golden *golden,
                        struct err *err)
{
    static const char *const members[] = {"rows", "rtol", "atol", NULL};
    struct node rows;
    golden->rtol = 1e-6;
    golden->atol = 1e-9;
    if (!node_expect(node, JSON_OBJECT, err) || !node_only(node, members, err) ||
        !read_tolerance(node, "rtol", &golden->rtol, err) ||
        !read_tolerance(node, "atol", &golden->atol, err))
        return false;
    return !node_member(node, "rows", &rows) || read_rows(&rows, graph, golden, err);
}
