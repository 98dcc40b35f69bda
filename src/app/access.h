/* The access log: one line for each request that is sampled or slow. It holds the route's pattern
 * and never the path, because a path is the client's. */
#ifndef OMEN_APP_ACCESS_H
#define OMEN_APP_ACCESS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "http/request.h"
#include "http/response.h"

/* Read by all workers, changed by a reload. */
struct access {
    _Atomic uint32_t sampled; /* requests out of 2^32 - 1 */
    _Atomic int64_t slow_ns;  /* 0: off */
    _Atomic uint64_t counter;
};

/* fraction in [0, 1]. */
void access_configure(struct access *access, double fraction, int64_t slow_ns);

/* After the answer was sent. */
void access_log(struct access *access, const struct http_request *request,
                const struct http_response *response, size_t bytes_sent);

#endif
