/* A request's parameters and body, through the router and the prediction handlers, over real
 * models.
 *
 * The input's first line is "METHOD PATH MEDIA-TYPE" as a client might send them, the rest is the
 * body. Whatever comes, the answer is no server error, and JSON where it says so: an object, or the
 * list that answers a list. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((size_t)4 << 20)
#define LINE_MAX_BYTES 512

static struct fixture fixture;

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

/* The next word of the line, "" at its end. */
static char *next_word(char **line)
{
    char *word = *line;
    char *end = word + strcspn(word, " ");
    *line = *end == ' ' ? end + 1 : end;
    *end = '\0';
    return word;
}

static void check_answer(int status)
{
    struct buf *body = &fixture.response.body;
    struct json *root = NULL;
    struct err err = ERR_INIT;
    if (status < 200 || status >= 500 || body->failed)
        abort();
    bool is_json = strcmp(fixture.response.content_type, "application/json") == 0;
    if (!is_json || body->length == 0) {
        if (status >= 400)
            abort();
        return;
    }
    if (!json_parse(body->data, body->length, &root, &err) ||
        (json_type(root) != JSON_OBJECT && (json_type(root) != JSON_ARRAY || status != 200)))
        abort();
    json_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_once();
    arena_reset(&fixture.arena, MEMORY);
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t length = newline != NULL ? (size_t)(newline - data) : 0;
    if (newline == NULL || length >= LINE_MAX_BYTES || memchr(data, '\0', length) != NULL)
        return 0;
    char text[LINE_MAX_BYTES], path[LINE_MAX_BYTES];
    size_t path_length;
    memcpy(text, data, length);
    text[length] = '\0';
    char *line = text;
    enum http_method method = http_method_parse(next_word(&line));
    const char *raw = next_word(&line);
    if (!http_path_decode(raw, strlen(raw), path, &path_length))
        return 0;
    const char *type = http_media_type(&fixture.arena, line);
    /* A block of its own, so that a read past the body's end is seen. */
    size_t body_length = size - length - 1;
    char *body = malloc(body_length + 1);
    char media[LINE_MAX_BYTES];
    if (body == NULL || type == NULL)
        abort();
    snprintf(media, sizeof media, "%s", type);
    memcpy(body, newline + 1, body_length);
    body[body_length] = '\0';
    check_answer(fixture_request(&fixture, method, path, media, body, body_length));
    free(body);
    return 0;
}
