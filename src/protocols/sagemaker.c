#include "protocols/sagemaker.h"

#include "protocols/job.h"

#define MEGABYTE ((size_t)1 << 20)

static void ping(void *context, struct http_request *request, const struct router_match *match,
                 struct http_response *response)
{
    const struct protocol_context *protocol = context;
    const char *by_request = protocol->platform.sagemaker_models;
    (void)request;
    (void)match;
    /* The body of a success is empty. Models that are loaded by request come after it: without a
     * success none would be sent. */
    if (by_request == NULL || by_request[0] == '\0')
        job_is_ready(protocol, response);
}

static void execution_parameters(void *context, struct http_request *request,
                                 const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *protocol = context;
    const struct protocol_platform *platform = &protocol->platform;
    size_t transforms = platform->sagemaker_transforms;
    size_t payload = platform->sagemaker_payload;
    const char *strategy = platform->sagemaker_strategy;
    (void)request;
    (void)match;
    transforms = transforms > 0 ? transforms : protocol->threads > 0 ? protocol->threads : 1;
    payload = payload > 0 ? payload : protocol->max_body / MEGABYTE;
    buf_printf(&response->body,
               "{\"MaxConcurrentTransforms\":%zu,\"BatchStrategy\":\"%s\",\"MaxPayloadInMB\":%zu}",
               transforms, strategy != NULL ? strategy : "MULTI_RECORD", payload > 0 ? payload : 1);
}

static const struct router_route routes[] = {
    {.method = HTTP_GET, .pattern = "/ping", .handle = ping},
    {.method = HTTP_GET, .pattern = "/execution-parameters", .handle = execution_parameters},
};

const struct protocol protocol_sagemaker = {
    .name = "sagemaker",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
