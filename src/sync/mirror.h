/* Decides: what of the source should be on the disk, and takes each model through the phases
 * (phase.h) to get there. What is served stays served whatever fails. */
#ifndef OMEN_SYNC_MIRROR_H
#define OMEN_SYNC_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/signature.h"
#include "sync/plan.h"
#include "sync/publish.h"
#include "sync/seen.h"
#include "sync/store.h"
#include "sync/transfer.h"

enum mirror_layout { LAYOUT_AUTO, LAYOUT_VERSIONS, LAYOUT_MANIFEST };

struct mirror_options {
    const char *source;  /* for records and messages, without secrets */
    const char *model;   /* only this one, "" for all */
    const char *single;  /* the source is one model, of this name; "": it has names itself */
    const char *version; /* only this one of each model, "" for the newest */
    enum mirror_layout layout;
    enum plan_complete complete;
    int64_t settle; /* ns between two equal listings */
    struct plan_limits limits;
    const struct signature_key *keys;
    size_t key_count;
    bool require_signature, allow_downgrade;
    const char *check; /* command before the flip, given the new version's directory; "" none */
    int64_t check_timeout;
};

enum mirror_event {
    EVENT_PUBLISHED,
    EVENT_FAILED,
    EVENT_REFUSED, /* a version that can never be taken */
    EVENT_WAITING, /* a version that is not whole yet */
    EVENT_QUARANTINED,
    EVENT_DAMAGED, /* the disk lost some of it */
    EVENT_ROLLED_BACK,
};

struct mirror_report {
    size_t models, published, unchanged, failed;
    size_t waiting;       /* versions that are not whole in the source yet */
    size_t unserved;      /* models of the source of which no version could be taken so far */
    size_t damaged;       /* versions that the disk lost bytes of, and that were taken away */
    enum failure failure; /* of the first model that failed, or of the listing */
    int64_t bytes;        /* downloaded */
};

struct mirror {
    struct mirror_options options;
    struct store *store;
    struct publish *publish;
    void (*on_event)(void *context, enum mirror_event event, const char *model, const char *version,
                     const char *text);
    void *context;
    struct catalog catalog;
    char pointer_revision[STORE_REVISION_SIZE];
    struct seen seen;
    size_t pinned, quarantined; /* marks that there are: mostly none that would have to be read */
    size_t strays;
    size_t next; /* where the next model most likely is in the catalog */
};

/* One pass over all models; the lock is the caller's. False when the source could not be read at
 * all, or a model failed: the report says which failure. */
bool mirror_run(struct mirror *mirror, struct mirror_report *report, struct err *err);
void mirror_finish(struct mirror *mirror);

/* What the catalog of the source is now, for `list`. */
bool mirror_list(struct mirror *mirror, struct err *err);

#endif
