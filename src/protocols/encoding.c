#include "protocols/encoding.h"

#include <math.h>
#include <string.h>

#include "codec/csv.h"
#include "codec/npy.h"
#include "protocols/predictions.h"

static size_t columns_of(const struct graph_output *output)
{
    return output->kind == OUTPUT_LABEL ? 1 : output->cols;
}

static size_t count_columns(const struct job *job, const struct choices *choices)
{
    size_t count = 0;
    for (size_t i = 0; i < choices->count; i++)
        count += columns_of(&job->graph->outputs[choices->list[i].output]);
    return count;
}

/* --- CSV ----------------------------------------------------------------------------------- */

/* Floats keep their point and what is not finite its name, as float() of most languages reads. */
static void write_cell(struct buf *out, const struct graph *graph,
                       const struct graph_output *output, double cell)
{
    static const struct results_style style = {.floats = true, .bare_nan = true};
    if (output->kind != OUTPUT_LABEL) {
        results_write_number(out, output, cell, &style);
        return;
    }
    if (!(cell >= 0 && cell < (double)graph->class_count))
        return;
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[(size_t)cell] : NULL;
    if (label != NULL && !label->is_number)
        csv_write_field(out, ',', label->text, strlen(label->text));
    else
        json_write_number(out, label != NULL ? label->number : cell);
}

static void write_line(struct job *job, const struct choices *choices, size_t row)
{
    struct buf *out = &job->response->body;
    const char *between = "";
    for (size_t i = 0; i < choices->count; i++) {
        size_t which = choices->list[i].output;
        const struct graph_output *output = &job->graph->outputs[which];
        for (size_t k = 0; k < columns_of(output); k++) {
            buf_put_text(out, between);
            write_cell(out, job->graph, output, matrix_row(&job->results[which], row)[k]);
            between = ",";
        }
    }
}

void encoding_write_csv(struct job *job, const struct choices *choices, bool lines)
{
    struct buf *out = &job->response->body;
    size_t rows = job->rows.frame.matrix.rows;
    lines = lines || count_columns(job, choices) > 1;
    job->response->content_type = "text/csv"; /* no charset: PandasDeserializer compares it whole */
    for (size_t row = 0; row < rows; row++) {
        write_line(job, choices, row);
        if (row + 1 < rows || lines)
            buf_put_char(out, lines ? '\n' : ',');
    }
    if (!lines && rows > 0)
        buf_put_char(out, '\n');
}

/* --- JSON lines ---------------------------------------------------------------------------- */

void encoding_write_jsonl(struct job *job, const struct choices *choices,
                          const struct results_style *style)
{
    struct buf *out = &job->response->body;
    job->response->content_type = "application/jsonlines";
    for (size_t row = 0; row < job->rows.frame.matrix.rows; row++) {
        predictions_write_row(out, job, choices, row, style);
        buf_put_char(out, '\n');
    }
}

/* --- NumPy --------------------------------------------------------------------------------- */

static bool is_words(const struct graph *graph, const struct graph_output *output)
{
    for (size_t i = 0;
         output->kind == OUTPUT_LABEL && graph->labels != NULL && i < graph->class_count; i++)
        if (!graph->labels[i].is_number)
            return true;
    return false;
}

static double item_of(const struct graph *graph, const struct graph_output *output, double cell)
{
    if (output->kind != OUTPUT_LABEL || graph->labels == NULL)
        return cell;
    return cell >= 0 && cell < (double)graph->class_count ? graph->labels[(size_t)cell].number
                                                          : (double)NAN;
}

bool encoding_write_npy(struct job *job, const struct choices *choices)
{
    struct buf *out = &job->response->body;
    const struct graph *graph = job->graph;
    size_t rows = job->rows.frame.matrix.rows;
    size_t columns = count_columns(job, choices);
    bool single = true;
    for (size_t i = 0; i < choices->count; i++) {
        const struct graph_output *output = &graph->outputs[choices->list[i].output];
        if (is_words(graph, output))
            return false;
        single = single && output->single && output->kind != OUTPUT_LABEL;
    }
    job->response->content_type = "application/x-npy";
    npy_write_header(out, single, rows, columns > 1 ? columns : 0);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < choices->count; i++) {
            size_t which = choices->list[i].output;
            const struct graph_output *output = &graph->outputs[which];
            const double *cells = matrix_row(&job->results[which], row);
            for (size_t k = 0; k < columns_of(output); k++)
                npy_write_item(out, single, item_of(graph, output, cells[k]));
        }
    return true;
}
