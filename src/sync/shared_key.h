/* Azure's Shared Key: a request's signature by the account's key. Pure. */
#ifndef OMEN_SYNC_SHARED_KEY_H
#define OMEN_SYNC_SHARED_KEY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "sync/request.h"

/* What is signed: of the method, the headers that matter, all x-ms- headers and the URL, whose
 * query was written by query_write. */
bool shared_key_write_text(const struct request *request, const char *account, struct buf *out,
                           struct err *err);
/* Appends "SharedKey ACCOUNT:SIGNATURE". key: base 64. */
bool shared_key_sign(const struct request *request, const char *account, const char *key,
                     struct buf *authorization, struct err *err);

#endif
