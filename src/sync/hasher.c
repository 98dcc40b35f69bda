#include "sync/hasher.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define STEP (INT64_C(4) * 1024 * 1024)

struct hasher_item {
    struct hasher_item *next;
    int fd;
    int64_t ready;  /* bytes that may be read */
    int64_t hashed; /* bytes that are in the digests; the lock's copy of digests.hashed */
    struct record_digests digests; /* the thread's, while it is busy with the item */
    bool failed;
    struct err err;
};

struct hasher {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct hasher_item *items;
    struct hasher_item *busy; /* what the thread is at */
    bool stopping;
};

static struct hasher_item *item_choose(const struct hasher *hasher)
{
    for (struct hasher_item *item = hasher->items; item != NULL; item = item->next)
        if (!item->failed && item->hashed < item->ready)
            return item;
    return NULL;
}

static void *hasher_run(void *context)
{
    struct hasher *hasher = context;
    pthread_mutex_lock(&hasher->lock);
    while (!hasher->stopping) {
        struct hasher_item *item = item_choose(hasher);
        if (item == NULL) {
            pthread_cond_wait(&hasher->work, &hasher->lock);
            continue;
        }
        int64_t end = item->ready - item->hashed > STEP ? item->hashed + STEP : item->ready;
        hasher->busy = item;
        pthread_mutex_unlock(&hasher->lock);
        bool ok = record_digests_read(&item->digests, item->fd, end, &item->err);
        pthread_mutex_lock(&hasher->lock);
        hasher->busy = NULL;
        item->hashed = item->digests.hashed;
        item->failed = !ok;
        pthread_cond_broadcast(&hasher->done);
    }
    pthread_mutex_unlock(&hasher->lock);
    return NULL;
}

/* Signals are the main thread's. */
static int thread_start(struct hasher *hasher)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&hasher->thread, NULL, hasher_run, hasher);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

struct hasher *hasher_create(struct err *err)
{
    struct hasher *hasher = mem_array(1, sizeof *hasher);
    if (hasher == NULL) {
        err_set(err, ERR_MEMORY, "no memory to verify files");
        return NULL;
    }
    pthread_mutex_init(&hasher->lock, NULL);
    pthread_cond_init(&hasher->work, NULL);
    pthread_cond_init(&hasher->done, NULL);
    int code = thread_start(hasher);
    if (code == 0)
        return hasher;
    err_set_errno(err, ERR_IO, code, "cannot start the thread that verifies files");
    free(hasher);
    return NULL;
}

static void item_free(struct hasher_item *item)
{
    record_digests_drop(&item->digests);
    close(item->fd);
    free(item);
}

void hasher_destroy(struct hasher *hasher)
{
    if (hasher == NULL)
        return;
    pthread_mutex_lock(&hasher->lock);
    hasher->stopping = true;
    pthread_cond_signal(&hasher->work);
    pthread_mutex_unlock(&hasher->lock);
    pthread_join(hasher->thread, NULL);
    while (hasher->items != NULL) {
        struct hasher_item *next = hasher->items->next;
        item_free(hasher->items);
        hasher->items = next;
    }
    pthread_cond_destroy(&hasher->work);
    pthread_cond_destroy(&hasher->done);
    pthread_mutex_destroy(&hasher->lock);
    free(hasher);
}

struct hasher_item *hasher_add(struct hasher *hasher, int fd, const struct record_digests *digests)
{
    struct hasher_item *item = mem_array(1, sizeof *item);
    if (item == NULL)
        return NULL;
    item->fd = fd;
    item->digests = *digests;
    item->err = ERR_INIT;
    pthread_mutex_lock(&hasher->lock);
    struct hasher_item **end = &hasher->items;
    while (*end != NULL) /* in order: the first file is needed first */
        end = &(*end)->next;
    *end = item;
    pthread_mutex_unlock(&hasher->lock);
    return item;
}

void hasher_advance(struct hasher *hasher, struct hasher_item *item, int64_t ready)
{
    pthread_mutex_lock(&hasher->lock);
    if (ready > item->ready) {
        item->ready = ready;
        /* A wake-up for each piece of a few kilobytes would cost more than it brings. */
        if (item->ready - item->hashed >= STEP / 4)
            pthread_cond_signal(&hasher->work);
    }
    pthread_mutex_unlock(&hasher->lock);
}

bool hasher_take(struct hasher *hasher, struct hasher_item *item, int64_t size,
                 struct record_digests *digests, struct err *err)
{
    pthread_mutex_lock(&hasher->lock);
    item->ready = size;
    pthread_cond_signal(&hasher->work);
    while (hasher->busy == item || (!item->failed && item->hashed < size))
        pthread_cond_wait(&hasher->done, &hasher->lock);
    struct hasher_item **place = &hasher->items;
    while (*place != item)
        place = &(*place)->next;
    *place = item->next;
    pthread_mutex_unlock(&hasher->lock);
    bool ok = !item->failed;
    if (ok) {
        *digests = item->digests;
        item->digests = (struct record_digests){.sha256 = NULL};
    } else if (err != NULL) {
        *err = item->err;
    }
    item_free(item);
    return ok;
}
