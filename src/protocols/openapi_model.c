#include "protocols/openapi_model.h"

#include <math.h>
#include <string.h>

#include "codec/json.h"
#include "graph/text.h"
#include "protocols/results.h"

#define LABELS_MAX 1000 /* more classes are not listed in an answer's schema */

static void put_comma(struct buf *out, size_t index)
{
    if (index > 0)
        buf_put_char(out, ',');
}

static void put_raw(struct buf *out, const char *key, const char *json)
{
    json_write_key(out, key);
    buf_put_text(out, json);
}

/* ---- the example's row ---- */

/* A cell that a client can send: what a policy put in an unknown word's place cannot. */
static bool is_presentable(const struct field *field, double cell)
{
    if (isnan(cell))
        return field->on_missing != POLICY_REJECT;
    if (field->type == FIELD_NUMBER)
        return isfinite(cell);
    return field->type == FIELD_TEXT || (cell >= 0 && cell < (double)field->word_count);
}

static const struct golden_row *choose_row(const struct model *model)
{
    const struct golden *golden = &model->artifact.golden;
    const struct schema *schema = &model->artifact.graph->schema;
    for (size_t i = 0; i < golden->row_count; i++) {
        size_t column = 0;
        while (column < schema->field_count &&
               is_presentable(&schema->fields[column], golden->rows[i].in[column]))
            column++;
        if (column == schema->field_count)
            return &golden->rows[i];
    }
    return NULL;
}

void openapi_model_init(struct openapi_model *about, const struct model *model,
                        struct openapi_budget *budget)
{
    const struct schema *schema = &model->artifact.graph->schema;
    size_t words = 0;
    *about = (struct openapi_model){.model = model, .golden = choose_row(model)};
    for (size_t i = 0; i < schema->field_count && words <= OPENAPI_MODEL_WORDS_MAX; i++)
        words += schema->fields[i].word_count;
    about->has_fields =
        schema->field_count <= OPENAPI_MODEL_FIELDS_MAX && schema->field_count <= budget->fields;
    about->has_words =
        about->has_fields && words <= OPENAPI_MODEL_WORDS_MAX && words <= budget->words;
    budget->fields -= about->has_fields ? schema->field_count : 0;
    budget->words -= about->has_words ? words : 0;
}

static void put_word(struct buf *out, const struct field *field, size_t index)
{
    const char *word = field->words[index];
    if (field->word_is_number != NULL && field->word_is_number[index])
        buf_put_text(out, word);
    else
        json_write_string(out, word, strlen(word));
}

/* Without golden rows: a number within its bounds, a category's first word, a text. */
static void put_made_up(struct buf *out, const struct field *field)
{
    if (field->type == FIELD_TEXT)
        buf_put_text(out, "\"text\"");
    else if (field->type == FIELD_CATEGORY)
        put_word(out, field, 0);
    else if (field->minimum <= 0 && field->maximum >= 0)
        buf_put_char(out, '0');
    else
        json_write_number(out, isfinite(field->minimum) ? field->minimum : field->maximum);
}

static void put_example(struct buf *out, const struct openapi_model *about, size_t column)
{
    const struct field *field = &about->model->artifact.graph->schema.fields[column];
    double cell = about->golden != NULL ? about->golden->in[column] : 0;
    const struct text *text;
    if (about->golden == NULL) {
        put_made_up(out, field);
    } else if (isnan(cell)) {
        buf_put_text(out, "null");
    } else if (field->type == FIELD_NUMBER) {
        json_write_number(out, cell);
    } else if (field->type == FIELD_CATEGORY) {
        put_word(out, field, (size_t)cell);
    } else {
        text = text_of(cell);
        json_write_string(out, text->bytes, text->length);
    }
}

static void put_example_row(struct buf *out, const struct openapi_model *about)
{
    const struct schema *schema = &about->model->artifact.graph->schema;
    buf_put_char(out, '{');
    for (size_t i = 0; i < schema->field_count; i++) {
        json_write_key(out, schema->fields[i].name);
        put_example(out, about, i);
    }
    buf_put_char(out, '}');
}

static void put_example_list(struct buf *out, const struct openapi_model *about)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < about->model->artifact.graph->schema.field_count; i++) {
        put_comma(out, i);
        put_example(out, about, i);
    }
    buf_put_char(out, ']');
}

/* In a tensor of BYTES a number that is a word is a text. */
static void put_example_bytes(struct buf *out, const struct openapi_model *about, size_t column)
{
    const struct field *field = &about->model->artifact.graph->schema.fields[column];
    double cell = about->golden != NULL ? about->golden->in[column] : 0;
    if (field->type == FIELD_CATEGORY && !isnan(cell))
        json_write_string(out, field->words[(size_t)cell], strlen(field->words[(size_t)cell]));
    else
        put_example(out, about, column);
}

/* BYTES have no null: a word that is missing is a number that is none. */
static const char *example_datatype(const struct openapi_model *about, size_t column)
{
    const struct field *field = &about->model->artifact.graph->schema.fields[column];
    bool missing = about->golden != NULL && isnan(about->golden->in[column]);
    return field->type == FIELD_NUMBER || missing ? "FP64" : "BYTES";
}

/* One tensor per field. */
static void put_example_tensors(struct buf *out, const struct openapi_model *about)
{
    const struct schema *schema = &about->model->artifact.graph->schema;
    buf_put_char(out, '[');
    for (size_t i = 0; i < schema->field_count; i++) {
        put_comma(out, i);
        buf_put_char(out, '{');
        json_write_text(out, "name", schema->fields[i].name);
        buf_printf(out, ",\"shape\":[1],\"datatype\":\"%s\",\"data\":[",
                   example_datatype(about, i));
        put_example_bytes(out, about, i);
        buf_put_text(out, "]}");
    }
    buf_put_char(out, ']');
}

/* ---- the inputs ---- */

static const char *const policy_names[] = {
    [POLICY_REJECT] = "reject",   [POLICY_NAN] = "nan",   [POLICY_ZERO] = "zero",
    [POLICY_REPLACE] = "replace", [POLICY_CLIP] = "clip", [POLICY_ACCEPT] = "accept",
};

/* Numbers may come as numbers or as texts, true and false as such where they are words. */
static void put_enum(struct buf *out, const struct field *field, bool nullable)
{
    put_raw(out, "enum", "[");
    for (size_t i = 0; i < field->word_count; i++) {
        const char *word = field->words[i];
        bool is_number = field->word_is_number != NULL && field->word_is_number[i];
        put_comma(out, i);
        if (is_number || strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
            buf_put_text(out, word);
            buf_put_char(out, ',');
        }
        json_write_string(out, word, strlen(word));
    }
    buf_put_text(out, nullable ? ",null]" : "]");
}

static void put_type(struct buf *out, const struct openapi_model *about, const struct field *field)
{
    bool nullable = field->on_missing != POLICY_REJECT;
    const char *type = field->integer ? "integer" : "number";
    if (field->type == FIELD_CATEGORY && about->has_words && field->on_unknown == POLICY_REJECT) {
        put_enum(out, field, nullable);
        return;
    }
    json_write_key(out, "type");
    if (field->type == FIELD_CATEGORY)
        buf_put_text(out, nullable ? "[\"string\",\"number\",\"boolean\",\"null\"]"
                                   : "[\"string\",\"number\",\"boolean\"]");
    else if (field->type == FIELD_TEXT)
        buf_put_text(out, nullable ? "[\"string\",\"null\"]" : "\"string\"");
    else
        buf_printf(out, nullable ? "[\"%s\",\"null\"]" : "\"%s\"", type);
    if (field->type == FIELD_NUMBER && field->single)
        json_write_text(out, "format", "float");
    if (field->type == FIELD_CATEGORY && about->has_words) {
        put_raw(out, "x-words", "[");
        for (size_t i = 0; i < field->word_count; i++) {
            put_comma(out, i);
            put_word(out, field, i);
        }
        buf_put_char(out, ']');
    }
}

/* A bound that is not enforced is no part of the schema proper. */
static void put_range(struct buf *out, const struct field *field)
{
    bool enforced = field->on_out_of_range == POLICY_REJECT;
    if (field->type != FIELD_NUMBER)
        return;
    if (isfinite(field->minimum)) {
        json_write_key(out, enforced ? "minimum" : "x-minimum");
        json_write_number(out, field->minimum);
    }
    if (isfinite(field->maximum)) {
        json_write_key(out, enforced ? "maximum" : "x-maximum");
        json_write_number(out, field->maximum);
    }
    if (!enforced)
        json_write_text(out, "x-on-out-of-range", policy_names[field->on_out_of_range]);
}

/* What stands for a value that is not there. */
static void put_default(struct buf *out, const struct field *field)
{
    double cell = field->missing_replacement;
    if (field->on_missing != POLICY_REPLACE)
        return;
    if (field->type == FIELD_NUMBER && isfinite(cell)) {
        json_write_key(out, "default");
        json_write_number(out, cell);
    } else if (field->type == FIELD_TEXT) {
        json_write_key(out, "default");
        json_write_string(out, field->missing_text.bytes, field->missing_text.length);
    } else if (field->type == FIELD_CATEGORY && cell >= 0 && cell < (double)field->word_count) {
        json_write_key(out, "default");
        put_word(out, field, (size_t)cell);
    }
}

static void put_field(struct buf *out, const struct openapi_model *about, const struct field *field,
                      bool with_title)
{
    buf_put_char(out, '{');
    if (with_title)
        json_write_text(out, "title", field->name);
    else
        json_write_text(out, "description", field->description);
    put_type(out, about, field);
    put_range(out, field);
    put_default(out, field);
    json_write_text(out, "x-on-missing", policy_names[field->on_missing]);
    if (field->type == FIELD_CATEGORY)
        json_write_text(out, "x-on-unknown", policy_names[field->on_unknown]);
    buf_put_char(out, '}');
}

static void put_row(struct buf *out, const struct openapi_model *about)
{
    const struct schema *schema = &about->model->artifact.graph->schema;
    buf_put_text(out, "{\"type\":\"object\",\"description\":\"One row, by name.\"");
    if (about->has_fields) {
        put_raw(out, "properties", "{");
        for (size_t i = 0; i < schema->field_count; i++) {
            json_write_key(out, schema->fields[i].name);
            put_field(out, about, &schema->fields[i], false);
        }
        buf_put_char(out, '}');
        put_raw(out, "required", "[");
        for (size_t i = 0, count = 0; i < schema->field_count; i++) {
            const char *name = schema->fields[i].name;
            if (!schema->fields[i].required)
                continue;
            put_comma(out, count++);
            json_write_string(out, name, strlen(name));
        }
        buf_put_text(out, "],\"additionalProperties\":false");
        json_write_key(out, "example");
        put_example_row(out, about);
    }
    buf_put_char(out, '}');
}

static void put_list(struct buf *out, const struct openapi_model *about)
{
    const struct schema *schema = &about->model->artifact.graph->schema;
    buf_put_text(out, "{\"type\":\"array\",\"description\":\"One row, in the fields' order.\"");
    json_write_size(out, "minItems", schema->field_count);
    json_write_size(out, "maxItems", schema->field_count);
    if (about->has_fields) {
        put_raw(out, "prefixItems", "[");
        for (size_t i = 0; i < schema->field_count; i++) {
            put_comma(out, i);
            put_field(out, about, &schema->fields[i], true);
        }
        buf_put_char(out, ']');
        json_write_key(out, "example");
        put_example_list(out, about);
    }
    buf_put_char(out, '}');
}

/* ---- the answers ---- */

static void put_label(struct buf *out, const struct graph *graph, size_t index)
{
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[index] : NULL;
    if (label == NULL)
        json_write_integer(out, (int64_t)index);
    else if (label->is_number)
        json_write_number(out, label->number);
    else
        json_write_string(out, label->text, strlen(label->text));
}

/* null: the label of a row whose scores are no numbers. */
static void put_label_schema(struct buf *out, const struct graph *graph)
{
    if (graph->class_count == 0 || graph->class_count > LABELS_MAX) {
        buf_put_text(out, "{\"type\":[\"string\",\"number\",\"null\"]}");
        return;
    }
    buf_put_text(out, "{\"enum\":[");
    for (size_t i = 0; i < graph->class_count; i++) {
        put_label(out, graph, i);
        buf_put_char(out, ',');
    }
    buf_put_text(out, "null]}");
}

/* One row's answer, as results_write_output has it. */
static void put_answer(struct buf *out, const struct graph *graph, size_t which)
{
    const struct graph_output *output = &graph->outputs[which];
    if (output->kind == OUTPUT_LABEL)
        put_label_schema(out, graph);
    else if (output->cols == 1 && output->kind != OUTPUT_PROBABILITY)
        buf_put_text(out, "{\"type\":[\"number\",\"null\"]}");
    else
        buf_printf(out,
                   "{\"type\":\"array\",\"items\":{\"type\":[\"number\",\"null\"]},"
                   "\"minItems\":%zu,\"maxItems\":%zu}",
                   output->cols, output->cols);
}

/* A row's, or a list of them; a bad row's error stands in its place where that was asked for. */
static void put_answers(struct buf *out, const struct graph *graph, size_t which)
{
    static const char error[] = "{\"$ref\":\"#/components/schemas/error\"}";
    buf_put_text(out, "{\"anyOf\":[");
    put_answer(out, graph, which);
    buf_printf(out, ",%s,{\"type\":\"array\",\"items\":{\"anyOf\":[", error);
    put_answer(out, graph, which);
    buf_printf(out, ",%s]}}]}", error);
}

static void put_all_answers(struct buf *out, const struct graph *graph)
{
    buf_put_text(out, "{\"type\":\"object\",\"minProperties\":1,\"properties\":{\"prediction\":");
    put_answers(out, graph, graph->default_output);
    for (size_t i = 0; i < graph->output_count; i++) {
        if (strcmp(graph->outputs[i].name, "prediction") == 0)
            continue;
        json_write_key(out, graph->outputs[i].name);
        put_answers(out, graph, i);
    }
    if (graph_output_find(graph, "labels", strlen("labels")) < 0)
        put_raw(out, "labels", "{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"number\"]}}");
    if (graph_output_find(graph, "targets", strlen("targets")) < 0)
        put_raw(out, "targets", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
    buf_put_text(out, "},\"additionalProperties\":false}");
}

static void put_output_names(struct buf *out, const struct graph *graph)
{
    buf_put_text(out, "{\"enum\":[\"prediction\"");
    for (size_t i = 0; i < graph->output_count; i++) {
        const char *name = graph->outputs[i].name;
        if (strcmp(name, "prediction") == 0)
            continue;
        buf_put_char(out, ',');
        json_write_string(out, name, strlen(name));
    }
    buf_put_text(out, "]}");
}

/* What the trainer's model answered to the example, or NULL. */
static const struct golden_value *expected_answer(const struct openapi_model *about)
{
    const struct golden_row *row = about->golden;
    for (size_t i = 0; row != NULL && i < row->expected_count; i++) {
        if (row->expected[i].output == (int)about->model->artifact.graph->default_output)
            return &row->expected[i];
    }
    return NULL;
}

static void put_example_answer(struct buf *out, const struct openapi_model *about)
{
    const struct graph *graph = about->model->artifact.graph;
    const struct golden_value *value = expected_answer(about);
    size_t cols = graph->outputs[graph->default_output].cols;
    const struct matrix result = {.data = value->values, .rows = 1, .cols = cols, .stride = cols};
    results_write_output(out, graph, graph->default_output, &result, true);
}

/* ---- the model as a whole ---- */

static void put_outputs(struct buf *out, const struct graph *graph)
{
    put_raw(out, "outputs", "[");
    for (size_t i = 0; i < graph->output_count; i++) {
        put_comma(out, i);
        buf_put_char(out, '{');
        json_write_text(out, "name", graph->outputs[i].name);
        json_write_text(out, "kind", graph_output_kind_name(graph->outputs[i].kind));
        json_write_size(out, "columns", graph->outputs[i].cols);
        put_raw(out, "default", i == graph->default_output ? "true" : "false");
        buf_put_char(out, '}');
    }
    buf_put_char(out, ']');
}

static void put_about(struct buf *out, const struct openapi_model *about)
{
    const struct artifact *artifact = &about->model->artifact;
    buf_put_char(out, '{');
    json_write_text(out, "name", about->model->name);
    json_write_text(out, "version", about->model->version);
    json_write_text(out, "description", artifact->description);
    json_write_text(out, "task", artifact->task);
    json_write_text(out, "format", artifact->format);
    json_write_text(out, "trainer", artifact->trainer);
    json_write_size(out, "inputs", artifact->graph->schema.field_count);
    put_outputs(out, artifact->graph);
    put_raw(out, "described", about->has_fields ? "true" : "false");
    put_raw(out, "example", about->golden != NULL ? "\"golden\"" : "\"made up\"");
    buf_put_char(out, '}');
}

bool openapi_model_has(const struct openapi_model *about, const char *part)
{
    if (strcmp(part, "example.answer") == 0)
        return about->has_fields && expected_answer(about) != NULL;
    return about->has_fields || strncmp(part, "example.", strlen("example.")) != 0;
}

void openapi_model_write(struct buf *out, const struct openapi_model *about, const char *part)
{
    const struct graph *graph = about->model->artifact.graph;
    if (strcmp(part, "row") == 0)
        put_row(out, about);
    else if (strcmp(part, "list") == 0)
        put_list(out, about);
    else if (strcmp(part, "answer") == 0)
        put_answer(out, graph, graph->default_output);
    else if (strcmp(part, "answers") == 0)
        put_all_answers(out, graph);
    else if (strcmp(part, "outputs") == 0)
        put_output_names(out, graph);
    else if (strcmp(part, "example.row") == 0)
        put_example_row(out, about);
    else if (strcmp(part, "example.list") == 0)
        put_example_list(out, about);
    else if (strcmp(part, "example.answer") == 0)
        put_example_answer(out, about);
    else if (strcmp(part, "example.tensors") == 0)
        put_example_tensors(out, about);
    else
        put_about(out, about);
}
