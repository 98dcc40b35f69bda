#include "protocols/predict.h"

#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "protocols/answer.h"
#include "protocols/results.h"
#include "protocols/rows.h"
#include "registry/model_metrics.h"

/* An output and the name by which it was asked for. */
struct choice {
    const char *name;
    size_t length;
    size_t output;
};

/* nginx's number for a client that has gone: it is seen in metrics and logs only. */
#define STATUS_ABANDONED 499

#define CHOICES_MAX (OP_OUTPUTS_MAX + 1) /* every output, and "prediction" besides */

/* One request on its way through decode, compute and encode. */
struct job {
    const struct protocol_context *context;
    struct http_request *request;
    struct http_response *response;
    struct model *model;
    const struct graph *graph;
    struct json_envelope envelope;
    struct rows rows;
    struct choice choices[CHOICES_MAX];
    size_t choice_count;
    uint32_t wanted; /* a bit per output */
    struct matrix results[OP_OUTPUTS_MAX];
};

static bool refuse(struct job *job, const struct err *err)
{
    protocol_answer_error(job->response, err);
    return false;
}

static bool refuse_as(struct job *job, const char *code, const char *sentence)
{
    protocol_answer_status(job->response, 400, code, sentence);
    return false;
}

static bool refuse_output(struct job *job, const char *sentence)
{
    struct err err = ERR_INIT;
    struct buf *body = &job->response->body;
    err_set(&err, ERR_INVALID, "%s", sentence);
    answer_open(job->response, 400, "unknown_output", &err);
    buf_put_text(body, ",\"outputs\":[");
    for (size_t i = 0; i < job->graph->output_count; i++) {
        const char *name = job->graph->outputs[i].name;
        if (i > 0)
            buf_put_char(body, ',');
        json_write_string(body, name, strlen(name));
    }
    buf_put_char(body, ']');
    answer_close(job->response);
    return false;
}

static bool choose_output(struct job *job, size_t output, const char *name, size_t length)
{
    for (size_t i = 0; i < job->choice_count; i++) {
        const struct choice *other = &job->choices[i];
        if (other->length == length && memcmp(other->name, name, length) == 0)
            return true;
    }
    if (job->choice_count == CHOICES_MAX)
        return refuse_output(job, "more outputs are asked for than the model has");
    job->choices[job->choice_count++] = (struct choice){name, length, output};
    job->wanted |= UINT32_C(1) << output;
    return true;
}

static bool choose_named(struct job *job, const struct json *value)
{
    size_t length = 0;
    if (json_type(value) != JSON_STRING)
        return refuse_output(job, "\"output\" takes the name of an output, or a list of names");
    const char *name = json_string(value, &length);
    int output = graph_output_find(job->graph, name, length);
    if (output < 0)
        return refuse_output(job, "the model has no output of a name in \"output\"");
    return choose_output(job, (size_t)output, name, length);
}

static bool choose(struct job *job)
{
    static const char standard[] = "prediction";
    const struct json *value = json_object_get(job->envelope.root, "output", &(bool){false});
    if (json_type(value) == JSON_NULL)
        return choose_output(job, job->graph->default_output, standard, sizeof standard - 1);
    if (json_type(value) != JSON_ARRAY)
        return choose_named(job, value);
    for (size_t i = 0; i < json_array_length(value); i++) {
        if (!choose_named(job, json_array_at(value, i)))
            return false;
    }
    return job->choice_count > 0 || refuse_output(job, "\"output\" is an empty list");
}

static bool parse(struct job *job)
{
    struct err err = ERR_INIT;
    const struct http_request *request = job->request;
    if (!json_parse_envelope(request->body, request->body_length, "input", request->arena,
                             &job->envelope, &err)) {
        if (err.code == ERR_MEMORY)
            return refuse(job, &err);
        return refuse_as(job, "invalid_json", err.text);
    }
    if (json_type(job->envelope.root) != JSON_OBJECT)
        return refuse_as(job, "invalid",
                         "the body must be a JSON object with a member \"input\": a row (a list of "
                         "values or an object by name) or a list of rows");
    return true;
}

static bool read_rows(struct job *job)
{
    struct err err = ERR_INIT;
    struct arena *arena = job->request->arena;
    const struct schema *schema = &job->graph->schema;
    size_t max_rows = job->context->max_rows;
    bool found = true;
    bool ok;
    if (job->envelope.has_numbers) {
        ok = rows_read_numbers(&job->rows, schema, &job->envelope, max_rows, arena, &err);
    } else {
        const struct json *input = json_object_get(job->envelope.root, "input", &found);
        if (!found)
            return refuse_as(job, "missing_input",
                             "the body has no member \"input\": a row (a list of values or an "
                             "object by name) or a list of rows");
        ok = rows_read(&job->rows, schema, input, max_rows, arena, &err);
    }
    if (!ok)
        rows_answer_error(&job->rows, &err, job->response);
    return ok;
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

static bool compute(struct job *job)
{
    struct err err = ERR_INIT;
    const struct http_request *request = job->request;
    if (job->rows.frame.matrix.rows == 0)
        return true;
    if (graph_run_while(job->graph, &job->rows.frame.matrix, job->results, job->wanted,
                        request->arena, request->scratch, may_continue, job, &err))
        return true;
    if (err.code != ERR_UNAVAILABLE)
        return refuse(job, &err);
    protocol_answer_status(job->response, STATUS_ABANDONED, "abandoned", err.text);
    return false;
}

static void write_member(struct buf *body, const char *name, size_t length)
{
    if (body->length > 1)
        buf_put_char(body, ',');
    json_write_string(body, name, length);
    buf_put_char(body, ':');
}

static bool has_class_columns(const struct graph_output *output)
{
    return output->kind == OUTPUT_PROBABILITY || (output->kind == OUTPUT_SCORE && output->cols > 1);
}

static bool has_target_columns(const struct graph_output *output)
{
    return (output->kind == OUTPUT_VALUE || output->kind == OUTPUT_STD) && output->cols > 1;
}

/* What the columns mean is said once beside the answers, not with every row. */
static void encode(struct job *job)
{
    struct buf *body = &job->response->body;
    const struct graph *graph = job->graph;
    bool labels = false, targets = false;
    buf_put_char(body, '{');
    for (size_t i = 0; i < job->choice_count; i++) {
        const struct choice *choice = &job->choices[i];
        const struct graph_output *output = &graph->outputs[choice->output];
        labels = labels || has_class_columns(output);
        targets = targets || has_target_columns(output);
        write_member(body, choice->name, choice->length);
        results_write_output(body, graph, choice->output, &job->results[choice->output],
                             job->rows.single);
    }
    if (labels && graph->class_count > 0) {
        write_member(body, "labels", strlen("labels"));
        results_write_labels(body, graph);
    }
    if (targets && graph->targets != NULL) {
        write_member(body, "targets", strlen("targets"));
        results_write_targets(body, graph);
    }
    buf_put_char(body, '}');
    job->response->rows = job->rows.frame.matrix.rows;
}

/* Leaves the answer or the error in the body. */
static void serve(struct job *job)
{
    struct http_timing *timing = &job->request->timing;
    if (!parse(job) || !choose(job) || !read_rows(job))
        return;
    timing->decoded = clock_monotonic_ns();
    if (!compute(job))
        return;
    timing->computed = clock_monotonic_ns();
    encode(job);
    timing->encoded = clock_monotonic_ns();
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

static void finish(struct job *job)
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
}

static bool is_json(struct job *job)
{
    const char *type = job->request->content_type;
    if (type[0] == '\0' || strcmp(type, "application/json") == 0)
        return true;
    bool form = strcmp(type, "application/x-www-form-urlencoded") == 0;
    protocol_answer_status(
        job->response, 415, "unsupported_media_type",
        form ? "the body is taken as JSON only, and this request calls it a form; with curl add "
               "-H 'Content-Type: application/json'"
             : "the body is taken as application/json only");
    return false;
}

static void answer_no_model(struct job *job, const struct err *err)
{
    const char *code = err->code == ERR_NOT_FOUND ? "unknown_model" : err_code_name(err->code);
    answer_open(job->response, answer_status_of(err->code), code, err);
    if (err->code == ERR_NOT_FOUND) {
        buf_put_text(&job->response->body, ",\"models\":");
        registry_list_names(job->context->registry, &job->response->body);
    }
    answer_close(job->response);
}

static void predict_handle(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response)
{
    struct job job = {.context = context, .request = request, .response = response};
    struct err err = ERR_INIT;
    if (!is_json(&job))
        return;
    job.model = registry_acquire(job.context->registry, match->count > 0 ? match->values[0] : NULL,
                                 match->count > 1 ? match->values[1] : NULL, &err);
    if (job.model == NULL) {
        answer_no_model(&job, &err);
        return;
    }
    job.graph = job.model->artifact.graph;
    size_t limit = response->body.limit;
    if (limit == 0)
        response->body.limit = request->arena->limit; /* rows times long labels */
    serve(&job);
    finish(&job);
    response->body.limit = limit; /* other pages may be longer */
    json_free(job.envelope.root);
    registry_release(job.context->registry, job.model);
}

static const struct router_route routes[] = {
    {.method = HTTP_POST, .pattern = "/predict", .handle = predict_handle},
    {.method = HTTP_POST, .pattern = "/predict/{model}", .handle = predict_handle},
    {.method = HTTP_POST, .pattern = "/predict/{model}/{version}", .handle = predict_handle},
};

const struct protocol protocol_predict = {
    .name = "predict",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
