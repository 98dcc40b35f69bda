/* What others see of a running pull: metrics, health, a progress line. The numbers are written by
 * the one thread that works and read by the one that answers. */
#ifndef OMEN_SYNC_STATUS_H
#define OMEN_SYNC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/mirror.h"
#include "sync/transfer.h"

struct status;

/* listen: HOST:PORT or "". textfile: a path or "". NULL with err. */
struct status *status_create(const char *listen, const char *textfile, bool progress,
                             int64_t period, struct err *err);
void status_destroy(struct status *status);

/* After each pass. ok: it went well, with or without a change. */
void status_pass(struct status *status, const struct mirror_report *report, bool ok, double seconds,
                 const struct transfer *transfer, const struct publish *publish);
/* The loop is alive. */
void status_beat(struct status *status);
/* A version became current just now. */
void status_published(struct status *status);
/* Which version of a model is current. */
void status_version(struct status *status, const char *model, const char *version, const char *id);
/* Of transfer_set_tick: tells how far it is. Context is the struct status. */
void status_tick(void *context);
void status_watch(struct status *status, const struct transfer *transfer);

#endif
