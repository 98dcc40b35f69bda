/* From method and path to a handler.
 *
 * A pattern is a path whose segments may be "{name}": it matches one non-empty segment. More exact
 * patterns win over less exact ones; a path that only other methods have is answered 405 with
 * Allow, by the caller. HEAD falls back to GET. Built once, then const. */
#ifndef OMEN_HTTP_ROUTER_H
#define OMEN_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "http/request.h"
#include "http/response.h"

#define ROUTER_PARAMS_MAX 4

struct router_match {
    const char
        *values[ROUTER_PARAMS_MAX]; /* in the pattern's order, NUL-terminated, in the arena */
    size_t count;
};

typedef void http_handler(void *context, struct http_request *request,
                          const struct router_match *match, struct http_response *response);

struct router_route {
    enum http_method method;
    const char *pattern; /* **Kept**; also the metrics' route label */
    http_handler *handle;
    void *context;
};

struct router;

struct router *router_create(void);
void router_destroy(struct router *router);
/* False without memory, or for a pattern that is there already or malformed. */
bool router_add(struct router *router, const struct router_route *route, struct err *err);

/* True if there is a route of this method for the same paths. */
bool router_has(const struct router *router, const struct router_route *route);

enum router_result { ROUTER_FOUND, ROUTER_NO_PATH, ROUTER_NO_METHOD };
/* allow (size >= 64) gets "GET, HEAD, POST" when the result is ROUTER_NO_METHOD. */
enum router_result router_find(const struct router *router, const struct http_request *request,
                               const struct router_route **route, struct router_match *match,
                               char *allow, size_t allow_size);

/* Every route, those of one path beside each other. */
void router_each(const struct router *router,
                 void (*take)(void *context, const struct router_route *route), void *context);

#endif
