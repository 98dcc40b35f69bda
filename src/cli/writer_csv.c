/* CSV: what is passed on, then a column per number. What JSON has null for is an empty cell. */
#include <math.h>
#include <string.h>

#include "cli/writer.h"
#include "codec/number.h"

static void csv_header(const struct writer *writer)
{
    struct buf name = BUF_INIT;
    for (size_t i = 0; i < writer->passed_count; i++) {
        if (i > 0)
            buf_put_char(writer->out, writer->delimiter);
        csv_write_field(writer->out, writer->delimiter, writer->passed_names[i].text,
                        writer->passed_names[i].length);
    }
    for (size_t i = 0; i < writer->choices->count; i++) {
        const struct choice *choice = &writer->choices->items[i];
        for (size_t j = 0; j < writer->graph->outputs[choice->output].cols; j++) {
            buf_reset(&name, 4096);
            choice_put_column(writer->graph, choice, j, &name);
            if (i + j + writer->passed_count > 0)
                buf_put_char(writer->out, writer->delimiter);
            csv_write_field(writer->out, writer->delimiter, name.data, name.length);
        }
    }
    writer->out->failed = writer->out->failed || name.failed;
    buf_finish(&name);
    buf_put_char(writer->out, '\n');
}

static void put_number(struct buf *out, const struct graph_output *output, double value)
{
    char *place = buf_reserve(out, NUMBER_TEXT_SIZE);
    if (place == NULL)
        return;
    if (output->single && isfinite((float)value))
        buf_commit(out, number_write_single((float)value, place));
    else if (!output->single && isfinite(value))
        buf_commit(out, number_write(value, place));
}

static void put_label(const struct writer *writer, double cell)
{
    const struct graph *graph = writer->graph;
    if (!(cell >= 0 && cell < (double)graph->class_count))
        return;
    size_t index = (size_t)cell;
    if (graph->labels != NULL && !graph->labels[index].is_number)
        csv_write_field(writer->out, writer->delimiter, graph->labels[index].text,
                        strlen(graph->labels[index].text));
    else
        choice_put_label(graph, index, writer->out);
}

static void put_passed(const struct writer *writer, const struct passed *passed)
{
    for (size_t i = 0; i < writer->passed_count; i++) {
        if (i > 0)
            buf_put_char(writer->out, writer->delimiter);
        if (passed != NULL && passed[i].text != NULL)
            csv_write_field(writer->out, writer->delimiter, passed[i].text, passed[i].length);
    }
}

/* One cell alone that is empty would be a line that is empty. */
static void close_line(const struct writer *writer, size_t begin)
{
    if (writer->out->length == begin)
        buf_put_text(writer->out, "\"\"");
    buf_put_char(writer->out, '\n');
}

static void csv_row(const struct writer *writer, const struct passed *passed,
                    const struct matrix *results, size_t row)
{
    size_t begin = writer->out->length;
    put_passed(writer, passed);
    for (size_t i = 0; i < writer->choices->count; i++) {
        size_t which = writer->choices->items[i].output;
        const struct graph_output *output = &writer->graph->outputs[which];
        const double *cells = results != NULL ? matrix_row(&results[which], row) : NULL;
        for (size_t j = 0; j < output->cols; j++) {
            if (i + j + writer->passed_count > 0)
                buf_put_char(writer->out, writer->delimiter);
            if (cells == NULL)
                continue;
            if (output->kind == OUTPUT_LABEL)
                put_label(writer, cells[j]);
            else
                put_number(writer->out, output, cells[j]);
        }
    }
    close_line(writer, begin);
}

const struct writer_type writer_csv = {.header = csv_header, .row = csv_row};
