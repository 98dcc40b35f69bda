/* A whole request of any dialect, through the router and its handler, over real models.
 *
 * The input is "METHOD PATH", lines "Name: value" as the web server passes them on, an empty line,
 * and the body. Whatever comes: no server error, what is called JSON is JSON, and an error is the
 * error object, whatever the client would rather have. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "codec/json.h"
#include "fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((size_t)4 << 20)
#define HEADERS_MAX 8
#define HEAD_MAX_BYTES 1024

static struct fixture fixture;

static struct {
    char name[64]; /* as FastCGI has it: HTTP_ACCEPT */
    const char *value;
} headers[HEADERS_MAX];
static size_t header_count;

static void close_fixture(void)
{
    fixture_close(&fixture);
    json_thread_finish();
}

static void open_once(void)
{
    if (fixture.router != NULL)
        return;
    if (!fixture_open(&fixture, MEMORY))
        abort();
    registry_set_default(fixture.registry, "people");
    atexit(close_fixture);
}

static const char *param(const struct http_request *request, const char *name)
{
    (void)request;
    for (size_t i = 0; i < header_count; i++) {
        if (strcmp(headers[i].name, name) == 0)
            return headers[i].value;
    }
    return NULL;
}

/* "Content-Type: text/csv" -> CONTENT_TYPE, any other gets HTTP_ before it. */
static void add_header(char *line)
{
    char *colon = strchr(line, ':');
    size_t used = 0;
    if (colon == NULL || colon - line > 40 || header_count == HEADERS_MAX)
        return;
    *colon = '\0';
    char *name = headers[header_count].name;
    if (strcasecmp(line, "content-type") != 0)
        used = (size_t)(stpcpy(name, "HTTP_") - name);
    for (const char *at = line; *at != '\0'; at++)
        name[used++] = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
    name[used] = '\0';
    headers[header_count++].value = colon + 1 + strspn(colon + 1, " ");
}

static bool is_packed(void)
{
    return strcasestr(buf_text(&fixture.response.headers), "Content-Encoding:") != NULL;
}

static void check_answer(int status)
{
    struct buf *body = &fixture.response.body;
    struct json *root = NULL;
    struct err err = ERR_INIT;
    bool found = true;
    bool is_json = strcmp(fixture.response.content_type, "application/json") == 0;
    if (status < 200 || status >= 500 || body->failed || (status >= 400 && !is_json))
        abort();
    if (!is_json || is_packed() || body->length == 0)
        return;
    if (!json_parse(body->data, body->length, &root, &err))
        abort();
    if (status >= 400) {
        const struct json *sentence = json_object_get(root, "error", &found);
        if (!found || json_type(sentence) != JSON_STRING)
            abort();
    }
    json_free(root);
}

/* A block of its own, so that a read past the body's end is seen. */
static void send(enum http_method method, const char *path, const char *type, const uint8_t *data,
                 size_t size)
{
    int64_t now = clock_monotonic_ns();
    char *body = malloc(size + 1);
    if (body == NULL)
        abort();
    if (size > 0)
        memcpy(body, data, size);
    body[size] = '\0';
    http_response_reset(&fixture.response, 1 << 20);
    struct http_request request = {
        .method = method,
        .path = path,
        .path_length = strlen(path),
        .query = "",
        .content_type = type,
        .body = body,
        .body_length = size,
        .id = "fuzz",
        .remote = "",
        .arena = &fixture.arena,
        .scratch = &fixture.scratch,
        .timing = {.queued = now, .started = now, .received = now},
        .param = param,
    };
    protocol_dispatch(fixture.router, &request, &fixture.response);
    check_answer(fixture.response.status);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char head[HEAD_MAX_BYTES], path[HEAD_MAX_BYTES];
    size_t path_length;
    open_once();
    arena_reset(&fixture.arena, MEMORY);
    arena_reset(&fixture.scratch, MEMORY);
    const uint8_t *end = size > 0 ? memmem(data, size, "\n\n", 2) : NULL;
    size_t length = end != NULL ? (size_t)(end - data) : 0;
    if (end == NULL || length >= sizeof head || memchr(data, '\0', length) != NULL)
        return 0;
    memcpy(head, data, length);
    head[length] = '\0';
    header_count = 0;
    char *rest = head;
    char *line = strsep(&rest, "\n");
    char *space = strchr(line, ' ');
    if (space == NULL)
        return 0;
    *space = '\0';
    if (!http_path_decode(space + 1, strlen(space + 1), path, &path_length))
        return 0;
    while (rest != NULL)
        add_header(strsep(&rest, "\n"));
    const char *type = http_media_type(&fixture.arena, param(NULL, "CONTENT_TYPE"));
    if (type == NULL)
        abort();
    send(http_method_parse(line), path, type, end + 2, size - length - 2);
    return 0;
}
