/* A model described for programs: one object. Members that a model does not have are absent. */
#include <math.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/describe.h"
#include "codec/json.h"

static void begin(struct buf *out, const char *path)
{
    buf_put_char(out, '{');
    json_write_text(out, "path", path);
}

static void put_facts(struct buf *out, const struct fact *facts, size_t count)
{
    json_write_open(out, "facts", '{');
    for (size_t i = 0; i < count; i++)
        json_write_text(out, facts[i].name, facts[i].value);
    buf_put_char(out, '}');
}

static void put_files(struct buf *out, size_t count, size_t bytes)
{
    json_write_size(out, "files", count);
    json_write_size(out, "file_bytes", bytes);
}

static void put_memory(struct buf *out, size_t bytes)
{
    json_write_size(out, "memory_bytes", bytes);
}

static void put_count(struct buf *out, const char *name, size_t value)
{
    json_write_size(out, name, value);
}

static void put_list(struct buf *out, const char *name, size_t total)
{
    (void)total;
    json_write_open(out, name, '[');
}

static void put_list_end(struct buf *out)
{
    buf_put_char(out, ']');
}

static const char *policy_name(enum field_policy policy)
{
    static const char *const names[] = {
        [POLICY_REJECT] = "reject",   [POLICY_NAN] = "nan",   [POLICY_ZERO] = "zero",
        [POLICY_REPLACE] = "replace", [POLICY_CLIP] = "clip", [POLICY_ACCEPT] = "accept",
    };
    return names[policy];
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
    const char *word = describe_replacement(field, replacement);
    if (policy != POLICY_REPLACE) {
        json_write_text(out, key, policy_name(policy));
        return;
    }
    json_write_open(out, key, '{');
    json_write_key(out, "replace");
    if (field->type == FIELD_NUMBER)
        json_write_number(out, replacement);
    else if (field->type == FIELD_TEXT)
        json_write_string(out, field->missing_text.bytes, field->missing_text.length);
    else if (word != NULL)
        json_write_string(out, word, strlen(word));
    else
        buf_put_text(out, "null");
    buf_put_char(out, '}');
}

static void put_words(struct buf *out, const struct field *field)
{
    json_write_open(out, "values", '[');
    for (size_t i = 0; i < field->word_count; i++) {
        json_write_next(out);
        if (field->word_is_number != NULL && field->word_is_number[i])
            buf_put_text(out, field->words[i]);
        else
            json_write_string(out, field->words[i], strlen(field->words[i]));
    }
    buf_put_char(out, ']');
}

static void put_input(struct buf *out, const struct field *field)
{
    json_write_next(out);
    buf_put_char(out, '{');
    json_write_text(out, "name", field->name);
    json_write_text(out, "description", field->description);
    json_write_text(out, "type", describe_type(field));
    if (field->type == FIELD_CATEGORY)
        put_words(out, field);
    if (field->type == FIELD_NUMBER)
        json_write_bool(out, "integer", field->integer);
    put_bound(out, "min", field->minimum);
    put_bound(out, "max", field->maximum);
    json_write_bool(out, "required", field->required);
    put_policy(out, "on_missing", field, field->on_missing, field->missing_replacement);
    if (field->type == FIELD_CATEGORY)
        put_policy(out, "on_unknown", field, field->on_unknown, field->unknown_replacement);
    if (field->type == FIELD_NUMBER)
        put_policy(out, "on_out_of_range", field, field->on_out_of_range, field->range_replacement);
    buf_put_char(out, '}');
}

static void put_output(struct buf *out, const struct graph *graph, size_t index)
{
    const struct graph_output *output = &graph->outputs[index];
    json_write_next(out);
    buf_put_char(out, '{');
    json_write_text(out, "name", output->name);
    json_write_text(out, "kind", graph_output_kind_name(output->kind));
    json_write_size(out, "columns", output->cols);
    json_write_bool(out, "single", output->single);
    json_write_bool(out, "default", index == graph->default_output);
    buf_put_char(out, '}');
}

static void put_label(struct buf *out, const struct graph *graph, size_t index)
{
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[index] : NULL;
    json_write_next(out);
    if (label != NULL && !label->is_number)
        json_write_string(out, label->text, strlen(label->text));
    else
        choice_put_label(graph, index, out);
}

static void put_target(struct buf *out, const struct graph *graph, size_t index)
{
    json_write_next(out);
    json_write_string(out, graph->targets[index], strlen(graph->targets[index]));
}

static void put_operators(struct buf *out, const struct describe_operators *operators)
{
    json_write_open(out, "operators", '{');
    for (size_t i = 0; i < operators->count; i++)
        json_write_size(out, operators->items[i].name, operators->items[i].count);
    buf_put_char(out, '}');
}

static void end(struct buf *out)
{
    buf_put_text(out, "}\n");
}

const struct describe_printer describe_json = {
    .begin = begin,
    .text = json_write_text,
    .facts = put_facts,
    .files = put_files,
    .memory = put_memory,
    .count = put_count,
    .flag = json_write_bool,
    .list = put_list,
    .input = put_input,
    .output = put_output,
    .label = put_label,
    .target = put_target,
    .list_end = put_list_end,
    .operators = put_operators,
    .end = end,
};
