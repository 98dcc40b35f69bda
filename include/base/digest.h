/* SHA-256 of bytes in memory, as lower-case hex. */
#ifndef OMEN_BASE_DIGEST_H
#define OMEN_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define DIGEST_TEXT_SIZE 65

bool digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE], struct err *err);

#endif
