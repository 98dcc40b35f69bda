/* The exchanges that bring an Azure access token for storage: a pod's workload identity, or the
 * machine's managed identity. */
#ifndef OMEN_SYNC_AZURE_TOKEN_H
#define OMEN_SYNC_AZURE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/token.h"
#include "sync/transfer.h"

struct azure_source {
    int64_t patience; /* ns that a metadata service has to begin to answer */
    struct transfer *transfer;
};

/* Reads the environment anew each time. The old token stays when none is given. */
bool azure_token_get(const struct azure_source *source, struct token *token, struct err *err);

#endif
