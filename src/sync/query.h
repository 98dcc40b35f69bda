/* The query of a URL in the one form that signatures want, so that what is signed is what is sent.
 */
#ifndef OMEN_SYNC_QUERY_H
#define OMEN_SYNC_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define QUERY_ITEMS_MAX 24

/* **Keeps** names and values until it is written. */
struct query {
    struct {
        const char *name, *value;
    } items[QUERY_ITEMS_MAX];
    size_t count;
    bool overflowed;
};

void query_add(struct query *query, const char *name, const char *value);
/* name=value&... encoded, in the order of AWS's signature: by encoded name, then by value. A query
 * of too many items makes `out` fail. Also the form of an x-www-form-urlencoded body. */
void query_write(struct query *query, struct buf *out);

#endif
