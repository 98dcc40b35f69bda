#include "protocols/results.h"

#include <math.h>
#include <string.h>

#include "base/base64.h"
#include "codec/json.h"

static const struct results_style plain;

static void write_text(struct buf *out, const char *text, const struct results_style *style)
{
    if (!style->base64) {
        json_write_string(out, text, strlen(text));
        return;
    }
    buf_put_text(out, "{\"b64\":\"");
    base64_encode(out, text, strlen(text));
    buf_put_text(out, "\"}");
}

static void write_label_at(struct buf *out, const struct graph *graph, size_t index,
                           const struct results_style *style)
{
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[index] : NULL;
    if (label == NULL)
        json_write_integer(out, (int64_t)index);
    else if (label->is_number)
        json_write_number(out, label->number);
    else
        write_text(out, label->text, style);
}

static void write_label(struct buf *out, const struct graph *graph, double cell,
                        const struct results_style *style)
{
    if (cell >= 0 && cell < (double)graph->class_count)
        write_label_at(out, graph, (size_t)cell, style);
    else
        buf_put_text(out, "null");
}

static bool has_point(const char *text, size_t length)
{
    return memchr(text, '.', length) != NULL || memchr(text, 'e', length) != NULL;
}

void results_write_number(struct buf *out, const struct graph_output *output, double value,
                          const struct results_style *style)
{
    size_t begin = out->length;
    bool finite = output->single ? isfinite((float)value) : isfinite(value);
    if (!finite && style->bare_nan)
        buf_put_text(out, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    else if (output->single)
        json_write_single(out, value);
    else
        json_write_number(out, value);
    if (style->floats && finite && !out->failed &&
        !has_point(out->data + begin, out->length - begin))
        buf_put_text(out, ".0");
}

static void write_numbers(struct buf *out, const struct graph_output *output, const double *cells,
                          const struct results_style *style)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < output->cols; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        results_write_number(out, output, cells[i], style);
    }
    buf_put_char(out, ']');
}

/* A probability is a list even of one class: its length is the number of labels. */
void results_write_answer(struct buf *out, const struct graph *graph, size_t output,
                          const double *cells, const struct results_style *style)
{
    const struct graph_output *which = &graph->outputs[output];
    if (which->kind == OUTPUT_LABEL)
        write_label(out, graph, cells[0], style);
    else if (which->cols == 1 && which->kind != OUTPUT_PROBABILITY)
        results_write_number(out, which, cells[0], style);
    else
        write_numbers(out, which, cells, style);
}

void results_write_output(struct buf *out, const struct graph *graph, size_t output,
                          const struct matrix *result, bool single)
{
    if (single) {
        results_write_answer(out, graph, output, matrix_row(result, 0), &plain);
        return;
    }
    buf_put_char(out, '[');
    for (size_t row = 0; row < result->rows; row++) {
        if (row > 0)
            buf_put_char(out, ',');
        results_write_answer(out, graph, output, matrix_row(result, row), &plain);
    }
    buf_put_char(out, ']');
}

void results_write_label_text(struct buf *out, const struct graph *graph, size_t index)
{
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[index] : NULL;
    if (label != NULL && !label->is_number) {
        json_write_string(out, label->text, strlen(label->text));
        return;
    }
    buf_put_char(out, '"');
    write_label_at(out, graph, index, &plain);
    buf_put_char(out, '"');
}

void results_write_labels(struct buf *out, const struct graph *graph)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < graph->class_count; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        write_label_at(out, graph, i, &plain);
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
