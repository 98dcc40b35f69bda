/* The models that are live, and the ones that failed to be.
 *
 * MODELS/NAME/VERSION/ holds a version's files (VERSION may be a symbolic link that is flipped);
 * MODELS/NAME.json alone is version 1. Versions are compared as numbers where both are, else as
 * text with runs of digits as numbers; the newest `keep` stay loaded. The default is the version
 * whose directory the link MODELS/NAME/current leads to, once that is live; without a link, the
 * highest.
 *
 * registry_scan is called by one thread (the loader: registry/watch) only; everything else from
 * any. A request acquires a version, uses it without locks and releases it; the last release hands
 * it back to the loader thread to be freed. */
#ifndef OMEN_REGISTRY_REGISTRY_H
#define OMEN_REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/metrics.h"
#include "formats/format.h"

struct registry_options {
    const char *models;      /* directory; **Kept** */
    size_t keep;             /* newest versions that stay loaded, >= 1 */
    size_t max_bytes;        /* of one version's files */
    size_t max_files;        /* in one version's directory */
    size_t max_models;       /* names, and versions per name that are looked at */
    struct metrics *metrics; /* may be NULL */
    /* Told on the loader thread; may be NULL. `reason` is NULL for "live". */
    void (*on_event)(void *context, const char *event, const char *model, const char *version,
                     const char *reason);
    /* Told when nothing is left to load or to free for now; may be NULL. */
    void (*on_idle)(void *context);
    void *context;
};

/* A live version: const but for its reference count and metrics. */
struct model {
    struct artifact artifact;
    char *name, *version;
    char digest[65]; /* SHA-256 over its files' names and contents */
    size_t file_bytes;
    int64_t loaded_wall_ns;
    int64_t load_duration_ns;       /* read, verify, self-test, warm-up */
    struct model_metrics *metrics;  /* opaque to all but registry/model_metrics */
    struct model_private *private_; /* the registry's own */
};

struct registry;

struct registry *registry_create(const struct registry_options *options, struct err *err);
/* No request may hold a model any more. */
void registry_destroy(struct registry *registry);

/* name NULL or "": the default model (options of registry_set_default) or the only one.
 * version NULL or "": the newest live one. ERR_NOT_FOUND lists what there is; ERR_UNAVAILABLE: the
 * model is known but no version of it is live. Release what you acquire. */
struct model *registry_acquire(struct registry *registry, const char *name, const char *version,
                               struct err *err);
void registry_release(struct registry *registry, struct model *model);

/* Copied; NULL or "": none. */
void registry_set_default(struct registry *registry, const char *name);

/* One pass over the directory: loads what is new or changed, retires what is gone or old, frees
 * what nobody holds any more. Bad versions are reported and change nothing; they are tried again
 * when they change. Loader thread only. False if the directory itself cannot be read. */
bool registry_scan(struct registry *registry, struct err *err);
/* Frees retired versions whose last user has released them. Loader thread only. Returns how many
 * are still held. */
size_t registry_collect(struct registry *registry);
/* An operator's word: a withheld model is treated as if its files were not there, until it is
 * allowed again. From the next scan on. Any thread. */
bool registry_withhold(struct registry *registry, const char *name, struct err *err);
void registry_allow(struct registry *registry, const char *name);
/* How many scans have begun and have ended. What is asked for now is done when as many have ended
 * as have begun now, and one more. */
unsigned registry_scans_begun(const struct registry *registry);
unsigned registry_scans_ended(const struct registry *registry);

/* Under the lock: `take` calls nothing of the registry. */
void registry_each_withheld(struct registry *registry,
                            void (*take)(void *context, const char *name), void *context);

/* An eventfd that becomes readable when registry_collect has something to do. */
int registry_collect_fd(const struct registry *registry);

/* True once at least one version is live. */
bool registry_is_ready(struct registry *registry);
/* True once the directory was looked through to its end: what is not live then is not just late. */
bool registry_has_scanned(struct registry *registry);

/* The default version of every model, by name, acquired: release each, and free the list, which may
 * be NULL when there is none. False without memory. */
bool registry_acquire_all(struct registry *registry, struct model ***models, size_t *count);
/* Changes with every change of what is live, or of the default. */
uint64_t registry_generation(const struct registry *registry);

/* ["a","b"]: the models that a request can name. */
void registry_list_names(struct registry *registry, struct buf *out);
/* ["2","1"]: the versions of a model that are live, newest first. */
void registry_list_versions(struct registry *registry, const char *name, struct buf *out);
/* Where requests are counted that reached no model: empty labels. NULL without metrics. */
struct model_metrics *registry_unrouted_metrics(const struct registry *registry);

/* A version as the registry has it. All of it is borrowed, for the call alone. */
struct registry_entry {
    const char *name, *version;
    const char *state;         /* "live", "loading", "failed" or "retired" */
    const struct model *model; /* NULL: nothing is loaded */
    const char *reason;        /* NULL: none */
    const char *refused;       /* with a reason: the digest of what it is about, "" if unreadable */
    bool is_default;           /* the version that a request without one gets */
};
typedef void registry_take_entry(void *context, const struct registry_entry *entry);
/* Every version, newest first for each model; of the one model of that name unless name is NULL.
 * Under the lock: `take` calls nothing of the registry. False when the directory has no such
 * model. */
bool registry_each_entry(struct registry *registry, const char *name, registry_take_entry *take,
                         void *context);

/* "models": [...] for /status: every version that is live, loading, failed or retired. */
void registry_describe(struct registry *registry, struct buf *out);

#endif
