#include "base/signing.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#define RSA_BITS_MIN 1024
#define RSA_BITS_MAX 16384

bool signing_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                         unsigned char mac[SIGNING_HMAC_SIZE], struct err *err)
{
    unsigned int length = 0;
    if (key_size > INT_MAX)
        return err_set(err, ERR_LIMIT, "a signing key has more than %d bytes", INT_MAX);
    if (HMAC(EVP_sha256(), key_size > 0 ? key : "", (int)key_size, size > 0 ? data : "", size, mac,
             &length) == NULL ||
        length != SIGNING_HMAC_SIZE)
        return err_set(err, ERR_INTERNAL, "libcrypto cannot compute HMAC-SHA256");
    return true;
}

/* libcrypto would ask a terminal for the pass phrase of an encrypted key. */
static int give_no_phrase(char *phrase, int size, int writing, void *data)
{
    (void)phrase, (void)size, (void)writing, (void)data;
    return -1;
}

static EVP_PKEY *read_key(const char *pem, size_t length, struct err *err)
{
    BIO *bio = length <= INT_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_no_phrase, NULL) : NULL;
    BIO_free(bio);
    if (key == NULL) {
        err_set(err, ERR_INVALID, "the private key is no unencrypted PEM key");
    } else if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        err_set(err, ERR_INVALID, "the private key is no RSA key");
    } else if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN || EVP_PKEY_get_bits(key) > RSA_BITS_MAX) {
        err_set(err, ERR_RANGE, "the private key has %d bits, not %d to %d", EVP_PKEY_get_bits(key),
                RSA_BITS_MIN, RSA_BITS_MAX);
    } else {
        return key;
    }
    EVP_PKEY_free(key);
    return NULL;
}

static bool sign(EVP_MD_CTX *context, EVP_PKEY *key, const void *data, size_t size,
                 struct buf *signature)
{
    size_t length = 0;
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, NULL, &length, data, size) != 1)
        return false;
    unsigned char *place = (unsigned char *)buf_reserve(signature, length);
    if (place == NULL || EVP_DigestSign(context, place, &length, data, size) != 1)
        return false;
    buf_commit(signature, length);
    return true;
}

bool signing_rsa_sha256(const char *pem, size_t pem_length, const void *data, size_t size,
                        struct buf *signature, struct err *err)
{
    bool good = false;
    EVP_PKEY *key = read_key(pem, pem_length, err);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (key != NULL) {
        good = context != NULL && sign(context, key, size > 0 ? data : "", size, signature);
        if (!good)
            err_set(err, ERR_INTERNAL, "libcrypto cannot sign with the private key");
    }
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error(); /* the queue may describe the key */
    return good;
}
