/* Base 64 of RFC 4648: the standard alphabet with padding, and the one for URLs without. */
#ifndef OMEN_BASE_BASE64_H
#define OMEN_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

void base64_encode(struct buf *out, const void *data, size_t size);
void base64_encode_url(struct buf *out, const void *data, size_t size);

/* The standard alphabet, padded, nothing else: no blanks, and no bits that are set beyond the last
 * byte, so that every value has one text. Writes at most `capacity` bytes; false when the text is
 * no such text or says more. */
bool base64_decode(const char *text, size_t length, void *data, size_t capacity, size_t *size);

#endif
