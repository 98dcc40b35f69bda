/* The document of a model on disk: the one that there is, or a new one beside a trainer's file. */
#ifndef OMEN_CLI_SIDECAR_H
#define OMEN_CLI_SIDECAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/load.h"

struct sidecar {
    char *directory; /* of both files */
    char *name;      /* the document's */
    bool exists;     /* else it would be made */
    char *text;      /* as it is, or as it would begin */
    size_t size;
    char *trained_name; /* the trainer's file, or NULL */
    char *trained;
    size_t trained_size;
};

/* path: a document, a trainer's file, or a version's directory. */
bool sidecar_find(const char *path, const struct load_limits *limits, struct sidecar *sidecar,
                  struct err *err);
void sidecar_finish(struct sidecar *sidecar);

/* The model as it is on disk, or with this text as its document (NULL: on disk). */
bool sidecar_load(const struct sidecar *sidecar, const char *text, size_t size,
                  struct artifact *artifact, struct err *err);

/* The document's text with the top-level members `golden` and `baseline` in place of its own, all
 * else byte for byte; NULL: the document keeps its own. */
bool sidecar_splice(const char *text, size_t size, const char *golden, const char *baseline,
                    struct buf *out, struct err *err);

/* Puts text in the document's place at once: who reads it sees the old or the new one. */
bool sidecar_write(const struct sidecar *sidecar, const char *text, size_t size, struct err *err);

#endif
