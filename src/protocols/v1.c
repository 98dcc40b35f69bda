#include "protocols/v1.h"

#include <stdio.h>
#include <string.h>

#include "protocols/answer.h"
#include "protocols/body.h"
#include "protocols/labels.h"
#include "protocols/v1_model.h"
#include "protocols/v1_request.h"

/* --- which model --------------------------------------------------------------------------- */

/* A route names its model first, then a version or a label. */
static bool has_label(const struct http_response *response)
{
    return strstr(response->route, "/labels/") != NULL;
}

static void answer_not_found(struct job *job, const char *sentence)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND, "%s", sentence);
    job_answer_no_model(job, &err);
}

/* In the words that clients know: KServe's for a model, TensorFlow Serving's for a version. */
static void answer_no_model(struct job *job, const struct router_match *match,
                            const struct err *err)
{
    char sentence[ERR_TEXT_SIZE];
    struct registry *registry = job->context->registry;
    const char *name = match->values[0];
    struct model *other = NULL;
    if (err->code != ERR_NOT_FOUND) {
        job_answer_no_model(job, err);
        return;
    }
    if (match->count > 1)
        other = registry_acquire(registry, name, NULL, NULL);
    if (other == NULL)
        snprintf(sentence, sizeof sentence, "Model with name %.256s does not exist.", name);
    else
        snprintf(sentence, sizeof sentence,
                 "Servable not found for request: Specific(%.160s, %.80s)", name, match->values[1]);
    registry_release(registry, other);
    answer_not_found(job, sentence);
}

/* False when the answer is an error, which is written. */
static bool begin(struct job *job, const struct router_match *match)
{
    struct err err = ERR_INIT;
    const char *version = match->count > 1 ? match->values[1] : NULL;
    if (version != NULL && has_label(job->response)) {
        version = labels_find(job->context->version_labels, match->values[0], version,
                              job->request->arena);
        if (version == NULL) {
            answer_not_found(job, "Unrecognized servable version label");
            return false;
        }
    }
    if (job_begin(job, match->values[0], version, &err))
        return true;
    answer_no_model(job, match, &err);
    return false;
}

/* --- predictions --------------------------------------------------------------------------- */

static void serve(void *context, struct http_request *request, const struct router_match *match,
                  struct http_response *response, void (*handle)(struct v1_request *))
{
    struct v1_request v1 = {
        .job = {.context = context, .request = request, .response = response, .late_status = 504}};
    struct body body;
    if (body_read(&body, request, v1.job.context->max_body, response) && begin(&v1.job, match)) {
        v1.text = body.bytes;
        v1.length = body.length;
        handle(&v1);
        job_end(&v1.job);
    }
    v1_request_finish(&v1);
    body_finish(&body);
    body_pack_answer(request, response);
}

static void predict(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    serve(context, request, match, response, v1_request_predict);
}

static void classify(void *context, struct http_request *request, const struct router_match *match,
                     struct http_response *response)
{
    serve(context, request, match, response, v1_request_classify);
}

static void regress(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    serve(context, request, match, response, v1_request_regress);
}

/* --- models -------------------------------------------------------------------------------- */

static void alive(void *context, struct http_request *request, const struct router_match *match,
                  struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    buf_put_text(&response->body, "{\"status\":\"alive\"}");
}

static void models(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    const struct protocol_context *protocol = context;
    (void)request;
    (void)match;
    buf_put_text(&response->body, "{\"models\":");
    registry_list_names(protocol->registry, &response->body);
    buf_put_char(&response->body, '}');
}

/* "m:predict" by GET: the router takes it for a model's name. */
static bool is_verb(const char *name)
{
    static const char *const verbs[] = {":predict", ":classify", ":regress", ":validate"};
    const char *colon = strrchr(name, ':');
    for (size_t i = 0; colon != NULL && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(colon, verbs[i]) == 0)
            return true;
    return false;
}

static void status(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    struct job job = {.context = context, .request = request, .response = response};
    const char *version = match->count > 1 ? match->values[1] : NULL;
    struct err err = ERR_INIT;
    if (is_verb(match->values[match->count - 1])) {
        protocol_answer_status(response, 405, "method_not_allowed", "this path takes POST only");
        http_response_header(response, "Allow", "POST");
        return;
    }
    if (version != NULL && has_label(response)) {
        version =
            labels_find(job.context->version_labels, match->values[0], version, request->arena);
        if (version == NULL) {
            answer_not_found(&job, "Unrecognized servable version label");
            return;
        }
    }
    if (v1_model_write_status(job.context->registry, match->values[0], version, response))
        return;
    err_set(&err, ERR_NOT_FOUND, "no such model");
    answer_no_model(&job, match, &err);
}

static void metadata(void *context, struct http_request *request, const struct router_match *match,
                     struct http_response *response)
{
    struct job job = {.context = context, .request = request, .response = response};
    if (!begin(&job, match))
        return;
    v1_model_write_metadata(job.model, &response->body);
    job_end(&job);
}

static const struct router_route routes[] = {
    {.method = HTTP_GET, .pattern = "/", .handle = alive},
    {.method = HTTP_GET, .pattern = "/v1/models", .handle = models},
    {.method = HTTP_GET, .pattern = "/v1/models/{model}", .handle = status},
    {.method = HTTP_GET, .pattern = "/v1/models/{model}/versions/{version}", .handle = status},
    {.method = HTTP_GET, .pattern = "/v1/models/{model}/labels/{label}", .handle = status},
    {.method = HTTP_GET, .pattern = "/v1/models/{model}/metadata", .handle = metadata},
    {.method = HTTP_GET,
     .pattern = "/v1/models/{model}/versions/{version}/metadata",
     .handle = metadata},
    {.method = HTTP_GET,
     .pattern = "/v1/models/{model}/labels/{label}/metadata",
     .handle = metadata},
    {.method = HTTP_POST, .pattern = "/v1/models/{model}:predict", .handle = predict},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/versions/{version}:predict",
     .handle = predict},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/labels/{label}:predict",
     .handle = predict},
    {.method = HTTP_POST, .pattern = "/v1/models/{model}:validate", .handle = predict},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/versions/{version}:validate",
     .handle = predict},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/labels/{label}:validate",
     .handle = predict},
    {.method = HTTP_POST, .pattern = "/v1/models/{model}:classify", .handle = classify},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/versions/{version}:classify",
     .handle = classify},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/labels/{label}:classify",
     .handle = classify},
    {.method = HTTP_POST, .pattern = "/v1/models/{model}:regress", .handle = regress},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/versions/{version}:regress",
     .handle = regress},
    {.method = HTTP_POST,
     .pattern = "/v1/models/{model}/labels/{label}:regress",
     .handle = regress},
};

const struct protocol protocol_v1 = {
    .name = "v1",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
