#include "protocols/multi_model.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "protocols/invocations.h"
#include "registry/attach.h"

/* The platform waits for a minute. */
#define LOAD_MAX (50 * CLOCK_NS_PER_S)

static void put_model(struct registry *registry, const char *name, struct buf *out)
{
    char path[PATH_MAX];
    registry_attached_path(registry, name, path, sizeof path);
    buf_put_char(out, '{');
    json_write_text(out, "modelName", name);
    json_write_text(out, "modelUrl", path);
    buf_put_char(out, '}');
}

/* --- list ---------------------------------------------------------------------------------- */

/* Names are collected under the registry's lock; what each leads to is looked up afterwards. */
struct names {
    struct buf text; /* each ends in a NUL */
};

static void take_live(void *context, const struct registry_entry *entry)
{
    struct names *names = context;
    if (entry->is_default)
        buf_put(&names->text, entry->name, strlen(entry->name) + 1);
}

static void list(void *context, struct http_request *request, const struct router_match *match,
                 struct http_response *response)
{
    struct protocol_context *protocol = context;
    struct names names = {.text = BUF_INIT};
    (void)request;
    (void)match;
    registry_each_entry(protocol->registry, NULL, take_live, &names);
    buf_put_text(&response->body, "{\"models\":[");
    size_t at = 0;
    while (!names.text.failed && at < names.text.length) {
        json_write_next(&response->body);
        put_model(protocol->registry, names.text.data + at, &response->body);
        at += strlen(names.text.data + at) + 1;
    }
    buf_put_text(&response->body, "]}");
    buf_finish(&names.text);
}

static void take_any_live(void *context, const struct registry_entry *entry)
{
    *(bool *)context = *(bool *)context || entry->is_default;
}

static void get(void *context, struct http_request *request, const struct router_match *match,
                struct http_response *response)
{
    struct protocol_context *protocol = context;
    bool live = false;
    (void)request;
    registry_each_entry(protocol->registry, match->values[0], take_any_live, &live);
    if (live)
        put_model(protocol->registry, match->values[0], &response->body);
    else
        protocol_answer_status(response, 404, "unknown_model", "no such model is loaded");
}

/* --- load and unload ----------------------------------------------------------------------- */

static const char *text_member(const struct json *root, const char *name)
{
    bool found = false;
    size_t length = 0;
    const struct json *value = json_object_get(root, name, &found);
    const char *text = json_type(value) == JSON_STRING ? json_string(value, &length) : NULL;
    return text != NULL && strlen(text) == length ? text : NULL;
}

static void answer_refused(struct http_response *response, const struct err *err, bool taken)
{
    if (taken)
        protocol_answer_status(response, 409, "exists", err->text);
    else if (err->code == ERR_LIMIT)
        protocol_answer_status(response, 507, "limit", err->text);
    else
        protocol_answer_error(response, err);
}

/* A model that does not go live is taken back. */
static void load_model(struct protocol_context *protocol, const char *name, const char *path,
                       struct http_response *response)
{
    struct registry *registry = protocol->registry;
    struct err err = ERR_INIT;
    bool taken;
    if (!registry_attach(registry, name, path, protocol->platform.sagemaker_models, &taken, &err)) {
        answer_refused(response, &err, taken);
        return;
    }
    const char *state = registry_await(registry, name, false, LOAD_MAX, &err);
    if (strcmp(state, "live") == 0) {
        buf_put_text(&response->body, "{\"status\":\"Workers scaled\"}");
        return;
    }
    if (strcmp(state, "failed") != 0)
        err_set(&err, ERR_UNAVAILABLE, "the model takes too long to load");
    registry_detach(registry, name, NULL);
    protocol_answer_error(response, &err);
}

static void load(void *context, struct http_request *request, const struct router_match *match,
                 struct http_response *response)
{
    struct json *root = NULL;
    struct err err = ERR_INIT;
    (void)match;
    if (!json_parse(request->body, request->body_length, &root, &err)) {
        protocol_answer_status(response, 400, "invalid_json", err.text);
        return;
    }
    const char *name = text_member(root, "model_name");
    const char *path = text_member(root, "url");
    if (name != NULL && path != NULL)
        load_model(context, name, path, response);
    else
        protocol_answer_status(response, 400, "invalid",
                               "the body must be an object of two texts, model_name and url");
    json_free(root);
}

static void unload(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    struct protocol_context *protocol = context;
    const char *name = match->values[0];
    struct err err = ERR_INIT;
    (void)request;
    if (!registry_detach(protocol->registry, name, &err)) {
        protocol_answer_error(response, &err);
        return;
    }
    registry_await(protocol->registry, name, true, LOAD_MAX, &err);
    buf_put_text(&response->body, "{\"status\":\"Model \\\"");
    buf_put_text(&response->body, name); /* it was one, so it holds no character to escape */
    buf_put_text(&response->body, "\\\" unregistered\"}");
}

/* --- routes -------------------------------------------------------------------------------- */

bool multi_model_add_routes(struct router *router, struct protocol_context *context,
                            struct err *err)
{
    const struct router_route routes[] = {
        {HTTP_GET, "/models", list, context},
        {HTTP_POST, "/models", load, context},
        {HTTP_GET, "/models/{model}", get, context},
        {HTTP_DELETE, "/models/{model}", unload, context},
        {HTTP_POST, "/models/{model}/invoke", invocations_handle, context},
    };
    const char *place = context->platform.sagemaker_models;
    for (size_t i = 0; place != NULL && place[0] != '\0' && i < sizeof routes / sizeof routes[0];
         i++)
        if (!router_add(router, &routes[i], err))
            return err_prefix(err, "protocol multi_model");
    return true;
}
