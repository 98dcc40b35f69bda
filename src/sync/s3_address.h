/* Where a bucket of S3, or of what speaks like it, is found. */
#ifndef OMEN_SYNC_S3_ADDRESS_H
#define OMEN_SYNC_S3_ADDRESS_H

#include <stdbool.h>

#include "base/buf.h"

/* A template of the bucket's URL in which {bucket} and {region} stand for themselves. endpoint "":
 * AWS, with the bucket in the host's name (unless path_style, or it is no name for a host); without
 * a region, the address that works in most of them. An endpoint without {bucket} has it in the
 * path. */
void s3_address_write_template(const char *endpoint, const char *bucket, const char *region,
                               bool path_style, struct buf *out);
void s3_address_write(const char *template, const char *bucket, const char *region,
                      struct buf *out);

#endif
