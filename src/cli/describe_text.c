/* A model described for people. */
#include <math.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/describe.h"
#include "codec/json.h"

#define WORDS_SHOWN 12
#define LABELS_SHOWN ((size_t)4 * WORDS_SHOWN)

/* --- facts --------------------------------------------------------------------------------- */

static void put_path(struct buf *out, const char *path)
{
    buf_printf(out, "%s\n", path);
}

/* The name in its column, with blanks for its '_'. */
static void put_name(struct buf *out, const char *name)
{
    buf_printf(out, "  %-18s ", name);
    for (size_t i = out->length; !out->failed && i > 0 && out->data[i - 1] != '\n'; i--)
        if (out->data[i - 1] == '_')
            out->data[i - 1] = ' ';
}

static void put_text(struct buf *out, const char *name, const char *value)
{
    if (value != NULL)
        buf_printf(out, "  %-18s %s\n", name, value);
}

static void put_facts(struct buf *out, const struct fact *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_text(out, facts[i].name, facts[i].value);
}

static void put_bytes(struct buf *out, const char *name, size_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    buf_printf(out, "  %-18s %.*f %s", name, unit > 0, value, units[unit]);
}

static void put_files(struct buf *out, size_t count, size_t bytes)
{
    put_bytes(out, "on disk", bytes);
    if (count > 1)
        buf_printf(out, ", %zu files", count);
    buf_put_char(out, '\n');
}

static void put_memory(struct buf *out, size_t bytes)
{
    put_bytes(out, "in memory", bytes);
    buf_put_text(out, ", about\n");
}

static void put_count(struct buf *out, const char *name, size_t value)
{
    put_name(out, name);
    buf_printf(out, "%zu\n", value);
}

static void put_flag(struct buf *out, const char *name, bool value)
{
    put_text(out, name, value ? "yes" : "no");
}

static void put_list(struct buf *out, const char *name, size_t total)
{
    buf_printf(out, "\n%s (%zu)\n", name, total);
}

static void put_nothing(struct buf *out)
{
    (void)out;
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
    const char *word = describe_replacement(field, value);
    if (field->type == FIELD_NUMBER)
        json_write_number(out, value);
    else if (field->type == FIELD_TEXT)
        buf_printf(out, "'%.40s'", field->missing_text.bytes);
    else if (word != NULL)
        buf_put_text(out, word);
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

/* All on one line. */
static void put_label(struct buf *out, const struct graph *graph, size_t index)
{
    if (index < LABELS_SHOWN) {
        buf_put_text(out, index > 0 ? ", " : "  ");
        choice_put_label(graph, index, out);
    } else if (index == LABELS_SHOWN) {
        buf_put_text(out, ", ...");
    }
    buf_put_text(out, index + 1 == graph->class_count ? "\n" : "");
}

static void put_target(struct buf *out, const struct graph *graph, size_t index)
{
    buf_printf(out, "%s%s%s", index > 0 ? ", " : "  ", graph->targets[index],
               index + 1 == graph->target_count ? "\n" : "");
}

static void put_operators(struct buf *out, const struct describe_operators *operators)
{
    put_list(out, "operators", operators->total);
    for (size_t i = 0; i < operators->count; i++)
        buf_printf(out, "  %-28s %zu\n", operators->items[i].name, operators->items[i].count);
}

const struct describe_printer describe_text = {
    .begin = put_path,
    .text = put_text,
    .facts = put_facts,
    .files = put_files,
    .memory = put_memory,
    .count = put_count,
    .flag = put_flag,
    .list = put_list,
    .input = put_input,
    .output = put_output,
    .label = put_label,
    .target = put_target,
    .list_end = put_nothing,
    .operators = put_operators,
    .end = put_nothing,
};
