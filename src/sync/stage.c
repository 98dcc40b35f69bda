#include "sync/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

struct stage_file {
    bool done; /* it was before this run: only its digests are to be taken */
    bool hashing;
    struct record_digests digests;
};

static bool io_failed(struct stage *stage, struct err *err, const char *what)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    transfer_set_failure(stage->transfer, full ? FAILURE_SPACE : FAILURE_OTHER);
    return err_set_errno(err, full ? ERR_LIMIT : ERR_IO, errno, "%s", what);
}

static void part_name(size_t index, const char *kind, char name[32])
{
    snprintf(name, 32, "%zu.%s", index, kind);
}

/* --- opening ------------------------------------------------------------------------------- */

/* What parts are to be believed: of this boot of the machine and of the same size. */
static void era_write(const struct stage *stage, char text[96])
{
    char id[48] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, id, sizeof id - 1) : 0;
    if (fd >= 0)
        close(fd);
    id[got > 0 ? got : 0] = '\0';
    id[strcspn(id, "\n")] = '\0';
    snprintf(text, 96, "%s %zu", id, transfer_part_count(stage->transfer, INT64_C(1) << 50));
}

static bool era_is_same(const struct stage *stage, const char *era)
{
    char *text;
    size_t size;
    if (!file_read_at(stage->fd, "era", 96, &text, &size, NULL))
        return false;
    bool same = strcmp(text, era) == 0;
    free(text);
    return same;
}

static bool era_put(const struct stage *stage, const char *era)
{
    int fd = openat(stage->fd, "era", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write(fd, era, strlen(era)) == (ssize_t)strlen(era);
    if (fd >= 0)
        close(fd);
    return ok;
}

static void stage_name(const struct plan_version *plan, char *name, size_t size)
{
    snprintf(name, size, "partial/%s@%s@%.12s", plan->model, plan->version, plan->print);
}

static bool directory_open(struct stage *stage, struct err *err)
{
    char era[96];
    stage_name(stage->plan, stage->name, sizeof stage->name);
    for (int round = 0; round < 2; round++) {
        if (mkdirat(stage->publish->sync_fd, stage->name, 0755) != 0 && errno != EEXIST)
            break;
        stage->fd = openat(stage->publish->sync_fd, stage->name,
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (stage->fd < 0)
            break;
        era_write(stage, era);
        if (era_is_same(stage, era) || (round > 0 && era_put(stage, era)))
            return true;
        close(stage->fd);
        stage->fd = -1;
        publish_remove(stage->publish->sync_fd, stage->name);
    }
    return io_failed(stage, err, "cannot make a directory for what is downloaded");
}

static bool is_done(const struct stage *stage, size_t index)
{
    char name[32];
    struct stat status;
    part_name(index, "done", name);
    return fstatat(stage->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
           status.st_size == stage->plan->files[index].object.size;
}

/* Which parts are there. */
static void map_load(struct stage *stage, size_t index, size_t parts)
{
    char name[32];
    struct stat status;
    struct transfer_job *job = &stage->jobs[index];
    part_name(index, "part", name);
    if (fstatat(stage->fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_size != job->size)
        return;
    part_name(index, "map", name);
    int fd = openat(stage->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t got = read(fd, job->map, parts);
    for (size_t i = 0; i < parts; i++)
        job->map[i] = (ssize_t)i < got && job->map[i] == 1;
    close(fd);
}

static int64_t bytes_missing(const struct stage *stage, size_t index, size_t parts)
{
    const struct transfer_job *job = &stage->jobs[index];
    size_t there = 0;
    for (size_t i = 0; i < parts; i++)
        there += job->map[i];
    return parts > 0 ? job->size - job->size / (int64_t)parts * (int64_t)there : 0;
}

static bool on_begin(void *context, size_t job, struct err *err);
static void on_bytes(void *context, size_t job, int64_t offset, const void *data, size_t size);
static void on_part(void *context, size_t job, size_t part);
static bool on_done(void *context, size_t job, struct err *err);

static bool jobs_make(struct stage *stage, struct err *err)
{
    const struct plan_version *plan = stage->plan;
    size_t all = 0;
    for (size_t i = 0; i < plan->count; i++)
        all += transfer_part_count(stage->transfer, plan->files[i].object.size);
    stage->files = mem_array(plan->count, sizeof *stage->files);
    stage->jobs = mem_array(plan->count, sizeof *stage->jobs);
    stage->maps = mem_array(all, 1);
    if (stage->files == NULL || stage->jobs == NULL || stage->maps == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a download");
    unsigned char *map = stage->maps;
    for (size_t i = 0; i < plan->count; i++) {
        struct transfer_job *job = &stage->jobs[i];
        size_t parts = transfer_part_count(stage->transfer, plan->files[i].object.size);
        *job = (struct transfer_job){.fd = -1,
                                     .size = plan->files[i].object.size,
                                     .map = map,
                                     .on_begin = on_begin,
                                     .on_bytes = on_bytes,
                                     .on_part = on_part,
                                     .on_done = on_done,
                                     .context = stage};
        map += parts;
        stage->files[i].done = is_done(stage, i);
        if (stage->files[i].done)
            memset(job->map, 1, parts);
        else
            map_load(stage, i, parts);
    }
    return true;
}

/* --- what an earlier version has already --------------------------------------------------- */

static bool is_same_file(const struct record_file *file, const struct store_object *object,
                         bool same_path)
{
    if (file->size != object->size)
        return false;
    if (object->has_sha256)
        return memcmp(file->sha256, object->sha256, 32) == 0;
    return same_path && object->revision[0] != '\0' &&
           strcmp(file->revision, object->revision) == 0;
}

/* Disks forget, too. */
static bool is_as_recorded(int tree_fd, const struct record_file *file)
{
    struct record_digests digests;
    unsigned char sha256[DIGEST_SIZE_MAX];
    int fd = openat(tree_fd, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && record_digests_begin(&digests, false, NULL);
    if (ok && record_digests_read(&digests, fd, file->size, NULL)) {
        ok = digest_end(digests.sha256, sha256) == 32 && memcmp(sha256, file->sha256, 32) == 0;
    } else if (ok) {
        record_digests_drop(&digests);
        ok = false;
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

static void file_reuse(struct stage *stage, size_t index, int tree_fd, const struct record *record)
{
    char name[32];
    struct plan_file *wanted = &stage->plan->files[index];
    for (size_t i = 0; i < record->count; i++) {
        const struct record_file *file = &record->files[i];
        if (!is_same_file(file, &wanted->object, strcmp(file->path, wanted->path) == 0))
            continue;
        part_name(index, "done", name);
        if (is_as_recorded(tree_fd, file) && linkat(tree_fd, file->path, stage->fd, name, 0) == 0 &&
            is_done(stage, index)) {
            memcpy(wanted->object.sha256, file->sha256, 32);
            wanted->object.has_sha256 = true;
            stage->files[index].done = true;
            stage->reused += file->size;
            memset(stage->jobs[index].map, 1, transfer_part_count(stage->transfer, file->size));
        }
        return;
    }
}

static void reuse_from(struct stage *stage, const char *link)
{
    char target[PUBLISH_TARGET_SIZE];
    struct record record;
    publish_target(stage->publish, stage->plan->model, link, target);
    int tree = publish_version_open(stage->publish, stage->plan->model, target);
    if (tree < 0)
        return;
    if (record_read(tree, &record, NULL)) {
        for (size_t i = 0; i < stage->plan->count; i++)
            if (!stage->files[i].done)
                file_reuse(stage, i, tree, &record);
        record_finish(&record);
    }
    close(tree);
}

bool stage_open(struct stage *stage, struct publish *publish, struct plan_version *plan,
                struct store *store, struct err *err)
{
    *stage = (struct stage){
        .publish = publish, .plan = plan, .store = store, .transfer = store->transfer, .fd = -1};
    if (!directory_open(stage, err) || !jobs_make(stage, err))
        return false;
    reuse_from(stage, plan->version);
    reuse_from(stage, "current");
    for (size_t i = 0; i < plan->count; i++)
        stage->missing += bytes_missing(
            stage, i, transfer_part_count(stage->transfer, plan->files[i].object.size));
    if (publish_has_room(publish, stage->missing, err))
        return true;
    transfer_set_failure(stage->transfer, FAILURE_SPACE);
    return false;
}

/* --- downloading --------------------------------------------------------------------------- */

static bool on_begin(void *context, size_t job, struct err *err)
{
    struct stage *stage = context;
    struct transfer_job *jobs = stage->jobs;
    char name[32];
    part_name(job, stage->files[job].done ? "done" : "part", name);
    int flags = stage->files[job].done ? O_RDONLY : O_RDWR | O_CREAT;
    jobs[job].fd = openat(stage->fd, name, flags | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (jobs[job].fd < 0)
        return io_failed(stage, err, "cannot open a file for what is downloaded");
    if (!stage->files[job].done && jobs[job].size > 0 &&
        fallocate(jobs[job].fd, 0, 0, jobs[job].size) != 0 && errno != EOPNOTSUPP)
        return io_failed(stage, err, "no room for a file");
    if (!stage->files[job].done && ftruncate(jobs[job].fd, jobs[job].size) != 0)
        return io_failed(stage, err, "no room for a file");
    stage->files[job].hashing = record_digests_begin(&stage->files[job].digests,
                                                     stage->plan->files[job].object.has_md5, err);
    return stage->files[job].hashing;
}

/* Bytes that come in order are digested while the cache has them. */
static void on_bytes(void *context, size_t job, int64_t offset, const void *data, size_t size)
{
    struct stage *stage = context;
    struct record_digests *digests = &stage->files[job].digests;
    if (offset == digests->hashed)
        record_digests_update(digests, data, size);
    else if (offset < digests->hashed) /* sent again, perhaps otherwise: read back at the end */
        digests->hashed = INT64_MAX;
}

static void on_part(void *context, size_t job, size_t part)
{
    struct stage *stage = context;
    char name[32];
    if (transfer_part_count(stage->transfer, stage->jobs[job].size) < 2)
        return;
    part_name(job, "map", name);
    int fd = openat(stage->fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return; /* it would be downloaded again, no more */
    if (pwrite(fd, "\1", 1, (off_t)part) != 1)
        errno = 0;
    close(fd);
}

static bool digests_compare(struct stage *stage, size_t job, struct record_digests *digests,
                            struct err *err)
{
    struct store_object *object = &stage->plan->files[job].object;
    unsigned char sha256[DIGEST_SIZE_MAX];
    unsigned char md5[DIGEST_SIZE_MAX];
    bool has_md5 = digests->md5 != NULL;
    bool ok = digest_end(digests->sha256, sha256) == 32;
    ok = (!has_md5 || digest_end(digests->md5, md5) == 16) && ok;
    digests->sha256 = digests->md5 = NULL;
    stage->files[job].hashing = false;
    const char *what = !ok ? "no digest" : NULL;
    if (what == NULL && object->has_sha256 && memcmp(sha256, object->sha256, 32) != 0)
        what = "SHA-256";
    else if (what == NULL && object->has_crc32c && digests->crc32c != object->crc32c)
        what = "CRC-32C";
    else if (what == NULL && has_md5 && memcmp(md5, object->md5, 16) != 0)
        what = "MD5";
    if (what == NULL) {
        memcpy(object->sha256, sha256, 32);
        object->has_sha256 = true;
        return true;
    }
    transfer_set_failure(stage->transfer, FAILURE_INTEGRITY);
    return err_set(err, ERR_INVALID, "file %zu of the version is not what was announced: %s", job,
                   what);
}

static bool file_check(struct stage *stage, size_t job, struct err *err)
{
    struct stage_file *file = &stage->files[job];
    struct record_digests *digests = &file->digests;
    int64_t size = stage->jobs[job].size;
    if (digests->hashed > size) {
        record_digests_drop(digests);
        if (!record_digests_begin(digests, stage->plan->files[job].object.has_md5, err))
            return false;
    }
    return record_digests_read(digests, stage->jobs[job].fd, size, err) &&
           digests_compare(stage, job, digests, err);
}

/* Not believed any more. */
static void file_forget(struct stage *stage, size_t job)
{
    static const char *const kinds[] = {"part", "done", "map"};
    char name[32];
    for (size_t i = 0; i < 3; i++) {
        part_name(job, kinds[i], name);
        unlinkat(stage->fd, name, 0);
    }
}

static bool on_done(void *context, size_t job, struct err *err)
{
    struct stage *stage = context;
    char part[32];
    char done[32];
    bool ok = stage->jobs[job].fd >= 0 || on_begin(stage, job, err);
    ok = ok && file_check(stage, job, err);
    if (!ok && transfer_failure(stage->transfer) == FAILURE_INTEGRITY)
        file_forget(stage, job);
    if (ok && !stage->files[job].done) {
        part_name(job, "part", part);
        part_name(job, "done", done);
        fchmod(stage->jobs[job].fd, 0444);
        ok = renameat(stage->fd, part, stage->fd, done) == 0 ||
             io_failed(stage, err, "cannot rename what was downloaded");
        part_name(job, "map", part);
        unlinkat(stage->fd, part, 0);
        stage->files[job].done = ok;
    }
    if (stage->jobs[job].fd >= 0)
        close(stage->jobs[job].fd);
    stage->jobs[job].fd = -1;
    return ok;
}

static bool describe(void *context, size_t job, int64_t first, int64_t last,
                     struct request *request, struct err *err)
{
    struct stage *stage = context;
    return stage->store->type->get(stage->store, &stage->plan->files[job].object, first, last,
                                   request, err);
}

static bool is_pinned(void *context, size_t job, const struct response *response)
{
    struct stage *stage = context;
    const struct store_type *type = stage->store->type;
    return type->is_pinned == NULL || type->is_pinned(&stage->plan->files[job].object, response);
}

bool stage_fetch(struct stage *stage, struct err *err)
{
    const struct transfer_source source = {.context = stage,
                                           .describe = describe,
                                           .is_pinned = is_pinned,
                                           .judge = stage->store->type->judge,
                                           .auth = stage->store->auth};
    return transfer_run(stage->transfer, &source, stage->jobs, stage->plan->count, err);
}

bool stage_check_source(struct stage *stage, struct err *err)
{
    const struct store_type *type = stage->store->type;
    for (size_t i = 0; !type->pins && i < stage->plan->count; i++) {
        const struct store_object *object = &stage->plan->files[i].object;
        struct store_object now;
        if (object->revision[0] == '\0')
            continue;
        if (!type->look(stage->store, object->name, &now, err))
            return false;
        if (strcmp(now.revision, object->revision) != 0) {
            transfer_set_failure(stage->transfer, FAILURE_CHANGED);
            return err_set(err, ERR_UNAVAILABLE, "the source changed while it was downloaded");
        }
    }
    return true;
}

/* --- the tree ------------------------------------------------------------------------------ */

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
    part_name(index, "done", name);
    bool ok = fd >= 0 &&
              (linkat(stage->fd, name, fd, path, 0) == 0 || file_copy(stage->fd, name, fd, path));
    if (!ok)
        io_failed(stage, err, "cannot put a file in its version");
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
                             errno == ENOSPC || errno == EDQUOT ? FAILURE_SPACE : FAILURE_OTHER);
    if (!ok && tree_fd >= 0) {
        int versions = publish_versions_open(stage->publish, plan->model);
        if (versions >= 0) {
            publish_remove(versions, name);
            close(versions);
        }
    }
    return ok;
}

void stage_discard(struct stage *stage)
{
    if (stage->name[0] != '\0')
        publish_remove(stage->publish->sync_fd, stage->name);
}

void stage_forget(const struct publish *publish, const struct plan_version *plan)
{
    char name[320];
    stage_name(plan, name, sizeof name);
    publish_remove(publish->sync_fd, name);
}

void stage_close(struct stage *stage)
{
    for (size_t i = 0; stage->jobs != NULL && stage->files != NULL && i < stage->plan->count; i++) {
        if (stage->jobs[i].fd >= 0)
            close(stage->jobs[i].fd);
        if (stage->files[i].hashing)
            record_digests_drop(&stage->files[i].digests);
    }
    free(stage->files);
    free(stage->jobs);
    free(stage->maps);
    if (stage->fd >= 0)
        close(stage->fd);
    *stage = (struct stage){.fd = -1};
}
