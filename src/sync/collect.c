/* What is left over on the disk: of interrupted runs, and of versions that were superseded. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "sync/publish.h"
#include "sync/retry.h"

#define TREE_DEPTH_MAX 40
#define PARTIAL_AGE_S (24L * 3600L)

static bool tree_remove(int fd, const char *name, int depth)
{
    if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
        return true;
    int inner = depth < TREE_DEPTH_MAX
                    ? openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                    : -1;
    if (inner < 0)
        return false;
    fchmod(inner, 0755);
    DIR *directory = fdopendir(inner);
    const struct dirent *entry;
    bool ok = directory != NULL;
    while (ok && (entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = tree_remove(dirfd(directory), entry->d_name, depth + 1);
    if (directory != NULL)
        closedir(directory);
    else
        close(inner);
    return ok && unlinkat(fd, name, AT_REMOVEDIR) == 0;
}

bool publish_remove(int fd, const char *name)
{
    return tree_remove(fd, name, 0);
}

/* Calls take for each entry's name of a directory below fd. */
static void each_name(int fd, const char *name,
                      void (*take)(void *context, int fd, const char *name), void *context)
{
    int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = inner >= 0 ? fdopendir(inner) : NULL;
    const struct dirent *entry;
    if (directory == NULL) {
        if (inner >= 0)
            close(inner);
        return;
    }
    while ((entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            take(context, dirfd(directory), entry->d_name);
    closedir(directory);
}

static void count_removal(struct publish *publish, int fd, const char *name)
{
    if (!publish_remove(fd, name))
        publish->collect_errors++;
}

static void remove_any(void *context, int fd, const char *name)
{
    count_removal(context, fd, name);
}

static void remove_unfinished(void *context, int fd, const char *name)
{
    if (strncmp(name, ".tmp-", 5) == 0 || strncmp(name, ".link-", 6) == 0)
        count_removal(context, fd, name);
}

static void remove_aged(void *context, int fd, const char *name)
{
    struct stat status;
    if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        status.st_mtim.tv_sec < clock_wall_ns() / CLOCK_NS_PER_S - PARTIAL_AGE_S)
        count_removal(context, fd, name);
}

static int64_t tree_bytes(int fd, int depth)
{
    DIR *directory = depth < TREE_DEPTH_MAX ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    int64_t bytes = 0;
    if (directory == NULL) {
        close(fd);
        return 0;
    }
    while ((entry = readdir(directory)) != NULL) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        bytes += (int64_t)status.st_blocks * 512 /
                 (int64_t)(S_ISREG(status.st_mode) && status.st_nlink > 0 ? status.st_nlink : 1);
        int inner = S_ISDIR(status.st_mode)
                        ? openat(dirfd(directory), entry->d_name,
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                        : -1;
        if (inner >= 0)
            bytes += tree_bytes(inner, depth + 1);
    }
    closedir(directory);
    return bytes;
}

int64_t publish_disk_bytes(const struct publish *publish)
{
    int fd = openat(publish->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? tree_bytes(fd, 0) : 0;
}

/* --- recovery ------------------------------------------------------------------------------ */

static bool target_is_whole(const struct publish *publish, const char *model, const char *target)
{
    int fd = publish_version_open(publish, model, target);
    if (fd < 0)
        return false;
    bool whole = faccessat(fd, ".omen-sync.json", R_OK, AT_SYMLINK_NOFOLLOW) == 0;
    close(fd);
    return whole;
}

static bool recover_model(void *context, const char *model, struct err *err)
{
    struct publish *publish = context;
    char current[PUBLISH_TARGET_SIZE];
    char previous[PUBLISH_TARGET_SIZE];
    int fd = openat(publish->root_fd, model, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return true;
    each_name(fd, ".", remove_unfinished, publish);
    each_name(fd, ".versions", remove_unfinished, publish);
    close(fd);
    publish_target(publish, model, "current", current);
    publish_target(publish, model, "previous", previous);
    if (current[0] == '\0' || target_is_whole(publish, model, current) ||
        !target_is_whole(publish, model, previous))
        return true;
    return publish_flip(publish, model, previous, err);
}

bool publish_recover(struct publish *publish, struct err *err)
{
    each_name(publish->sync_fd, "trash", remove_any, publish);
    each_name(publish->sync_fd, "partial", remove_aged, publish);
    return publish_each_model(publish, recover_model, publish, err);
}

/* --- old versions -------------------------------------------------------------------------- */

struct old {
    char target[PUBLISH_TARGET_SIZE];
    int64_t time; /* of its record: when it was superseded, or made */
};

struct collection {
    struct publish *publish;
    const char *model;
    struct old *olds;
    size_t count, capacity;
};

static void take_version(void *context, int fd, const char *name)
{
    struct collection *collection = context;
    struct stat status;
    char record[PUBLISH_TARGET_SIZE + 32];
    if (name[0] == '.' || strlen(name) >= PUBLISH_TARGET_SIZE)
        return;
    if (collection->count == collection->capacity) {
        size_t more = collection->capacity > 0 ? collection->capacity * 2 : 16;
        struct old *olds = mem_resize(collection->olds, more, sizeof *olds);
        if (olds == NULL)
            return;
        collection->olds = olds;
        collection->capacity = more;
    }
    struct old *old = &collection->olds[collection->count];
    snprintf(old->target, sizeof old->target, "%s", name);
    snprintf(record, sizeof record, "%s/.omen-sync.json", name);
    old->time = 0;
    if (fstatat(fd, record, &status, AT_SYMLINK_NOFOLLOW) == 0)
        old->time = (int64_t)status.st_mtim.tv_sec * CLOCK_NS_PER_S + status.st_mtim.tv_nsec;
    collection->count++;
}

static int compare_newest_first(const void *a, const void *b)
{
    const struct old *one = a;
    const struct old *other = b;
    return (one->time < other->time) - (one->time > other->time);
}

/* Out of sight first, by one rename, then to pieces: nobody sees half a version. */
static void version_remove(struct publish *publish, const char *model, const char *target)
{
    char version[PUBLISH_TARGET_SIZE];
    char now[PUBLISH_TARGET_SIZE];
    char trash[PUBLISH_TARGET_SIZE + 64];
    publish_version_of(target, version, sizeof version);
    publish_target(publish, model, version, now);
    int model_fd = openat(publish->root_fd, model, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int versions = publish_versions_open(publish, model);
    snprintf(trash, sizeof trash, "trash/%016llx", (unsigned long long)retry_random());
    bool ok = model_fd >= 0 && versions >= 0;
    if (ok && strcmp(now, target) == 0)
        ok = unlinkat(model_fd, version, 0) == 0;
    if (ok) {
        ok = renameat(versions, target, publish->sync_fd, trash) == 0;
    }
    ok = ok && publish_remove(publish->sync_fd, trash);
    publish->collected += ok;
    publish->collect_errors += !ok;
    if (versions >= 0)
        close(versions);
    if (model_fd >= 0)
        close(model_fd);
}

bool publish_take_away(struct publish *publish, const char *model, const char *target,
                       const char *instead, struct err *err)
{
    int64_t errors = publish->collect_errors;
    int fd = openat(publish->root_fd, model, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0;
    if (ok && instead[0] != '\0')
        ok = publish_link(publish, model, "current", instead, err) &&
             (unlinkat(fd, "previous", 0) == 0 || errno == ENOENT);
    else if (ok)
        ok = unlinkat(fd, "current", 0) == 0 || errno == ENOENT;
    if (fd >= 0)
        close(fd);
    if (ok)
        version_remove(publish, model, target);
    if (ok && publish->collect_errors == errors)
        return true;
    return err_set(err, ERR_IO, "a damaged version cannot be taken away");
}

static bool is_pinned(const struct publish *publish, const char *model, const char *target)
{
    char pin[PUBLISH_TARGET_SIZE];
    char version[PUBLISH_TARGET_SIZE];
    publish_version_of(target, version, sizeof version);
    return publish_mark_read(publish, "pins", model, pin, sizeof pin) && strcmp(pin, version) == 0;
}

struct collector {
    struct publish *publish;
    int64_t keep;
};

static bool collect_model(void *context, const char *model, struct err *err)
{
    const struct collector *collector = context;
    struct publish *publish = collector->publish;
    struct collection collection = {.publish = publish, .model = model};
    char current[PUBLISH_TARGET_SIZE];
    char previous[PUBLISH_TARGET_SIZE];
    int64_t now = clock_wall_ns();
    int64_t kept = 0;
    (void)err;
    publish_target(publish, model, "current", current);
    publish_target(publish, model, "previous", previous);
    int fd = publish_versions_open(publish, model);
    if (fd < 0)
        return true;
    each_name(fd, ".", remove_unfinished, publish);
    each_name(fd, ".", take_version, &collection);
    close(fd);
    if (collection.count > 1)
        qsort(collection.olds, collection.count, sizeof *collection.olds, compare_newest_first);
    for (size_t i = 0; i < collection.count; i++) {
        const struct old *old = &collection.olds[i];
        if (strcmp(old->target, current) == 0 || strcmp(old->target, previous) == 0 ||
            is_pinned(publish, model, old->target))
            continue;
        if (kept < collector->keep || now - old->time < publish->options.grace)
            kept++;
        else
            version_remove(publish, model, old->target);
    }
    free(collection.olds);
    return true;
}

static void count_version(void *context, int fd, const char *name)
{
    (void)fd;
    *(size_t *)context += name[0] != '.';
}

struct counting {
    const struct publish *publish;
    size_t count;
};

static bool count_model(void *context, const char *model, struct err *err)
{
    struct counting *counting = context;
    (void)err;
    int fd = publish_versions_open(counting->publish, model);
    if (fd < 0)
        return true;
    each_name(fd, ".", count_version, &counting->count);
    close(fd);
    return true;
}

size_t publish_version_count(const struct publish *publish)
{
    struct counting counting = {.publish = publish};
    publish_each_model(publish, count_model, &counting, NULL);
    return counting.count;
}

void publish_collect(struct publish *publish, int64_t keep)
{
    struct collector collector = {.publish = publish, .keep = keep};
    publish_each_model(publish, collect_model, &collector, NULL);
    each_name(publish->sync_fd, "trash", remove_any, publish);
    each_name(publish->sync_fd, "partial", remove_aged, publish);
}
