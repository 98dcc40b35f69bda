/* One page of a bucket's listing, as each cloud writes it. What a page says is hostile: names are
 * passed on as they are (whoever makes paths of them checks them), numbers and digests are checked,
 * and an entry that is broken makes the page an error, never a shorter list. */
#ifndef OMEN_SYNC_LISTING_H
#define OMEN_SYNC_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "sync/store.h"

/* next becomes where the following page begins, or empty: this was the last. Objects' names are
 * those in the bucket. */
typedef bool listing_function(const char *data, size_t size, store_visit_function *visit,
                              void *context, struct buf *next, struct err *err);

listing_function listing_read_gs; /* JSON: generation, crc32c, md5 */
listing_function listing_read_s3; /* ListObjectsV2: ETag; keys are decoded if it says "url" */
listing_function listing_read_az; /* List Blobs: ETag (in quotes, as headers want it), md5 */

/* One object's metadata in the JSON of Cloud Storage: what an upload answers. The object's name
 * stays what the caller has put there. */
bool listing_read_gs_object(const char *data, size_t size, struct store_object *object,
                            struct err *err);

/* Base 64 of exactly `wanted` bytes. */
bool listing_read_digest(const char *text, size_t length, unsigned char *digest, size_t wanted);
/* A revision that a header can carry: printable ASCII that fits. */
bool listing_set_revision(struct store_object *object, const char *text, size_t length, bool quoted,
                          struct err *err);
/* Digits only, up to INT64_MAX. */
bool listing_read_size(const char *text, size_t length, int64_t *size);

#endif
