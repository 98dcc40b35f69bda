/* What is to be had: the model versions of a source, each as a list of checked files.
 *
 * A catalog is made from a listing (NAME/VERSION/files, or a single model's) or from a pointer and
 * its manifests, and is the same in both cases. Nothing in it can be a path outside of its version.
 */
#ifndef OMEN_SYNC_PLAN_H
#define OMEN_SYNC_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "sync/store.h"

#define PLAN_MANIFEST "omen-manifest.json"
#define PLAN_MARKER "_SUCCESS"
#define PLAN_POINTER "CURRENT"
#define PLAN_SINGLE_VERSION "1" /* of a single model that has files alone */

enum plan_complete { COMPLETE_AUTO, COMPLETE_MANIFEST, COMPLETE_MARKER, COMPLETE_SETTLED };

struct plan_limits {
    int64_t object_bytes, total_bytes, objects; /* of one version */
};

struct plan_file {
    char *path;                 /* below the version's directory */
    struct store_object object; /* its name is owned */
};

struct plan_version {
    char *model, *version;
    struct plan_file *files; /* by path; without manifest, signature and marker */
    size_t count, capacity;
    int64_t bytes;
    bool has_manifest, has_marker, by_pointer;
    struct store_object manifest; /* where it is read; its name is owned */
    int64_t serial;               /* of the manifest, once read; 0: none */
    char print[DIGEST_TEXT_SIZE]; /* of all that the source says of it: differs after a change */
    char refused[200];            /* why it can never be taken, or "" */
};

struct catalog {
    struct plan_version *versions; /* by model, newest version first */
    size_t count, capacity;
    size_t strays; /* objects that belong to no version */
    bool has_pointer;
    char pointer_revision[STORE_REVISION_SIZE];
};

void catalog_finish(struct catalog *catalog);

/* For who fills a catalog: each returns false with ERR_MEMORY. */
struct plan_version *catalog_add(struct catalog *catalog, const char *model, size_t model_length,
                                 const char *version, size_t version_length, struct err *err);
/* Adds one object below a version. Hostile names mark the version as refused. */
bool plan_add(struct plan_version *version, const char *path, size_t path_length,
              const struct store_object *object, struct err *err);
/* Orders files, finds clashes, applies limits, takes the print. */
bool plan_seal(struct plan_version *version, const struct plan_limits *limits, struct err *err);
void plan_refuse(struct plan_version *version, const char *reason);
void plan_version_finish(struct plan_version *version);
void catalog_sort(struct catalog *catalog);

/* Lists the whole source. single: the source is one model of this name, as VERSION/files (versions
 * begin with a digit) or as files alone, which are then version 1; where it is neither, and with
 * "", it is read as NAME/VERSION/files. */
bool catalog_list(struct store *store, const char *single, const struct plan_limits *limits,
                  struct catalog *catalog, struct err *err);

/* The first and the number of the versions of the model that begins at `from`. */
size_t catalog_group(const struct catalog *catalog, size_t from);
/* Is this version whole, so that it may be taken? settled: it was listed equally before. */
bool plan_is_complete(const struct plan_version *group, size_t count,
                      const struct plan_version *version, enum plan_complete rule, bool settled);

#endif
