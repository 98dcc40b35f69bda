#include "cli/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* A lone file's name is its path, which callers say themselves: once is enough. */
static void drop_path(struct err *err, const char *path)
{
    size_t length = strlen(path);
    if (err != NULL && strncmp(err->text, path, length) == 0 &&
        strncmp(err->text + length, ": ", 2) == 0)
        memmove(err->text, err->text + length + 2, strlen(err->text + length + 2) + 1);
}

bool load_model_at(int fd, const char *path, const struct load_limits *limits,
                   struct loaded *loaded, struct err *err)
{
    const struct bundle_limits bundle_limits = {(size_t)limits->max_model_bytes,
                                                (size_t)limits->max_model_files};
    struct bundle bundle;
    struct bundle_print print;
    int64_t begun = clock_monotonic_ns();
    *loaded = (struct loaded){0};
    if (faccessat(fd, path, F_OK, 0) != 0) /* callers say where */
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                             "cannot be looked at");
    if (!bundle_read(fd, path, &bundle_limits, &bundle, &print, err)) {
        drop_path(err, path);
        return false;
    }
    memcpy(loaded->digest, bundle.digest, sizeof loaded->digest);
    loaded->file_bytes = bundle.bytes;
    loaded->file_count = bundle.count;
    bool ok = format_load(bundle.files, bundle.count, &loaded->artifact, err);
    ok = bundle_is_unchanged(&bundle, err) && ok;
    bundle_finish(&bundle);
    if (ok && loaded->artifact.graph == NULL)
        ok = err_set(err, ERR_INTERNAL, "the format made no model");
    if (!ok) {
        loaded_finish(loaded);
        drop_path(err, path);
    }
    loaded->load_ns = clock_monotonic_ns() - begun;
    return ok;
}

bool load_model(const char *path, const struct load_limits *limits, struct loaded *loaded,
                struct err *err)
{
    return load_model_at(AT_FDCWD, path, limits, loaded, err);
}

void loaded_finish(struct loaded *loaded)
{
    artifact_finish(&loaded->artifact);
}
