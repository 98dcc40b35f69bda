#include "cli/faults.h"

#include <inttypes.h>
#include <string.h>

#include "codec/csv.h"

bool faults_open(struct faults *faults, enum faults_policy policy, const char *path,
                 const char *input, int input_fd, struct err *err)
{
    *faults = (struct faults){.policy = policy, .file = {.fd = -1}, .input = input};
    if (path[0] == '\0')
        return true;
    if (policy == FAULTS_STOP)
        return err_set(err, ERR_INVALID, "--errors goes with --on-error skip or null");
    if (!output_open(&faults->file, path, input_fd, err))
        return false;
    buf_put_text(&faults->file.buf, "row,line,field,reason\n");
    return output_flush(&faults->file, err);
}

bool faults_close(struct faults *faults, struct err *err)
{
    return output_close(&faults->file, err);
}

static void put_line(struct buf *out, const struct source_row *row, const struct err *err)
{
    buf_printf(out, "%" PRIu64 ",", row->number);
    if (row->line > 0)
        buf_printf(out, "%" PRIu64, row->line);
    buf_put_char(out, ',');
    csv_write_field(out, ',', err->field, strlen(err->field));
    buf_put_char(out, ',');
    csv_write_field(out, ',', err->text, strlen(err->text));
    buf_put_char(out, '\n');
}

static void put_problems(struct buf *out, const struct source_row *row, const struct frame *frame)
{
    for (size_t i = 0; i < frame->problem_count && i < FRAME_PROBLEMS_MAX; i++) {
        struct err err = ERR_INIT;
        frame_problem_describe(frame, &frame->problems[i], &err);
        put_line(out, row, &err);
    }
}

bool faults_take(struct faults *faults, const struct source_row *row, const struct frame *frame,
                 struct err *err)
{
    faults->count++;
    if (faults->policy == FAULTS_STOP) {
        err_prefix(err, "row %" PRIu64, row->number);
        if (row->line > 0)
            err_prefix(err, "%s:%" PRIu64, faults->input, row->line);
        else
            err_prefix(err, "%s", faults->input);
        return false;
    }
    if (faults->file.fd < 0)
        return true;
    if (frame != NULL && frame->problem_count > 0)
        put_problems(&faults->file.buf, row, frame);
    else
        put_line(&faults->file.buf, row, err);
    return output_settle(&faults->file, err);
}
