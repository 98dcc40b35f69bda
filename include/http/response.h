/* An HTTP answer: status, few headers, one body. Embedded in a worker, reset for each request. */
#ifndef OMEN_HTTP_RESPONSE_H
#define OMEN_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct http_response {
    int status;               /* 200 after a reset */
    const char *content_type; /* "application/json" after a reset; static or in the arena */
    struct buf headers;       /* whole "Name: value\r\n" lines */
    struct buf body;
    /* For the access log and the metrics, set by whoever knows; static or in the arena. */
    const char *route; /* the route's pattern */
    const char *model, *version;
    size_t rows;
};

void http_response_init(struct http_response *response);
void http_response_finish(struct http_response *response);
/* Ready for the next request; gives memory back beyond `keep` bytes per buffer. */
void http_response_reset(struct http_response *response, size_t keep);

/* Values with control bytes are dropped to '_' : no header injection. */
void http_response_header(struct http_response *response, const char *name, const char *value);

const char *http_status_text(int status); /* "Not Found"; "Unknown" for others */

#endif
