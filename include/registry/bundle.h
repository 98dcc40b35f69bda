/* The files of one model version, in one consistent state. Large ones are mapped, not copied, so
 * that reading a model takes the memory of the model and not of its file as well. */
#ifndef OMEN_REGISTRY_BUNDLE_H
#define OMEN_REGISTRY_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mapping.h"
#include "formats/format.h"

struct bundle_limits {
    size_t max_bytes; /* of all files together */
    size_t max_files;
};

struct bundle {
    struct format_file *files; /* by name */
    struct mapping *mappings;  /* as many; empty for a file that was copied */
    size_t count;
    size_t bytes;
    size_t mapped;                 /* how many files */
    char digest[DIGEST_TEXT_SIZE]; /* as `sha256sum * | sha256sum` in the directory */
    /* Where it was read, and what stood there. */
    int fd;
    const char *path;
    struct bundle_limits limits;
    char print[DIGEST_TEXT_SIZE];
};

/* What stat says of the directory (or the lone file) and of its files, condensed: differs after
 * every change, is cheap to take. */
struct bundle_print {
    char text[DIGEST_TEXT_SIZE];
    bool settled; /* no time stamp is so young that another change could bear the same one */
};

/* path: a version's directory or a lone file, relative to the open directory fd; links are
 * followed. Hidden, unsafe, unfinished (.tmp, .part) and other than regular entries are no part of
 * the bundle. */
bool bundle_print_take(int fd, const char *path, const struct bundle_limits *limits,
                       struct bundle_print *print, struct err *err);

/* **Keeps** fd and path. Reads it, and again while it changes under the reading; ERR_UNAVAILABLE
 * when that does not end.
 * The caller finishes the bundle; after a failure there is nothing to finish. */
bool bundle_read(int fd, const char *path, const struct bundle_limits *limits,
                 struct bundle *bundle, struct bundle_print *print, struct err *err);
/* To be asked when the files have been used: whether those in its place are still the ones that
 * were read. ERR_UNAVAILABLE if not, whatever came of them then. */
bool bundle_is_unchanged(const struct bundle *bundle, struct err *err);
void bundle_finish(struct bundle *bundle);

#endif
