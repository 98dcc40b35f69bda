/* What the stores of gs, s3 and az have in common: a bucket behind a URL, listed page by page. */
#ifndef OMEN_SYNC_BUCKET_H
#define OMEN_SYNC_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sync/listing.h"
#include "sync/query.h"
#include "sync/store.h"

struct bucket {
    struct store store;
    char *url;    /* of the bucket, without '/' at its end */
    char *prefix; /* what objects' names begin with: "" or "PREFIX/" */
    int64_t max_objects;
};

/* **Copies** the texts; prefix is a source's, without '/' at its ends. */
bool bucket_init(struct bucket *bucket, const char *url, const char *prefix,
                 const struct store_options *options, struct transfer *transfer, struct err *err);
void bucket_finish(struct bucket *bucket);
/* Binds credentials to the host of the bucket's URL. */
bool bucket_bind(struct bucket *bucket, struct err *err);

/* Describes the request for the page that begins at `token` ("" is the first) of the names that
 * begin with `prefix`. */
typedef bool bucket_page_function(struct bucket *bucket, const char *prefix, const char *token,
                                  struct request *request, struct err *err);
/* Visits every page's objects by names without the bucket's prefix. A folder's placeholder (no
 * bytes, a name that ends in '/') is none. A name outside of what was asked for, a token that does
 * not move on, and more than max_objects are errors. */
bool bucket_list(struct bucket *bucket, const char *under, bucket_page_function *describe,
                 listing_function *read, store_visit_function *visit, void *context,
                 struct err *err);

/* A request for url/NAME?QUERY, the whole name encoded ('/' too unless keep_slash); no '?' without
 * query items. */
bool bucket_request(struct bucket *bucket, const char *method, const char *middle, const char *name,
                    bool keep_slash, struct query *query, struct request *request, struct err *err);
/* The header that asks for bytes first..last; none for the whole (first < 0). */
bool bucket_add_range(struct request *request, int64_t first, int64_t last, struct err *err);
/* After an upload that found another object there than it may replace: an attempt before, whose
 * reply was lost, may have put it. False leaves FAILURE_CHANGED, or what the failure was. */
bool bucket_was_put(struct store *store, const struct store_object *object);
/* A failure without a name is FAILURE_OTHER. Returns false. */
bool bucket_fail(struct store *store);

#endif
