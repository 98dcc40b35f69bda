#include "registry/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define ENTRIES_MAX ((size_t)100000)
#define READ_TRIES 4
/* Of smaller files a copy costs nothing that counts, and cannot change. */
#define MAP_FROM ((off_t)8 << 20)
#define DIGEST_PIECE ((size_t)1 << 20)
/* The kernel's time stamps stand still for a tick: two changes within it look like one. */
#define STAMP_TICK_NS (50 * CLOCK_NS_PER_MS)

/* A bundle's place while it is looked at: an open directory and the names in it that count. */
struct place {
    int fd;
    struct stat status; /* of the directory; of the file when it is a lone one */
    char **names;
    struct stat *statuses;
    size_t count;
    size_t bytes;
};

static void place_close(struct place *place)
{
    for (size_t i = 0; i < place->count; i++)
        free(place->names[i]);
    free(place->names);
    free(place->statuses);
    if (place->fd >= 0)
        close(place->fd);
    *place = (struct place){.fd = -1};
}

static bool name_is_unfinished(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".tmp") == 0 || strcmp(dot, ".part") == 0);
}

static bool place_add(struct place *place, const char *name, const struct stat *status,
                      const struct bundle_limits *limits, struct err *err)
{
    if (place->count >= limits->max_files)
        return err_set(err, ERR_LIMIT, "more than %zu files", limits->max_files);
    if (status->st_size < 0 || (uintmax_t)status->st_size > limits->max_bytes - place->bytes)
        return err_set(err, ERR_LIMIT, "the files have more than %zu bytes", limits->max_bytes);
    char **names = mem_resize(place->names, place->count + 1, sizeof *names);
    if (names != NULL)
        place->names = names;
    struct stat *statuses = mem_resize(place->statuses, place->count + 1, sizeof *statuses);
    if (statuses != NULL)
        place->statuses = statuses;
    char *copy = mem_copy_text(name, strlen(name));
    if (names == NULL || statuses == NULL || copy == NULL) {
        free(copy);
        return err_set(err, ERR_MEMORY, "no memory to list the files");
    }
    /* Few and seldom: kept in order by insertion. */
    size_t at = place->count++;
    for (; at > 0 && strcmp(names[at - 1], copy) > 0; at--) {
        names[at] = names[at - 1];
        statuses[at] = statuses[at - 1];
    }
    names[at] = copy;
    statuses[at] = *status;
    place->bytes += (size_t)status->st_size;
    return true;
}

static bool place_list(struct place *place, const struct bundle_limits *limits, struct err *err)
{
    int fd = openat(place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (directory == NULL) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return err_set_errno(err, ERR_IO, reason, "cannot list the directory");
    }
    const struct dirent *entry;
    size_t seen = 0;
    bool ok = true;
    while (ok && (entry = readdir(directory)) != NULL) {
        struct stat status;
        if (seen++ >= ENTRIES_MAX)
            ok = err_set(err, ERR_LIMIT, "more than %zu directory entries", ENTRIES_MAX);
        else if (file_name_is_safe(entry->d_name, strlen(entry->d_name)) &&
                 !name_is_unfinished(entry->d_name) &&
                 fstatat(place->fd, entry->d_name, &status, 0) == 0 && S_ISREG(status.st_mode))
            ok = place_add(place, entry->d_name, &status, limits, err);
    }
    closedir(directory);
    return ok;
}

static bool place_open_path(struct place *place, int fd, const char *path, struct err *err)
{
    if (fstatat(fd, path, &place->status, 0) != 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "%s", path);
    bool directory = S_ISDIR(place->status.st_mode);
    place->fd = openat(fd, directory ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->fd < 0 || (directory && fstat(place->fd, &place->status) != 0))
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    return true;
}

/* From here on a link that is flipped is not noticed: the open directory is the old one. */
static bool place_open(struct place *place, int fd, const char *path,
                       const struct bundle_limits *limits, struct err *err)
{
    *place = (struct place){.fd = -1};
    bool ok = place_open_path(place, fd, path, err);
    if (ok && S_ISDIR(place->status.st_mode))
        ok = place_list(place, limits, err);
    else if (ok && S_ISREG(place->status.st_mode))
        ok = place_add(place, path, &place->status, limits, err);
    else if (ok)
        ok = err_set(err, ERR_INVALID, "neither a directory nor a regular file");
    if (!ok)
        place_close(place);
    return ok;
}

static void print_put(struct buf *out, const struct stat *status, int64_t *newest)
{
    int64_t changed = (int64_t)status->st_ctim.tv_sec * CLOCK_NS_PER_S + status->st_ctim.tv_nsec;
    int64_t modified = (int64_t)status->st_mtim.tv_sec * CLOCK_NS_PER_S + status->st_mtim.tv_nsec;
    *newest = changed > *newest ? changed : *newest;
    buf_printf(out, " %ju %ju %jd %" PRId64 " %" PRId64 "\n", (uintmax_t)status->st_dev,
               (uintmax_t)status->st_ino, (intmax_t)status->st_size, modified, changed);
}

static bool place_print(const struct place *place, struct bundle_print *print, struct err *err)
{
    struct buf text = BUF_INIT;
    int64_t newest = 0;
    print_put(&text, &place->status, &newest);
    for (size_t i = 0; i < place->count; i++) {
        buf_put_text(&text, place->names[i]);
        print_put(&text, &place->statuses[i], &newest);
    }
    bool ok = !text.failed || err_set(err, ERR_MEMORY, "no memory to compare the files");
    ok = ok && digest_sha256(text.data, text.length, print->text, err);
    print->settled = newest + STAMP_TICK_NS < clock_wall_ns();
    buf_finish(&text);
    return ok;
}

bool bundle_print_take(int fd, const char *path, const struct bundle_limits *limits,
                       struct bundle_print *print, struct err *err)
{
    struct place place;
    *print = (struct bundle_print){0};
    if (!place_open(&place, fd, path, limits, err))
        return false;
    bool ok = place_print(&place, print, err);
    place_close(&place);
    return ok;
}

void bundle_finish(struct bundle *bundle)
{
    if (bundle == NULL)
        return;
    for (size_t i = 0; i < bundle->count; i++) {
        free((char *)bundle->files[i].name);
        if (!bundle->files[i].mapped)
            free((char *)bundle->files[i].data);
        mapping_close(&bundle->mappings[i]);
    }
    free(bundle->files);
    free(bundle->mappings);
    memset(bundle, 0, sizeof *bundle);
}

/* In pieces, which a mapped file keeps in memory one at a time. */
static bool file_digest(const struct format_file *file, char text[DIGEST_TEXT_SIZE],
                        struct err *err)
{
    unsigned char sum[DIGEST_SIZE_MAX];
    struct digest *digest = digest_create(DIGEST_SHA256);
    if (digest == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a digest");
    for (size_t at = 0, piece; at < file->size; at += piece) {
        piece = file->size - at < DIGEST_PIECE ? file->size - at : DIGEST_PIECE;
        digest_update(digest, file->data + at, piece);
        mapping_release(file->data + at, file->data + at + piece);
    }
    size_t size = digest_end(digest, sum);
    digest_hex(sum, size, text);
    return size > 0 || err_set(err, ERR_INTERNAL, "libcrypto cannot compute a SHA-256 digest");
}

static bool bundle_digest(struct bundle *bundle, struct err *err)
{
    struct buf lines = BUF_INIT;
    bool ok = true;
    for (size_t i = 0; ok && i < bundle->count; i++) {
        char digest[DIGEST_TEXT_SIZE];
        ok = file_digest(&bundle->files[i], digest, err);
        buf_printf(&lines, "%s  %s\n", digest, bundle->files[i].name);
    }
    if (ok && lines.failed)
        ok = err_set(err, ERR_MEMORY, "no memory for a digest");
    ok = ok && digest_sha256(lines.data, lines.length, bundle->digest, err);
    buf_finish(&lines);
    return ok;
}

/* What cannot be mapped can perhaps be read. */
static bool bundle_add(struct bundle *bundle, const struct place *place, size_t which, size_t limit,
                       struct err *err)
{
    const char *name = place->names[which];
    struct mapping *mapping = &bundle->mappings[bundle->count];
    char *data = NULL;
    size_t size = 0;
    bool large = place->statuses[which].st_size >= MAP_FROM;
    if (large && file_map_at(place->fd, name, limit, mapping, NULL)) {
        bundle->files[bundle->count++] = (struct format_file){
            .name = name, .data = mapping->data, .size = mapping->size, .mapped = true};
        bundle->mapped++;
        bundle->bytes += mapping->size;
        return true;
    }
    if (!file_read_at(place->fd, name, limit, &data, &size, err))
        return false;
    bundle->files[bundle->count++] = (struct format_file){.name = name, .data = data, .size = size};
    bundle->bytes += size;
    return true;
}

static bool bundle_fill(struct bundle *bundle, struct place *place,
                        const struct bundle_limits *limits, struct err *err)
{
    *bundle = (struct bundle){.files = mem_array(place->count, sizeof *bundle->files),
                              .mappings = mem_array(place->count, sizeof *bundle->mappings)};
    bool ok = (bundle->files != NULL && bundle->mappings != NULL) ||
              err_set(err, ERR_MEMORY, "no memory for the files");
    for (size_t i = 0; ok && i < place->count; i++) {
        ok = bundle_add(bundle, place, i, limits->max_bytes - bundle->bytes, err);
        if (ok)
            place->names[i] = NULL; /* is the bundle's now */
    }
    return ok && bundle_digest(bundle, err);
}

static bool mappings_are_whole(const struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->count; i++)
        if (!mapping_is_whole(&bundle->mappings[i]))
            return false;
    return true;
}

/* Copies cannot change: what becomes of their files is the next scan's business. */
bool bundle_is_unchanged(const struct bundle *bundle, struct err *err)
{
    struct bundle_print now;
    return bundle->mapped == 0 ||
           (mappings_are_whole(bundle) &&
            bundle_print_take(bundle->fd, bundle->path, &bundle->limits, &now, NULL) &&
            strcmp(now.text, bundle->print) == 0) ||
           err_set(err, ERR_UNAVAILABLE, "the files changed while they were read");
}

static bool bundle_try(int fd, const char *path, const struct bundle_limits *limits,
                       struct bundle *bundle, struct bundle_print *print, bool *changed,
                       struct err *err)
{
    struct place place;
    struct bundle_print after = {0};
    *bundle = (struct bundle){0};
    *changed = false;
    if (!place_open(&place, fd, path, limits, err))
        return false;
    bool ok = place_print(&place, print, err) && bundle_fill(bundle, &place, limits, err);
    place_close(&place);
    /* Whether a file vanished, grew or was replaced meanwhile, and whatever that made us read. */
    *changed =
        !bundle_print_take(fd, path, limits, &after, NULL) || strcmp(after.text, print->text) != 0;
    if (ok && !*changed) {
        bundle->fd = fd;
        bundle->path = path;
        bundle->limits = *limits;
        memcpy(bundle->print, print->text, sizeof bundle->print);
        return true;
    }
    bundle_finish(bundle);
    return false;
}

bool bundle_read(int fd, const char *path, const struct bundle_limits *limits,
                 struct bundle *bundle, struct bundle_print *print, struct err *err)
{
    bool changed = true;
    for (int i = 0; i < READ_TRIES && changed; i++)
        if (bundle_try(fd, path, limits, bundle, print, &changed, err))
            return true;
    if (!changed)
        return false;
    return err_set(err, ERR_UNAVAILABLE, "the files keep changing while they are read");
}
