/* Signatures that clouds ask for: HMAC-SHA256 (AWS, Azure) and RSA over SHA-256 (Google). */
#ifndef OMEN_BASE_SIGNING_H
#define OMEN_BASE_SIGNING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define SIGNING_HMAC_SIZE 32

bool signing_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                         unsigned char mac[SIGNING_HMAC_SIZE], struct err *err);

/* RSASSA-PKCS1-v1_5 over SHA-256 by a private key in PEM without a pass phrase, appended to
 * `signature`. Errors never quote the key. */
bool signing_rsa_sha256(const char *pem, size_t pem_length, const void *data, size_t size,
                        struct buf *signature, struct err *err);

#endif
