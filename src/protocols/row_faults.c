#include "protocols/row_faults.h"

#include <string.h>

#include "protocols/answer.h"

bool row_faults_read(struct rows *rows, const struct json *parameters, struct err *err)
{
    size_t length;
    bool found = false;
    const struct json *value = NULL;
    if (json_type(parameters) == JSON_OBJECT)
        value = json_object_get(parameters, "on_error", &found);
    const char *text = json_string(value, &length);
    rows->by_row = json_type(value) == JSON_STRING && strcmp(text, "row") == 0;
    if (rows->by_row || json_type(value) == JSON_NULL || strcmp(text, "request") == 0)
        return true;
    return err_set(err, ERR_INVALID, "\"on_error\" of \"parameters\" is \"row\" or \"request\"");
}

bool row_faults_keep(struct rows *rows, size_t row, struct err *err)
{
    struct frame *frame = &rows->frame;
    struct buf text = BUF_INIT;
    if (frame->by_row == NULL || err->row == ERR_NO_ROW || err->code == ERR_MEMORY ||
        err->code == ERR_LIMIT)
        return false;
    if (rows->faults == NULL)
        rows->faults = arena_zeroed(frame->arena, frame->matrix.rows, sizeof rows->faults[0]);
    if (rows->faults == NULL)
        return err_set(err, ERR_LIMIT,
                       "what is wrong with these rows is more than a request may "
                       "hold");
    rows_write_fault(rows, err, &text);
    rows->faults[row] = text.failed ? NULL : arena_copy_text(frame->arena, text.data, text.length);
    buf_finish(&text);
    if (rows->faults[row] == NULL)
        return err_set(err, ERR_LIMIT,
                       "what is wrong with these rows is more than a request may "
                       "hold");
    frame_reject_row(frame, row);
    rows->fault = ROWS_FINE;
    *err = ERR_INIT;
    return true;
}

size_t row_faults_count(const struct rows *rows)
{
    size_t count = 0;
    if (rows->frame.by_row == NULL)
        return 0;
    for (size_t row = 0; row < rows->frame.matrix.rows; row++)
        count += row_faults_has(rows, row);
    return count;
}

void row_faults_write(const struct rows *rows, size_t row, struct buf *out)
{
    const struct frame_row *bad = &rows->frame.by_row[row];
    const struct frame_problem problem = {bad->reason, row, bad->column};
    struct err err = ERR_INIT;
    if (rows->faults != NULL && rows->faults[row] != NULL) {
        buf_put_text(out, rows->faults[row]);
        return;
    }
    frame_problem_describe(&rows->frame, &problem, &err);
    answer_write(out, frame_reason_name(bad->reason), &err);
    if (bad->count > 1)
        buf_printf(out, ",\"problem_count\":%u", bad->count);
    buf_put_char(out, '}');
}

void row_faults_write_list(const struct rows *rows, size_t limit, struct buf *out)
{
    size_t written = 0;
    buf_put_char(out, '[');
    for (size_t row = 0; row < rows->frame.matrix.rows && written < limit; row++) {
        if (!row_faults_has(rows, row))
            continue;
        if (written++ > 0)
            buf_put_char(out, ',');
        row_faults_write(rows, row, out);
    }
    buf_put_char(out, ']');
}
