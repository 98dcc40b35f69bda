/* Digests: SHA-256 of bytes in memory as lower-case hex, and others piece by piece. */
#ifndef OMEN_BASE_DIGEST_H
#define OMEN_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define DIGEST_TEXT_SIZE 65 /* of SHA-256 */

bool digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE], struct err *err);

enum digest_type { DIGEST_SHA256, DIGEST_MD5, DIGEST_SHA1, DIGEST_BLAKE2B };

#define DIGEST_SIZE_MAX 64

struct digest; /* one computation */
/* NULL without memory. */
struct digest *digest_create(enum digest_type type);
void digest_update(struct digest *digest, const void *data, size_t size);
/* The digest's bytes, whose number is returned (0: libcrypto failed). Frees the computation. */
size_t digest_end(struct digest *digest, unsigned char bytes[DIGEST_SIZE_MAX]);
/* Accepts NULL. */
void digest_destroy(struct digest *digest);

/* Lower-case hex; text has room for 2 * size + 1. */
void digest_hex(const unsigned char *bytes, size_t size, char *text);
/* Exactly size bytes of hex, or false. */
bool digest_from_hex(const char *text, size_t length, unsigned char *bytes, size_t size);

#endif
