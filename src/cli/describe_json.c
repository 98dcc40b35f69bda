/* The JSON half of cli/describe.h. Members that a model does not have are absent. */
#include <math.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/describe.h"
#include "codec/json.h"

static void put_comma(struct buf *out, size_t index)
{
    if (index > 0)
        buf_put_char(out, ',');
}

static void put_bool(struct buf *out, const char *key, bool value)
{
    json_write_key(out, key);
    buf_put_text(out, value ? "true" : "false");
}

static void put_bound(struct buf *out, const char *key, double value)
{
    if (!isfinite(value))
        return;
    json_write_key(out, key);
    json_write_number(out, value);
}

/* As a document says it: "nan", or {"replace": value}. */
static void put_policy(struct buf *out, const char *key, const struct field *field,
                       enum field_policy policy, double replacement)
{
    if (policy != POLICY_REPLACE) {
        json_write_text(out, key, describe_policy(policy));
        return;
    }
    json_write_key(out, key);
    buf_put_text(out, "{\"replace\":");
    if (field->type == FIELD_NUMBER)
        json_write_number(out, replacement);
    else if (field->type == FIELD_TEXT)
        json_write_string(out, field->missing_text.bytes, field->missing_text.length);
    else if (replacement >= 0 && replacement < (double)field->word_count)
        json_write_string(out, field->words[(size_t)replacement],
                          strlen(field->words[(size_t)replacement]));
    else
        buf_put_text(out, "null");
    buf_put_char(out, '}');
}

static void put_words(struct buf *out, const struct field *field)
{
    json_write_key(out, "values");
    buf_put_char(out, '[');
    for (size_t i = 0; i < field->word_count; i++) {
        put_comma(out, i);
        if (field->word_is_number != NULL && field->word_is_number[i])
            buf_put_text(out, field->words[i]);
        else
            json_write_string(out, field->words[i], strlen(field->words[i]));
    }
    buf_put_char(out, ']');
}

static void put_input(struct buf *out, const struct field *field)
{
    buf_put_char(out, '{');
    json_write_text(out, "name", field->name);
    json_write_text(out, "description", field->description);
    json_write_text(out, "type", describe_type(field));
    if (field->type == FIELD_CATEGORY)
        put_words(out, field);
    if (field->type == FIELD_NUMBER)
        put_bool(out, "integer", field->integer);
    put_bound(out, "min", field->minimum);
    put_bound(out, "max", field->maximum);
    put_bool(out, "required", field->required);
    put_policy(out, "on_missing", field, field->on_missing, field->missing_replacement);
    if (field->type == FIELD_CATEGORY)
        put_policy(out, "on_unknown", field, field->on_unknown, field->unknown_replacement);
    if (field->type == FIELD_NUMBER)
        put_policy(out, "on_out_of_range", field, field->on_out_of_range, field->range_replacement);
    buf_put_char(out, '}');
}

static void put_inputs(struct buf *out, const struct schema *schema)
{
    json_write_key(out, "inputs");
    buf_put_char(out, '[');
    for (size_t i = 0; i < schema->field_count; i++) {
        put_comma(out, i);
        put_input(out, &schema->fields[i]);
    }
    buf_put_char(out, ']');
}

static void put_outputs(struct buf *out, const struct graph *graph)
{
    json_write_key(out, "outputs");
    buf_put_char(out, '[');
    for (size_t i = 0; i < graph->output_count; i++) {
        const struct graph_output *output = &graph->outputs[i];
        put_comma(out, i);
        buf_put_char(out, '{');
        json_write_text(out, "name", output->name);
        json_write_text(out, "kind", graph_output_kind_name(output->kind));
        json_write_size(out, "columns", output->cols);
        put_bool(out, "single", output->single);
        put_bool(out, "default", i == graph->default_output);
        buf_put_char(out, '}');
    }
    buf_put_char(out, ']');
}

static void put_label(struct buf *out, const struct graph *graph, size_t index)
{
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[index] : NULL;
    if (label != NULL && !label->is_number)
        json_write_string(out, label->text, strlen(label->text));
    else
        choice_put_label(graph, index, out);
}

static void put_names(struct buf *out, const struct graph *graph)
{
    if (graph->class_count > 0) {
        json_write_key(out, "labels");
        buf_put_char(out, '[');
        for (size_t i = 0; i < graph->class_count; i++) {
            put_comma(out, i);
            put_label(out, graph, i);
        }
        buf_put_char(out, ']');
    }
    if (graph->targets != NULL) {
        json_write_key(out, "targets");
        buf_put_char(out, '[');
        for (size_t i = 0; i < graph->target_count; i++) {
            put_comma(out, i);
            json_write_string(out, graph->targets[i], strlen(graph->targets[i]));
        }
        buf_put_char(out, ']');
    }
}

static void put_operators(struct buf *out, const struct graph *graph)
{
    struct describe_operators operators;
    describe_operators(graph, &operators);
    json_write_key(out, "operators");
    buf_put_char(out, '{');
    for (size_t i = 0; i < operators.count; i++)
        json_write_size(out, operators.items[i].name, operators.items[i].count);
    buf_put_char(out, '}');
}

static void put_facts(struct buf *out, const struct artifact *artifact)
{
    json_write_key(out, "facts");
    buf_put_char(out, '{');
    for (size_t i = 0; i < artifact->fact_count; i++)
        json_write_text(out, artifact->facts[i].name, artifact->facts[i].value);
    buf_put_char(out, '}');
}

void describe_json(const char *path, const struct loaded *loaded, struct buf *out)
{
    const struct artifact *artifact = &loaded->artifact;
    buf_put_char(out, '{');
    json_write_text(out, "path", path);
    json_write_text(out, "format", artifact->format);
    json_write_text(out, "name", artifact->name);
    json_write_text(out, "version", artifact->version);
    json_write_text(out, "description", artifact->description);
    json_write_text(out, "created", artifact->created);
    json_write_text(out, "trainer", artifact->trainer);
    json_write_text(out, "task", artifact->task);
    put_facts(out, artifact);
    json_write_size(out, "files", loaded->file_count);
    json_write_size(out, "file_bytes", loaded->file_bytes);
    json_write_size(out, "memory_bytes", artifact->graph->bytes);
    json_write_text(out, "digest", loaded->digest);
    json_write_size(out, "golden_rows", artifact->golden.row_count);
    put_bool(out, "baseline", artifact->baseline.features != NULL);
    put_inputs(out, &artifact->graph->schema);
    put_outputs(out, artifact->graph);
    put_names(out, artifact->graph);
    put_operators(out, artifact->graph);
    buf_put_text(out, "}\n");
}
