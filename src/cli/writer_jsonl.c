/* JSON lines: an object per row, its answers as the worker's are. */
#include <string.h>

#include "cli/writer.h"
#include "codec/json.h"

static void put_number(struct buf *out, const struct graph_output *output, double value)
{
    if (output->single)
        json_write_single(out, value);
    else
        json_write_number(out, value);
}

static void put_label(struct buf *out, const struct graph *graph, double cell)
{
    if (!(cell >= 0 && cell < (double)graph->class_count)) {
        buf_put_text(out, "null");
        return;
    }
    size_t index = (size_t)cell;
    if (graph->labels != NULL && !graph->labels[index].is_number)
        json_write_string(out, graph->labels[index].text, strlen(graph->labels[index].text));
    else
        choice_put_label(graph, index, out);
}

static void put_answer(struct buf *out, const struct graph *graph,
                       const struct graph_output *output, const double *cells)
{
    if (output->kind == OUTPUT_LABEL) {
        put_label(out, graph, cells[0]);
        return;
    }
    if (output->cols == 1 && output->kind != OUTPUT_PROBABILITY) {
        put_number(out, output, cells[0]);
        return;
    }
    buf_put_char(out, '[');
    for (size_t i = 0; i < output->cols; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        put_number(out, output, cells[i]);
    }
    buf_put_char(out, ']');
}

static void put_key(struct buf *out, bool first, const char *name, size_t length)
{
    if (!first)
        buf_put_char(out, ',');
    json_write_string(out, name, length);
    buf_put_char(out, ':');
}

static void put_passed(struct buf *out, const struct passed *passed)
{
    if (passed == NULL || passed->text == NULL)
        buf_put_text(out, "null");
    else if (passed->literal)
        buf_put(out, passed->text, passed->length);
    else
        json_write_string(out, passed->text, passed->length);
}

static void jsonl_row(const struct writer *writer, const struct passed *passed,
                      const struct matrix *results, size_t row)
{
    struct buf *out = writer->out;
    buf_put_char(out, '{');
    for (size_t i = 0; i < writer->passed_count; i++) {
        put_key(out, i == 0, writer->passed_names[i].text, writer->passed_names[i].length);
        put_passed(out, passed != NULL ? &passed[i] : NULL);
    }
    for (size_t i = 0; i < writer->choices->count; i++) {
        const struct choice *choice = &writer->choices->items[i];
        const struct graph_output *output = &writer->graph->outputs[choice->output];
        put_key(out, i + writer->passed_count == 0, choice->name, strlen(choice->name));
        if (results != NULL)
            put_answer(out, writer->graph, output, matrix_row(&results[choice->output], row));
        else
            buf_put_text(out, "null");
    }
    buf_put_text(out, "}\n");
}

const struct writer_type writer_jsonl = {.header = NULL, .row = jsonl_row};
