#include "server/ring.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct ring_job *jobs;
    size_t capacity, head, length, peak;
    unsigned sleepers;
    bool closed;
};

struct ring *ring_create(size_t capacity)
{
    struct ring *ring = mem_array(1, sizeof(*ring));
    if (ring == NULL)
        return NULL;
    ring->jobs = mem_array(capacity, sizeof(*ring->jobs));
    if (ring->jobs == NULL) {
        free(ring);
        return NULL;
    }
    ring->capacity = capacity;
    pthread_mutex_init(&ring->lock, NULL); /* with default attributes neither can fail on Linux */
    pthread_cond_init(&ring->filled, NULL);
    return ring;
}

void ring_destroy(struct ring *ring)
{
    if (ring == NULL)
        return;
    pthread_cond_destroy(&ring->filled);
    pthread_mutex_destroy(&ring->lock);
    free(ring->jobs);
    free(ring);
}

bool ring_push(struct ring *ring, const struct ring_job *jobs, size_t count)
{
    pthread_mutex_lock(&ring->lock);
    bool fits = count <= ring->capacity - ring->length;
    for (size_t i = 0; fits && i < count; i++) {
        size_t place = ring->head + ring->length++;
        ring->jobs[place >= ring->capacity ? place - ring->capacity : place] = jobs[i];
    }
    if (ring->length > ring->peak)
        ring->peak = ring->length;
    size_t wake = fits ? count : 0;
    if (wake > ring->sleepers)
        wake = ring->sleepers;
    pthread_mutex_unlock(&ring->lock);
    /* Outside of the lock, so that who wakes up does not run into it. */
    for (size_t i = 0; i < wake; i++)
        pthread_cond_signal(&ring->filled);
    return fits;
}

bool ring_pop(struct ring *ring, struct ring_job *job)
{
    pthread_mutex_lock(&ring->lock);
    while (ring->length == 0 && !ring->closed) {
        ring->sleepers++;
        pthread_cond_wait(&ring->filled, &ring->lock);
        ring->sleepers--;
    }
    bool found = ring->length > 0;
    if (found) {
        *job = ring->jobs[ring->head];
        ring->head = ring->head + 1 == ring->capacity ? 0 : ring->head + 1;
        ring->length--;
    }
    pthread_mutex_unlock(&ring->lock);
    return found;
}

void ring_close(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    pthread_mutex_unlock(&ring->lock);
    pthread_cond_broadcast(&ring->filled);
}

struct ring_status ring_status(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    struct ring_status status = {
        .length = ring->length,
        .peak = ring->peak,
        .oldest = ring->length > 0 ? ring->jobs[ring->head].queued : 0,
    };
    pthread_mutex_unlock(&ring->lock);
    return status;
}
