/* file://: a directory of this machine (a mounted share) as a source. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sync/name.h"
#include "sync/stores.h"

struct file_store {
    struct store store;
    char *root;
    bool writable;
    int64_t max_objects;
};

static void file_close(struct store *store)
{
    struct file_store *file = (struct file_store *)store;
    free(file->root);
    free(file);
}

static struct store *file_open(const struct source_url *url, const struct store_options *options,
                               struct transfer *transfer, struct err *err)
{
    if (url->bucket[0] != '\0' || url->prefix[0] != '/') {
        transfer_set_failure(transfer, FAILURE_USAGE);
        err_set(err, ERR_INVALID, "a file source is file:///ABSOLUTE/PATH");
        return NULL;
    }
    struct file_store *file = mem_array(1, sizeof *file);
    if (file != NULL) {
        file->root = mem_copy_text(url->prefix, strlen(url->prefix));
        file->writable = options->writable;
        file->max_objects = options->max_objects;
    }
    if (file != NULL && file->root != NULL)
        return &file->store;
    free(file);
    err_set(err, ERR_MEMORY, "no memory for a source");
    return NULL;
}

/* ctime changes with every change, mtime can be set back. Written for each file at each look. */
static void revision_write(const struct stat *status, char revision[STORE_REVISION_SIZE])
{
    const uint64_t parts[] = {(uint64_t)status->st_dev,         (uint64_t)status->st_ino,
                              (uint64_t)status->st_mtim.tv_sec, (uint64_t)status->st_mtim.tv_nsec,
                              (uint64_t)status->st_ctim.tv_sec, (uint64_t)status->st_ctim.tv_nsec,
                              (uint64_t)status->st_size};
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (i > 0)
            revision[length++] = '-';
        for (int shift = 60; shift >= 0; shift -= 4)
            if (parts[i] >> shift != 0 || shift == 0)
                revision[length++] = "0123456789abcdef"[parts[i] >> shift & 15];
    }
    revision[length] = '\0';
}
_Static_assert(7 * 16 + 6 < STORE_REVISION_SIZE, "a file's revision fits");

static void object_fill(const struct stat *status, struct store_object *object)
{
    object->size = S_ISREG(status->st_mode) ? status->st_size : -1;
    object->revision[0] = '\0';
    if (S_ISREG(status->st_mode))
        revision_write(status, object->revision);
}

/* --- listing ------------------------------------------------------------------------------- */

struct walk {
    struct file_store *file;
    store_visit_function *visit;
    void *context;
    int64_t seen;
    size_t length;
    char name[STORE_NAME_MAX + 1];
};

static bool walk_directory(struct walk *walk, int fd, int depth, struct err *err);

static bool fail(struct walk *walk, const char *what, struct err *err)
{
    transfer_set_failure(walk->file->store.transfer, FAILURE_TRANSIENT);
    return err_set_errno(err, ERR_IO, errno, "%s", what);
}

static bool walk_object(struct walk *walk, const struct stat *status, struct err *err)
{
    struct store_object object = {.name = walk->name, .name_length = walk->length};
    object_fill(status, &object);
    if (++walk->seen > walk->file->max_objects)
        return err_set(err, ERR_LIMIT, "the source has more than %lld files",
                       (long long)walk->file->max_objects);
    return walk->visit(walk->context, &object, err);
}

/* Hidden entries are how unfinished files are named: no part of a source. */
static bool walk_entry(struct walk *walk, int fd, const char *name, int depth, struct err *err)
{
    size_t length = strlen(name);
    size_t before = walk->length;
    struct stat status;
    if (name[0] == '.')
        return true;
    if (before + length + 1 > STORE_NAME_MAX)
        return err_set(err, ERR_LIMIT, "a path in the source is above %d bytes", STORE_NAME_MAX);
    if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || fail(walk, "cannot look at a file of the source", err);
    memcpy(walk->name + before, name, length + 1);
    walk->length = before + length;
    bool ok = true;
    if (S_ISDIR(status.st_mode)) {
        int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        memcpy(walk->name + walk->length++, "/", 2);
        ok = inner >= 0
                 ? walk_directory(walk, inner, depth + 1, err)
                 : errno == ENOENT || fail(walk, "cannot open a directory of the source", err);
    } else {
        ok = walk_object(walk, &status, err);
    }
    walk->length = before;
    walk->name[before] = '\0';
    return ok;
}

/* **Takes** fd. */
static bool walk_directory(struct walk *walk, int fd, int depth, struct err *err)
{
    DIR *directory = depth <= NAME_DEPTH_MAX ? fdopendir(fd) : NULL;
    if (directory == NULL) {
        close(fd);
        return err_set(err, ERR_LIMIT, "the source is deeper than %d directories", NAME_DEPTH_MAX);
    }
    bool ok = true;
    const struct dirent *entry;
    while (ok && (errno = 0, entry = readdir(directory)) != NULL)
        ok = walk_entry(walk, fd, entry->d_name, depth, err);
    if (ok && errno != 0)
        ok = fail(walk, "cannot list a directory of the source", err);
    closedir(directory);
    return ok;
}

static bool root_open(struct file_store *file, int *fd, struct err *err)
{
    *fd = open(file->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0)
        return true;
    transfer_set_failure(file->store.transfer,
                         errno == ENOENT || errno == ENOTDIR ? FAILURE_GONE : FAILURE_TRANSIENT);
    return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                         "cannot open the source's directory");
}

static bool file_list(struct store *store, const char *under, store_visit_function *visit,
                      void *context, struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    struct walk walk = {.file = file, .visit = visit, .context = context};
    int fd;
    if (!root_open(file, &fd, err))
        return false;
    if (under[0] == '\0')
        return walk_directory(&walk, fd, 0, err);
    walk.length = strlen(under);
    memcpy(walk.name, under, walk.length + 1);
    int inner = openat(fd, under, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int reason = errno;
    close(fd);
    errno = reason;
    if (inner < 0)
        return errno == ENOENT || fail(&walk, "cannot open a directory of the source", err);
    return walk_directory(&walk, inner, 1, err);
}

/* --- one object ---------------------------------------------------------------------------- */

/* Opens the directory of a relative path step by step, so that no link leads elsewhere; *leaf is
 * its last component. make: directories that are missing. -1 with errno. */
static int parent_open(int root, const char *name, bool make, const char **leaf)
{
    int fd = dup(root);
    const char *slash;
    while (fd >= 0 && (slash = strchr(name, '/')) != NULL) {
        char component[256] = "";
        size_t length = (size_t)(slash - name);
        memcpy(component, name, length < sizeof component ? length : 0);
        if (make && mkdirat(fd, component, 0777) != 0 && errno != EEXIST) {
            close(fd);
            return -1;
        }
        int inner = openat(fd, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int reason = errno;
        close(fd);
        errno = reason;
        fd = inner;
        name = slash + 1;
    }
    *leaf = name;
    return fd;
}

static bool object_fail(struct file_store *file, struct err *err)
{
    transfer_set_failure(file->store.transfer, errno == ENOENT ? FAILURE_GONE : FAILURE_TRANSIENT);
    return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                         "cannot open a file of the source");
}

static bool object_open(struct file_store *file, const char *name, int *fd, struct stat *status,
                        struct err *err)
{
    const char *leaf;
    int root;
    if (!name_is_path(name, strlen(name), err) || !root_open(file, &root, err))
        return false;
    int parent = parent_open(root, name, false, &leaf);
    close(root);
    if (parent < 0)
        return object_fail(file, err);
    *fd = openat(parent, leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int reason = errno;
    close(parent);
    errno = reason;
    if (*fd >= 0 && fstat(*fd, status) == 0 && S_ISREG(status->st_mode))
        return true;
    if (*fd >= 0)
        close(*fd);
    return object_fail(file, err);
}

static bool file_look(struct store *store, const char *name, struct store_object *object,
                      struct err *err)
{
    struct stat status;
    int fd = -1;
    if (!object_open((struct file_store *)store, name, &fd, &status, err))
        return false;
    close(fd);
    *object = (struct store_object){.name = name, .name_length = strlen(name)};
    object_fill(&status, object);
    return true;
}

static bool file_get(struct store *store, const struct store_object *object, int64_t first,
                     int64_t last, struct request *request, struct err *err)
{
    char revision[STORE_REVISION_SIZE];
    struct stat status;
    int fd;
    if (!object_open((struct file_store *)store, object->name, &fd, &status, err))
        return false;
    revision_write(&status, revision);
    if (object->revision[0] != '\0' && strcmp(object->revision, revision) != 0) {
        close(fd);
        transfer_set_failure(store->transfer, FAILURE_CHANGED);
        return err_set(err, ERR_UNAVAILABLE, "a file of the source was replaced");
    }
    if (!request_set(request, "GET", "file:", err)) {
        close(fd);
        return false;
    }
    request->file_fd = fd;
    request->range_first = first;
    request->range_last = last;
    return true;
}

/* Bytes of an open file; *data is NUL-terminated besides. */
static bool whole_read(int fd, size_t size, char **data, struct err *err)
{
    char *block = mem_array(size + 1, 1);
    size_t got = 0;
    if (block == NULL)
        return err_set(err, ERR_MEMORY, "no memory for an object");
    while (got < size) {
        ssize_t more = pread(fd, block + got, size - got, (off_t)got);
        if (more <= 0) {
            free(block);
            return err_set(err, ERR_UNAVAILABLE, "a file of the source is shorter than it was");
        }
        got += (size_t)more;
    }
    *data = block;
    return true;
}

static bool file_read_object(struct store *store, struct store_object *object, const char *known,
                             size_t limit, char **data, size_t *size, bool *unchanged,
                             struct err *err)
{
    struct stat status;
    int fd;
    if (!object_open((struct file_store *)store, object->name, &fd, &status, err))
        return false;
    object_fill(&status, object);
    *unchanged = known[0] != '\0' && strcmp(known, object->revision) == 0;
    bool ok = true;
    if (!*unchanged && (uint64_t)status.st_size > limit)
        ok = err_set(err, ERR_LIMIT, "an object is longer than %zu bytes", limit);
    else if (!*unchanged)
        ok = whole_read(fd, (size_t)status.st_size, data, err);
    *size = (size_t)status.st_size;
    close(fd);
    return ok;
}

/* --- uploads ------------------------------------------------------------------------------- */

static bool copy_in(int fd, int body_fd, const void *body, int64_t size, struct err *err)
{
    char block[65536];
    for (int64_t at = 0; at < size;) {
        size_t most = size - at < (int64_t)sizeof block ? (size_t)(size - at) : sizeof block;
        const char *data = (const char *)body + (body != NULL ? at : 0);
        ssize_t got = (ssize_t)most;
        if (body == NULL) {
            got = pread(body_fd, block, most, at);
            data = block;
        }
        if (got <= 0)
            return err_set(err, ERR_IO, "a file to upload is shorter than it was");
        if (write(fd, data, (size_t)got) != got)
            return err_set_errno(err, ERR_IO, errno, "cannot write to the source");
        at += got;
    }
    return fsync(fd) == 0 || err_set_errno(err, ERR_IO, errno, "cannot write to the source");
}

static bool may_replace(int parent, const char *leaf, const struct store_object *object)
{
    char revision[STORE_REVISION_SIZE] = "";
    struct stat status;
    if (strcmp(object->revision, STORE_ANY) == 0)
        return true;
    if (fstatat(parent, leaf, &status, AT_SYMLINK_NOFOLLOW) == 0)
        revision_write(&status, revision);
    return strcmp(revision, object->revision) == 0;
}

static bool write_beside(struct store *store, int parent, const char *leaf,
                         const struct store_object *object, int body_fd, const void *body,
                         struct err *err)
{
    char temporary[64];
    snprintf(temporary, sizeof temporary, ".omen-sync-%ld", (long)getpid());
    unlinkat(parent, temporary, 0);
    int fd = openat(parent, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "cannot write to the source");
    bool ok = copy_in(fd, body_fd, body, object->size, err);
    close(fd);
    if (ok && !may_replace(parent, leaf, object)) {
        transfer_set_failure(store->transfer, FAILURE_CHANGED);
        ok = err_set(err, ERR_UNAVAILABLE, "somebody else has written the same object meanwhile");
    }
    if (ok && renameat(parent, temporary, parent, leaf) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "cannot write to the source");
    if (!ok)
        unlinkat(parent, temporary, 0);
    return ok && (fsync(parent) == 0 || errno == EINVAL ||
                  err_set_errno(err, ERR_IO, errno, "cannot write to the source"));
}

static bool file_put(struct store *store, const struct store_object *object, int body_fd,
                     const void *body, struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    const char *leaf;
    int root;
    if (!name_is_path(object->name, object->name_length, err))
        return false;
    if (mkdir(file->root, 0777) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "cannot make the source's directory");
    if (!root_open(file, &root, err))
        return false;
    flock(root, LOCK_EX); /* makes looking and replacing one step among ourselves */
    int parent = parent_open(root, object->name, true, &leaf);
    bool ok = parent >= 0 ? write_beside(store, parent, leaf, object, body_fd, body, err)
                          : err_set_errno(err, ERR_IO, errno, "cannot write to the source");
    if (parent >= 0)
        close(parent);
    close(root);
    return ok;
}

static const char *const schemes[] = {"file", NULL};

const struct store_type store_file = {
    .schemes = schemes,
    .lists = true,
    .pins = false,
    .open = file_open,
    .close = file_close,
    .list = file_list,
    .look = file_look,
    .get = file_get,
    .judge = transfer_judge,
    .read = file_read_object,
    .put = file_put,
};
