#include "protocols/job.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "protocols/answer.h"
#include "protocols/row_faults.h"
#include "registry/model_metrics.h"

/* nginx's number for a client that has gone: it is seen in metrics and logs only. */
#define STATUS_ABANDONED 499

bool job_begin(struct job *job, const char *name, const char *version, struct err *err)
{
    struct buf *body = &job->response->body;
    job->model = registry_acquire(job->context->registry, name, version, err);
    if (job->model == NULL)
        return false;
    job->graph = job->model->artifact.graph;
    job->body_limit = body->limit;
    if (body->limit == 0)
        body->limit = job->request->arena->limit; /* rows times long labels */
    return true;
}

void job_answer_no_model(struct job *job, const struct err *err)
{
    const char *code = err->code == ERR_NOT_FOUND ? "unknown_model" : err_code_name(err->code);
    answer_open(job->response, answer_status_of(err->code), code, err);
    if (err->code == ERR_NOT_FOUND) {
        buf_put_text(&job->response->body, ",\"models\":");
        registry_list_names(job->context->registry, &job->response->body);
    }
    answer_close(job->response);
}

bool job_is_ready(const struct protocol_context *context, struct http_response *response)
{
    if (registry_is_ready(context->registry))
        return true;
    protocol_answer_status(response, 503, "no_model",
                           registry_has_scanned(context->registry)
                               ? "no model is live"
                               : "the models are still being loaded");
    return false;
}

/* Between two blocks of rows. */
static bool may_continue(void *context, struct err *err)
{
    struct job *job = context;
    struct http_request *request = job->request;
    if (request->yield != NULL)
        request->yield(request);
    job->is_late = request->deadline > 0 && clock_monotonic_ns() > request->deadline;
    if (job->is_late)
        return err_set(err, ERR_LIMIT,
                       "computing these rows takes longer than allowed; send fewer at once");
    if (request->is_abandoned != NULL && request->is_abandoned(request))
        return err_set(err, ERR_UNAVAILABLE, "nobody waits for the answer any more");
    return true;
}

static bool run(struct job *job, const struct matrix *rows, struct matrix *results, struct err *err)
{
    return graph_run_while(job->graph, rows, results, job->wanted, job->request->arena,
                           job->request->scratch, may_continue, job, err);
}

/* Results for all rows, though only some of them have one. */
static bool allocate_results(struct job *job, struct err *err)
{
    size_t rows = job->rows.frame.matrix.rows;
    for (size_t i = 0; i < job->graph->output_count; i++) {
        if ((job->wanted >> i & 1) == 0)
            continue;
        job->results[i] = matrix_in_arena(job->request->arena, rows, job->graph->outputs[i].cols);
        if (job->results[i].data == NULL)
            return err_set(err, ERR_LIMIT, "the answers of %zu rows do not fit in memory", rows);
        for (size_t cell = 0; cell < rows * job->results[i].cols; cell++)
            job->results[i].data[cell] = NAN;
    }
    return true;
}

static void take_results(struct job *job, const struct matrix *from, size_t count, size_t to)
{
    for (size_t i = 0; i < job->graph->output_count; i++) {
        if ((job->wanted >> i & 1) != 0)
            memcpy(matrix_row(&job->results[i], to), from[i].data,
                   count * from[i].cols * sizeof(double));
    }
}

/* Good rows [first, first + count), side by side. If the model refuses one of them, all are asked
 * one by one, and the refusal is that row's. */
static bool run_good(struct job *job, size_t first, size_t count, struct err *err)
{
    struct matrix results[OP_OUTPUTS_MAX];
    struct arena *arena = job->request->arena;
    struct arena_mark mark = arena_mark(arena);
    struct matrix block = matrix_rows(&job->rows.frame.matrix, first, count);
    if (run(job, &block, results, err)) {
        take_results(job, results, count, first);
        arena_rewind(arena, mark);
        return true;
    }
    if (err->row == ERR_NO_ROW)
        return false;
    for (size_t row = first; row < first + count; row++) {
        block = matrix_rows(&job->rows.frame.matrix, row, 1);
        mark = arena_mark(arena);
        if (run(job, &block, results, err)) {
            take_results(job, results, 1, row);
            arena_rewind(arena, mark);
            continue;
        }
        if (err->row != ERR_NO_ROW && job->rows.frame.matrix.rows > 1)
            err_prefix(err, "row %zu", row);
        err->row = err->row != ERR_NO_ROW ? (int64_t)row : err->row;
        if (!row_faults_keep(&job->rows, row, err))
            return false;
    }
    return true;
}

/* Rows are judged one by one: each stretch of good ones, in blocks. */
static bool run_by_row(struct job *job, struct err *err)
{
    size_t rows = job->rows.frame.matrix.rows;
    if (!allocate_results(job, err))
        return false;
    for (size_t row = 0, count; row<rows; row += count> 0 ? count : 1) {
        count = 0;
        while (row + count < rows && count < GRAPH_BLOCK &&
               !row_faults_has(&job->rows, row + count))
            count++;
        if (count > 0 && !((row == 0 || may_continue(job, err)) && run_good(job, row, count, err)))
            return false;
    }
    return true;
}

static bool is_check(const struct job *job)
{
    const char *verb = job->response->route != NULL ? strrchr(job->response->route, ':') : NULL;
    return verb != NULL && strcmp(verb, ":validate") == 0;
}

/* The rows were read, and nothing more is asked. */
static void answer_check(struct job *job)
{
    struct buf *body = &job->response->body;
    size_t bad = row_faults_count(&job->rows);
    buf_printf(body, "{\"valid\":%s,\"rows\":%zu", bad == 0 ? "true" : "false",
               job->rows.frame.matrix.rows);
    if (bad > 0) {
        buf_printf(body, ",\"bad_rows\":%zu,\"errors\":", bad);
        row_faults_write_list(&job->rows, SIZE_MAX, body);
    }
    buf_put_char(body, '}');
}

bool job_compute(struct job *job)
{
    struct err err = ERR_INIT;
    struct http_request *request = job->request;
    const struct matrix *matrix = &job->rows.frame.matrix;
    request->timing.decoded = clock_monotonic_ns();
    if (is_check(job)) {
        answer_check(job);
        return false;
    }
    if (matrix->rows > 0 &&
        !(job->rows.by_row ? run_by_row(job, &err) : run(job, matrix, job->results, &err))) {
        if (err.code == ERR_UNAVAILABLE)
            protocol_answer_status(job->response, STATUS_ABANDONED, "abandoned", err.text);
        else if (job->is_late && job->late_status != 0)
            protocol_answer_status(job->response, job->late_status, "timeout", err.text);
        else
            protocol_answer_error(job->response, &err);
        return false;
    }
    request->timing.computed = clock_monotonic_ns();
    return true;
}

void job_encoded(struct job *job)
{
    job->response->rows = job->rows.frame.matrix.rows - row_faults_count(&job->rows);
    job->request->timing.encoded = clock_monotonic_ns();
}

/* Length of the phase that ended at `end`; -1 when it was not reached. */
static int64_t phase(int64_t begin, int64_t end)
{
    return begin > 0 && end >= begin ? end - begin : -1;
}

static void measure(const struct http_timing *timing, int64_t phase_ns[PHASES])
{
    phase_ns[PHASE_QUEUE] = phase(timing->queued, timing->started);
    phase_ns[PHASE_READ] = phase(timing->started, timing->received);
    phase_ns[PHASE_DECODE] = phase(timing->received, timing->decoded);
    phase_ns[PHASE_COMPUTE] = phase(timing->decoded, timing->computed);
    phase_ns[PHASE_ENCODE] = phase(timing->computed, timing->encoded);
}

/* Digits of value, at least `least` of them. Returns their end. */
static char *put_digits(char *out, uint64_t value, int least)
{
    char digits[20];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || count < least);
    while (count > 0)
        *out++ = digits[--count];
    return out;
}

/* "queue;dur=0.012, read;dur=0.030": milliseconds. By hand: five calls of printf are a tenth of
 * what a small prediction costs. */
static void add_timing_header(struct http_response *response, const int64_t phase_ns[PHASES])
{
    static const char *const names[PHASES] = {"queue", "read", "decode", "compute", "encode"};
    const char *between = "Server-Timing: ";
    char text[PHASES * 64];
    char *end = text;
    for (size_t i = 0; i < PHASES; i++) {
        if (phase_ns[i] < 0)
            continue;
        uint64_t us = ((uint64_t)phase_ns[i] + 500) / 1000;
        end = stpcpy(stpcpy(stpcpy(end, between), names[i]), ";dur=");
        end = put_digits(end, us / 1000, 1);
        *end++ = '.';
        end = put_digits(end, us % 1000, 3);
        between = ", ";
    }
    if (end > text)
        buf_put(&response->headers, text, (size_t)(stpcpy(end, "\r\n") - text));
}

/* The version may be gone when the access log asks for its name. */
static const char *copy_name(struct arena *arena, const char *name)
{
    const char *copy = arena_copy_text(arena, name, strlen(name));
    return copy != NULL ? copy : "";
}

void job_end(struct job *job)
{
    struct http_response *response = job->response;
    struct arena *arena = job->request->arena;
    const struct model *model = job->model;
    if (response->body.failed) {
        response->rows = 0;
        protocol_answer_status(response, 413, "limit",
                               "the answer is larger than the memory that a request may take");
    }
    struct model_sample sample = {
        .route = response->route,
        .status = response->status,
        .rows = response->rows,
    };
    measure(&job->request->timing, sample.phase_ns);
    memcpy(sample.rejected, job->rows.frame.counts, sizeof sample.rejected);
    add_timing_header(response, sample.phase_ns);
    http_response_header(response, "X-Model-Version", model->version);
    response->model = copy_name(arena, model->name);
    response->version = copy_name(arena, model->version);
    sample.ended_ns = clock_monotonic_ns();
    sample.total_ns = phase(job->request->timing.queued, sample.ended_ns);
    model_metrics_count(model->metrics, &sample);
    response->body.limit = job->body_limit; /* other pages may be longer */
    rows_finish(&job->rows);
    registry_release(job->context->registry, job->model);
    job->model = NULL;
}
