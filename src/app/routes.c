#include "app/routes.h"

#include <inttypes.h>

#include "base/clock.h"

static void healthz(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    buf_put_text(&response->body, "{\"status\":\"ok\"}");
}

/* NULL: ready. */
static const char *not_ready_code(struct app *app)
{
    if (server_is_draining(app->server))
        return "draining";
    if (registry_is_ready(app->registry))
        return NULL;
    return "no_model";
}

static void readyz(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    const char *code = not_ready_code(context);
    (void)request;
    (void)match;
    if (code == NULL)
        buf_put_text(&response->body, "{\"status\":\"ready\"}");
    else if (code[0] == 'd')
        protocol_answer_status(response, 503, code, "the worker is draining");
    else
        protocol_answer_status(response, 503, code, "no model is live");
}

static void status(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    struct app *app = context;
    struct buf *body = &response->body;
    const char *code = not_ready_code(app);
    char started[CLOCK_TEXT_SIZE];
    (void)request;
    (void)match;
    clock_format(app->started_wall_ns, started);
    buf_printf(body, "{\"status\":\"%s\",\"version\":\"%s\",\"started\":\"%s\",",
               code == NULL ? "ready" : code, OMEN_VERSION, started);
    buf_printf(body, "\"uptime_seconds\":%" PRId64 ",",
               (clock_monotonic_ns() - app->started_ns) / CLOCK_NS_PER_S);
    server_describe(app->server, body);
    buf_put_char(body, ',');
    registry_describe(app->registry, body);
    buf_put_char(body, '}');
}

static void metrics(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    struct app *app = context;
    (void)request;
    (void)match;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_render(app->metrics, &response->body);
}

static const struct router_route routes[] = {
    {.method = HTTP_GET, .pattern = "/healthz", .handle = healthz},
    {.method = HTTP_GET, .pattern = "/readyz", .handle = readyz},
    {.method = HTTP_GET, .pattern = "/status", .handle = status},
    {.method = HTTP_GET, .pattern = "/metrics", .handle = metrics},
};

bool routes_add(struct router *router, struct app *app, struct err *err)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        struct router_route route = routes[i];
        route.context = app;
        if (!router_add(router, &route, err))
            return false;
    }
    return true;
}
