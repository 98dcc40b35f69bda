/* From checked files to a version in its place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync/stage.h"

static void put_failed(struct stage *stage, struct err *err)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    transfer_set_failure(stage->transfer, full ? FAILURE_SPACE : FAILURE_OTHER);
    err_set_errno(err, full ? ERR_LIMIT : ERR_IO, errno, "cannot put a file in its version");
}

/* Copies where no link can be made. */
static bool file_copy(int from_fd, const char *from, int to_fd, const char *to)
{
    int in = openat(from_fd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int out = openat(to_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
    ssize_t got = in >= 0 && out >= 0 ? 1 : -1;
    char block[16384];
    while (got > 0 && (got = read(in, block, sizeof block)) > 0)
        if (write(out, block, (size_t)got) != got)
            got = -1;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return got == 0;
}

/* path's directories were judged (plan.h) and are made by us, in a tree that nobody else knows. */
static bool tree_add(struct stage *stage, int tree_fd, size_t index, struct err *err)
{
    const char *path = stage->plan->files[index].path;
    char name[32];
    int fd = dup(tree_fd);
    const char *slash;
    while (fd >= 0 && (slash = strchr(path, '/')) != NULL) {
        char component[256] = "";
        memcpy(component, path, (size_t)(slash - path));
        int inner = mkdirat(fd, component, 0755) == 0 || errno == EEXIST
                        ? openat(fd, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                        : -1;
        int reason = errno;
        close(fd);
        errno = reason;
        fd = inner;
        path = slash + 1;
    }
    snprintf(name, sizeof name, "%zu.done", index);
    bool ok = fd >= 0 &&
              (linkat(stage->fd, name, fd, path, 0) == 0 || file_copy(stage->fd, name, fd, path));
    if (!ok)
        put_failed(stage, err);
    int file = ok && stage->publish->syncs ? openat(fd, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        ok = publish_sync_fd(stage->publish, file, err) && publish_sync_fd(stage->publish, fd, err);
        close(file);
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool tree_fill(struct stage *stage, int tree_fd, const char *source, struct err *err)
{
    for (size_t i = 0; i < stage->plan->count; i++)
        if (!tree_add(stage, tree_fd, i, err))
            return false;
    return record_write(stage->publish, tree_fd, stage->plan, source, err) &&
           publish_sync_fd(stage->publish, tree_fd, err);
}

bool stage_publish(struct stage *stage, const char *source, char target[PUBLISH_TARGET_SIZE],
                   struct err *err)
{
    const struct plan_version *plan = stage->plan;
    char name[64];
    char id[PUBLISH_ID_SIZE];
    int tree_fd = -1;
    bool ok = record_id(plan, id, err) &&
              publish_tree_make(stage->publish, plan->model, name, sizeof name, &tree_fd, err) &&
              tree_fill(stage, tree_fd, source, err);
    if (tree_fd >= 0)
        close(tree_fd);
    snprintf(target, PUBLISH_TARGET_SIZE, "%s@%s", plan->version, id);
    ok = ok && publish_tree_place(stage->publish, plan->model, name, target, err);
    if (!ok && transfer_failure(stage->transfer) == FAILURE_NONE)
        transfer_set_failure(stage->transfer,
                             err->code == ERR_LIMIT ? FAILURE_SPACE : FAILURE_OTHER);
    if (!ok && tree_fd >= 0) {
        int versions = publish_versions_open(stage->publish, plan->model);
        if (versions >= 0) {
            publish_remove(versions, name);
            close(versions);
        }
    }
    return ok;
}
