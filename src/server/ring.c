#include "server/ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

struct ring {
    pthread_mutex_t lock;
    struct ring_job *jobs;
    size_t capacity, head, peak;
    atomic_size_t length; /* written under the lock */
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
    pthread_mutex_init(&ring->lock, NULL); /* with default attributes it cannot fail on Linux */
    return ring;
}

void ring_destroy(struct ring *ring)
{
    if (ring == NULL)
        return;
    pthread_mutex_destroy(&ring->lock);
    free(ring->jobs);
    free(ring);
}

bool ring_push(struct ring *ring, const struct ring_job *jobs, size_t count)
{
    pthread_mutex_lock(&ring->lock);
    size_t length = atomic_load(&ring->length);
    bool fits = count <= ring->capacity - length;
    for (size_t i = 0; fits && i < count; i++) {
        size_t place = ring->head + length++;
        ring->jobs[place >= ring->capacity ? place - ring->capacity : place] = jobs[i];
    }
    if (length > ring->peak)
        ring->peak = length;
    atomic_store(&ring->length, length);
    pthread_mutex_unlock(&ring->lock);
    return fits;
}

bool ring_pop(struct ring *ring, struct ring_job *job)
{
    pthread_mutex_lock(&ring->lock);
    size_t length = atomic_load(&ring->length);
    if (length > 0) {
        *job = ring->jobs[ring->head];
        ring->head = ring->head + 1 == ring->capacity ? 0 : ring->head + 1;
        atomic_store(&ring->length, length - 1);
    }
    pthread_mutex_unlock(&ring->lock);
    return length > 0;
}

size_t ring_length(const struct ring *ring)
{
    return atomic_load(&ring->length);
}

struct ring_status ring_status(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    struct ring_status status = {.length = atomic_load(&ring->length), .peak = ring->peak};
    if (status.length > 0)
        status.oldest = ring->jobs[ring->head].queued;
    pthread_mutex_unlock(&ring->lock);
    return status;
}
