#include "registry/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "registry/registry_private.h"

#define VERSION "1"
#define POLL_NS (2 * CLOCK_NS_PER_MS)

/* The directory with every link followed, if it lies in the root. */
static bool find_directory(const char *path, const char *root, char *real, struct err *err)
{
    char real_root[PATH_MAX];
    struct stat status;
    bool found = realpath(root, real_root) != NULL && realpath(path, real) != NULL &&
                 stat(real, &status) == 0 && S_ISDIR(status.st_mode);
    size_t length = found ? strlen(real_root) : 0;
    if (found && strncmp(real, real_root, length) == 0 && real[length] == '/')
        return true;
    return err_set(err, ERR_NOT_FOUND, "there is no such directory where models may be");
}

static bool is_full(struct registry *registry)
{
    pthread_rwlock_rdlock(&registry->lock);
    bool full = registry->model_count >= registry->options.max_models;
    pthread_rwlock_unlock(&registry->lock);
    return full;
}

/* A directory that holds the link appears whole: under a hidden name first. */
static bool make_link(int models, const char *name, const char *target, bool *name_is_taken,
                      struct err *err)
{
    char hidden[NAME_MAX + 1], link[2 * NAME_MAX];
    snprintf(hidden, sizeof hidden, ".%.128s.attached", name);
    snprintf(link, sizeof link, "%s/" VERSION, hidden);
    if (mkdirat(models, hidden, 0755) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "cannot write to the models directory");
    unlinkat(models, link, 0); /* of an attempt that was cut short */
    bool ok = symlinkat(target, models, link) == 0 && renameat(models, hidden, models, name) == 0;
    int reason = errno;
    if (ok)
        return true;
    unlinkat(models, link, 0);
    unlinkat(models, hidden, AT_REMOVEDIR);
    *name_is_taken = reason == EEXIST || reason == ENOTEMPTY || reason == ENOTDIR;
    if (*name_is_taken)
        return err_set(err, ERR_INVALID, "there is a model of this name already");
    return err_set_errno(err, ERR_IO, reason, "cannot write to the models directory");
}

static int open_models(const struct registry *registry, struct err *err)
{
    int models = open(registry->options.models, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (models < 0)
        err_set_errno(err, ERR_IO, errno, "cannot open the models directory");
    return models;
}

bool registry_attach(struct registry *registry, const char *name, const char *path,
                     const char *root, bool *name_is_taken, struct err *err)
{
    char target[PATH_MAX];
    char alone[NAME_MAX + 1];
    *name_is_taken = false;
    if (!file_name_is_safe(name, strlen(name)))
        return err_set(err, ERR_INVALID, "a model's name is letters, digits and . _ + -");
    if (!find_directory(path, root, target, err))
        return false;
    if (is_full(registry))
        return err_set(err, ERR_LIMIT, "there are as many models as may be (max-models)");
    int models = open_models(registry, err);
    if (models < 0)
        return false;
    snprintf(alone, sizeof alone, "%.128s.json", name);
    *name_is_taken = faccessat(models, alone, F_OK, 0) == 0;
    bool ok = *name_is_taken ? err_set(err, ERR_INVALID, "there is a model of this name already")
                             : make_link(models, name, target, name_is_taken, err);
    close(models);
    return ok;
}

/* The model's directory if it is one of ours: what stands in it is a link. */
static bool read_link(int models, const char *name, char *path, size_t size)
{
    char link[2 * NAME_MAX];
    snprintf(link, sizeof link, "%.128s/" VERSION, name);
    ssize_t length = readlinkat(models, link, path, size - 1);
    path[length > 0 ? length : 0] = '\0';
    return length > 0 && path[0] == '/';
}

bool registry_detach(struct registry *registry, const char *name, struct err *err)
{
    char target[PATH_MAX], link[2 * NAME_MAX];
    if (!file_name_is_safe(name, strlen(name)))
        return err_set(err, ERR_NOT_FOUND, "no such model");
    int models = open_models(registry, err);
    if (models < 0)
        return false;
    snprintf(link, sizeof link, "%.128s/" VERSION, name);
    bool ok = read_link(models, name, target, sizeof target) ||
              err_set(err, ERR_NOT_FOUND, "no model of this name was loaded by request");
    if (ok && (unlinkat(models, link, 0) != 0 || unlinkat(models, name, AT_REMOVEDIR) != 0))
        ok = err_set_errno(err, ERR_IO, errno, "cannot write to the models directory");
    close(models);
    return ok;
}

void registry_attached_path(struct registry *registry, const char *name, char *path, size_t size)
{
    struct err ignored = ERR_INIT;
    int models = open_models(registry, &ignored);
    path[0] = '\0';
    if (models < 0)
        return;
    if (!read_link(models, name, path, size))
        path[0] = '\0';
    close(models);
}

/* --- waiting ------------------------------------------------------------------------------- */

struct waiting {
    const char *state;
    struct err *err;
};

static void take_entry(void *context, const struct registry_entry *entry)
{
    struct waiting *waiting = context;
    if (strcmp(entry->state, "retired") == 0)
        return;
    waiting->state = entry->state;
    if (entry->reason != NULL)
        err_set(waiting->err, ERR_INVALID, "%s", entry->reason);
}

const char *registry_await(struct registry *registry, const char *name, bool gone,
                           int64_t nanoseconds, struct err *err)
{
    static const struct timespec pause = {.tv_nsec = POLL_NS};
    int64_t end = clock_monotonic_ns() + nanoseconds;
    for (;;) {
        struct waiting waiting = {.state = "", .err = err};
        registry_each_entry(registry, name, take_entry, &waiting);
        bool settled = strcmp(waiting.state, "live") == 0 || strcmp(waiting.state, "failed") == 0;
        if (gone ? waiting.state[0] == '\0' : settled)
            return waiting.state;
        if (clock_monotonic_ns() >= end)
            return waiting.state;
        nanosleep(&pause, NULL);
    }
}
