/* The FastCGI server: one control thread (the caller's), N worker threads, one handler.
 *
 * The control thread owns every connection that is idle, accepts, pushes readable connections on a
 * ring and reads signals; a worker takes a connection from the ring, reads one request through
 * libfcgi, calls the handler, writes the answer and gives the connection back. An idle keep-alive
 * connection holds no thread. */
#ifndef OMEN_SERVER_SERVER_H
#define OMEN_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/metrics.h"
#include "http/request.h"
#include "http/response.h"

/* How the kernel treats a worker thread that a request wakes. With nginx on the same few CPUs,
 * interrupting it at each request costs more than a quarter of the throughput (tools/bench). */
enum server_scheduling {
    SERVER_SCHEDULING_BATCH, /* SCHED_BATCH: it waits for its turn */
    SERVER_SCHEDULING_NORMAL /* what the process was started with */
};

struct server_options {
    const char *listen;  /* "unix:/run/omen/worker.sock" or "HOST:PORT" or "[::1]:PORT"; ignored
                            when LISTEN_FDS or a listening fd 0 brings the socket */
    int64_t listen_mode; /* of a unix socket, 0660 */
    const char *listen_group; /* "" : leave it */
    const char *allow_peers;  /* TCP: comma-separated addresses that may connect; "" : loopback */
    int64_t backlog;
    int64_t threads; /* 0: as many as the cgroup grants; large requests have as many again */
    enum server_scheduling scheduling;
    int64_t max_connections;
    int64_t max_body;                                  /* bytes */
    int64_t max_params;                                /* bytes of names and values together */
    int64_t read_timeout, write_timeout, idle_timeout; /* ns; read: the whole request */
    int64_t compute_timeout; /* ns from the request's last byte to its deadline; 0: none */
    int64_t queue_budget;    /* ns a request may wait; older ones get 503. 0: no limit */
    int64_t drain_timeout;
    int64_t arena_limit; /* bytes a request may use for decoding and results */
    struct metrics *metrics;
    /* Answers a request whose parameters and body are complete. `response` is reset. */
    void (*handle)(void *context, struct http_request *request, struct http_response *response);
    /* Fills an error answer for what the server itself refuses: 400, 408, 413, 431, 503. */
    void (*refuse)(void *context, struct http_request *request, struct http_response *response,
                   int status, const char *sentence);
    /* After the answer was sent: metrics, access log. */
    void (*done)(void *context, const struct http_request *request,
                 const struct http_response *response, size_t bytes_sent);
    /* On the control thread: SIGHUP, SIGUSR1 (reopen logs). */
    void (*on_signal)(void *context, int signal);
    void *context;
};

struct server;

/* First thing in main, before any thread: blocks the signals that signalfd will read, starts
 * libfcgi and undoes its signal handlers. */
bool server_prepare(struct err *err);

/* Finds or binds the listener (so that a mistake shows before models load). **Keeps** options. */
struct server *server_create(const struct server_options *options, struct err *err);
void server_destroy(struct server *server);

/* Starts the workers and runs until drained. True after an orderly drain; false when the drain
 * deadline passed with requests still running or a second signal came. After false with drain begun
 * the workers still run and use whatever the handler uses: the caller frees nothing and leaves
 * with _exit(). server_destroy then does nothing. */
bool server_run(struct server *server, struct err *err);

/* Changes what a reload may change: timeouts, budget, limits that need no new memory. Control
 * thread. */
void server_reconfigure(struct server *server, const struct server_options *options);

/* Where it listens, for people: options.listen, "standard input" or "LISTEN_FDS". */
const char *server_listening(const struct server *server);
/* Requests that can be answered at once. */
size_t server_threads(const struct server *server);

bool server_is_draining(const struct server *server);

/* "server": {...} for /status: accepted, active, idle, queue and its age, shed, per-worker state.
 */
void server_describe(struct server *server, struct buf *out);

/* Asks a running worker over its socket: sends GET path, returns the HTTP status, 0 with err when
 * it cannot be reached. For `--check`. */
int server_probe(const char *listen, const char *path, int64_t timeout_ns, struct err *err);

/* CPUs the cgroup (v2 cpu.max, v1 cfs quota) and the affinity mask grant, rounded up, >= 1. */
unsigned server_cpu_count(void);

#endif
