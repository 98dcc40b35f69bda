/* What the server's own files share. */
#ifndef OMEN_SERVER_STATE_H
#define OMEN_SERVER_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/connections.h"
#include "server/large.h"
#include "server/listener.h"
#include "server/peers.h"
#include "server/poller.h"
#include "server/ring.h"
#include "server/server.h"

struct worker;

/* What a reload may change. Each is read alone and may be one request late: relaxed atomics. */
struct limits {
    _Atomic int64_t max_body, max_params, arena_limit;
    _Atomic int64_t read_timeout, write_timeout, idle_timeout, compute_timeout, queue_budget,
        drain_timeout;
};

struct server {
    struct server_options options; /* with defaults filled in; texts are borrowed */
    struct limits limits;
    struct listener listener;
    struct peers peers;
    struct connections connections;
    struct ring *ring;
    struct poller poller;
    struct worker **workers;
    struct large large;
    unsigned worker_count;            /* that exist */
    unsigned started_count;           /* whose threads run; guarded by large.lock */
    int epoll_fd, signal_fd, wake_fd; /* the control thread's */
    size_t connection_limit;
    size_t params_limit; /* what the workers' peek buffers are made for */
    _Atomic uint64_t accepted, shed, refused_peers, accept_errors;
    atomic_bool draining;
    bool abandoned; /* threads still run: nothing may be freed */
};

static inline int64_t limit_get(const _Atomic int64_t *limit)
{
    return atomic_load_explicit(limit, memory_order_relaxed);
}

#endif
