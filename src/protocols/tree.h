/* A JSON body as the dialects of Python's clients have it: NaN and the infinities are taken, NaN as
 * a missing value. */
#ifndef OMEN_PROTOCOLS_TREE_H
#define OMEN_PROTOCOLS_TREE_H

#include <stdbool.h>

#include "codec/envelope.h"
#include "http/response.h"

struct tree {
    struct json *root;
    struct buf strict; /* the body as JSON has it, when it was not */
};

/* As json_parse_envelope. False when the answer is an error, which is written. **Keeps** text until
 * tree_finish, which is due either way. */
bool tree_parse(struct tree *tree, const char *text, size_t length,
                const struct json_wanted *wanted, struct arena *arena,
                struct http_response *response);
void tree_finish(struct tree *tree);

#endif
