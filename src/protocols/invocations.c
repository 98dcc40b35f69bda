#include "protocols/invocations.h"

#include <string.h>

#include "protocols/answer.h"
#include "protocols/body.h"
#include "protocols/choice.h"
#include "protocols/encoding.h"
#include "protocols/instances.h"
#include "protocols/job.h"
#include "protocols/media.h"
#include "protocols/mlflow.h"
#include "protocols/oip.h"
#include "protocols/predictions.h"
#include "protocols/row_faults.h"
#include "protocols/table.h"
#include "protocols/tree.h"

/* Kinds of bodies and of answers. */
enum kind { KIND_JSON, KIND_CSV, KIND_JSONL, KIND_NPY, KIND_LIBSVM, KINDS, KIND_NONE = -1 };

/* What can be answered. */
static const char *const answers[] = {"application/json", "text/csv", "application/jsonlines",
                                      "application/x-npy"};
#define ANSWERS (sizeof answers / sizeof answers[0])

static const struct {
    const char *type;
    enum kind kind;
} types[] = {
    {"application/json", KIND_JSON},       {"text/csv", KIND_CSV},
    {"application/jsonlines", KIND_JSONL}, {"application/x-jsonlines", KIND_JSONL},
    {"application/x-npy", KIND_NPY},       {"text/libsvm", KIND_LIBSVM},
    {"text/x-libsvm", KIND_LIBSVM},
};

struct invocation {
    struct job job;
    struct body body;
    struct tree tree; /* of a JSON body */
    enum kind kind, answer;
    bool bare; /* a list of predictions, no object around it: what came was a list */
    enum table_header header;
    uint32_t first_index;
    struct choices choices;
};

static bool refuse(struct invocation *invocation, int status, const char *code,
                   const char *sentence)
{
    protocol_answer_status(invocation->job.response, status, code, sentence);
    return false;
}

static const char *param(const struct invocation *invocation, const char *name)
{
    const struct http_request *request = invocation->job.request;
    const char *value = request->param != NULL ? request->param(request, name) : NULL;
    return value != NULL ? value : "";
}

/* --- what kind of body --------------------------------------------------------------------- */

static bool take_parameter(struct invocation *invocation, const struct media_parameter *parameter)
{
    const char *value = parameter->value;
    size_t length = parameter->value_length;
    if (media_is(parameter->name, parameter->name_length, "charset"))
        return media_is(value, length, "utf-8") || media_is(value, length, "us-ascii");
    if (invocation->kind == KIND_CSV &&
        media_is(parameter->name, parameter->name_length, "header")) {
        bool present = media_is(value, length, "present");
        invocation->header = present ? TABLE_HEADER_PRESENT : TABLE_HEADER_ABSENT;
        return present || media_is(value, length, "absent");
    }
    if (invocation->kind == KIND_LIBSVM &&
        media_is(parameter->name, parameter->name_length, "index")) {
        invocation->first_index = media_is(value, length, "1");
        return invocation->first_index == 1 || media_is(value, length, "0");
    }
    return false;
}

static bool find_kind(struct invocation *invocation)
{
    const char *type = invocation->job.request->content_type;
    struct media_parameter parameter;
    invocation->kind = type[0] == '\0' ? KIND_JSON : KIND_NONE;
    invocation->header = TABLE_HEADER_GUESS;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type, types[i].type) == 0)
            invocation->kind = types[i].kind;
    if (invocation->kind == KIND_NONE)
        return refuse(invocation, 415, "unsupported_media_type",
                      "the body is taken as application/json, text/csv, text/libsvm, "
                      "application/jsonlines or application/x-npy");
    const char *at = param(invocation, "CONTENT_TYPE");
    while (at != NULL && media_next_parameter(&at, &parameter))
        at = take_parameter(invocation, &parameter) ? at : NULL;
    return at != NULL ||
           refuse(invocation, 415, "unsupported_media_type",
                  "a parameter of the Content-Type is not known: there are charset=utf-8, "
                  "header=present or absent for CSV, and index=0 or 1 for LIBSVM");
}

/* --- rows ---------------------------------------------------------------------------------- */

static bool refuse_rows(struct invocation *invocation, const struct err *err)
{
    rows_answer_error(&invocation->job.rows, err, invocation->job.response);
    return false;
}

/* A list of rows, or one row: a list of values, where the model takes several. */
static bool read_list(struct invocation *invocation, struct err *err)
{
    struct job *job = &invocation->job;
    const struct schema *schema = &job->graph->schema;
    invocation->bare = true;
    if (schema->field_count == 1)
        return instances_read(&job->rows, schema, invocation->tree.root, "instances",
                              job->context->max_rows, job->request->arena, err);
    return rows_read(&job->rows, schema, invocation->tree.root, job->context->max_rows,
                     job->request->arena, err);
}

static bool read_json(struct invocation *invocation)
{
    struct job *job = &invocation->job;
    struct err err = ERR_INIT;
    if (json_type(invocation->tree.root) != JSON_OBJECT)
        return read_list(invocation, &err) || refuse_rows(invocation, &err);
    if (mlflow_detect(invocation->tree.root))
        return mlflow_read(job, invocation->tree.root);
    if (!rows_begin(&job->rows, &job->graph->schema, 1, job->context->max_rows, job->request->arena,
                    &err) ||
        !instances_read_one(&job->rows, 0, invocation->tree.root, &err) ||
        !rows_seal(&job->rows, &err))
        return refuse_rows(invocation, &err);
    return true;
}

static bool read_table(struct invocation *invocation)
{
    struct job *job = &invocation->job;
    struct err err = ERR_INIT;
    const struct table table = {&job->graph->schema, invocation->body.bytes,
                                invocation->body.length, job->context->max_rows,
                                job->request->arena};
    bool ok;
    if (invocation->kind == KIND_CSV)
        ok = table_read_csv(&job->rows, &table, &invocation->header, &err);
    else if (invocation->kind == KIND_LIBSVM)
        ok = table_read_libsvm(&job->rows, &table, invocation->first_index, &err);
    else if (invocation->kind == KIND_NPY)
        ok = table_read_npy(&job->rows, &table, &err);
    else
        ok = table_read_jsonl(&job->rows, &table, &err);
    return ok || refuse_rows(invocation, &err);
}

static bool is_rows(const struct json *value)
{
    return json_type(value) == JSON_ARRAY || json_type(value) == JSON_NUMBERS;
}

static bool parse(struct invocation *invocation)
{
    static const char *const places[] = {
        "", "instances", "instances.*", "inputs", "inputs.*", "dataframe_split.data", NULL};
    static const struct json_wanted wanted = {.places = places, .dimensions = 2};
    struct job *job = &invocation->job;
    if (invocation->kind != KIND_JSON)
        return true;
    if (!tree_parse(&invocation->tree, invocation->body.bytes, invocation->body.length, &wanted,
                    job->request->arena, job->response))
        return false;
    return is_rows(invocation->tree.root) || json_type(invocation->tree.root) == JSON_OBJECT ||
           refuse(invocation, 400, "invalid", "the body must be a JSON object or a list of rows");
}

/* --- which outputs ------------------------------------------------------------------------- */

/* "output=label,probability" among SageMaker's custom attributes, which are anyone's text. */
static bool choose(struct invocation *invocation)
{
    static const char name[] = "output=";
    struct job *job = &invocation->job;
    bool found = false;
    const struct json *params = NULL, *output = NULL;
    struct err err = ERR_INIT;
    if (json_type(invocation->tree.root) == JSON_OBJECT)
        params = json_object_get(invocation->tree.root, "params", &found);
    if (json_type(params) == JSON_OBJECT)
        output = json_object_get(params, "output", &found);
    const char *attributes = param(invocation, "HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES");
    if (!row_faults_read(&job->rows, params, &err)) {
        protocol_answer_error(job->response, &err);
        return false;
    }
    bool named = strncmp(attributes, name, sizeof name - 1) == 0;
    bool ok = json_type(output) == JSON_NULL && named
                  ? choices_read_text(&invocation->choices, job->graph,
                                      attributes + sizeof name - 1, job->response)
                  : choices_read(&invocation->choices, job->graph, output, job->response);
    job->wanted = invocation->choices.wanted;
    return ok;
}

/* --- the answer ---------------------------------------------------------------------------- */

/* In kind, unless the platform or the client says otherwise. */
static bool find_answer(struct invocation *invocation)
{
    const char *standard = invocation->job.context->platform.sagemaker_accept;
    enum kind kind = invocation->kind == KIND_LIBSVM ? KIND_CSV : invocation->kind;
    int fallback = (int)kind;
    if (kind == KIND_CSV && invocation->header == TABLE_HEADER_PRESENT)
        fallback = KIND_JSON; /* MLflow's */
    else if (standard != NULL)
        fallback = media_choose(standard, answers, ANSWERS, fallback);
    if (fallback < 0)
        fallback = (int)kind;
    int answer = media_choose(param(invocation, "HTTP_ACCEPT"), answers, ANSWERS, fallback);
    invocation->answer = (enum kind)answer;
    if (invocation->job.rows.by_row && (answer == KIND_CSV || answer == KIND_NPY))
        return refuse(invocation, 406, "not_acceptable",
                      "an error in a row's place (on_error) needs an answer of JSON or JSON lines");
    return answer >= 0 || refuse(invocation, 406, "not_acceptable",
                                 "the answer can be application/json, text/csv, "
                                 "application/jsonlines or application/x-npy");
}

static void write_json(struct invocation *invocation)
{
    static const struct results_style style = {.floats = true};
    struct buf *body = &invocation->job.response->body;
    if (!invocation->bare)
        buf_put_text(body, "{\"predictions\":");
    predictions_write_rows(body, &invocation->job, &invocation->choices, &style);
    if (!invocation->bare)
        buf_put_char(body, '}');
}

static bool write_answer(struct invocation *invocation)
{
    static const struct results_style style = {.floats = true};
    struct job *job = &invocation->job;
    switch (invocation->answer) {
    case KIND_CSV:
        encoding_write_csv(job, &invocation->choices, job->context->platform.sagemaker_batch);
        return true;
    case KIND_JSONL:
        encoding_write_jsonl(job, &invocation->choices, &style);
        return true;
    case KIND_NPY:
        return encoding_write_npy(job, &invocation->choices) ||
               refuse(invocation, 406, "not_acceptable",
                      "an array has no words, and these labels are words; ask for another output "
                      "or another Accept");
    default:
        write_json(invocation);
        return true;
    }
}

/* A batch transform sends an empty record for an empty file: there is nothing to say about it. */
static bool is_empty(struct invocation *invocation)
{
    if (invocation->body.length > 0 || invocation->kind == KIND_JSON)
        return false;
    invocation->job.response->status = 204;
    return true;
}

static void serve(struct invocation *invocation)
{
    struct job *job = &invocation->job;
    if (!parse(invocation) || !choose(invocation))
        return;
    if (!(invocation->kind == KIND_JSON ? read_json(invocation) : read_table(invocation)) ||
        !find_answer(invocation) || !job_compute(job) || !write_answer(invocation))
        return;
    job_encoded(job);
}

void invocations_handle(void *context, struct http_request *request,
                        const struct router_match *match, struct http_response *response)
{
    struct invocation invocation = {
        .job = {.context = context, .request = request, .response = response, .late_status = 504}};
    struct err err = ERR_INIT;
    if (strcmp(request->content_type, OIP_SAGEMAKER_TYPE) == 0) {
        oip_handle_invocation(context, request, match, response);
        return;
    }
    if (find_kind(&invocation) &&
        body_read(&invocation.body, request, invocation.job.context->max_body, response) &&
        !is_empty(&invocation)) {
        if (job_begin(&invocation.job, match->count > 0 ? match->values[0] : NULL, NULL, &err)) {
            serve(&invocation);
            job_end(&invocation.job);
        } else {
            job_answer_no_model(&invocation.job, &err);
        }
    }
    tree_finish(&invocation.tree);
    body_finish(&invocation.body);
    mlflow_dress_error(response);
    body_pack_answer(request, response);
}

static const struct router_route routes[] = {
    {.method = HTTP_POST, .pattern = "/invocations", .handle = invocations_handle},
};

const struct protocol protocol_invocations = {
    .name = "invocations",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
