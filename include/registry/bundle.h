/* The files of one model version, read whole and in one consistent state. */
#ifndef OMEN_REGISTRY_BUNDLE_H
#define OMEN_REGISTRY_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/err.h"
#include "formats/format.h"

struct bundle_limits {
    size_t max_bytes; /* of all files together */
    size_t max_files;
};

struct bundle {
    struct format_file *files; /* by name */
    size_t count;
    size_t bytes;
    char digest[DIGEST_TEXT_SIZE]; /* as `sha256sum * | sha256sum` in the directory */
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

/* Reads it, and again while it changes under the reading; ERR_UNAVAILABLE when that does not end.
 * The caller finishes the bundle; after a failure there is nothing to finish. */
bool bundle_read(int fd, const char *path, const struct bundle_limits *limits,
                 struct bundle *bundle, struct bundle_print *print, struct err *err);
void bundle_finish(struct bundle *bundle);

#endif
