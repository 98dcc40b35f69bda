/* The registry's inside, shared by its sources. What the loader thread alone writes it may read
 * without the lock; every other thread reads under it. */
#ifndef OMEN_REGISTRY_REGISTRY_PRIVATE_H
#define OMEN_REGISTRY_REGISTRY_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "registry/bundle.h"
#include "registry/model_metrics.h"
#include "registry/registry.h"

struct model_private {
    atomic_size_t users; /* one for being published, one for each request */
    struct model *next;  /* of the retired ones */
};

/* One version of a model as the directory has it. */
struct slot {
    char *version;
    bool alone;  /* MODELS/NAME.json */
    bool wanted; /* by the scan under way */
    bool loading;
    struct bundle_print print;      /* of what was last tried, "" to try again */
    char digest[DIGEST_TEXT_SIZE];  /* of it, "" if it could not be read */
    char refused[DIGEST_TEXT_SIZE]; /* the digest that reason is about */
    char *reason;                   /* why it was refused, or NULL */
    struct model *model;            /* what is live: from it, or from what was there before */
};

/* A model of the directory. */
struct known {
    char *name;
    struct slot **slots; /* newest first */
    size_t slot_count;
    char *current; /* the version that a request without one gets while it is live; may be NULL */
    bool is_directory;
    bool was_live; /* at the last scan */
    bool told_unavailable;
    struct metrics_series *loads, *failures;
};

struct registry {
    struct registry_options options;
    bool (*load)(const struct format_file *files, size_t count, struct artifact *artifact,
                 struct err *err); /* format_load; unit tests put another one here */
    pthread_rwlock_t lock;
    struct known **models; /* by name */
    size_t model_count;
    struct model *retired; /* waiting for their last user; newest first */
    char *default_name;
    char **withheld; /* names, in no order */
    size_t withheld_count;
    atomic_uint scans_begun, scans_ended;
    atomic_bool stopping; /* a scan under way ends before its next version */
    bool scanned;         /* one scan went to its end */
    int collect_fd;       /* eventfd */
    atomic_size_t live_count;
    atomic_uint_fast64_t generation;
    char told[ERR_TEXT_SIZE]; /* the last complaint about the directory as a whole */
    struct model_metrics_families *families;
    struct model_metrics *unrouted;
    struct metrics_family *loads, *failures;
    struct metrics_series *swaps;
};

/* Reads, checks and warms up one version. NULL with err; what was read of it is told even so. */
struct model *model_create(struct registry *registry, const char *name, const char *version,
                           struct bundle *bundle, struct err *err);
/* Accepts NULL. */
void model_destroy(struct model *model);

/* Takes the lock. */
bool registry_is_withheld(struct registry *registry, const char *name);

/* The families whose values the registry holds. */
bool registry_metrics_add(struct registry *registry);

/* The slot that answers when no version is named; NULL: none is live. Under the lock. */
const struct slot *registry_default_slot(const struct known *known);

/* The loader's view for the watches: each model's directory and each version's that matters. */
void registry_each_directory(const struct registry *registry,
                             void (*take)(void *context, const char *name, const char *version),
                             void *context);

#endif
