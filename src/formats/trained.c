#include "formats/trained.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void facts_free(struct fact *facts, size_t count)
{
    for (size_t i = 0; facts != NULL && i < count; i++) {
        free(facts[i].name);
        free(facts[i].value);
    }
    free(facts);
}

void trained_finish(struct trained *trained)
{
    if (trained == NULL)
        return;
    size_t classes = trained->op != NULL ? trained->op->classes : 0;
    size_t outputs = trained->op != NULL ? trained->op->output_count : 0;
    graph_labels_free(trained->labels, classes);
    texts_free(trained->output_names, outputs);
    texts_free(trained->targets, trained->target_count);
    facts_free(trained->facts, trained->fact_count);
    schema_finish(&trained->schema);
    op_destroy(trained->op);
    free(trained->trainer);
    free(trained->task);
    *trained = (struct trained){0};
}

bool trained_add_fact(struct trained *trained, struct err *err, const char *name,
                      const char *format, ...)
{
    struct fact *facts =
        mem_resize(trained->facts, trained->fact_count + 1, sizeof *trained->facts);
    if (facts == NULL)
        return err_set(err, ERR_MEMORY, "no memory for what the file says of itself");
    trained->facts = facts;
    struct fact *fact = &facts[trained->fact_count++];
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&fact->value, format, arguments);
    va_end(arguments);
    if (length < 0)
        fact->value = NULL;
    fact->name = mem_copy_text(name, strlen(name));
    return (fact->name != NULL && fact->value != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for what the file says of itself");
}

/* Words that stand in an answer for something else. */
static bool name_is_taken(const struct graph *graph, size_t index, const char *name)
{
    bool taken = strcmp(name, "labels") == 0 || strcmp(name, "targets") == 0 ||
                 (strcmp(name, "prediction") == 0 && index != graph->default_output);
    for (size_t i = 0; i < index; i++)
        taken = taken || strcmp(graph->outputs[i].name, name) == 0;
    return taken;
}

/* A name that is taken gets underscores, so that a trainer's choice of names refuses no model. */
static bool output_rename(struct graph *graph, size_t index, const char *wanted, struct err *err)
{
    char *name = mem_copy_text(wanted, strlen(wanted));
    while (name != NULL && (name[0] == '\0' || name_is_taken(graph, index, name))) {
        char *longer = mem_resize(name, strlen(name) + 2, 1);
        if (longer == NULL)
            free(name);
        else
            strcat(longer, "_");
        name = longer;
    }
    if (name == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the names of the outputs");
    free(graph->outputs[index].name);
    graph->outputs[index].name = name;
    return true;
}

static bool outputs_rename(const struct trained *trained, struct graph *graph, size_t count,
                           struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *wanted = trained->output_names != NULL ? trained->output_names[i] : NULL;
        if (!output_rename(graph, i, wanted != NULL ? wanted : graph->outputs[i].name, err))
            return false;
    }
    return true;
}

bool trained_check_columns(const struct trained *trained, const struct columns *columns,
                           struct err *err)
{
    const struct schema *schema = &trained->schema;
    if (columns->count != schema->field_count)
        return err_set(err, ERR_INVALID, "the file's model takes %zu columns, there are %zu",
                       schema->field_count, columns->count);
    for (size_t i = 0; i < columns->count; i++) {
        bool wants_text = schema->fields[i].type == FIELD_TEXT;
        if (columns->items[i].is_text != wants_text)
            return err_set(err, ERR_INVALID, "input %zu of the file's model ('%.64s') %s free text",
                           i, schema->fields[i].name, wants_text ? "is" : "is not");
    }
    return true;
}

bool trained_append(struct trained *trained, struct graph *graph, struct columns *columns,
                    struct err *err)
{
    struct op *op = trained->op;
    size_t outputs = op->output_count, classes = op->classes;
    bool ok = graph_add_op(graph, op, columns, err) && graph_seal(graph, err) &&
              outputs_rename(trained, graph, outputs, err);
    trained->op = NULL;
    texts_free(trained->output_names, outputs);
    trained->output_names = NULL;
    if (!ok || trained->labels == NULL) {
        graph_labels_free(trained->labels, classes);
    } else {
        ok = graph_take_labels(graph, trained->labels, classes, err);
    }
    trained->labels = NULL;
    if (!ok)
        return false;
    graph->targets = trained->targets;
    graph->target_count = trained->target_count;
    trained->targets = NULL;
    trained->target_count = 0;
    return true;
}

static void text_move(char **to, char **from)
{
    if (*to != NULL)
        return;
    *to = *from;
    *from = NULL;
}

void trained_describe(struct trained *trained, struct artifact *artifact)
{
    text_move(&artifact->trainer, &trained->trainer);
    text_move(&artifact->task, &trained->task);
    artifact->facts = trained->facts;
    artifact->fact_count = trained->fact_count;
    trained->facts = NULL;
    trained->fact_count = 0;
}

bool trained_load(const struct format *format, const struct format_file *file,
                  struct artifact *artifact, struct err *err)
{
    static const struct format_settings settings = FORMAT_SETTINGS_INIT;
    struct trained trained = {0};
    struct columns columns = {0};
    struct graph *graph = artifact->graph = graph_create();
    bool ok = graph != NULL || err_set(err, ERR_MEMORY, "no memory for a model");
    ok = ok && format_read(format, file, &settings, &trained, err);
    if (ok) {
        graph->schema = trained.schema;
        trained.schema = (struct schema){0};
        ok = graph_input_columns(graph, &columns, err) &&
             trained_append(&trained, graph, &columns, err);
    }
    if (ok)
        trained_describe(&trained, artifact);
    columns_finish(&columns);
    trained_finish(&trained);
    artifact->format = format->name;
    return ok || err_prefix(err, "%s", file->name);
}
