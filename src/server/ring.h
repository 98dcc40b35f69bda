/* The queue of connections with something to read: first come, first served.
 *
 * A connection has at most one outstanding request, so a ring as large as the connection table
 * cannot overflow. What belongs to a job travels in its entry, never in the connection's slot: the
 * slot may already belong to somebody else when the job is read. Nobody waits here (poller.h). */
#ifndef OMEN_SERVER_RING_H
#define OMEN_SERVER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_job {
    int fd;
    uint32_t generation; /* of the connection's slot */
    int64_t queued;      /* clock_monotonic_ns */
};

struct ring;

struct ring *ring_create(size_t capacity);
void ring_destroy(struct ring *ring);

/* Adds all jobs, or none when they do not fit. */
bool ring_push(struct ring *ring, const struct ring_job *jobs, size_t count);
/* The oldest job; false when there is none. */
bool ring_pop(struct ring *ring, struct ring_job *job);
/* Without the lock: in one total order with the caller's own atomics. */
size_t ring_length(const struct ring *ring);

struct ring_status {
    size_t length, peak;
    int64_t oldest; /* when the oldest job was queued, 0 when there is none */
};
struct ring_status ring_status(struct ring *ring);

#endif
