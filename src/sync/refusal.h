/* What the worker says of the versions that it was given: its state file, and what follows. */
#ifndef OMEN_SYNC_REFUSAL_H
#define OMEN_SYNC_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "sync/mirror.h"

struct refusal {
    const char *path;
    struct timespec changed; /* of the file that was heeded last */
    uint64_t inode;
};

void refusal_init(struct refusal *refusal, const char *path);
/* Is the file another one than at the last heed? */
bool refusal_changed(const struct refusal *refusal);
/* Quarantines what the worker refused of what is current: a version of the same digest that it
 * calls failed. With rollback, what was current before is current again. The lock is the caller's.
 */
void refusal_heed(struct refusal *refusal, struct mirror *mirror, bool rollback);

#endif
