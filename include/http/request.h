/* An HTTP request, whoever brought it. Plain data in the worker's arena; lives for one request. */
#ifndef OMEN_HTTP_REQUEST_H
#define OMEN_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER
};

enum http_method http_method_parse(const char *text);
const char *http_method_name(enum http_method method); /* "OTHER" for HTTP_OTHER */

/* When each phase ended, in clock_monotonic_ns; 0: did not happen. */
struct http_timing {
    int64_t queued;   /* the control thread saw the request */
    int64_t started;  /* a worker took it */
    int64_t received; /* parameters and body are complete */
    int64_t decoded;  /* by a protocol */
    int64_t computed;
    int64_t encoded;
};

struct http_request {
    enum http_method method;
    const char *path;         /* percent-decoded, no query, begins with '/' */
    size_t path_length;       /* the path holds no NUL, '//' stays */
    const char *query;        /* raw, without '?', "" when absent */
    const char *content_type; /* media type in lower case without parameters; "" when absent */
    const char *body;         /* NUL-terminated besides */
    size_t body_length;
    const char *id;        /* request id: from the web server, or ours */
    const char *remote;    /* REMOTE_ADDR or "" */
    struct arena *arena;   /* for whatever the handler needs until the answer is sent */
    struct arena *scratch; /* for operators */
    unsigned worker;       /* number of the worker thread */
    struct http_timing timing;
    int64_t deadline; /* clock_monotonic_ns after which computing is to end; 0: none */
    /* True when nobody waits for the answer any more; costs a system call. NULL: not known. */
    bool (*is_abandoned)(const struct http_request *request);
    /* Between two pieces of a long computation: those who wait meanwhile are served. The deadline
     * is put off by the time that takes. NULL: nobody can be. */
    void (*yield)(struct http_request *request);
    /* A parameter of the FastCGI request ("HTTP_ACCEPT"), or NULL. Never trust HTTP_*. */
    const char *(*param)(const struct http_request *request, const char *name);
    void *peer; /* the server's own */
};

/* Decodes %XX of a raw path in place into out (size >= length + 1). False for a bad escape, a NUL,
 * a control byte, or a path that does not begin with '/'. */
bool http_path_decode(const char *raw, size_t length, char *out, size_t *out_length);

/* "Application/JSON; charset=utf-8" -> "application/json" in the arena; "" for none; NULL: memory.
 */
const char *http_media_type(struct arena *arena, const char *content_type);

#endif
