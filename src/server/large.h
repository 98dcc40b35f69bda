/* Requests with large bodies, and the threads that serve nothing else.
 *
 * A worker that finds, in a request's head, a large body announced leaves the connection to one of
 * these and takes the next. They are as many as the workers, made when they are first needed, and
 * of a lower priority: where a small request and a large one want the same CPU, the small one has
 * it at once. The kernel lets a thread lower itself but not rise again, so that these are threads
 * of their own. While they have work, workers may interrupt whatever runs on their CPU, as a batch
 * of rows does not mind (server.h, SERVER_SCHEDULING_BATCH). */
#ifndef OMEN_SERVER_LARGE_H
#define OMEN_SERVER_LARGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "server/ring.h"

/* Bytes of a body from which on it is large: to decode less than this takes about as long as a
 * model takes for a block of rows. */
#define LARGE_BODY ((size_t)64 * 1024)

struct buf;
struct server;
struct worker;

struct large {
    struct server *server; /* borrowed */
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct ring *ring;
    struct worker **workers; /* with a thread each; their array is never moved */
    unsigned capacity, count, waiting;
    bool interrupting; /* the server's workers have been told to */
    bool stopping;
};

/* capacity: of the queue, and of the threads. */
bool large_init(struct large *large, struct server *server, size_t jobs, unsigned threads,
                struct err *err);
/* After large_stop. */
void large_finish(struct large *large);

/* False: there is no thread for it, and none can be made. */
bool large_push(struct large *large, const struct ring_job *job);

/* A job for which no thread waits, if there is one; does not wait for it. */
bool large_take(struct large *large, struct ring_job *job);

struct ring_status large_status(struct large *large);
/* How many threads there are; the workers below that number may be looked at. */
unsigned large_count(struct large *large);

/* The threads end once the queue is empty; returns when they have. */
void large_stop(struct large *large);

#endif
