#include "server/worker.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/mem.h"
#include "server/exchange.h"
#include "server/fcgi.h"

#define ID_BYTES ((size_t)16)

struct worker *worker_create(struct server *server, unsigned number)
{
    struct worker *worker = mem_array(1, sizeof(*worker));
    if (worker == NULL)
        return NULL;
    worker->server = server;
    worker->number = number;
    worker->peek_size = exchange_peek_size(server->params_limit);
    worker->peek = mem_array(worker->peek_size, 1);
    worker->fcgi = fcgi_create();
    arena_init(&worker->arena, (size_t)limit_get(&server->limits.arena_limit));
    arena_init(&worker->scratch, (size_t)limit_get(&server->limits.arena_limit));
    http_response_init(&worker->response);
    if (worker->peek == NULL || worker->fcgi == NULL) {
        worker_destroy(worker);
        return NULL;
    }
    return worker;
}

void worker_destroy(struct worker *worker)
{
    if (worker == NULL)
        return;
    worker_destroy(worker->guest);
    fcgi_destroy(worker->fcgi);
    arena_finish(&worker->arena);
    arena_finish(&worker->scratch);
    http_response_finish(&worker->response);
    buf_finish(&worker->head);
    buf_finish(&worker->body);
    free(worker->peek);
    free(worker);
}

void worker_set_state(struct worker *worker, enum worker_state state, int64_t now)
{
    atomic_store_explicit(&worker->since, now, memory_order_relaxed);
    atomic_store_explicit(&worker->state, state, memory_order_relaxed);
}

void worker_set_waiting(struct worker *worker)
{
    atomic_store_explicit(&worker->state, WORKER_WAITING, memory_order_relaxed);
}

void worker_set_scheduling(pthread_t thread, enum server_scheduling scheduling)
{
    const struct sched_param none = {0};
    int policy = scheduling == SERVER_SCHEDULING_BATCH ? SCHED_BATCH : SCHED_OTHER;
    pthread_setschedparam(thread, policy, &none);
}

void worker_begin_thread(struct worker *worker)
{
    metrics_thread_set(worker->number + 1);
}

void *worker_run(void *argument)
{
    struct worker *worker = argument;
    struct ring_job job;
    if (worker->server->options.scheduling == SERVER_SCHEDULING_BATCH)
        worker_set_scheduling(pthread_self(), SERVER_SCHEDULING_BATCH); /* else as it started */
    worker_begin_thread(worker);
    while (poller_next(&worker->server->poller, &job)) {
        exchange_serve(worker, &job);
        worker_set_waiting(worker);
    }
    return NULL;
}

/* One that waits for a thread of this kind, while none of them waits for it. */
static bool take_job(struct worker *worker, struct ring_job *job)
{
    struct server *server = worker->server;
    return worker->takes_large ? large_take(&server->large, job)
                               : poller_take(&server->poller, job);
}

void worker_serve_guest(struct worker *worker)
{
    struct ring_job job;
    if (worker->nesting + 1 == WORKER_NESTING_MAX)
        return;
    if (worker->guest == NULL) {
        worker->guest = worker_create(worker->server, worker->number);
        if (worker->guest == NULL)
            return; /* whoever waits waits on */
        worker->guest->nesting = worker->nesting + 1;
        worker->guest->takes_large = worker->takes_large;
    }
    if (!take_job(worker, &job))
        return;
    exchange_serve(worker->guest, &job);
    uint64_t served = atomic_exchange_explicit(&worker->guest->requests, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&worker->requests, served, memory_order_relaxed);
}

void worker_random_id(struct worker *worker, char id[33])
{
    static const char digits[] = "0123456789abcdef";
    if (worker->random_left < ID_BYTES) {
        ssize_t got = getrandom(worker->random, sizeof(worker->random), 0);
        worker->random_left = got > 0 ? (size_t)got : 0; /* up to 256 bytes never fall short */
    }
    for (size_t i = 0; i < ID_BYTES; i++) {
        unsigned char byte = worker->random_left > 0 ? worker->random[--worker->random_left] : 0;
        id[2 * i] = digits[byte >> 4];
        id[2 * i + 1] = digits[byte & 15];
    }
    id[32] = '\0';
}
