#include "base/digest.h"

#include <openssl/evp.h>

#define SHA256_SIZE 32

bool digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE], struct err *err)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    text[0] = '\0';
    if (EVP_Digest(size > 0 ? data : "", size, sum, &length, EVP_sha256(), NULL) != 1 ||
        length != SHA256_SIZE)
        return err_set(err, ERR_INTERNAL, "libcrypto cannot compute a SHA-256 digest");
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        text[2 * i] = hex[sum[i] >> 4];
        text[2 * i + 1] = hex[sum[i] & 15];
    }
    text[2 * SHA256_SIZE] = '\0';
    return true;
}
