/* JSON as some programs write it: with NaN, Infinity and -Infinity, which JSON has not. */
#ifndef OMEN_CODEC_NON_FINITE_H
#define OMEN_CODEC_NON_FINITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends the text with null for NaN and a number beyond all bounds (1e999) for an infinity, where
 * they stand outside of strings. False when there was none of them, or no memory. Whether the rest
 * is JSON is not looked at. */
bool non_finite_replace(struct buf *out, const char *text, size_t length);

#endif
