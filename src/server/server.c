#include "server/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/control.h"
#include "server/fcgi.h"
#include "server/state.h"
#include "server/status.h"
#include "server/worker.h"

#define THREADS_MAX 1024
#define DESCRIPTORS_KEPT 64        /* for models, logs and the like */
#define DESCRIPTORS_MAX (1u << 20) /* of the table of connections */

static void signals_of_ours(sigset_t *set)
{
    static const int numbers[] = {SIGTERM, SIGQUIT, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(set, numbers[i]);
}

bool server_prepare(struct err *err)
{
    sigset_t set;
    signals_of_ours(&set);
    /* Every thread inherits the mask: a signal in a worker would cut its read short, and libfcgi
     * takes EINTR for the end of the body. */
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0)
        return err_set_errno(err, ERR_INTERNAL, error, "signals cannot be blocked");
    return fcgi_prepare(err);
}

static int64_t or_default(int64_t value, int64_t fallback)
{
    return value > 0 ? value : fallback;
}

static void set_limits(struct server *server, const struct server_options *options)
{
    struct limits *limits = &server->limits;
    int64_t params = or_default(options->max_params, 64 * 1024);
    if (server->params_limit > 0 && (uint64_t)params > server->params_limit)
        params = (int64_t)server->params_limit;
    atomic_store(&limits->max_params, params);
    atomic_store(&limits->max_body, or_default(options->max_body, 1024 * 1024));
    atomic_store(&limits->arena_limit, options->arena_limit > 0 ? options->arena_limit : 0);
    atomic_store(&limits->read_timeout, or_default(options->read_timeout, 5 * CLOCK_NS_PER_S));
    atomic_store(&limits->compute_timeout, options->compute_timeout);
    atomic_store(&limits->write_timeout, or_default(options->write_timeout, 5 * CLOCK_NS_PER_S));
    atomic_store(&limits->idle_timeout, or_default(options->idle_timeout, 75 * CLOCK_NS_PER_S));
    atomic_store(&limits->drain_timeout, or_default(options->drain_timeout, 30 * CLOCK_NS_PER_S));
    atomic_store(&limits->queue_budget, options->queue_budget > 0 ? options->queue_budget : 0);
}

/* Descriptors this process may have: raised to what the connections need, as far as allowed. */
static size_t descriptor_limit(size_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
        if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted)
            raised.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit.rlim_cur = raised.rlim_cur;
    }
    return limit.rlim_cur < DESCRIPTORS_MAX ? (size_t)limit.rlim_cur : DESCRIPTORS_MAX;
}

/* Never so many connections that a model could not be opened any more. */
static size_t connections_for(size_t descriptors, size_t wanted)
{
    size_t kept = descriptors > 4 * DESCRIPTORS_KEPT ? DESCRIPTORS_KEPT : descriptors / 4;
    size_t most = descriptors - kept;
    return wanted < most ? wanted : most > 0 ? most : 1;
}

static bool open_descriptors(struct server *server, struct err *err)
{
    sigset_t set;
    signals_of_ours(&set);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (server->epoll_fd < 0 || server->wake_fd < 0 || server->signal_fd < 0)
        return err_set_errno(err, ERR_IO, errno, "no descriptors for epoll and signals");
    return true;
}

static bool create_workers(struct server *server, struct err *err)
{
    int64_t threads = or_default(server->options.threads, server_cpu_count());
    size_t count = threads < THREADS_MAX ? (size_t)threads : THREADS_MAX;
    server->workers = mem_array(count, sizeof(struct worker *));
    while (server->workers != NULL && server->worker_count < count) {
        struct worker *worker = worker_create(server, server->worker_count);
        if (worker == NULL)
            break;
        server->workers[server->worker_count++] = worker;
    }
    if (server->worker_count < count)
        return err_set(err, ERR_MEMORY, "no memory for %zu workers", count);
    return true;
}

static bool create_queue(struct server *server, size_t descriptors, struct err *err)
{
    server->ring = ring_create(descriptors);
    if (server->ring == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the queue");
    return poller_init(&server->poller, &server->connections, server->ring, err) &&
           connections_init(&server->connections, descriptors, server->poller.epoll_fd,
                            server->wake_fd, err);
}

static bool setup(struct server *server, struct err *err)
{
    const struct server_options *options = &server->options;
    size_t wanted = (size_t)or_default(options->max_connections, 1024);
    size_t descriptors = descriptor_limit(wanted + 2 * DESCRIPTORS_KEPT);
    const struct listener_options listener = {
        .address = options->listen,
        .group = options->listen_group,
        .mode = (mode_t)or_default(options->listen_mode, 0660),
        .backlog = (int)or_default(options->backlog, 4096),
    };
    server->connection_limit = connections_for(descriptors, wanted);
    set_limits(server, options);
    server->params_limit = (size_t)limit_get(&server->limits.max_params);
    if (!peers_parse(&server->peers, options->allow_peers, err) || !open_descriptors(server, err) ||
        !create_queue(server, descriptors, err) || !create_workers(server, err) ||
        !large_init(&server->large, server, descriptors, server->worker_count, err))
        return false;
    if (!listener_open(&server->listener, &listener, err))
        return false;
    if (options->metrics != NULL && !status_add_metrics(server, options->metrics))
        return err_set(err, ERR_MEMORY, "no memory for the server's metrics");
    return true;
}

struct server *server_create(const struct server_options *options, struct err *err)
{
    struct server *server = mem_array(1, sizeof(*server));
    if (server == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the server");
        return NULL;
    }
    server->options = *options;
    server->epoll_fd = server->wake_fd = server->signal_fd = -1;
    server->listener.fd = -1;
    if (setup(server, err))
        return server;
    server_destroy(server);
    return NULL;
}

static void close_descriptor(int fd)
{
    if (fd >= 0)
        close(fd);
}

void server_destroy(struct server *server)
{
    if (server == NULL || server->abandoned)
        return;
    listener_unlink(&server->listener);
    listener_close(&server->listener);
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_destroy(server->workers[i]);
    free(server->workers);
    large_finish(&server->large);
    connections_finish(&server->connections);
    poller_finish(&server->poller);
    ring_destroy(server->ring);
    close_descriptor(server->epoll_fd);
    close_descriptor(server->wake_fd);
    close_descriptor(server->signal_fd);
    free(server);
}

static void join_workers(struct server *server)
{
    poller_stop(&server->poller);
    for (unsigned i = 0; i < server->started_count; i++)
        pthread_join(server->workers[i]->thread, NULL);
    server->started_count = 0;
    large_stop(&server->large);
}

/* The first of them may serve before the last one starts: large_push() then waits. */
static bool start_workers(struct server *server, struct err *err)
{
    int error = 0;
    pthread_mutex_lock(&server->large.lock);
    while (error == 0 && server->started_count < server->worker_count) {
        struct worker *worker = server->workers[server->started_count];
        error = pthread_create(&worker->thread, NULL, worker_run, worker);
        server->started_count += error == 0;
    }
    pthread_mutex_unlock(&server->large.lock);
    return error == 0 || err_set_errno(err, ERR_IO, error, "worker thread %u does not start",
                                       server->started_count);
}

bool server_run(struct server *server, struct err *err)
{
    if (!start_workers(server, err)) {
        join_workers(server);
        return false;
    }
    if (control_run(server, err)) {
        join_workers(server);
        return true;
    }
    server->abandoned = true;
    return false;
}

void server_reconfigure(struct server *server, const struct server_options *options)
{
    set_limits(server, options);
}

size_t server_threads(const struct server *server)
{
    return server->worker_count;
}

const char *server_listening(const struct server *server)
{
    return server->listener.source;
}

bool server_is_draining(const struct server *server)
{
    return atomic_load(&server->draining);
}
