#include "sync/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "base/mem.h"
#include "codec/json.h"
#include "sync/name.h"

#define RECORD_SIZE_MAX ((size_t)64 * 1024 * 1024)
#define READ_BLOCK ((size_t)256 * 1024)

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for a version's record");
}

/* --- digests ------------------------------------------------------------------------------- */

bool record_digests_begin(struct record_digests *digests, const struct store_object *object,
                          struct err *err)
{
    /* Beside a SHA-256 it would say nothing more, and cost twice as much. */
    bool md5 = object != NULL && object->has_md5 && !object->has_sha256;
    *digests = (struct record_digests){.sha256 = digest_create(DIGEST_SHA256),
                                       .with_crc32c = object != NULL && object->has_crc32c};
    if (md5)
        digests->md5 = digest_create(DIGEST_MD5);
    if (digests->sha256 != NULL && (!md5 || digests->md5 != NULL))
        return true;
    record_digests_drop(digests);
    return no_memory(err);
}

void record_digests_update(struct record_digests *digests, const void *data, size_t size)
{
    digest_update(digests->sha256, data, size);
    if (digests->md5 != NULL)
        digest_update(digests->md5, data, size);
    if (digests->with_crc32c)
        digests->crc32c = crc32c_update(digests->crc32c, data, size);
    digests->hashed += (int64_t)size;
}

bool record_digests_read(struct record_digests *digests, int fd, int64_t size, struct err *err)
{
    char *block = digests->hashed < size ? mem_array(READ_BLOCK, 1) : NULL;
    bool ok = block != NULL || digests->hashed >= size || no_memory(err);
    while (ok && digests->hashed < size) {
        int64_t left = size - digests->hashed;
        if (digests->stop != NULL && *digests->stop != 0) {
            ok = err_set(err, ERR_UNAVAILABLE, "stopped");
            break;
        }
        ssize_t got = pread(fd, block, left < (int64_t)READ_BLOCK ? (size_t)left : READ_BLOCK,
                            digests->hashed);
        if (got > 0)
            record_digests_update(digests, block, (size_t)got);
        else if (got == 0)
            ok = err_set(err, ERR_INVALID, "a file is shorter than it should be");
        else if (errno != EINTR)
            ok = err_set_errno(err, ERR_IO, errno, "cannot read a file back");
    }
    free(block);
    return ok;
}

void record_digests_drop(struct record_digests *digests)
{
    digest_destroy(digests->sha256);
    digest_destroy(digests->md5);
    *digests = (struct record_digests){.sha256 = NULL};
}

static bool file_is_digested(int fd, const struct record_file *file, const volatile int *stop,
                             struct err *err)
{
    struct record_digests digests;
    unsigned char sha256[DIGEST_SIZE_MAX];
    if (!record_digests_begin(&digests, NULL, err))
        return false;
    digests.stop = stop;
    if (!record_digests_read(&digests, fd, file->size, err)) {
        record_digests_drop(&digests);
        return false;
    }
    return (digest_end(digests.sha256, sha256) == 32 && memcmp(sha256, file->sha256, 32) == 0) ||
           err_set(err, ERR_INVALID, "%s is not what was published", file->path);
}

bool record_file_matches(int tree_fd, const struct record_file *file, bool bytes,
                         const volatile int *stop, struct err *err)
{
    struct stat status;
    int fd = openat(tree_fd, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
              status.st_size == file->size;
    if (!ok)
        err_set(err, ERR_INVALID, "%s is not there as it was published", file->path);
    else if (bytes)
        ok = file_is_digested(fd, file, stop, err);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* --- ids ----------------------------------------------------------------------------------- */

/* "HEX  NAME" lines of all files, or of those that a worker takes for the model's. */
static bool lines_digest(const struct plan_version *plan, bool bundle, char text[DIGEST_TEXT_SIZE],
                         struct err *err)
{
    struct buf lines = BUF_INIT;
    char hex[65];
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_file *file = &plan->files[i];
        size_t length = strlen(file->path);
        bool unfinished = (length > 4 && strcmp(file->path + length - 4, ".tmp") == 0) ||
                          (length > 5 && strcmp(file->path + length - 5, ".part") == 0);
        if (bundle && (!file_name_is_safe(file->path, length) || unfinished))
            continue;
        digest_hex(file->object.sha256, 32, hex);
        buf_printf(&lines, "%s  %s\n", hex, file->path);
    }
    bool ok =
        (!lines.failed || no_memory(err)) && digest_sha256(lines.data, lines.length, text, err);
    buf_finish(&lines);
    return ok;
}

bool record_id(const struct plan_version *plan, char id[PUBLISH_ID_SIZE], struct err *err)
{
    char text[DIGEST_TEXT_SIZE];
    bool ok = lines_digest(plan, false, text, err);
    memcpy(id, text, PUBLISH_ID_SIZE - 1);
    id[PUBLISH_ID_SIZE - 1] = '\0';
    return ok;
}

/* --- the document -------------------------------------------------------------------------- */

static void put_member(struct buf *out, const char *before, const char *key, const char *text)
{
    buf_printf(out, "%s\"%s\": ", before, key);
    json_write_string(out, text, strlen(text));
}

static void put_files(struct buf *out, const struct plan_version *plan)
{
    char hex[65];
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_file *file = &plan->files[i];
        digest_hex(file->object.sha256, 32, hex);
        put_member(out, i > 0 ? ",\n  {" : "\n  {", "path", file->path);
        buf_printf(out, ", \"size\": %lld", (long long)file->object.size);
        put_member(out, ", ", "sha256", hex);
        put_member(out, ", ", "revision", file->object.revision);
        buf_put_char(out, '}');
    }
}

bool record_write(const struct publish *publish, int tree_fd, const struct plan_version *plan,
                  const char *source, struct err *err)
{
    struct buf out = BUF_INIT;
    char bundle[DIGEST_TEXT_SIZE];
    char now[CLOCK_TEXT_SIZE];
    if (!lines_digest(plan, true, bundle, err))
        return false;
    clock_format(clock_wall_ns(), now);
    put_member(&out, "{", "format", "omen-record/1");
    put_member(&out, ",\n ", "model", plan->model);
    put_member(&out, ", ", "version", plan->version);
    put_member(&out, ",\n ", "source", source);
    put_member(&out, ", ", "published", now);
    put_member(&out, ",\n ", "print", plan->print);
    put_member(&out, ",\n ", "bundle", bundle);
    buf_printf(&out, ",\n \"serial\": %lld, \"bytes\": %lld,\n \"files\": [",
               (long long)plan->serial, (long long)plan->bytes);
    put_files(&out, plan);
    buf_put_text(&out, "]}\n");
    int fd =
        openat(tree_fd, RECORD_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
    bool ok = !out.failed || no_memory(err);
    if (ok && (fd < 0 || write(fd, out.data, out.length) != (ssize_t)out.length))
        ok = err_set_errno(err, errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_IO, errno,
                           "cannot write a version's record");
    ok = ok && publish_sync_fd(publish, fd, err);
    if (fd >= 0)
        close(fd);
    buf_finish(&out);
    return ok;
}

static const char *text_of(const struct json *object, const char *key)
{
    bool found;
    size_t length;
    const struct json *value = json_object_get(object, key, &found);
    return found && json_type(value) == JSON_STRING ? json_string(value, &length) : "";
}

static int64_t integer_of(const struct json *object, const char *key)
{
    bool found;
    int64_t integer = -1;
    const struct json *value = json_object_get(object, key, &found);
    return found && json_type(value) == JSON_NUMBER && json_integer(value, &integer) ? integer : -1;
}

static bool file_fill(const struct json *from, struct record_file *file)
{
    if (json_type(from) != JSON_OBJECT)
        return false;
    const char *path = text_of(from, "path");
    const char *sha256 = text_of(from, "sha256");
    file->size = integer_of(from, "size");
    if (!name_is_path(path, strlen(path), NULL) || file->size < 0 ||
        !digest_from_hex(sha256, strlen(sha256), file->sha256, 32))
        return false;
    file->path = mem_copy_text(path, strlen(path));
    const char *revision = text_of(from, "revision");
    if (strlen(revision) < sizeof file->revision)
        memcpy(file->revision, revision, strlen(revision) + 1);
    return file->path != NULL;
}

static bool record_fill(const struct json *root, struct record *record)
{
    bool found = false;
    const struct json *files =
        json_type(root) == JSON_OBJECT ? json_object_get(root, "files", &found) : NULL;
    if (!found || json_type(files) != JSON_ARRAY ||
        strcmp(text_of(root, "format"), "omen-record/1") != 0)
        return false;
    const char *print = text_of(root, "print");
    const char *bundle = text_of(root, "bundle");
    if (strlen(print) >= sizeof record->print || strlen(bundle) >= sizeof record->bundle)
        return false;
    memcpy(record->print, print, strlen(print) + 1);
    memcpy(record->bundle, bundle, strlen(bundle) + 1);
    record->serial = integer_of(root, "serial");
    record->bytes = integer_of(root, "bytes");
    size_t count = json_array_length(files);
    record->files = mem_array(count, sizeof *record->files);
    for (size_t i = 0; record->files != NULL && i < count; i++, record->count++)
        if (!file_fill(json_array_at(files, i), &record->files[i]))
            return false;
    return record->files != NULL;
}

bool record_read(int tree_fd, struct record *record, struct err *err)
{
    struct json *root = NULL;
    char *data;
    size_t size;
    *record = (struct record){.files = NULL};
    if (!file_read_at(tree_fd, RECORD_NAME, RECORD_SIZE_MAX, &data, &size, err))
        return false;
    bool ok = json_parse(data, size, &root, err) &&
              (record_fill(root, record) || err_set(err, ERR_INVALID, "a record is damaged"));
    json_free(root);
    free(data);
    if (!ok)
        record_finish(record);
    return ok;
}

void record_finish(struct record *record)
{
    for (size_t i = 0; record->files != NULL && i < record->count; i++)
        free(record->files[i].path);
    free(record->files);
    *record = (struct record){.files = NULL};
}
