#include "protocols/tree.h"

#include "codec/non_finite.h"
#include "protocols/protocol.h"

/* Bodies are strict JSON nearly always, so that the others are looked at only once refused. */
static bool parse_again(struct tree *tree, const char *text, size_t length,
                        const struct json_wanted *wanted, struct arena *arena)
{
    struct err ignored = ERR_INIT; /* the first one speaks of the body as it was sent */
    return non_finite_replace(&tree->strict, text, length) &&
           json_parse_envelope(tree->strict.data, tree->strict.length, wanted, arena, &tree->root,
                               &ignored);
}

bool tree_parse(struct tree *tree, const char *text, size_t length,
                const struct json_wanted *wanted, struct arena *arena,
                struct http_response *response)
{
    struct err err = ERR_INIT;
    if (json_parse_envelope(text, length, wanted, arena, &tree->root, &err))
        return true;
    if (err.code == ERR_MEMORY)
        protocol_answer_error(response, &err);
    else if (parse_again(tree, text, length, wanted, arena))
        return true;
    else
        protocol_answer_status(response, 400, "invalid_json", err.text);
    return false;
}

void tree_finish(struct tree *tree)
{
    json_free(tree->root);
    tree->root = NULL;
    buf_finish(&tree->strict);
}
