/* What is remembered of each version from one look at the source to the next: since when it is
 * listed as it is, whether that was told, and what of it is known to be on the disk. */
#ifndef OMEN_SYNC_SEEN_H
#define OMEN_SYNC_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strmap.h"
#include "sync/plan.h"
#include "sync/publish.h"

struct seen_version {
    char *name; /* MODEL/VERSION */
    char print[DIGEST_TEXT_SIZE];
    int64_t since;
    bool told, met;
    bool tidy;                        /* nothing of its download is left */
    char placed[PUBLISH_TARGET_SIZE]; /* VERSION@ID that is known to be what placed_print says */
    char placed_print[DIGEST_TEXT_SIZE];
};

struct seen {
    struct seen_version *versions;
    size_t count, capacity;
    struct strmap places; /* from name to place: there may be tens of thousands */
};

/* What is remembered of it, from now on; NULL without memory. */
struct seen_version *seen_find(struct seen *seen, const struct plan_version *version);
/* Listed as it is now for at least `settle` ns. */
bool seen_is_settled(struct seen *seen, const struct plan_version *version, int64_t settle);
/* At the end of a look: forgets those that were not met. */
void seen_sweep(struct seen *seen);
void seen_finish(struct seen *seen);

#endif
