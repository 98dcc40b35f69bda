#include "sync/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "sync/retry.h"

#define TMPFS 0x01021994
#define LOCK_STEP_MS 50
#define MARK_SIZE_MAX 4096

static bool io_failed(struct err *err, const char *what)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return err_set_errno(err, full ? ERR_LIMIT : ERR_IO, errno, "%s", what);
}

/* --- opening ------------------------------------------------------------------------------- */

static int directory_make(int parent, const char *name, mode_t mode)
{
    if (mkdirat(parent, name, mode) != 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool sync_directory_open(struct publish *publish, bool make, struct err *err)
{
    static const char *const inner[] = {"partial", "pins", "quarantine", "serials", "trash", NULL};
    publish->sync_fd =
        make ? directory_make(publish->root_fd, ".sync", 0755)
             : openat(publish->root_fd, ".sync", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (publish->sync_fd < 0)
        return io_failed(err, "cannot open .sync in the directory of models");
    for (const char *const *name = inner; make && *name != NULL; name++)
        if (mkdirat(publish->sync_fd, *name, 0755) != 0 && errno != EEXIST)
            return io_failed(err, "cannot make a directory in .sync");
    publish->lock_fd =
        openat(publish->sync_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    return publish->lock_fd >= 0 || io_failed(err, "cannot open .sync/lock");
}

bool publish_open(const char *directory, const struct publish_options *options, bool make,
                  struct publish *publish, struct err *err)
{
    struct statfs status;
    *publish = (struct publish){.options = *options, .root_fd = -1, .sync_fd = -1, .lock_fd = -1};
    if (make && mkdir(directory, 0755) != 0 && errno != EEXIST)
        return io_failed(err, "cannot make the directory of models");
    publish->root_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (publish->root_fd < 0)
        return io_failed(err, "cannot open the directory of models");
    publish->syncs = options->fsync == FSYNC_ALWAYS ||
                     (options->fsync == FSYNC_AUTO && fstatfs(publish->root_fd, &status) == 0 &&
                      status.f_type != TMPFS);
    if (sync_directory_open(publish, make, err))
        return true;
    publish_close(publish);
    return false;
}

void publish_close(struct publish *publish)
{
    if (publish->lock_fd >= 0)
        close(publish->lock_fd);
    if (publish->sync_fd >= 0)
        close(publish->sync_fd);
    if (publish->root_fd >= 0)
        close(publish->root_fd);
    publish->root_fd = publish->sync_fd = publish->lock_fd = -1;
}

bool publish_lock(struct publish *publish, int64_t timeout, const volatile int *stop,
                  struct err *err)
{
    int64_t end = clock_monotonic_ns() + timeout;
    while (flock(publish->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return io_failed(err, "cannot lock the directory of models");
        if (clock_monotonic_ns() >= end || (stop != NULL && *stop != 0))
            return err_set(err, ERR_UNAVAILABLE,
                           "another omen-sync holds the lock of the directory of models");
        usleep(LOCK_STEP_MS * 1000);
    }
    return true;
}

void publish_unlock(struct publish *publish)
{
    flock(publish->lock_fd, LOCK_UN);
}

bool publish_has_room(const struct publish *publish, int64_t bytes, struct err *err)
{
    struct statvfs status;
    if (fstatvfs(publish->root_fd, &status) != 0)
        return io_failed(err, "cannot ask for the free space");
    int64_t available = (int64_t)status.f_bavail * (int64_t)status.f_frsize;
    int64_t most = publish->options.max_disk_bytes;
    int64_t used = most > 0 ? publish_disk_bytes(publish) : 0;
    if (most > 0 && bytes > most - used)
        return err_set(err, ERR_LIMIT,
                       "%lld bytes are needed, and %lld of max-disk-bytes are taken",
                       (long long)bytes, (long long)used);
    if (available - publish->options.reserve >= bytes)
        return true;
    return err_set(err, ERR_LIMIT, "%lld bytes are needed, %lld are free and %lld stay reserved",
                   (long long)bytes, (long long)available, (long long)publish->options.reserve);
}

void publish_boot_id(char id[PUBLISH_BOOT_SIZE])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, id, PUBLISH_BOOT_SIZE - 1) : 0;
    if (fd >= 0)
        close(fd);
    id[got > 0 ? got : 0] = '\0';
    id[strcspn(id, "\n")] = '\0';
}

bool publish_sync_fd(const struct publish *publish, int fd, struct err *err)
{
    return !publish->syncs || fsync(fd) == 0 || errno == EINVAL ||
           io_failed(err, "cannot write to the disk");
}

/* --- what is there ------------------------------------------------------------------------- */

static int model_open(const struct publish *publish, const char *model)
{
    return openat(publish->root_fd, model, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int publish_versions_open(const struct publish *publish, const char *model)
{
    int fd = model_open(publish, model);
    if (fd < 0)
        return -1;
    int inner = openat(fd, ".versions", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    close(fd);
    return inner;
}

static void link_read(int model_fd, const char *link, char target[PUBLISH_TARGET_SIZE])
{
    static const char prefix[] = ".versions/";
    char text[PUBLISH_TARGET_SIZE];
    ssize_t length = readlinkat(model_fd, link, text, sizeof text);
    target[0] = '\0';
    if (length <= (ssize_t)sizeof prefix - 1 || length >= (ssize_t)sizeof text ||
        strncmp(text, prefix, sizeof prefix - 1) != 0)
        return;
    size_t left = (size_t)length - (sizeof prefix - 1);
    memcpy(target, text + sizeof prefix - 1, left);
    target[left] = '\0';
    if (strchr(target, '/') != NULL || strrchr(target, '@') == NULL)
        target[0] = '\0';
}

void publish_target(const struct publish *publish, const char *model, const char *link,
                    char target[PUBLISH_TARGET_SIZE])
{
    int fd = model_open(publish, model);
    target[0] = '\0';
    if (fd < 0)
        return;
    link_read(fd, link, target);
    close(fd);
}

void publish_version_of(const char *target, char *version, size_t size)
{
    const char *at = strrchr(target, '@');
    snprintf(version, size, "%.*s", at != NULL ? (int)(at - target) : 0, target);
}

int publish_version_open(const struct publish *publish, const char *model, const char *target)
{
    int versions = publish_versions_open(publish, model);
    if (versions < 0 || target[0] == '\0') {
        if (versions >= 0)
            close(versions);
        return -1;
    }
    int fd = openat(versions, target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    close(versions);
    return fd;
}

bool publish_each_model(const struct publish *publish,
                        bool (*take)(void *context, const char *model, struct err *err),
                        void *context, struct err *err)
{
    int fd = openat(publish->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool ok = true;
    if (directory == NULL)
        return io_failed(err, "cannot list the directory of models");
    while (ok && (entry = readdir(directory)) != NULL) {
        if (!file_name_is_safe(entry->d_name, strlen(entry->d_name)))
            continue;
        int versions = publish_versions_open(publish, entry->d_name);
        if (versions < 0)
            continue;
        close(versions);
        ok = take(context, entry->d_name, err);
    }
    closedir(directory);
    return ok;
}

/* --- changing it --------------------------------------------------------------------------- */

bool publish_tree_make(const struct publish *publish, const char *model, char *name, size_t size,
                       int *tree_fd, struct err *err)
{
    int model_fd = directory_make(publish->root_fd, model, 0755);
    int versions = model_fd >= 0 ? directory_make(model_fd, ".versions", 0755) : -1;
    snprintf(name, size, ".tmp-%ld-%016llx", (long)getpid(), (unsigned long long)retry_random());
    *tree_fd = versions >= 0 ? directory_make(versions, name, 0755) : -1;
    bool ok = *tree_fd >= 0 || io_failed(err, "cannot make a model's directory");
    ok = ok && publish_sync_fd(publish, publish->root_fd, err) &&
         publish_sync_fd(publish, model_fd, err);
    if (versions >= 0)
        close(versions);
    if (model_fd >= 0)
        close(model_fd);
    return ok;
}

/* What the source says of the content now. */
static bool record_move(int versions, const char *from, const char *to)
{
    char old[PUBLISH_TARGET_SIZE + 32];
    char new[PUBLISH_TARGET_SIZE + 32];
    snprintf(old, sizeof old, "%s/.omen-sync.json", from);
    snprintf(new, sizeof new, "%s/.omen-sync.json", to);
    return renameat(versions, old, versions, new) == 0;
}

bool publish_tree_place(const struct publish *publish, const char *model, const char *name,
                        const char *target, struct err *err)
{
    int versions = publish_versions_open(publish, model);
    if (versions < 0)
        return io_failed(err, "cannot open a model's directory");
    bool ok = renameat(versions, name, versions, target) == 0;
    if (!ok && (errno == EEXIST || errno == ENOTEMPTY)) { /* the same content is there already: */
        ok = record_move(versions, name, target) || io_failed(err, "cannot renew a record");
        publish_remove(versions, name);
    } else if (!ok) {
        io_failed(err, "cannot put a version in its place");
    }
    ok = ok && publish_sync_fd(publish, versions, err);
    close(versions);
    return ok;
}

/* A link of that name, there at any instant, old or new. */
static bool link_replace(int model_fd, const char *link, const char *target, struct err *err)
{
    char temporary[64];
    char path[PUBLISH_TARGET_SIZE + 16];
    snprintf(temporary, sizeof temporary, ".link-%ld-%016llx", (long)getpid(),
             (unsigned long long)retry_random());
    snprintf(path, sizeof path, ".versions/%s", target);
    if (symlinkat(path, model_fd, temporary) != 0)
        return io_failed(err, "cannot make a link");
    if (renameat(model_fd, temporary, model_fd, link) == 0)
        return true;
    int reason = errno;
    unlinkat(model_fd, temporary, 0);
    errno = reason;
    return io_failed(err, "cannot flip a link; is something that is not ours in its place?");
}

bool publish_link(const struct publish *publish, const char *model, const char *version,
                  const char *target, struct err *err)
{
    char now[PUBLISH_TARGET_SIZE];
    int fd = model_open(publish, model);
    if (fd < 0)
        return io_failed(err, "cannot open a model's directory");
    link_read(fd, version, now);
    bool ok = strcmp(now, target) == 0 || link_replace(fd, version, target, err);
    close(fd);
    return ok;
}

/* The time from which the grace of what is no longer current counts. */
static void superseded(const struct publish *publish, const char *model, const char *target)
{
    int fd = publish_version_open(publish, model, target);
    if (fd < 0)
        return;
    utimensat(fd, ".omen-sync.json", NULL, AT_SYMLINK_NOFOLLOW);
    close(fd);
}

bool publish_flip(const struct publish *publish, const char *model, const char *target,
                  struct err *err)
{
    char now[PUBLISH_TARGET_SIZE];
    int fd = model_open(publish, model);
    if (fd < 0)
        return io_failed(err, "cannot open a model's directory");
    link_read(fd, "current", now);
    bool ok = true;
    if (strcmp(now, target) != 0) {
        if (now[0] != '\0') {
            superseded(publish, model, now);
            /* First: cut off after this, the same again leads to the same. */
            ok = link_replace(fd, "previous", now, err);
        }
        ok = ok && link_replace(fd, "current", target, err);
    }
    ok = ok && publish_sync_fd(publish, fd, err);
    close(fd);
    return ok;
}

/* --- marks --------------------------------------------------------------------------------- */

static int kind_open(const struct publish *publish, const char *kind)
{
    return openat(publish->sync_fd, kind, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool mark_put(const struct publish *publish, int fd, const char *name, const char *text,
                     struct err *err)
{
    char temporary[] = ".mark";
    unlinkat(fd, temporary, 0);
    int file = openat(fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0)
        return io_failed(err, "cannot write in .sync");
    size_t length = strlen(text);
    bool ok =
        write(file, text, length) == (ssize_t)length || io_failed(err, "cannot write in .sync");
    ok = ok && publish_sync_fd(publish, file, err);
    close(file);
    ok = ok && (renameat(fd, temporary, fd, name) == 0 || io_failed(err, "cannot write in .sync"));
    return ok && publish_sync_fd(publish, fd, err);
}

bool publish_mark_write(const struct publish *publish, const char *kind, const char *name,
                        const char *text, struct err *err)
{
    int fd = kind_open(publish, kind);
    if (fd < 0)
        return io_failed(err, "cannot open a directory in .sync");
    bool ok = text != NULL ? mark_put(publish, fd, name, text, err)
                           : unlinkat(fd, name, 0) == 0 || errno == ENOENT ||
                                 io_failed(err, "cannot remove a mark in .sync");
    close(fd);
    return ok;
}

bool publish_mark_read(const struct publish *publish, const char *kind, const char *name,
                       char *text, size_t size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", kind, name);
    int file = openat(publish->sync_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, size - 1) : -1;
    if (file >= 0)
        close(file);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return got > 0;
}

size_t publish_mark_count(const struct publish *publish, const char *kind)
{
    size_t count = 0;
    int fd = kind_open(publish, kind);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    if (directory == NULL) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while ((entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}
