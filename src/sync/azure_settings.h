/* What the environment says of an Azure storage account. */
#ifndef OMEN_SYNC_AZURE_SETTINGS_H
#define OMEN_SYNC_AZURE_SETTINGS_H

#include <stdbool.h>

#include "base/err.h"

/* NULL: not said. */
struct azure_settings {
    char *account;
    char *key;      /* base 64 */
    char *sas;      /* a query without '?' */
    char *endpoint; /* of blobs, without '/' at the end */
};

/* "AccountName=...;AccountKey=...;BlobEndpoint=...": names that are not known are passed over. */
bool azure_settings_read_connection(const char *text, struct azure_settings *settings,
                                    struct err *err);
/* AZURE_STORAGE_CONNECTION_STRING, and what AZURE_STORAGE_ACCOUNT, _KEY and _SAS_TOKEN say instead.
 * account and endpoint, if not "", come first of all; the endpoint of an account that has none is
 * the cloud's own. */
bool azure_settings_find(const char *account, const char *endpoint, struct azure_settings *settings,
                         struct err *err);
void azure_settings_finish(struct azure_settings *settings);

#endif
