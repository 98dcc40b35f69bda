/* Every open connection, by file descriptor, and who owns it right now.
 *
 * One mutex guards all slots. "IDLE and armed in epoll" is one step under it, so that the reaper's
 * "IDLE, then close" can never hit a descriptor that somebody else armed or got anew. A slot's
 * generation changes with each connection: an event or a job that comes late finds another one. */
#ifndef OMEN_SERVER_CONNECTIONS_H
#define OMEN_SERVER_CONNECTIONS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "server/ring.h"

enum connection_state {
    CONNECTION_FREE,
    CONNECTION_IDLE,    /* armed once for any byte */
    CONNECTION_PARTIAL, /* the same, in the middle of a request's head */
    CONNECTION_QUEUED,  /* on the ring, or a worker looks at its first bytes */
    CONNECTION_BODY,    /* a worker waits for the request's body; the reaper may end that */
    CONNECTION_BUSY,    /* a worker's */
    CONNECTION_STATES
};

struct connection {
    enum connection_state state;
    uint32_t generation; /* never 0 for a connection */
    int64_t since;       /* IDLE: parked; PARTIAL: its first byte; BODY: reading began */
    struct buf head;     /* PARTIAL: what was read of a request's head; QUEUED: its worker's */
    bool timed_out;      /* BODY: the reaper shut it down */
};

struct connections {
    pthread_mutex_t lock;
    struct connection *slots;
    size_t capacity, highest; /* highest: one past the largest descriptor ever used */
    size_t counts[CONNECTION_STATES];
    uint32_t generation;
    int epoll_fd; /* borrowed */
    int wake_fd;  /* borrowed; written to when a connection ends and wake is set */
    atomic_bool wake;
};

bool connections_init(struct connections *connections, size_t capacity, int epoll_fd, int wake_fd,
                      struct err *err);
/* Closes whatever is open. */
void connections_finish(struct connections *connections);

/* In epoll_event.data of a connection's descriptor; generation 0 is left to others. */
uint64_t connections_tag(int fd, uint32_t generation);

/* **Takes** fd: IDLE and armed, or closed on failure. */
bool connections_add(struct connections *connections, int fd, int64_t now);

/* epoll reported `events` for tag. True when *job must be done; any thread may ask. */
bool connections_event(struct connections *connections, uint64_t tag, uint32_t events, int64_t now,
                       struct ring_job *job);

/* A worker's moves. Each is for a connection that this worker got by a job. */
void connections_body_begin(struct connections *connections, const struct ring_job *job,
                            int64_t now);
bool connections_body_end(struct connections *connections,
                          const struct ring_job *job); /* timed out */
void connections_park(struct connections *connections, const struct ring_job *job, int64_t now);
/* The bytes of the head so far, to read and to add to until the connection is parked or closed. */
struct buf *connections_head(struct connections *connections, const struct ring_job *job);
/* As connections_park, in the middle of a head: the time it may take goes on. */
void connections_park_partial(struct connections *connections, const struct ring_job *job);
void connections_close(struct connections *connections, const struct ring_job *job);
/* QUEUED, and libfcgi closed the descriptor: its number may already be somebody else's. */
void connections_lost(struct connections *connections, const struct ring_job *job);

struct connections_timeouts {
    int64_t read, idle; /* ns */
};

/* Control thread. Closes what is idle or partial for too long, ends reads that take too long. */
void connections_reap(struct connections *connections, int64_t now,
                      const struct connections_timeouts *timeouts);
void connections_close_idle(struct connections *connections);

size_t connections_active(struct connections *connections); /* all that are not free */
void connections_count(struct connections *connections, size_t counts[CONNECTION_STATES]);

#endif
