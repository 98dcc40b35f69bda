#include "protocols/results.h"

#include <string.h>

#include "codec/json.h"

static void write_label_at(struct buf *out, const struct graph *graph, size_t index)
{
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[index] : NULL;
    if (label == NULL)
        json_write_integer(out, (int64_t)index);
    else if (label->is_number)
        json_write_number(out, label->number);
    else
        json_write_string(out, label->text, strlen(label->text));
}

static void write_label(struct buf *out, const struct graph *graph, double cell)
{
    if (cell >= 0 && cell < (double)graph->class_count)
        write_label_at(out, graph, (size_t)cell);
    else
        buf_put_text(out, "null");
}

static void write_number(struct buf *out, const struct graph_output *output, double value)
{
    if (output->single)
        json_write_single(out, value);
    else
        json_write_number(out, value);
}

static void write_numbers(struct buf *out, const struct graph_output *output, const double *cells)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < output->cols; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        write_number(out, output, cells[i]);
    }
    buf_put_char(out, ']');
}

/* A probability is a list even of one class: its length is the number of labels. */
static void write_answer(struct buf *out, const struct graph *graph,
                         const struct graph_output *output, const double *cells)
{
    if (output->kind == OUTPUT_LABEL)
        write_label(out, graph, cells[0]);
    else if (output->cols == 1 && output->kind != OUTPUT_PROBABILITY)
        write_number(out, output, cells[0]);
    else
        write_numbers(out, output, cells);
}

void results_write_output(struct buf *out, const struct graph *graph, size_t output,
                          const struct matrix *result, bool single)
{
    const struct graph_output *which = &graph->outputs[output];
    if (single) {
        write_answer(out, graph, which, matrix_row(result, 0));
        return;
    }
    buf_put_char(out, '[');
    for (size_t row = 0; row < result->rows; row++) {
        if (row > 0)
            buf_put_char(out, ',');
        write_answer(out, graph, which, matrix_row(result, row));
    }
    buf_put_char(out, ']');
}

void results_write_labels(struct buf *out, const struct graph *graph)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < graph->class_count; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        write_label_at(out, graph, i);
    }
    buf_put_char(out, ']');
}

void results_write_targets(struct buf *out, const struct graph *graph)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < graph->target_count; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        json_write_string(out, graph->targets[i], strlen(graph->targets[i]));
    }
    buf_put_char(out, ']');
}
