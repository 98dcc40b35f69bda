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
#include "sync/hasher.h"

/* From here on a file's digests are left to a second thread. */
#define LARGE_FILE (INT64_C(8) * 1024 * 1024)
#define WAITING_MAX 64

struct stage_file {
    bool done; /* it was before this run: only its digests are to be taken */
    bool hashing;
    bool rewritten; /* bytes came again: what was digested may not be what is there */
    bool waiting;   /* all of it is there, its digests may not be */
    int64_t ready;  /* bytes from the start that are there */
    struct hasher_item *item;
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
    char id[PUBLISH_BOOT_SIZE];
    publish_boot_id(id);
    snprintf(text, 96, "%s %lld", id, (long long)stage->part_size);
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
        int reason = errno;
        close(stage->fd);
        stage->fd = -1;
        publish_remove(stage->publish->sync_fd, stage->name);
        errno = reason;
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

static void file_reuse(struct stage *stage, size_t index, int tree_fd, const struct record *record)
{
    char name[32];
    struct plan_file *wanted = &stage->plan->files[index];
    for (size_t i = 0; i < record->count; i++) {
        const struct record_file *file = &record->files[i];
        if (!is_same_file(file, &wanted->object, strcmp(file->path, wanted->path) == 0))
            continue;
        part_name(index, "done", name);
        /* Disks forget, too. */
        if (record_file_matches(tree_fd, file, true, transfer_stop(stage->transfer), NULL) &&
            linkat(tree_fd, file->path, stage->fd, name, 0) == 0 && is_done(stage, index)) {
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
    *stage = (struct stage){.part_size = transfer_part_size(store->transfer),
                            .publish = publish,
                            .plan = plan,
                            .store = store,
                            .transfer = store->transfer,
                            .fd = -1};
    if (!directory_open(stage, err) || !jobs_make(stage, err))
        return false;
    reuse_from(stage, plan->version);
    reuse_from(stage, "current");
    for (size_t i = 0; i < plan->count; i++)
        stage->missing += bytes_missing(
            stage, i, transfer_part_count(stage->transfer, plan->files[i].object.size));
    transfer_expect(stage->transfer, stage->missing);
    if (publish_has_room(publish, stage->missing, err))
        return true;
    transfer_set_failure(stage->transfer, FAILURE_SPACE);
    return false;
}

/* --- downloading --------------------------------------------------------------------------- */

static bool digests_begin(struct stage *stage, size_t job, struct err *err)
{
    struct record_digests *digests = &stage->files[job].digests;
    bool ok = record_digests_begin(digests, &stage->plan->files[job].object, err);
    digests->stop = transfer_stop(stage->transfer);
    stage->files[job].hashing = ok;
    return ok;
}

static bool file_hand_over(struct stage *stage, size_t job, struct err *err)
{
    struct stage_file *file = &stage->files[job];
    if (stage->jobs[job].size < LARGE_FILE)
        return true;
    if (stage->hasher == NULL && (stage->hasher = hasher_create(err)) == NULL)
        return false;
    int fd = dup(stage->jobs[job].fd);
    file->item = fd >= 0 ? hasher_add(stage->hasher, fd, &file->digests) : NULL;
    if (file->item == NULL) {
        if (fd >= 0)
            close(fd);
        return true; /* then it is done here */
    }
    file->hashing = false;
    return true;
}

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
    /* tmpfs would fill what is reserved with zeros first, which costs as much as the download. */
    if (!stage->files[job].done && jobs[job].size > 0 && stage->publish->syncs &&
        fallocate(jobs[job].fd, 0, 0, jobs[job].size) != 0 && errno != EOPNOTSUPP)
        return io_failed(stage, err, "no room for a file");
    if (!stage->files[job].done && ftruncate(jobs[job].fd, jobs[job].size) != 0)
        return io_failed(stage, err, "no room for a file");
    return digests_begin(stage, job, err) && file_hand_over(stage, job, err);
}

/* Small files are digested as their bytes come, while the cache has them; of large ones the other
 * thread is told how far they are. */
static void on_bytes(void *context, size_t job, int64_t offset, const void *data, size_t size)
{
    struct stage *stage = context;
    struct stage_file *file = &stage->files[job];
    if (offset < file->ready)
        file->rewritten = true;
    if (offset != file->ready)
        return;
    file->ready += (int64_t)size;
    if (file->item != NULL)
        hasher_advance(stage->hasher, file->item, file->ready);
    else if (file->digests.hashed == offset)
        record_digests_update(&file->digests, data, size);
}

/* Parts that came before their turn. */
static void ready_advance(struct stage *stage, size_t job)
{
    struct stage_file *file = &stage->files[job];
    const struct transfer_job *transfer = &stage->jobs[job];
    size_t parts = transfer_part_count(stage->transfer, transfer->size);
    for (size_t part = (size_t)(file->ready / stage->part_size); part < parts; part++) {
        int64_t end = (int64_t)(part + 1) * stage->part_size;
        if (transfer->map[part] == 0)
            break;
        file->ready = end < transfer->size ? end : transfer->size;
    }
    if (file->item != NULL)
        hasher_advance(stage->hasher, file->item, file->ready);
}

static void on_part(void *context, size_t job, size_t part)
{
    struct stage *stage = context;
    char name[32];
    if (transfer_part_count(stage->transfer, stage->jobs[job].size) < 2)
        return;
    ready_advance(stage, job);
    if (stage->publish->syncs) /* so that there is little to wait for in the end */
        sync_file_range(stage->jobs[job].fd, (off_t)part * stage->part_size, stage->part_size,
                        SYNC_FILE_RANGE_WRITE);
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
    else if (what == NULL && has_md5 && object->has_md5 && memcmp(md5, object->md5, 16) != 0)
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
    if (file->item != NULL) {
        file->hashing = hasher_take(stage->hasher, file->item, size, digests, err);
        file->item = NULL;
        if (!file->hashing)
            return false;
    }
    if (file->rewritten) {
        record_digests_drop(digests);
        if (!digests_begin(stage, job, err))
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

static bool file_finish(struct stage *stage, size_t job, struct err *err)
{
    char part[32];
    char done[32];
    bool ok = file_check(stage, job, err);
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
    close(stage->jobs[job].fd);
    stage->jobs[job].fd = -1;
    return ok;
}

static bool waiting_finish(struct stage *stage, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && stage->waiting > 0 && i < stage->plan->count; i++) {
        if (!stage->files[i].waiting)
            continue;
        stage->files[i].waiting = false;
        stage->waiting--;
        ok = file_finish(stage, i, err);
    }
    return ok;
}

/* A few large files may wait for their digests, so that the download goes on meanwhile. */
static bool on_done(void *context, size_t job, struct err *err)
{
    struct stage *stage = context;
    if (stage->jobs[job].fd < 0 && !on_begin(stage, job, err))
        return false;
    if (stage->files[job].item == NULL)
        return file_finish(stage, job, err);
    ready_advance(stage, job);
    stage->files[job].waiting = true;
    return ++stage->waiting <= WAITING_MAX || waiting_finish(stage, err);
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
    return transfer_run(stage->transfer, &source, stage->jobs, stage->plan->count, err) &&
           waiting_finish(stage, err);
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
    hasher_destroy(stage->hasher);
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
