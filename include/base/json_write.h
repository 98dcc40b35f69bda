/* Writing JSON into a buf, piece by piece, for those floors too that read none (codec/json.h has
 * the reading, and the writing of doubles). Commas come by themselves: what begins a member or an
 * element looks at whether an object or a list has just been opened. */
#ifndef OMEN_BASE_JSON_WRITE_H
#define OMEN_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* --- values -------------------------------------------------------------------------------- */

/* With its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_write_string(struct buf *out, const char *text, size_t length);
void json_write_integer(struct buf *out, int64_t value);

/* --- what begins --------------------------------------------------------------------------- */

/* The comma before an element. */
void json_write_next(struct buf *out);
/* The comma and "key": before a value. */
void json_write_key(struct buf *out, const char *key);
/* A member whose value begins with this bracket; it is closed by buf_put_char. */
void json_write_open(struct buf *out, const char *key, char bracket);

/* --- members ------------------------------------------------------------------------------- */

void json_write_text(struct buf *out, const char *key, const char *text); /* NULL: no member */
void json_write_bool(struct buf *out, const char *key, bool value);
void json_write_size(struct buf *out, const char *key, uint64_t value);
/* With so many digits behind the point; value is finite. */
void json_write_fixed(struct buf *out, const char *key, double value, int digits);

#endif
