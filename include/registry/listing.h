/* What lies in the models directory: names, and versions newest first. Nothing is read but names.
 */
#ifndef OMEN_REGISTRY_LISTING_H
#define OMEN_REGISTRY_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct listing_version {
    char *version;
    bool alone; /* MODELS/NAME.json, not a directory */
};

struct listing_model {
    char *name;
    struct listing_version *versions; /* newest first */
    size_t count;
    const char *current; /* the version that NAME/current, a link, leads to; NULL: none */
    bool is_directory;   /* MODELS/NAME/ is there, with versions or without */
    bool unreadable;     /* it is, but cannot be listed: what was known of it stays */
};

struct listing {
    struct listing_model *models; /* by name */
    size_t count;
    bool cut; /* there were more names, or versions of a name, than the limit */
};

/* Hidden, unsafe and unknown entries are passed over, and so are links named current and previous.
 * At most `limit` names (the first ones) and
 * versions of each (the newest). The caller finishes the listing, after a failure too. */
bool listing_read(int models_fd, size_t limit, struct listing *listing, struct err *err);
void listing_finish(struct listing *listing);

#endif
