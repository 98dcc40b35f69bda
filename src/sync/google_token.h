/* The exchanges that bring a Google access token. */
#ifndef OMEN_SYNC_GOOGLE_TOKEN_H
#define OMEN_SYNC_GOOGLE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/google_file.h"
#include "sync/token.h"
#include "sync/transfer.h"

struct google_source {
    bool from_metadata; /* else as the file says */
    struct google_file file;
    const char *scope;
    int64_t patience; /* ns that the metadata server has to begin to answer */
    struct transfer *transfer;
};

/* The old token stays when none is given. */
bool google_token_get(struct google_source *source, struct token *token, struct err *err);

#endif
