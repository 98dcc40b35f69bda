#include "cli/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/names.h"
#include "codec/json.h"

static bool add(const struct graph *graph, const char *name, size_t length, struct choices *choices,
                struct err *err)
{
    int output = graph_output_find(graph, name, length);
    if (output < 0) {
        struct names known = {.used = 0};
        for (size_t i = 0; i < graph->output_count; i++)
            names_add(&known, graph->outputs[i].name, strlen(graph->outputs[i].name));
        return err_set(err, ERR_NOT_FOUND, "the model has no output '%.*s'; it has %s",
                       names_cut(name, length), name, names_text(&known));
    }
    for (size_t i = 0; i < choices->count; i++)
        if (strlen(choices->items[i].name) == length &&
            memcmp(choices->items[i].name, name, length) == 0)
            return err_set(err, ERR_INVALID, "--outputs has '%.*s' twice", names_cut(name, length),
                           name);
    if (choices->count == CHOICES_MAX)
        return err_set(err, ERR_LIMIT, "--outputs has more names than the model has outputs");
    char *copy = mem_copy_text(name, length);
    if (copy == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the outputs");
    choices->items[choices->count++] = (struct choice){copy, (size_t)output};
    choices->wanted |= UINT32_C(1) << output;
    return true;
}

static bool add_all(const struct graph *graph, struct choices *choices, struct err *err)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        const char *name = graph->outputs[i].name;
        if (!add(graph, name, strlen(name), choices, err))
            return false;
    }
    return true;
}

bool choices_read(const struct graph *graph, const char *list, struct choices *choices,
                  struct err *err)
{
    static const char standard[] = "prediction";
    *choices = (struct choices){.count = 0};
    if (list[0] == '\0') {
        bool named = graph_output_find(graph, standard, sizeof standard - 1) >= 0;
        const char *name = named ? standard : graph->outputs[graph->default_output].name;
        return add(graph, name, strlen(name), choices, err);
    }
    if (strcmp(list, "all") == 0 && graph_output_find(graph, "all", 3) < 0)
        return add_all(graph, choices, err);
    for (;;) {
        size_t length = strcspn(list, ",");
        if (!add(graph, list, length, choices, err))
            return false;
        if (list[length] == '\0')
            return true;
        list += length + 1;
    }
}

void choices_finish(struct choices *choices)
{
    for (size_t i = 0; i < choices->count; i++)
        free(choices->items[i].name);
    choices->count = 0;
}

void choice_put_label(const struct graph *graph, size_t index, struct buf *out)
{
    if (graph->labels == NULL)
        json_write_integer(out, (int64_t)index);
    else if (graph->labels[index].is_number)
        json_write_number(out, graph->labels[index].number);
    else
        buf_put_text(out, graph->labels[index].text);
}

void choice_put_column(const struct graph *graph, const struct choice *choice, size_t column,
                       struct buf *out)
{
    const struct graph_output *output = &graph->outputs[choice->output];
    bool probability = output->kind == OUTPUT_PROBABILITY;
    bool target = output->kind == OUTPUT_VALUE || output->kind == OUTPUT_STD;
    buf_put_text(out, choice->name);
    if (output->cols == 1 && !probability)
        return;
    buf_put_char(out, '_');
    if ((probability || output->kind == OUTPUT_SCORE) && output->cols == graph->class_count)
        choice_put_label(graph, column, out);
    else if (target && graph->targets != NULL && output->cols == graph->target_count)
        buf_put_text(out, graph->targets[column]);
    else if (output->kind == OUTPUT_INTERVAL && output->cols == 2)
        buf_put_text(out, column == 0 ? "low" : "high");
    else
        json_write_integer(out, (int64_t)column);
}
