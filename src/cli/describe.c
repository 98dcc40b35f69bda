#include "cli/describe.h"

#include <math.h>
#include <string.h>

#include "cli/choice.h"
#include "codec/json.h"

#define WORDS_SHOWN 12

const char *describe_type(const struct field *field)
{
    static const char *const names[] = {
        [FIELD_NUMBER] = "number", [FIELD_CATEGORY] = "category", [FIELD_TEXT] = "text"};
    return names[field->type];
}

const char *describe_policy(enum field_policy policy)
{
    static const char *const names[] = {
        [POLICY_REJECT] = "reject",   [POLICY_NAN] = "nan",   [POLICY_ZERO] = "zero",
        [POLICY_REPLACE] = "replace", [POLICY_CLIP] = "clip", [POLICY_ACCEPT] = "accept",
    };
    return names[policy];
}

/* Operators within operators end at what documents allow: 16 deep. */
static void count_operator(const struct op *op, struct describe_operators *operators)
{
    size_t at = 0;
    while (at < operators->count && strcmp(operators->items[at].name, op->type->name) != 0)
        at++;
    if (at < DESCRIBE_OPERATORS_MAX) {
        operators->items[at].name = op->type->name;
        operators->items[at].count++;
        operators->count += at == operators->count;
    }
    operators->total++;
    const struct op *inner;
    for (size_t i = 0; op->type->inner != NULL && (inner = op->type->inner(op, i)) != NULL; i++)
        count_operator(inner, operators);
}

void describe_operators(const struct graph *graph, struct describe_operators *operators)
{
    *operators = (struct describe_operators){.count = 0};
    for (size_t i = 0; i < graph->step_count; i++)
        count_operator(graph->steps[i], operators);
}

static void put_fact(struct buf *out, const char *name, const char *value)
{
    if (value != NULL)
        buf_printf(out, "  %-18s %s\n", name, value);
}

static void put_size(struct buf *out, const char *name, size_t bytes, const char *more)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    buf_printf(out, "  %-18s %.*f %s%s\n", name, unit > 0, value, units[unit], more);
}

/* --- inputs -------------------------------------------------------------------------------- */

static void put_range(struct buf *out, const struct field *field)
{
    if (isfinite(field->minimum)) {
        buf_put_text(out, ", from ");
        json_write_number(out, field->minimum);
    }
    if (isfinite(field->maximum)) {
        buf_put_text(out, isfinite(field->minimum) ? " to " : ", up to ");
        json_write_number(out, field->maximum);
    }
}

static void put_words(struct buf *out, const struct field *field)
{
    buf_printf(out, " of %zu:", field->word_count);
    for (size_t i = 0; i < field->word_count && i < WORDS_SHOWN; i++)
        buf_printf(out, "%s %s", i > 0 ? "," : "", field->words[i]);
    if (field->word_count > WORDS_SHOWN)
        buf_put_text(out, ", ...");
}

/* What a policy puts in a value's place. */
static void put_replacement(struct buf *out, const struct field *field, double value)
{
    if (field->type == FIELD_NUMBER)
        json_write_number(out, value);
    else if (field->type == FIELD_TEXT)
        buf_printf(out, "'%.40s'", field->missing_text.bytes);
    else if (value >= 0 && value < (double)field->word_count)
        buf_put_text(out, field->words[(size_t)value]);
}

static void put_policy(struct buf *out, const char *what, const struct field *field,
                       enum field_policy policy, double replacement)
{
    static const char *const words[] = {
        [POLICY_REJECT] = "refused",
        [POLICY_NAN] = "missing",
        [POLICY_ZERO] = "zero",
        [POLICY_REPLACE] = "replaced by ",
        [POLICY_CLIP] = "the nearest bound",
        [POLICY_ACCEPT] = "taken as they are",
    };
    buf_printf(out, "; %s: %s", what, words[policy]);
    if (policy == POLICY_REPLACE)
        put_replacement(out, field, replacement);
}

static void put_input(struct buf *out, const struct field *field)
{
    buf_printf(out, "  %-18s %s", field->name, field->integer ? "whole " : "");
    buf_put_text(out, describe_type(field));
    if (field->type == FIELD_CATEGORY)
        put_words(out, field);
    put_range(out, field);
    if (!field->required)
        buf_put_text(out, "; may be absent");
    if (field->on_missing == POLICY_NAN)
        buf_put_text(out, "; may be missing");
    else if (field->on_missing != POLICY_REJECT)
        put_policy(out, "missing", field, field->on_missing, field->missing_replacement);
    if (field->type == FIELD_CATEGORY)
        put_policy(out, "other words", field, field->on_unknown, field->unknown_replacement);
    if (field->type == FIELD_NUMBER && field->on_out_of_range != POLICY_REJECT)
        put_policy(out, "out of range", field, field->on_out_of_range, field->range_replacement);
    buf_put_char(out, '\n');
    if (field->description != NULL)
        buf_printf(out, "  %-18s   %s\n", "", field->description);
}

/* --- outputs ------------------------------------------------------------------------------- */

static void put_output(struct buf *out, const struct graph *graph, size_t index)
{
    const struct graph_output *output = &graph->outputs[index];
    const char *kind = graph_output_kind_name(output->kind);
    buf_printf(out, "  %-18s ", output->name);
    buf_put_text(out, strcmp(kind, output->name) == 0 ? "" : kind);
    buf_put_text(out, strcmp(kind, output->name) == 0 ? "" : ", ");
    if (output->kind == OUTPUT_LABEL)
        buf_printf(out, "one of %zu classes", graph->class_count);
    else
        buf_printf(out, "%zu %s%s", output->cols, output->cols == 1 ? "number" : "numbers",
                   output->single ? " (float32)" : "");
    buf_put_text(out, index == graph->default_output ? "; the default\n" : "\n");
}

static void put_labels(struct buf *out, const struct graph *graph)
{
    if (graph->class_count == 0)
        return;
    buf_printf(out, "\nlabels (%zu)\n ", graph->class_count);
    for (size_t i = 0; i < graph->class_count && i < 4 * WORDS_SHOWN; i++) {
        buf_put_text(out, i > 0 ? ", " : " ");
        choice_put_label(graph, i, out);
    }
    buf_put_text(out, graph->class_count > 4 * WORDS_SHOWN ? ", ...\n" : "\n");
}

static void put_targets(struct buf *out, const struct graph *graph)
{
    if (graph->targets == NULL)
        return;
    buf_printf(out, "\ntargets (%zu)\n ", graph->target_count);
    for (size_t i = 0; i < graph->target_count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : " ", graph->targets[i]);
    buf_put_char(out, '\n');
}

/* --- all of it ----------------------------------------------------------------------------- */

static void put_head(const char *path, const struct loaded *loaded, struct buf *out)
{
    const struct artifact *artifact = &loaded->artifact;
    char files[48] = "";
    if (loaded->file_count > 1)
        snprintf(files, sizeof files, ", %zu files", loaded->file_count);
    buf_printf(out, "%s\n", path);
    put_fact(out, "format", artifact->format);
    put_fact(out, "name", artifact->name);
    put_fact(out, "version", artifact->version);
    put_fact(out, "description", artifact->description);
    put_fact(out, "created", artifact->created);
    put_fact(out, "trainer", artifact->trainer);
    put_fact(out, "task", artifact->task);
    for (size_t i = 0; i < artifact->fact_count; i++)
        put_fact(out, artifact->facts[i].name, artifact->facts[i].value);
    put_size(out, "on disk", loaded->file_bytes, files);
    put_size(out, "in memory", artifact->graph->bytes, ", about");
    put_fact(out, "digest", loaded->digest);
    buf_printf(out, "  %-18s %zu\n", "golden rows", artifact->golden.row_count);
    put_fact(out, "baseline", artifact->baseline.features != NULL ? "yes" : "no");
}

void describe_text(const char *path, const struct loaded *loaded, struct buf *out)
{
    const struct graph *graph = loaded->artifact.graph;
    struct describe_operators operators;
    describe_operators(graph, &operators);
    put_head(path, loaded, out);
    buf_printf(out, "\ninputs (%zu)\n", graph->schema.field_count);
    for (size_t i = 0; i < graph->schema.field_count; i++)
        put_input(out, &graph->schema.fields[i]);
    buf_printf(out, "\noutputs (%zu)\n", graph->output_count);
    for (size_t i = 0; i < graph->output_count; i++)
        put_output(out, graph, i);
    put_labels(out, graph);
    put_targets(out, graph);
    buf_printf(out, "\noperators (%zu)\n", operators.total);
    for (size_t i = 0; i < operators.count; i++)
        buf_printf(out, "  %-28s %zu\n", operators.items[i].name, operators.items[i].count);
}
