/* RFC 8259, byte by byte: a pull scanner that says what comes next and where.
 *
 * json-c makes the tree, but even its strict mode lets pass what the RFC forbids: NaN and Infinity,
 * "1.", "-.5", "007", keys in single quotes, bare control characters, overlong UTF-8. Each text
 * goes through this scanner first, so that json-c never sees any of it. It allocates nothing. */
#ifndef OMEN_CODEC_SCAN_H
#define OMEN_CODEC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/json.h"

enum scan_token {
    SCAN_ERROR, /* scan.problem says what, scan.at where */
    SCAN_END,
    SCAN_OPEN_OBJECT,
    SCAN_CLOSE_OBJECT,
    SCAN_OPEN_ARRAY,
    SCAN_CLOSE_ARRAY,
    SCAN_KEY, /* with the colon after it; the span is what stands between the quotes */
    SCAN_STRING,
    SCAN_NUMBER,
    SCAN_LITERAL, /* true, false, null */
};

enum scan_state {
    SCAN_WANT_VALUE,
    SCAN_WANT_VALUE_OR_CLOSE,
    SCAN_WANT_KEY,
    SCAN_WANT_KEY_OR_CLOSE,
    SCAN_AFTER_VALUE,
};

struct scan {
    const char *text, *end;
    const char *at;  /* the next byte to look at */
    bool non_finite; /* set by the caller: NaN, Infinity and -Infinity are numbers, too */
    enum scan_state state;
    size_t depth;        /* open containers */
    uint64_t objects[2]; /* bit d: the container at depth d + 1 is an object */
    /* Of the last token: */
    const char *start;
    size_t length;
    bool escaped;  /* key, string: there is a backslash in it */
    bool nul;      /* key, string: it contains U+0000 */
    bool integral; /* number: neither point nor exponent */
    const char *problem;
    bool too_deep; /* the problem is a limit of ours */
};

_Static_assert(JSON_DEPTH_MAX <= 128, "one bit of scan.objects per container");

void scan_init(struct scan *scan, const char *text, size_t length);
enum scan_token scan_next(struct scan *scan);

/* The value that would come next was read by the caller up to `after`. */
void scan_skip_value(struct scan *scan, const char *after);

const char *scan_skip_space(const char *at, const char *end);

/* Fills err from a SCAN_ERROR. Returns false. */
bool scan_fail(const struct scan *scan, struct err *err);

/* Undoes the escapes of a key or string; `out` has room for `length` bytes and a NUL. Returns the
 * length. Half a surrogate pair becomes U+FFFD. */
size_t scan_unescape(const char *text, size_t length, char *out);

#endif
