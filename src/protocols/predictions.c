#include "protocols/predictions.h"

#include <string.h>

#include "codec/json.h"
#include "protocols/row_faults.h"

static void write_answer(struct buf *out, const struct job *job, const struct choice *choice,
                         size_t row, const struct results_style *style)
{
    static const char ending[] = "_bytes";
    const size_t length = sizeof ending - 1;
    struct results_style own = *style;
    own.base64 =
        own.base64 || (choice->length > length &&
                       memcmp(choice->name + choice->length - length, ending, length) == 0);
    results_write_answer(out, job->graph, choice->output,
                         matrix_row(&job->results[choice->output], row), &own);
}

void predictions_write_row(struct buf *out, const struct job *job, const struct choices *choices,
                           size_t row, const struct results_style *style)
{
    if (row_faults_has(&job->rows, row)) {
        row_faults_write(&job->rows, row, out);
        return;
    }
    if (choices->count == 1) {
        write_answer(out, job, &choices->list[0], row, style);
        return;
    }
    for (size_t i = 0; i < choices->count; i++) {
        buf_put_char(out, i == 0 ? '{' : ',');
        json_write_string(out, choices->list[i].name, choices->list[i].length);
        buf_put_char(out, ':');
        write_answer(out, job, &choices->list[i], row, style);
    }
    buf_put_char(out, '}');
}

void predictions_write_rows(struct buf *out, const struct job *job, const struct choices *choices,
                            const struct results_style *style)
{
    buf_put_char(out, '[');
    for (size_t row = 0; row < job->rows.frame.matrix.rows; row++) {
        if (row > 0)
            buf_put_char(out, ',');
        predictions_write_row(out, job, choices, row, style);
    }
    buf_put_char(out, ']');
}

static void write_column(struct buf *out, const struct job *job, const struct choice *choice,
                         const struct results_style *style)
{
    buf_put_char(out, '[');
    for (size_t row = 0; row < job->rows.frame.matrix.rows; row++) {
        if (row > 0)
            buf_put_char(out, ',');
        if (row_faults_has(&job->rows, row))
            row_faults_write(&job->rows, row, out);
        else
            write_answer(out, job, choice, row, style);
    }
    buf_put_char(out, ']');
}

void predictions_write_columns(struct buf *out, const struct job *job,
                               const struct choices *choices, const struct results_style *style)
{
    if (choices->count == 1) {
        write_column(out, job, &choices->list[0], style);
        return;
    }
    for (size_t i = 0; i < choices->count; i++) {
        buf_put_char(out, i == 0 ? '{' : ',');
        json_write_string(out, choices->list[i].name, choices->list[i].length);
        buf_put_char(out, ':');
        write_column(out, job, &choices->list[i], style);
    }
    buf_put_char(out, '}');
}
