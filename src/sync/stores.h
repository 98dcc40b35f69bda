/* What store.c lists. */
#ifndef OMEN_SYNC_STORES_H
#define OMEN_SYNC_STORES_H

#include "sync/store.h"

extern const struct store_type store_file, store_https, store_gs, store_s3, store_az;

#endif
