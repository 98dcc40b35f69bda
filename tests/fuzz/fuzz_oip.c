/* An inference request of the Open Inference Protocol, through its decoder and encoder, over real
 * models.
 *
 * The input's first line is "MODEL HEADER CODING": the length that Inference-Header-Content-Length
 * claims ("-" for no header) and the Content-Encoding ("-" for none); the rest is the body.
 * Whatever comes, there is no server error, the JSON of the answer is JSON, and the bytes behind it
 * are those that it announces. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((size_t)4 << 20)
#define LINE_MAX_BYTES 512

static struct fixture fixture;
static const char *header_length, *content_encoding;

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
    atexit(close_fixture);
}

static const char *param(const struct http_request *request, const char *name)
{
    (void)request;
    if (strcmp(name, "HTTP_INFERENCE_HEADER_CONTENT_LENGTH") == 0)
        return header_length;
    return strcmp(name, "HTTP_CONTENT_ENCODING") == 0 ? content_encoding : NULL;
}

/* The next word of the line, "" at its end. */
static char *next_word(char **line)
{
    char *word = *line;
    char *end = word + strcspn(word, " ");
    *line = *end == ' ' ? end + 1 : end;
    *end = '\0';
    return word;
}

static const char *given(const char *word)
{
    return strcmp(word, "-") == 0 ? NULL : word;
}

/* Bytes that the outputs announce. */
static size_t announced(const struct json *root)
{
    bool found;
    size_t sum = 0;
    const struct json *outputs = json_object_get(root, "outputs", &found);
    for (size_t i = 0; found && i < json_array_length(outputs); i++) {
        bool has;
        int64_t size;
        const struct json *parameters =
            json_object_get(json_array_at(outputs, i), "parameters", &has);
        if (has && json_integer(json_object_get(parameters, "binary_data_size", &has), &size))
            sum += (size_t)size;
    }
    return sum;
}

static void check_answer(void)
{
    static const char name[] = "Inference-Header-Content-Length: ";
    struct http_response *response = &fixture.response;
    struct json *root = NULL;
    struct err err = ERR_INIT;
    const char *line = strstr(buf_text(&response->headers), name);
    size_t length = response->body.length;
    if (response->status < 200 || response->status > 504 ||
        (response->status >= 500 && response->status != 504) || response->body.failed)
        abort();
    if (line != NULL)
        length = strtoul(line + sizeof name - 1, NULL, 10);
    if (length > response->body.length || !json_parse(response->body.data, length, &root, &err) ||
        json_type(root) != JSON_OBJECT)
        abort();
    if (response->status == 200 && announced(root) != response->body.length - length)
        abort();
    json_free(root);
}

static void ask(const char *model, const char *body, size_t length)
{
    struct http_request request = {
        .method = HTTP_POST,
        .query = "",
        .content_type = "",
        .body = body,
        .body_length = length,
        .id = "",
        .remote = "",
        .arena = &fixture.arena,
        .scratch = &fixture.scratch,
        .param = param,
    };
    char path[LINE_MAX_BYTES];
    int size = snprintf(path, sizeof path, "/v2/models/%s/infer", model);
    if (size < 0 || (size_t)size >= sizeof path)
        return;
    request.path = path;
    request.path_length = (size_t)size;
    request.timing.queued = request.timing.started = request.timing.received = 1;
    http_response_reset(&fixture.response, MEMORY);
    protocol_dispatch(fixture.router, &request, &fixture.response);
    check_answer();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_once();
    arena_reset(&fixture.arena, MEMORY);
    arena_reset(&fixture.scratch, MEMORY);
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t length = newline != NULL ? (size_t)(newline - data) : 0;
    if (newline == NULL || length >= LINE_MAX_BYTES / 2 || memchr(data, '\0', length) != NULL)
        return 0;
    char text[LINE_MAX_BYTES];
    memcpy(text, data, length);
    text[length] = '\0';
    char *line = text;
    const char *model = next_word(&line);
    header_length = given(next_word(&line));
    content_encoding = given(next_word(&line));
    /* A block of its own, so that a read past the body's end is seen. */
    size_t body_length = size - length - 1;
    char *body = malloc(body_length + 1);
    if (body == NULL)
        abort();
    memcpy(body, newline + 1, body_length);
    body[body_length] = '\0';
    ask(model, body, body_length);
    free(body);
    return 0;
}
