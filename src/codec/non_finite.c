#include "codec/non_finite.h"

#include <string.h>

/* at: the opening quote. Behind the closing one, or the end. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\' && at + 1 < end;
    return at < end ? at + 1 : end;
}

/* Length of the word at `at`, if it is there and no longer one. */
static size_t match(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(end - at) >= length && memcmp(at, word, length) == 0 ? length : 0;
}

bool non_finite_replace(struct buf *out, const char *text, size_t length)
{
    const char *end = text + length;
    const char *kept = text; /* what is not yet copied begins here */
    bool any = false;
    for (const char *at = text; at < end;) {
        size_t nan = *at == 'N' ? match(at, end, "NaN") : 0;
        size_t infinity = *at == 'I' ? match(at, end, "Infinity") : 0;
        if (nan + infinity == 0) {
            at = *at == '"' ? skip_string(at, end) : at + 1;
            continue;
        }
        buf_put(out, kept, (size_t)(at - kept));
        buf_put_text(out, nan > 0 ? "null" : "1e999");
        at += nan + infinity;
        kept = at;
        any = true;
    }
    if (any)
        buf_put(out, kept, (size_t)(end - kept));
    return any && !out->failed;
}
