/* The model repository extension: what there is, and an operator's load and unload. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "codec/json.h"
#include "protocols/answer.h"
#include "protocols/oip.h"
#include "registry/watch.h"

#define WAIT_MAX (5 * CLOCK_NS_PER_S) /* of a request that has no deadline */
#define LOOK_NS (2 * CLOCK_NS_PER_MS)
#define NAME_TOLD 64

static bool is_allowed(const struct protocol_context *own, struct http_response *response)
{
    if (!own->management)
        protocol_answer_status(response, 403, "forbidden",
                               "the repository is not for requests here; the option management "
                               "allows it");
    return own->management;
}

/* A body is optional, and an object. *root is for the caller to free. */
static bool read_body(const struct http_request *request, struct json **root,
                      struct http_response *response)
{
    struct err err = ERR_INIT;
    *root = NULL;
    if (request->body_length == 0)
        return true;
    if (!json_parse(request->body, request->body_length, root, &err))
        protocol_answer_status(response, 400, "invalid_json", err.text);
    else if (*root != NULL && json_type(*root) != JSON_OBJECT)
        protocol_answer_status(response, 400, "invalid", "the request must be a JSON object");
    else
        return true;
    return false;
}

/* --- index --------------------------------------------------------------------------------- */

struct index_writer {
    struct buf *body;
    bool only_ready;
};

static void put_state(struct index_writer *writer, const char *name, const char *version,
                      const char *state, const char *reason)
{
    struct buf *body = writer->body;
    json_write_next(body);
    buf_put_char(body, '{');
    json_write_text(body, "name", name);
    json_write_text(body, "version", version);
    json_write_text(body, "state", state);
    json_write_text(body, "reason", reason);
    buf_put_char(body, '}');
}

static void put_entry(void *context, const struct registry_entry *entry)
{
    static const struct {
        const char *ours, *state;
    } states[] = {{"live", "READY"},
                  {"loading", "LOADING"},
                  {"retired", "UNLOADING"},
                  {"failed", "UNAVAILABLE"}};
    struct index_writer *writer = context;
    const char *state = "UNKNOWN";
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(entry->state, states[i].ours) == 0)
            state = states[i].state;
    }
    if (!writer->only_ready || strcmp(state, "READY") == 0)
        put_state(writer, entry->name, entry->version, state,
                  entry->reason != NULL ? entry->reason : "");
}

static void put_withheld(void *context, const char *name)
{
    put_state(context, name, NULL, "UNAVAILABLE", "unloaded");
}

void oip_handle_index(void *context, struct http_request *request, const struct router_match *match,
                      struct http_response *response)
{
    const struct protocol_context *own = context;
    struct index_writer writer = {.body = &response->body};
    struct json *root = NULL;
    (void)match;
    if (is_allowed(own, response) && read_body(request, &root, response)) {
        const struct json *ready =
            root != NULL ? json_object_get(root, "ready", &(bool){false}) : NULL;
        if (json_type(ready) != JSON_NULL && json_type(ready) != JSON_BOOL) {
            protocol_answer_status(response, 400, "invalid",
                                   "Invalid value for 'ready': expected a boolean");
        } else {
            writer.only_ready = json_type(ready) == JSON_BOOL && json_bool(ready);
            buf_put_char(&response->body, '[');
            registry_each_entry(own->registry, NULL, put_entry, &writer);
            if (!writer.only_ready)
                registry_each_withheld(own->registry, put_withheld, &writer);
            buf_put_char(&response->body, ']');
        }
    }
    json_free(root);
}

/* --- load, unload -------------------------------------------------------------------------- */

/* Until a scan that began from now on has ended; the loader thread does the work. */
static void await_scan(const struct protocol_context *own, const struct http_request *request)
{
    unsigned begun = registry_scans_begun(own->registry);
    int64_t end = request->deadline > 0 ? request->deadline : clock_monotonic_ns() + WAIT_MAX;
    if (own->watch != NULL)
        watch_wake(own->watch);
    while ((int)(registry_scans_ended(own->registry) - begun) < 1 && clock_monotonic_ns() < end)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
}

/* Plain names only: they are compared with what the directory has, never opened; but an operator
 * whose client builds names should hear of it. */
static bool check_name(const char *name, struct http_response *response)
{
    if (strspn(name, " \t") == strlen(name))
        protocol_answer_status(response, 400, "invalid",
                               "Model name cannot be empty. Please enter a valid name to deploy.");
    else if (strchr(name, '/') != NULL || strchr(name, '\\') != NULL || strcmp(name, "..") == 0)
        protocol_answer_status(response, 400, "invalid",
                               "model name must not contain path traversal characters");
    else
        return true;
    return false;
}

struct reason {
    const char *name;
    char text[ERR_TEXT_SIZE / 2];
};

static void take_reason(void *context, const struct registry_entry *entry)
{
    struct reason *reason = context;
    if (strcmp(entry->name, reason->name) == 0 && entry->reason != NULL && reason->text[0] == '\0')
        snprintf(reason->text, sizeof reason->text, "%s", entry->reason);
}

static void answer_failure(const struct protocol_context *own, const char *name,
                           struct http_response *response)
{
    struct reason reason = {.name = name};
    char sentence[ERR_TEXT_SIZE];
    registry_each_entry(own->registry, NULL, take_reason, &reason);
    snprintf(sentence, sizeof sentence, "failed to load '%.*s', %s", NAME_TOLD, name,
             reason.text[0] != '\0' ? reason.text
                                    : "failed to poll from model repository: it is not there");
    protocol_answer_status(response, 400, "load_failed", sentence);
}

static void answer_done(const char *name, const char *what, struct http_response *response)
{
    struct buf *body = &response->body;
    buf_put_char(body, '{');
    json_write_text(body, "name", name);
    json_write_bool(body, what, true);
    buf_put_char(body, '}');
}

/* False when the answer is an error, which is written. */
static bool begin(const struct protocol_context *own, const struct http_request *request,
                  const char *name, struct http_response *response)
{
    struct json *root = NULL;
    bool ok = is_allowed(own, response) && check_name(name, response) &&
              read_body(request, &root, response);
    json_free(root);
    return ok;
}

void oip_handle_load(void *context, struct http_request *request, const struct router_match *match,
                     struct http_response *response)
{
    const struct protocol_context *own = context;
    const char *name = match->values[0];
    struct err err = ERR_INIT;
    if (!begin(own, request, name, response))
        return;
    registry_allow(own->registry, name);
    await_scan(own, request);
    struct model *model = registry_acquire(own->registry, name, NULL, &err);
    if (model != NULL)
        answer_done(name, "load", response);
    else
        answer_failure(own, name, response);
    registry_release(own->registry, model);
}

void oip_handle_unload(void *context, struct http_request *request,
                       const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct err err = ERR_INIT;
    if (!begin(own, request, match->values[0], response))
        return;
    struct model *model = registry_acquire(own->registry, match->values[0], NULL, &err);
    registry_release(own->registry, model);
    if (model == NULL && err.code == ERR_NOT_FOUND) {
        oip_answer_no_model(match, &err, response);
    } else if (!registry_withhold(own->registry, match->values[0], &err)) {
        protocol_answer_error(response, &err);
    } else {
        await_scan(own, request);
        answer_done(match->values[0], "unload", response);
    }
}
