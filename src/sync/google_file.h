/* The credential files of Google: service account, authorized user, workload identity federation,
 * impersonation. Hostile enough to be checked, trusted enough to say where secrets go: https only,
 * or this machine. */
#ifndef OMEN_SYNC_GOOGLE_FILE_H
#define OMEN_SYNC_GOOGLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define GOOGLE_FILE_SIZE_MAX ((size_t)1 << 18)
#define GOOGLE_HEADERS_MAX 8

enum google_kind {
    GOOGLE_SERVICE_ACCOUNT,
    GOOGLE_AUTHORIZED_USER,
    GOOGLE_EXTERNAL_ACCOUNT,
};

/* Texts that the kind does not need are NULL. */
struct google_file {
    enum google_kind kind;
    char *email, *key_id, *private_key;              /* service account */
    char *client_id, *client_secret, *refresh_token; /* authorized user */
    char *token_url;                                 /* who exchanges */
    char *audience, *subject_type;                   /* external account */
    char *subject_file, *subject_url;                /* one of them: where its token is */
    char *subject_member;                            /* NULL: the token is plain text */
    char *header_names[GOOGLE_HEADERS_MAX], *header_values[GOOGLE_HEADERS_MAX];
    size_t header_count;     /* of subject_url */
    char *impersonation_url; /* NULL: the token is used as it is */
};

bool google_file_read(const char *data, size_t size, struct google_file *file, struct err *err);
void google_file_finish(struct google_file *file);

#endif
