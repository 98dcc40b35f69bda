/* What is the same for every directory of models is written by hand in openapi.json:
 *
 *   document       the document but for its paths and what the models add
 *   model_schemas  for each model, into components.schemas
 *   shared         members that several objects have: {"x-same": NAME, ...} has them in its place
 *   routes         by the router's pattern, the path item; its member "each", where there is one,
 * is the path item of each model's own path, which has the model's name in it
 *
 * In model_schemas and "each", {{model}} in a text is the model's name, {{key}} the name as
 * components may have it, and an object {"x-omen": PART} the part that openapi_model.h makes. A
 * member "example" or "examples" with a part that is not there is left out. */
#include "protocols/openapi.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "codec/json.h"
#include "protocols/embedded.h"
#include "protocols/openapi_model.h"

struct openapi {
    struct json *source; /* openapi.json */
    pthread_mutex_t lock;
    struct buf text;
    char digest[DIGEST_TEXT_SIZE]; /* of the text */
    uint64_t generation;           /* of the registry, that the text is about */
    bool made;
};

struct openapi *openapi_create(struct err *err)
{
    struct openapi *openapi = mem_array(1, sizeof *openapi);
    if (openapi == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the document");
        return NULL;
    }
    pthread_mutex_init(&openapi->lock, NULL);
    if (json_parse(embedded_openapi.data, embedded_openapi.length, &openapi->source, err))
        return openapi;
    err_prefix(err, "openapi.json");
    openapi_destroy(openapi);
    return NULL;
}

void openapi_destroy(struct openapi *openapi)
{
    if (openapi == NULL)
        return;
    json_free(openapi->source);
    buf_finish(&openapi->text);
    pthread_mutex_destroy(&openapi->lock);
    free(openapi);
}

/* ---- a value of openapi.json, filled in ---- */

struct writer {
    struct buf *out;
    const struct json *routes, *shared;
    const struct protocol_platform *platform;
    const struct openapi_model *models;
    size_t model_count;
    const struct openapi_model *model; /* that {{model}} stands for, or NULL */
    const char *pattern;               /* of the path item that is open, or NULL */
};

/* "+" is in no name of a component. */
static void put_key_name(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '+')
            buf_put_text(out, "_plus_");
        else
            buf_put_char(out, *name);
    }
}

static void write_text(struct writer *writer, const char *text, size_t length)
{
    struct buf filled = BUF_INIT;
    const char *brace;
    if (writer->model == NULL || strstr(text, "{{") == NULL) {
        json_write_string(writer->out, text, length);
        return;
    }
    for (; (brace = strstr(text, "{{")) != NULL; text = strstr(brace, "}}") + 2) {
        buf_put(&filled, text, (size_t)(brace - text));
        if (strncmp(brace, "{{key}}", strlen("{{key}}")) == 0)
            put_key_name(&filled, writer->model->model->name);
        else
            buf_put_text(&filled, writer->model->model->name);
    }
    buf_put_text(&filled, text);
    json_write_string(writer->out, filled.data, filled.length);
    writer->out->failed = writer->out->failed || filled.failed;
    buf_finish(&filled);
}

/* The part that {"x-omen": PART} names, or NULL. */
static const char *part_of(const struct json *value)
{
    bool found = false;
    const struct json *part =
        json_type(value) == JSON_OBJECT ? json_object_get(value, "x-omen", &found) : NULL;
    return found ? json_string(part, &(size_t){0}) : NULL;
}

static void write_value(struct writer *writer, const struct json *value);

static void write_number(struct buf *out, const struct json *value)
{
    int64_t integer;
    if (json_integer(value, &integer))
        json_write_integer(out, integer);
    else
        json_write_number(out, json_number(value));
}

static void write_array(struct writer *writer, const struct json *array)
{
    buf_put_char(writer->out, '[');
    for (size_t i = 0; i < json_array_length(array); i++) {
        if (i > 0)
            buf_put_char(writer->out, ',');
        write_value(writer, json_array_at(array, i));
    }
    buf_put_char(writer->out, ']');
}

static bool lacks_part(const struct writer *writer, const struct json *value)
{
    const char *part = part_of(value);
    if (part != NULL)
        return !openapi_model_has(writer->model, part);
    for (size_t i = 0; json_type(value) == JSON_ARRAY && i < json_array_length(value); i++) {
        if (lacks_part(writer, json_array_at(value, i)))
            return true;
    }
    if (json_type(value) != JSON_OBJECT)
        return false;
    for (struct json_iterator it = json_begin(value); json_next(&it);) {
        if (lacks_part(writer, it.value))
            return true;
    }
    return false;
}

static const struct json *shared_members(const struct writer *writer, const struct json *name)
{
    bool found = false;
    return json_object_get(writer->shared, json_string(name, &(size_t){0}), &found);
}

/* Returns how many, those before counted in. Shared members share no others. */
static size_t write_members(struct writer *writer, const struct json *object, size_t count)
{
    for (struct json_iterator it = json_begin(object); json_next(&it);) {
        if (strncmp(it.key, "example", strlen("example")) == 0 && lacks_part(writer, it.value))
            continue;
        if (strcmp(it.key, "x-same") == 0) {
            count = write_members(writer, shared_members(writer, it.value), count);
            continue;
        }
        if (count++ > 0)
            buf_put_char(writer->out, ',');
        write_text(writer, it.key, it.key_length);
        buf_put_char(writer->out, ':');
        write_value(writer, it.value);
    }
    return count;
}

/* As deep as openapi.json is. */
static void write_value(struct writer *writer, const struct json *value)
{
    struct buf *out = writer->out;
    const char *text;
    size_t length;
    switch (json_type(value)) {
    case JSON_NULL:
        buf_put_text(out, "null");
        break;
    case JSON_BOOL:
        buf_put_text(out, json_bool(value) ? "true" : "false");
        break;
    case JSON_NUMBER:
        write_number(out, value);
        break;
    case JSON_STRING:
        text = json_string(value, &length);
        write_text(writer, text, length);
        break;
    case JSON_NUMBERS: /* of an envelope only */
    case JSON_ARRAY:
        write_array(writer, value);
        break;
    case JSON_OBJECT:
        text = part_of(value);
        if (text != NULL) {
            openapi_model_write(out, writer->model, text);
            break;
        }
        buf_put_char(out, '{');
        write_members(writer, value, 0);
        buf_put_char(out, '}');
        break;
    }
}

/* ---- paths ---- */

/* The pattern with the model's name for "{model}". */
static void write_model_path(struct writer *writer, const char *pattern, const char *name)
{
    static const char place[] = "{model}";
    struct buf path = BUF_INIT;
    const char *at = strstr(pattern, place);
    buf_put(&path, pattern, (size_t)(at - pattern));
    buf_put_text(&path, name);
    buf_put_text(&path, at + strlen(place));
    json_write_next(writer->out);
    json_write_string(writer->out, path.data, path.length);
    writer->out->failed = writer->out->failed || path.failed;
    buf_finish(&path);
}

/* Vertex AI says where its routes are: they are described by the names of its variables. */
static const struct json *find_item(const struct writer *writer, const char *pattern)
{
    const char *health = writer->platform->vertex_health_route;
    const char *predict = writer->platform->vertex_predict_route;
    bool found = false;
    if (health != NULL && strcmp(pattern, health) == 0)
        pattern = "AIP_HEALTH_ROUTE";
    else if (predict != NULL && strcmp(pattern, predict) == 0)
        pattern = "AIP_PREDICT_ROUTE";
    return json_object_get(writer->routes, pattern, &found);
}

/* Ends the path item that is open; then each model's own. */
static void close_path(struct writer *writer)
{
    bool found = false;
    const struct json *item, *each;
    if (writer->pattern == NULL)
        return;
    buf_put_char(writer->out, '}');
    item = find_item(writer, writer->pattern);
    each = item != NULL ? json_object_get(item, "each", &found) : NULL;
    for (size_t i = 0; each != NULL && i < writer->model_count; i++) {
        writer->model = &writer->models[i];
        write_model_path(writer, writer->pattern, writer->model->model->name);
        buf_put_char(writer->out, ':');
        write_value(writer, each);
    }
    writer->model = NULL;
    writer->pattern = NULL;
}

static const char *method_key(enum http_method method)
{
    switch (method) {
    case HTTP_GET:
        return "get";
    case HTTP_HEAD:
        return "head";
    case HTTP_POST:
        return "post";
    case HTTP_PUT:
        return "put";
    case HTTP_PATCH:
        return "patch";
    case HTTP_DELETE:
        return "delete";
    case HTTP_OPTIONS:
    case HTTP_OTHER:
        break;
    }
    return "options";
}

static void write_route(void *context, const struct router_route *route)
{
    struct writer *writer = context;
    const char *method = method_key(route->method);
    bool found = false;
    const struct json *item = find_item(writer, route->pattern);
    const struct json *operation = item != NULL ? json_object_get(item, method, &found) : NULL;
    if (operation == NULL)
        return; /* not described: a test names it */
    if (writer->pattern == NULL || strcmp(writer->pattern, route->pattern) != 0) {
        close_path(writer);
        json_write_next(writer->out);
        json_write_string(writer->out, route->pattern, strlen(route->pattern));
        buf_put_text(writer->out, ":{");
        writer->pattern = route->pattern;
    }
    json_write_next(writer->out);
    json_write_string(writer->out, method, strlen(method));
    buf_put_char(writer->out, ':');
    write_value(writer, operation);
}

/* ---- the document ---- */

static void write_schemas(struct writer *writer, const struct json *shared,
                          const struct json *of_model)
{
    buf_put_text(writer->out, "\"schemas\":{");
    size_t count = write_members(writer, shared, 0);
    for (size_t i = 0; i < writer->model_count; i++) {
        writer->model = &writer->models[i];
        count = write_members(writer, of_model, count);
    }
    writer->model = NULL;
    buf_put_char(writer->out, '}');
}

static void write_components(struct writer *writer, const struct json *components,
                             const struct json *of_model)
{
    buf_put_text(writer->out, "\"components\":{");
    for (struct json_iterator it = json_begin(components); json_next(&it);) {
        json_write_next(writer->out);
        if (strcmp(it.key, "schemas") == 0) {
            write_schemas(writer, it.value, of_model);
            continue;
        }
        json_write_string(writer->out, it.key, it.key_length);
        buf_put_char(writer->out, ':');
        write_value(writer, it.value);
    }
    buf_put_char(writer->out, '}');
}

static void write_models(struct writer *writer)
{
    buf_put_text(writer->out, ",\"x-models\":[");
    for (size_t i = 0; i < writer->model_count; i++) {
        if (i > 0)
            buf_put_char(writer->out, ',');
        openapi_model_write(writer->out, &writer->models[i], "about");
    }
    buf_put_char(writer->out, ']');
}

static void write_document(struct writer *writer, const struct router *router,
                           const struct json *source)
{
    bool found;
    const struct json *document = json_object_get(source, "document", &found);
    const struct json *of_model = json_object_get(source, "model_schemas", &found);
    struct buf *out = writer->out;
    writer->routes = json_object_get(source, "routes", &found);
    writer->shared = json_object_get(source, "shared", &found);
    buf_put_char(out, '{');
    for (struct json_iterator it = json_begin(document); json_next(&it);) {
        json_write_next(out);
        if (strcmp(it.key, "components") == 0) {
            write_components(writer, it.value, of_model);
            continue;
        }
        json_write_string(out, it.key, it.key_length);
        buf_put_char(out, ':');
        write_value(writer, it.value);
    }
    buf_put_text(out, ",\"paths\":{");
    router_each(router, write_route, writer);
    close_path(writer);
    buf_put_char(out, '}');
    write_models(writer);
    buf_put_char(out, '}');
}

static bool make_document(struct openapi *openapi, const struct protocol_context *context)
{
    struct model **models = NULL;
    struct openapi_budget budget = OPENAPI_BUDGET_INIT;
    size_t count = 0;
    bool ok = registry_acquire_all(context->registry, &models, &count);
    struct openapi_model *about = count > 0 ? mem_array(count, sizeof *about) : NULL;
    struct writer writer = {.out = &openapi->text,
                            .platform = &context->platform,
                            .models = about,
                            .model_count = count};
    ok = ok && (about != NULL || count == 0);
    for (size_t i = 0; ok && i < count; i++)
        openapi_model_init(&about[i], models[i], &budget);
    buf_reset(&openapi->text, SIZE_MAX);
    if (ok)
        write_document(&writer, context->router, openapi->source);
    for (size_t i = 0; i < count; i++)
        registry_release(context->registry, models[i]);
    free(models);
    free(about);
    return ok && !openapi->text.failed &&
           digest_sha256(openapi->text.data, openapi->text.length, openapi->digest, NULL);
}

/* If-None-Match: entity tags in quotes, or any. The web server makes ours a weak one where it packs
 * the document. */
static bool client_has(const struct openapi *openapi, const struct http_request *request)
{
    const char *known = request->param(request, "HTTP_IF_NONE_MATCH");
    return known != NULL && (strcmp(known, "*") == 0 || strstr(known, openapi->digest) != NULL);
}

/* To be asked for each time, and sent only if it is another one. */
static void answer_document(const struct openapi *openapi, const struct http_request *request,
                            struct http_response *response)
{
    char tag[DIGEST_TEXT_SIZE + 2];
    snprintf(tag, sizeof tag, "\"%s\"", openapi->digest);
    http_response_header(response, "ETag", tag);
    http_response_header(response, "Cache-Control", "no-cache");
    if (client_has(openapi, request))
        response->status = 304;
    else
        buf_put(&response->body, openapi->text.data, openapi->text.length);
}

static void openapi_handle(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response)
{
    struct protocol_context *protocols = context;
    struct openapi *openapi = protocols->openapi;
    (void)match;
    /* Read first: what changes meanwhile makes the next request see an old document. */
    uint64_t generation = registry_generation(protocols->registry);
    pthread_mutex_lock(&openapi->lock);
    if (!openapi->made || openapi->generation != generation) {
        openapi->made = make_document(openapi, protocols);
        openapi->generation = generation;
    }
    bool made = openapi->made;
    if (made)
        answer_document(openapi, request, response);
    pthread_mutex_unlock(&openapi->lock);
    if (!made)
        protocol_answer_status(response, 503, "unavailable", "no memory for the document");
}

static const struct router_route routes[] = {
    {.method = HTTP_GET, .pattern = "/openapi.json", .handle = openapi_handle},
};

const struct protocol protocol_openapi = {
    .name = "openapi",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
