/* A set of AWS keys, and the replies that bring one. */
#ifndef OMEN_SYNC_AWS_KEYS_H
#define OMEN_SYNC_AWS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct aws_keys {
    char *access_key, *secret_key; /* NULL: none yet */
    char *token;                   /* of a session; NULL: long-lived keys */
    int64_t expires;               /* seconds since 1970; 0: never */
};

void aws_keys_finish(struct aws_keys *keys);
/* **Copies**; token may be NULL or "". Refuses what no header can carry. */
bool aws_keys_set(struct aws_keys *keys, const char *access_key, const char *secret_key,
                  const char *token, int64_t expires, struct err *err);

/* The JSON of container and instance metadata services, and of a credential_process. */
bool aws_keys_read_json(const char *data, size_t size, struct aws_keys *keys, struct err *err);
/* STS's reply to AssumeRole and AssumeRoleWithWebIdentity. */
bool aws_keys_read_xml(const char *data, size_t size, struct aws_keys *keys, struct err *err);

#endif
