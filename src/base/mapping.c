#include "base/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whoever loads models does it one after the other. */
#define MAPPINGS_MAX 8

/* The open mappings, for the signal handler, which must not lock. */
struct place {
    atomic_uintptr_t begin; /* 0: free */
    atomic_size_t room;
    atomic_bool broken;
};

static struct place places[MAPPINGS_MAX];
static struct sigaction usual;
static pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;

static struct place *place_find(uintptr_t address)
{
    for (size_t i = 0; i < MAPPINGS_MAX; i++) {
        uintptr_t begin = atomic_load(&places[i].begin);
        if (begin != 0 && address >= begin && address - begin < atomic_load(&places[i].room))
            return &places[i];
    }
    return NULL;
}

static uintptr_t page_begin(uintptr_t address)
{
    return address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
}

/* Puts zeros where a page cannot be read, and all behind it. Any other SIGBUS happens again, under
 * whatever was there to handle it. */
static void handle_bus_error(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    uintptr_t at = (uintptr_t)info->si_addr;
    struct place *place = place_find(at);
    (void)context;
    if (place != NULL) {
        uintptr_t page = page_begin(at);
        size_t rest = atomic_load(&place->begin) + atomic_load(&place->room) - page;
        atomic_store(&place->broken, true);
        if (mmap((void *)page, rest, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
            MAP_FAILED)
            place = NULL;
    }
    if (place == NULL)
        sigaction(number, &usual, NULL);
    errno = saved;
}

/* Also after somebody else has taken the signal. */
static bool install(void)
{
    struct sigaction ours = {.sa_sigaction = handle_bus_error, .sa_flags = SA_SIGINFO}, current;
    sigemptyset(&ours.sa_mask);
    pthread_mutex_lock(&installing);
    bool ok = sigaction(SIGBUS, NULL, &current) == 0;
    if (ok && current.sa_sigaction != handle_bus_error) {
        usual = current;
        ok = sigaction(SIGBUS, &ours, NULL) == 0;
    }
    pthread_mutex_unlock(&installing);
    return ok;
}

static bool place_take(struct mapping *mapping)
{
    for (size_t i = 0; i < MAPPINGS_MAX; i++) {
        uintptr_t nothing = 0;
        if (!atomic_compare_exchange_strong(&places[i].begin, &nothing, (uintptr_t)mapping->data))
            continue;
        atomic_store(&places[i].broken, false);
        atomic_store(&places[i].room, mapping->room);
        return true;
    }
    return false;
}

bool mapping_open(int fd, size_t size, struct mapping *mapping, struct err *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *mapping = (struct mapping){0};
    if (!install())
        return err_set(err, ERR_INTERNAL, "SIGBUS cannot be handled");
    if (size > SIZE_MAX / 2)
        return err_set(err, ERR_LIMIT, "%zu bytes cannot be mapped", size);
    /* A page more than the file may have: the NUL behind it. */
    size_t room = size / page * page + page;
    char *data = mmap(NULL, room, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return err_set_errno(err, ERR_MEMORY, errno, "no room for %zu bytes", size);
    *mapping = (struct mapping){.data = data, .size = size, .room = room};
    if (size > 0 && mmap(data, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED) {
        int reason = errno;
        munmap(data, room);
        *mapping = (struct mapping){0};
        return err_set_errno(err, ERR_IO, reason, "cannot be mapped");
    }
    if (place_take(mapping)) {
        madvise(data, size, MADV_SEQUENTIAL);
        return true;
    }
    munmap(data, room);
    *mapping = (struct mapping){0};
    return err_set(err, ERR_LIMIT, "more than %d files are mapped", MAPPINGS_MAX);
}

void mapping_close(struct mapping *mapping)
{
    if (mapping == NULL || mapping->data == NULL)
        return;
    /* Forgotten before it is given back: another thread may be given the same addresses at once. */
    struct place *place = place_find((uintptr_t)mapping->data);
    if (place != NULL) {
        atomic_store(&place->room, 0);
        atomic_store(&place->begin, 0);
    }
    munmap((void *)mapping->data, mapping->room);
    *mapping = (struct mapping){0};
}

bool mapping_is_whole(const struct mapping *mapping)
{
    const struct place *place = place_find((uintptr_t)mapping->data);
    return place == NULL || !atomic_load(&place->broken);
}

void mapping_release(const void *from, const void *to)
{
    uintptr_t begin = page_begin((uintptr_t)from), end = page_begin((uintptr_t)to);
    const struct place *place = place_find((uintptr_t)from);
    if (place == NULL || end <= begin)
        return;
    uintptr_t last = atomic_load(&place->begin) + atomic_load(&place->room);
    madvise((void *)begin, (end < last ? end : last) - begin, MADV_DONTNEED);
}
