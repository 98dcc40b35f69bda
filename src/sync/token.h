/* Bearer tokens: read from the replies of token services, renewed in time. */
#ifndef OMEN_SYNC_TOKEN_H
#define OMEN_SYNC_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/request.h"

struct token {
    char *text;      /* NULL: none yet */
    int64_t expires; /* seconds since 1970 */
    int64_t asked;   /* when it was last asked for in vain; 0: not */
};

/* It ends within five minutes (or is not there), and was not just asked for in vain while it is
 * still good. */
bool token_is_due(const struct token *token, int64_t now);
bool token_is_good(const struct token *token, int64_t now);
/* Adds "Authorization: Bearer ...". */
bool token_authorize(const struct token *token, struct request *request, struct err *err);
void token_finish(struct token *token);

/* {"access_token", "expires_in" or Azure's "expires_on"}; numbers may be texts. The old token stays
 * when the reply is none. */
bool token_read(const char *data, size_t size, int64_t now, struct token *token, struct err *err);
/* {"accessToken", "expireTime"} of an impersonation. */
bool token_read_impersonated(const char *data, size_t size, struct token *token, struct err *err);
/* A text member of a reply, such as a subject token; fresh, freed by secret_free. */
bool token_read_member(const char *data, size_t size, const char *member, char **text,
                       struct err *err);

#endif
