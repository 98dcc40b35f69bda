/* Credentials: found once, renewed in time, bound to one origin, never in a log.
 *
 * A kind of credentials is one file that embeds struct auth. transfer calls sign on the copy of a
 * request that is about to be sent, refresh once when a reply says that the credentials are
 * spent (VERDICT_AUTH). Both run on the one thread of the program. */
#ifndef OMEN_SYNC_AUTH_H
#define OMEN_SYNC_AUTH_H

#include <stdbool.h>

#include "base/err.h"
#include "sync/request.h"

struct transfer;
struct response;
struct auth;

struct auth_type {
    const char *name; /* "service account", for messages */
    /* Adds what authorises the request. Renews a token that ends within five minutes first. */
    bool (*sign)(struct auth *auth, struct request *request, struct err *err);
    /* Gets new credentials although the old ones seem good. May be NULL: cannot. */
    bool (*refresh)(struct auth *auth, struct err *err);
    /* What a reply tells the signer (Date, region), before a retry; true if signing again may
     * help. May be NULL. */
    bool (*learn)(struct auth *auth, const struct response *response);
    void (*destroy)(struct auth *auth);
};

struct auth {
    const struct auth_type *type;
    char origin[300]; /* of request_origin: the only place that what sign adds is sent to */
    struct transfer *transfer; /* for the exchanges that get tokens; borrowed */
};

/* NULL auth: anonymous. A request to another origin than auth's own is refused (ERR_INTERNAL). */
bool auth_sign(struct auth *auth, struct request *request, struct err *err);
bool auth_refresh(struct auth *auth, struct err *err);
bool auth_learn(struct auth *auth, const struct response *response);
void auth_destroy(struct auth *auth);

#endif
