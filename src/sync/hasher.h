/* Digests large files on a second thread while they arrive, so that verifying costs no time of the
 * download where there is a second CPU. */
#ifndef OMEN_SYNC_HASHER_H
#define OMEN_SYNC_HASHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/record.h"

struct hasher;
struct hasher_item;

/* NULL with err. */
struct hasher *hasher_create(struct err *err);
/* Ends the thread and frees all items; accepts NULL. */
void hasher_destroy(struct hasher *hasher);

/* A file whose bytes will come. **Takes** the digests and fd. NULL without memory: they stay the
 * caller's. */
struct hasher_item *hasher_add(struct hasher *hasher, int fd, const struct record_digests *digests);
/* The bytes before `ready` are in the file and will not change. */
void hasher_advance(struct hasher *hasher, struct hasher_item *item, int64_t ready);
/* Waits until all `size` bytes are in the digests, which are the caller's again, and forgets the
 * item. False with err if they could not be read; there are no digests then. */
bool hasher_take(struct hasher *hasher, struct hasher_item *item, int64_t size,
                 struct record_digests *digests, struct err *err);

#endif
