#include "protocols/vertex.h"

#include "protocols/body.h"
#include "protocols/v1_request.h"

static void health(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    (void)request;
    (void)match;
    if (job_is_ready(context, response))
        buf_put_text(&response->body, "{\"status\":\"ready\"}");
}

/* The default model, in TensorFlow Serving's shape by rows: as many predictions as instances, in
 * their order. */
static void predict(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    struct v1_request v1 = {
        .job = {.context = context, .request = request, .response = response, .late_status = 504},
        .rows_only = true};
    struct body body;
    struct err err = ERR_INIT;
    (void)match;
    if (body_read(&body, request, v1.job.context->max_body, response)) {
        if (job_begin(&v1.job, NULL, NULL, &err)) {
            v1.text = body.bytes;
            v1.length = body.length;
            v1_request_predict(&v1);
            job_end(&v1.job);
        } else {
            job_answer_no_model(&v1.job, &err);
        }
    }
    v1_request_finish(&v1);
    body_finish(&body);
    body_pack_answer(request, response);
}

static bool add(struct router *router, struct protocol_context *context, enum http_method method,
                const char *pattern, http_handler *handle, struct err *err)
{
    const struct router_route route = {method, pattern, handle, context};
    return pattern == NULL || pattern[0] == '\0' || router_add(router, &route, err);
}

bool vertex_add_routes(struct router *router, struct protocol_context *context, struct err *err)
{
    const struct protocol_platform *platform = &context->platform;
    return add(router, context, HTTP_GET, platform->vertex_health_route, health, err) &&
           add(router, context, HTTP_POST, platform->vertex_predict_route, predict, err);
}
