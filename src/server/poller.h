/* Where workers wait: one epoll set of all parked connections.
 *
 * A worker without work waits in epoll_wait itself, so that a request to an idle server costs one
 * wake-up and no hand-over between threads. A worker that comes back from a request first puts
 * whatever has become readable on the ring, with the time, and then takes the oldest job: the
 * ring's order is the order of arrival, and the age of a job is right to the length of the shortest
 * request running. While all are busy for long, the control thread does the same at its ticks. */
#ifndef OMEN_SERVER_POLLER_H
#define OMEN_SERVER_POLLER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/connections.h"
#include "server/ring.h"

struct poller {
    struct connections *connections; /* borrowed */
    struct ring *ring;               /* borrowed */
    int epoll_fd;                    /* of the connections; owned, as the next two */
    int nudge_fd;                    /* written to: one waiting worker looks at the ring */
    int stop_fd;                     /* written to: nobody waits any more */
    atomic_uint waiting;             /* workers in epoll_wait, or about to be */
    _Atomic int64_t harvested;       /* when the epoll set was last emptied */
    atomic_bool stopping;
};

bool poller_init(struct poller *poller, struct connections *connections, struct ring *ring,
                 struct err *err);
void poller_finish(struct poller *poller);

/* A worker's next job. Waits for it; false when stopped. */
bool poller_next(struct poller *poller, struct ring_job *job);

/* A job for which no worker waits, if there is one; does not wait for it. */
bool poller_take(struct poller *poller, struct ring_job *job);

/* Control thread: moves what is readable to the ring. */
void poller_harvest(struct poller *poller);

/* All workers come back from poller_next once the ring is empty. */
void poller_stop(struct poller *poller);

#endif
