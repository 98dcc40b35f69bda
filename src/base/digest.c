#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"

#define SHA256_SIZE 32

bool digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE], struct err *err)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    text[0] = '\0';
    if (EVP_Digest(size > 0 ? data : "", size, sum, &length, EVP_sha256(), NULL) != 1 ||
        length != SHA256_SIZE)
        return err_set(err, ERR_INTERNAL, "libcrypto cannot compute a SHA-256 digest");
    digest_hex(sum, SHA256_SIZE, text);
    return true;
}

struct digest {
    EVP_MD_CTX *context;
    bool failed;
};

static const EVP_MD *algorithm_of(enum digest_type type)
{
    switch (type) {
    case DIGEST_SHA256:
        return EVP_sha256();
    case DIGEST_MD5:
        return EVP_md5();
    case DIGEST_SHA1:
        return EVP_sha1();
    case DIGEST_BLAKE2B:
        return EVP_blake2b512();
    }
    return NULL;
}

struct digest *digest_create(enum digest_type type)
{
    struct digest *digest = mem_array(1, sizeof *digest);
    if (digest == NULL)
        return NULL;
    digest->context = EVP_MD_CTX_new();
    if (digest->context == NULL) {
        free(digest);
        return NULL;
    }
    digest->failed = EVP_DigestInit_ex(digest->context, algorithm_of(type), NULL) != 1;
    return digest;
}

void digest_update(struct digest *digest, const void *data, size_t size)
{
    if (size > 0 && !digest->failed)
        digest->failed = EVP_DigestUpdate(digest->context, data, size) != 1;
}

size_t digest_end(struct digest *digest, unsigned char bytes[DIGEST_SIZE_MAX])
{
    unsigned int size = 0;
    bool failed = digest->failed || EVP_DigestFinal_ex(digest->context, bytes, &size) != 1;
    digest_destroy(digest);
    return failed ? 0 : size;
}

void digest_destroy(struct digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

void digest_hex(const unsigned char *bytes, size_t size, char *text)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = hex[bytes[i] >> 4];
        text[2 * i + 1] = hex[bytes[i] & 15];
    }
    text[2 * size] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_from_hex(const char *text, size_t length, unsigned char *bytes, size_t size)
{
    if (length != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}
