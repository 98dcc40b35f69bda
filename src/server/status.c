#include "server/status.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "server/worker.h"

static const char *const state_names[] = {
    [CONNECTION_FREE] = NULL,       [CONNECTION_IDLE] = "idle",    [CONNECTION_PARTIAL] = "partial",
    [CONNECTION_QUEUED] = "queued", [CONNECTION_BODY] = "reading", [CONNECTION_BUSY] = "busy",
};

static const char *const worker_names[] = {
    [WORKER_WAITING] = "waiting",
    [WORKER_READING] = "reading",
    [WORKER_RUNNING] = "running",
    [WORKER_WRITING] = "writing",
};

static double queue_age(const struct ring_status *status)
{
    if (status->oldest == 0)
        return 0;
    return (double)(clock_monotonic_ns() - status->oldest) / (double)CLOCK_NS_PER_S;
}

static uint64_t counter_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Both queues'. */
static struct ring_status queue_status(struct server *server)
{
    struct ring_status queue = ring_status(server->ring);
    struct ring_status large = large_status(&server->large);
    queue.length += large.length;
    if (queue.oldest == 0 || (large.oldest != 0 && large.oldest < queue.oldest))
        queue.oldest = large.oldest;
    return queue;
}

static void describe_worker(const struct worker *worker, int64_t now, struct buf *out)
{
    int state = atomic_load_explicit(&worker->state, memory_order_relaxed);
    int64_t since = atomic_load_explicit(&worker->since, memory_order_relaxed);
    double seconds = since > 0 && now > since ? (double)(now - since) / (double)CLOCK_NS_PER_S : 0;
    json_write_next(out);
    buf_put_char(out, '{');
    json_write_text(out, "state", worker_names[state]);
    json_write_fixed(out, "seconds", seconds, 3);
    json_write_size(out, "requests", counter_get(&worker->requests));
    buf_put_char(out, '}');
}

static void describe_workers(const char *key, struct worker *const *workers, unsigned count,
                             struct buf *out)
{
    int64_t now = clock_monotonic_ns();
    json_write_open(out, key, '[');
    for (unsigned i = 0; i < count; i++)
        describe_worker(workers[i], now, out);
    buf_put_char(out, ']');
}

static void describe_queue(const struct ring_status *queue, struct buf *out)
{
    json_write_open(out, "queue", '{');
    json_write_size(out, "length", queue->length);
    json_write_size(out, "peak", queue->peak);
    json_write_fixed(out, "age_seconds", queue_age(queue), 6);
    buf_put_char(out, '}');
}

void server_describe(struct server *server, struct buf *out)
{
    size_t counts[CONNECTION_STATES], active = 0;
    struct ring_status queue = queue_status(server);
    connections_count(&server->connections, counts);
    for (size_t i = 0; i < CONNECTION_STATES; i++)
        active += counts[i];
    json_write_open(out, "server", '{');
    json_write_bool(out, "draining", server_is_draining(server));
    json_write_size(out, "accepted", counter_get(&server->accepted));
    json_write_size(out, "active", active);
    json_write_size(out, "idle", counts[CONNECTION_IDLE]);
    json_write_size(out, "connection_limit", server->connection_limit);
    json_write_size(out, "refused_peers", counter_get(&server->refused_peers));
    json_write_size(out, "accept_errors", counter_get(&server->accept_errors));
    json_write_size(out, "shed", counter_get(&server->shed));
    describe_queue(&queue, out);
    describe_workers("workers", server->workers, server->worker_count, out);
    describe_workers("large_workers", server->large.workers, large_count(&server->large), out);
    buf_put_char(out, '}');
}

static void collect_connections(void *context, struct metrics_emitter *emitter)
{
    struct server *server = context;
    size_t counts[CONNECTION_STATES];
    connections_count(&server->connections, counts);
    for (int state = CONNECTION_IDLE; state < CONNECTION_STATES; state++)
        metrics_emit(emitter, &state_names[state], (double)counts[state]);
}

static void collect_queue_length(void *context, struct metrics_emitter *emitter)
{
    struct server *server = context;
    metrics_emit(emitter, NULL, (double)queue_status(server).length);
}

static void collect_queue_age(void *context, struct metrics_emitter *emitter)
{
    struct server *server = context;
    struct ring_status status = queue_status(server);
    metrics_emit(emitter, NULL, queue_age(&status));
}

static void collect_shed(void *context, struct metrics_emitter *emitter)
{
    const struct server *server = context;
    metrics_emit(emitter, NULL, (double)counter_get(&server->shed));
}

static void collect_accepted(void *context, struct metrics_emitter *emitter)
{
    const struct server *server = context;
    metrics_emit(emitter, NULL, (double)counter_get(&server->accepted));
}

bool status_add_metrics(struct server *server, struct metrics *metrics)
{
    static const char *const state_label[] = {"state"};
    static const struct {
        enum metrics_type type;
        const char *name, *help;
        size_t labels;
        metrics_collect_function *collect;
    } families[] = {
        {METRICS_GAUGE, "omen_connections", "Open FastCGI connections by state.", 1,
         collect_connections},
        {METRICS_GAUGE, "omen_queue_length", "Requests that wait for a worker.", 0,
         collect_queue_length},
        {METRICS_GAUGE, "omen_queue_age_seconds", "How long the oldest of them waits.", 0,
         collect_queue_age},
        {METRICS_COUNTER, "omen_shed_total", "Requests answered 503 for having waited too long.", 0,
         collect_shed},
        {METRICS_COUNTER, "omen_accepted_total", "FastCGI connections accepted.", 0,
         collect_accepted},
    };
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (metrics_family_add_callback(metrics, families[i].type, families[i].name,
                                        families[i].help, state_label, families[i].labels,
                                        families[i].collect, server) == NULL)
            return false;
    }
    return true;
}
