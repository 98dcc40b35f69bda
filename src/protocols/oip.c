#include "protocols/oip.h"

#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "protocols/answer.h"
#include "protocols/body.h"
#include "protocols/job.h"
#include "protocols/media.h"
#include "protocols/oip_decode.h"
#include "protocols/oip_encode.h"
#include "protocols/oip_request.h"

#define NAME_TOLD 64 /* bytes of a client's name in a sentence */

static const char *value_at(const struct router_match *match, size_t index)
{
    return match->count > index ? match->values[index] : NULL;
}

void oip_answer_no_model(const struct router_match *match, const struct err *err,
                         struct http_response *response)
{
    const char *version = value_at(match, 1);
    struct err own = *err;
    if (err->code == ERR_NOT_FOUND && version != NULL)
        err_set(&own, ERR_NOT_FOUND, "Request for unknown model: '%.*s' version %.*s is not found",
                NAME_TOLD, match->values[0], NAME_TOLD, version);
    else if (err->code == ERR_NOT_FOUND)
        err_set(&own, ERR_NOT_FOUND, "Request for unknown model: '%.*s' is not found", NAME_TOLD,
                match->values[0]);
    answer_open(response, answer_status_of(own.code),
                own.code == ERR_NOT_FOUND ? "unknown_model" : err_code_name(own.code), &own);
    answer_close(response);
}

struct model *oip_acquire(const struct protocol_context *context, const struct router_match *match,
                          struct http_response *response)
{
    struct err err = ERR_INIT;
    struct model *model =
        registry_acquire(context->registry, value_at(match, 0), value_at(match, 1), &err);
    if (model == NULL)
        oip_answer_no_model(match, &err, response);
    return model;
}

/* --- the server ---------------------------------------------------------------------------- */

static void put_text(struct buf *body, const char *text)
{
    json_write_string(body, text, strlen(text));
}

static void handle_server(void *context, struct http_request *request,
                          const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct buf *body = &response->body;
    (void)request;
    (void)match;
    buf_put_text(body, "{\"name\":");
    put_text(body, own->server_name != NULL ? own->server_name : "omen");
    buf_put_text(body, ",\"version\":\"" OMEN_VERSION "\",\"extensions\":[\"binary_tensor_data\","
                       "\"classification\",\"model_configuration\",\"parameters\","
                       "\"schedule_policy\",\"statistics\",\"nan_as_null\"");
    if (own->management)
        buf_put_text(body, ",\"model_repository\"");
    buf_put_text(body, "]}");
}

static void handle_live(void *context, struct http_request *request,
                        const struct router_match *match, struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    buf_put_text(&response->body, "{\"live\":true}");
}

static void handle_ready(void *context, struct http_request *request,
                         const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct err err = ERR_INIT;
    (void)request;
    (void)match;
    if (registry_is_ready(own->registry)) {
        buf_put_text(&response->body, "{\"ready\":true,\"live\":true}");
        return;
    }
    err_set(&err, ERR_UNAVAILABLE, "no model is live");
    answer_open(response, 503, "no_model", &err);
    buf_put_text(&response->body, ",\"ready\":false,\"live\":true");
    answer_close(response);
}

/* --- a model ------------------------------------------------------------------------------- */

static void handle_model_ready(void *context, struct http_request *request,
                               const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct err err = ERR_INIT;
    struct buf *body = &response->body;
    struct model *model =
        registry_acquire(own->registry, value_at(match, 0), value_at(match, 1), &err);
    (void)request;
    if (model != NULL) {
        buf_put_text(body, "{\"name\":");
        put_text(body, model->name);
        buf_put_text(body, ",\"ready\":true}");
        registry_release(own->registry, model);
    } else if (err.code == ERR_UNAVAILABLE) {
        answer_open(response, 503, err_code_name(err.code), &err);
        buf_put_text(body, ",\"name\":");
        json_write_string(body, match->values[0], strnlen(match->values[0], NAME_TOLD));
        buf_put_text(body, ",\"ready\":false");
        answer_close(response);
    } else {
        oip_answer_no_model(match, &err, response);
    }
}

/* Leaves the answer or the error in the body. */
static void serve(struct oip_request *oip)
{
    if (!oip_request_read(oip) || !oip_decode(oip) || !job_compute(&oip->job) || !oip_encode(oip))
        return;
    job_encoded(&oip->job);
    if (!oip->job.response->body.failed)
        body_pack_answer(oip->job.request, oip->job.response);
}

static void handle_infer(void *context, struct http_request *request,
                         const struct router_match *match, struct http_response *response)
{
    struct oip_request oip = {
        .job = {.context = context, .request = request, .response = response, .late_status = 504}};
    struct err err = ERR_INIT;
    if (!job_begin(&oip.job, value_at(match, 0), value_at(match, 1), &err)) {
        oip_answer_no_model(match, &err, response);
        return;
    }
    serve(&oip);
    job_end(&oip.job);
    oip_request_finish(&oip);
}

/* The media type's json-header-size; "" where it has none, NULL without memory. */
static const char *json_size_of(const struct http_request *request)
{
    struct media_parameter parameter;
    const char *at = request->param != NULL ? request->param(request, "CONTENT_TYPE") : NULL;
    while (at != NULL && media_next_parameter(&at, &parameter)) {
        if (media_is(parameter.name, parameter.name_length, "json-header-size"))
            return arena_copy_text(request->arena, parameter.value, parameter.value_length);
    }
    return "";
}

void oip_handle_invocation(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response)
{
    struct oip_request oip = {
        .job = {.context = context, .request = request, .response = response, .late_status = 504},
        .json_size = json_size_of(request)};
    struct err err = ERR_INIT;
    if (oip.json_size == NULL) {
        protocol_answer_status(response, 503, "unavailable", "no memory for the content type");
    } else if (job_begin(&oip.job, value_at(match, 0), NULL, &err)) {
        serve(&oip);
        job_end(&oip.job);
        oip_request_finish(&oip);
    } else {
        job_answer_no_model(&oip.job, &err);
    }
}

#define MODEL "/v2/models/{model}"
#define VERSION MODEL "/versions/{version}"

static const struct router_route routes[] = {
    {.method = HTTP_GET, .pattern = "/v2", .handle = handle_server},
    {.method = HTTP_GET, .pattern = "/v2/", .handle = handle_server},
    {.method = HTTP_GET, .pattern = "/v2/health/live", .handle = handle_live},
    {.method = HTTP_GET, .pattern = "/v2/health/ready", .handle = handle_ready},
    {.method = HTTP_GET, .pattern = MODEL, .handle = oip_handle_metadata},
    {.method = HTTP_GET, .pattern = VERSION, .handle = oip_handle_metadata},
    {.method = HTTP_GET, .pattern = MODEL "/ready", .handle = handle_model_ready},
    {.method = HTTP_GET, .pattern = VERSION "/ready", .handle = handle_model_ready},
    {.method = HTTP_GET, .pattern = MODEL "/config", .handle = oip_handle_config},
    {.method = HTTP_GET, .pattern = VERSION "/config", .handle = oip_handle_config},
    {.method = HTTP_POST, .pattern = MODEL "/infer", .handle = handle_infer},
    {.method = HTTP_POST, .pattern = VERSION "/infer", .handle = handle_infer},
    {.method = HTTP_POST, .pattern = MODEL "/infer:validate", .handle = handle_infer},
    {.method = HTTP_POST, .pattern = VERSION "/infer:validate", .handle = handle_infer},
    {.method = HTTP_GET, .pattern = "/v2/models/stats", .handle = oip_handle_statistics},
    {.method = HTTP_GET, .pattern = MODEL "/stats", .handle = oip_handle_statistics},
    {.method = HTTP_GET, .pattern = VERSION "/stats", .handle = oip_handle_statistics},
    {.method = HTTP_POST, .pattern = "/v2/repository/index", .handle = oip_handle_index},
    {.method = HTTP_POST,
     .pattern = "/v2/repository/models/{model}/load",
     .handle = oip_handle_load},
    {.method = HTTP_POST,
     .pattern = "/v2/repository/models/{model}/unload",
     .handle = oip_handle_unload},
};

const struct protocol protocol_oip = {
    .name = "oip",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
