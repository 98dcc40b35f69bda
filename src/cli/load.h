/* A model as the worker would load it, from a path on the command line. */
#ifndef OMEN_CLI_LOAD_H
#define OMEN_CLI_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/digest.h"
#include "base/err.h"
#include "formats/format.h"
#include "registry/bundle.h"

/* The worker's limits. First member of a command's values, so that LOAD_OPTIONS fit each table. */
struct load_limits {
    int64_t max_model_bytes, max_model_files;
};

#define LOAD_OPTIONS                                                                  \
    {"limits",                                                                        \
     "max-model-bytes",                                                               \
     CONFIG_SIZE,                                                                     \
     offsetof(struct load_limits, max_model_bytes),                                   \
     "512m",                                                                          \
     1024,                                                                            \
     1024.0 * 1024 * 1024 * 1024,                                                     \
     NULL,                                                                            \
     "Most bytes in the files of one version, as the worker's option of this name."}, \
    {                                                                                 \
        "limits", "max-model-files", CONFIG_INTEGER,                                  \
            offsetof(struct load_limits, max_model_files), "64", 1, 10000, NULL,      \
            "Most files of one version, as the worker's option of this name."         \
    }

struct loaded {
    struct artifact artifact;
    char digest[DIGEST_TEXT_SIZE]; /* as the worker's /status has it */
    size_t file_bytes, file_count;
    int64_t load_ns; /* read and made */
};

/* path: a lone file, or a directory with a version's files. Runs no golden rows. The caller
 * finishes what was loaded; after a failure there is nothing to finish. ERR_NOT_FOUND, ERR_IO:
 * nothing could be looked at. */
bool load_model(const char *path, const struct load_limits *limits, struct loaded *loaded,
                struct err *err);
/* The same, of a path relative to an open directory. */
bool load_model_at(int fd, const char *path, const struct load_limits *limits,
                   struct loaded *loaded, struct err *err);
void loaded_finish(struct loaded *loaded);

#endif
