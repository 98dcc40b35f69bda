#include "cli/describe.h"

#include <string.h>

const char *describe_type(const struct field *field)
{
    static const char *const names[] = {
        [FIELD_NUMBER] = "number", [FIELD_CATEGORY] = "category", [FIELD_TEXT] = "text"};
    return names[field->type];
}

const char *describe_replacement(const struct field *field, double replacement)
{
    bool is_word = field->type == FIELD_CATEGORY && replacement >= 0 &&
                   replacement < (double)field->word_count;
    return is_word ? field->words[(size_t)replacement] : NULL;
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

static void walk_artifact(const struct artifact *artifact, const struct describe_printer *printer,
                          struct buf *out)
{
    printer->text(out, "format", artifact->format);
    printer->text(out, "name", artifact->name);
    printer->text(out, "version", artifact->version);
    printer->text(out, "description", artifact->description);
    printer->text(out, "created", artifact->created);
    printer->text(out, "trainer", artifact->trainer);
    printer->text(out, "task", artifact->task);
    printer->facts(out, artifact->facts, artifact->fact_count);
}

static void walk_lists(const struct graph *graph, const struct describe_printer *printer,
                       struct buf *out)
{
    const struct schema *schema = &graph->schema;
    printer->list(out, "inputs", schema->field_count);
    for (size_t i = 0; i < schema->field_count; i++)
        printer->input(out, &schema->fields[i]);
    printer->list_end(out);
    printer->list(out, "outputs", graph->output_count);
    for (size_t i = 0; i < graph->output_count; i++)
        printer->output(out, graph, i);
    printer->list_end(out);
    if (graph->class_count > 0) {
        printer->list(out, "labels", graph->class_count);
        for (size_t i = 0; i < graph->class_count; i++)
            printer->label(out, graph, i);
        printer->list_end(out);
    }
    if (graph->targets != NULL) {
        printer->list(out, "targets", graph->target_count);
        for (size_t i = 0; i < graph->target_count; i++)
            printer->target(out, graph, i);
        printer->list_end(out);
    }
}

void describe(const char *path, const struct loaded *loaded, const struct describe_printer *printer,
              struct buf *out)
{
    const struct artifact *artifact = &loaded->artifact;
    const struct graph *graph = artifact->graph;
    struct describe_operators operators = {.count = 0};
    for (size_t i = 0; i < graph->step_count; i++)
        count_operator(graph->steps[i], &operators);
    printer->begin(out, path);
    walk_artifact(artifact, printer, out);
    printer->files(out, loaded->file_count, loaded->file_bytes);
    printer->memory(out, graph->bytes);
    printer->text(out, "digest", loaded->digest);
    printer->count(out, "golden_rows", artifact->golden.row_count);
    printer->flag(out, "baseline", artifact->baseline.features != NULL);
    walk_lists(graph, printer, out);
    printer->operators(out, &operators);
    printer->end(out);
}
