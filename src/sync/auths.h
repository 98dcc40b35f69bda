/* The kinds of credentials. Each is found once, when its store is opened; origin is set by the
 * store. */
#ifndef OMEN_SYNC_AUTHS_H
#define OMEN_SYNC_AUTHS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/auth.h"

struct aws_chain;
struct azure_settings;
struct transfer;

/* **Takes** what the chain holds. NULL without memory. */
struct auth *auth_aws_create(struct aws_chain *chain, struct transfer *transfer, struct err *err);
/* True if it is another region than before, and a name of one. */
bool auth_aws_set_region(struct auth *auth, const char *region);
const char *auth_aws_region(const struct auth *auth);

/* Google's application default credentials: the file of GOOGLE_APPLICATION_CREDENTIALS, that of
 * gcloud, the metadata server. writable: with a scope that may write. patience: ns that the
 * metadata server has to begin to answer. */
struct auth *auth_google_create(bool writable, int64_t patience, struct transfer *transfer,
                                struct err *err);

/* Azure: shared access signature, shared key, workload identity, managed identity. **Takes** the
 * settings' account, key and signature. */
struct auth *auth_azure_create(struct azure_settings *settings, int64_t patience,
                               struct transfer *transfer, struct err *err);

#endif
