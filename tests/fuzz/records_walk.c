#include "records_walk.h"

#include <string.h>

#define HEADER 8
#define BEGIN 1
#define PARAMS 4
#define STDIN 5
#define COUNT_MAX 512
#define PADDED_MAX 8192 /* a padded end must be within libfcgi's first read */

struct record {
    unsigned version, type, id, length, padding;
    const uint8_t *content;
    size_t whole; /* bytes, which may be more than are there */
};

/* False when not even the header is there. */
static bool record_at(const uint8_t *bytes, size_t size, size_t at, struct record *record)
{
    if (at > size || size - at < HEADER)
        return false;
    const uint8_t *header = bytes + at;
    *record = (struct record){
        .version = header[0],
        .type = header[1],
        .id = header[2] * 256U + header[3],
        .length = header[4] * 256U + header[5],
        .padding = header[6],
        .content = header + HEADER,
    };
    record->whole = HEADER + record->length + record->padding;
    return true;
}

/* A number of one byte or four; false at the end of the bytes. */
static bool read_length(const struct buf *bytes, size_t *at, uint64_t *length)
{
    const uint8_t *from = (const uint8_t *)bytes->data + *at;
    size_t left = bytes->length - *at;
    if (left < 1 || (from[0] >= 128 && left < 4))
        return false;
    *length = from[0];
    *at += 1;
    if (from[0] < 128)
        return true;
    *length = ((from[0] - 128U) * UINT64_C(256) + from[1]) * 65536 + from[2] * 256U + from[3];
    *at += 3;
    return true;
}

/* "NAME=value", as a C text: it ends at the first NUL that is in it. */
static void put_param(struct buf *params, const char *pair, size_t name, size_t value)
{
    size_t start = params->length;
    buf_put(params, pair, name);
    buf_put_char(params, '=');
    buf_put(params, pair + name, value);
    buf_put_char(params, '\0');
    if (!params->failed)
        params->length = start + strlen(params->data + start) + 1;
}

/* Names and values of the whole stream; false when it is cut or larger than allowed. */
static bool read_pairs(const struct buf *stream, size_t max_params, struct walk_head *head)
{
    uint64_t total = 0;
    for (size_t at = 0; at < stream->length;) {
        uint64_t name, value;
        if (!read_length(stream, &at, &name) || !read_length(stream, &at, &value))
            return false;
        total += name + value;
        if (total > max_params || ++head->count > COUNT_MAX || name + value > stream->length - at)
            return false;
        put_param(&head->params, stream->data + at, name, value);
        at += name + value;
    }
    return true;
}

/* Collects the parameters' records up to the empty one; false when that is not reached. */
static bool read_stream(const uint8_t *bytes, size_t size, struct walk_head *head,
                        struct buf *stream)
{
    struct record record;
    while (record_at(bytes, size, head->end, &record)) {
        bool own = record.type == PARAMS && record.id == head->id;
        if (record.version != 1 || size - head->end < record.whole)
            return false;
        head->end += record.whole;
        if (own && record.length == 0) {
            head->padding = record.padding;
            return record.padding == 0 || head->end <= PADDED_MAX;
        }
        if (own)
            buf_put(stream, record.content, record.length);
        else if (record.id == 0 || record.id == head->id || record.length == 0 ||
                 (record.type == BEGIN && record.length != 8))
            return false;
    }
    return false;
}

void walk_head(const uint8_t *bytes, size_t size, size_t max_params, struct walk_head *head)
{
    struct record begin;
    struct buf stream = BUF_INIT;
    *head = (struct walk_head){0};
    if (!record_at(bytes, size, 0, &begin) || begin.version != 1 || begin.type != BEGIN ||
        begin.id == 0 || begin.length != 8 || begin.padding != 0 || size < begin.whole ||
        begin.content[0] != 0 || begin.content[1] != 1)
        return;
    head->id = begin.id;
    head->end = begin.whole;
    head->whole = read_stream(bytes, size, head, &stream) && read_pairs(&stream, max_params, head);
    buf_finish(&stream);
}

void walk_head_finish(struct walk_head *head)
{
    buf_finish(&head->params);
}

const char *walk_param(const struct walk_head *head, const char *name)
{
    size_t length = strlen(name);
    for (size_t at = 0; at < head->params.length; at += strlen(head->params.data + at) + 1) {
        const char *param = head->params.data + at;
        if (strncmp(param, name, length) == 0 && param[length] == '=')
            return param + length + 1;
    }
    return NULL;
}

void walk_body(const uint8_t *bytes, size_t size, unsigned id, struct walk_body *body)
{
    struct record record;
    bool clean = true;
    *body = (struct walk_body){0};
    while (record_at(bytes, size, body->end, &record)) {
        bool own = record.version == 1 && record.type == STDIN && record.id == id;
        if (record.version == 1 && record.id == 0 && record.type != BEGIN)
            return; /* the fault: the peer stops before it */
        if (size - body->end < record.whole)
            break;
        body->end += record.whole;
        if (own && record.length == 0) {
            body->whole = true;
            body->clean = clean;
            return;
        }
        clean = clean && own;
        if (own)
            buf_put(&body->text, record.content, record.length);
    }
    body->end = size;
}

void walk_body_finish(struct walk_body *body)
{
    buf_finish(&body->text);
}
