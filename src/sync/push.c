/* push: a version's files, then its manifest (and signature), then the pointer. A version that is
 * there is never overwritten with other content. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "sync/command_run.h"
#include "sync/commands.h"
#include "sync/manifest.h"
#include "sync/name.h"
#include "sync/record.h"
#include "sync/session.h"

#define KEY_SIZE_MAX ((size_t)65536)
#define POINTER_ATTEMPTS 8

struct push {
    const struct options *options;
    struct session session;
    struct plan_version version;
    int directory_fd;
    struct err err;
};

/* --- what is to be pushed ------------------------------------------------------------------ */

static bool file_take(struct push *push, int fd, const char *path, int64_t size)
{
    struct record_digests digests;
    unsigned char sha256[DIGEST_SIZE_MAX];
    unsigned char md5[DIGEST_SIZE_MAX];
    struct store_object object = {.size = size, .has_crc32c = true, .has_md5 = true};
    char name[STORE_NAME_MAX + 300];
    if (!record_digests_begin(&digests, &object, &push->err))
        return false;
    if (!record_digests_read(&digests, fd, size, &push->err)) {
        record_digests_drop(&digests);
        return false;
    }
    if (digest_end(digests.sha256, sha256) != 32 || digest_end(digests.md5, md5) != 16)
        return err_set(&push->err, ERR_INTERNAL, "no digest of a file");
    memcpy(object.sha256, sha256, 32);
    memcpy(object.md5, md5, 16);
    object.has_sha256 = true;
    object.crc32c = digests.crc32c;
    snprintf(name, sizeof name, "%s/%s/%s", push->version.model, push->version.version, path);
    object.name = name;
    object.name_length = strlen(name);
    if (object.name_length > STORE_NAME_MAX)
        return err_set(&push->err, ERR_LIMIT, "a path is longer than %d bytes", STORE_NAME_MAX);
    return plan_add(&push->version, path, strlen(path), &object, &push->err);
}

static bool tree_take(struct push *push, int fd, const char *prefix, int depth);

/* Hidden files are no part of a version, as for the worker; links are followed by nobody. */
static bool entry_take(struct push *push, int parent, const char *prefix, const char *name,
                       int depth)
{
    char path[NAME_PATH_MAX + 1];
    struct stat status;
    if (name[0] == '.')
        return true;
    if (snprintf(path, sizeof path, "%s%s", prefix, name) >= (int)sizeof path ||
        !name_is_path(path, strlen(path), &push->err))
        return err_prefix(&push->err, "a file's name cannot be pushed");
    int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        if (fd >= 0)
            close(fd);
        return err_set_errno(&push->err, ERR_IO, errno, "%s", path);
    }
    if (S_ISDIR(status.st_mode)) {
        strncat(path, "/", sizeof path - strlen(path) - 1);
        return tree_take(push, fd, path, depth + 1);
    }
    bool ok = S_ISREG(status.st_mode)
                  ? file_take(push, fd, path, status.st_size)
                  : err_set(&push->err, ERR_INVALID, "%s is no regular file", path);
    close(fd);
    return ok;
}

/* **Takes** fd. */
static bool tree_take(struct push *push, int fd, const char *prefix, int depth)
{
    DIR *directory = depth <= NAME_DEPTH_MAX ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool ok = directory != NULL;
    if (!ok) {
        close(fd);
        return err_set(&push->err, ERR_LIMIT, "the version is deeper than %d directories",
                       NAME_DEPTH_MAX);
    }
    while (ok && (entry = readdir(directory)) != NULL)
        ok = entry_take(push, fd, prefix, entry->d_name, depth);
    closedir(directory);
    return ok;
}

/* .../NAME/VERSION, unless --model and --version say otherwise. */
static bool names_take(struct push *push, const char *directory)
{
    char path[PATH_MAX];
    if (realpath(directory, path) == NULL)
        return err_set_errno(&push->err, ERR_NOT_FOUND, errno, "%s", directory);
    char *version = strrchr(path, '/');
    *version++ = '\0';
    char *model = strrchr(path, '/');
    const char *name = push->options->model[0] != '\0' ? push->options->model
                       : model != NULL                 ? model + 1
                                                       : "";
    const char *text = push->options->version[0] != '\0' ? push->options->version : version;
    if (!file_name_is_safe(name, strlen(name)) || !file_name_is_safe(text, strlen(text)))
        return err_set(&push->err, ERR_INVALID,
                       "the directory is not NAME/VERSION of plain names; --model and --version "
                       "can say them");
    push->version.model = mem_copy_text(name, strlen(name));
    push->version.version = mem_copy_text(text, strlen(text));
    return push->version.model != NULL && push->version.version != NULL;
}

static bool version_take(struct push *push, const char *directory)
{
    const struct plan_limits limits = push->session.mirror.options.limits;
    push->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (push->directory_fd < 0)
        return err_set_errno(&push->err, ERR_NOT_FOUND, errno, "%s", directory);
    int fd = openat(push->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !tree_take(push, fd, "", 0) || !plan_seal(&push->version, &limits, &push->err))
        return false;
    return push->version.refused[0] == '\0' ||
           err_set(&push->err, ERR_INVALID, "%s", push->version.refused);
}

static bool version_check(struct push *push, const char *directory)
{
    char command[4096];
    if (push->options->checker[0] == '\0')
        return true;
    if (snprintf(command, sizeof command, "%s \"$OMEN_PATH\"", push->options->checker) >=
        (int)sizeof command)
        return err_set(&push->err, ERR_LIMIT, "checker is too long");
    return command_run_shell(command, push->version.model, push->version.version, directory,
                             push->options->command_timeout, &session_stop, &push->err) ||
           err_prefix(&push->err, "the version did not pass checker");
}

/* --- uploading ----------------------------------------------------------------------------- */

static bool put_text(struct push *push, const char *name, const char *revision, const void *data,
                     size_t size)
{
    struct store *store = push->session.store;
    struct store_object object = {.name = name, .name_length = strlen(name), .size = (int64_t)size};
    snprintf(object.revision, sizeof object.revision, "%s", revision);
    return store->type->put(store, &object, -1, data, &push->err);
}

static bool put_file(struct push *push, const struct plan_file *file)
{
    struct store *store = push->session.store;
    struct store_object object = file->object;
    int fd = openat(push->directory_fd, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(&push->err, ERR_IO, errno, "%s", file->path);
    strcpy(object.revision, STORE_ANY); /* left by a push that did not come to its end */
    bool ok = store->type->put(store, &object, fd, NULL, &push->err);
    close(fd);
    return ok || err_prefix(&push->err, "%s", file->path);
}

static bool read_object(struct push *push, struct store_object *object, char **data, size_t *size,
                        bool *found)
{
    bool unchanged;
    transfer_set_failure(push->session.transfer, FAILURE_NONE);
    *found = store_read(push->session.store, object, "", MANIFEST_SIZE_MAX, data, size, &unchanged,
                        &push->err);
    return *found || transfer_failure(push->session.transfer) == FAILURE_GONE;
}

/* The manifest that is there already, if it says the same: text and size are then its own. */
static bool manifest_reuse(struct push *push, const char *name, struct buf *text, bool *there)
{
    struct store_object object = {.name = name, .name_length = strlen(name), .size = -1};
    struct plan_version other = {.by_pointer = true};
    char *data = NULL;
    size_t size;
    if (!read_object(push, &object, &data, &size, there) || !*there)
        return !*there && push->err.code != ERR_NONE
                   ? transfer_failure(push->session.transfer) == FAILURE_GONE
                   : true;
    other.model = mem_copy_text(push->version.model, strlen(push->version.model));
    other.version = mem_copy_text(push->version.version, strlen(push->version.version));
    bool same = other.model != NULL && other.version != NULL &&
                manifest_read(data, size, false, 0, &other, &push->err) &&
                other.count == push->version.count;
    for (size_t i = 0; same && i < other.count; i++)
        same = strcmp(other.files[i].path, push->version.files[i].path) == 0 &&
               memcmp(other.files[i].object.sha256, push->version.files[i].object.sha256, 32) == 0;
    plan_version_finish(&other);
    buf_reset(text, 0);
    buf_put(text, data, size);
    free(data);
    if (!same)
        transfer_set_failure(push->session.transfer, FAILURE_OTHER);
    return same || err_set(&push->err, ERR_INVALID,
                           "the source has this version with other content; a version is never "
                           "replaced: push it under another name");
}

static bool put_signature(struct push *push, const char *manifest, const struct buf *text)
{
    unsigned char signature[64];
    char name[STORE_NAME_MAX + 16];
    char *key;
    size_t size;
    if (push->options->signing_key[0] == '\0')
        return true;
    if (!file_read(push->options->signing_key, KEY_SIZE_MAX, &key, &size, &push->err))
        return false;
    bool ok = signature_make(key, size, text->data, text->length, signature, &push->err);
    free(key);
    snprintf(name, sizeof name, "%s.sig", manifest);
    return ok && put_text(push, name, STORE_ANY, signature, sizeof signature);
}

static bool put_manifest(struct push *push, const char *name, struct buf *text)
{
    bool there;
    manifest_write(&push->version, clock_wall_ns() / CLOCK_NS_PER_MS, text);
    if (!manifest_reuse(push, name, text, &there))
        return false;
    for (size_t i = 0; !there && i < push->version.count; i++)
        if (!put_file(push, &push->version.files[i]))
            return false;
    return put_signature(push, name, text) &&
           (there || put_text(push, name, "", text->data, text->length));
}

/* --- the pointer --------------------------------------------------------------------------- */

static bool pointer_set(struct push *push, struct catalog *catalog, const char *manifest,
                        const unsigned char sha256[32])
{
    const struct plan_version *own = &push->version;
    for (size_t i = 0; i < catalog->count; i++) {
        if (strcmp(catalog->versions[i].model, own->model) != 0)
            continue;
        plan_version_finish(&catalog->versions[i]);
        catalog->versions[i] = catalog->versions[--catalog->count];
        break;
    }
    struct plan_version *added = catalog_add(catalog, own->model, strlen(own->model), own->version,
                                             strlen(own->version), &push->err);
    if (added == NULL)
        return false;
    added->manifest.name = mem_copy_text(manifest, strlen(manifest));
    memcpy(added->manifest.sha256, sha256, 32);
    catalog_sort(catalog);
    return added->manifest.name != NULL;
}

static bool pointer_try(struct push *push, const char *manifest, const unsigned char sha256[32])
{
    struct store_object object = {
        .name = PLAN_POINTER, .name_length = strlen(PLAN_POINTER), .size = -1};
    struct catalog catalog = {.versions = NULL};
    struct buf text = BUF_INIT;
    char *data = NULL;
    size_t size;
    bool found;
    bool ok = read_object(push, &object, &data, &size, &found) &&
              (!found || pointer_read(data, size, &catalog, &push->err)) &&
              pointer_set(push, &catalog, manifest, sha256);
    if (ok) {
        pointer_write(&catalog, &text);
        ok = !text.failed &&
             put_text(push, PLAN_POINTER, found ? object.revision : "", text.data, text.length);
    }
    free(data);
    buf_finish(&text);
    catalog_finish(&catalog);
    return ok;
}

static bool put_pointer(struct push *push, const char *manifest, const struct buf *text)
{
    char hex[DIGEST_TEXT_SIZE];
    unsigned char sha256[32];
    if (!digest_sha256(text->data, text->length, hex, &push->err) ||
        !digest_from_hex(hex, 64, sha256, 32))
        return false;
    for (int i = 0; i < POINTER_ATTEMPTS; i++) {
        if (pointer_try(push, manifest, sha256))
            return true;
        if (transfer_failure(push->session.transfer) != FAILURE_CHANGED)
            break; /* else somebody pushed another model meanwhile: merge and try again */
    }
    return err_prefix(&push->err, "%s", PLAN_POINTER);
}

static bool push_run(struct push *push, const char *directory)
{
    char manifest[600];
    struct buf text = BUF_INIT;
    if (!names_take(push, directory) || !version_check(push, directory) ||
        !version_take(push, directory))
        return false;
    snprintf(manifest, sizeof manifest, "%s/%s/%s", push->version.model, push->version.version,
             PLAN_MANIFEST);
    bool ok = put_manifest(push, manifest, &text) && put_pointer(push, manifest, &text);
    buf_finish(&text);
    return ok;
}

int command_push(const struct options *options, char *const *words, int count)
{
    struct push push = {
        .options = options,
        .session = {.options = options, .publish = {.root_fd = -1, .sync_fd = -1, .lock_fd = -1}},
        .directory_fd = -1,
        .err = ERR_INIT,
    };
    if (count != 2)
        return session_complain(EXIT_USAGE, "push takes DIR and SOURCE");
    session_catch_signals();
    int code = session_open_source(&push.session, words[1], true);
    if (code == EXIT_GOOD && push.session.store->type->put == NULL)
        code = session_complain(EXIT_USAGE, "nothing can be pushed to such a source");
    if (code == EXIT_GOOD && !push_run(&push, words[0])) {
        code = session_exit_of(transfer_failure(push.session.transfer));
        code = session_complain(code != EXIT_GOOD ? code : EXIT_OTHER, "%s", push.err.text);
    } else if (code == EXIT_GOOD) {
        printf("%s %s: %zu files, %lld bytes\n", push.version.model, push.version.version,
               push.version.count, (long long)push.version.bytes);
    }
    plan_version_finish(&push.version);
    if (push.directory_fd >= 0)
        close(push.directory_fd);
    session_close(&push.session);
    return code;
}
