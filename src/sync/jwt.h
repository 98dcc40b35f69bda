/* The signed statement by which a Google service account asks for a token (RFC 7523, RS256). */
#ifndef OMEN_SYNC_JWT_H
#define OMEN_SYNC_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct jwt_claims {
    const char *issuer; /* the account's e-mail address */
    const char *scope;
    const char *audience; /* who exchanges it */
    const char *key_id;   /* may be NULL */
    int64_t time;         /* seconds since 1970; the statement holds for an hour */
};

bool jwt_write_signed(const struct jwt_claims *claims, const char *private_key, struct buf *out,
                      struct err *err);

#endif
