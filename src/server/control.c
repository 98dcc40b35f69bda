#include "server/control.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/notify.h"

#define EVENTS_MAX 8
#define ACCEPT_MAX 64 /* per wake-up, so that requests are not kept waiting by new connections */
#define BACKLOG_MAX 65535 /* of what waits when the drain begins; later ones may never end */
#define TICK_MIN (10 * CLOCK_NS_PER_MS)
#define TICK_BUSY (20 * CLOCK_NS_PER_MS)
#define TICK_MAX (500 * CLOCK_NS_PER_MS)
#define ACCEPT_RETRY (100 * CLOCK_NS_PER_MS) /* after EMFILE and its like */

enum ending { ENDING_NONE, ENDING_DRAINED, ENDING_LATE, ENDING_SIGNAL };

struct control {
    struct server *server;
    bool paused; /* the listener is not watched */
    int64_t accept_after, next_tick, drain_deadline;
    enum ending ending;
};

static bool watch(struct server *server, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = connections_tag(fd, 0)};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool watch_listener(struct server *server)
{
    /* Several processes on one inherited listener: wake one of them. (MOD is not allowed with
     * EPOLLEXCLUSIVE, so pausing is DEL and ADD.) */
    uint32_t exclusive = server->listener.inherited ? (uint32_t)EPOLLEXCLUSIVE : 0;
    return watch(server, server->listener.fd, EPOLLIN | exclusive);
}

/* Idle connections are never closed to make room: their peers would lose the requests that they
 * are just writing. New ones wait in the listen queue. */
static void pause_accepting(struct control *control, int64_t accept_after)
{
    struct server *server = control->server;
    if (control->paused)
        return;
    control->paused = true;
    control->accept_after = accept_after;
    epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->listener.fd, NULL);
    atomic_store(&server->connections.wake, true);
}

static void resume_accepting(struct control *control, int64_t now)
{
    struct server *server = control->server;
    if (!control->paused || server->listener.fd < 0 || now < control->accept_after ||
        connections_active(&server->connections) >= server->connection_limit)
        return;
    if (!watch_listener(server))
        return;
    control->paused = false;
    atomic_store(&server->connections.wake, false);
}

static struct timeval to_timeval(int64_t ns)
{
    return (struct timeval){.tv_sec = ns / CLOCK_NS_PER_S, .tv_usec = ns % CLOCK_NS_PER_S / 1000};
}

/* libfcgi reads and writes blocking: these bound each single call. The reaper and the writer's
 * deadline bound the whole. */
static void configure_connection(struct server *server, int fd)
{
    struct timeval read = to_timeval(limit_get(&server->limits.read_timeout));
    struct timeval write = to_timeval(limit_get(&server->limits.write_timeout));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &read, sizeof(read));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &write, sizeof(write));
    const int on = 1;
    if (server->listener.family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

enum accepted { ACCEPTED, ACCEPTED_NONE, ACCEPTED_FULL };

static enum accepted accept_one(struct server *server, int64_t now)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof(address);
    int fd = accept4(server->listener.fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return ACCEPTED_NONE;
        atomic_fetch_add_explicit(&server->accept_errors, 1, memory_order_relaxed);
        bool full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        bool ended = errno == EINVAL || errno == EBADF || errno == ENOTSOCK; /* for all of us */
        return full || ended ? ACCEPTED_FULL : ACCEPTED; /* else the next one may not fail */
    }
    if (!peers_allow(&server->peers, (const struct sockaddr *)&address)) {
        atomic_fetch_add_explicit(&server->refused_peers, 1, memory_order_relaxed);
        close(fd);
        return ACCEPTED;
    }
    configure_connection(server, fd);
    if (!connections_add(&server->connections, fd, now))
        return ACCEPTED_FULL;
    atomic_fetch_add_explicit(&server->accepted, 1, memory_order_relaxed);
    return ACCEPTED;
}

static void accept_some(struct control *control, int64_t now)
{
    struct server *server = control->server;
    for (int i = 0; i < ACCEPT_MAX && !control->paused; i++) {
        if (connections_active(&server->connections) >= server->connection_limit) {
            pause_accepting(control, now);
            resume_accepting(control, now); /* one may have ended in between, unheard */
            continue;
        }
        enum accepted result = accept_one(server, now);
        if (result == ACCEPTED_NONE)
            return;
        if (result == ACCEPTED_FULL)
            pause_accepting(control, now + ACCEPT_RETRY);
    }
}

static void begin_drain(struct control *control, int64_t now)
{
    struct server *server = control->server;
    atomic_store(&server->draining, true);
    atomic_store(&server->connections.wake, true);
    control->drain_deadline = now + limit_get(&server->limits.drain_timeout);
    notify_send("STOPPING=1");
    /* Nobody finds the socket any more; who found it already is still served. */
    listener_unlink(&server->listener);
    bool found = true;
    for (int i = 0; found && i < BACKLOG_MAX; i++)
        found = accept_one(server, now) == ACCEPTED;
    /* Closing alone does not end it: other processes may hold the same inherited socket, and epoll
     * would go on reporting their connections to us. */
    if (!control->paused)
        epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->listener.fd, NULL);
    listener_close(&server->listener);
    control->paused = true;
}

static void handle_signal(struct control *control, int number, int64_t now)
{
    struct server *server = control->server;
    const struct server_options *options = &server->options;
    switch (number) {
    case SIGTERM:
    case SIGQUIT:
    case SIGINT:
        if (atomic_load(&server->draining))
            control->ending = ENDING_SIGNAL;
        else
            begin_drain(control, now);
        break;
    case SIGHUP:
    case SIGUSR1:
        if (options->on_signal != NULL)
            options->on_signal(options->context, number);
        break;
    default:
        break;
    }
}

static void read_signals(struct control *control, int64_t now)
{
    struct signalfd_siginfo info;
    while (read(control->server->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        handle_signal(control, (int)info.ssi_signo, now);
}

static void read_wake(struct server *server)
{
    uint64_t count;
    ssize_t got = read(server->wake_fd, &count, sizeof(count));
    (void)got; /* only its being readable means something */
}

static void handle_events(struct control *control, const struct epoll_event *events, int count,
                          int64_t now)
{
    struct server *server = control->server;
    bool accepting = false, signals = false;
    for (int i = 0; i < count; i++) {
        int fd = (int)events[i].data.u64;
        if (fd == server->wake_fd)
            read_wake(server);
        else if (fd == server->signal_fd)
            signals = true;
        else
            accepting = true;
    }
    if (accepting && server->listener.fd >= 0)
        accept_some(control, now);
    if (signals)
        read_signals(control, now);
}

static int64_t tick_length(const struct server *server)
{
    int64_t read = limit_get(&server->limits.read_timeout);
    int64_t idle = limit_get(&server->limits.idle_timeout);
    int64_t tick = (read < idle ? read : idle) / 8;
    /* With a worker at work the queue may need us (poller.h). */
    bool busy = atomic_load(&server->poller.waiting) < server->worker_count;
    int64_t most = busy ? TICK_BUSY : TICK_MAX;
    return tick < TICK_MIN ? TICK_MIN : tick > most ? most : tick;
}

static void tick(struct control *control, int64_t now)
{
    struct server *server = control->server;
    if (now < control->next_tick)
        return;
    const struct connections_timeouts timeouts = {
        .read = limit_get(&server->limits.read_timeout),
        .idle = limit_get(&server->limits.idle_timeout),
    };
    connections_reap(&server->connections, now, &timeouts);
    if (atomic_load(&server->poller.waiting) == 0)
        poller_harvest(&server->poller);
    control->next_tick = now + tick_length(server);
}

static void check_drain(struct control *control, int64_t now)
{
    struct server *server = control->server;
    if (!atomic_load(&server->draining) || control->ending != ENDING_NONE)
        return;
    if (now >= control->drain_deadline)
        connections_close_idle(&server->connections);
    if (connections_active(&server->connections) == 0)
        control->ending = ENDING_DRAINED;
    else if (now >= control->drain_deadline)
        control->ending = ENDING_LATE;
}

/* Milliseconds until something must be looked at without an event; -1: never. */
static int wait_time(const struct control *control, int64_t now)
{
    struct server *server = control->server;
    int64_t until = control->next_tick;
    if (atomic_load(&server->draining)) {
        if (control->drain_deadline < until)
            until = control->drain_deadline;
    } else if (!control->paused && connections_active(&server->connections) == 0) {
        return -1;
    } else if (control->paused && control->accept_after > now && control->accept_after < until) {
        until = control->accept_after;
    }
    return until <= now ? 0 : (int)((until - now) / CLOCK_NS_PER_MS) + 1;
}

bool control_run(struct server *server, struct err *err)
{
    struct control control = {.server = server};
    struct epoll_event events[EVENTS_MAX];
    if (!watch(server, server->signal_fd, EPOLLIN) || !watch(server, server->wake_fd, EPOLLIN) ||
        !watch_listener(server))
        return err_set_errno(err, ERR_IO, errno, "epoll does not take the listener");
    notify_send("READY=1");
    while (control.ending == ENDING_NONE) {
        int timeout = wait_time(&control, clock_monotonic_ns());
        int count = epoll_wait(server->epoll_fd, events, EVENTS_MAX, timeout);
        if (count < 0 && errno != EINTR)
            return err_set_errno(err, ERR_INTERNAL, errno, "epoll_wait");
        int64_t now = clock_monotonic_ns();
        handle_events(&control, events, count, now);
        tick(&control, now);
        resume_accepting(&control, now);
        check_drain(&control, now);
    }
    if (control.ending == ENDING_LATE)
        return err_set(err, ERR_UNAVAILABLE, "the drain deadline passed with requests running");
    if (control.ending == ENDING_SIGNAL)
        return err_set(err, ERR_UNAVAILABLE, "a second signal ended the drain");
    return true;
}
