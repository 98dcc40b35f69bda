#include "server/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

bool connections_init(struct connections *connections, size_t capacity, int epoll_fd, int wake_fd,
                      struct err *err)
{
    *connections =
        (struct connections){.capacity = capacity, .epoll_fd = epoll_fd, .wake_fd = wake_fd};
    connections->slots = mem_array(capacity, sizeof(*connections->slots));
    if (connections->slots == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a table of %zu connections", capacity);
    pthread_mutex_init(&connections->lock, NULL);
    return true;
}

void connections_finish(struct connections *connections)
{
    if (connections == NULL || connections->slots == NULL)
        return;
    for (size_t fd = 0; fd < connections->highest; fd++) {
        buf_finish(&connections->slots[fd].head);
        if (connections->slots[fd].state != CONNECTION_FREE)
            close((int)fd);
    }
    pthread_mutex_destroy(&connections->lock);
    free(connections->slots);
    connections->slots = NULL;
}

uint64_t connections_tag(int fd, uint32_t generation)
{
    return (uint64_t)generation << 32 | (uint32_t)fd;
}

static void set_state(struct connections *connections, struct connection *slot,
                      enum connection_state state)
{
    connections->counts[slot->state]--;
    connections->counts[state]++;
    slot->state = state;
}

static struct connection *slot_of(struct connections *connections, int fd, uint32_t generation)
{
    if (fd < 0 || (size_t)fd >= connections->highest)
        return NULL;
    struct connection *slot = &connections->slots[fd];
    return slot->state != CONNECTION_FREE && slot->generation == generation ? slot : NULL;
}

static bool arm(struct connections *connections, int operation, int fd, uint32_t generation)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
        .data.u64 = connections_tag(fd, generation),
    };
    return epoll_ctl(connections->epoll_fd, operation, fd, &event) == 0;
}

static void wake_control(struct connections *connections)
{
    if (!atomic_load(&connections->wake))
        return;
    const uint64_t one = 1;
    ssize_t written = write(connections->wake_fd, &one, sizeof(one));
    (void)written; /* a full counter wakes as well */
}

/* close() under the lock: until it is done nobody can get the number and look for its slot. */
static void close_slot(struct connections *connections, struct connection *slot, int fd)
{
    set_state(connections, slot, CONNECTION_FREE);
    buf_finish(&slot->head);
    close(fd);
}

bool connections_add(struct connections *connections, int fd, int64_t now)
{
    if (fd < 0 || (size_t)fd >= connections->capacity) {
        close(fd);
        return false;
    }
    pthread_mutex_lock(&connections->lock);
    struct connection *slot = &connections->slots[fd];
    if ((size_t)fd >= connections->highest)
        connections->highest = (size_t)fd + 1;
    /* A slot that is not free: libfcgi closed the descriptor and its worker has not said so yet
     * (connections_lost). The new connection takes the slot; the count of the old one stays until
     * the worker finds its generation gone. */
    if (slot->state == CONNECTION_FREE)
        connections->counts[CONNECTION_FREE]--;
    connections->counts[CONNECTION_IDLE]++;
    if (++connections->generation == 0)
        connections->generation = 1;
    *slot = (struct connection){
        .state = CONNECTION_IDLE, .generation = connections->generation, .since = now};
    bool armed = arm(connections, EPOLL_CTL_ADD, fd, slot->generation);
    if (!armed)
        close_slot(connections, slot, fd);
    pthread_mutex_unlock(&connections->lock);
    return armed;
}

/* Is there something to read? The end of the stream alone is not. */
static bool has_bytes(int fd, uint32_t events)
{
    int available = 0;
    return (events & ~(uint32_t)EPOLLIN) == 0 ||
           (ioctl(fd, FIONREAD, &available) == 0 && available > 0);
}

bool connections_event(struct connections *connections, uint64_t tag, uint32_t events, int64_t now,
                       struct ring_job *job)
{
    int fd = (int)(uint32_t)tag;
    bool queued = false;
    pthread_mutex_lock(&connections->lock);
    struct connection *slot = slot_of(connections, fd, (uint32_t)(tag >> 32));
    if (slot != NULL && (slot->state == CONNECTION_IDLE || slot->state == CONNECTION_PARTIAL)) {
        queued = has_bytes(fd, events);
        if (queued) {
            if (slot->state == CONNECTION_IDLE)
                slot->since = now; /* its first byte */
            set_state(connections, slot, CONNECTION_QUEUED);
            *job = (struct ring_job){.fd = fd, .generation = slot->generation, .queued = now};
        }
        if (!queued)
            close_slot(connections, slot, fd); /* the peer is gone */
    }
    pthread_mutex_unlock(&connections->lock);
    return queued;
}

void connections_body_begin(struct connections *connections, const struct ring_job *job,
                            int64_t now)
{
    pthread_mutex_lock(&connections->lock);
    struct connection *slot = slot_of(connections, job->fd, job->generation);
    if (slot != NULL) {
        set_state(connections, slot, CONNECTION_BODY);
        slot->since = now;
        slot->timed_out = false;
    }
    pthread_mutex_unlock(&connections->lock);
}

bool connections_body_end(struct connections *connections, const struct ring_job *job)
{
    bool timed_out = false;
    pthread_mutex_lock(&connections->lock);
    struct connection *slot = slot_of(connections, job->fd, job->generation);
    if (slot != NULL) {
        timed_out = slot->timed_out;
        set_state(connections, slot, CONNECTION_BUSY);
    }
    pthread_mutex_unlock(&connections->lock);
    return timed_out;
}

/* State and EPOLL_CTL_MOD in one step: see the header. The lock is held. */
static void park(struct connections *connections, const struct ring_job *job,
                 enum connection_state state)
{
    struct connection *slot = slot_of(connections, job->fd, job->generation);
    if (slot == NULL)
        return;
    set_state(connections, slot, state);
    if (arm(connections, EPOLL_CTL_MOD, job->fd, job->generation))
        return;
    close_slot(connections, slot, job->fd);
    wake_control(connections);
}

void connections_park(struct connections *connections, const struct ring_job *job, int64_t now)
{
    pthread_mutex_lock(&connections->lock);
    struct connection *slot = slot_of(connections, job->fd, job->generation);
    if (slot != NULL)
        slot->since = now;
    park(connections, job, CONNECTION_IDLE);
    pthread_mutex_unlock(&connections->lock);
}

void connections_park_partial(struct connections *connections, const struct ring_job *job)
{
    pthread_mutex_lock(&connections->lock);
    park(connections, job, CONNECTION_PARTIAL);
    pthread_mutex_unlock(&connections->lock);
}

struct buf *connections_head(struct connections *connections, const struct ring_job *job)
{
    /* No lock: the slot is QUEUED, so nobody else touches its head until this worker moves it. */
    return &connections->slots[job->fd].head;
}

void connections_close(struct connections *connections, const struct ring_job *job)
{
    pthread_mutex_lock(&connections->lock);
    struct connection *slot = slot_of(connections, job->fd, job->generation);
    if (slot != NULL)
        close_slot(connections, slot, job->fd);
    pthread_mutex_unlock(&connections->lock);
    wake_control(connections);
}

void connections_lost(struct connections *connections, const struct ring_job *job)
{
    pthread_mutex_lock(&connections->lock);
    struct connection *slot = slot_of(connections, job->fd, job->generation);
    if (slot != NULL)
        set_state(connections, slot, CONNECTION_FREE);
    else /* its slot has a new owner already; its own state was QUEUED */
        connections->counts[CONNECTION_QUEUED]--;
    pthread_mutex_unlock(&connections->lock);
    wake_control(connections);
}

void connections_reap(struct connections *connections, int64_t now,
                      const struct connections_timeouts *timeouts)
{
    pthread_mutex_lock(&connections->lock);
    for (size_t i = 0; i < connections->highest; i++) {
        struct connection *slot = &connections->slots[i];
        int64_t age = now - slot->since;
        if ((slot->state == CONNECTION_IDLE && age > timeouts->idle) ||
            (slot->state == CONNECTION_PARTIAL && age > timeouts->read))
            close_slot(connections, slot, (int)i);
        else if (slot->state == CONNECTION_BODY && age > timeouts->read && !slot->timed_out) {
            slot->timed_out = true;
            shutdown((int)i, SHUT_RD); /* the worker's read returns 0: the stream has an error */
        }
    }
    pthread_mutex_unlock(&connections->lock);
}

void connections_close_idle(struct connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    for (size_t i = 0; i < connections->highest; i++) {
        struct connection *slot = &connections->slots[i];
        if (slot->state == CONNECTION_IDLE || slot->state == CONNECTION_PARTIAL)
            close_slot(connections, slot, (int)i);
    }
    pthread_mutex_unlock(&connections->lock);
}

void connections_count(struct connections *connections, size_t counts[CONNECTION_STATES])
{
    pthread_mutex_lock(&connections->lock);
    for (size_t i = 0; i < CONNECTION_STATES; i++)
        counts[i] = connections->counts[i];
    counts[CONNECTION_FREE] = 0; /* counts only down from nothing: no number of anything */
    pthread_mutex_unlock(&connections->lock);
}

size_t connections_active(struct connections *connections)
{
    size_t counts[CONNECTION_STATES], active = 0;
    connections_count(connections, counts);
    for (size_t i = 0; i < CONNECTION_STATES; i++)
        active += counts[i];
    return active;
}
