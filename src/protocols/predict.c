#include "protocols/predict.h"

#include <string.h>

#include "codec/envelope.h"
#include "protocols/choice.h"
#include "protocols/job.h"
#include "protocols/results.h"
#include "protocols/row_faults.h"
#include "protocols/rows.h"

/* A job and what this dialect knows of it. */
struct predict {
    struct job job;
    struct json *root; /* of the body */
    struct choices choices;
};

static bool refuse(struct predict *predict, const struct err *err)
{
    protocol_answer_error(predict->job.response, err);
    return false;
}

static bool refuse_as(struct predict *predict, const char *code, const char *sentence)
{
    protocol_answer_status(predict->job.response, 400, code, sentence);
    return false;
}

static bool choose(struct predict *predict)
{
    struct job *job = &predict->job;
    const struct json *value = json_object_get(predict->root, "output", &(bool){false});
    bool ok = choices_read(&predict->choices, job->graph, value, job->response);
    job->wanted = predict->choices.wanted;
    return ok;
}

static bool parse(struct predict *predict)
{
    struct err err = ERR_INIT;
    static const char *const places[] = {"input", NULL};
    static const struct json_wanted wanted = {.places = places, .dimensions = 2};
    const struct http_request *request = predict->job.request;
    if (!json_parse_envelope(request->body, request->body_length, &wanted, request->arena,
                             &predict->root, &err)) {
        if (err.code == ERR_MEMORY)
            return refuse(predict, &err);
        return refuse_as(predict, "invalid_json", err.text);
    }
    if (json_type(predict->root) != JSON_OBJECT)
        return refuse_as(predict, "invalid",
                         "the body must be a JSON object with a member \"input\": a row (a list of "
                         "values or an object by name) or a list of rows");
    return true;
}

static bool read_rows(struct predict *predict)
{
    struct err err = ERR_INIT;
    struct arena *arena = predict->job.request->arena;
    const struct schema *schema = &predict->job.graph->schema;
    size_t max_rows = predict->job.context->max_rows;
    bool found;
    const struct json *parameters = json_object_get(predict->root, "parameters", &found);
    if (!row_faults_read(&predict->job.rows, parameters, &err))
        return refuse(predict, &err);
    const struct json *input = json_object_get(predict->root, "input", &found);
    if (!found)
        return refuse_as(predict, "missing_input",
                         "the body has no member \"input\": a row (a list of values or an object "
                         "by name) or a list of rows");
    if (rows_read(&predict->job.rows, schema, input, max_rows, arena, &err))
        return true;
    rows_answer_error(&predict->job.rows, &err, predict->job.response);
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

static void write_output(struct predict *predict, size_t output)
{
    static const struct results_style style = {0};
    const struct job *job = &predict->job;
    struct buf *body = &job->response->body;
    if (!job->rows.by_row) {
        results_write_output(body, job->graph, output, &job->results[output], job->rows.single);
        return;
    }
    for (size_t row = 0; row < job->rows.frame.matrix.rows; row++) {
        if (!job->rows.single)
            buf_put_char(body, row == 0 ? '[' : ',');
        if (row_faults_has(&job->rows, row))
            row_faults_write(&job->rows, row, body);
        else
            results_write_answer(body, job->graph, output, matrix_row(&job->results[output], row),
                                 &style);
    }
    if (!job->rows.single)
        buf_put_text(body, job->rows.frame.matrix.rows == 0 ? "[]" : "]");
}

/* What the columns mean is said once beside the answers, not with every row. */
static void encode(struct predict *predict)
{
    struct buf *body = &predict->job.response->body;
    const struct graph *graph = predict->job.graph;
    bool labels = false, targets = false;
    buf_put_char(body, '{');
    for (size_t i = 0; i < predict->choices.count; i++) {
        const struct choice *choice = &predict->choices.list[i];
        const struct graph_output *output = &graph->outputs[choice->output];
        labels = labels || has_class_columns(output);
        targets = targets || has_target_columns(output);
        write_member(body, choice->name, choice->length);
        write_output(predict, choice->output);
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
}

/* Leaves the answer or the error in the body. */
static void serve(struct predict *predict)
{
    if (!parse(predict) || !choose(predict) || !read_rows(predict) || !job_compute(&predict->job))
        return;
    encode(predict);
    job_encoded(&predict->job);
}

static bool is_json(const struct http_request *request, struct http_response *response)
{
    const char *type = request->content_type;
    if (type[0] == '\0' || strcmp(type, "application/json") == 0)
        return true;
    bool form = strcmp(type, "application/x-www-form-urlencoded") == 0;
    protocol_answer_status(
        response, 415, "unsupported_media_type",
        form ? "the body is taken as JSON only, and this request calls it a form; with curl add "
               "-H 'Content-Type: application/json'"
             : "the body is taken as application/json only");
    return false;
}

static void predict_handle(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response)
{
    struct predict predict = {
        .job = {.context = context, .request = request, .response = response}};
    struct err err = ERR_INIT;
    if (!is_json(request, response))
        return;
    if (!job_begin(&predict.job, match->count > 0 ? match->values[0] : NULL,
                   match->count > 1 ? match->values[1] : NULL, &err)) {
        job_answer_no_model(&predict.job, &err);
        return;
    }
    serve(&predict);
    job_end(&predict.job);
    json_free(predict.root);
}

static const struct router_route routes[] = {
    {.method = HTTP_POST, .pattern = "/predict", .handle = predict_handle},
    {.method = HTTP_POST, .pattern = "/predict/{model}", .handle = predict_handle},
    {.method = HTTP_POST, .pattern = "/predict/{model}/{version}", .handle = predict_handle},
    {.method = HTTP_POST, .pattern = "/predict:validate", .handle = predict_handle},
    {.method = HTTP_POST, .pattern = "/predict/{model}:validate", .handle = predict_handle},
    {.method = HTTP_POST,
     .pattern = "/predict/{model}/{version}:validate",
     .handle = predict_handle},
};

const struct protocol protocol_predict = {
    .name = "predict",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
