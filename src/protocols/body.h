/* Bodies in a coding: a request's by its Content-Encoding, an answer's by its Accept-Encoding. */
#ifndef OMEN_PROTOCOLS_BODY_H
#define OMEN_PROTOCOLS_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/request.h"
#include "http/response.h"

struct body {
    const char *bytes; /* NUL-terminated besides */
    size_t length;
    struct buf unpacked; /* what bytes points into when the body came packed */
};

/* max_bytes bounds what the body unpacks to. False when the answer is an error, which is written:
 * 415 with Accept-Encoding for a coding that is none of ours, 413, 400. The caller finishes the
 * body, after a failure too. */
bool body_read(struct body *body, struct http_request *request, size_t max_bytes,
               struct http_response *response);
void body_finish(struct body *body);

/* Packs the answer if the client takes it packed, it is long enough to be worth it, and nothing
 * fails meanwhile. Sets Content-Encoding and Vary. */
void body_pack_answer(const struct http_request *request, struct http_response *response);

#endif
