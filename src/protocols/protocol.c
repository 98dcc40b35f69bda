#include "protocols/protocol.h"

#include <stdio.h>
#include <string.h>

#include "protocols/answer.h"
#include "protocols/docs.h"
#include "protocols/invocations.h"
#include "protocols/mlflow.h"
#include "protocols/multi_model.h"
#include "protocols/oip.h"
#include "protocols/openapi.h"
#include "protocols/predict.h"
#include "protocols/sagemaker.h"
#include "protocols/v1.h"
#include "protocols/vertex.h"

static const struct protocol *const protocols[] = {
    &protocol_docs,    &protocol_invocations, &protocol_mlflow, &protocol_oip, &protocol_openapi,
    &protocol_predict, &protocol_sagemaker,   &protocol_v1,     NULL,
};

const struct protocol *const *protocol_list(void)
{
    return protocols;
}

bool protocol_add_platform(struct router *router, struct protocol_context *context, struct err *err)
{
    if (!vertex_add_routes(router, context, err))
        return err_prefix(err, "protocol vertex");
    return multi_model_add_routes(router, context, err);
}

/* A path that the platform wants for itself. */
static bool is_platform(const struct protocol_context *context, const char *pattern)
{
    const struct protocol_platform *platform = &context->platform;
    return (platform->vertex_health_route != NULL &&
            strcmp(pattern, platform->vertex_health_route) == 0) ||
           (platform->vertex_predict_route != NULL &&
            strcmp(pattern, platform->vertex_predict_route) == 0);
}

bool protocol_add_all(struct router *router, struct protocol_context *context, struct err *err)
{
    context->router = router;
    for (const struct protocol *const *protocol = protocols; *protocol != NULL; protocol++) {
        for (size_t i = 0; i < (*protocol)->route_count; i++) {
            struct router_route route = (*protocol)->routes[i];
            route.context = context;
            if (is_platform(context, route.pattern) && router_has(router, &route))
                continue;
            if (!router_add(router, &route, err))
                return err_prefix(err, "protocol %s", (*protocol)->name);
        }
    }
    return true;
}

int protocol_status_of(enum err_code code)
{
    return answer_status_of(code);
}

void protocol_answer_error(struct http_response *response, const struct err *err)
{
    answer_open(response, answer_status_of(err->code), err_code_name(err->code), err);
    answer_close(response);
}

void protocol_answer_status(struct http_response *response, int status, const char *code,
                            const char *sentence)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_INVALID, "%s", sentence);
    answer_open(response, status, code, &err);
    answer_close(response);
}

static void answer_wrong_method(struct http_response *response, const char *allow)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_INVALID, "this path takes %s only", allow);
    answer_open(response, 405, "method_not_allowed", &err);
    answer_close(response);
    http_response_header(response, "Allow", allow);
}

void protocol_dispatch(const struct router *router, struct http_request *request,
                       struct http_response *response)
{
    const struct router_route *route = NULL;
    struct router_match match;
    char allow[64];
    switch (router_find(router, request, &route, &match, allow, sizeof allow)) {
    case ROUTER_FOUND:
        response->route = route->pattern;
        route->handle(route->context, request, &match, response);
        break;
    case ROUTER_NO_METHOD:
        answer_wrong_method(response, allow);
        break;
    case ROUTER_NO_PATH:
        protocol_answer_status(response, 404, "not_found",
                               "no such path; a prediction is POST /predict or /predict/MODEL");
        break;
    }
    if (response->body.failed)
        protocol_answer_status(response, 413, "limit",
                               "the answer is larger than the memory that a request may take");
}
