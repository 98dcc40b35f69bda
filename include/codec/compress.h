/* The codings that a body may travel in: gzip (RFC 1952) and deflate (RFC 1950, and the bare RFC
 * 1951 that some clients call so too). The only home of zlib. */
#ifndef OMEN_CODEC_COMPRESS_H
#define OMEN_CODEC_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum compress_coding { COMPRESS_GZIP, COMPRESS_DEFLATE };

/* Appends to out what the data unpack to: at most `limit` bytes, else ERR_LIMIT, and never more
 * memory than that. Several gzip members in a row are one text. ERR_INVALID for data that are
 * damaged, cut short or followed by others; ERR_MEMORY. */
bool compress_unpack(enum compress_coding coding, const void *data, size_t length, size_t limit,
                     struct buf *out, struct err *err);

/* Appends the packed data. */
bool compress_pack(enum compress_coding coding, const void *data, size_t length, struct buf *out,
                   struct err *err);

#endif
