#include "app/routes.h"

#include "base/clock.h"
#include "base/json_write.h"

static void healthz(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    buf_put_text(&response->body, "{\"status\":\"ok\"}");
}

/* A word and a sentence for why there is nothing to be had; code NULL: ready. */
struct readiness {
    const char *code, *sentence;
};

static struct readiness readiness(struct app *app)
{
    if (server_is_draining(app->server))
        return (struct readiness){"draining", "the worker is draining"};
    if (registry_is_ready(app->registry))
        return (struct readiness){.code = NULL};
    if (!registry_has_scanned(app->registry))
        return (struct readiness){"no_model", "the models are still being loaded"};
    return (struct readiness){"no_model", "no model is live"};
}

static void readyz(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    struct readiness why = readiness(context);
    (void)request;
    (void)match;
    if (why.code == NULL)
        buf_put_text(&response->body, "{\"status\":\"ready\"}");
    else
        protocol_answer_status(response, 503, why.code, why.sentence);
}

static void status(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    struct app *app = context;
    struct buf *body = &response->body;
    const char *code = readiness(app).code;
    char started[CLOCK_TEXT_SIZE];
    (void)request;
    (void)match;
    clock_format(app->started_wall_ns, started);
    buf_put_char(body, '{');
    json_write_text(body, "status", code == NULL ? "ready" : code);
    json_write_text(body, "version", OMEN_VERSION);
    json_write_text(body, "started", started);
    json_write_key(body, "uptime_seconds");
    json_write_integer(body, (clock_monotonic_ns() - app->started_ns) / CLOCK_NS_PER_S);
    server_describe(app->server, body);
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
        if (router_has(router, &route)) /* the platform wants it for itself */
            continue;
        if (!router_add(router, &route, err))
            return false;
    }
    return true;
}
