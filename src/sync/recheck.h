/* What was published, looked at again when a run begins: a machine that went down may have lost
 * what the disk had promised, and disks lose bytes by themselves. */
#ifndef OMEN_SYNC_RECHECK_H
#define OMEN_SYNC_RECHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sync/mirror.h"

enum recheck { RECHECK_AUTO, RECHECK_ALWAYS, RECHECK_NEVER };

/* Takes damaged current versions away, each told as an event; the lock is the caller's. False with
 * err when it was stopped or the disk is not to be written; *damaged is their number. */
bool recheck_run(struct mirror *mirror, enum recheck how, size_t *damaged, struct err *err);

#endif
