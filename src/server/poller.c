#include "server/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define EVENTS_MAX 64
#define HARVEST_EVERY CLOCK_NS_PER_MS

static bool watch(const struct poller *poller, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = connections_tag(fd, 0)};
    return fd >= 0 && epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool poller_init(struct poller *poller, struct connections *connections, struct ring *ring,
                 struct err *err)
{
    *poller = (struct poller){.connections = connections, .ring = ring};
    poller->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    poller->nudge_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    poller->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* Edge-triggered: each write wakes one, and nobody has to read. */
    if (!watch(poller, poller->nudge_fd, EPOLLIN | EPOLLET) ||
        !watch(poller, poller->stop_fd, EPOLLIN))
        return err_set_errno(err, ERR_IO, errno, "no descriptors for epoll");
    return true;
}

void poller_finish(struct poller *poller)
{
    if (poller->connections == NULL)
        return;
    const int descriptors[] = {poller->epoll_fd, poller->nudge_fd, poller->stop_fd};
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    }
    poller->connections = NULL;
}

static void signal_fd(int fd)
{
    const uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof(one));
    (void)written; /* a full counter wakes as well */
}

/* The ring was filled, and `waiting` read after that; a worker raises `waiting` and reads the ring
 * after that. One of the two sees the other: no job is left lying while somebody waits. */
static void nudge(struct poller *poller)
{
    if (ring_length(poller->ring) > 0 && atomic_load(&poller->waiting) > 0)
        signal_fd(poller->nudge_fd);
}

/* Waits for events and turns them into jobs: the first is *job's if that is not NULL and the ring
 * is empty, the others go on the ring. True when *job was filled. */
static bool collect(struct poller *poller, int most, int timeout, struct ring_job *job)
{
    struct epoll_event events[EVENTS_MAX];
    struct ring_job jobs[EVENTS_MAX];
    size_t count = 0;
    int found = epoll_wait(poller->epoll_fd, events, most, timeout);
    int64_t now = clock_monotonic_ns();
    if (found < most)
        atomic_store_explicit(&poller->harvested, now, memory_order_relaxed);
    for (int i = 0; i < found; i++) {
        uint64_t tag = events[i].data.u64;
        if (tag >> 32 != 0)
            count +=
                connections_event(poller->connections, tag, events[i].events, now, &jobs[count]);
    }
    bool taken = job != NULL && count > 0 && ring_length(poller->ring) == 0;
    if (taken)
        *job = jobs[0];
    if (count > taken) {
        ring_push(poller->ring, jobs + taken, count - taken); /* fits: one per connection */
        nudge(poller);
    }
    return taken;
}

static bool wait_for_job(struct poller *poller, struct ring_job *job)
{
    bool taken = false;
    unsigned others = atomic_fetch_add(&poller->waiting, 1);
    /* If somebody else waits, one event each: what is left wakes the next. */
    if (ring_length(poller->ring) == 0)
        taken = collect(poller, others > 0 ? 1 : EVENTS_MAX, -1, job);
    atomic_fetch_sub(&poller->waiting, 1);
    return taken;
}

static bool is_harvest_due(const struct poller *poller)
{
    int64_t last = atomic_load_explicit(&poller->harvested, memory_order_relaxed);
    return clock_monotonic_ns() - last >= HARVEST_EVERY;
}

bool poller_next(struct poller *poller, struct ring_job *job)
{
    for (;;) {
        if (ring_length(poller->ring) > 0) {
            if (is_harvest_due(poller))
                poller_harvest(poller);
            if (ring_pop(poller->ring, job)) {
                nudge(poller);
                return true;
            }
        }
        if (atomic_load(&poller->stopping))
            return false;
        if (wait_for_job(poller, job))
            return true;
    }
}

void poller_harvest(struct poller *poller)
{
    collect(poller, EVENTS_MAX, 0, NULL);
    nudge(poller); /* one that was meant for a worker may have been among the events */
}

bool poller_take(struct poller *poller, struct ring_job *job)
{
    if (atomic_load(&poller->waiting) > 0)
        return false;
    if (ring_length(poller->ring) == 0)
        collect(poller, EVENTS_MAX, 0, NULL);
    return ring_pop(poller->ring, job);
}

void poller_stop(struct poller *poller)
{
    atomic_store(&poller->stopping, true);
    signal_fd(poller->stop_fd);
}
