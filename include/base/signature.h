/* Detached Ed25519 signatures: plain ones (64 bytes over the text, a PEM public key) and
 * minisign's (prehashed or not, with its trusted comment). */
#ifndef OMEN_BASE_SIGNATURE_H
#define OMEN_BASE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct signature_key {
    unsigned char key[32];
    unsigned char id[8]; /* minisign's; has_id */
    bool has_id;
};

/* A public key: PEM, or minisign's file of two lines. */
bool signature_key_read(const char *text, size_t length, struct signature_key *key,
                        struct err *err);
/* 64 bytes, or a .minisig file. False with err when it is no signature of data by one of the
 * keys. */
bool signature_verify(const struct signature_key *keys, size_t key_count, const void *data,
                      size_t size, const char *signature, size_t length, struct err *err);

/* Signs with the private key of a PEM text. */
bool signature_make(const char *pem, size_t pem_length, const void *data, size_t size,
                    unsigned char signature[64], struct err *err);

#endif
