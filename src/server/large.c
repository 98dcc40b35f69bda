#include "server/large.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/exchange.h"
#include "server/state.h"
#include "server/worker.h"

/* More than the process has: beside one busy thread of the process, a quarter of the CPU. That is
 * little enough for whatever wakes to be let through, and no batch starves. */
#define NICENESS 5

/* Longer than anybody's who does not ask for one (at most 2.8 ms), and no longer: it is also what a
 * thread gives up that yields. */
#define SLICE_NS (5 * CLOCK_NS_PER_MS)

/* So long after the last large request the workers are told to be patient again. */
#define PATIENCE_SECONDS 1

bool large_init(struct large *large, struct server *server, size_t jobs, unsigned threads,
                struct err *err)
{
    pthread_condattr_t attributes;
    *large = (struct large){.server = server, .capacity = threads};
    /* None of these can fail on Linux. */
    pthread_mutex_init(&large->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&large->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    large->ring = ring_create(jobs);
    large->workers = mem_array(threads, sizeof(struct worker *));
    return (large->ring != NULL && large->workers != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for the queue of large requests");
}

void large_finish(struct large *large)
{
    if (large->server == NULL)
        return;
    for (unsigned i = 0; i < large->count; i++)
        worker_destroy(large->workers[i]);
    free(large->workers);
    ring_destroy(large->ring);
    pthread_cond_destroy(&large->filled);
    pthread_mutex_destroy(&large->lock);
}

/* Whether the server's workers, when a request wakes them, may interrupt what runs on their CPU.
 * The lock is held. */
static void set_interrupting(struct large *large, bool interrupting)
{
    struct server *server = large->server;
    if (large->interrupting == interrupting ||
        server->options.scheduling != SERVER_SCHEDULING_BATCH)
        return;
    large->interrupting = interrupting;
    for (unsigned i = 0; i < server->started_count; i++)
        worker_set_scheduling(server->workers[i]->thread,
                              interrupting ? SERVER_SCHEDULING_NORMAL : SERVER_SCHEDULING_BATCH);
}

/* Waits for more to be in the queue. The last one to wait gives the workers their scheduling back,
 * later: large requests come in rows. The lock is held. */
static void wait_for_jobs(struct large *large)
{
    struct timespec until;
    large->waiting++;
    if (!large->interrupting || large->waiting < large->count) {
        pthread_cond_wait(&large->filled, &large->lock);
    } else {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += PATIENCE_SECONDS;
        if (pthread_cond_timedwait(&large->filled, &large->lock, &until) == ETIMEDOUT &&
            large->waiting == large->count)
            set_interrupting(large, false);
    }
    large->waiting--;
}

/* A thread's next job; false when stopped and the queue is empty. */
static bool next(struct large *large, struct ring_job *job)
{
    pthread_mutex_lock(&large->lock);
    bool taken;
    while (!(taken = ring_pop(large->ring, job)) && !large->stopping)
        wait_for_jobs(large);
    pthread_mutex_unlock(&large->lock);
    return taken;
}

/* Linux has a niceness for each thread, and from 6.12 on a slice: whoever asks for a shorter one,
 * as all do, is let through at once when it wakes, and not only when this one's slice has passed.
 * Where a filter of system calls forbids it, all works as before. */
static void give_way(void)
{
    const struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t slice, deadline, period; /* ns */
    } attributes = {
        .size = sizeof attributes,
        .policy = SCHED_BATCH,
        .nice = getpriority(PRIO_PROCESS, (id_t)gettid()) + NICENESS,
        .slice = SLICE_NS,
    };
    (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static void *serve(void *argument)
{
    struct worker *worker = argument;
    struct large *large = &worker->server->large;
    struct ring_job job;
    give_way();
    worker_begin_thread(worker);
    while (next(large, &job)) {
        exchange_serve(worker, &job);
        worker_set_waiting(worker);
    }
    return NULL;
}

/* The lock is held. */
static void add_thread(struct large *large)
{
    unsigned number = large->server->worker_count + large->count;
    struct worker *worker = worker_create(large->server, number);
    if (worker == NULL)
        return;
    worker->takes_large = true;
    if (pthread_create(&worker->thread, NULL, serve, worker) != 0) {
        worker_destroy(worker);
        return;
    }
    large->workers[large->count++] = worker;
}

bool large_push(struct large *large, const struct ring_job *job)
{
    pthread_mutex_lock(&large->lock);
    if (large->waiting <= ring_length(large->ring) && large->count < large->capacity)
        add_thread(large);
    bool pushed = large->count > 0 && ring_push(large->ring, job, 1);
    if (pushed) {
        set_interrupting(large, true);
        pthread_cond_signal(&large->filled);
    }
    pthread_mutex_unlock(&large->lock);
    return pushed;
}

bool large_take(struct large *large, struct ring_job *job)
{
    pthread_mutex_lock(&large->lock);
    bool taken = large->waiting == 0 && ring_pop(large->ring, job);
    pthread_mutex_unlock(&large->lock);
    return taken;
}

struct ring_status large_status(struct large *large)
{
    return ring_status(large->ring);
}

unsigned large_count(struct large *large)
{
    pthread_mutex_lock(&large->lock);
    unsigned count = large->count;
    pthread_mutex_unlock(&large->lock);
    return count;
}

void large_stop(struct large *large)
{
    pthread_mutex_lock(&large->lock);
    large->stopping = true;
    pthread_cond_broadcast(&large->filled);
    unsigned count = large->count; /* nobody is left who could add one */
    pthread_mutex_unlock(&large->lock);
    for (unsigned i = 0; i < count; i++)
        pthread_join(large->workers[i]->thread, NULL);
}
