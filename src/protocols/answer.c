#include "protocols/answer.h"

#include <stdint.h>
#include <string.h>

#include "codec/json.h"

/* A request's memory is bounded by the worker, so that running out of it is the request's size. */
int answer_status_of(enum err_code code)
{
    switch (code) {
    case ERR_NONE:
        return 200;
    case ERR_INVALID:
    case ERR_MISSING:
    case ERR_CATEGORY:
    case ERR_RANGE:
    case ERR_UNSUPPORTED:
        return 400;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_LIMIT:
    case ERR_MEMORY:
        return 413;
    case ERR_UNAVAILABLE:
        return 503;
    case ERR_IO:
    case ERR_INTERNAL:
        break;
    }
    return 500;
}

static const char opening[] = "{\"error\":";

void answer_write(struct buf *out, const char *code, const struct err *err)
{
    buf_put_text(out, opening);
    json_write_string(out, err->text, strlen(err->text));
    buf_put_text(out, ",\"code\":");
    json_write_string(out, code, strlen(code));
    if (err->row != ERR_NO_ROW) {
        buf_put_text(out, ",\"row\":");
        json_write_integer(out, err->row);
    }
    if (err->field[0] != '\0') {
        buf_put_text(out, ",\"field\":");
        json_write_string(out, err->field, strlen(err->field));
    }
}

void answer_open(struct http_response *response, int status, const char *code,
                 const struct err *err)
{
    response->status = status;
    response->content_type = "application/json";
    if (status == 503)
        http_response_header(response, "Retry-After", "1");
    buf_reset(&response->body, SIZE_MAX);
    answer_write(&response->body, code, err);
}

void answer_close(struct http_response *response)
{
    buf_put_char(&response->body, '}');
}

const char *answer_sentence(const struct http_response *response, size_t *length)
{
    const struct buf *body = &response->body;
    size_t begin = sizeof opening - 1;
    if (body->failed || body->length <= begin || memcmp(body->data, opening, begin) != 0)
        return NULL;
    size_t end = begin + 1;
    while (end < body->length && body->data[end] != '"')
        end += body->data[end] == '\\' ? 2 : 1;
    *length = end + 1 - begin;
    return end < body->length ? body->data + begin : NULL;
}

void answer_put_first(struct http_response *response, const struct buf *members)
{
    struct buf *body = &response->body;
    if (members->failed || buf_reserve(body, members->length) == NULL)
        return;
    memmove(body->data + 1 + members->length, body->data + 1, body->length - 1);
    memcpy(body->data + 1, members->data, members->length);
    buf_commit(body, members->length);
}
