#include "protocols/job.h"

#include <string.h>

#include "base/clock.h"
#include "protocols/answer.h"
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

/* Between two blocks of rows. */
static bool may_continue(void *context, struct err *err)
{
    const struct http_request *request = ((struct job *)context)->request;
    if (request->deadline > 0 && clock_monotonic_ns() > request->deadline)
        return err_set(err, ERR_LIMIT,
                       "computing these rows takes longer than allowed; send fewer at once");
    if (request->is_abandoned != NULL && request->is_abandoned(request))
        return err_set(err, ERR_UNAVAILABLE, "nobody waits for the answer any more");
    return true;
}

bool job_compute(struct job *job)
{
    struct err err = ERR_INIT;
    struct http_request *request = job->request;
    const struct matrix *matrix = &job->rows.frame.matrix;
    request->timing.decoded = clock_monotonic_ns();
    if (matrix->rows > 0 &&
        !graph_run_while(job->graph, matrix, job->results, job->wanted, request->arena,
                         request->scratch, may_continue, job, &err)) {
        if (err.code == ERR_UNAVAILABLE)
            protocol_answer_status(job->response, STATUS_ABANDONED, "abandoned", err.text);
        else
            protocol_answer_error(job->response, &err);
        return false;
    }
    request->timing.computed = clock_monotonic_ns();
    return true;
}

void job_encoded(struct job *job)
{
    job->response->rows = job->rows.frame.matrix.rows;
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
    sample.total_ns = phase(job->request->timing.queued, clock_monotonic_ns());
    model_metrics_count(model->metrics, &sample);
    response->body.limit = job->body_limit; /* other pages may be longer */
    registry_release(job->context->registry, job->model);
    job->model = NULL;
}
