#include "registry/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "registry/registry_private.h"

#define SETTLE_NS (20 * CLOCK_NS_PER_MS)      /* quiet for so long: whoever writes is done */
#define SETTLE_MAX_NS (500 * CLOCK_NS_PER_MS) /* or is taking their time: look at what is there */
#define RETRY_NS CLOCK_NS_PER_S               /* while the models directory cannot be read */
#define PATHS_MAX ((size_t)4096)

#define WATCHED                                                                         \
    (IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB | IN_ONLYDIR)

struct watch {
    struct registry *registry;
    _Atomic int64_t rescan_ns;
    pthread_t thread;
    atomic_bool stop;
    int wake_fd;    /* eventfd: scan now, or stop */
    int scanned_fd; /* eventfd: readable, for good, after the first pass */
    int inotify_fd; /* -1: none to be had, so only the periodic scan is left */
    int *watches;   /* descriptors of the last pass, ascending */
    size_t count;
    int parent; /* the watch that sees the models directory itself come and go */
    char parent_path[PATH_MAX];
    char base_name[NAME_MAX + 1];
};

/* --- what is watched ----------------------------------------------------------------------- */

struct collection {
    struct watch *watch;
    int *watches;
    size_t count;
};

static void collection_add(struct collection *collection, const char *path)
{
    if (collection->count >= PATHS_MAX)
        return; /* the periodic scan will see */
    int descriptor = inotify_add_watch(collection->watch->inotify_fd, path, WATCHED);
    if (descriptor < 0)
        return; /* gone, or no watches left: likewise */
    collection->watches[collection->count++] = descriptor;
}

static void take_directory(void *context, const char *name, const char *version)
{
    struct collection *collection = context;
    const char *models = collection->watch->registry->options.models;
    char path[PATH_MAX];
    int length = version == NULL ? snprintf(path, sizeof path, "%s/%s", models, name)
                                 : snprintf(path, sizeof path, "%s/%s/%s", models, name, version);
    if (length > 0 && (size_t)length < sizeof path)
        collection_add(collection, path);
}

static int compare_integers(const void *a, const void *b)
{
    int one = *(const int *)a;
    int other = *(const int *)b;
    return (one > other) - (one < other);
}

/* Replaces the old set by the new one and ends the watches that are in the old one only: of links
 * that were flipped and directories that were moved away. Returns whether the new one has more. */
static bool watches_replace(struct watch *watch, struct collection *collection)
{
    bool added = false;
    size_t i = 0;
    size_t kept = 0;
    qsort(collection->watches, collection->count, sizeof(int), compare_integers);
    for (size_t j = 0; j < collection->count; j++) {
        int descriptor = collection->watches[j];
        if (kept > 0 && collection->watches[kept - 1] == descriptor)
            continue; /* two names of one directory */
        while (i < watch->count && watch->watches[i] < descriptor)
            inotify_rm_watch(watch->inotify_fd, watch->watches[i++]);
        if (i < watch->count && watch->watches[i] == descriptor)
            i++;
        else
            added = true;
        collection->watches[kept++] = descriptor;
    }
    while (i < watch->count)
        inotify_rm_watch(watch->inotify_fd, watch->watches[i++]);
    free(watch->watches);
    watch->watches = collection->watches;
    watch->count = kept;
    return added;
}

/* True if there is something watched now that was not before: it may have changed unseen. */
static bool watches_update(struct watch *watch)
{
    if (watch->inotify_fd < 0)
        return false;
    if (watch->parent_path[0] != '\0')
        watch->parent = inotify_add_watch(watch->inotify_fd, watch->parent_path,
                                          IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD);
    struct collection collection = {.watch = watch, .watches = mem_array(PATHS_MAX, sizeof(int))};
    if (collection.watches == NULL)
        return false;
    collection_add(&collection, watch->registry->options.models);
    registry_each_directory(watch->registry, take_directory, &collection);
    return watches_replace(watch, &collection);
}

/* --- the thread ---------------------------------------------------------------------------- */

static bool event_matters(const struct watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_IGNORED)
        return false; /* a watch that ended, which is our own doing or told otherwise */
    if (event->wd == watch->parent && !(event->mask & IN_Q_OVERFLOW))
        return event->len > 0 && strcmp(event->name, watch->base_name) == 0;
    return true;
}

/* Takes all events there are; true if one matters. After an overflow the scan sees what was lost.
 */
static bool events_read(const struct watch *watch)
{
    _Alignas(struct inotify_event) char events[8192];
    bool matters = false;
    ssize_t size;
    while (watch->inotify_fd >= 0 && (size = read(watch->inotify_fd, events, sizeof events)) > 0) {
        for (size_t at = 0; at < (size_t)size;) {
            const struct inotify_event *event = (const void *)(events + at);
            matters = event_matters(watch, event) || matters;
            at += sizeof *event + event->len;
        }
    }
    return matters;
}

static int timeout_ms(int64_t ns)
{
    if (ns <= 0)
        return 0;
    int64_t ms = (ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Waits until nothing has happened for SETTLE_NS. */
static void settle(const struct watch *watch)
{
    int64_t end = clock_monotonic_ns() + SETTLE_MAX_NS;
    struct pollfd poll_fd = {.fd = watch->inotify_fd, .events = POLLIN};
    while (clock_monotonic_ns() < end && poll(&poll_fd, 1, timeout_ms(SETTLE_NS)) > 0)
        events_read(watch);
}

static void tell_idle(const struct watch *watch)
{
    const struct registry_options *options = &watch->registry->options;
    if (options->on_idle != NULL)
        options->on_idle(options->context);
}

/* Returns when it is time to scan, or to stop. */
static void wait_for_reason(const struct watch *watch, int64_t deadline)
{
    struct pollfd fds[] = {
        {.fd = watch->wake_fd, .events = POLLIN},
        {.fd = registry_collect_fd(watch->registry), .events = POLLIN},
        {.fd = watch->inotify_fd, .events = POLLIN}, /* ignored by poll when negative */
    };
    while (!atomic_load(&watch->stop)) {
        int64_t left = deadline - clock_monotonic_ns();
        if (left <= 0)
            return;
        if (poll(fds, 3, timeout_ms(left)) <= 0)
            continue;
        eventfd_t count;
        if ((fds[0].revents & POLLIN) && eventfd_read(watch->wake_fd, &count) == 0)
            return;
        if (fds[1].revents & POLLIN) {
            registry_collect(watch->registry);
            tell_idle(watch);
        }
        if ((fds[2].revents & POLLIN) && events_read(watch)) {
            settle(watch);
            return;
        }
    }
}

static void *watch_run(void *context)
{
    struct watch *watch = context;
    while (!atomic_load(&watch->stop)) {
        watches_update(watch); /* first: what changes during the scan is then seen */
        bool ok = registry_scan(watch->registry, NULL);
        if (watches_update(watch))
            ok = registry_scan(watch->registry, NULL);
        tell_idle(watch);
        eventfd_write(watch->scanned_fd, 1); /* nobody reads it: one is as good as many */
        int64_t pause = atomic_load(&watch->rescan_ns);
        if (pause <= 0)
            pause = INT64_MAX / 4;
        if (!ok && pause > RETRY_NS)
            pause = RETRY_NS;
        wait_for_reason(watch, clock_monotonic_ns() + pause);
    }
    return NULL;
}

/* --- from outside -------------------------------------------------------------------------- */

/* The models directory may be replaced as a whole; its parent sees that. */
static void parent_find(struct watch *watch, const char *models)
{
    char path[PATH_MAX];
    size_t length = strlen(models);
    while (length > 1 && models[length - 1] == '/')
        length--;
    if (length == 0 || length >= sizeof path)
        return;
    memcpy(path, models, length);
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    if (base[0] == '\0' || strlen(base) >= sizeof watch->base_name)
        return;
    memcpy(watch->base_name, base, strlen(base) + 1);
    if (slash == NULL)
        memcpy(watch->parent_path, ".", 2);
    else if (slash == path)
        memcpy(watch->parent_path, "/", 2);
    else
        memcpy(watch->parent_path, path, (size_t)(slash - path));
}

/* All signals are the control thread's, but for the faults of this one. */
static int thread_start(struct watch *watch)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* of a mapped file */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&watch->thread, NULL, watch_run, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static void watch_free(struct watch *watch)
{
    if (watch->inotify_fd >= 0)
        close(watch->inotify_fd);
    if (watch->wake_fd >= 0)
        close(watch->wake_fd);
    if (watch->scanned_fd >= 0)
        close(watch->scanned_fd);
    free(watch->watches);
    free(watch);
}

struct watch *watch_create(struct registry *registry, int64_t rescan_ns, struct err *err)
{
    struct watch *watch = mem_array(1, sizeof *watch);
    if (watch == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the loader");
        return NULL;
    }
    watch->registry = registry;
    atomic_init(&watch->rescan_ns, rescan_ns);
    watch->parent = -1;
    parent_find(watch, registry->options.models);
    watch->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->scanned_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int code = watch->wake_fd >= 0 && watch->scanned_fd >= 0 ? thread_start(watch) : errno;
    if (code == 0)
        return watch;
    err_set_errno(err, ERR_IO, code, "cannot start the loader");
    watch_free(watch);
    return NULL;
}

void watch_set_rescan(struct watch *watch, int64_t rescan_ns)
{
    atomic_store(&watch->rescan_ns, rescan_ns);
}

bool watch_wait(struct watch *watch, int64_t timeout_ns)
{
    struct pollfd scanned = {.fd = watch->scanned_fd, .events = POLLIN};
    return poll(&scanned, 1, timeout_ms(timeout_ns)) > 0;
}

void watch_wake(struct watch *watch)
{
    eventfd_write(watch->wake_fd, 1);
}

void watch_destroy(struct watch *watch)
{
    if (watch == NULL)
        return;
    atomic_store(&watch->stop, true);
    atomic_store(&watch->registry->stopping, true);
    watch_wake(watch);
    pthread_join(watch->thread, NULL);
    atomic_store(&watch->registry->stopping, false);
    watch_free(watch);
}
