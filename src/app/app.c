#include "app/app.h"

#include <signal.h>
#include <stdlib.h>

#include "app/platform.h"
#include "app/process.h"
#include "app/reload.h"
#include "app/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "protocols/openapi.h"
#include "registry/model_metrics.h"

#define FIRST_SCAN_MAX (5 * CLOCK_NS_PER_S)
#define FIRST_SCAN_LOOK (50 * CLOCK_NS_PER_MS)

void app_fill_server_options(const struct options *options, struct server_options *server)
{
    server->listen = options->listen;
    server->listen_mode = options->listen_mode;
    server->listen_group = options->listen_group;
    server->allow_peers = options->allow_peers;
    server->backlog = options->backlog;
    server->threads = options->threads;
    server->scheduling = (enum server_scheduling)options->scheduling;
    server->max_connections = options->max_connections;
    server->max_body = options->max_body;
    server->max_params = options->max_params;
    server->read_timeout = options->read_timeout;
    server->compute_timeout = options->compute_timeout;
    server->write_timeout = options->write_timeout;
    server->idle_timeout = options->idle_timeout;
    server->queue_budget = options->queue_budget;
    server->drain_timeout = options->drain_timeout;
    server->arena_limit = options->request_memory;
}

static void on_request(void *context, struct http_request *request, struct http_response *response)
{
    struct app *app = context;
    protocol_dispatch(app->router, request, response);
}

static const char *refusal_code(int status)
{
    switch (status) {
    case 408:
        return "timeout";
    case 413:
    case 431:
        return "limit";
    case 503:
        return "unavailable";
    default:
        return "invalid";
    }
}

static void on_refuse(void *context, struct http_request *request, struct http_response *response,
                      int status, const char *sentence)
{
    (void)context;
    (void)request;
    buf_reset(&response->headers, SIZE_MAX); /* the answer brings its own Retry-After */
    protocol_answer_status(response, status, refusal_code(status), sentence);
}

/* What reached a model was counted there. */
static void count_unrouted(struct app *app, const struct http_request *request,
                           const struct http_response *response)
{
    int64_t queued = request->timing.queued;
    if (response->model != NULL && response->model[0] != '\0')
        return;
    struct model_sample sample = {
        .route = response->route,
        .status = response->status,
        .total_ns = queued > 0 ? clock_monotonic_ns() - queued : -1,
    };
    for (size_t i = 0; i < PHASES; i++)
        sample.phase_ns[i] = -1;
    model_metrics_count(registry_unrouted_metrics(app->registry), &sample);
}

static void on_done(void *context, const struct http_request *request,
                    const struct http_response *response, size_t bytes_sent)
{
    struct app *app = context;
    count_unrouted(app, request, response);
    access_log(&app->access, request, response, bytes_sent);
}

static void on_signal(void *context, int signal)
{
    if (signal == SIGHUP)
        reload(context);
}

static void on_model_event(void *context, const char *event, const char *model, const char *version,
                           const char *reason)
{
    struct app *app = context;
    state_change(&app->state, app->registry);
    if (reason == NULL)
        LOG(LOG_INFO, "model", LOG_TEXT("event", event), LOG_TEXT("model", model),
            LOG_TEXT("version", version));
    else
        LOG(LOG_WARNING, "model", LOG_TEXT("event", event), LOG_TEXT("model", model),
            LOG_TEXT("version", version), LOG_TEXT("reason", reason));
}

static void on_loader_idle(void *context)
{
    struct app *app = context;
    state_settle(&app->state, app->registry);
}

static bool create_registry(struct app *app, struct err *err)
{
    const struct options *options = &app->options;
    struct registry_options registry = {
        .models = options->models,
        .keep = (size_t)options->keep_versions,
        .max_bytes = (size_t)options->max_model_bytes,
        .max_files = (size_t)options->max_model_files,
        .max_models = (size_t)options->max_models,
        .metrics = app->metrics,
        .on_event = on_model_event,
        .on_idle = on_loader_idle,
        .context = app,
    };
    app->state.path = options->state_file;
    app->registry = registry_create(&registry, err);
    if (app->registry == NULL)
        return false;
    registry_set_default(app->registry, options->default_model);
    return true;
}

static bool create_router(struct app *app, struct err *err)
{
    app->protocols = (struct protocol_context){
        .registry = app->registry,
        .management = app->options.management,
        .strict_datatypes = app->options.strict_datatypes,
        .double_digits = app->options.float_digits == 1,
        .server_name = app->options.server_name,
        .metrics = app->metrics,
        .max_rows = (size_t)app->options.max_rows,
        .version_labels = app->options.version_labels,
        .max_body = (size_t)app->options.max_body,
        .openapi = openapi_create(err),
    };
    if (app->protocols.openapi == NULL)
        return false;
    app->router = router_create();
    if (app->router == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the router");
    platform_read(&app->protocols.platform, app->options.sagemaker_models);
    return protocol_add_platform(app->router, &app->protocols, err) &&
           routes_add(app->router, app, err) && protocol_add_all(app->router, &app->protocols, err);
}

static bool create_server(struct app *app, struct err *err)
{
    app->server_options = (struct server_options){
        .metrics = app->metrics,
        .handle = on_request,
        .refuse = on_refuse,
        .done = on_done,
        .on_signal = on_signal,
        .context = app,
    };
    app_fill_server_options(&app->options, &app->server_options);
    app->server = server_create(&app->server_options, err);
    app->protocols.threads = app->server != NULL ? server_threads(app->server) : 0;
    return app->server != NULL;
}

static bool create_parts(struct app *app, struct err *err)
{
    app->metrics = metrics_create();
    if (app->metrics == NULL || !process_metrics_add(app->metrics))
        return err_set(err, ERR_MEMORY, "no memory for the metrics");
    if (!create_registry(app, err) || !create_router(app, err) || !create_server(app, err))
        return false;
    app->watch = watch_create(app->registry, app->options.rescan_interval, err);
    app->protocols.watch = app->watch;
    return app->watch != NULL;
}

struct app *app_create(const struct command *command, struct options *options, struct err *err)
{
    struct app *app = mem_array(1, sizeof *app);
    if (app == NULL) {
        options_finish(options);
        err_set(err, ERR_MEMORY, "no memory");
        return NULL;
    }
    app->command = command;
    app->options = *options;
    *options = (struct options){.listen = NULL};
    app->started_ns = clock_monotonic_ns();
    app->started_wall_ns = clock_wall_ns();
    access_configure(&app->access, app->options.access_log, app->options.slow_request);
    if (create_parts(app, err))
        return app;
    app_destroy(app);
    return NULL;
}

void app_destroy(struct app *app)
{
    if (app == NULL)
        return;
    watch_destroy(app->watch);
    server_destroy(app->server);
    router_destroy(app->router);
    openapi_destroy(app->protocols.openapi);
    registry_destroy(app->registry);
    metrics_destroy(app->metrics);
    options_finish(&app->options);
    free(app);
}

/* TERM and its like are blocked and wait for the control thread, which does not run yet. */
static bool end_is_asked(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGQUIT) == 1 ||
            sigismember(&pending, SIGINT) == 1);
}

/* Requests wait in the listen queue until the models that are there were looked at: a worker that
 * takes over from another on one inherited listener would answer "no model" until it has one.
 * Bounded, so that a probe is answered while very large models load. */
bool app_run(struct app *app, struct err *err)
{
    LOG(LOG_INFO, "starting", LOG_TEXT("version", OMEN_VERSION),
        LOG_TEXT("listen", server_listening(app->server)), LOG_TEXT("models", app->options.models));
    int64_t end = clock_monotonic_ns() + FIRST_SCAN_MAX;
    while (!watch_wait(app->watch, FIRST_SCAN_LOOK) && !end_is_asked() &&
           clock_monotonic_ns() < end)
        continue;
    bool ok = server_run(app->server, err);
    LOG(LOG_INFO, "stopped", LOG_TEXT("drain", ok ? "orderly" : "cut short"));
    return ok;
}
